import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from manikin.tasks.bodies.rotations import (
    axis_angle_from_matrix,
    fraction_of_rotation,
    frame_from_axes,
    geodesic_angle,
    matrix_from_axis_angle,
    rotation_between,
    slerp,
    swing_twist,
)

vectors = arrays(np.float64, 3, elements=st.floats(-4.0, 4.0, allow_subnormal=False))
directions = vectors.filter(lambda v: np.linalg.norm(v) > 1e-3)
rotations = st.builds(matrix_from_axis_angle, vectors)


@given(vectors)
def test_matrices_are_those_of_scipy(r):
    np.testing.assert_allclose(matrix_from_axis_angle(r), Rotation.from_rotvec(r).as_matrix(), atol=1e-13)


@given(directions, st.floats(0.0, np.pi))
def test_axis_angle_round_trip(axis, angle):
    r = axis / np.linalg.norm(axis) * angle
    back = axis_angle_from_matrix(matrix_from_axis_angle(r))
    if angle > np.pi - 1e-6:  # half a turn about an axis and about its opposite are the same
        back = back if back @ r >= 0 else -back
    np.testing.assert_allclose(back, r, atol=1e-7)


@pytest.mark.parametrize("angle", [0.0, 1e-300, 1e-12, 1e-8, 1e-4, np.pi - 1e-4, np.pi - 1e-9, np.pi])
def test_small_and_half_turns_keep_their_angle(angle):
    r = np.array([2.0, -3.0, 6.0]) / 7.0 * angle
    back = axis_angle_from_matrix(matrix_from_axis_angle(r))
    assert np.linalg.norm(back) == pytest.approx(angle, abs=1e-15, rel=1e-9)


@given(rotations, rotations)
def test_angles_are_symmetric_and_do_not_depend_on_the_frame(a, b):
    angle = geodesic_angle(a, b)
    assert 0.0 <= angle <= np.pi + 1e-12
    assert geodesic_angle(b, a) == pytest.approx(angle, abs=1e-9)
    turn = matrix_from_axis_angle([0.3, -1.2, 0.7])
    assert geodesic_angle(turn @ a, turn @ b) == pytest.approx(angle, abs=1e-7)


@given(rotations, directions)
def test_swing_and_twist_compose_to_the_rotation(R, axis):
    swing, angle = swing_twist(R, axis)
    unit = axis / np.linalg.norm(axis)
    np.testing.assert_allclose(swing @ matrix_from_axis_angle(unit * angle), R, atol=1e-12)
    assert -np.pi - 1e-12 <= angle <= np.pi + 1e-12
    assert axis_angle_from_matrix(swing) @ unit == pytest.approx(0.0, abs=1e-6)  # a swing does not turn about the axis
    np.testing.assert_allclose(swing @ unit, R @ unit, atol=1e-9)


@given(directions, st.floats(-3.1, 3.1))
def test_a_pure_twist_has_no_swing(axis, angle):
    swing, found = swing_twist(matrix_from_axis_angle(axis / np.linalg.norm(axis) * angle), axis)
    assert found == pytest.approx(angle, abs=1e-9)
    np.testing.assert_allclose(swing, np.eye(3), atol=1e-9)


@given(rotations, st.floats(0.0, 1.0))
def test_fractions_of_a_rotation_add_up(R, t):
    np.testing.assert_allclose(fraction_of_rotation(R, t) @ fraction_of_rotation(R, 1.0 - t), R, atol=1e-9)


@given(rotations, rotations, st.floats(0.0, 1.0))
def test_slerp_moves_evenly_from_one_end_to_the_other(a, b, t):
    assert geodesic_angle(a, slerp(a, b, t)) == pytest.approx(t * float(geodesic_angle(a, b)), abs=1e-6)
    np.testing.assert_allclose(slerp(a, b, 1.0), b, atol=1e-9)


@given(directions, directions)
def test_rotation_between_is_the_smallest_that_aligns(a, b):
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    R = rotation_between(a, b)
    np.testing.assert_allclose(R @ a, b, atol=1e-7)
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-7)
    assert geodesic_angle(np.eye(3), R) == pytest.approx(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b), abs=1e-6)


@pytest.mark.parametrize("a", [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [1.0, 1.0, 1.0]])
def test_opposite_directions_get_half_a_turn(a):
    R = rotation_between(a, -np.array(a))
    np.testing.assert_allclose(R @ a, -np.array(a), atol=1e-12)
    assert np.linalg.det(R) == pytest.approx(1.0)


@given(directions, directions)
def test_frames_are_rotations_with_the_primary_axis_first(x, y):
    if np.linalg.norm(np.cross(x, y)) < 1e-2 * np.linalg.norm(x) * np.linalg.norm(y):
        return
    frame = frame_from_axes(x, y)
    np.testing.assert_allclose(frame.T @ frame, np.eye(3), atol=1e-9)
    assert np.linalg.det(frame) == pytest.approx(1.0)
    np.testing.assert_allclose(frame[:, 0], x / np.linalg.norm(x), atol=1e-12)
    assert frame[:, 1] @ y > 0


def test_a_batch_is_its_stacked_singles():
    rng = np.random.default_rng(0)
    r, axis, t = rng.normal(size=(2, 5, 3)), rng.normal(size=3), rng.random((2, 5))
    R = matrix_from_axis_angle(r)
    for index in np.ndindex(2, 5):
        np.testing.assert_array_equal(matrix_from_axis_angle(r[index]), R[index])
        np.testing.assert_array_equal(axis_angle_from_matrix(R[index]), axis_angle_from_matrix(R)[index])
        np.testing.assert_allclose(swing_twist(R[index], axis)[0], swing_twist(R, axis)[0][index], atol=1e-15)
        np.testing.assert_allclose(slerp(R[0, 0], R[index], t[index]), slerp(R[0, 0], R, t)[index], atol=1e-15)
