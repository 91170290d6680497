"""What every prior must do, each prior in turn."""

import numpy as np
import pytest

from manikin.tasks.bodies.rotations import geodesic_angle
from manikin.tasks.errors import InputError
from manikin.tasks.poses.controls import N_CONTROLS, VARIATION
from manikin.tasks.poses.fitting import PRIORS, fit_prior, load_prior
from manikin.tasks.poses.keyposes import read_postures
from manikin.tasks.poses.postures import joined, mirrored
from manikin.tasks.poses.prior import chosen, draw_freely, example_weights
from manikin.tasks.poses.training import Examples

KINDS = ("gmm", "gmm-tied", "network", "replay")


@pytest.fixture(scope="module")
def examples():
    names, labels, postures = read_postures()
    n = len(names)
    return Examples(
        postures=joined([postures, mirrored(postures)]),
        labels=np.tile(labels, 2),
        names=np.tile(names, 2),
        clip=np.tile(np.where(np.arange(n) % 3, -1 - np.arange(n), np.arange(n)), 2).astype(np.int32),
        frame=np.full(2 * n, -1, np.int32),
        is_key=np.tile(np.arange(n) % 3 != 0, 2),  # every third plays a frame of motion
        dropped={},
        clipped={},
    )


@pytest.fixture(scope="module")
def fitted(examples):
    return {kind: fit_prior(kind, examples, np.random.default_rng(2)) for kind in KINDS}


@pytest.fixture(params=KINDS)
def prior(request, fitted):
    return fitted[request.param]


class TestPrior:
    def test_draws_have_a_shape_and_say_what_they_are_made_of(self, prior, examples):
        draws = draw_freely(prior, 40, np.random.default_rng(3))
        assert draws.controls.shape == (40, N_CONTROLS)
        assert np.isfinite(draws.controls).all()
        assert draws.made_of.shape == (40, len(prior.parts))
        assert draws.made_of.dtype == np.int32
        assert draws.made_of.min() >= 0
        assert draws.made_of.max() < len(examples)

    def test_a_row_is_the_same_whatever_the_batch(self, prior):
        rng = np.random.default_rng(4)
        choices, noise = rng.random((30, prior.n_choices)), rng.normal(size=(30, N_CONTROLS))
        together = prior.draw(choices, noise)
        rows = np.array([17, 3, 29])
        some = prior.draw(choices[rows], noise[rows])
        np.testing.assert_array_equal(some.controls, together.controls[rows])
        np.testing.assert_array_equal(some.made_of, together.made_of[rows])

    def test_the_first_choice_decides_the_kind(self, prior):
        rng = np.random.default_rng(5)
        choices = rng.random((25, prior.n_choices))
        choices[:, 0] = 0.37
        first = getattr(prior, "order", [0])[0]
        assert len(set(prior.draw(choices, rng.normal(size=(25, N_CONTROLS))).made_of[:, first])) == 1

    def test_less_noise_stays_nearer(self, prior):
        rng = np.random.default_rng(6)
        choices, noise = rng.random((60, prior.n_choices)), rng.normal(size=(60, N_CONTROLS))
        still, little, much = (prior.draw(choices, scale * noise).controls[:, :3] for scale in (0.0, 0.1, 1.0))
        np.testing.assert_allclose(
            little - still, 0.1 * (much - still), atol=1e-9
        )  # of the pelvis, which all draw first

    def test_key_poses_have_their_share(self, prior, examples):
        """Of what the first part comes from, for priors made of examples."""
        if prior.parts == ("component",):
            return
        made_of = draw_freely(prior, 4000, np.random.default_rng(7)).made_of[:, getattr(prior, "order", [0])[0]]
        assert examples.is_key[made_of].mean() == pytest.approx(0.6, abs=0.03)

    def test_what_is_saved_is_read(self, prior, tmp_path):
        prior.save(tmp_path / "prior.npz")
        again = load_prior(tmp_path / "prior.npz")
        assert type(again) is type(prior)
        a, b = (draw_freely(p, 20, np.random.default_rng(8)) for p in (prior, again))
        np.testing.assert_array_equal(a.controls, b.controls)
        np.testing.assert_array_equal(a.made_of, b.made_of)
        np.testing.assert_array_equal(again.space.origins, prior.space.origins)

    def test_none_is_drawn_of_none(self, prior):
        draws = prior.draw(np.zeros((0, prior.n_choices)), np.zeros((0, N_CONTROLS)))
        assert draws.controls.shape == (0, N_CONTROLS)
        assert draws.made_of.shape == (0, len(prior.parts))


def test_replay_is_the_examples_a_little_moved(fitted, examples):
    replay = fitted["replay"]
    draws = draw_freely(replay, 500, np.random.default_rng(9))
    moved = draws.controls - replay.controls[draws.made_of[:, 0]]
    np.testing.assert_allclose(moved.std(axis=0), VARIATION, rtol=0.15)
    still = replay.draw(np.linspace(0, 0.999, 50)[:, None], np.zeros((50, N_CONTROLS)))
    back = replay.space.decode(still.controls, np.zeros((50, 2, 5)))
    pelvis = examples.postures.local[still.made_of[:, 0], 0]
    assert np.degrees(geodesic_angle(back.local[:, 0], pelvis)).max() < 0.05


def test_a_name_that_is_no_prior_is_told(examples):
    with pytest.raises(InputError, match="prior 'vae'; expected one of gmm, gmm-full") as caught:
        fit_prior("vae", examples, np.random.default_rng(1))
    assert all(name in str(caught.value) for name in PRIORS)


@pytest.mark.parametrize("kind", ["gmm", "network"])
def test_too_few_examples_are_told(examples, kind):
    with pytest.raises(InputError, match="2 pose examples are too few"):
        fit_prior(kind, examples[np.arange(2)], np.random.default_rng(1))


def test_another_file_is_told(tmp_path):
    path = tmp_path / "prior.npz"
    with pytest.raises(InputError, match="no pose prior written by manikin"):
        load_prior(path)
    path.write_bytes(b"no archive")
    with pytest.raises(InputError, match="no pose prior"):
        load_prior(path)
    for fields in ({"weights": np.ones(1)}, {"kind": "gmm"}, {"kind": "oracle"}, {"kind": np.array([None], object)}):
        np.savez(path, **fields)
        with pytest.raises(InputError, match="no pose prior"):
            load_prior(path)


def test_example_weights_give_key_poses_their_share():
    is_key = np.array([True, False, False, True, False])
    weights = example_weights(is_key, 0.6)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[is_key].tolist() == pytest.approx([0.3, 0.3])
    assert example_weights(np.zeros(4, bool)).tolist() == [0.25] * 4


def test_choices_fall_on_rows_as_wide_as_their_weights():
    weights = np.array([0.2, 0.0, 0.5, 0.3])
    assert chosen(weights, np.array([0.0, 0.19, 0.21, 0.69, 0.71, 0.999999])).tolist() == [0, 0, 2, 2, 3, 3]
