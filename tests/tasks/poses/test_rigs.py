"""The same postures on the default rig and on rigs of SMPL's family must look the same: here they are measured."""

from dataclasses import replace

import numpy as np
import pytest

from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.read_smpl import read_smpl
from manikin.tasks.bodies.rotations import matrix_from_axis_angle
from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import N_SEGMENTS, SEGMENT, anatomy_of
from manikin.tasks.poses.balance import imbalance
from manikin.tasks.poses.collision import fit_capsules, self_penetration
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.kinematics import compared_joints, joint_places
from manikin.tasks.poses.postures import Postures, mirrored, pose_of, postures_of
from manikin.tasks.poses.rigs import RIGS
from manikin.tasks.poses.training import BROKEN_BODY_M
from tests.smpl_files import write_npz
from tests.smpl_like import smpl_like

LIMBS = [(f"{a}.{s}", f"{b}.{s}") for s in "LR" for a, b in (("shoulder", "elbow"), ("hip", "knee"), ("knee", "ankle"))]
FOREARMS = [(f"elbow.{s}", f"wrist.{s}") for s in "LR"]


@pytest.fixture(scope="module", params=["smpl", "smplx"])
def model(request, body, smpl_file, tmp_path_factory):
    if request.param == "smpl":
        return read_smpl(smpl_file)
    return read_smpl(write_npz(tmp_path_factory.mktemp("bodies"), smpl_like(body, request.param)))


@pytest.fixture(scope="module")
def anatomy(model):
    return anatomy_of(model)


@pytest.fixture(scope="module")
def key_poses(body):
    return read_key_poses(body)


def directions(anatomy, places, bones):
    out = np.stack([places[:, anatomy.landmark(b)] - places[:, anatomy.landmark(a)] for a, b in bones], axis=1)
    return out / np.linalg.norm(out, axis=-1, keepdims=True)


def test_limbs_point_the_same_way_as_on_the_default_rig(body, anatomy, key_poses):
    default = anatomy_of(body)
    places = joint_places(anatomy, pose_of(anatomy, key_poses.postures))
    expected = joint_places(default, key_poses.poses)
    for bones, degrees in ((LIMBS, 0.5), (FOREARMS, 1.0)):
        cosine = (directions(anatomy, places, bones) * directions(default, expected, bones)).sum(axis=-1)
        assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() < degrees


def test_the_body_is_where_the_default_body_is(body, anatomy, key_poses):
    places = joint_places(anatomy, pose_of(anatomy, key_poses.postures))
    apart = compared_joints(anatomy, places) - compared_joints(
        anatomy_of(body), joint_places(anatomy_of(body), key_poses.poses)
    )
    apart = np.linalg.norm(apart, axis=1)
    assert np.median(apart) < 0.04  # spine and neck joints have other places in the trunk
    assert apart.max() < 0.10


def test_rest_is_the_pose_of_no_rotation(model, anatomy):
    rest = postures_of(anatomy, np.zeros((1, len(model.parents), 3)))
    fingers = anatomy.finger_joints.ravel()  # which rest spread: any posture closes them a little
    assert np.abs(np.delete(pose_of(anatomy, rest), fingers, axis=1)).max() < 1e-6
    np.testing.assert_allclose(rest.local[0, :4], np.tile(np.eye(3), (4, 1, 1)), atol=1e-9)  # the trunk is upright
    for side, across in (("L", 1.0), ("R", -1.0)):  # a T-pose
        arm = rest.local[0, SEGMENT[f"upper_arm.{side}"]] @ [0, -1, 0]
        np.testing.assert_allclose(arm, [across, 0, 0], atol=0.2)


