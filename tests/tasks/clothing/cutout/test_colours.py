import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.colours import Colours, fit_colours

F32 = NDArray[np.float32]


def fitted(samples: F32, k: int, rounds: int = 12) -> tuple[F32, NDArray[np.int64]]:
    """Return k-means (k, 3) as it is written in textbooks, and (n,) which each sample belongs to."""
    order = np.argsort(samples[:, 0], kind="stable")
    centres = samples[order[np.linspace(0, len(order) - 1, k + 2).astype(int)[1:-1]]]
    for _ in range(rounds):
        nearest = np.argmin(((samples[:, None] - centres) ** 2).sum(axis=-1), axis=1)
        means = [
            samples[nearest == c].mean(axis=0, dtype=np.float64) if (nearest == c).any() else m
            for c, m in enumerate(centres)
        ]
        centres = np.stack(means).astype(np.float32)
    return centres, nearest


@pytest.mark.parametrize(("seed", "n", "k"), [(0, 900, 5), (1, 3000, 3), (2, 40, 6), (3, 1, 1)])
def test_colours_are_those_of_k_means_that_stand_for_enough(seed: int, n: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    samples = (rng.normal(size=(n, 3)) * [12, 6, 6] + rng.choice([20, 60, 90], (n, 1))).astype(np.float32)
    centres, nearest = fitted(samples, k)
    share = np.bincount(nearest, minlength=k) / n
    kept = share >= min(0.02, share.max())
    colours = fit_colours(samples, k)
    np.testing.assert_allclose(colours.centres, centres[kept], atol=1e-4)
    spreads = [np.maximum(samples[nearest == c].std(axis=0), 2.5) for c in np.flatnonzero(kept)]
    np.testing.assert_allclose(colours.spreads, spreads, atol=1e-3)


def test_pixels_are_as_far_as_the_nearest_colour_by_its_own_spreads() -> None:
    rng = np.random.default_rng(4)
    colours = Colours(
        np.array([[10, 0, 0], [40, 5, 5], [40, 5, 5]], np.float32),
        np.array([[3, 3, 3], [9, 4, 4], [9, 4, 4]], np.float32),
    )
    lab = (rng.random((7, 11, 3)) * 60).astype(np.float32)
    each = np.linalg.norm((lab[..., None, :] - colours.centres) / colours.spreads, axis=-1)
    which, far = colours.nearest(lab)
    np.testing.assert_allclose(far, each.min(axis=-1), rtol=1e-5)
    np.testing.assert_array_equal(which, each.argmin(axis=-1))  # of two that are as near, the first
    assert which.max() == 1
    np.testing.assert_array_equal(colours.distance(lab[::2, 1::3]), far[::2, 1::3])


def test_no_pixels_have_no_colour() -> None:
    colours = fit_colours(np.zeros((5, 3), np.float32), 2)
    assert colours.distance(np.zeros((0, 3), np.float32)).shape == (0,)
