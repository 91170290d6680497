import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.outline.flaws import creased, one_sided, one_sided_ground, sleeve_length, sleeves_on_trunk
from manikin.tasks.clothing.outline.landmarks import Landmarks, find_landmarks
from manikin.tasks.clothing.outline.silhouettes import SKIRT, TOP

SIZE = 320
MASK = np.zeros((SIZE, SIZE), np.uint8)
MASK[30:290, 30:290] = 255
Y, X = np.mgrid[:SIZE, :SIZE]
CLOTH, GROUND = (200, 205, 190), (60, 20, 60)


def grey(light: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.repeat(np.clip(light, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.fixture(scope="module")
def skirt() -> Landmarks:
    return find_landmarks(MASK, (SKIRT,))


def test_waves_of_light_are_creases_and_plain_cloth_has_none() -> None:
    assert creased(grey(150 + 30 * np.sin(X / 2.5)), MASK) > 0.6
    assert creased(grey(np.full((SIZE, SIZE), 150.0)), MASK) == 0


def test_a_print_on_calm_cloth_is_none() -> None:
    cloth = np.full((SIZE, SIZE), 150.0)
    cloth[100:200, 100:200] += 30 * np.sin(X / 2.5)[100:200, 100:200]
    assert creased(grey(cloth), MASK) < 0.05


def test_stripes_of_black_and_white_and_of_colours_are_none() -> None:
    stripe = (X // 12) % 2 == 0
    assert creased(grey(np.where(stripe, 20.0, 240.0)), MASK) < 0.4
    assert creased(np.where(stripe[..., None], (170, 60, 60), (150, 130, 60)).astype(np.uint8), MASK) < 0.1


def test_the_same_picture_larger_is_as_creased() -> None:
    small = grey(150 + 30 * np.sin(X / 3))
    large, mask = (cv2.resize(a, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR) for a in (small, MASK))
    assert creased(large, mask) == pytest.approx(creased(small, MASK), abs=0.05)


@pytest.mark.parametrize(("patch", "colour", "low", "high"), [
    (np.s_[150:290, 200:290], GROUND, 0.1, 0.25),  # a corner of ground
    (np.s_[150:290, 200:290], (20, 90, 40), 0.0, 0.0),  # another cloth
    (np.s_[150:290, 30:290], GROUND, 0.0, 0.01),  # a hem of the ground's colour, on both sides
])  # fmt: skip
def test_ground_on_one_side_is_measured(
    skirt: Landmarks, patch: tuple[slice, slice], colour: tuple[int, int, int], low: float, high: float
) -> None:
    rgb = np.where(MASK[..., None] > 0, CLOTH, GROUND).astype(np.uint8)
    rgb[patch] = colour
    assert low <= one_sided_ground(rgb, MASK, skirt) <= high


def test_a_cut_out_without_ground_shows_none(skirt: Landmarks) -> None:
    assert one_sided_ground(grey(np.zeros((SIZE, SIZE))), np.full_like(MASK, 255), skirt) == 0


HEART = np.zeros_like(MASK)
HEART[70:250, 70:250] = 255
LEFT, RIGHT, INNER = np.s_[120:160, 262:290], np.s_[120:160, 30:58], np.s_[120:160, 160:200]
YELLOW = (250, 235, 110)


@pytest.mark.parametrize(("patches", "colour", "is_found"), [
    ((LEFT,), (80, 45, 70), True),  # ground in the light that falls through cloth
    ((LEFT,), GROUND, True),
    ((LEFT, RIGHT), GROUND, False),  # bands on both sides
    ((LEFT,), (228, 230, 222), False),  # of the cloth's own colours, lit
    ((INNER,), GROUND, False),  # a print
    ((LEFT,), YELLOW, False),  # a badge, nearer to the cloth than to the ground
])  # fmt: skip
def test_what_only_one_side_has_at_its_edge_is_no_cloth_if_it_is_like_the_ground(
    skirt: Landmarks, patches: tuple[tuple[slice, slice], ...], colour: tuple[int, int, int], is_found: bool
) -> None:
    rgb = np.where(MASK[..., None] > 0, CLOTH, GROUND).astype(np.uint8)
    for patch in patches:
        rgb[patch] = colour
    found = one_sided(rgb, MASK, HEART, skirt)
    if is_found:
        assert found[LEFT].mean() > 0.9
        assert found.sum() < 1.6 * found[LEFT].size
    else:
        assert not found.any()


def test_sleeves_have_a_length_and_lie_beside_the_trunk(skirt: Landmarks) -> None:
    mask = np.zeros_like(MASK)
    for polygon in (
        [(110, 60), (190, 60), (190, 240), (110, 240)],
        [(115, 60), (50, 190), (75, 205), (115, 125)],
        [(185, 60), (250, 190), (225, 205), (185, 125)],
    ):
        cv2.fillPoly(mask, [np.array(polygon)], 255)
    top = find_landmarks(mask, (TOP,))
    assert 1.5 < sleeve_length(top) < 4
    assert sleeves_on_trunk(top) < 0.3
    assert sleeve_length(skirt) == sleeves_on_trunk(skirt) == 0
