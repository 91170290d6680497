from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import anatomy_of
from manikin.tasks.poses.collision import fit_capsules
from manikin.tasks.poses.controls import N_CONTROLS
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.limits import read_limits
from manikin.tasks.poses.prior import GaussianMixturePrior, fit_gmm, log_likelihood
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


def test_it_is_a_mixture(prior):
    k = prior.n_components
    assert k in (4, 12)
    assert prior.weights.shape == (k,)
    assert prior.weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert (prior.weights > 0).all()
    assert prior.means.shape == (k, N_CONTROLS)
    for c in range(k):
        np.testing.assert_allclose(prior.covariance(c), prior.covariance(c).T, atol=1e-12)
        assert np.linalg.eigvalsh(prior.covariance(c)).min() > 5e-4  # hinges leave directions without any spread
        np.testing.assert_array_equal(prior.mean(c), prior.means[c])


def test_the_number_of_components_is_the_likeliest_one(prior, examples):
    assert prior.candidates.tolist() == [4, 12]
    assert prior.n_components == prior.candidates[np.argmax(prior.held_out)]
    assert np.isfinite(prior.held_out).all()
    one = fit_gmm(examples, np.random.default_rng(2), candidates=(6,))
    assert one.n_components == 6
    assert np.isnan(one.held_out).all()


def test_it_says_what_it_was_learned_from(prior, examples):
    assert prior.n_frames == (~examples.is_key).sum()
    assert prior.n_key_poses == examples.is_key.sum()
    assert len(prior.clips) > 0


def test_the_same_seed_gives_the_same_prior(prior, examples):
    again = fit_gmm(examples, np.random.default_rng(2), candidates=(4, 12))
    for name in ("weights", "means", "factors", "origins", "held_out"):
        np.testing.assert_array_equal(getattr(again, name), getattr(prior, name))


def test_samples_have_the_components_moments(prior):
    vectors, components = prior.sample(6000, np.random.default_rng(3))
    counts = np.bincount(components, minlength=prior.n_components)
    np.testing.assert_allclose(counts / 6000, prior.weights, atol=0.03)
    c = int(counts.argmax())
    own = vectors[components == c]
    spread = np.sqrt(np.diag(prior.covariance(c)))
    assert (np.abs(own.mean(axis=0) - prior.mean(c)) < 5 * spread / np.sqrt(len(own))).all()
    np.testing.assert_allclose(own.std(axis=0), spread, rtol=0.15)


def test_a_low_temperature_stays_near_the_mean(prior):
    warm, components = prior.sample(500, np.random.default_rng(4))
    cold, same = prior.sample(500, np.random.default_rng(4), temperature=0.25)
    np.testing.assert_array_equal(components, same)
    np.testing.assert_allclose(cold - prior.means[same], 0.5 * (warm - prior.means[components]), atol=1e-12)


def test_likelihood_is_that_of_scipy(prior):
    vectors = np.concatenate([prior.means[:2], prior.sample(20, np.random.default_rng(5))[0]])
    density = sum(
        w * multivariate_normal(prior.mean(c), prior.covariance(c)).pdf(vectors) for c, w in enumerate(prior.weights)
    )
    found = log_likelihood(prior.weights, prior.means, prior.factors, vectors)
    np.testing.assert_allclose(found, np.log(density), rtol=1e-6)


def test_what_is_saved_is_read(prior, tmp_path):
    prior.save(tmp_path / "prior.npz")
    again = GaussianMixturePrior.load(tmp_path / "prior.npz")
    np.testing.assert_array_equal(
        again.sample(5, np.random.default_rng(6))[0], prior.sample(5, np.random.default_rng(6))[0]
    )
    assert again.clips.tolist() == prior.clips.tolist()
    assert again.n_frames == prior.n_frames


def test_another_file_is_told(tmp_path):
    path = tmp_path / "prior.npz"
    with pytest.raises(InputError, match="no pose prior"):
        GaussianMixturePrior.load(path)
    path.write_bytes(b"no archive")
    with pytest.raises(InputError, match="no pose prior"):
        GaussianMixturePrior.load(path)
    np.savez(path, weights=np.ones(1))
    with pytest.raises(InputError, match="no pose prior"):
        GaussianMixturePrior.load(path)


def test_too_few_examples_are_told(examples):
    with pytest.raises(InputError, match="5 pose examples are too few"):
        fit_gmm(examples[np.arange(5)], np.random.default_rng(1))


def test_a_kind_of_example_may_be_missing(examples):
    for rows in (examples.is_key, ~examples.is_key):
        assert fit_gmm(examples[rows], np.random.default_rng(1), candidates=(3,)).n_components == 3
