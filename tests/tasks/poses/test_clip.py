from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from manikin.tasks.poses.clip import (
    Clip,
    compose_chain,
    global_rotations,
    joint_positions,
    local_rotations,
    rebased,
    resampled,
    rest_positions,
    turned,
)

seeds = st.integers(0, 2**32 - 1)


def random_clip(seed, n_frames=5, fps=30.0):
    """A random tree in random motion."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    parents = np.array([-1, *(rng.integers(0, j) for j in range(1, n))], np.int32)
    return Clip(
        name="random",
        source="nowhere",
        fps=fps,
        joint_names=tuple(f"joint {j}" for j in range(n)),
        parents=parents,
        offsets=rng.normal(size=(n, 3)),
        tips=rng.normal(size=(n, 3)),
        rotations=Rotation.random(n_frames * n, rng).as_matrix().reshape(n_frames, n, 3, 3),
        root_positions=rng.normal(size=(n_frames, 3)),
    )


def oracle(clip, frame):
    """Joint transforms (S, 4, 4) of one frame, by the book."""
    world = []
    for j, p in enumerate(clip.parents):
        local = np.eye(4)
        local[:3, :3] = clip.rotations[frame, j]
        local[:3, 3] = clip.root_positions[frame] if p < 0 else clip.offsets[j]
        world.append(local if p < 0 else world[p] @ local)
    return np.array(world)


@given(seeds)
def test_joints_are_where_the_chain_of_transforms_puts_them(seed):
    clip = random_clip(seed)
    for f in range(clip.n_frames):
        world = oracle(clip, f)
        np.testing.assert_allclose(joint_positions(clip)[f], world[:, :3, 3], atol=1e-12)
        np.testing.assert_allclose(global_rotations(clip)[f], world[:, :3, :3], atol=1e-12)


def test_a_chain_of_two_by_hand():
    clip = replace(
        random_clip(0),
        joint_names=("hip", "knee", "ankle"),
        parents=np.array([-1, 0, 1], np.int32),
        offsets=np.array([[9.0, 9.0, 9.0], [0.0, -1.0, 0.0], [0.0, -2.0, 0.0]]),
        rotations=Rotation.from_rotvec([[0, 0, 0], [np.pi / 2, 0, 0], [0, 0, 0]]).as_matrix().reshape(1, 3, 3, 3),
        root_positions=np.array([[0.0, 5.0, 0.0]]),
    )
    np.testing.assert_allclose(joint_positions(clip)[0], [[0, 5, 0], [0, 4, 0], [0, 4, -2]], atol=1e-15)
    np.testing.assert_allclose(rest_positions(clip), [[0, 0, 0], [0, -1, 0], [0, -3, 0]], atol=1e-15)
    assert clip.joint("knee") == 1
    assert clip.n_frames == 1


@given(seeds)
def test_local_rotations_undo_the_chain(seed):
    clip = random_clip(seed)
    globals_ = compose_chain(clip.rotations, clip.parents)
    np.testing.assert_allclose(local_rotations(globals_, clip.parents), clip.rotations, atol=1e-12)


@given(seeds, st.integers(0, 4))
def test_another_rest_pose_leaves_the_motion_as_it_is(seed, frame):
    clip = random_clip(seed)
    other = rebased(clip, frame)
    np.testing.assert_allclose(joint_positions(other), joint_positions(clip), atol=1e-12)
    np.testing.assert_allclose(other.rotations[frame], np.tile(np.eye(3), (len(clip.parents), 1, 1)), atol=1e-12)
    at_rest = joint_positions(clip)[frame] - clip.root_positions[frame]
    np.testing.assert_allclose(rest_positions(other), at_rest, atol=1e-12)
    ends = np.einsum("fsij,sj->fsi", global_rotations(clip), clip.tips)
    np.testing.assert_allclose(np.einsum("fsij,sj->fsi", global_rotations(other), other.tips), ends, atol=1e-12)


@given(seeds, seeds)
def test_a_turned_world_turns_every_joint(seed, turn_seed):
    clip, turn = random_clip(seed), Rotation.random(None, np.random.default_rng(turn_seed)).as_matrix()
    other = turned(clip, turn)
    np.testing.assert_allclose(joint_positions(other), joint_positions(clip) @ turn.T, atol=1e-12)
    np.testing.assert_allclose(rest_positions(other), rest_positions(clip) @ turn.T, atol=1e-12)
    np.testing.assert_allclose(other.tips, clip.tips @ turn.T, atol=1e-12)


@pytest.mark.parametrize(
    ("fps", "wanted", "step"),
    [(120.0, 30.0, 4), (120.0, 120.0, 1), (30.0, 60.0, 1), (60.0, 25.0, 2), (120.0, 0.5, 240)],
)
def test_resampling_takes_every_kth_frame(fps, wanted, step):
    clip = random_clip(3, n_frames=13, fps=fps)
    other = resampled(clip, wanted)
    assert other.fps == pytest.approx(fps / step)
    np.testing.assert_array_equal(other.rotations, clip.rotations[::step])
    np.testing.assert_array_equal(other.root_positions, clip.root_positions[::step])
