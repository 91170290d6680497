from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.outline.creases import find_creases
from manikin.tasks.clothing.outline.labels import kinds_of
from manikin.tasks.clothing.outline.landmarks import find_landmarks

SIZE = 256


def across(creases: NDArray[np.float32], x: float, y: float) -> NDArray[np.floating]:
    """The quadratic form of a direction."""
    form = x * x * creases[..., 0] + x * y * creases[..., 1] + y * y * creases[..., 2]
    return np.sqrt(np.maximum(form, 0))


def garment(lightness: NDArray[np.floating]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[20:236, 20:236] = 1
    rgb = np.where(mask > 0, lightness, 250)[..., None] + np.zeros(3)
    return np.clip(rgb, 0, 255).astype(np.uint8), mask


def test_a_line_is_seen_across_itself_on_light_cloth_and_on_dark() -> None:
    for level in (200.0, 60.0):
        cloth = np.full((SIZE, SIZE), level)
        cloth[:, 128:] -= 20
        creases = find_creases(*garment(cloth))
        middle = slice(80, 176)
        assert across(creases, 1, 0)[middle, 126:130].min() > 1.5
        assert across(creases, 0, 1)[middle, 126:130].max() < 0.2
        assert across(creases, 1, 0)[middle, 60:100].max() < 0.5


def test_cloth_striped_all_over_shows_no_line_of_its_own() -> None:
    y = np.arange(SIZE)[:, None] + np.zeros(SIZE)
    creases = find_creases(*garment(128 + 60 * np.sin(y * 2 * np.pi / 12)))
    assert across(creases, 0, 1)[80:176, 80:176].max() < 2.1
    assert np.median(across(creases, 0, 1)[80:176, 80:176]) < 1.6


def test_the_garments_rim_and_the_ground_do_not_count() -> None:
    creases = find_creases(*garment(np.full((SIZE, SIZE), 100.0)))
    assert creases[30:226, 30:226, 3].all()
    assert not creases[:24, :, 3].any()
    assert not creases[:, 232:, 3].any()


@pytest.mark.parametrize("width", [20, 30])
def test_a_sleeve_on_the_body_is_found_by_its_crease(width: int) -> None:
    """In a box the picture alone tells sleeves of one width from sleeves of another."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[30:226, 50:206] = 1
    cloth = np.full((SIZE, SIZE), 120.0)
    cloth[90:215, 50 + width : 206 - width] = 150
    rgb = cv2.GaussianBlur(np.where(mask > 0, cloth, 250)[..., None] + np.zeros(3), (0, 0), 1.0).astype(np.uint8)
    jacket, _ = kinds_of(Photo(rgb, None, "0" * 64, Path("photo.png")), "jacket")
    edges = find_landmarks(mask, jacket, rgb).edges
    for inner in (206 - edges["sleeve_inner_left"][1:-1, 0], edges["sleeve_inner_right"][1:-1, 0] - 50):
        np.testing.assert_allclose(inner, width, atol=4)
