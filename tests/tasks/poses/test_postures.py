from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manikin.tasks.bodies.rotations import axis_angle_from_matrix, geodesic_angle, matrix_from_axis_angle
from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import MIRRORED, N_SEGMENTS, PARENTS, SEGMENT, SEGMENTS, anatomy_of
from manikin.tasks.poses.angles import coordinates_from_local, local_from_coordinates
from manikin.tasks.poses.clip import compose_chain
from manikin.tasks.poses.postures import (
    Postures,
    joined,
    mirrored,
    pose_of,
    postures_of,
    remove_heading,
    without_heading,
)
from tests.forward_kinematics import rig_joints

seeds = st.integers(0, 2**32 - 1)


def random_postures(seed, n=8, spread=0.7):
    rng = np.random.default_rng(seed)
    return Postures(
        matrix_from_axis_angle(rng.normal(0, spread, (n, N_SEGMENTS, 3))), rng.uniform(-0.2, 1.1, (n, 2, 5))
    )


def upright(n=1):
    return Postures(np.tile(np.eye(3), (n, N_SEGMENTS, 1, 1)), np.zeros((n, 2, 5)))


@pytest.fixture(scope="module")
def anatomy(body):
    return anatomy_of(body)


# ------------------------------------------------------------------------------------------------------------- the zero


def test_zero_is_the_anatomical_position(anatomy):
    at = dict(zip(anatomy.joint_names, rig_joints(anatomy, pose_of(anatomy, upright()))[0], strict=True))
    for s, sign in (("L", 1.0), ("R", -1.0)):
        for chain in (("upperarm01", "lowerarm01", "wrist", "finger3-1"), ("upperleg01", "lowerleg01", "foot")):
            for a, b in pairwise(chain):
                bone = at[f"{b}.{s}"] - at[f"{a}.{s}"]
                np.testing.assert_allclose(bone / np.linalg.norm(bone), [0, -1, 0], atol=1e-5, err_msg=f"{a} to {b}")
        knuckles = at[f"finger2-1.{s}"] - at[f"finger5-1.{s}"]
        assert knuckles[2] / np.linalg.norm(knuckles) > 0.9  # the index finger is in front: palms face the thighs
        toes = (at[f"toe2-1.{s}"] + at[f"toe3-1.{s}"]) / 2 - at[f"foot.{s}"]
        assert abs(toes[0]) < 0.01
        assert toes[2] > 0.1
        assert sign * at[f"upperarm01.{s}"][0] > 0.1
    assert at["head"][1] > at["neck01"][1] > at["spine01"][1] > at["root"][1]


def test_flat_hands_are_flat_and_fists_are_closed(anatomy):
    flat, fist = upright(2).local, np.zeros((2, 2, 5))
    fist[1] = 1.0
    joints = rig_joints(anatomy, pose_of(anatomy, Postures(flat, fist)))
    for side in (0, 1):
        for finger in range(1, 5):
            base, _, tip = anatomy.finger_joints[side, finger]
            reach = np.linalg.norm(joints[:, tip] - joints[:, base], axis=1)
            length = np.linalg.norm(np.diff(joints[0, anatomy.finger_joints[side, finger]], axis=0), axis=1).sum()
            assert reach[0] > 0.97 * length
            assert reach[1] < 0.85 * length
            middle = joints[:, anatomy.finger_joints[side, finger, 2], 0]
            inward = -1.0 if side == 0 else 1.0
            assert inward * (middle[1] - middle[0]) > 0.01  # the fingers close towards the palm, which faces the thigh


# ------------------------------------------------------------------------------------------------------------ round trip


@given(seeds)
@settings(max_examples=25)
def test_a_pose_holds_its_posture(anatomy, seed):
    postures = random_postures(seed)
    back = postures_of(anatomy, pose_of(anatomy, postures))
    far = geodesic_angle(back.local, postures.local)
    # the forearm's bones are twisted back about axes a hair off the forearm's own
    assert np.degrees(far.max()) < 0.1
    assert (
        np.degrees(np.delete(far, [SEGMENT[f"{p}.{s}"] for p in ("forearm", "hand") for s in "LR"], axis=1).max())
        < 1e-3
    )
    np.testing.assert_allclose(back.curls, postures.curls, atol=1e-9)


@given(seeds)
@settings(max_examples=10)
def test_a_batch_is_its_poses_one_by_one(anatomy, seed):
    postures = random_postures(seed, n=5)
    one_by_one = np.concatenate([pose_of(anatomy, postures[slice(i, i + 1)]) for i in range(5)])
    np.testing.assert_allclose(pose_of(anatomy, postures), one_by_one, atol=1e-12)


def test_bones_keep_their_length_and_twist_moves_no_joint_off_the_limb(anatomy):
    """The halves of a limb lie on one line, whatever twist is spread along them."""
    joints = rig_joints(anatomy, pose_of(anatomy, random_postures(3, n=50)))
    for s in "LR":
        for a, middle, b in (
            ("upperarm01", "upperarm02", "lowerarm01"),
            ("lowerarm01", "lowerarm02", "wrist"),
            ("upperleg01", "upperleg02", "lowerleg01"),
        ):
            start, mid, end = (joints[:, anatomy.joint(f"{j}.{s}")] for j in (a, middle, b))
            rest = np.linalg.norm(anatomy.bone(f"{a}.{s}", f"{b}.{s}"))
            np.testing.assert_allclose(np.linalg.norm(end - start, axis=1), rest, atol=1e-4)
            off = np.cross(mid - start, end - start) / rest
            at_rest = np.cross(anatomy.bone(f"{a}.{s}", f"{middle}.{s}"), anatomy.bone(f"{a}.{s}", f"{b}.{s}")) / rest
            assert np.linalg.norm(off, axis=1).max() < np.linalg.norm(at_rest) + 1e-6


