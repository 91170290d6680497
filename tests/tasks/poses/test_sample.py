from dataclasses import replace

import numpy as np
import pytest

from manikin.tasks.bodies.rotations import geodesic_angle, matrix_from_axis_angle
from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import SEGMENT, anatomy_of
from manikin.tasks.poses.collision import TOUCH_M, fit_capsules, self_penetration
from manikin.tasks.poses.controls import N_CONTROLS
from manikin.tasks.poses.coverage import nearest_distance
from manikin.tasks.poses.fitting import fit_prior
from manikin.tasks.poses.gmm import fit_gmm
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.kinematics import compared_joints, joint_places
from manikin.tasks.poses.labels import LABELS
from manikin.tasks.poses.limits import clip_to_limits, read_limits
from manikin.tasks.poses.plausibility import REASONS, judge, plausibility
from manikin.tasks.poses.postures import Postures, postures_of
from manikin.tasks.poses.sample import CANDIDATES, SOURCES, TRIES, TRIES_A_KIND, Mix, sample_evenly, sample_poses
from manikin.tasks.poses.training import gather_examples
from manikin.tasks.randomness import Stream, rng_for

N = 120


@pytest.fixture(scope="module")
def measure(body):
    anatomy, limits, capsules = anatomy_of(body), read_limits(), fit_capsules(body)
    keys = read_key_poses(body)
    found = gather_examples([], keys, anatomy, limits, capsules, np.random.default_rng(1))
    is_key = found.clip % 4 != 0  # every fourth plays a frame of motion
    return plausibility(anatomy, limits, capsules, replace(found, is_key=is_key))


@pytest.fixture(scope="module")
def prior(measure):
    return fit_gmm(measure.examples, np.random.default_rng(2), candidates=(12,))


@pytest.fixture(scope="module")
def drawn(prior, measure):
    return sample_poses(prior, measure, N, seed=5)


def test_a_batch_is_whole(drawn, body):
    batch, report = drawn
    assert batch.poses.shape == (N, len(body.parents), 3)
    assert batch.poses.dtype == np.float32
    assert np.isfinite(batch.poses).all()
    assert set(batch.labels.tolist()) <= set(LABELS)
    np.testing.assert_array_equal(batch.airborne, batch.labels == "airborne")
    assert ((batch.made_of >= 0).all(axis=1) == ((batch.source == "prior") & ~batch.is_fallback)).all()
    assert report.n_poses == N
    assert report.n_draws == batch.tries.sum()
    assert report.n_fallbacks == batch.is_fallback.sum()
    assert set(report.n_rejected) == set(REASONS)


def test_every_draw_is_accounted_for(drawn):
    batch, report = drawn
    accepted = ((batch.source != "mocap") & ~batch.is_fallback).sum()
    assert report.n_draws == accepted + sum(report.n_rejected.values())
    assert (batch.tries[batch.source == "mocap"] == 0).all()
    assert (batch.tries[batch.is_fallback] == TRIES).all()


def test_a_row_is_the_same_whatever_else_is_drawn(drawn, prior, measure):
    batch, _ = drawn
    for first, n in ((0, 7), (31, 40), (N - 1, 1)):
        part, _ = sample_poses(prior, measure, n, seed=5, first=first)
        for name in ("poses", "labels", "source", "origin", "example", "made_of", "tries", "is_fallback"):
            np.testing.assert_array_equal(getattr(part, name), getattr(batch, name)[first : first + n])


@pytest.mark.parametrize("name", ["network", "replay"])
def test_any_prior_gives_sound_poses_row_by_row(measure, name):
    prior = fit_prior(name, measure.examples, np.random.default_rng(2))
    batch, report = sample_poses(prior, measure, 60, seed=5, mix=Mix(1.0, 0.0, 0.0))
    part, _ = sample_poses(prior, measure, 9, seed=5, mix=Mix(1.0, 0.0, 0.0), first=31)
    np.testing.assert_array_equal(part.poses, batch.poses[31:40])
    np.testing.assert_array_equal(part.made_of, batch.made_of[31:40])
    assert report.n_fallbacks < 6
    own = postures_of(measure.anatomy, batch.poses[~batch.is_fallback].astype(np.float64))
    assert (judge(measure, own)[1] < 0).all()
    composed = np.array([len(set(row)) for row in batch.made_of[~batch.is_fallback].tolist()])
    assert (composed.max() > 3) == (name == "network")


