import numpy as np
import pytest

from manikin.tasks.poses.anatomy import anatomy_of
from manikin.tasks.poses.angles import local_from_coordinates, set_angles, zero_coordinates
from manikin.tasks.poses.balance import imbalance
from manikin.tasks.poses.kinematics import compared_joints, joint_places
from manikin.tasks.poses.postures import Postures, pose_of


@pytest.fixture(scope="module")
def anatomy(body):
    return anatomy_of(body)


def places(anatomy, **joints):
    coordinates = zero_coordinates()
    for name, angles in joints.items():
        side, _, joint = name.rpartition("_")
        for s in (side,) if side else ("",) if joint in ("pelvis", "spine") else "LR":
            set_angles(coordinates, joint, s, angles)
    return joint_places(
        anatomy, pose_of(anatomy, Postures(local_from_coordinates(coordinates)[None], np.zeros((1, 2, 5))))
    )


def test_an_upright_body_stands(anatomy):
    assert imbalance(anatomy, places(anatomy))[0] < 0


@pytest.mark.parametrize("tilt", [-25, 25])
def test_a_leaning_body_falls(anatomy, tilt):
    assert imbalance(anatomy, places(anatomy, pelvis={"tilt": tilt}))[0] > 0.1
    assert imbalance(anatomy, places(anatomy, pelvis={"lean": tilt}))[0] > 0.1


def test_the_further_it_leans_the_more_it_falls(anatomy):
    leaning = [imbalance(anatomy, places(anatomy, pelvis={"tilt": a}))[0] for a in (8, 16, 24, 32)]
    assert (np.diff(leaning) > 0).all()


def test_lying_bodies_do_not_fall(anatomy):
    for tilt in (-90, 90):
        assert imbalance(anatomy, places(anatomy, pelvis={"tilt": tilt}))[0] < 0


def test_a_wide_stance_stands_on_both_feet_and_one_leg_does_not(anatomy):
    wide = imbalance(anatomy, places(anatomy, hip={"abduction": 20}))[0]
    one = imbalance(anatomy, places(anatomy, L_hip={"flexion": 60}, L_knee={"flexion": 60}))[0]
    assert wide < 0
    assert wide < one


def test_it_is_measured_without_regard_to_where_the_body_is(anatomy):
    here = places(anatomy, pelvis={"tilt": 20})
    turn = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    there = here @ turn.T + [3.0, -2.0, 1.0]
    np.testing.assert_allclose(imbalance(anatomy, there), imbalance(anatomy, here), atol=1e-9)


def test_distance_of_poses_is_that_of_their_joints(anatomy):
    rest = joint_places(anatomy, np.zeros((1, len(anatomy.parents), 3)))
    np.testing.assert_allclose(rest[0], anatomy.rest, atol=1e-12)
    moved = compared_joints(anatomy, np.concatenate([rest, rest + 1.0]))
    np.testing.assert_allclose(moved[0], moved[1], atol=1e-12)  # hips at the origin
    raised = compared_joints(anatomy, places(anatomy, L_shoulder={"flexion": 90}))
    lowered = compared_joints(anatomy, places(anatomy))
    expected = places(anatomy, L_shoulder={"flexion": 90}) - places(anatomy)
    wrist, elbow = (np.linalg.norm(expected[0, anatomy.joint(f"{j}.L")]) for j in ("wrist", "lowerarm01"))
    assert np.linalg.norm(raised - lowered) == pytest.approx(np.hypot(wrist, elbow) / np.sqrt(17), rel=0.03)
