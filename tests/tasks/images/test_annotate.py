import numpy as np
import pytest

from manikin.tasks.images.annotate import Visibility, inside_image, label_joints, mask_box
from manikin.tasks.images.camera import Camera

CAMERA = Camera(K=np.array([[100.0, 0, 32], [0, 100, 32], [0, 0, 1]]), T_cam_world=np.eye(4), width=64, height=64)
THICK = np.array([0.05], np.float32)


def visibility(joint: tuple[float, float, float], depth: float) -> int:
    surface = np.full((64, 64), depth, np.float32)
    return int(label_joints(CAMERA, np.array([joint], np.float32), THICK, surface).visibility[0])


@pytest.mark.parametrize(
    ("joint", "depth", "expected"),
    [
        ((0, 0, 2), 1.95, Visibility.VISIBLE),  # skin just before the joint
        ((0, 0, 2), 1.6, Visibility.OWN_BODY),  # something nearer than the flesh explains
        ((0, 0, 2), 0.0, Visibility.VISIBLE),  # nothing drawn before it
        ((1, 0, 2), 1.95, Visibility.OUTSIDE),
        ((0, 0, -2), 0.0, Visibility.OUTSIDE),  # behind the camera
    ],
)
def test_visibility(joint: tuple[float, float, float], depth: float, expected: Visibility) -> None:
    assert visibility(joint, depth) == expected


def test_positions_agree_with_the_camera() -> None:
    joints = np.array([[0.1, -0.2, 2.0]], np.float32)
    labels = label_joints(CAMERA, joints, THICK, np.zeros((64, 64), np.float32))
    np.testing.assert_allclose(labels.xy, [[37, 22]], atol=1e-4)
    np.testing.assert_allclose(labels.camera, joints, atol=1e-6)


def test_box_is_tight() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[3:7, 10:12] = 255
    mask[0, 0] = 100  # less than half covered
    assert mask_box(mask) == (10, 3, 2, 4)
    assert mask_box(np.zeros((4, 4), np.uint8)) == (0, 0, 0, 0)


def test_right_and_lower_edges_are_outside() -> None:
    points = np.array([[0, 0], [63.9, 63.9], [64, 10], [10, 64], [-0.1, 3]])
    assert inside_image(points, 64, 64).tolist() == [True, True, False, False, False]
