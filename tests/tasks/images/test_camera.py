import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manikin.tasks.errors import InputError
from manikin.tasks.images.camera import Camera

K = np.array([[500.0, 0, 128], [0, 480, 96], [0, 0, 1]])


def turned(angle: float) -> np.ndarray:
    T = np.eye(4)
    T[:3, :3] = [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    T[:3, 3] = (0.1, -0.2, 3.0)
    return T


@given(angle=st.floats(-1, 1), x=st.floats(-1, 1), y=st.floats(-1, 1), z=st.floats(-1, 1))
def test_projection_is_the_textbooks(angle: float, x: float, y: float, z: float) -> None:
    T = turned(angle)
    xy, depth = Camera(K, T, 256, 192).project(np.array([x, y, z]))
    p = T @ [x, y, z, 1]
    q = K @ p[:3]
    np.testing.assert_allclose(xy, q[:2] / q[2], atol=1e-9)
    assert depth == pytest.approx(p[2])


def test_leading_axes_are_batch() -> None:
    points = np.random.default_rng(0).normal(size=(4, 5, 3))
    camera = Camera(K, turned(0.4), 256, 192)
    xy, depth = camera.project(points)
    assert xy.shape == (4, 5, 2)
    assert depth.shape == (4, 5)
    np.testing.assert_array_equal(xy[2, 3], camera.project(points[2, 3])[0])


def test_x_is_right_and_y_is_down() -> None:
    xy, _ = Camera(K, np.eye(4), 256, 192).project(np.array([[0, 0, 2.0], [1, 0, 2], [0, 1, 2]]))
    np.testing.assert_allclose(xy, [[128, 96], [128 + 250, 96], [128, 96 + 240]])


@pytest.mark.parametrize(
    ("K", "T", "size", "message"),
    [
        (K[:2], np.eye(4), (256, 192), "camera K"),
        (K * [[-1], [1], [1]], np.eye(4), (256, 192), "not mirroring"),
        (K * [[1], [1], [2]], np.eye(4), (256, 192), "last row 0 0 1"),
        (K, 2 * np.eye(4), (256, 192), "T_cam_world"),
        (K, np.diag([1.0, 1, -1, 1]), (256, 192), "a rotation"),
        (K, np.eye(3), (256, 192), "4 x 4"),
        (K, np.eye(4), (0, 192), "0 x 192 pixels"),
    ],
)
def test_what_is_no_camera_is_refused(K: np.ndarray, T: np.ndarray, size: tuple[int, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Camera(K, T, *size)
