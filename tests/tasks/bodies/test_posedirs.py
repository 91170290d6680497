import numpy as np
import pytest

from manikin.tasks.bodies import kernels
from manikin.tasks.bodies.deltamush import bending_targets
from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.posedirs import bending_joints, fit_posedirs, without_posedirs
from manikin.tasks.bodies.rotations import matrix_from_axis_angle
from manikin.tasks.jobs.default_body import exercise_poses


@pytest.fixture(scope="module")
def unseen(body):
    """Random poses that nothing was learned from."""
    return exercise_poses(body, 24, np.random.default_rng(99))[-24:]


def error_mm(model, shape, poses, target):
    shapes, still = np.repeat(shape[None], len(poses), axis=0), np.zeros((len(poses), 3))
    offset = pose_bodies(model, shapes, poses, still).vertices - target
    return 1000 * np.sqrt(np.square(offset).sum(axis=2).mean())


@pytest.mark.parametrize(("seed", "share"), [(None, 0.36), (0, 0.62), (1, 0.62)])
def test_unseen_poses_bend_as_they_should(body, unseen, seed, share):
    shape = (
        np.zeros(len(body.shapedirs)) if seed is None else np.random.default_rng(seed).normal(size=len(body.shapedirs))
    )
    target = bending_targets(body, shape.astype(np.float32), unseen)
    before, after = (error_mm(m, shape, unseen, target) for m in (without_posedirs(body), body))
    assert before > 1.5
    assert after < share * before


def test_only_joints_that_bend_have_blendshapes_and_few_they_are(body):
    with_entries = np.flatnonzero(np.diff(body.posedir_start))
    assert set(with_entries) <= set(bending_joints(body))
    assert len(with_entries) > 25
    assert len(body.posedirs) == body.posedir_start[-1] == len(body.posedir_vertex)
    assert body.posedirs.nbytes < 1.5e6
    names = {body.joint_names[j] for j in with_entries}
    assert not [n for n in names if n.startswith(("finger", "metacarpal", "toe", "eye", "root", "pelvis"))]


def test_coefficients_are_on_a_grid(body):
    np.testing.assert_array_equal(body.posedirs * 2.0**17 % 1, 0)
    assert np.abs(body.posedirs).max() < 0.1


def test_a_blendshape_moves_only_skin_near_its_joint(body):
    for j in np.flatnonzero(np.diff(body.posedir_start)):
        vertices = body.posedir_vertex[body.posedir_start[j] : body.posedir_start[j + 1]]
        assert np.linalg.norm(body.v_template[vertices] - body.J_template[j], axis=1).max() < 0.55


def test_a_correction_that_is_known_is_found(small_body):
    """A blob of one bone a vertex, whose targets are made from blendshapes: they come back."""
    from dataclasses import replace

    rng = np.random.default_rng(0)
    n, joint = len(small_body.v_template), 3
    one = np.zeros_like(small_body.weights)
    one[:, 0] = 1
    model = replace(
        small_body,
        weights=one,
        weight_idx=np.full_like(small_body.weight_idx, joint),
        joint_names=("root", "a", "b", "head", "c", "d", "e"),
    )
    directions = rng.normal(0, 0.01, (n, 9, 3))
    poses = np.zeros((80, 7, 3))
    poses[:, joint] = rng.normal(0, 1.0, (80, 3))
    truth = replace(
        model,
        posedirs=directions.astype(np.float32),
        posedir_vertex=np.arange(n, dtype=np.int32),
        posedir_start=np.repeat([0, n], [4, 4]).astype(np.int32),
    )
    shapes, still = np.zeros((80, 5)), np.zeros((80, 3))
    target = pose_bodies(truth, shapes, poses, still).vertices
    found = fit_posedirs(model, poses, target)
    before, after = (np.abs(pose_bodies(m, shapes, poses, still).vertices - target).mean() for m in (model, found))
    assert after < 0.1 * before


def test_volume_stays_that_of_a_body(body, unseen):
    shapes, still = np.zeros((len(unseen), len(body.shapedirs))), np.zeros((len(unseen), 3))
    at_rest = kernels.volume(body.v_template, body.faces)
    for vertices in pose_bodies(body, shapes, unseen, still).vertices:
        assert 0.85 < kernels.volume(vertices, body.faces) / at_rest < 1.05


def test_features_turn_with_the_joint_alone(body):
    pose = np.zeros((1, len(body.parents), 3))
    pose[0, body.joint("lowerleg01.L")] = [1.2, 0, 0]
    out = np.empty((len(body.parents), 9, 1), np.float32)
    kernels.pose_features(pose, out)
    expected = matrix_from_axis_angle([1.2, 0, 0]) - np.eye(3)
    np.testing.assert_allclose(out[body.joint("lowerleg01.L"), :, 0], expected.ravel(), atol=1e-6)
    assert np.count_nonzero(out.any(axis=(1, 2))) == 1
