import numpy as np
import pytest

from manikin.tasks.bodies import kernels
from manikin.tasks.bodies.evaluate import pose_bodies, shape_rest
from manikin.tasks.bodies.posedirs import bending_joints
from manikin.tasks.bodies.rotations import matrix_from_axis_angle
from manikin.tasks.bodies.scape import Scape
from manikin.tasks.bodies.scape_fit import joints_beside, parts_of
from manikin.tasks.errors import InputError
from manikin.tasks.jobs.default_body import exercise_poses

LIMBS = ("upperarm01", "lowerarm01", "wrist", "upperleg01", "lowerleg01", "foot")
MIDDLE = ("spine03", "spine01", "neck01", "head")


@pytest.fixture(scope="module")
def poses(body):
    """Key poses and random ones that nothing was learned from."""
    return exercise_poses(body, 8, np.random.default_rng(77))[::9]


@pytest.fixture(scope="module")
def posed(body, scape, poses):
    shapes, still = np.zeros((len(poses), len(body.shapedirs))), np.zeros((len(poses), 3))
    return {m: pose_bodies(body, shapes, poses, still, m, scape) for m in ("lbs", "dqs", "scape")}


def winding_number(vertices, faces, point):
    """How often a closed mesh goes round a point: 1 inside, 0 outside (van Oosterom & Strackee 1983)."""
    a, b, c = (vertices[faces[:, i]].astype(np.float64) - point for i in range(3))
    la, lb, lc = (np.linalg.norm(v, axis=1) for v in (a, b, c))
    sine = np.einsum("ij,ij->i", a, np.cross(b, c))
    cosine = la * lb * lc
    for u, v, w in ((a, b, lc), (b, c, la), (c, a, lb)):
        cosine = cosine + np.einsum("ij,ij->i", u, v) * w
    return 2 * np.arctan2(sine, cosine).sum() / (4 * np.pi)


def test_at_rest_it_is_the_person_at_rest(body, scape):
    shape = np.random.default_rng(0).normal(size=(3, len(body.shapedirs)))
    posed = pose_bodies(body, shape, np.zeros((3, len(body.parents), 3)), np.zeros((3, 3)), "scape", scape)
    rest, joints = shape_rest(body, shape)
    move = posed.vertices - rest
    np.testing.assert_allclose(move, np.broadcast_to(move.mean(axis=1, keepdims=True), move.shape), atol=2e-5)
    assert np.linalg.norm(move.mean(axis=1), axis=1).max() < 0.005
    assert np.linalg.norm(posed.joints - joints, axis=2).mean() < 0.006


def test_turning_and_moving_the_root_turns_and_moves_everything(body, scape, poses):
    turn, move, pose = np.array([0.3, 2.0, -0.5]), np.array([1.0, -2.0, 3.0]), poses[:1].copy()
    shape = np.zeros((1, len(body.shapedirs)))
    pose[:, 0] = 0
    before = pose_bodies(body, shape, pose, np.zeros((1, 3)), "scape", scape)
    pose[:, 0] = turn
    after = pose_bodies(body, shape, pose, move[None], "scape", scape)
    root, R = body.J_template[0], matrix_from_axis_angle(turn)
    for moved, still in ((after.vertices, before.vertices), (after.joints, before.joints)):
        np.testing.assert_allclose(moved[0], (still[0] - root) @ R.T + root + move, atol=2e-5)


def test_more_than_a_whole_turn_is_the_turn_that_is_left(body, scape, poses):
    pose, shape, still = poses[:1].copy(), np.zeros((1, len(body.shapedirs))), np.zeros((1, 3))
    knee = body.joint("lowerleg01.L")
    pose[0, knee] = [0.8, 0, 0]
    once = pose_bodies(body, shape, pose, still, "scape", scape).vertices
    pose[0, knee] = [0.8 - 2 * np.pi, 0, 0]
    np.testing.assert_allclose(pose_bodies(body, shape, pose, still, "scape", scape).vertices, once, atol=1e-5)


