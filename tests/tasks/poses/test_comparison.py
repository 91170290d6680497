from dataclasses import astuple

import numpy as np
import pytest

from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import anatomy_of
from manikin.tasks.poses.clip import first_frame
from manikin.tasks.poses.collision import fit_capsules
from manikin.tasks.poses.comparison import HELD_OUT, JUDGED, compare_priors
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.limits import read_limits
from manikin.tasks.poses.read_clips import read_clips

MOTIONS = ("walk", "run", "kick", "punch")


@pytest.fixture(scope="module")
def clips(assets):
    from manikin.storage.assets import locate

    return [c for c in read_clips(locate("pybullet"))[0] if c.name.rsplit("_", 1)[1] in MOTIONS]


def compared(body, clips, names=("replay",), told=None):
    world = read_key_poses(body), anatomy_of(body), read_limits(), fit_capsules(body)
    return compare_priors(names, clips, *world, seed=3, report=told or (lambda done, total: None))


@pytest.fixture(scope="module")
def scores(body, clips):
    return compared(body, clips, ("replay", "network"))


def test_there_is_a_row_for_real_frames_and_two_for_each_prior(scores):
    names = [s.prior for s in scores]
    assert names == [HELD_OUT, "replay", "replay" + JUDGED, "network", "network" + JUDGED]
    assert np.isfinite([astuple(s)[1:] for s in scores]).all()


def test_held_out_frames_cover_themselves(scores):
    real = scores[0]
    assert (real.recall, real.coverage) == (1.0, 1.0)
    assert real.covering_radius == pytest.approx(0.0, abs=1e-6)
    assert real.frechet == pytest.approx(0.0, abs=1e-3)
    assert real.precision < 0.9  # other people's motions


def test_replay_keeps_to_what_it_saw_and_a_network_goes_farther(scores):
    rows = {s.prior: s for s in scores}
    assert rows["replay"].precision > 0.9
    assert rows["replay"].nearest < rows["network"].nearest
    assert rows["replay"].nearest < rows[HELD_OUT].nearest


def test_what_is_kept_does_not_run_through_itself_and_takes_more_draws(scores):
    for s in scores:
        if s.prior.endswith(JUDGED):
            assert s.penetrating == 0
            assert s.tries > 1


def test_the_same_seed_gives_the_same_table(body, clips, scores):
    told = []
    again = compared(body, clips, told=lambda done, total: told.append((done, total)))
    assert again == scores[:3]
    assert told == [(1, 2), (2, 2)]


def test_few_clips_are_told(body, clips):
    with pytest.raises(InputError, match="3 clips; comparing priors takes at least 4"):
        compared(body, clips[:3])


def test_clips_too_short_to_hold_out_are_told(body, clips):
    with pytest.raises(InputError, match="have 2 sound frames to hold out; expected more than 5"):
        compared(body, [first_frame(c) for c in clips])
