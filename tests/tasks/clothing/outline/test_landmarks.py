import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.outline.landmarks import (
    MIN_OVERLAP,
    find_landmarks,
    gap_mask,
    limb_gaps,
    opening_mask,
    resample,
    scaled,
    trunk_mask,
)
from manikin.tasks.clothing.outline.silhouettes import SKIRT, TOP, TROUSERS, WAISTED, Silhouette, Values

U8 = NDArray[np.uint8]
KINDS = (TOP, TROUSERS, SKIRT)
SIZE, LONG = 400, 300

T_SHIRT: Values = {}
LONGSLEEVE = {f"sleeve_{k}_{s}": v for s in ("left", "right") for k, v in
              {"angle1": 0.5, "length1": 0.36, "angle2": 0.3, "length2": 0.34}.items()}  # fmt: skip
HOODIE = LONGSLEEVE | {"hood": 0.3, "hood_half": 0.16}
SHORTS = {f"leg_{k}_{s}": v for s in ("left", "right") for k, v in
          {"angle1": 0.15, "length1": 0.14, "angle2": 0.15, "length2": 0.13}.items()} | {
    "waist_half": 0.3, "hip_half": 0.36, "crotch_y": 0.4, "leg_width1": 0.34, "leg_width2": 0.34}  # fmt: skip
GARMENTS = {
    "t-shirt": (TOP, T_SHIRT, 0.02),
    "long sleeves": (TOP, LONGSLEEVE, 0.04),
    "hoodie": (TOP, HOODIE, 0.04),
    "trousers": (TROUSERS, {}, 0.08),
    "shorts": (TROUSERS, SHORTS, 0.08),
    "skirt": (SKIRT, {}, 0.02),
}


