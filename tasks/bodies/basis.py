"""A small linear shape basis: the principal components of many people made from many modelling targets.

Offsets are linear in the target weights, so nothing of the size of the mesh is decomposed: with target offsets
D (N, M), the covariance L Lᵀ of the weights and G = D Dᵀ, the components are Dᵀ L u for the eigenvectors u of Lᵀ G L,
and the coefficients of weights w are (w - mean) G L u / λ. Everything runs in loops of a fixed order (pivoted
Cholesky, cyclic Jacobi: Golub & Van Loan, Matrix Computations, 4.2.8 and 8.5) instead of BLAS and LAPACK, whose last
bits depend on the processor: the basis, and with it every image, must be the same on every machine.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.kernels import product
from manikin.tasks.kernel import kernel

F64 = NDArray[np.float64]

_JACOBI_SWEEPS = 30  # ten are enough for a few hundred rows; the limit only stops a broken input
_RELATIVE_ZERO = 1e-12


@dataclass(frozen=True, slots=True)
class Basis:
    """Zero coefficients are the mean person; one coefficient of 1 is one standard deviation along a component."""

    mean: F64  # (M,) offset of the mean person
    components: F64  # (K, M) offset per unit coefficient
    projection: F64  # (N, K) coefficients = (weights - mean_weights) @ projection
    mean_weights: F64  # (N,)


@kernel
def _gram(rows: F64, scale: F64) -> F64:
    """Return the sum over i of scale[i] * outer(rows[i], rows[i]), in order."""
    n = rows.shape[1]
    out = np.zeros((n, n))
    for i in range(rows.shape[0]):
        for a in range(n):
            x = scale[i] * rows[i, a]
            if x != 0.0:
                for b in range(a, n):
                    out[a, b] += x * rows[i, b]
    for a in range(n):
        for b in range(a):
            out[a, b] = out[b, a]
    return out


@kernel
def _pivoted_cholesky(a: F64, tolerance: float) -> F64:
    """Return L (N, R) with L Lᵀ = a for a positive semidefinite a of rank R."""
    n = a.shape[0]
    rest = np.empty(n)
    for i in range(n):
        rest[i] = a[i, i]
    limit = tolerance * rest.max()
    out = np.zeros((n, n))
    rank = 0
    while rank < n:
        p = rest.argmax()
        if rest[p] <= limit:
            break
        root = np.sqrt(rest[p])
        for i in range(n):
            s = a[i, p]
            for k in range(rank):
                s -= out[i, k] * out[p, k]
            out[i, rank] = s / root
            rest[i] -= out[i, rank] * out[i, rank]
        rest[p] = 0.0
        rank += 1
    return out[:, :rank].copy()


@kernel
def _jacobi(a: F64, sweeps: int) -> tuple[F64, F64]:
    """Return the eigenvalues (N,) and the eigenvectors as ROWS (N, N) of a symmetric matrix, unsorted."""
    a = a.copy()
    n = a.shape[0]
    vectors = np.eye(n)
    norm = 0.0
    for i in range(n):
        for j in range(n):
            norm += a[i, j] * a[i, j]
    for _ in range(sweeps):
        off = 0.0
        for i in range(n):
            for j in range(i):
                off += a[i, j] * a[i, j]
        if off <= 1e-28 * norm:
            break
        for p in range(n - 1):
            for q in range(p + 1, n):
                if a[p, q] * a[p, q] <= 1e-34 * norm:
                    continue
                theta = (a[q, q] - a[p, p]) / (2.0 * a[p, q])
                t = 1.0 / (abs(theta) + np.sqrt(theta * theta + 1.0))
                if theta < 0.0:
                    t = -t
                c = 1.0 / np.sqrt(t * t + 1.0)
                s = t * c
                for k in range(n):
                    x, y = a[p, k], a[q, k]
                    a[p, k], a[q, k] = c * x - s * y, s * x + c * y
                for k in range(n):
                    x, y = a[k, p], a[k, q]
                    a[k, p], a[k, q] = c * x - s * y, s * x + c * y
                for k in range(n):
                    x, y = vectors[p, k], vectors[q, k]
                    vectors[p, k], vectors[q, k] = c * x - s * y, s * x + c * y
    return np.diag(a).copy(), vectors


def fit_basis(offsets: F64, metric: F64, weights: F64, rank: int) -> Basis:
    """Return the principal components of people made from targets, the same to the last bit on every machine.

    Args:
        offsets: (N, M) offset of each target.
        metric: (M,) weight of each offset coordinate's squared error; those of weight 0 only come along.
        weights: (P, N) target weights of P people.
        rank: number K of components, at most the rank of the people.
    """
    n_people = len(weights)
    mean = product(np.full((1, n_people), 1.0 / n_people), weights)[0]
    covariance = _gram(weights - mean, np.full(n_people, 1.0 / n_people))
    gram = _gram(np.ascontiguousarray(offsets.T), metric)
    half = _pivoted_cholesky(covariance, _RELATIVE_ZERO)
    inner = product(np.ascontiguousarray(half.T), product(gram, half))
    values, vectors = _jacobi(inner, _JACOBI_SWEEPS)
    order = np.argsort(-values, kind="stable")[:rank]
    directions = product(half, np.ascontiguousarray(vectors[order].T))  # (N, K)
    components = product(np.ascontiguousarray(directions.T), offsets)
    peak = np.argmax(np.abs(components) * (metric > 0), axis=1)[:, None]  # what has no weight decides nothing
    sign = np.sign(np.take_along_axis(components, peak, axis=1))
    projection = product(gram, directions) * (sign[:, 0] / values[order])
    return Basis(product(mean[None], offsets)[0], components * sign, projection, mean)
