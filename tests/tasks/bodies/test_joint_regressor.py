import numpy as np

from manikin.tasks.bodies.evaluate import shape_rest


def regressed(scape, vertices):
    return np.einsum("jm,bjmc->bjc", scape.joint_weight, vertices[:, scape.joint_vertex])


def test_weights_sum_to_one_and_none_makes_up_for_another(scape):
    np.testing.assert_allclose(scape.joint_weight.sum(axis=1, dtype=np.float64), 1, atol=1e-6)
    assert np.abs(scape.joint_weight).max() < 2


def test_joints_of_any_adult_are_found_from_the_skin(body, scape):
    shape = np.random.default_rng(0).normal(size=(40, len(body.shapedirs)))
    vertices, joints = shape_rest(body, shape)
    error_mm = 1000 * np.linalg.norm(regressed(scape, vertices) - joints, axis=2)
    assert error_mm.mean() < 3
    assert np.quantile(error_mm, 0.99) < 14


def test_vertices_stand_around_their_joint(body, scape):
    for name in ("lowerarm01.L", "lowerleg01.R", "wrist.L", "spine02"):
        j = body.joint(name)
        used = scape.joint_vertex[j][scape.joint_weight[j] != 0]
        offset = body.v_template[used] - body.J_template[j]
        assert (offset.min(axis=0) < 0).all()
        assert (offset.max(axis=0) > 0).all()
