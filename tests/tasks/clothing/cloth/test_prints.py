import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.prints import find_prints, opens_in_front
from tests.drawn_top import SIZE, inside, trunk

U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]
CLOTH = (60, 110, 160)
WHITE = (240, 240, 235)


def picture() -> U8:
    noise = np.random.default_rng(3).normal(0, 3, (SIZE, SIZE, 1))
    return np.clip(np.array(CLOTH) + noise, 0, 255).astype(np.uint8)


def found(rgb: U8) -> Mask:
    """What is found beside the strip down the middle."""
    out = np.logical_or(*find_prints(rgb, inside(), np.zeros_like(inside()), trunk()))
    assert out[60:160, 95].all(), "closures are down the middle"
    out[:, 84:108] = False
    return out


def test_plain_cloth_has_no_print() -> None:
    assert not found(picture()).any()


def test_a_print_is_found_all_of_it_and_little_more() -> None:
    rgb = picture()
    rgb[80:130, 66:126] = WHITE
    marks = found(rgb)
    assert marks[80:130, 66:84].all()
    assert marks[80:130, 108:126].all()
    marks[70:140, 56:136] = False
    assert not marks.any()


def test_a_print_in_the_shade_of_folds_is_found_by_its_unrest() -> None:
    rgb = picture()
    rgb[50:160, 52:58] = rgb[50:160, 52:58] // 2
    rgb[35:65, 20:26] = rgb[35:65, 20:26] // 2
    rgb[35:65, 166:172] = rgb[35:65, 166:172] // 2
    for x in range(64, 130, 4):
        rgb[90:120, x : x + 2] = rgb[90:120, x : x + 2] // 2
    assert found(rgb)[92:118, 66:84].mean() > 0.9


@pytest.mark.parametrize("shade", [0.75, 1.2])
def test_light_and_shade_of_vivid_cloth_are_no_print(shade: float) -> None:
    rgb = picture()
    rgb[..., :] = (200, 30, 80)
    soft = cv2.GaussianBlur(np.pad(np.ones((50, 20)), ((80, 62), (62, 110))), (0, 0), 10)[..., None]
    rgb = np.clip(rgb * (1 + (shade - 1) * soft), 0, 255).astype(np.uint8)
    assert not found(rgb).any()


def test_hems_yokes_and_stripes_across_are_the_garments_own() -> None:
    rgb = picture()
    rgb[170:, :] = WHITE
    rgb[100:112, :] = WHITE
    rgb[:46, :] = WHITE
    out = np.logical_or(*find_prints(rgb, inside(), np.zeros_like(inside()), trunk()))
    out[:, 84:108] = False
    assert not out.any()


def test_a_stripe_across_is_not_cut_in_the_middle() -> None:
    rgb = picture()
    rgb[100:112, 40:150] = WHITE
    assert not np.logical_or(*find_prints(rgb, inside(), np.zeros_like(inside()), trunk()))[102:110].any()


def test_motifs_all_over_are_a_pattern() -> None:
    rgb = picture()
    for y in range(44, 170, 26):
        for x in range(24, 172, 26):
            cv2.circle(rgb, (x, y), 5, WHITE, cv2.FILLED)
    assert not found(rgb).any()


def test_the_strip_follows_a_tilted_garment() -> None:
    turn = cv2.getRotationMatrix2D((95.5, 95.5), 15, 1)
    turned = [cv2.warpAffine(m.astype(np.uint8), turn, (SIZE, SIZE)) > 0 for m in (inside(), trunk())]
    out = np.logical_or(*find_prints(picture(), turned[0], np.zeros_like(inside()), turned[1]))
    for y in (70, 110, 150):
        x, y_ = turn @ (95.5, y, 1)
        assert out[round(y_), round(x)]


def striped(upright: bool) -> U8:
    y, x = np.mgrid[:SIZE, :SIZE]
    is_dark = ((x if upright else y) // 6 % 2 == 0)[..., None]
    return np.where(is_dark, picture(), picture() // 2).astype(np.uint8)


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("lean", [0.0, 0.08])
def test_a_zip_is_a_line_down_the_middle_as_there_is_none_beside_it(upright: bool, lean: float) -> None:
    rgb, nowhere = striped(upright), np.zeros((SIZE, SIZE), bool)
    assert not opens_in_front(rgb, nowhere, trunk(), 0.2)
    y, x = np.mgrid[:SIZE, :SIZE]
    zipped = np.where((np.abs(x - 96 - lean * (y - 105)) < 3)[..., None], WHITE, rgb).astype(np.uint8)
    aside = np.where((np.abs(x - 78) < 3)[..., None], WHITE, rgb).astype(np.uint8)
    assert opens_in_front(zipped, nowhere, trunk(), 0.2)
    assert not opens_in_front(aside, nowhere, trunk(), 0.2)
    assert not opens_in_front(zipped, trunk(), trunk(), 0.2)
