import numpy as np
import pytest

from manikin.tasks.bodies.deltamush import bending_targets, rings_of
from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.rotations import matrix_from_axis_angle


@pytest.fixture
def mean_shape(body):
    return np.zeros(len(body.shapedirs), np.float32)


def test_neighbours_are_those_across_edges(small_body):
    rings = rings_of(small_body.faces, len(small_body.v_template))
    around = [set(rings.neighbour[a:b].tolist()) for a, b in zip(rings.start, rings.start[1:], strict=False)]
    assert sorted({len(r) for r in around}) == [5, 6]  # an icosphere
    for v, ring in enumerate(around):
        of_faces = small_body.faces[(small_body.faces == v).any(axis=1)]
        assert ring == set(of_faces.ravel().tolist()) - {v}


def test_a_resting_body_keeps_every_detail(body):
    shape = np.random.default_rng(0).normal(size=len(body.shapedirs)).astype(np.float32)
    target = bending_targets(body, shape, np.zeros((1, len(body.parents), 3)))
    rest = pose_bodies(body, shape[None], np.zeros((1, len(body.parents), 3)), np.zeros((1, 3))).vertices
    np.testing.assert_allclose(target, rest, atol=2e-6)


def test_a_turned_body_is_the_same_body_turned(body, mean_shape):
    pose = np.zeros((2, len(body.parents), 3))
    pose[:, body.joint("lowerleg01.L")] = [1.5, 0, 0]
    turn = np.array([0.4, -1.2, 0.3])
    pose[1, 0] = turn
    still, turned = bending_targets(body, mean_shape, pose)
    root = body.J_template[0]
    np.testing.assert_allclose(turned, (still - root) @ matrix_from_axis_angle(turn).T + root, atol=1e-5)


def test_a_bent_knee_is_smoother_than_skinning_leaves_it(body, mean_shape):
    pose = np.zeros((1, len(body.parents), 3))
    pose[:, body.joint("lowerleg01.L")] = [2.2, 0, 0]
    target = bending_targets(body, mean_shape, pose)[0]
    rings = rings_of(body.faces, len(body.v_template))
    knee = np.flatnonzero(np.linalg.norm(body.v_template - body.J_template[body.joint("lowerleg01.L")], axis=1) < 0.1)

    def roughness(points):
        means = np.stack([points[rings.neighbour[rings.start[v] : rings.start[v + 1]]].mean(axis=0) for v in knee])
        return np.linalg.norm(points[knee] - means, axis=1).max()

    for method in ("lbs", "dqs"):
        skinned = pose_bodies(body, mean_shape[None], pose, np.zeros((1, 3)), method).vertices[0]
        assert roughness(target) < roughness(skinned)
