import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from manikin.storage.assets import locate
from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.rotations import axis_angle_from_matrix, matrix_from_axis_angle
from manikin.tasks.poses.anatomy import N_SEGMENTS, SEGMENTS, anatomy_of
from manikin.tasks.poses.angles import local_from_coordinates, set_angles
from manikin.tasks.poses.collision import TOUCH_M, fit_capsules, penetrations, self_penetration
from manikin.tasks.poses.postures import Postures, mirrored, pose_of, with_rhythm
from manikin.tasks.poses.read_clips import read_clips
from manikin.tasks.poses.retarget import retarget

seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def anatomy(body):
    return anatomy_of(body)


@pytest.fixture(scope="module")
def capsules(body):
    return fit_capsules(body)


def postures(**joints):
    """One posture; joints as in left_elbow = {"flexion": 90}, or elbow = ... for both sides."""
    coordinates = np.zeros((N_SEGMENTS, 3))
    coordinates[SEGMENTS.index("upper_arm.L"), 2] = np.radians(12)  # arms a little off the body
    coordinates[SEGMENTS.index("upper_arm.R"), 2] = -np.radians(12)
    for name, degrees in joints.items():
        side, _, joint = name.rpartition("_")
        central = joint in ("spine", "pelvis", "neck")
        for s in ("",) if central else (side[0].upper(),) if side else ("L", "R"):
            set_angles(coordinates, joint, s, degrees)
    return Postures(with_rhythm(local_from_coordinates(coordinates))[None], np.full((1, 2, 5), 0.3))


def random_poses(anatomy, seed, n=6):
    local = matrix_from_axis_angle(np.random.default_rng(seed).normal(0, 0.7, (n, N_SEGMENTS, 3)))
    return pose_of(anatomy, Postures(local, np.full((n, 2, 5), 0.3)))


def deepest(capsules, pose):
    """The pair that overlaps most and its depth."""
    row = penetrations(capsules, pose)[0]
    a, b = capsules.pairs[row.argmax()]
    return {capsules.names[a], capsules.names[b]}, row.max()


# -------------------------------------------------------------------------------------------------------- poses to judge


def test_standing_poses_touch_nothing(capsules, anatomy):
    rest = np.zeros((1, len(anatomy.parents), 3))
    t_pose = pose_of(anatomy, postures(shoulder={"abduction": 90}))
    overhead = pose_of(anatomy, postures(shoulder={"abduction": 160}))
    hanging = pose_of(anatomy, postures())
    forward = pose_of(anatomy, postures(shoulder={"flexion": 90}))
    sitting = pose_of(anatomy, postures(hip={"flexion": 90, "abduction": 8}, knee={"flexion": 90}))
    assert self_penetration(capsules, np.concatenate([rest, t_pose, overhead, hanging, forward])).tolist() == [0.0] * 5
    assert self_penetration(capsules, sitting) < TOUCH_M


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("joints", "limbs", "others"),
    [
        ({"shoulder": {"rotation": -90}, "elbow": {"flexion": 90}}, ("forearm", "hand"), ("waist", "belly", "ribs")),
        ({"shoulder": {"abduction": -40}}, ("forearm", "upper_arm"), ("waist", "belly", "pelvis")),
        ({"hip": {"abduction": -30}}, ("shank", "thigh"), ("shank", "thigh")),
        ({"hip": {"flexion": 150}, "knee": {"flexion": 20}}, ("thigh",), ("ribs", "chest")),
        ({"shoulder": {"flexion": 160, "rotation": -60}, "elbow": {"flexion": 120}}, ("forearm",), ("head",)),
    ],
)
def test_a_limb_in_the_body_is_seen(capsules, anatomy, joints, limbs, others, side):
    pose = pose_of(anatomy, postures(**{f"{side}_{k}": v for k, v in joints.items()}))
    found, depth = deepest(capsules, pose)
    assert depth > TOUCH_M
    own, other = side[0].upper(), "R" if side == "left" else "L"
    assert found & {f"{limb}.{own}" for limb in limbs}
    assert found & {*others, *(f"{limb}.{other}" for limb in others)}


def test_a_deeper_limb_is_deeper(capsules, anatomy):
    inward = [pose_of(anatomy, postures(left_hip={"abduction": -a})) for a in (0, 10, 15, 20)]
    depths = self_penetration(capsules, np.concatenate(inward))
    assert depths[0] == 0
    assert (np.diff(depths) > 0).all()


def test_real_motion_hardly_runs_through_itself(body, capsules, assets):
    poses = np.concatenate([retarget(c, body) for c in read_clips(locate("isaaclab", assets))[0]])[::4]
    depths = self_penetration(capsules, poses)
    assert (depths > TOUCH_M).mean() < 0.02
    assert depths.max() < 0.08


# ------------------------------------------------------------------------------------------------------------------ laws