def drawn(kind: Silhouette, values: Values, tilt: float = 0.0) -> tuple[U8, dict[str, NDArray[np.float64]]]:
    """A silhouette in the middle of a picture, and where its named points are."""
    values = {n: usual for n, (usual, _) in kind.parameters.items()} | values | {"tilt": tilt}
    raw = kind.points(values)
    outlines = [o for o in kind.outlines if "hood_top" not in o or values["hood"] > 0.03]
    corners = np.array([raw[n] for o in outlines for n in o])
    low, high = corners.min(axis=0), corners.max(axis=0)
    points = {n: (np.array(p) - (low + high) / 2) * LONG / max(high - low) + SIZE / 2 for n, p in raw.items()}
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for outline in outlines:
        polygon = np.rint((np.stack([points[n] for n in outline]) - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(mask, [polygon], 255, shift=4)
    return mask, points


def corners_of(kind: Silhouette) -> set[str]:
    """The points with a place of their own: a waist, knee or hip may slide along the outline."""
    ends = {n for edge in kind.edges.values() for n in (edge[0], edge[-1])}
    return ends - {"crotch"} | ({"crotch"} if kind is TROUSERS else set())


def test_a_dress_without_sleeves_shows_its_waist() -> None:
    mask, truth = drawn(WAISTED, WAISTED.starts[-1])
    found = find_landmarks(mask, (WAISTED,))
    assert found.kind == "vest"
    for side in ("left", "right"):
        assert np.linalg.norm(found.points[f"waist_{side}"] - truth[f"waist_{side}"]) < 0.03 * LONG


@pytest.mark.parametrize("name", GARMENTS)
def test_the_points_of_a_drawn_garment_are_found(name: str) -> None:
    kind, values, tolerance = GARMENTS[name]
    mask, truth = drawn(kind, values)
    found = find_landmarks(mask, KINDS)
    assert found.kind == kind.name
    assert found.overlap > 0.96
    assert found.has_hood == (name == "hoodie")
    # Under a hood the neck is where the hood narrows, not where it was drawn
    wanted = {n for n in corners_of(kind) if not (name == "hoodie" and n.startswith("neck"))}
    errors = {n: math.dist(found.points[n], truth[n]) / LONG for n in wanted}
    assert max(errors.values()) < tolerance, errors


@pytest.mark.parametrize("name", ["t-shirt", "skirt"])
def test_edges_run_along_the_contour_from_point_to_point(name: str) -> None:
    kind, values, _ = GARMENTS[name]
    mask, _ = drawn(kind, values)
    found = find_landmarks(mask, KINDS)
    distance = cv2.distanceTransform((mask > 0).astype(np.uint8), cv2.DIST_L2, 5)
    distance += cv2.distanceTransform((mask == 0).astype(np.uint8), cv2.DIST_L2, 5)
    for edge, names in kind.edges.items():
        line = found.edges[edge]
        np.testing.assert_allclose(line[[0, -1]], [found.points[names[0]], found.points[names[-1]]])
        x, y = np.clip(line.astype(int), 0, SIZE - 1).T
        assert distance[y, x].max() < 0.03 * LONG, edge


def test_the_wearers_left_is_on_the_right_of_the_picture() -> None:
    found = find_landmarks(drawn(TOP, T_SHIRT)[0], KINDS)
    for name in ("neck", "shoulder", "armpit", "cuff_outer", "hem"):
        assert found.points[f"{name}_left"][0] > found.points[f"{name}_right"][0] + 20


def test_a_mirrored_garment_has_its_sides_exchanged() -> None:
    lopsided = T_SHIRT | {"sleeve_length1_left": 0.3, "sleeve_length2_left": 0.3}
    mask, _ = drawn(TOP, lopsided)
    found, mirrored = find_landmarks(mask, KINDS), find_landmarks(np.ascontiguousarray(mask[:, ::-1]), KINDS)
    for name in ("cuff_outer", "cuff_inner", "armpit", "hem"):
        for side, other in (("left", "right"), ("right", "left")):
            x, y = mirrored.points[f"{name}_{other}"]
            assert math.dist(found.points[f"{name}_{side}"], (SIZE - x, y)) < 0.05 * LONG


def test_a_moved_and_enlarged_garment_has_moved_and_enlarged_points() -> None:
    mask, _ = drawn(TOP, T_SHIRT)
    found = find_landmarks(mask, KINDS)
    canvas = np.zeros((900, 1000), np.uint8)
    canvas[40:840, 160:960] = cv2.resize(mask, (800, 800), interpolation=cv2.INTER_NEAREST)
    moved = find_landmarks(canvas, KINDS)
    for name in corners_of(TOP):
        there = 2 * np.array(found.points[name]) + [160, 40]
        assert math.dist(moved.points[name], there) < 0.02 * 2 * LONG, name
    enlarged = scaled(found, 2.0)
    assert enlarged.measures["chest_half"] == pytest.approx(moved.measures["chest_half"], rel=0.03)
    assert enlarged.measures["sleeve_angle1_left"] == found.measures["sleeve_angle1_left"]


def test_the_same_silhouette_gives_the_same_points() -> None:
    mask, _ = drawn(TOP, LONGSLEEVE)
    assert find_landmarks(mask, KINDS).points == find_landmarks(mask, KINDS).points


def test_a_garment_on_its_side_is_recognized() -> None:
    mask, _ = drawn(TOP, T_SHIRT)
    assert find_landmarks(np.ascontiguousarray(np.rot90(mask)), (TOP,)).overlap > 0.95


def test_a_garment_laid_a_little_askew_is_still_a_top() -> None:
    hanging = {f"sleeve_{k}_{s}": v for s in ("left", "right") for k, v in
               {"angle1": 0.3, "length1": 0.33, "angle2": 0.15, "length2": 0.32}.items()}  # fmt: skip
    assert find_landmarks(drawn(TOP, hanging)[0], KINDS).kind == "top"
    assert find_landmarks(drawn(TOP, hanging, tilt=0.15)[0], KINDS).kind == "top"


def test_a_star_has_no_garments_outline() -> None:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    turn = np.arange(14) * math.pi / 7
    radius = np.where(np.arange(14) % 2, 40, 180)
    star = SIZE / 2 + radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    cv2.fillPoly(mask, [np.rint(star).astype(np.int32)], 255)
    assert find_landmarks(mask, KINDS).overlap < MIN_OVERLAP


def test_a_label_narrows_the_search() -> None:
    mask, _ = drawn(TOP, T_SHIRT)
    assert find_landmarks(mask, (TROUSERS,)).kind == "trousers"


def test_trunk_and_opening_and_gap_lie_where_they_should() -> None:
    mask, truth = drawn(TOP, T_SHIRT)
    found = find_landmarks(mask, KINDS)
    trunk, opening = (f(found, mask.shape) > 0 for f in (trunk_mask, opening_mask))
    assert trunk.sum() > 0.3 * (mask > 0).sum()
    assert not (trunk & (mask == 0)).any()
    x, y = truth["neck_centre"].astype(int)
    assert opening[y + 2, x]
    assert not opening[int(truth["hem_centre"][1]) - 10, x]
    assert not gap_mask(found, mask.shape).any()
    mask, truth = drawn(TROUSERS, {})
    gap = gap_mask(find_landmarks(mask, KINDS), mask.shape) > 0
    assert gap.any()
    assert (mask[gap] == 0).mean() > 0.9
    assert np.flatnonzero(gap.any(axis=1)).min() > truth["crotch"][1] - 0.06 * LONG


@pytest.mark.parametrize("name", ["long sleeves", "trousers"])
def test_gaps_lie_between_limbs_and_not_on_them(name: str) -> None:
    kind, values, _ = GARMENTS[name]
    mask, points = drawn(kind, values)
    gaps = limb_gaps(find_landmarks(mask, KINDS), mask.shape) > 0
    between = (
        ("armpit_left", "hem_left", "cuff_inner_left")
        if kind is TOP
        else ("crotch", "ankle_inner_left", "ankle_inner_right")
    )
    x, y = np.mean([points[n] for n in between], axis=0).astype(int)
    assert gaps[y, x]
    assert gaps[mask > 0].mean() < 0.25
    assert not gaps[:, : int(points["cuff_outer_right" if kind is TOP else "ankle_outer_right"][0])].any()


def test_a_skirt_has_no_gaps() -> None:
    mask, _ = drawn(SKIRT, {})
    assert not limb_gaps(find_landmarks(mask, (SKIRT,)), mask.shape).any()


def test_resampling_keeps_ends_and_spaces_evenly() -> None:
    line = np.array([[0.0, 0], [3, 0], [3, 4], [3, 5]])
    points = resample(line, 9)
    np.testing.assert_allclose(points[[0, -1]], line[[0, -1]])
    np.testing.assert_allclose(np.abs(np.diff(points, axis=0)).sum(axis=1), 1)
