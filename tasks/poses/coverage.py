"""How well poses cover others and how plausible they are, by distances between joints; and poses where coverage is thin.

Vectors are those of `compared_joints`: the distance of two is the root mean square distance of their joints, in metres.
Precision and recall are those of Kynkaanniemi et al. 2019 ("Improved precision and recall metric for assessing generative
models"): a set's manifold is the union of balls around its members, each as wide as the way to the member's k-th neighbour
in the set; k = 5 as in Naeem et al. 2020 ("Reliable fidelity and diversity metrics for generative models").
The Frechet distance is that of Heusel et al. 2017, of joints instead of image features. Farthest points: Gonzalez 1985.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from manikin.tasks.kernel import kernel

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

N_NEIGHBOURS = 5
PART = 1024  # vectors whose distances to all others are held at once: in 51 dimensions faster than trees


def nearest_distance(vectors: F64, others: F64) -> F64:
    """Return the distance (N,) of each of vectors (N, D) to the nearest of others (M, D)."""
    return np.concatenate([cdist(part, others).min(axis=1) for part in _parts(vectors)])


def neighbour_distance(vectors: F64, k: int = N_NEIGHBOURS) -> F64:
    """Return the distance (N,) of each of vectors (N, D), N > k, to its k-th neighbour among the others."""
    return np.concatenate([np.partition(cdist(part, vectors), k, axis=1)[:, k] for part in _parts(vectors)])


def manifold_share(vectors: F64, members: F64, k: int = N_NEIGHBOURS) -> float:
    """Return the share of vectors (N, D) in the manifold of members (M, D), M > k.

    Of samples in the manifold of real poses it is the precision, of real poses in that of as many samples the recall.
    """
    radii = neighbour_distance(members, k)
    return float(np.mean(np.concatenate([(cdist(p, members) <= radii).any(axis=1) for p in _parts(vectors)])))


def covered_share(vectors: F64, others: F64, k: int = N_NEIGHBOURS) -> float:
    """Return the share of vectors (N, D), N > k, that have one of others (M, D) no farther than their k-th neighbour.

    Of real poses it is the coverage by samples of Naeem et al. 2020.
    """
    return float(np.mean(nearest_distance(vectors, others) <= neighbour_distance(vectors, k)))


def frechet_distance(vectors: F64, others: F64) -> float:
    """Return the Frechet distance of the Gaussians with two sets' moments, in metres."""
    a, b = np.cov(vectors.T), np.cov(others.T)
    values, axes = np.linalg.eigh(a)
    root = (axes * np.sqrt(np.maximum(values, 0.0))) @ axes.T
    mixed = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ b @ root), 0.0)).sum()
    apart = ((vectors.mean(axis=0) - others.mean(axis=0)) ** 2).sum()
    return float(np.sqrt(max(apart + np.trace(a) + np.trace(b) - 2.0 * mixed, 0.0)))


def farthest_points(vectors: F64, n: int, covered: F64 | None = None) -> I64:
    """Return rows (n,) of vectors (N, D), each the farthest from those before it and from what is covered already.

    Args:
        vectors: to choose from.
        n: how many, at most N.
        covered: (M, D); without any, the first row comes first.
    """
    gap = np.full(len(vectors), np.inf) if covered is None or not len(covered) else nearest_distance(vectors, covered)
    out = np.empty(n, np.int64)
    _choose(np.ascontiguousarray(vectors), gap, out)
    return out


def _parts(vectors: F64) -> list[F64]:
    return [vectors[i : i + PART] for i in range(0, max(len(vectors), 1), PART)]


@kernel
def _choose(vectors: F64, gap: F64, out: I64) -> None:
    for k in range(len(out)):
        out[k] = best = np.argmax(gap)
        for i in range(len(vectors)):
            sum_ = 0.0
            for x in range(vectors.shape[1]):
                sum_ += (vectors[i, x] - vectors[best, x]) ** 2
            gap[i] = min(gap[i], np.sqrt(sum_))
        gap[best] = -1.0  # a double of it may still come, itself not
