import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.outline.landmarks import Landmarks
from manikin.tasks.clothing.sizes.profile import Profile, profile

F64 = NDArray[np.float64]

SIZE = 600
CORNERS = {"waist_left": (60, -200), "waist_right": (-60, -200), "hem_left": (140, 200), "hem_right": (-140, 200)}
SKIRT = np.array([CORNERS[n] for n in ("waist_left", "hem_left", "hem_right", "waist_right")], np.float64)


def turned(points: F64, angle: float) -> F64:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.asarray(points @ np.array([[cos, sin], [-sin, cos]]) + SIZE / 2)


def photographed(outline: F64, angle: float = 0.0, hole: bool = False) -> Profile:
    """The rows of a skirt of an outline (n, 2) about the picture's middle, turned by an angle."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(mask, [np.rint(turned(outline, angle) * 16).astype(np.int32)], 255, shift=4)
    if hole:
        cv2.circle(mask, (SIZE // 2, SIZE // 2), 30, 0, cv2.FILLED)
    points = {n: tuple(turned(np.array([p], np.float64), angle)[0]) for n, p in CORNERS.items()}
    return profile(mask, Landmarks("skirt", points, {}, (), {}, 0.95, 0.0, has_hood=False))


@pytest.mark.parametrize("angle", [0.0, 0.3, -0.3])
@pytest.mark.parametrize("hole", [False, True])
def test_rows_are_as_wide_as_the_cut_out_however_it_lies(angle: float, hole: bool) -> None:
    rows = photographed(SKIRT, angle, hole)
    assert rows.length == pytest.approx(400, abs=8)
    middle = slice(8, -16)  # the last tenth never narrows
    share = np.linspace(0, 1, len(rows.left))[middle]
    np.testing.assert_allclose(rows.width[middle], 120 + 160 * share, atol=8)
    np.testing.assert_allclose(rows.left[middle], rows.right[middle], atol=8)
    np.testing.assert_allclose(rows.at(np.array(0.0), np.array(0.0)), turned(np.array([[0.0, -200]]), angle)[0], atol=6)
    assert rows.along(turned(np.array([[50.0, 100]]), angle))[0] == pytest.approx(300, abs=8)


def test_left_is_the_wearers() -> None:
    lopsided = SKIRT + np.where(SKIRT[:, :1] > 0, [[50.0, 0.0]], 0.0)
    rows = photographed(lopsided)
    assert np.median(rows.left - rows.right) > 20  # the wearer's left is on the right of the picture


def test_a_round_hem_is_no_side() -> None:
    below = np.linspace(0, np.pi, 40)
    round_ = np.concatenate([SKIRT[:1], np.column_stack([140 * np.cos(below), 200 + 90 * np.sin(below)]), SKIRT[3:]])
    rows = photographed(round_)
    assert rows.length == pytest.approx(490, abs=10)
    assert rows.width[-1] > 250
    assert max(rows.corners) < 460
    at_corner, in_middle = rows.hem[0], rows.hem[len(rows.hem) // 2]
    assert in_middle - at_corner > 25


def test_a_waist_that_begins_narrow_is_no_side() -> None:
    hanger = np.array([[10.0, -200], [10, -230], [-10, -230], [-10, -200]])
    outline = np.concatenate([SKIRT[:3], SKIRT[3:], hanger[::-1]])
    assert photographed(outline).width[0] > 100


def test_a_skirt_that_flares_from_its_waist_on_keeps_its_waist() -> None:
    flared = np.array([[60.0, -200], [280, 20], [-280, 20], [-60, -200]])
    assert photographed(flared).width[0] < 150
