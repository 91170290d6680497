from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.edges.lapels import find_lapels
from manikin.tasks.clothing.outline.landmarks import Landmarks

U8 = NDArray[np.uint8]
SIZE = 480
CLOTH = (60, 66, 72)


def landmarks() -> Landmarks:
    """Of a blazer 200 wide and 320 high."""
    sides = {"neck": 45.0, "shoulder": 95.0, "hem": 100.0}
    rows = {"neck": 60.0, "shoulder": 75.0, "hem": 380.0}
    points = {
        f"{n}_{side}": (240 + s * x, rows[n]) for n, x in sides.items() for side, s in (("left", 1), ("right", -1))
    }
    return Landmarks("top", points, {}, (), {"chest_half": 100.0}, 0.95, 0.0, False)


def mask() -> U8:
    out = np.zeros((SIZE, SIZE), np.uint8)
    out[60:380, 140:340] = 255
    return out


def blazer(depth: float, half: float, inside: tuple[int, int, int], seam: int = 0, tip: float = 240.0) -> U8:
    """A blazer whose lapels part so wide at its neck and meet so deep, what is inside of another colour."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    down = np.clip((y - 60) / depth, 0, 1)
    off = half * (1 - down) - np.abs(x - (240 + down * (tip - 240)))
    rgb = np.full((SIZE, SIZE, 3), CLOTH, np.uint8)
    rgb[(off > 0) & (y < 60 + depth)] = inside
    rgb[(np.abs(off) < 1.5) & (y < 60 + depth)] -= np.uint8(seam)
    noise = np.random.default_rng(0).normal(0, 2, (SIZE, SIZE, 1))
    return np.clip(cv2.GaussianBlur(rgb, (0, 0), 1) + noise, 0, 255).astype(np.uint8)


def apex(line: NDArray[np.float64]) -> NDArray[np.float64]:
    return line[np.argmax(line[:, 1])]


@pytest.mark.parametrize("depth", [110.0, 160.0])
@pytest.mark.parametrize("tip", [240.0, 250.0])
def test_lapels_are_found_by_the_lining_between_them(depth: float, tip: float) -> None:
    line = find_lapels(blazer(depth, 40.0, (170, 120, 110), tip=tip), mask(), landmarks())
    assert line is not None
    np.testing.assert_allclose(apex(line), (tip, 60 + depth), atol=18)
    middle = line[np.abs(line[:, 1] - (60 + 0.5 * depth)) < 12]
    assert np.ptp(middle[:, 0]) == pytest.approx(40.0, abs=16)  # half as wide, half way down


def test_lapels_of_the_inner_backs_own_colour_are_found_by_their_edges() -> None:
    line = find_lapels(blazer(140.0, 38.0, CLOTH, seam=30), mask(), landmarks())
    assert line is not None
    np.testing.assert_allclose(apex(line), (240, 200), atol=20)


def test_a_label_and_a_hanger_between_lapels_do_not_hide_them() -> None:
    rgb = blazer(140.0, 40.0, (170, 120, 110))
    rgb[75:95, 225:255] = 240
    rgb[70:76, 200:280] = 20
    line = find_lapels(rgb, mask(), landmarks())
    assert line is not None
    np.testing.assert_allclose(apex(line), (240, 200), atol=18)


def test_plain_cloth_has_no_lapels() -> None:
    assert find_lapels(blazer(140.0, 40.0, CLOTH), mask(), landmarks()) is None


def test_a_front_that_is_no_blazers_stands_open_only_where_a_lining_shows() -> None:
    lined, alike = blazer(140.0, 40.0, (170, 120, 110)), blazer(140.0, 38.0, CLOTH, seam=30)
    line = find_lapels(lined, mask(), landmarks(), is_blazer=False)
    assert line is not None
    np.testing.assert_allclose(apex(line), (240, 200), atol=18)
    assert find_lapels(alike, mask(), landmarks(), is_blazer=False) is None


def test_a_front_too_short_for_a_v_has_none() -> None:
    made = landmarks()
    short = replace(made, points=made.points | {"hem_left": (340.0, 100.0), "hem_right": (140.0, 100.0)})
    assert find_lapels(blazer(140.0, 40.0, (170, 120, 110)), mask(), short) is None
