from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from manikin.tasks.clothing.outline.silhouettes import SKIRT, TOP, TROUSERS, VEST
from manikin.tasks.clothing.pattern.extent import Extent, coverage, inside
from manikin.tasks.clothing.pattern.planes import Plane, across_limb, across_neck, level, limb_length
from manikin.tasks.clothing.pattern.seams import armpit, between, body_edges, crossing
from manikin.tasks.clothing.pattern.template import BodyFront, Line
from manikin.tasks.clothing.sizes.measure import as_painted, as_worn, crotch_height, waist_height

KINDS = {
    "top": (TOP, Extent(hem=0.88, sleeve=0.2)),
    "vest": (VEST, Extent(hem=0.88, sleeve=0.0, strap=0.16)),
    "trousers": (TROUSERS, Extent(waist=1.0, leg=0.7)),
    "skirt": (SKIRT, Extent(waist=1.0, hem=0.6)),
}


def test_a_plane_measures_along_its_normal() -> None:
    plane = Plane(np.array([0.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    np.testing.assert_allclose(plane.inside(np.array([[5.0, 0.4, -2.0], [0.0, 1.3, 9.0]])), [0.6, -0.3])
    assert level(1.0, is_upper=True).inside(np.zeros(3)) == 1
    assert level(1.0, is_upper=False).inside(np.zeros(3)) == -1


@pytest.mark.parametrize("limb", ["arm", "leg"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_planes_go_down_the_limb_in_order(front: BodyFront, limb: str, side: str) -> None:
    length = limb_length(front, limb)
    root, _, end = front.joints[f"{limb}_{side}"]
    planes = [across_limb(front, limb, side, t * length) for t in np.linspace(0.05, 1, 20)]
    np.testing.assert_allclose(planes[-1].point, end, atol=1e-3)
    assert all(p.inside(end) <= 1e-3 and p.inside(root) > 0 for p in planes)
    assert all(after.inside(before.point) > 0 for before, after in pairwise(planes))


@pytest.mark.parametrize("extent", [e for _, e in KINDS.values()], ids=KINDS)
def test_both_sides_are_covered_alike(front: BodyFront, extent: Extent) -> None:
    alpha = coverage(front, inside(front, extent)) * front.texel_size**2
    left, right = (alpha[sign * front.position[..., 0] > 0].sum() for sign in (1, -1))
    assert left == pytest.approx(right, rel=0.01)


def test_longer_sleeves_cover_more_and_nothing_less(front: BodyFront) -> None:
    short, long = (coverage(front, inside(front, Extent(hem=0.9, sleeve=s))) for s in (0.15, 0.4))
    assert (long >= short).all()
    grown = (long > 0.5) & (short < 0.5)
    assert grown.sum() > 1000
    assert front.is_part("arm")[grown].all()


def test_the_neck_stays_bare(front: BodyFront) -> None:
    alpha = coverage(front, inside(front, Extent(hem=0.9, sleeve=0.2)))
    above = across_neck(front).inside(front.position) < -0.004
    assert not alpha[above & ~front.is_part("arm")].any()


def test_an_edge_is_soft_over_a_texel_or_two(front: BodyFront) -> None:
    distance = np.linspace(-0.01, 0.01, 201, dtype=np.float32)
    texel = float(np.median(front.texel_size[front.is_part("torso")]))
    alpha = np.clip(0.5 + distance / (1.5 * texel), 0, 1)
    assert 1 <= np.ptp(distance[(alpha > 0) & (alpha < 1)]) / texel <= 2
    assert coverage(front, np.zeros_like(front.texel_size)).max() == 0.5


CAMISOLE = Extent(hem=0.88, sleeve=0.0, neck=0.1, strap=0.18, bust=1.3, strap_at=0.13, strap_width=0.02, armhole=0.2)


def test_what_thin_straps_hold_ends_at_the_bust_but_for_these(front: BodyFront) -> None:
    alpha = coverage(front, inside(front, CAMISOLE)) > 0.5
    x, y = np.abs(front.flat[..., 0]), front.position[..., 1]
    is_strap = np.abs(x - 0.13) < 0.01 + 0.003
    high = alpha & (y > 1.3 + 0.003)
    assert is_strap[high].all()
    assert not alpha[front.is_part("arm") & (x > 0.16)].any()
    for seen in (front.facing > 0.1, front.facing < -0.1):
        middle = front.is_flat & front.is_part("torso") & seen & (np.abs(x - 0.13) < 0.006)
        assert alpha[middle & (y > 1.2) & (y < 1.42)].all()  # up to the shoulder, in front and behind
    assert high[front.flat[..., 0] > 0].sum() == pytest.approx(high[front.flat[..., 0] < 0].sum(), rel=0.05)


def test_without_straps_nothing_is_worn_above_the_bust(front: BodyFront) -> None:
    bare, held = (
        coverage(front, inside(front, replace(CAMISOLE, strap_width=width))) > 0.5
        for width in (None, CAMISOLE.strap_width)
    )
    high = front.position[..., 1] > (CAMISOLE.bust or 0) + 0.003
    assert not bare[high].any()
    assert not (bare & ~held).any()
    low = front.position[..., 1] < (CAMISOLE.bust or 0) - 0.03
    assert (bare[low] != held[low]).mean() < 0.001


def test_off_the_shoulders_sleeves_and_trunk_end_at_one_height(front: BodyFront) -> None:
    alpha = (
        coverage(front, inside(front, replace(CAMISOLE, sleeve=0.25, strap_at=None, strap_width=None, bust=1.32))) > 0.5
    )
    y = front.position[..., 1]
    assert not alpha[y > 1.323].any()
    for part in ("arm", "torso"):
        on = alpha & front.is_part(part)
        assert y[on].max() == pytest.approx(1.32, abs=0.01)


def test_edges_of_what_thin_straps_hold_lie_at_bust_and_flanks(front: BodyFront) -> None:
    edges = body_edges(front, "vest", CAMISOLE)
    assert edges.keys() == VEST.edges.keys()
    for side, sign in (("left", 1), ("right", -1)):
        shoulder, armhole, flank = (edges[f"{name}_{side}"] for name in ("shoulder", "armhole", "side"))
        np.testing.assert_allclose(sign * shoulder[:, 0], [0.1, 0.18])
        assert shoulder[0, 1] == shoulder[1, 1]
        np.testing.assert_allclose(armhole[[0, -1]], [shoulder[-1], flank[0]])
        assert np.linalg.norm(np.diff(armhole, axis=0), axis=1).sum() == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_body_and_outline_name_the_same_edges(front: BodyFront, kind: str) -> None:
    silhouette, extent = KINDS[kind]
    edges = body_edges(front, kind, extent)
    assert edges.keys() == silhouette.edges.keys()
    ends: dict[str, np.ndarray] = {}
    for name, nodes in silhouette.edges.items():
        for node, point in ((nodes[0], edges[name][0]), (nodes[-1], edges[name][-1])):
            np.testing.assert_allclose(ends.setdefault(node, point), point, atol=1e-6, err_msg=f"{name}: {node}")


@pytest.mark.parametrize("kind", KINDS)
def test_edges_are_mirror_images(front: BodyFront, kind: str) -> None:
    edges = body_edges(front, kind, KINDS[kind][1])
    for name in (n for n in edges if n.endswith("_left")):
        left, right = edges[name], edges[name.replace("_left", "_right")]
        for end in (0, -1):
            np.testing.assert_allclose(left[end] * [-1, 1], right[end], atol=0.015, err_msg=name)


def test_the_armpit_is_between_arm_and_flank(front: BodyFront) -> None:
    for side in ("left", "right"):
        fold = front.folds[f"side_{side}"]
        shoulder, elbow, _ = front.joints[f"arm_{side}"]
        at = fold.position[armpit(front, side)]
        assert elbow[1] < at[1] < shoulder[1]
        assert abs(at[0]) < abs(elbow[0])


def test_a_stretch_of_line_goes_either_way() -> None:
    points = np.array([[0.0, 0], [1, 0], [2, 0], [3, 0]])
    line = Line(points, np.pad(points, ((0, 0), (0, 1))))
    np.testing.assert_allclose(between(line, 0.5, 2.25)[:, 0], [0.5, 1, 2, 2.25])
    np.testing.assert_allclose(between(line, 2.25, 0.5)[:, 0], [2.25, 2, 1, 0.5])
    assert crossing(line, Plane(np.array([1.25, 0, 0]), np.array([1.0, 0, 0]))) == pytest.approx(1.25)
    assert crossing(line, Plane(np.array([9.0, 0, 0]), np.array([1.0, 0, 0]))) == 3


def test_cloth_that_would_hang_free_is_not_painted_on_the_legs(front: BodyFront) -> None:
    top, skirt = Extent(hem=0.5, sleeve=0.2), Extent(waist=1.0, hem=0.1)
    assert (as_worn(front, "top", top).hem or 0) > crotch_height(front)
    assert as_worn(front, "skirt", skirt) == skirt  # it hangs as a piece of its own
    assert as_worn(front, "outerwear", Extent(hem=0.6, sleeve=0.5)).hem == 0.6
    assert as_worn(front, "outerwear", Extent(hem=0.79, sleeve=0.5)).hem == crotch_height(front) + 0.06
    assert (as_painted(front, "skirt", skirt, 1.0).hem or 0) > crotch_height(front) - 0.06
    assert as_painted(front, "dress", Extent(hem=0.4), 1.1).hem == pytest.approx(1.05)
    assert as_worn(front, "trousers", Extent(waist=1.0, leg=0.8)) == Extent(waist=1.0, leg=0.8)
    assert as_worn(front, "top", Extent(hem=0.95, sleeve=0.2)).hem == 0.95
    assert crotch_height(front) < waist_height(front)
