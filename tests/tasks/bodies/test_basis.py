import numpy as np
import pytest

from manikin.tasks.bodies.basis import fit_basis
from manikin.tasks.bodies.kernels import product


def people_and_targets(seed=0, n_people=60, n_targets=8, n_coordinates=30):
    rng = np.random.default_rng(seed)
    offsets = rng.normal(size=(n_targets, n_coordinates)) * rng.uniform(0.1, 2, (n_targets, 1))
    return offsets, rng.random((n_people, n_targets)), rng.uniform(0.5, 2, n_coordinates)


def test_a_full_basis_gives_everyone_back():
    offsets, weights, metric = people_and_targets()
    basis = fit_basis(offsets, metric, weights, 8)
    coefficients = (weights - basis.mean_weights) @ basis.projection
    np.testing.assert_allclose(basis.mean + coefficients @ basis.components, weights @ offsets, atol=1e-10)


def test_the_basis_is_that_of_a_singular_value_decomposition():
    offsets, weights, metric = people_and_targets()
    people = weights @ offsets
    centred = (people - people.mean(axis=0)) * np.sqrt(metric)
    _, values, rows = np.linalg.svd(centred / np.sqrt(len(people)), full_matrices=False)
    basis = fit_basis(offsets, metric, weights, 4)
    np.testing.assert_allclose(basis.mean, people.mean(axis=0), atol=1e-12)
    expected = values[:4, None] * rows[:4] / np.sqrt(metric)
    sign = np.sign((expected * basis.components).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(basis.components, sign * expected, atol=1e-9)


def test_coefficients_have_no_mean_unit_variance_and_no_correlation():
    offsets, weights, metric = people_and_targets()
    basis = fit_basis(offsets, metric, weights, 5)
    coefficients = (weights - basis.mean_weights) @ basis.projection
    np.testing.assert_allclose(coefficients.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(np.cov(coefficients.T, bias=True), np.eye(5), atol=1e-9)


def test_the_largest_offset_of_a_component_is_positive():
    offsets, weights, metric = people_and_targets(seed=3)
    components = fit_basis(offsets, metric, weights, 5).components
    assert (components[np.arange(5), np.abs(components).argmax(axis=1)] > 0).all()


def test_targets_that_repeat_each_other_do_no_harm():
    offsets, weights, metric = people_and_targets()
    offsets[5] = offsets[2]
    weights[:, 6] = weights[:, 1]
    basis = fit_basis(offsets, metric, weights, 6)
    coefficients = (weights - basis.mean_weights) @ basis.projection
    np.testing.assert_allclose(basis.mean + coefficients @ basis.components, weights @ offsets, atol=1e-9)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 4, 5), (1, 40, 64)])
def test_product_multiplies_matrices(shape):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=shape[:2]), rng.normal(size=shape[1:])
    a[rng.random(a.shape) < 0.3] = 0
    np.testing.assert_allclose(product(a, b), a @ b, atol=1e-12)
