import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from manikin.tasks.bodies import kernels
from manikin.tasks.bodies.evaluate import DEFORMATIONS, keypoints, pose_bodies, shape_rest, vertex_normals
from manikin.tasks.bodies.lanes import LANES
from manikin.tasks.bodies.posedirs import without_posedirs
from manikin.tasks.bodies.rotations import matrix_from_axis_angle
from manikin.tasks.errors import InputError


def random_bodies(model, n, seed=0):
    rng = np.random.default_rng(seed)
    n_joints, rank = len(model.parents), len(model.shapedirs)
    pose = rng.normal(0, 0.5, (n, n_joints, 3))
    pose[:, :2] *= 4  # whole turns too
    return rng.normal(size=(n, rank)).astype(np.float32), pose, rng.normal(0, 2, (n, 3))


def features_by_the_book(pose, width):
    if width == 9:
        return (matrix_from_axis_angle(pose) - np.eye(3)).reshape(-1, 9)
    return Rotation.from_rotvec(pose).as_quat(canonical=True) - [0, 0, 0, 1]


def with_posedirs(model, width, seed=0):
    rng = np.random.default_rng(seed)
    counts = np.array([0, 3, 0, 40, 1, 17, 0])
    return replace(
        model,
        posedirs=rng.normal(0, 0.05, (counts.sum(), width, 3)).astype(np.float32),
        posedir_vertex=np.concatenate([rng.permutation(len(model.v_template))[:n] for n in counts]).astype(np.int32),
        posedir_start=np.concatenate([[0], counts.cumsum()]).astype(np.int32),
    )


def oracle(model, shape, pose, translation):
    """One body by the book, in float64: dense blendshapes and weights, homogeneous matrices."""
    rest = model.v_template + np.einsum("k,kvc->vc", shape.astype(np.float64), model.shapedirs)
    features = features_by_the_book(pose, model.posedirs.shape[1])
    joint_of = np.repeat(np.arange(len(pose)), np.diff(model.posedir_start))
    np.add.at(
        rest, model.posedir_vertex, np.einsum("ef,efc->ec", features[joint_of], model.posedirs.astype(np.float64))
    )
    rest_joints = model.J_template + np.einsum("k,kjc->jc", shape.astype(np.float64), model.J_shapedirs)
    world = np.zeros((len(pose), 4, 4))
    for j, p in enumerate(model.parents):
        local = np.eye(4)
        local[:3, :3] = matrix_from_axis_angle(pose[j])
        local[:3, 3] = rest_joints[j] - (rest_joints[p] if p >= 0 else 0)
        world[j] = (world[p] if p >= 0 else np.eye(4)) @ local
    unrest = np.tile(np.eye(4), (len(pose), 1, 1))
    unrest[:, :3, 3] = -rest_joints
    dense = np.zeros((len(rest), len(pose)))
    np.add.at(dense, (np.arange(len(rest))[:, None], model.weight_idx), model.weights.astype(np.float64))
    blended = np.einsum("vj,jab->vab", dense, world @ unrest)
    vertices = np.einsum("vab,vb->va", blended, np.c_[rest, np.ones(len(rest))])[:, :3]
    return vertices + translation, world[:, :3, 3] + translation


def test_small_bodies_agree_with_the_oracle(small_body):
    shape, pose, translation = random_bodies(small_body, 6)
    posed = pose_bodies(small_body, shape, pose, translation)
    for b in range(6):
        vertices, joints = oracle(small_body, shape[b], pose[b], translation[b])
        np.testing.assert_allclose(posed.vertices[b], vertices, atol=1e-5)
        np.testing.assert_allclose(posed.joints[b], joints, atol=1e-5)


@pytest.mark.parametrize("width", [4, 9])
def test_pose_blendshapes_correct_the_rest(small_body, width):
    model = with_posedirs(small_body, width)
    shape, pose, translation = random_bodies(model, 20)
    pose *= 3.0 / np.maximum(
        np.linalg.norm(pose, axis=-1, keepdims=True), 3.0
    )  # beyond half a turn q and -q are the same
    posed = pose_bodies(model, shape, pose, translation)
    for b in range(20):
        vertices, _ = oracle(model, shape[b], pose[b], translation[b])
        np.testing.assert_allclose(posed.vertices[b], vertices, atol=1e-5)


