import numpy as np
import pytest

from manikin.tasks.bodies.rotations import geodesic_angle
from manikin.tasks.poses.anatomy import SEGMENT
from manikin.tasks.poses.controls import BALLS, N_CONTROLS, VARIATION, control_space, mirrored_controls
from manikin.tasks.poses.keyposes import read_postures
from manikin.tasks.poses.postures import mirrored, with_rhythm


@pytest.fixture(scope="module")
def postures():
    return read_postures()[2]


@pytest.fixture(scope="module")
def space(postures):
    return control_space(postures)


def test_key_poses_survive_the_short_form(space, postures):
    """All but a shrug and what a hinge does beside bending, which controls leave out."""
    back = space.decode(space.encode(postures), postures.curls)
    away = np.degrees(geodesic_angle(back.local, postures.local))
    clavicles = [SEGMENT["clavicle.L"], SEGMENT["clavicle.R"]]
    assert np.delete(away, clavicles, axis=1).max() < 1e-3
    shrugging = np.abs(postures.local[:, clavicles] - with_rhythm(_without_clavicles(postures.local))[:, clavicles])
    plain = shrugging.max(axis=(1, 2, 3)) < 1e-9
    assert plain.sum() > 100
    assert away[plain].max() < 1e-3


def _without_clavicles(local):
    out = local.copy()
    out[:, [SEGMENT["clavicle.L"], SEGMENT["clavicle.R"]]] = np.eye(3)
    return out


def test_encoding_undoes_decoding(space):
    rng = np.random.default_rng(5)
    controls = rng.normal(size=(50, N_CONTROLS)) * 0.3
    controls = space.encode(space.decode(controls, np.zeros((50, 2, 5))))  # once, to remove the heading
    again = space.encode(space.decode(controls, np.zeros((50, 2, 5))))
    np.testing.assert_allclose(again, controls, atol=1e-6)


def test_the_space_is_symmetric(space, postures):
    np.testing.assert_allclose(space.encode(mirrored(postures)), mirrored_controls(space.encode(postures)), atol=1e-6)
    rng = np.random.default_rng(6)
    controls = rng.normal(size=(20, N_CONTROLS))
    np.testing.assert_array_equal(mirrored_controls(mirrored_controls(controls)), controls)


def test_no_joint_is_near_half_a_turn_from_its_origin(space, postures):
    """There the tangent space is cut, and neighbours would be far apart."""
    tangent = space.encode(postures)[:, : 3 * len(BALLS)].reshape(len(postures), len(BALLS), 3)
    assert np.degrees(np.linalg.norm(tangent, axis=-1)).max() < 150


def test_decoded_bodies_have_no_heading(space):
    controls = np.random.default_rng(7).normal(size=(30, N_CONTROLS)) * 0.5
    root = space.decode(controls, np.zeros((30, 2, 5))).local[:, 0]
    # no twist about y: the quaternion's y is 0, so the matrix is symmetric in x and z
    np.testing.assert_allclose(root[:, 0, 2], root[:, 2, 0], atol=1e-9)


def test_variation_is_small_and_positive():
    assert VARIATION.shape == (N_CONTROLS,)
    assert (VARIATION > 0).all()
    assert (np.radians(10) > VARIATION).all()
