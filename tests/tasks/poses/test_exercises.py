import numpy as np
import pytest

from manikin.tasks.poses.anatomy import SEGMENT
from manikin.tasks.poses.angles import coordinates_from_local
from manikin.tasks.poses.exercises import exercises, random_postures
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.limits import clip_postures, read_limits


@pytest.fixture(scope="module")
def drawn():
    return random_postures(400, read_limits(), np.random.default_rng(0))


def test_random_postures_are_within_the_limits(drawn):
    _, excess = clip_postures(drawn, read_limits())
    within = [i for name, i in SEGMENT.items() if not name.startswith("clavicle")]  # these follow the arms besides
    assert excess[:, within].max() < 1e-6


def test_half_of_the_joints_are_left_alone(drawn):
    moved = np.abs(drawn.local - np.eye(3)).max(axis=(2, 3)) > 1e-9
    for name in ("forearm.L", "thigh.R", "head"):
        assert 0.42 < moved[:, SEGMENT[name]].mean() < 0.58
    assert not moved[:, SEGMENT["pelvis"]].any()


def test_ranges_are_filled_evenly(drawn):
    flexion = -np.degrees(coordinates_from_local(drawn.local)[:, SEGMENT["forearm.L"], 0])
    bent = flexion[np.abs(flexion) > 1e-6]
    counts, _ = np.histogram(bent, bins=4, range=(-8, 152))
    assert counts.sum() == len(bent)
    assert counts.min() > 0.15 * len(bent)


def test_arms_point_everywhere_they_can(drawn):
    down = drawn.local[:, SEGMENT["upper_arm.L"]] @ [0, -1, 0]
    assert (down.max(axis=0) > 0.85).all()
    assert down[:, 0].min() < -0.3  # across the chest


def test_key_poses_come_first_and_all_is_on_a_grid(body):
    poses = exercises(body, 5, np.random.default_rng(0))
    keys = read_key_poses(body).poses
    assert len(poses) == len(keys) + 5
    np.testing.assert_allclose(poses[:-5], keys, atol=1 / 4096)
    np.testing.assert_array_equal(poses * 4096 % 1, 0)
    assert np.linalg.norm(poses[:, 1:], axis=2).max() < np.pi


def test_the_same_stream_gives_the_same_poses(body):
    a, b = (exercises(body, 3, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    assert np.abs(a[-3:] - exercises(body, 3, np.random.default_rng(8))[-3:]).max() > 0.1