def test_joints_at_rest_have_no_blendshapes(small_body):
    model = with_posedirs(small_body, 9)
    shape, pose, translation = random_bodies(model, 3)
    pose[:, [1, 3, 4, 5]] = 0
    plain, corrected = (pose_bodies(m, shape, pose, translation) for m in (small_body, model))
    np.testing.assert_array_equal(plain.vertices, corrected.vertices)


def kavan(model, rest, skinning):
    """One body as Kavan et al. (2008) write it, algorithm 1, in float64."""
    q = np.roll(Rotation.from_matrix(skinning[:, :, :3]).as_quat(), 1, axis=1)
    t = np.c_[np.zeros(len(q)), skinning[:, :, 3]]
    pivot = np.sign((q[model.weight_idx] * q[model.weight_idx[:, :1]]).sum(axis=2, keepdims=True))
    weights = model.weights[..., None] * pivot
    real, dual = ((weights * x[model.weight_idx]).sum(axis=1) for x in (q, 0.5 * times(t, q)))
    length = np.linalg.norm(real, axis=1, keepdims=True)
    real, dual = real / length, dual / length
    back = real * [1, -1, -1, -1]
    return (times(times(real, np.c_[np.zeros(len(rest)), rest]), back) + 2 * times(dual, back))[:, 1:]


def times(a, b):
    w = a[:, :1] * b[:, :1] - (a[:, 1:] * b[:, 1:]).sum(axis=1, keepdims=True)
    return np.c_[w, a[:, :1] * b[:, 1:] + b[:, :1] * a[:, 1:] + np.cross(a[:, 1:], b[:, 1:])]


def test_dual_quaternions_agree_with_kavan(body):
    shape, pose, translation = random_bodies(body, 3, seed=2)
    pose = np.clip(pose, -0.3, 0.3)  # no skin between bones half a turn apart, where each may choose its way round
    posed = pose_bodies(body, shape, pose, translation, "dqs")
    rest, joints = shape_rest(body, shape)
    skinning = np.empty((3, len(body.parents), 3, 4), np.float32)
    kernels.kinematics(joints, pose, body.parents, translation, skinning, np.empty_like(joints))
    for b in range(3):
        np.testing.assert_allclose(posed.vertices[b], kavan(body, rest[b], skinning[b]), atol=2e-5)


def test_dual_quaternions_keep_the_volume_of_a_wrung_limb(body):
    pose = np.zeros((1, len(body.parents), 3))
    axis = body.J_template[body.joint("wrist.L")] - body.J_template[body.joint("lowerarm02.L")]
    pose[0, body.joint("wrist.L")] = 2.6 * axis / np.linalg.norm(axis)
    shape, still = np.zeros((1, len(body.shapedirs))), np.zeros((1, 3))
    limb = np.isin(body.weight_idx[:, 0], [body.joint("wrist.L"), body.joint("lowerarm02.L")])
    limb &= body.weights[:, 0] < 0.7  # between the two
    centre = body.J_template[body.joint("wrist.L")]
    spread = []
    for method in ("lbs", "dqs"):
        offset = pose_bodies(without_posedirs(body), shape, pose, still, method).vertices[0, limb] - centre
        along = offset @ axis / np.linalg.norm(axis)
        spread.append(np.sqrt(np.square(offset).sum(axis=1) - along**2).mean())
    assert spread[1] > 1.2 * spread[0]


def test_the_body_agrees_with_the_oracle(body):
    shape, pose, translation = random_bodies(body, 2, seed=1)
    posed = pose_bodies(body, shape, pose, translation)
    for b in range(2):
        vertices, joints = oracle(body, shape[b], pose[b], translation[b])
        np.testing.assert_allclose(posed.vertices[b], vertices, atol=1e-5)
        np.testing.assert_allclose(posed.joints[b], joints, atol=1e-5)


