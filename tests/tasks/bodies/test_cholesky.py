import numpy as np
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from manikin.tasks.bodies.cholesky import cholesky, solve
from manikin.tasks.bodies.sparse_cholesky import factored, solve_sparse


@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 1000))
def test_dense_systems_are_solved(n, m, seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(n, n + 2))
    a = a @ a.T + 0.1 * np.eye(n)
    b = rng.normal(size=(n, m))
    np.testing.assert_allclose(cholesky(a), np.linalg.cholesky(a), atol=1e-9)
    np.testing.assert_allclose(a @ solve(a, b), b, atol=1e-8)


@given(st.integers(2, 40), st.integers(0, 1000))
def test_sparse_systems_are_solved(n, seed):
    rng = np.random.default_rng(seed)
    pairs = rng.integers(0, n, (3 * n, 2))
    i, j = pairs[pairs[:, 0] != pairs[:, 1]].T
    one = np.ones(len(i))
    edges = sp.coo_array((np.r_[one, -one], (np.tile(np.arange(len(i)), 2), np.r_[i, j])), shape=(len(i), n))
    matrix = sp.csc_array(edges.T @ edges + 0.5 * sp.eye_array(n))
    factor = factored(matrix)
    lower = np.zeros((n, n))
    lower[np.repeat(np.arange(n), np.diff(factor.start)), factor.index] = factor.value
    np.testing.assert_allclose(lower @ lower.T, matrix.toarray()[np.ix_(factor.order, factor.order)], atol=1e-9)
    right = rng.normal(size=(n, 3))
    x = right.copy()
    solve_sparse(factor.order, factor.start, factor.index, factor.value, x)
    np.testing.assert_allclose(matrix @ x, right, atol=1e-8)