@pytest.mark.parametrize("side", ["L", "R"])
@pytest.mark.parametrize("degrees", [-50.0, 60.0])
@pytest.mark.parametrize(
    ("segment", "bones"),
    [
        ("hand", ("upperarm02", "lowerarm01", "lowerarm02", "wrist")),
        ("thigh", ("root", "upperleg01", "upperleg02", "lowerleg01")),
        ("upper_arm", ("shoulder01", "upperarm01", "upperarm02", "lowerarm01")),
    ],
)
def test_twist_grows_along_the_limb(anatomy, segment, bones, degrees, side):
    """A limb that turns about its length turns little at its root and fully at its end: a sudden twist wrings the skin."""
    coordinates = np.zeros((2, N_SEGMENTS, 3))
    coordinates[1, SEGMENT[f"{segment}.{side}"], 1] = np.radians(degrees)
    pose = pose_of(anatomy, Postures(local_from_coordinates(coordinates), np.zeros((2, 2, 5))))
    turns = compose_chain(matrix_from_axis_angle(pose), anatomy.parents)
    at = [anatomy.joint(b if b == "root" else f"{b}.{side}") for b in bones]
    about_y = axis_angle_from_matrix(turns[1, at] @ np.swapaxes(turns[0, at], -1, -2))[:, 1]
    shares = np.degrees(about_y) / degrees
    assert shares[0] == pytest.approx(0.0, abs=0.02)
    assert shares[-1] == pytest.approx(1.0, abs=0.02)
    assert (np.diff(shares) > -0.02).all()
    assert np.diff(shares).max() < 0.7  # no joint takes nearly all of it


# ---------------------------------------------------------------------------------------------------------------- mirror


@given(seeds)
def test_a_mirror_image_of_a_mirror_image_is_the_original(seed):
    postures = random_postures(seed)
    twice = mirrored(mirrored(postures))
    np.testing.assert_array_equal(twice.local, postures.local)
    np.testing.assert_array_equal(twice.curls, postures.curls)
    np.testing.assert_allclose(np.linalg.det(mirrored(postures).local), 1.0)


@given(seeds)
@settings(max_examples=25)
def test_a_mirror_image_has_its_joints_where_the_mirror_shows_them(anatomy, seed):
    postures = random_postures(seed)
    joints = rig_joints(anatomy, pose_of(anatomy, postures))
    image = rig_joints(anatomy, pose_of(anatomy, mirrored(postures)))[:, anatomy.mirrored] * [-1.0, 1.0, 1.0]
    away = np.linalg.norm(image - joints, axis=-1).max(axis=0)
    centre = [j for j, n in enumerate(anatomy.joint_names) if n.startswith(("neck", "head", "eye"))]
    assert np.delete(away, centre).max() < 5e-4
    assert away[centre].max() < 3e-3  # one bone of the rig's neck lies beside the middle


def test_sides_are_paired():
    assert (MIRRORED[MIRRORED] == np.arange(N_SEGMENTS)).all()
    assert all(SEGMENTS[MIRRORED[i]][-1] in "LR" for i, n in enumerate(SEGMENTS) if "." in n)
    assert all(p < i for i, p in enumerate(PARENTS))


# --------------------------------------------------------------------------------------------------------------- heading


@given(seeds, st.floats(-np.pi, np.pi))
def test_heading_is_removed_whatever_it_was(seed, yaw):
    postures = random_postures(seed)
    turn = matrix_from_axis_angle([0.0, yaw, 0.0])
    turned = Postures(postures.local.copy(), postures.curls)
    turned.local[:, 0] = turn @ turned.local[:, 0]
    straight, again = without_heading(postures), without_heading(turned)
    np.testing.assert_allclose(again.local, straight.local, atol=1e-6)
    np.testing.assert_allclose(without_heading(straight).local, straight.local, atol=1e-9)
    np.testing.assert_array_equal(straight.local[:, 1:], postures.local[:, 1:])
    # a turn about the vertical keeps how high every direction points
    np.testing.assert_allclose(straight.local[:, 0, 1], postures.local[:, 0, 1], atol=1e-9)


@pytest.mark.parametrize("tilt", [-90.0, -45.0, 0.0, 45.0, 90.0])
def test_a_body_that_lies_keeps_its_pitch(tilt):
    pitch = matrix_from_axis_angle([np.radians(tilt), 0.0, 0.0])
    for yaw in np.radians([-170.0, -90.0, 0.0, 60.0]):
        np.testing.assert_allclose(remove_heading(matrix_from_axis_angle([0.0, yaw, 0.0]) @ pitch), pitch, atol=1e-12)


# --------------------------------------------------------------------------------------------------------------- records


def test_postures_join_and_are_taken_apart():
    a, b = random_postures(0, n=3), random_postures(1, n=2)
    both = joined([a, b])
    assert len(both) == 5
    np.testing.assert_array_equal(both[slice(3, 5)].local, b.local)
    np.testing.assert_array_equal(both[np.array([True, False, True, False, False])].curls, a.curls[[0, 2]])
    np.testing.assert_array_equal(both[np.array([4, 0])].local[1], a.local[0])


@given(seeds)
def test_angles_are_the_posture_in_other_words(seed):
    coordinates = np.random.default_rng(seed).uniform(-1.2, 1.2, (4, N_SEGMENTS, 3))
    np.testing.assert_allclose(coordinates_from_local(local_from_coordinates(coordinates)), coordinates, atol=1e-9)


def test_another_rig_is_told(body):
    other = replace(body, joint_names=tuple(n.replace("wrist", "paw") for n in body.joint_names))
    with pytest.raises(InputError, match=r"no joints wrist\.L, wrist\.R"):
        anatomy_of(other)
