import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.stripes import is_checked, striped_back
from tests.drawn_top import SIZE, trunk

U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]
DARK, LIGHT = np.array([40, 60, 110]), np.array([225, 220, 210])
PLACKET = (200, 40, 40)


def inside() -> Mask:
    out = np.zeros((SIZE, SIZE), bool)
    out[30:180, 50:142] = True
    return out


def stripes(tilt: float = 0.0, bend: float = 0.0, high: int = 9) -> U8:
    """Stripes that sink to the right, and to both sides, in pixels to a pixel of the picture's middle."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    along = y - tilt * (x - 96) - bend * (x - 96) ** 2
    rgb = np.where((np.floor(along / high) % 2 == 0)[..., None], DARK, LIGHT)
    noise = np.random.default_rng(2).normal(0, 3, (SIZE, SIZE, 1))
    return np.clip(rgb + noise, 0, 255).astype(np.uint8)


def back(rgb: U8, opening: Mask | None = None, top: Mask | None = None) -> U8 | None:
    nowhere = np.zeros((SIZE, SIZE), bool)
    made = striped_back(rgb, nowhere if opening is None else opening, inside(), trunk() if top is None else top)
    return None if made is None else made[0]


@pytest.mark.parametrize(("tilt", "bend"), [(0.0, 0.0), (0.1, 0.0), (-0.15, 0.0), (0.0, 0.002), (0.08, -0.0015)])
def test_stripes_go_on_behind_without_what_is_on_them(tilt: float, bend: float) -> None:
    bare = stripes(tilt, bend)
    rgb = bare.copy()
    rgb[30:180, 92:102] = PLACKET
    rgb[80:110, 104:120] = PLACKET
    made = back(rgb)
    assert made is not None
    off = np.abs(made.astype(int) - bare)[45:165, 60:132].max(axis=-1)
    assert np.median(off) < 10
    assert (off < 40).mean() > 0.85
    assert (np.abs(made.astype(int) - PLACKET).max(axis=-1) > 60)[45:165, 60:132].all()


def test_a_row_with_a_print_in_the_middle_is_as_at_its_sides() -> None:
    rgb = stripes(high=12)
    rgb[86:118, 66:126] = PLACKET
    made = back(rgb)
    assert made is not None
    assert (np.abs(made.astype(int) - PLACKET).max(axis=-1) > 60)[45:165, 70:120].all()


def test_an_opening_says_nothing() -> None:
    rgb, opening = stripes(), np.zeros((SIZE, SIZE), bool)
    opening[30:60, 60:132] = True
    rgb[opening] = PLACKET
    made = back(rgb, opening)
    assert made is not None
    assert (np.abs(made.astype(int) - PLACKET).max(axis=-1) > 60)[34:165, 70:120].all()


def test_stripes_upright_and_dots_do_not_go_across() -> None:
    upright = np.ascontiguousarray(np.swapaxes(stripes(), 0, 1))
    dots = np.full((SIZE, SIZE, 3), DARK, np.uint8)
    for y in range(4, SIZE, 16):
        for x in range(4 + y % 32 // 2, SIZE, 16):
            cv2.circle(dots, (x, y), 4, LIGHT.tolist(), cv2.FILLED)
    assert back(upright) is None
    assert back(dots) is None


def test_what_has_no_trunk_is_not_made_anew() -> None:
    assert back(stripes(), top=np.zeros((SIZE, SIZE), bool)) is None


def soft(kind: str, tilt: float = 0.0) -> U8:
    """Cloth with soft lines across, down or both, or with folds that run down on one side and across on the other."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    across, down = 20 * np.sin((y - tilt * x) / 2.2), 20 * np.sin((x + tilt * y) / 2.5)
    pattern = {
        "check": across + down,
        "stripes": 1.5 * across,
        "folds": np.where(x < 96, 2 * across * (y < 100), 40 * np.sin(x * y / 300)),
        "faint": 0.2 * (across + down),
    }[kind]
    noise = np.random.default_rng(4).normal(0, 2, (SIZE, SIZE))
    return np.clip(150 + (pattern + noise)[..., None] * np.ones(3), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("tilt", [0.0, 0.09, -0.06])
def test_a_check_is_known_by_its_lines_both_ways(tilt: float) -> None:
    nowhere = np.zeros((SIZE, SIZE), bool)
    assert is_checked(soft("check", tilt), nowhere, nowhere, inside(), trunk())
    assert not is_checked(soft("check", tilt), nowhere, nowhere, inside(), None)
    assert not is_checked(soft("check", tilt), inside(), nowhere, inside(), trunk())


@pytest.mark.parametrize("kind", ["stripes", "folds", "faint"])
def test_lines_one_way_folds_and_what_is_hardly_seen_are_no_check(kind: str) -> None:
    nowhere = np.zeros((SIZE, SIZE), bool)
    assert not is_checked(soft(kind), nowhere, nowhere, inside(), trunk())
