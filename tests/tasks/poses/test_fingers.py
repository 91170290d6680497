import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from manikin.tasks.poses.anatomy import N_SEGMENTS, anatomy_of
from manikin.tasks.poses.fingers import curls_from_pose, finger_pose
from manikin.tasks.poses.kinematics import joint_places
from manikin.tasks.poses.postures import Postures, mirrored, pose_of

curls = arrays(np.float64, (3, 2, 5), elements=st.floats(-0.1, 1.05))


@pytest.fixture(scope="module")
def anatomy(body):
    return anatomy_of(body)


def hands(anatomy, curls):
    """Joints (N, 2, 5, 3, 3) of the fingers of people in the anatomical position."""
    local = np.tile(np.eye(3), (len(curls), N_SEGMENTS, 1, 1))
    return joint_places(anatomy, pose_of(anatomy, Postures(local, curls)))[:, anatomy.finger_joints]


@given(curls)
@settings(max_examples=20, deadline=None)
def test_curls_come_back(anatomy, curls):
    pose = np.zeros((3, len(anatomy.parents), 3))
    pose[:, anatomy.finger_joints.ravel()] = finger_pose(anatomy, curls).reshape(3, -1, 3)
    np.testing.assert_allclose(curls_from_pose(anatomy, pose), curls, atol=1e-9)


@given(curls)
@settings(max_examples=10, deadline=None)
def test_both_hands_are_mirror_images(anatomy, curls):
    twin = mirrored(Postures(np.tile(np.eye(3), (3, N_SEGMENTS, 1, 1)), curls)).curls
    np.testing.assert_allclose(hands(anatomy, twin)[:, ::-1] * [-1, 1, 1], hands(anatomy, curls), atol=2e-3)


def test_fingers_close_up_as_they_bend(anatomy):
    """The distance of neighbouring fingers' middle bones falls from the rest over the flat hand to the fist."""
    steps = np.linspace(0.0, 1.0, 6)[:, None, None] * np.ones((2, 5))
    places = hands(anatomy, steps)[:, :, 1:]
    gaps = np.linalg.norm(np.diff(places[..., 1, :], axis=2), axis=-1)
    rest = anatomy.rest[anatomy.finger_joints][:, 1:]
    assert (gaps[0] < np.linalg.norm(np.diff(rest[..., 1, :], axis=1), axis=-1)).all()
    assert (np.diff(gaps, axis=0) < 0).all()
    assert (gaps[-1] > 0.012).all()  # a finger is about so thick


def test_no_finger_crosses_its_neighbour(anatomy):
    rng = np.random.default_rng(5)
    places = hands(anatomy, rng.uniform(0.0, 1.0, (200, 2, 1)) + rng.normal(0, 0.05, (200, 2, 5)))
    forward = places[:, :, 1:, :, 2]  # at the anatomical position the index finger is in front, the little one behind
    assert (np.diff(forward, axis=2) < 0).all()