def distance(p, q, r, s):
    """The distance of two segments, by search."""

    def gap(t):
        return p + t[0] * (q - p) - r - t[1] * (s - r)

    starts = [(0.5, 0.5), (0, 0), (1, 1), (0, 1), (1, 0)]
    found = [minimize(lambda t: gap(t) @ gap(t), x0, bounds=[(0, 1)] * 2, tol=1e-14) for x0 in starts]
    return np.sqrt(min(f.fun for f in found))


def test_depths_are_those_of_capsules_placed_by_the_book(capsules, anatomy):
    pose = random_poses(anatomy, 5, n=2)
    found = penetrations(capsules, pose)
    assert (found > 0).any()
    for i in range(2):
        world = []
        for j, p in enumerate(anatomy.parents):
            local = np.eye(4)
            local[:3, :3] = Rotation.from_rotvec(pose[i, j]).as_matrix()
            local[:3, 3] = anatomy.rest[j] - (anatomy.rest[p] if p >= 0 else 0)
            world.append(local if p < 0 else world[p] @ local)
        ends = [
            [(world[j] @ [*e, 1])[:3] for e in pair] for j, pair in zip(capsules.joints, capsules.ends, strict=True)
        ]
        for k, (a, b) in enumerate(capsules.pairs):
            gap = distance(*ends[a], *ends[b])
            expected = max(capsules.radii[a] + capsules.radii[b] - gap, 0)
            assert found[i, k] == pytest.approx(expected, abs=1e-4), (capsules.names[a], capsules.names[b])


@given(seeds)
@settings(max_examples=15)
def test_the_whole_bodys_turn_does_not_matter(capsules, anatomy, seed):
    pose = random_poses(anatomy, seed)
    turn = Rotation.random(None, np.random.default_rng(seed)).as_matrix()
    turned = pose.copy()
    turned[:, 0] = axis_angle_from_matrix(turn @ matrix_from_axis_angle(pose[:, 0]))
    np.testing.assert_allclose(penetrations(capsules, turned), penetrations(capsules, pose), atol=1e-9)


@given(seeds)
@settings(max_examples=15)
def test_a_mirror_image_overlaps_as_much(capsules, anatomy, seed):
    local = matrix_from_axis_angle(np.random.default_rng(seed).normal(0, 0.7, (6, N_SEGMENTS, 3)))
    these = Postures(local, np.full((6, 2, 5), 0.3))
    depths = self_penetration(capsules, pose_of(anatomy, these))
    np.testing.assert_allclose(self_penetration(capsules, pose_of(anatomy, mirrored(these))), depths, atol=3e-3)


@given(seeds)
@settings(max_examples=10)
def test_a_batch_is_its_poses_one_by_one(capsules, anatomy, seed):
    pose = random_poses(anatomy, seed)
    together = penetrations(capsules, pose)
    np.testing.assert_array_equal(np.concatenate([penetrations(capsules, p[None]) for p in pose]), together)
    np.testing.assert_array_equal(self_penetration(capsules, pose), together.max(axis=1))
    np.testing.assert_allclose(penetrations(capsules, pose.astype(np.float32)), together, atol=1e-5)


def test_no_pose_gives_no_depth(capsules, anatomy):
    assert self_penetration(capsules, np.zeros((0, len(anatomy.parents), 3))).shape == (0,)


# ---------------------------------------------------------------------------------------------------------- the capsules


def test_capsules_are_of_a_bodys_size_and_alike_on_both_sides(capsules, anatomy):
    radius = dict(zip(capsules.names, capsules.radii, strict=True))
    for name in ("upper_arm", "forearm", "hand", "thigh", "shank", "foot"):
        assert radius[f"{name}.L"] == pytest.approx(radius[f"{name}.R"], abs=1e-3)
        assert 0.015 < radius[f"{name}.L"] < 0.1
    assert radius["thigh.L"] > radius["shank.L"] > radius["forearm.L"] > radius["hand.L"]
    assert all(0.07 < radius[n] < 0.15 for n in ("pelvis", "belly", "waist", "ribs", "chest", "head"))
    assert len(set(map(frozenset, capsules.pairs))) == len(capsules.pairs)
    assert (capsules.pairs[:, 0] != capsules.pairs[:, 1]).all()


def test_capsules_lie_in_the_flesh(body, capsules):
    """In the rest pose every capsule's middle line has skin around it at about its radius."""
    posed = pose_bodies(body, np.zeros((1, len(body.shapedirs))), np.zeros((1, len(body.parents), 3)), np.zeros((1, 3)))
    skin = posed.vertices[0].astype(np.float64)
    for name, joint, ends, radius in zip(capsules.names, capsules.joints, capsules.ends, capsules.radii, strict=True):
        middle = posed.joints[0, joint] + ends.mean(axis=0)
        nearest = np.linalg.norm(skin - middle, axis=1).min()
        assert 0.3 * radius < nearest < 1.5 * radius, name
