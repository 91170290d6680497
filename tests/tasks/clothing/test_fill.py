import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from manikin.tasks.clothing.colours import fit_colours, folded_lab
from manikin.tasks.clothing.fill import carry_on, pull_push, spread_cloth

U8 = NDArray[np.uint8]
SIZE = 300
CLOTH = np.array([60, 110, 160])


def shirt() -> U8:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[40:270, 60:240] = 255
    return mask


def cloth(seed: int = 0) -> U8:
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 14, (SIZE, SIZE, 1)).astype(np.float32), (0, 0), 1)
    return np.clip(CLOTH + noise.reshape(SIZE, SIZE, 1), 0, 255).astype(np.uint8)


def no_opening() -> U8:
    return np.zeros((SIZE, SIZE), np.uint8)


def test_the_ground_is_nowhere_in_the_cloth() -> None:
    rgb = np.where(shirt()[..., None] > 0, cloth(), np.uint8([255, 0, 255])).astype(np.uint8)
    spread = spread_cloth(rgb, shirt(), no_opening())
    for side in (spread.front, spread.back):
        assert np.abs(side.astype(int) - CLOTH).max() < 60


def test_well_inside_the_front_is_the_photo() -> None:
    rgb = cloth()
    np.testing.assert_array_equal(spread_cloth(rgb, shirt(), no_opening()).front[60:250, 80:220], rgb[60:250, 80:220])


def test_the_back_has_no_print() -> None:
    rgb = cloth()
    rgb[110:180, 110:190] = (220, 40, 40)
    spread = spread_cloth(rgb, shirt(), no_opening())
    np.testing.assert_array_equal(spread.front[145, 150], (220, 40, 40))
    assert np.abs(spread.back[100:190, 100:200].astype(int) - CLOTH).max() < 60


def test_the_back_keeps_its_grain_where_the_print_was() -> None:
    rgb = cloth()
    rgb[110:180, 110:190] = (220, 40, 40)
    back = spread_cloth(rgb, shirt(), no_opening()).back.astype(float)
    assert back[120:170, 120:180].std() > 0.5 * back[200:250, 90:210].std()


def test_stripes_run_on_behind_the_print() -> None:
    stripes = np.where((np.arange(SIZE) // 20 % 2 == 0)[:, None, None], CLOTH, [225, 220, 210])
    rgb = np.broadcast_to(stripes, (SIZE, SIZE, 3)).astype(np.uint8).copy()
    rgb[110:180, 110:190] = (220, 40, 40)
    back = spread_cloth(rgb, shirt(), no_opening()).back.astype(int)
    middle, side = back[60:250, 150], back[60:250, 80]
    assert (np.abs(middle - side).max(axis=-1) < 60).mean() > 0.8


def test_what_is_about_the_neck_is_not_on_the_back() -> None:
    rgb, opening = cloth(), no_opening()
    rgb[40:80, 130:170] = (240, 240, 240)
    opening[40:90, 120:180] = 255
    assert np.abs(spread_cloth(rgb, shirt(), opening).back[56:90, 130:170].astype(int) - CLOTH).max() < 90


def test_a_sliver_too_thin_to_erode_still_gives_its_colour() -> None:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[:, 150:153] = 255
    rgb = np.where(mask[..., None] > 0, CLOTH, [255, 0, 255]).astype(np.uint8)
    assert np.abs(spread_cloth(rgb, mask, no_opening()).front.astype(int) - CLOTH).max() < 8


@given(seed=st.integers(0, 10_000), share=st.floats(0.02, 0.9))
def test_pull_push_keeps_what_is_known_and_stays_between(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(10, 200, (37, 53, 3)).astype(np.float32)
    known = rng.random((37, 53)) < share
    known[5, 7] = True
    filled = pull_push(values, known)
    np.testing.assert_allclose(filled[known], values[known], rtol=1e-5)
    assert (filled >= values[known].min(axis=0) - 0.01).all()
    assert (filled <= values[known].max(axis=0) + 0.01).all()


def test_carrying_on_keeps_what_is_known() -> None:
    known = shirt() > 0
    rgb = cloth(2)
    np.testing.assert_array_equal(carry_on(rgb, known)[known], rgb[known])


@pytest.mark.parametrize("k", [1, 3, 5])
def test_the_colours_of_a_flag_are_found(k: int) -> None:
    flag = np.repeat(np.uint8([[200, 30, 30], [240, 240, 240], [30, 40, 160]]), 40, axis=0)[None].repeat(20, axis=0)
    lab = folded_lab(flag)
    colours = fit_colours(lab.reshape(-1, 3), k)
    assert 1 <= len(colours.centres) <= k
    if k >= 3:
        assert colours.distance(lab).max() < 1
    assert colours.distance(folded_lab(np.full((1, 1, 3), (20, 200, 20), np.uint8))).min() > 3