def test_it_bends_nearly_as_skinning_does(posed):
    offset = posed["scape"].vertices - posed["lbs"].vertices
    assert np.linalg.norm(offset, axis=2).mean() < 0.025


@pytest.mark.parametrize("method", ["dqs", "scape"])
def test_joints_are_inside_their_limbs(body, posed, method):
    names = [f"{limb}.{side}" for limb in LIMBS for side in "LR"] + list(MIDDLE)
    rest = np.array([winding_number(body.v_template, body.faces, body.J_template[body.joint(n)]) for n in names])
    np.testing.assert_allclose(rest, 1, atol=1e-6)
    for vertices, joints in zip(posed[method].vertices[::3], posed[method].joints[::3], strict=True):
        for name in names:
            point = joints[body.joint(name)]
            assert winding_number(vertices, body.faces, point) > 0.9, name
            skin = np.isin(body.weight_idx[:, 0], [body.joint(name), body.parents[body.joint(name)]])
            assert np.linalg.norm(vertices[skin] - point, axis=1).min() > 0.006, name


def test_eyes_stay_in_their_sockets(body, posed):
    eye = body.weight_idx[:, 0] == body.joint("eye.L")
    centre = body.v_template[eye].mean(axis=0)
    lids = np.flatnonzero(~eye & (np.linalg.norm(body.v_template - centre, axis=1) < 0.02))
    assert len(lids) > 20
    at_rest = np.linalg.norm(body.v_template[lids] - centre, axis=1)
    for vertices in posed["scape"].vertices:
        distance = np.linalg.norm(vertices[lids] - vertices[eye].mean(axis=0), axis=1)
        np.testing.assert_allclose(distance, at_rest, atol=0.003)


def test_volume_stays_that_of_a_body(body, posed):
    at_rest = kernels.volume(body.v_template, body.faces)
    for vertices in posed["scape"].vertices:
        assert 0.8 < kernels.volume(vertices, body.faces) / at_rest < 1.08


def test_fingers_curl(body, scape):
    pose = np.zeros((1, len(body.parents), 3))
    first, tip = body.joint("finger3-1.L"), body.joint("finger3-3.L")
    pose[0, first] = [0, 0, -1.2]
    shape, still = np.zeros((1, len(body.shapedirs))), np.zeros((1, 3))
    curled, flat = (pose_bodies(body, shape, p, still, "scape", scape).joints[0] for p in (pose, 0 * pose))
    skinned = pose_bodies(body, shape, pose, still).joints[0]
    moved, expected = ((j[tip] - j[first]) - (flat[tip] - flat[first]) for j in (curled, skinned))
    assert np.linalg.norm(moved - expected) < 0.25 * np.linalg.norm(expected)


def test_every_triangle_follows_a_bone_that_moves_it(body):
    part = parts_of(body)
    for t in range(0, len(part), 500):
        assert (body.weight_idx[body.faces[t]][body.weights[body.faces[t]] > 0] == part[t]).any()


def test_joints_beside_a_part_are_its_ends(body):
    learned = bending_joints(body)

    def names(part):
        return {body.joint_names[j] for j in joints_beside(body, body.joint(part), learned)}

    assert names("lowerarm01.L") == {"upperarm02.L", "lowerarm01.L", "lowerarm02.L"}
    assert names("root") == {"spine05", "upperleg01.L", "upperleg01.R"}
    assert names("finger2-2.L") == set()


def test_a_damaged_file_is_refused(scape, tmp_path):
    path = tmp_path / "scape.npz"
    with pytest.raises(InputError, match="is no SCAPE model"):
        Scape.load(path)
    scape.save(path)
    np.testing.assert_array_equal(Scape.load(path).bend, scape.bend)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"is no SCAPE model \(Bad CRC-32"):
        Scape.load(path)
