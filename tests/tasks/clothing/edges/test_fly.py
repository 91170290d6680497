import cv2
import numpy as np
import pytest

from manikin.tasks.clothing.edges.fly import odd_on_fly
from manikin.tasks.clothing.outline.landmarks import Landmarks

CLOTH, GROUND, WHITE, DARK = (40, 42, 60), (200, 190, 170), (245, 245, 240), (5, 5, 8)


def shorts() -> np.ndarray:
    rgb = np.full((300, 300, 3), GROUND, np.uint8)
    rgb[60:280, 70:230] = CLOTH
    noise = np.random.default_rng(3).normal(0, 2, rgb.shape[:2])[..., None]
    return np.clip(rgb + noise, 0, 255).astype(np.uint8)


def landmarks(kind: str = "trousers") -> Landmarks:
    points = {"waist_right": (70.0, 60.0), "waist_left": (230.0, 60.0)}
    return Landmarks(kind, points, {}, (), {}, 0.95, 0.0, False)


def found(rgb: np.ndarray, kind: str = "trousers") -> np.ndarray:
    mask = np.zeros(rgb.shape[:2], np.uint8)
    mask[60:280, 70:230] = 255
    return odd_on_fly(rgb, mask, landmarks(kind))


@pytest.mark.parametrize(("box", "colour"), [((80, 90, 138, 164), WHITE), ((90, 125, 147, 152), WHITE)])
def test_labels_and_slits_on_a_fly_are_found(box, colour):
    rgb, (top, bottom, left, right) = shorts(), box
    rgb[top:bottom, left:right] = colour
    odd = found(rgb)
    assert odd[top:bottom, left:right].all()
    assert odd.sum() < 3 * (bottom - top + 4) * (right - left + 4)
    assert not found(rgb, "top").any()


def test_buttons_prints_and_what_is_aside_stay():
    rgb = shorts()
    cv2.circle(rgb, (150, 75), 5, WHITE, -1)
    assert not found(rgb).any()
    rgb[100:112, 80:100] = WHITE
    assert not found(rgb).any()
    rgb = shorts()
    rgb[90:96, 90:210] = WHITE
    assert not found(rgb).any()