def test_no_rotation_is_the_rest_pose(body):
    shape, pose, translation = random_bodies(body, 2)
    posed = pose_bodies(body, shape, 0 * pose, 0 * translation)
    vertices, joints = shape_rest(body, shape)
    np.testing.assert_allclose(posed.vertices, vertices, atol=2e-6)
    np.testing.assert_allclose(posed.joints, joints, atol=2e-6)
    still = pose_bodies(body, 0 * shape, 0 * pose, 0 * translation)
    np.testing.assert_allclose(still.vertices[0], body.v_template, atol=2e-6)


@settings(max_examples=20)
@given(st.tuples(*[st.floats(-3, 3)] * 3), st.tuples(*[st.floats(-3, 3)] * 3), st.integers(0, 1000))
def test_turning_and_moving_the_root_turns_and_moves_everything(small_body, turn, move, seed):
    shape, pose, _ = random_bodies(small_body, 1, seed)
    pose[:, 0] = 0
    before = pose_bodies(small_body, shape, pose, np.zeros((1, 3)))
    pose[:, 0] = turn
    after = pose_bodies(small_body, shape, pose, np.array([move]))
    R, root = matrix_from_axis_angle(turn), before.joints[0, 0]
    for moved, still in ((after.vertices, before.vertices), (after.joints, before.joints)):
        np.testing.assert_allclose(moved[0], (still[0] - root) @ R.T + root + move, atol=1e-5)
    np.testing.assert_allclose(after.normals[0], before.normals[0] @ R.T, atol=1e-3)


@pytest.mark.parametrize("method", DEFORMATIONS)
def test_a_batch_is_its_stacked_singles_to_the_bit(body, scape, method):
    n = LANES + 3
    shape, pose, translation = random_bodies(body, n)
    together = pose_bodies(body, shape, pose, translation, method, scape)
    points = keypoints(body, together.vertices)
    for b in (0, 1, LANES - 1, LANES, n - 1):
        alone = pose_bodies(body, shape[b : b + 1], pose[b : b + 1], translation[b : b + 1], method, scape)
        np.testing.assert_array_equal(alone.vertices[0], together.vertices[b])
        np.testing.assert_array_equal(alone.normals[0], together.normals[b])
        np.testing.assert_array_equal(alone.joints[0], together.joints[b])
        np.testing.assert_array_equal(keypoints(body, alone.vertices)[0], points[b])


def test_normals_are_unit_and_point_outward(body):
    normals = vertex_normals(body.v_template[None], body.faces)[0]
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    assert kernels.volume(body.v_template, body.faces) > 0.05
    grown = body.v_template + 0.001 * normals
    assert kernels.volume(grown, body.faces) > kernels.volume(body.v_template, body.faces)


def test_normals_are_the_faces_normals_weighted_by_area(small_body):
    points = small_body.v_template.astype(np.float64)
    a, b, c = (points[small_body.faces[:, i]] for i in range(3))
    expected = np.zeros_like(points)
    for i in range(3):
        np.add.at(expected, small_body.faces[:, i], np.cross(b - a, c - a))
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(vertex_normals(points[None], small_body.faces)[0], expected, atol=1e-5)


def test_a_vertex_without_area_has_no_normal():
    flat = np.zeros((1, 3, 3), dtype=np.float32)
    np.testing.assert_array_equal(vertex_normals(flat, np.array([[0, 1, 2]], dtype=np.int32)), np.zeros((1, 3, 3)))


def test_volume_of_a_ball(small_body):
    assert kernels.volume(small_body.v_template, small_body.faces) == pytest.approx(4 / 3 * np.pi, rel=0.05)


def test_keypoints_are_the_regressors_times_the_vertices(small_body):
    points = np.random.default_rng(0).normal(size=(4, len(small_body.v_template), 3))
    expected = np.einsum("pv,bvc->bpc", small_body.keypoints.astype(np.float64), points)
    np.testing.assert_allclose(keypoints(small_body, points), expected, atol=1e-5)


