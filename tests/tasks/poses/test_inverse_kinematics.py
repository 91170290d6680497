import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manikin.storage.assets import locate
from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.rotations import geodesic_angle, matrix_from_axis_angle
from manikin.tasks.bodies.skeletons import skeleton, skeleton_joints
from manikin.tasks.poses.anatomy import MIRRORED, N_SEGMENTS, PARENTS, SEGMENT, anatomy_of
from manikin.tasks.poses.clip import compose_chain, resampled
from manikin.tasks.poses.inverse_kinematics import segments_from_joints
from manikin.tasks.poses.joint_places import joint_places
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.postures import MIRROR, Postures, joined, pose_of, with_rhythm
from manikin.tasks.poses.read_clips import read_clips
from manikin.tasks.poses.read_positions import read_positions
from manikin.tasks.poses.retarget import postures_from_clip

SKELETONS = ("h36m17", "coco17")


def joints_of(body, postures, names):
    """Each skeleton's joints (N, 17, 3) of the body in these postures, read as the ground truth is."""
    pose = pose_of(anatomy_of(body), postures).astype(np.float32)
    out = {name: [] for name in names}
    for i in range(0, len(pose), 32):
        some = pose[i : i + 32]
        posed = pose_bodies(body, np.zeros((len(some), len(body.shapedirs))), some, np.zeros((len(some), 3)))
        for name in names:
            out[name].append(skeleton_joints(body, skeleton(name), posed.vertices, posed.joints))
    return {name: np.concatenate(parts).astype(np.float64) for name, parts in out.items()}


@pytest.fixture(scope="module")
def poses(body, assets):
    """At least 500 poses: the key poses, and frames of the default motions, in clips of their own."""
    clips = [resampled(c, 7.0) for pack in ("pybullet", "isaaclab") for c in read_clips(locate(pack, assets))[0]]
    return [read_key_poses(body).postures, *(postures_from_clip(c) for c in clips)]


@pytest.fixture(scope="module")
def seen(body, poses):
    return joints_of(body, joined(poses), SKELETONS)


def rooted(joints, name):
    names = skeleton(name).joint_names
    return joints - joints[:, [names.index("left_hip"), names.index("right_hip")]].mean(axis=1, keepdims=True)


def heading_of(a, b):
    """Turns about the vertical (N, 3, 3) that bring joints b (N, J, 3) nearest to a."""
    sine = (b[..., 2] * a[..., 0] - b[..., 0] * a[..., 2]).sum(axis=1)
    angle = np.arctan2(sine, (a[..., [0, 2]] * b[..., [0, 2]]).sum(axis=(1, 2)))
    return matrix_from_axis_angle(angle[:, None] * [0.0, 1.0, 0.0])


# millimetres; measured: 3.4 and 12 (h36m17), 8.5 and 24 (coco17)
@pytest.mark.parametrize(("name", "mean", "p95"), [("h36m17", 5.0, 16.0), ("coco17", 12.0, 30.0)])
def test_joints_come_back_to_where_they_were(name, mean, p95, body, poses, seen, tmp_path):
    """From the body's own joints to rotations, through a file and the retargeting, and back on the body."""
    back, first = [], 0
    for i, part in enumerate(poses):
        path = tmp_path / f"{i}.npz"
        np.savez(path, positions=seen[name][first : first + len(part)], skeleton=name, fps=7.0, unit="m", up="y")
        back.append(postures_from_clip(read_positions(path)))
        first += len(part)
    assert first >= 500
    a, b = rooted(seen[name], name), rooted(joints_of(body, joined(back), [name])[name], name)
    error = 1000 * np.linalg.norm(a - np.einsum("nij,nkj->nki", heading_of(a, b), b), axis=-1)
    assert error.mean() < mean
    assert np.percentile(error, 95) < p95


