"""Ridge regression and Cholesky factors in sums of a fixed order (Golub & Van Loan, Matrix Computations, 4.2).

BLAS and LAPACK differ in their last bits from processor to processor; what is learned must not.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.kernel import kernel

F64 = NDArray[np.float64]


@kernel
def cholesky(a: F64) -> F64:
    """Return the lower L (N, N) with L Lᵀ = a, for a positive definite a."""
    n = a.shape[0]
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= out[i, k] * out[j, k]
            out[i, j] = np.sqrt(s) if i == j else s / out[j, j]
    return out


@kernel
def solve_factored(factor: F64, b: F64) -> None:
    """Turn b (N, M) into the solution x of factor @ factorᵀ @ x = b."""
    n = factor.shape[0]
    for i in range(n):
        for k in range(i):
            for m in range(b.shape[1]):
                b[i, m] -= factor[i, k] * b[k, m]
        b[i] /= factor[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            for m in range(b.shape[1]):
                b[i, m] -= factor[k, i] * b[k, m]
        b[i] /= factor[i, i]


def solve(a: F64, b: F64) -> F64:
    """Return x (N, M) with a @ x = b, for a positive definite a (N, N) and b (N, M)."""
    x = b.astype(np.float64)  # a copy
    solve_factored(cholesky(a), x)
    return x