def test_basis_of_any_rank_is_summed_whole():
    rng = np.random.default_rng(0)
    for rank in (1, 3, 7, 8, 9, 19):  # the kernel takes eight components at a time
        template, directions = rng.normal(size=5000), rng.normal(size=(rank, 5000))
        coefficients = rng.normal(size=(3, rank)).astype(np.float32)
        out = np.empty((3, 5000), dtype=np.float32)
        kernels.blend(template.astype(np.float32), directions.astype(np.float32), coefficients, out)
        np.testing.assert_allclose(out, template + coefficients @ directions, atol=1e-4)


@pytest.mark.parametrize(
    ("shape", "pose", "translation", "message"),
    [
        ((2, 4), (2, 7, 3), (2, 3), r"shape has shape \(2, 4\), expected \(B, 5\)"),
        ((5,), (1, 7, 3), (1, 3), r"shape has shape \(5,\), expected \(B, 5\)"),
        ((2, 5), (2, 6, 3), (2, 3), r"pose has shape \(2, 6, 3\), expected \(2, 7, 3\)"),
        ((2, 5), (1, 7, 3), (2, 3), r"pose has shape \(1, 7, 3\), expected \(2, 7, 3\)"),
        ((2, 5), (2, 7, 3), (3,), r"translation has shape \(3,\), expected \(2, 3\)"),
    ],
)
def test_arrays_of_another_model_are_refused(small_body, shape, pose, translation, message):
    with pytest.raises(InputError, match=message):
        pose_bodies(small_body, np.zeros(shape), np.zeros(pose), np.zeros(translation))


def test_a_pose_that_is_not_finite_is_refused(small_body):
    shape, pose, translation = random_bodies(small_body, 2)
    pose[1, 3, 2] = np.nan
    with pytest.raises(InputError, match=r"pose .* not finite, first at index \[1 3 2\]"):
        pose_bodies(small_body, shape, pose, translation)


def test_keypoints_of_another_mesh_are_refused(small_body):
    with pytest.raises(InputError, match="vertices has shape"):
        keypoints(small_body, np.zeros((1, 10, 3)))


def test_an_unknown_deformation_is_refused_with_the_known(small_body):
    with pytest.raises(InputError, match="no deformation is called 'cor'; expected one of lbs, dqs, scape"):
        pose_bodies(small_body, *random_bodies(small_body, 1), "cor")


def test_scape_without_its_model_or_with_anothers_is_refused(small_body, scape):
    for other in (None, scape):
        with pytest.raises(InputError, match="'scape' needs the Scape model that was learned for this very body"):
            pose_bodies(small_body, *random_bodies(small_body, 1), "scape", other)


OTHER_PROCESSOR = {  # as on the oldest x86-64, whatever runs the test
    "NUMBA_CPU_NAME": "generic",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX",
}
POSE_AND_PRINT = """
import sys, hashlib, warnings, numpy as np
warnings.simplefilter("ignore")  # NumPy tells of features that this processor has not
from pathlib import Path
from manikin.tasks.bodies.evaluate import keypoints, pose_bodies
from manikin.tasks.bodies.model import BodyModel
model, drawn = BodyModel.load(Path(sys.argv[1])), np.load(sys.argv[2])
arrays = []
for method in ("lbs", "dqs"):
    posed = pose_bodies(model, drawn["shape"], drawn["pose"], drawn["translation"], method)
    arrays += [posed.vertices, posed.normals, posed.joints, keypoints(model, posed.vertices)]
print(hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest())
"""


@pytest.mark.slow
def test_another_processor_gives_the_same_bits(small_body, tmp_path):
    with_posedirs(small_body, 9).save(tmp_path / "body.npz")
    shape, pose, translation = random_bodies(small_body, 20)
    np.savez(tmp_path / "drawn.npz", shape=shape, pose=pose, translation=translation)
    digests = {
        subprocess.run(
            [sys.executable, "-c", POSE_AND_PRINT, str(tmp_path / "body.npz"), str(tmp_path / "drawn.npz")],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache"), **processor},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for processor in ({}, OTHER_PROCESSOR)
    }
    assert len(digests) == 1