def test_rotations_come_back_as_far_as_joints_show_them(poses, seen):
    W = np.concatenate([compose_chain(p.local, PARENTS) for p in poses])
    first, angles = 0, []
    for part in poses:
        rows = slice(first, first + len(part))
        segments, _ = segments_from_joints(seen["h36m17"][rows], skeleton("h36m17").joint_names, "h36m17", 7.0)
        angles.append(np.degrees(geodesic_angle(segments, W[rows])))
        first += len(part)
    mean = dict(zip(SEGMENT, np.concatenate(angles).mean(axis=0), strict=True))
    for part, limit in (("pelvis", 2), ("abdomen", 2), ("chest", 4), ("head", 8)):
        assert mean[part] < limit
    for s in "LR":
        for part, limit in (
            ("upper_arm", 4),
            ("forearm", 4),
            ("thigh", 4),
            ("shank", 4),
            ("clavicle", 5),
            ("foot", 25),
        ):
            assert mean[f"{part}.{s}"] < limit, part


# ------------------------------------------------------------------------------------------------------------- by laws


def segments(P, name, fps=30.0):
    return segments_from_joints(P, skeleton(name).joint_names, name, fps)[0]


def standing(name, n_frames=1):
    places = joint_places(name)
    return np.tile(np.array([places[n] for n in skeleton(name).joint_names]), (n_frames, 1, 1))


@pytest.mark.parametrize("name", SKELETONS)
def test_a_body_in_the_anatomical_position_has_no_rotation(name):
    W = segments(standing(name), name)[0]
    for part, i in SEGMENT.items():
        assert np.degrees(geodesic_angle(W[i], np.eye(3))) < 4.0, part


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.sampled_from(SKELETONS), st.floats(-3.0, 3.0), st.floats(0.01, 100.0))
def test_place_size_and_heading_of_the_world_do_not_matter(seed, name, angle, size):
    rng = np.random.default_rng(seed)
    P = standing(name, 3) + rng.normal(0, 0.08, (3, 17, 3))
    turn = matrix_from_axis_angle([0.0, angle, 0.0])
    moved = size * (P @ turn.T + rng.normal(0, 3, 3))
    np.testing.assert_allclose(segments(moved, name), turn @ segments(P, name), atol=1e-6)


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.sampled_from(SKELETONS))
def test_a_mirrored_body_has_mirrored_rotations(seed, name):
    P = standing(name, 3) + np.random.default_rng(seed).normal(0, 0.08, (3, 17, 3))
    swapped = np.arange(17)
    for a, b in skeleton(name).pairs:
        swapped[[a, b]] = b, a
    image = segments(P[:, swapped] @ MIRROR, name)
    np.testing.assert_allclose(image, MIRROR @ segments(P, name)[:, MIRRORED] @ MIRROR, atol=1e-6)


# ------------------------------------------------------------------------------------- limbs, shoulders, feet, by hand


def bent(body, **angles):
    """Postures of the anatomical position but for turns (F, 3), axis-angle, of some segments against their parents."""
    n = len(next(iter(angles.values())))
    local = np.tile(np.eye(3), (n, N_SEGMENTS, 1, 1))
    for part, turns in angles.items():
        local[:, SEGMENT[part.replace("_L", ".L").replace("_R", ".R")]] = matrix_from_axis_angle(np.array(turns))
    return Postures(with_rhythm(local), np.zeros((n, 2, 5)))


def test_an_arm_that_straightens_keeps_the_twist_it_had(body):
    """Bent, turned inwards by 50 degrees, stretched for a moment and bent again: nothing turns meanwhile."""
    flexion = np.r_[np.linspace(1.5, 0.0, 10), np.zeros(3), np.linspace(0.0, 1.5, 10)]
    n = len(flexion)
    arm = matrix_from_axis_angle([0.0, 0.0, 0.9]) @ matrix_from_axis_angle([0.0, -0.9, 0.0])
    postures = bent(body, forearm_L=np.stack([-flexion, np.zeros(n), np.zeros(n)], axis=1))
    postures.local[:, SEGMENT["upper_arm.L"]] = arm
    P = joints_of(body, postures, ["h36m17"])["h36m17"]
    W = segments(P, "h36m17")[:, SEGMENT["upper_arm.L"]]
    assert np.degrees(geodesic_angle(W, arm)).max() < 12.0
    assert np.degrees(geodesic_angle(W[1:], W[:-1])).max() < 6.0
    alone = segments(P[11:12], "h36m17")[0, SEGMENT["upper_arm.L"]]  # by itself the straight arm shows no twist
    assert np.degrees(geodesic_angle(alone, arm)) > 30.0


