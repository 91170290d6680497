from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.lateral import lateral_mask, within_edge
from manikin.tasks.clothing.cloth.neckline import find_neckline, seen_neck
from manikin.tasks.clothing.cloth.warp import fit_warp
from manikin.tasks.clothing.outline.landmarks import Landmarks
from manikin.tasks.clothing.pattern.template import BodyFront

U8 = NDArray[np.uint8]
SIZE = 400
NECK = {"neck_right": (150.0, 60.0), "neck_left": (250.0, 60.0)}


def landmarks(**changes) -> Landmarks:
    """Of a vest 200 wide and 300 high."""
    points = {"armpit_right": (100.0, 140.0), "armpit_left": (300.0, 140.0), "neck_centre": (200.0, 65.0)} | NECK
    rows = np.linspace(140.0, 360.0, 8)
    edges = {f"side_{side}": np.stack([np.full(8, x), rows], axis=1) for side, x in (("left", 300.0), ("right", 100.0))}
    edges["hem"] = np.stack([np.linspace(300.0, 100.0, 5), np.full(5, 360.0)], axis=1)
    made = Landmarks("vest", points, edges, (), {"chest_half": 100.0}, 0.95, 0.0, False)
    return replace(made, **changes)


def mask() -> U8:
    out = np.zeros((SIZE, SIZE), np.uint8)
    out[60:360, 100:300] = 255
    return out


def shirt(depth: float, bow: float, inner: tuple[int, int, int]) -> U8:
    """A shirt whose front neckline is a curve so deep and round; above it shows its inside."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    t = np.clip((x - 200) / 50, -1, 1)
    rgb = np.full((SIZE, SIZE, 3), (60, 110, 160), np.uint8)
    rgb[(y < 60 + depth * (1 - np.abs(t) ** bow)) & (np.abs(x - 200) < 50)] = inner
    noise = np.random.default_rng(0).normal(0, 3, (SIZE, SIZE, 1))
    return np.clip(cv2.GaussianBlur(rgb, (0, 0), 1) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("bow", [1.0, 2.0])
@pytest.mark.parametrize("depth", [30.0, 50.0])
@pytest.mark.parametrize("inner", [(40, 80, 120), (200, 190, 160)])
def test_a_neckline_is_found_where_it_is(depth: float, bow: float, inner: tuple[int, int, int]) -> None:
    line = find_neckline(shirt(depth, bow, inner), mask(), landmarks())
    assert line is not None
    assert line[0, 0] < 165
    assert line[-1, 0] > 235
    t = (line[:, 0] - 200) / 50
    inner_part = np.abs(t) < 0.9
    truth = 60 + depth * (1 - np.abs(t) ** bow)
    miss = np.abs(line[:, 1] - truth)[inner_part]
    assert np.median(miss) < 6  # a centimetre and a half
    assert miss.max() < 13  # at the tip of a V


def test_plain_cloth_stripes_and_prints_have_no_neckline() -> None:
    plain = shirt(0.0, 2.0, (0, 0, 0))
    stripes = plain.copy()
    stripes[::12] = stripes[1::12] = stripes[2::12] = 230
    printed = plain.copy()
    printed[90:200, 150:250] = np.random.default_rng(1).integers(0, 255, (110, 100, 3))
    for rgb in (plain, stripes, printed):
        assert find_neckline(rgb, mask(), landmarks()) is None


def test_an_edge_on_one_side_or_between_the_sides_is_no_neckline() -> None:
    plain, cut = shirt(0.0, 2.0, (0, 0, 0)), shirt(50.0, 2.0, (200, 190, 160))
    assert find_neckline(cut, mask(), landmarks()) is not None
    is_inner = cut[..., 0] > 130
    is_left = np.arange(SIZE) >= 200
    half = np.where(is_left[:, None], plain, cut)
    darker, other = cut.copy(), cut.copy()
    darker[is_inner & is_left] = (40, 80, 120)
    other[is_inner & is_left] = (20, 30, 200)
    label = plain.copy()
    label[60:85, 180:220] = 230
    for rgb in (half, darker, other, label):
        assert find_neckline(rgb, mask(), landmarks()) is None


def test_a_neckline_ends_at_the_necks_sides() -> None:
    cut = shirt(50.0, 2.0, (200, 190, 160))
    assert find_neckline(cut, mask(), landmarks()) is not None
    points = landmarks().points | {"neck_right": (125.0, 60.0), "neck_left": (275.0, 60.0)}
    assert find_neckline(cut, mask(), landmarks(points=points)) is None


def test_where_the_neck_is_not_known_nothing_is_found() -> None:
    rgb = shirt(50.0, 2.0, (40, 80, 120))
    assert find_neckline(rgb, mask(), landmarks(has_hood=True)) is None
    flat = landmarks().points | {"neck_left": NECK["neck_right"]}
    assert find_neckline(rgb, mask(), landmarks(points=flat)) is None


def test_what_is_above_the_neckline_is_what_lies_on_the_throat(front: BodyFront) -> None:
    body = np.concatenate([line.flat[::12] for line in front.folds.values()])
    top = float(front.folds["arm_left"].flat[0, 1])
    warp = fit_warp(front, body, np.stack([200 + 400 * body[:, 0], 60 + 400 * (top - body[:, 1])], axis=1))
    neck = seen_neck(front, shirt(50.0, 2.0, (40, 80, 120)), mask(), landmarks(), warp)
    assert neck.above is not None
    assert neck.above[90, 200] == 255
    assert neck.above[125, 200] == neck.above[90, 120] == 0
    assert neck.throat[75:100, 190:210].all()
    assert neck.throat[60:, :100].max() == neck.throat[160:].max() == 0
    trousers = seen_neck(front, shirt(0.0, 2.0, (0, 0, 0)), mask(), landmarks(kind="trousers"), warp)
    assert trousers.above is None
    assert trousers.throat.max() == trousers.opening.max() == 0


def test_the_warp_keeps_within_the_sides_and_meets_their_ends() -> None:
    made = landmarks()
    for side, inward in (("left", -1), ("right", 1)):
        edge = made.edges[f"side_{side}"]
        moved = within_edge(made, f"side_{side}")
        np.testing.assert_array_equal(moved[[0, -1]], edge[[0, -1]])
        np.testing.assert_allclose((moved - edge)[1:-1], np.tile([inward * 5.0, 0.0], (6, 1)), atol=1e-9)
    np.testing.assert_array_equal(within_edge(made, "hem"), made.edges["hem"])


def test_the_sides_are_looked_at_but_not_the_hem() -> None:
    sides = lateral_mask(landmarks(), (SIZE, SIZE))
    assert (sides[150:320, [90, 100, 110, 290, 310]] == 255).all()
    assert sides[:, 200].max() == 0
    assert sides[345:].max() == 0
