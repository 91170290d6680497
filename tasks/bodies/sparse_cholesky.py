"""Cholesky factors of sparse matrices, in sums of a fixed order: a system is factored once and solved for many right sides.

Rows are eliminated one after another, each within the pattern that the elimination tree gives it (up-looking, Davis, Direct
Methods for Sparse Linear Systems, chapter 4). The order of elimination, which decides how many numbers there are, is SuperLU's
minimum degree, whose result is integers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu

from manikin.tasks.kernel import kernel

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Factor:
    """Lower L with L Lᵀ = P A Pᵀ: row i is value[start[i]:start[i + 1]] at the columns index[...], the diagonal last."""

    order: I32  # (N,) row i of L is row order[i] of A
    start: I32  # (N + 1,)
    index: I32  # (E,)
    value: F64  # (E,)


@kernel
def _pattern(start: I32, index: I32, fill: bool, row_start: I32, row_index: I32) -> None:
    """Fill row_start (N + 1,) with where L's rows begin and, on the second call, row_index with their columns, rising."""
    n = start.shape[0] - 1
    parent, seen = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    count = 0
    for i in range(n):
        seen[i] = i
        first = count
        for e in range(start[i], start[i + 1]):
            k = index[e]
            while k < i and seen[k] != i:
                seen[k] = i
                if parent[k] < 0:
                    parent[k] = i
                if fill:
                    row_index[count] = k
                count += 1
                k = parent[k]
        if fill:
            row_index[first:count] = np.sort(row_index[first:count])
            row_index[count] = i
        count += 1
        row_start[i + 1] = count


@kernel
def _eliminate(start: I32, index: I32, value: F64, row_start: I32, row_index: I32, out: F64) -> None:
    """Fill out with the numbers of L's rows, of the matrix in rows start, index, value."""
    n = start.shape[0] - 1
    row = np.zeros(n)
    for i in range(n):
        for e in range(start[i], start[i + 1]):
            if index[e] <= i:
                row[index[e]] = value[e]
        first, last = row_start[i], row_start[i + 1] - 1
        diagonal = row[i]
        for e in range(first, last):
            k = row_index[e]
            x = row[k]
            for m in range(row_start[k], row_start[k + 1] - 1):
                x -= out[m] * row[row_index[m]]
            x /= out[row_start[k + 1] - 1]
            row[k], out[e] = x, x
            diagonal -= x * x
        out[last] = np.sqrt(diagonal)
        for e in range(first, last + 1):
            row[row_index[e]] = 0.0


@kernel
def solve_sparse(order: I32, start: I32, index: I32, value: F64, b: F64) -> None:
    """Turn b (N, M) into the solution x of A @ x = b."""
    n, width = b.shape
    x = np.empty((n, width))
    for i in range(n):
        x[i] = b[order[i]]
        for e in range(start[i], start[i + 1] - 1):
            k, w = np.uint32(index[e]), value[e]
            for m in range(width):
                x[i, m] -= w * x[k, m]
        x[i] /= value[start[i + 1] - 1]
    for i in range(n - 1, -1, -1):
        x[i] /= value[start[i + 1] - 1]
        for e in range(start[i], start[i + 1] - 1):
            k, w = np.uint32(index[e]), value[e]
            for m in range(width):
                x[k, m] -= w * x[i, m]
        b[order[i]] = x[i]


def factored(matrix: csc_array) -> Factor:
    """Return the factor of a symmetric, positive definite matrix (N, N)."""
    n = matrix.shape[0]
    ordering = splu(
        csc_array(matrix), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )
    order = np.argsort(ordering.perm_c).astype(np.int32)
    rows = csc_array(matrix)[order][:, order].tocsr()
    rows.sort_indices()
    start, index = rows.indptr.astype(np.int32), rows.indices.astype(np.int32)
    row_start, none = np.zeros(n + 1, np.int32), np.zeros(0, np.int32)
    _pattern(start, index, False, row_start, none)
    row_index = np.empty(row_start[-1], np.int32)
    _pattern(start, index, True, row_start, row_index)
    value = np.empty(len(row_index))
    _eliminate(start, index, rows.data.astype(np.float64), row_start, row_index, value)
    return Factor(order, row_start, row_index, value)