def test_noise_on_straight_limbs_does_not_wring_them(body):
    P = joints_of(body, bent(body, chest=np.zeros((40, 3))), ["h36m17"])["h36m17"]
    noisy = P + np.random.default_rng(0).normal(0, 0.004, P.shape)
    W = segments(noisy, "h36m17")
    for part in ("upper_arm.L", "upper_arm.R", "thigh.L", "thigh.R"):
        assert np.degrees(geodesic_angle(W[:, SEGMENT[part]], np.eye(3))).max() < 15.0, part


@pytest.mark.parametrize("raised", [0.03, -0.03])
def test_how_a_source_places_its_shoulders_is_no_shrug(raised, body, poses, seen):
    """Shoulders 3 cm off in all frames leave the collarbones nearly alone; what one frame shows beyond is halved."""
    names = skeleton("h36m17").joint_names
    P = seen["h36m17"][:40].copy()
    plain = segments(P, "h36m17")
    shoulders = [names.index(f"{s}_shoulder") for s in ("left", "right")]
    chest = plain[:, SEGMENT["chest"]]
    P[:, shoulders] += raised * chest[:, None, :, 1]
    W = segments(P, "h36m17")
    clavicles = [SEGMENT[f"clavicle.{s}"] for s in "LR"]
    assert np.degrees(geodesic_angle(W[:, clavicles], plain[:, clavicles])).mean() < 4.0
    one = seen["h36m17"][:40].copy()
    one[7, shoulders] += 0.04 * chest[7, :, 1]
    lifted = np.degrees(geodesic_angle(segments(one, "h36m17")[7, clavicles], plain[7, clavicles]))
    assert (lifted > 3.0).all()
    assert (lifted < np.degrees(0.04 / 0.148)).all()


def test_soles_are_level_where_a_body_stands_and_hang_elsewhere(body):
    knees = np.array([[0.6, 0.0, 0.0]])
    squat = bent(body, thigh_L=-knees, thigh_R=-knees / 2, shank_L=knees, shank_R=knees)
    squat.local[:, SEGMENT["pelvis"]] = matrix_from_axis_angle([0.0, 0.3, 0.0])
    W = segments(joints_of(body, squat, ["h36m17"])["h36m17"], "h36m17")[0]
    assert abs(W[SEGMENT["foot.L"]][1, 2]) < 0.05  # toes neither up nor down
    step = bent(body, thigh_L=-2 * knees, shank_L=2 * knees)
    W = segments(joints_of(body, step, ["h36m17"])["h36m17"], "h36m17")[0]
    assert W[SEGMENT["foot.L"]][1, 2] < -0.1  # in the air
    assert abs(W[SEGMENT["foot.R"]][1, 2]) < 0.05
    lying = np.einsum("ij,fkj->fki", matrix_from_axis_angle([-np.pi / 2, 0.0, 0.0]), standing("h36m17"))
    W = segments(lying, "h36m17")[0]
    relative = W[SEGMENT["shank.L"]].T @ W[SEGMENT["foot.L"]]
    assert np.degrees(geodesic_angle(relative, np.eye(3))) == pytest.approx(15.0, abs=0.1)


def test_the_tables_are_those_of_the_default_body(body):
    """joint_places.toml says where a mean adult has these joints in the anatomical position; the body may be refined since."""
    zero = Postures(np.tile(np.eye(3), (1, N_SEGMENTS, 1, 1)), np.zeros((1, 2, 5)))
    for name, joints in joints_of(body, zero, SKELETONS).items():
        hips = joints_of(body, zero, ["h36m17"])["h36m17"][0, 0]
        places = joint_places(name)
        expected = np.array([places[n] for n in skeleton(name).joint_names])
        np.testing.assert_allclose(joints[0] - hips * [0, 1, 1], expected, atol=0.015)
