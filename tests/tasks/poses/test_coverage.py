import numpy as np
import pytest

from manikin.tasks.poses.coverage import (
    covered_share,
    farthest_points,
    frechet_distance,
    manifold_share,
    nearest_distance,
)


def grid(step, n=12):
    return np.stack(np.meshgrid(*[np.arange(n) * step] * 2), -1).reshape(-1, 2)


def test_nearest_distance_is_the_least_of_all():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(30, 51)), rng.normal(size=(40, 51))
    np.testing.assert_allclose(nearest_distance(a, b), np.linalg.norm(a[:, None] - b[None], axis=-1).min(axis=1))


def test_a_manifold_reaches_to_the_kth_neighbour():
    """On a grid of step 1 the fourth neighbour is at 1 inside and at 2 in a corner (1, 1, sqrt 2, 2)."""
    members = grid(1.0)
    assert manifold_share(members, members, k=4) == 1.0
    assert manifold_share(np.array([[5.5, 5.5]]), members, k=4) == 1.0
    assert manifold_share(np.array([[-1.9, 0.0], [-2.1, 0.0]]), members, k=4) == 0.5
    assert manifold_share(np.array([[50.0, 50.0]]), members, k=4) == 0.0


def test_coverage_gains_nothing_by_wild_samples():
    real = np.random.default_rng(2).normal(size=(200, 3))
    wild = 50.0 * np.random.default_rng(3).normal(size=(200, 3))
    assert covered_share(real, real) == 1.0
    assert covered_share(real, wild) < 0.05
    assert manifold_share(real, wild) > 0.9  # recall does


def test_precision_and_recall_of_a_half():
    real = np.concatenate([grid(1.0), grid(1.0) + 100.0])
    samples = np.concatenate([grid(1.0) + 0.3, grid(1.0) - 100.0])
    assert manifold_share(samples, real) == pytest.approx(0.5)
    assert manifold_share(real, samples) == pytest.approx(0.5)
    assert covered_share(real, samples) == pytest.approx(0.5)


def test_frechet_distance_is_that_of_gaussians():
    rng = np.random.default_rng(4)
    a = rng.normal(size=(400, 5))
    assert frechet_distance(a, a) == pytest.approx(0.0, abs=1e-6)
    assert frechet_distance(a, a + np.array([3, 0, 4, 0, 0])) == pytest.approx(5.0, abs=1e-6)
    spread = np.sqrt(np.trace(np.cov(a.T)))
    assert frechet_distance(a, a.mean(axis=0) + 3 * (a - a.mean(axis=0))) == pytest.approx(2 * spread, rel=1e-6)
    assert frechet_distance(a, 2 * a) == pytest.approx(frechet_distance(2 * a, a), rel=1e-6)


def test_each_farthest_point_is_the_farthest():
    vectors = np.random.default_rng(5).normal(size=(80, 4))
    rows = farthest_points(vectors, 80)
    assert sorted(rows) == list(range(80))
    assert rows[0] == 0
    for k in range(1, 80):
        gap = np.linalg.norm(vectors[:, None] - vectors[rows[:k]][None], axis=-1).min(axis=1)
        assert gap[rows[k]] == pytest.approx(gap.max())


def test_points_keep_away_from_what_is_covered():
    vectors = grid(1.0)
    rows = farthest_points(vectors, 3, covered=np.array([[0.0, 0.0], [11.0, 0.0]]))
    assert vectors[rows[0]][1] == 11.0
    assert nearest_distance(vectors[rows], np.array([[0.0, 0.0], [11.0, 0.0]])).min() > 4


def test_doubles_are_chosen_once_each():
    assert sorted(farthest_points(np.zeros((5, 3)), 5)) == [0, 1, 2, 3, 4]