def test_a_kind_is_kept_over_some_tries(prior, measure):
    """Else rare kinds of poses, which are rejected more often, would become rarer."""
    batch, _ = sample_poses(prior, measure, 80, seed=5, mix=Mix(1.0, 0.0, 0.0))
    first_tried = [
        prior.draw(np.array([[numbers.random()]]), np.zeros((1, N_CONTROLS))).made_of[0, 0]
        for numbers in (rng_after_source(i) for i in range(80))
    ]
    patient = ~batch.is_fallback & (batch.tries > 1) & (batch.tries <= TRIES_A_KIND)
    assert patient.sum() > 10
    np.testing.assert_array_equal(batch.made_of[patient, 0], np.array(first_tried)[patient])


def rng_after_source(row):
    rng = rng_for(5, Stream.POSE, row)
    rng.random()
    return rng


def test_filled_holes_are_of_the_same_poses_but_farther_apart(prior, measure):
    n = 25
    pool, _ = sample_poses(prior, measure, CANDIDATES * n, seed=5, first=CANDIDATES * 10)
    even, report = sample_evenly(prior, measure, n, seed=5, first=10)
    assert len(even.poses) == n == report.n_poses
    rows = [int(np.flatnonzero((pool.poses == p).all(axis=(1, 2)))[0]) for p in even.poses]
    assert len(set(rows)) == n
    np.testing.assert_array_equal(even.origin, pool.origin[rows])
    np.testing.assert_array_equal(sample_evenly(prior, measure, n, seed=5, first=10)[0].poses, even.poses)
    spread, first = (
        compared_joints(measure.anatomy, joint_places(measure.anatomy, p)) for p in (even.poses, pool.poses[:n])
    )
    everywhere = compared_joints(measure.anatomy, joint_places(measure.anatomy, pool.poses))
    assert nearest_distance(everywhere, spread).max() < 0.85 * nearest_distance(everywhere, first).max()


def test_another_seed_is_another_batch(drawn, prior, measure):
    other, _ = sample_poses(prior, measure, 10, seed=6)
    assert not np.array_equal(other.poses, drawn[0].poses[:10])


def test_drawn_bodies_keep_their_limits_and_do_not_run_through_themselves(drawn, measure):
    batch, _ = drawn
    sound = ~batch.is_fallback & (batch.source != "mocap")
    assert sound.sum() > N / 2
    assert self_penetration(measure.capsules, batch.poses[sound]).max() < TOUCH_M + 1e-4
    touched = clip_to_limits(measure.anatomy, batch.poses[sound], measure.limits)[1]
    assert not touched.any()


def test_poses_from_motion_are_the_frames_but_for_the_fingers(drawn, measure):
    batch, _ = drawn
    rows = np.flatnonzero(batch.source == "mocap")
    assert len(rows)
    names = measure.examples.names.tolist()
    for i in rows:
        frame = measure.examples.postures[np.array([names.index(batch.origin[i])])]
        own = postures_of(measure.anatomy, batch.poses[i : i + 1].astype(np.float64))
        assert np.degrees(geodesic_angle(own.local, frame.local)).max() < 0.05


def test_key_poses_vary_a_little(drawn, measure):
    batch, _ = drawn
    rows = np.flatnonzero((batch.source == "key pose") & ~batch.is_fallback)
    names = measure.examples.names.tolist()
    keys = measure.examples.postures[np.array([names.index(o) for o in batch.origin[rows]])]
    own = postures_of(measure.anatomy, batch.poses[rows].astype(np.float64))
    away = np.degrees(geodesic_angle(own.local, keys.local))
    assert 1 < away[:, SEGMENT["upper_arm.L"]].mean() < 20
    assert away[:, [SEGMENT["thigh.L"], SEGMENT["thigh.R"]]].max() < 20
    assert measure.examples.is_key[[names.index(o) for o in batch.origin[rows]]].all()


def test_shares_are_kept(prior, measure):
    batch, _ = sample_poses(prior, measure, 400, seed=9, mix=Mix(0.2, 0.5, 0.3))
    for source, share in zip(SOURCES, (0.2, 0.5, 0.3), strict=True):
        assert (batch.source == source).mean() == pytest.approx(share, abs=0.07)
    only, report = sample_poses(prior, measure, 30, seed=9, mix=Mix(0.0, 0.0, 1.0))
    assert set(only.source.tolist()) == {"mocap"}
    assert report.n_draws == 0


