from typing import Any

import numpy as np
import pytest

from manikin.tasks.images.camera import Camera
from manikin.tasks.images.composite import ground_shadow
from manikin.tasks.images.renderer import Lights

GREY = np.full((120, 160, 3), 150, np.uint8)


def camera(height: float = 1.5) -> Camera:
    """Three metres before the person, level, so that the horizon is the middle row."""
    T = np.diag([1.0, -1, -1, 1])
    T[:3, 3] = (0, height, 3)
    return Camera(np.array([[100.0, 0, 80], [0, 100, 60], [0, 0, 1]]), T, 160, 120)


def lights(*direction: float, shadow: bool = True) -> Lights:
    d = np.array([direction]) / np.linalg.norm(direction)
    return Lights(d, np.full((1, 3), 0.8), np.full(3, 0.2), shadow=shadow)


@pytest.fixture(scope="module")
def post(scenes: Any) -> np.ndarray:
    """A pillar 1.7 m high on the ground."""
    p = scenes.sphere(1.0).vertices * np.float32([0.15, 0.85, 0.15])
    return np.asarray(p + np.float32([0, 0.85, 0]), np.float32)


def test_strength_0_changes_nothing(post: np.ndarray) -> None:
    np.testing.assert_array_equal(ground_shadow(GREY, camera(), post, lights(0, 1, 0), 0.0), GREY)


def test_only_darkens_and_only_below_the_horizon(post: np.ndarray) -> None:
    noise = np.random.default_rng(0).integers(0, 256, GREY.shape).astype(np.uint8)
    out = ground_shadow(noise, camera(), post, lights(0.5, 1, 0), 1.0)
    assert (out <= noise).all()
    assert (out < noise).any()
    np.testing.assert_array_equal(out[:60], noise[:60])


def test_darkest_under_the_feet(post: np.ndarray) -> None:
    out = ground_shadow(GREY, camera(), post, lights(0, 1, 0), 1.0)[..., 0].astype(int)
    (x, y), _ = camera().project(np.zeros(3))
    row, column = np.unravel_index(out.argmin(), out.shape)
    assert abs(column - x) < 4
    assert abs(row - y) < 6
    assert out.min() < 90


def test_the_key_light_casts_to_the_other_side(post: np.ndarray) -> None:
    left, right = (ground_shadow(GREY, camera(), post, lights(x, 1, 0), 1.0)[..., 0].astype(int) for x in (-1, 1))
    assert left[:, 100:].mean() < right[:, 100:].mean()
    np.testing.assert_allclose(left, right[:, ::-1], atol=3)
    none = ground_shadow(GREY, camera(), post, lights(1, 1, 0, shadow=False), 1.0)[..., 0].astype(int)
    np.testing.assert_allclose(none, none[:, ::-1], atol=2)


def test_who_is_in_the_air_touches_nothing(post: np.ndarray) -> None:
    low, high = (
        ground_shadow(GREY, camera(), post + np.float32([0, lift, 0]), lights(1, 0.1, 0), 1.0).min()
        for lift in (0, 0.5)
    )
    assert low + 25 < high


def test_seen_from_below_the_ground_there_is_none(post: np.ndarray) -> None:
    np.testing.assert_array_equal(ground_shadow(GREY, camera(-0.5), post, lights(0, 1, 0), 1.0)[60:], GREY[60:])
