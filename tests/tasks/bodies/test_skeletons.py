from dataclasses import replace

import numpy as np
import pytest

from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.shapes import calibrate, fit_body, place_on_age_axis
from manikin.tasks.bodies.skeletons import (
    joint_regressor,
    joint_thickness,
    skeleton,
    skeleton_joints,
    skeleton_names,
)
from manikin.tasks.errors import InputError

SIZES = {"coco17": 17, "h36m17": 17, "smpl24": 24, "openpose25": 25, "lsp14": 14}


@pytest.fixture(params=SIZES)
def named(request):
    return skeleton(request.param)


def rest_joints(body, named):
    return skeleton_joints(body, named, body.v_template[None], body.J_template[None])[0]


def test_the_known_skeletons_are_there():
    assert set(skeleton_names()) == set(SIZES)
    for name, size in SIZES.items():
        assert len(skeleton(name).joint_names) == size


def test_the_orders_are_those_of_the_datasets():
    assert skeleton("coco17").joint_names[:7:2] == ("nose", "right_eye", "right_ear", "right_shoulder")
    assert skeleton("coco17").joint_names[11] == "left_hip"
    assert skeleton("h36m17").joint_names[:4] == ("hip", "right_hip", "right_knee", "right_ankle")
    assert skeleton("smpl24").joint_names[20:] == ("left_wrist", "right_wrist", "left_hand", "right_hand")
    assert skeleton("openpose25").joint_names[8] == "mid_hip"
    assert skeleton("lsp14").joint_names[-2:] == ("neck", "head_top")


def test_an_unknown_skeleton_is_refused_with_the_known():
    with pytest.raises(InputError, match=r"unknown skeleton 'mpii16'; expected one of coco17, .*lsp14"):
        skeleton("mpii16")


def test_every_skeleton_is_one_tree(named):
    assert named.parents.count(-1) == 1
    for joint in range(len(named.parents)):
        steps = 0
        while named.parents[joint] >= 0:
            joint, steps = named.parents[joint], steps + 1
            assert steps < len(named.parents), "a cycle"


def test_pairs_are_left_and_right(named):
    for left, right in named.pairs:
        assert named.joint_names[left].removeprefix("left_") == named.joint_names[right].removeprefix("right_")
    sided = [n for n in named.joint_names if n.startswith(("left_", "right_"))]
    assert len(sided) == 2 * len(named.pairs)


def test_weights_sum_to_one(body, named):
    np.testing.assert_allclose(joint_regressor(body, named).sum(axis=1), 1, atol=1e-6)


def test_a_resting_body_is_upright_and_symmetric(body, named):
    joints = dict(zip(named.joint_names, rest_joints(body, named), strict=True))
    for left, right in named.pairs:
        a, b = joints[named.joint_names[left]], joints[named.joint_names[right]]
        assert a[0] > 0.02, "the left side is +x"
        np.testing.assert_allclose(a * [-1, 1, 1], b, atol=0.005)
    heights = [joints[f"left_{j}"][1] for j in ("ankle", "knee", "hip", "shoulder")]
    assert heights == sorted(heights)
    assert 0.05 < heights[0] < 0.12
    top = max(p[1] for p in joints.values())
    assert 1.4 < top < 1.8


def test_mirrored_pose_gives_mirrored_joints(body, named):
    rng = np.random.default_rng(0)
    n_joints = len(body.joint_names)
    pose = rng.normal(0, 0.3, (1, n_joints, 3))
    swap = [
        body.joint_names.index(n[:-1] + {"L": "R", "R": "L"}[n[-1]]) if n[-2:] in (".L", ".R") else i
        for i, n in enumerate(body.joint_names)
    ]
    mirrored = pose[:, swap] * [1, -1, -1]
    shape, still = np.zeros((1, len(body.shapedirs))), np.zeros((1, 3))
    a, b = (pose_bodies(body, shape, p, still) for p in (pose, mirrored))
    joints, flipped = (skeleton_joints(body, named, p.vertices, p.joints)[0] for p in (a, b))
    order = list(range(len(named.joint_names)))
    for left, right in named.pairs:
        order[left], order[right] = right, left
    np.testing.assert_allclose(flipped[order] * [-1, 1, 1], joints, atol=0.015)


def test_joints_move_with_the_body(body, named):
    shape, pose = np.zeros((2, len(body.shapedirs))), np.zeros((2, len(body.joint_names), 3))
    move = np.array([[0, 0, 0], [1.0, -2.0, 3.0]])
    posed = pose_bodies(body, shape, pose, move)
    joints = skeleton_joints(body, named, posed.vertices, posed.joints)
    np.testing.assert_allclose(joints[1] - joints[0], np.broadcast_to(move[1], joints[0].shape), atol=1e-5)


def test_thickness_is_the_depth_under_the_skin(body):
    named = skeleton("openpose25")
    thickness = dict(zip(named.joint_names, joint_thickness(body, named), strict=True))
    assert thickness["nose"] < 0.015
    assert 0.02 < thickness["left_elbow"] < 0.05
    assert 0.05 < thickness["left_hip"] < 0.12
    assert thickness["left_hip"] == pytest.approx(thickness["right_hip"], abs=0.003)


def test_a_heavier_body_has_deeper_hips(body):
    named, calibration = skeleton("coco17"), calibrate(body)
    hip = named.joint_names.index("left_hip")
    phenotype = {"gender": 0.0, "age": place_on_age_axis("male", 35.0), "muscle": 0.3}
    slim, heavy = (fit_body(calibration, phenotype, 1.75, bmi).coefficients for bmi in (20.0, 34.0))
    assert joint_thickness(body, named, heavy)[hip] > joint_thickness(body, named, slim)[hip] + 0.01


def test_a_body_without_the_joints_is_refused(small_body):
    with pytest.raises(InputError, match="skeleton 'coco17' needs 'keypoint:left_ear' for 'left_ear'"):
        joint_regressor(small_body, skeleton("coco17"))


def test_joints_of_another_body_are_refused(body):
    with pytest.raises(InputError, match="joints have shape"):
        skeleton_joints(body, skeleton("coco17"), body.v_template[None], np.zeros((1, 5, 3)))
    renamed = replace(body, keypoint_names=("x",) * len(body.keypoint_names))
    with pytest.raises(InputError, match="keypoint:nose"):
        rest_joints(renamed, skeleton("coco17"))