def test_a_body_always_faces_the_viewer(drawn):
    root = matrix_from_axis_angle(drawn[0].poses[:, 0])
    np.testing.assert_allclose(root[:, 0, 2], root[:, 2, 0], atol=1e-4)


def test_nothing_is_drawn_of_nothing(prior, measure):
    batch, report = sample_poses(prior, measure, 0, seed=1)
    assert len(batch.poses) == 0
    assert report.n_draws == 0


@pytest.mark.parametrize("mix", [Mix(0.5, 0.2, 0.2), Mix(1.2, -0.2, 0.0), Mix(0, 0, 0)])
def test_shares_that_are_none_are_told(prior, measure, mix):
    with pytest.raises(InputError, match="that add up to 1") as caught:
        sample_poses(prior, measure, 1, seed=1, mix=mix)
    assert f"mocap = {mix.mocap}" in str(caught.value)


@pytest.mark.parametrize(("kind", "said"), [(True, "no motion"), (False, "no key poses")])
def test_a_share_of_what_is_not_there_is_told(prior, measure, kind, said):
    rows = measure.examples.is_key == kind
    less = plausibility(measure.anatomy, measure.limits, measure.capsules, measure.examples[rows])
    with pytest.raises(InputError, match=said):
        sample_poses(prior, less, 1, seed=1)


def test_rows_without_a_sound_draw_take_an_example_and_say_so(prior, measure):
    """A prior whose components are all impossible: arms through the chest, nothing like it was ever seen."""
    wild = replace(prior, means=prior.means + 2.5)
    batch, report = sample_poses(wild, measure, 6, seed=1, mix=Mix(1.0, 0.0, 0.0))
    assert batch.is_fallback.all()
    assert report.n_fallbacks == 6
    assert report.n_draws == 6 * TRIES == sum(report.n_rejected.values())
    names = measure.examples.names.tolist()
    for i in range(6):
        example = measure.examples.postures[np.array([names.index(batch.origin[i])])]
        own = postures_of(measure.anatomy, batch.poses[i : i + 1].astype(np.float64))
        assert np.degrees(geodesic_angle(own.local, example.local)).max() < 0.05


# ----------------------------------------------------------------------------------------------------- the four questions


def judged(measure, change):
    """The reason given for one example after a change of its local rotations, {segment: degrees about x}."""
    row = measure.examples.names.tolist().index("standing at ease")
    local = measure.examples.postures.local[[row]].copy()
    for segment, degrees in change.items():
        turn = matrix_from_axis_angle(np.radians(degrees) * np.eye(3)[0])
        local[:, SEGMENT[segment]] = local[:, SEGMENT[segment]] @ turn
    _, reason, nearest = judge(measure, Postures(local, measure.examples.postures.curls[[row]]))
    return "sound" if reason[0] < 0 else REASONS[reason[0]], int(nearest[0]) == row


def test_an_example_is_sound_and_its_own_neighbour(measure):
    assert judged(measure, {}) == ("sound", True)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"shank.L": -60}, "beyond a joint's range"),
        ({"forearm.L": 60}, "beyond a joint's range"),
        ({"pelvis": 18}, "out of balance"),
        ({"pelvis": 150}, "unlike any example"),
    ],
)
def test_what_is_wrong_is_named(measure, change, reason):
    assert judged(measure, change)[0] == reason


def test_what_is_beyond_a_joint_is_put_back(measure):
    row = measure.examples.names.tolist().index("standing at ease")
    local = measure.examples.postures.local[[row]].copy()
    local[:, SEGMENT["shank.L"]] = matrix_from_axis_angle([np.radians(-20.0), 0.0, 0.0])
    clipped, _, _ = judge(measure, Postures(local, np.zeros((1, 2, 5))))
    angle = geodesic_angle(clipped.local[0, SEGMENT["shank.L"]], np.eye(3))
    assert np.degrees(angle) == pytest.approx(8.0, abs=0.01)


def test_all_key_poses_would_pass_their_own_examination(measure):
    keys = measure.examples[measure.examples.is_key]
    _, reason, _ = judge(measure, keys.postures)
    assert (reason < 0).all()