def test_postures_come_back_from_the_rig(anatomy):
    rng = np.random.default_rng(3)
    for postures in (
        Postures(matrix_from_axis_angle(rng.normal(0, 0.6, (50, N_SEGMENTS, 3))), rng.uniform(0, 1, (50, 2, 5))),
        Postures(np.tile(np.eye(3), (1, N_SEGMENTS, 1, 1)), np.zeros((1, 2, 5))),
    ):
        back = postures_of(anatomy, pose_of(anatomy, postures))
        np.testing.assert_allclose(back.local, postures.local, atol=1e-6)
        expected = postures.curls if anatomy.rig.fingers else 0 * postures.curls
        np.testing.assert_allclose(back.curls, expected, atol=1e-6)


def test_mirrored_postures_are_mirrored_bodies(model, anatomy, key_poses):
    some = key_poses.postures[np.arange(0, 200, 20)]
    still = np.zeros((len(some), len(model.shapedirs))), np.zeros((len(some), 3))
    ours, theirs = (pose_bodies(model, still[0], pose_of(anatomy, p), still[1]) for p in (some, mirrored(some)))
    root = ours.joints[:, :1] * [1, 0, 0]
    mirror = (ours.joints - root) * [-1, 1, 1] + root
    np.testing.assert_allclose(
        theirs.joints[:, anatomy.mirrored], mirror, atol=0.006
    )  # the default mesh is not quite symmetric


def test_fingers_close_to_a_fist(model, anatomy):
    if not anatomy.rig.fingers:
        assert not anatomy.finger_joints.size, "hands of one piece"
        return
    upright = np.tile(np.eye(3), (2, N_SEGMENTS, 1, 1))
    curls = np.stack([np.zeros((2, 5)), np.ones((2, 5))])
    places = joint_places(anatomy, pose_of(anatomy, Postures(upright, curls)))
    for side in ("left", "right"):
        wrist, *tips = (
            places[:, model.joint(f"{side}_{n}")] for n in ("wrist", "index3", "middle3", "ring3", "pinky3")
        )
        for tip in tips:
            open_, closed = np.linalg.norm(tip - wrist, axis=-1)
            assert closed < 0.75 * open_
        assert abs(tips[0][1, 0]) < abs(wrist[1, 0]) + 0.02, "fingertips bend towards the thigh"


def test_capsules_and_balance_say_the_same(body, model, anatomy, key_poses):
    pose = pose_of(anatomy, key_poses.postures)
    capsules, default = fit_capsules(model), fit_capsules(body)
    assert capsules.names == default.names
    np.testing.assert_allclose(capsules.radii, default.radii, atol=0.008)
    depth, expected = self_penetration(capsules, pose), self_penetration(default, key_poses.poses)
    assert depth.max() < BROKEN_BODY_M, "every key pose can be an example"
    assert np.abs(depth - expected).mean() < 0.005
    places, theirs = joint_places(anatomy, pose), joint_places(anatomy_of(body), key_poses.poses)
    falls = imbalance(anatomy, places) - imbalance(anatomy_of(body), theirs)
    assert abs(np.median(falls)) < 0.02
    assert np.percentile(falls, 95) < 0.06


def test_masses_are_the_whole_body():
    for rig in RIGS.values():
        assert sum(rig.on_both_sides(rig.masses).values()) == pytest.approx(1.0, abs=0.01)
        assert set(rig.landmarks) >= {
            "pelvis",
            "hip",
            "knee",
            "ankle",
            "ball",
            "shoulder",
            "elbow",
            "wrist",
            "neck",
            "head",
        }


def test_bodies_of_unknown_families_or_without_joints_are_refused(model):
    with pytest.raises(
        InputError, match="bodies of the family 'mano' cannot be posed; expected one of makehuman, smpl"
    ):
        anatomy_of(replace(model, family="mano"))
    renamed = tuple(n.replace("left_elbow", "elbow") for n in model.joint_names)
    with pytest.raises(
        InputError, match=f"the body's rig has no joints left_elbow; poses need those of {model.family}"
    ):
        fit_capsules(replace(model, joint_names=renamed))
