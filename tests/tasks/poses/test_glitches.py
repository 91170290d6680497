from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manikin.storage.assets import locate
from manikin.tasks.bodies.rotations import geodesic_angle, matrix_from_axis_angle
from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import rebased
from manikin.tasks.poses.glitches import GLITCHES, SOUND, find_glitches, without_missing
from manikin.tasks.poses.joint_maps import match_joints
from manikin.tasks.poses.read_clips import read_clips

MISSING, FLIPS, SPIKES, LEAPS = range(len(GLITCHES))
FAST = ("backflip", "cartwheel", "kick", "spinkick", "punch", "jump", "roll", "run", "spin")


@pytest.fixture(scope="module")
def clips(assets):
    return {clip.name: clip for pack in ("pybullet", "isaaclab") for clip in read_clips(locate(pack, assets))[0]}


@pytest.fixture(scope="module")
def dance(clips):
    """A motion whose file holds no frame twice, at 60 a second."""
    return clips["humanoid3d_dance_b"]


def turned_frames(clip, landmark, frames, turn):
    """The clip with one joint turned by a rotation vector in some frames."""
    joint = match_joints(clip.joint_names, clip.source)[landmark]
    rotations = clip.rotations.copy()
    rotations[frames, joint] = rotations[frames, joint] @ matrix_from_axis_angle(np.asarray(turn, float))
    return replace(clip, rotations=rotations)


def found(clip, kind):
    return np.flatnonzero(find_glitches(clip) == kind).tolist()


# ------------------------------------------------------------------------------------------------------ what is real stays


def test_no_frame_of_the_default_motions_is_called_a_glitch(clips):
    for name, clip in clips.items():
        assert (find_glitches(clip) == SOUND).all(), name


@pytest.mark.parametrize("motion", FAST)
def test_nor_is_one_of_a_fast_motion_half_as_fast_again(clips, motion):
    clip = replace(clips[f"humanoid3d_{motion}"], fps=1.5 * clips[f"humanoid3d_{motion}"].fps)
    assert (find_glitches(clip) == SOUND).mean() > 0.995


def test_the_fast_motions_are_fast(clips):
    """The two tests above mean something: joints turn by more than a thousand degrees a second there."""
    fastest = [np.degrees(geodesic_angle(c.rotations[1:], c.rotations[:-1]).max()) * c.fps for c in clips.values()]
    assert sum(speed > 1000 for speed in fastest) >= 6


def test_frames_that_stand_there_twice_are_no_leaps(dance):
    rows = np.repeat(np.arange(dance.n_frames), 4)
    slow = replace(dance, fps=4 * dance.fps, rotations=dance.rotations[rows], root_positions=dance.root_positions[rows])
    assert (find_glitches(slow) == SOUND).all()


# -------------------------------------------------------------------------------------------------------- what is not goes


@given(st.sampled_from(["foot.L", "foot.R", "head", "thigh.R"]), st.integers(10, 100), st.integers(1, 40))
@settings(max_examples=25, deadline=None)
def test_a_limb_that_flips_for_a_while_is_found(dance, landmark, first, n):
    frames = np.arange(first, first + n)
    assert found(turned_frames(dance, landmark, frames, [0.0, np.pi, 0.0]), FLIPS) == frames.tolist()


def test_a_limb_that_begins_flipped_is_found(dance):
    assert found(turned_frames(dance, "foot.L", np.arange(30), [0.0, np.pi, 0.0]), FLIPS) == [*range(30)]


@pytest.mark.parametrize("landmark", ["foot.L", "shank.R", "chest", "pelvis"])
def test_a_spike_of_one_frame_is_found(dance, landmark):
    assert found(turned_frames(dance, landmark, [70], [np.radians(60), 0.0, 0.0]), SPIKES) == [70]


def test_a_flip_of_a_hand_is_found(clips):
    clip = clips["humanoid3d_walk"]
    assert "hand.L" not in match_joints(clip.joint_names, clip.source)  # by these names; by others they are hands
    clip = replace(clip, joint_names=tuple(_mixamo(n) for n in clip.joint_names))
    assert found(turned_frames(clip, "hand.L", range(10, 13), [0.0, np.pi, 0.0]), FLIPS) == [10, 11, 12]


def _mixamo(name):
    side, _, part = name.rpartition("_")
    parts = {
        "root": "Hips",
        "chest": "Spine2",
        "neck": "Neck",
        "shoulder": "Arm",
        "elbow": "ForeArm",
        "wrist": "Hand",
        "hip": "UpLeg",
        "knee": "Leg",
        "ankle": "Foot",
    }
    return side.capitalize() + parts[part]


def test_a_body_that_leaps_is_found_with_both_sides_of_the_leap(dance):
    places = dance.root_positions.copy()
    places[80:] += [0.0, 0.0, 0.4]
    assert found(replace(dance, root_positions=places), LEAPS) == [79, 80]
    places = dance.root_positions.copy()
    places[80] += [0.0, 0.4, 0.0]
    assert found(replace(dance, root_positions=places), LEAPS) == [79, 80, 81]


def test_a_take_that_starts_anew_is_kept(dance):
    """Two takes of more than two seconds in one file: the joints jump between them, and both are sound."""
    rows = np.concatenate([np.arange(dance.n_frames), np.arange(dance.n_frames)])
    twice = replace(dance, rotations=dance.rotations[rows].copy(), root_positions=dance.root_positions[rows])
    twice = turned_frames(twice, "pelvis", np.arange(dance.n_frames, 2 * dance.n_frames), [0.0, np.pi, 0.0])
    assert not found(twice, FLIPS)
    assert not found(twice, SPIKES)


def test_what_the_rest_pose_is_does_not_matter(dance):
    broken = turned_frames(dance, "foot.L", np.arange(30, 40), [0.0, np.pi, 0.0])
    np.testing.assert_array_equal(find_glitches(rebased(broken, 20)), find_glitches(broken))


# ---------------------------------------------------------------------------------------------------------- missing numbers


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("frames", [[0], [5, 6], [152], [0, 1, 50]])
def test_frames_without_numbers_are_found_and_filled(dance, value, frames):
    rotations, places = dance.rotations.copy(), dance.root_positions.copy()
    rotations[frames[::2], 3, 1, 1], places[frames[1::2], 2] = value, value
    clip = replace(dance, rotations=rotations, root_positions=places)
    assert found(clip, MISSING) == frames
    assert (np.delete(find_glitches(clip), frames) == SOUND).all()
    filled = without_missing(clip)
    assert np.isfinite(filled.rotations).all()
    assert np.isfinite(filled.root_positions).all()
    sound = np.delete(np.arange(dance.n_frames), frames)
    np.testing.assert_array_equal(filled.rotations[sound], dance.rotations[sound])


def test_a_motion_without_a_single_frame_is_told(dance):
    clip = replace(dance, rotations=np.full_like(dance.rotations, np.nan))
    assert (find_glitches(clip) == MISSING).all()
    with pytest.raises(InputError, match=f"none of {dance.n_frames} frames holds finite numbers") as caught:
        without_missing(clip)
    assert dance.source in str(caught.value)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_short_motions_will_do(dance, n):
    short = replace(dance, rotations=dance.rotations[:n], root_positions=dance.root_positions[:n])
    assert find_glitches(short).tolist() == [SOUND] * n
