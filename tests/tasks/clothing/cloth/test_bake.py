import numpy as np
import pytest

from manikin.tasks.clothing.cloth.bake import bake, bleed
from manikin.tasks.clothing.cloth.fill import Cloth
from manikin.tasks.clothing.edges.neckline import Scoop
from manikin.tasks.clothing.pattern.collar import KINDS, collar_on
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.clothing.pattern.planes import across_limb
from manikin.tasks.clothing.pattern.seams import armpit, between, half_chest, held_between, neck_at
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.pattern.warp import Warp, fit_warp

SIZE = 600
GREY = np.array([120, 120, 120], np.uint8)


def flat_warp(front: BodyFront) -> Warp:
    """The flat body drawn at 300 pixels a metre."""
    body = np.concatenate([line.flat[::12] for line in front.folds.values()])
    top = float(front.flat[front.is_flat][:, 1].max())
    return fit_warp(front, body, np.stack([300 + 300 * body[:, 0], 20 + 300 * (top - body[:, 1])], axis=1))


def worn(front: BodyFront, scoop: Scoop | None = None) -> tuple[np.ndarray, Extent]:
    picture = np.broadcast_to(GREY, (SIZE, SIZE, 3)).copy()
    extent = Extent(hem=0.9, sleeve=0.3)
    return bake(front, Cloth(picture, picture // 2, scoop), flat_warp(front), extent)[0], extent


def test_front_and_back_are_of_their_cloth_and_so_is_what_lies_beyond_hems_and_cuffs(front: BodyFront) -> None:
    rgba, extent = worn(front)
    owned = front.is_flat & (front.atlas.triangle >= 0)
    shown = owned & (rgba[..., 3] > 0)
    for facing, colour in ((front.facing > 0.2, GREY), (front.facing < -0.4, GREY // 2)):
        assert (np.abs(rgba[shown & facing][:, :3].astype(int) - colour) <= 1).all()
    beyond = np.zeros_like(owned)
    for side, sign in (("left", 1), ("right", -1)):
        past = -across_limb(front, "arm", side, extent.sleeve).inside(front.position)
        beyond |= front.is_part("arm") & (sign * front.position[..., 0] > 0) & (past > 0.004) & (past < 0.01)
    below = extent.hem - front.position[..., 1]
    beyond |= front.is_part("torso", "leg") & (below > 0.004) & (below < 0.01)
    beyond &= owned & (front.facing > 0.2)
    assert beyond.sum() > 200
    assert rgba[..., 3][beyond].max() == 0
    assert (np.abs(rgba[beyond][:, :3].astype(int) - GREY) <= 1).all()


@pytest.mark.parametrize("bow", [1.0, 3.0])
def test_a_neckline_opens_the_front_as_deep_as_it_is_and_not_the_back(front: BodyFront, bow: float) -> None:
    closed, _ = worn(front)
    opened, _ = worn(front, scoop=Scoop(0.8, bow))
    lost = (closed[..., 3] > 127) & (opened[..., 3] < 127) & front.is_flat
    assert lost.sum() > 300
    assert (front.facing[lost] > 0).all()
    x, y = front.flat[..., 0], front.flat[..., 1]
    at = neck_at(front, "left", None)
    side = between(front.folds["arm_left"], at, at + 1)[0]
    chest = np.abs(front.folds["side_left"].flat[armpit(front, "left")][0])
    assert np.abs(x[lost]).max() < side[0] + 0.002
    lowest = side[1] - 0.8 * chest * (1 - (np.abs(x[lost]) / side[0]) ** bow)
    assert (y[lost] - lowest).min() > -0.006
    assert y[lost].min() < side[1] - 0.7 * chest


def test_between_straps_the_front_is_cut_as_deep_as_it_hangs_and_the_straps_stay(front: BodyFront) -> None:
    picture, warp = np.broadcast_to(GREY, (SIZE, SIZE, 3)).copy(), flat_warp(front)
    extent = Extent(hem=0.8, sleeve=0.0, neck=0.13, strap=0.19, bust=1.3, strap_at=0.14, strap_width=0.02)
    level, cut = (
        bake(front, Cloth(picture, picture, scoop), warp, extent)[0][..., 3] for scoop in (None, Scoop(0.4, 1.0))
    )
    lost = (level > 127) & (cut < 127) & front.is_flat
    assert lost.sum() > 300
    assert (front.facing[lost] > 0).all()
    half, high = held_between(front, extent)
    x, y = np.abs(front.flat[..., 0][lost]), front.flat[..., 1][lost]
    deep = 0.4 * half_chest(front)
    assert (y - high + deep * (1 - x / half)).min() > -0.006
    assert y.min() < high - 0.9 * deep


def test_armholes_run_from_the_strap_to_the_armpit_along_a_curve(front: BodyFront) -> None:
    warp, picture = flat_warp(front), np.broadcast_to(GREY, (SIZE, SIZE, 3)).copy()
    pit = np.abs(front.folds["side_left"].flat[armpit(front, "left")])
    x, y = np.abs(front.flat[..., 0]), front.flat[..., 1]
    covered = []
    for strap in (0.12, 0.15, 0.3):
        rgba, _ = bake(front, Cloth(picture, picture), warp, extent_of(strap))
        covered.append(rgba[..., 3] > 127)
    narrow, middling, wide = covered
    assert not (narrow & ~middling).any()
    assert not (middling & ~wide).any()
    for shown, strap in ((narrow, 0.12), (middling, 0.15)):
        above = shown & (y > pit[1])
        bound = strap + (pit[0] - strap) * np.clip((1.55 - y) / (1.55 - pit[1]), 0, 1) ** 2
        assert (x - bound)[above].max() < 0.005  # no rag stands out, of trunk or arm
        for sign in (1, -1):
            strip = front.is_flat & front.is_part("torso") & (y > pit[1]) & (y < 1.4)
            assert shown[strip & (sign * front.flat[..., 0] > strap - 0.03) & (x < strap - 0.01)].all()
    left, right = ((narrow & (sign * front.flat[..., 0] > 0)).sum() for sign in (1, -1))
    assert left == pytest.approx(right, rel=0.02)


def extent_of(strap: float) -> Extent:
    """A sleeveless top's, its straps as wide on the flat body."""
    return Extent(hem=0.9, sleeve=0.0, strap=strap)


def test_what_is_not_known_is_of_the_nearest_known_colour_and_far_away_of_the_usual(front: BodyFront) -> None:
    known = front.is_flat & front.is_part("torso")
    colours = np.where(known[..., None], GREY, 0).astype(np.uint8)
    rgba = bleed(front, colours, np.where(known, 255, 0).astype(np.uint8), known)
    np.testing.assert_array_equal(rgba[..., :3], np.broadcast_to(GREY, rgba[..., :3].shape))
    nothing = bleed(front, colours, np.zeros(known.shape, np.uint8), known)
    assert nothing.max() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_collar_is_of_the_backs_cloth_whatever_the_photo_shows_there(front: BodyFront, kind: str) -> None:
    front_cloth = np.broadcast_to(GREY, (SIZE, SIZE, 3)).copy()
    extent = Extent(hem=0.9, sleeve=0.3, collar=kind)
    collar = collar_on(front, kind)
    assert collar is not None
    rgba, _ = bake(front, Cloth(front_cloth, front_cloth // 2), flat_warp(front), extent)
    shown = front.is_flat & (rgba[..., 3] > 127) & (front.facing > 0.2)
    place = front.position[shown].astype(np.float64)
    heart = (collar.leaf(place) > 0.004) | ((collar.about(place) > 0.004) & (kind == "stand"))
    assert heart.sum() > 100
    assert (np.abs(rgba[shown][heart][:, :3].astype(int) - GREY // 2) <= 2).all()
    chest = collar.about(place) < -0.15
    assert (np.abs(rgba[shown][chest][:, :3].astype(int) - GREY) <= 1).all()
