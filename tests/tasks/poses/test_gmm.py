from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import anatomy_of
from manikin.tasks.poses.collision import fit_capsules
from manikin.tasks.poses.controls import N_CONTROLS
from manikin.tasks.poses.gmm import CANDIDATES, fit_gmm, log_likelihood
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.limits import read_limits
from manikin.tasks.poses.training import gather_examples


@pytest.fixture(scope="module")
def examples(body):
    keys = read_key_poses(body)
    found = gather_examples([], keys, anatomy_of(body), read_limits(), fit_capsules(body), np.random.default_rng(1))
    # every third key pose plays the motion, so that both kinds are there
    is_key = found.clip % 3 != 0
    return replace(found, is_key=is_key, clip=np.where(is_key, found.clip, -found.clip).astype(np.int32))


@pytest.fixture(scope="module")
def prior(examples):
    return fit_gmm(examples, np.random.default_rng(2), candidates=(4, 12))


def covariances(prior):
    return prior.factors @ np.swapaxes(prior.factors, -1, -2)


def draw(prior, n, rng, scale=1.0):
    draws = prior.draw(rng.random((n, 1)), scale * rng.normal(size=(n, N_CONTROLS)))
    return draws.controls, draws.made_of[:, 0]


def test_it_is_a_mixture(prior):
    k = prior.n_components
    assert k in (4, 12)
    assert prior.weights.shape == (k,)
    assert prior.weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert (prior.weights > 0).all()
    assert prior.means.shape == (k, N_CONTROLS)
    assert np.linalg.eigvalsh(covariances(prior)).min() > 5e-4  # hinges leave directions without any spread


@pytest.mark.parametrize("kind", CANDIDATES)
def test_covariances_are_of_the_kind_asked_for(examples, kind):
    fitted = covariances(fit_gmm(examples, np.random.default_rng(2), kind, candidates=(3,)))
    between = fitted * (1 - np.eye(N_CONTROLS))
    assert (np.abs(between).max() < 1e-12) == (kind == "diagonal")
    assert (np.abs(fitted - fitted[0]).max() < 1e-12) == (kind == "tied")


def test_shrinking_halves_what_controls_share(examples):
    """Of one component the memberships are all 1, so full and shrunk differ by the shrinkage alone."""
    full, shrunk = (
        covariances(fit_gmm(examples, np.random.default_rng(2), kind, candidates=(1,)))[0]
        for kind in ("full", "shrunk")
    )
    np.testing.assert_allclose(np.diag(shrunk), np.diag(full), atol=2e-3)
    between = ~np.eye(N_CONTROLS, dtype=bool)
    np.testing.assert_allclose(shrunk[between], full[between] / 2, atol=1e-3)


def test_the_number_of_components_is_the_likeliest_one(prior, examples):
    assert prior.candidates.tolist() == [4, 12]
    assert prior.n_components == prior.candidates[np.nanargmax(prior.held_out)]
    assert np.isfinite(prior.held_out).all()
    one = fit_gmm(examples, np.random.default_rng(2), candidates=(6,))
    assert one.n_components == 6
    assert np.isnan(one.held_out).all()


def test_the_search_ends_where_more_explain_less(examples):
    found = fit_gmm(examples, np.random.default_rng(2), candidates=(12, 60, 90))
    tried = np.isfinite(found.held_out)
    assert tried.tolist() == sorted(tried.tolist(), reverse=True)
    assert (np.diff(found.held_out[tried])[:-1] > 0).all()
    assert found.n_components == found.candidates[np.nanargmax(found.held_out)]


def test_the_same_seed_gives_the_same_prior(prior, examples):
    again = fit_gmm(examples, np.random.default_rng(2), candidates=(4, 12))
    for name in ("weights", "means", "factors", "origins", "held_out"):
        np.testing.assert_array_equal(getattr(again, name), getattr(prior, name))


def test_samples_have_the_components_moments(prior):
    vectors, components = draw(prior, 6000, np.random.default_rng(3))
    counts = np.bincount(components, minlength=prior.n_components)
    np.testing.assert_allclose(counts / 6000, prior.weights, atol=0.03)
    c = int(counts.argmax())
    own = vectors[components == c]
    spread = np.sqrt(np.diag(covariances(prior)[c]))
    assert (np.abs(own.mean(axis=0) - prior.means[c]) < 5 * spread / np.sqrt(len(own))).all()
    np.testing.assert_allclose(own.std(axis=0), spread, rtol=0.15)


def test_likelihood_is_that_of_scipy(prior):
    vectors = np.concatenate([prior.means[:2], draw(prior, 20, np.random.default_rng(5))[0]])
    density = sum(
        w * multivariate_normal(prior.means[c], covariances(prior)[c]).pdf(vectors) for c, w in enumerate(prior.weights)
    )
    found = log_likelihood(prior.weights, prior.means, prior.factors, vectors)
    np.testing.assert_allclose(found, np.log(density), rtol=1e-6)


def test_too_few_examples_are_told(examples):
    with pytest.raises(InputError, match="5 pose examples are too few"):
        fit_gmm(examples[np.arange(5)], np.random.default_rng(1))


def test_a_kind_of_example_may_be_missing(examples):
    for rows in (examples.is_key, ~examples.is_key):
        assert fit_gmm(examples[rows], np.random.default_rng(1), candidates=(3,)).n_components == 3


def test_an_unknown_covariance_is_told(examples):
    with pytest.raises(InputError, match="covariance 'round'; expected one of shrunk, full, diagonal, tied"):
        fit_gmm(examples, np.random.default_rng(1), "round")
