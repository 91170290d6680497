import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.grain import lay_grain

F32 = NDArray[np.float32]
SIZE, FINE = 64, 128


def laid(noise: float, crease: float = 0.0) -> F32:
    """The grain behind, of cloth whose right half shows it, with a crease in it."""
    grain = np.random.default_rng(4).normal(0, noise, (FINE, FINE, 1))
    grain[60:64, 70:] -= crease
    rgb = np.clip(128 + grain + np.zeros(3), 0, 255).astype(np.uint8)
    even = np.full((SIZE, SIZE, 3), 128, np.float32)
    base = np.full((SIZE, SIZE, 3), 90, np.float32)
    ground, region = np.zeros((SIZE, SIZE), bool), np.ones((SIZE, SIZE), bool)
    ground[4:60, 34:60] = True
    return np.asarray(lay_grain(rgb, base, even, ground, region).astype(np.float32) - 90, np.float32)


@pytest.mark.parametrize("noise", [3.0, 9.0])
def test_grain_is_as_strong_all_over_as_where_it_is_from(noise: float) -> None:
    made = laid(noise)
    assert made.mean() == pytest.approx(0, abs=0.5)
    for part in (made[:40], made[-40:], made[:, :40]):
        assert part.std() == pytest.approx(noise, rel=0.2)


def test_creases_are_no_grain() -> None:
    made = cv2.GaussianBlur(laid(3.0, crease=60), (0, 0), 1.5)
    assert made.min() > -12


def test_without_cloth_to_copy_the_base_is_bare() -> None:
    rgb = np.full((FINE, FINE, 3), 200, np.uint8)
    base, nowhere = np.full((SIZE, SIZE, 3), 90, np.float32), np.zeros((SIZE, SIZE), bool)
    made = lay_grain(rgb, base, base, nowhere, ~nowhere)
    assert (made == 90).all()


@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (3, 3), (5, 60)])
def test_a_sliver_has_grain_too(shape: tuple[int, int]) -> None:
    rgb = np.full((*shape, 3), 200, np.uint8)
    base, everywhere = np.full((*shape, 3), 90, np.float32), np.ones(shape, bool)
    assert lay_grain(rgb, base, np.full_like(base, 200), everywhere, everywhere).shape == rgb.shape
