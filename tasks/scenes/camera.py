"""Cameras that look at a person, from the plan's few numbers.

Two ways to stand: `eye`, a photographer's camera 0.8 to 1.9 m above the ground, and `sphere`, a direction uniform over the
sphere around the person, as in the summary of Chen et al. (2016). The distance is found so that the person fills the wished
share of the picture, and the camera is turned so that the person stands where the plan says.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.images.camera import Camera
from manikin.tasks.kernel import kernel

F64 = NDArray[np.float64]
CameraMode = Literal["eye", "sphere"]
NEAREST_M = 0.35  # no lens comes closer to the skin than this
MOST_ROUNDS = 60  # of the fixed point that frames the person; five will do, but for close views along the body
FRAMED = 1e-4  # share of the picture


@dataclass(frozen=True, slots=True)
class CameraPlan:
    """A camera before the person is known; the plan stores these fields as they are."""

    camera: CameraMode
    azimuth_deg: float  # where the camera stands around the person; 0 is in front of it
    elevation_deg: float  # above the horizon, seen from the person; of a sphere camera only
    camera_height_m: float  # above the ground; of an eye camera only
    roll_deg: float
    fov_deg: float  # vertical
    fill: float  # the longer side of the person's box, as a share of the picture
    shift_x: float  # of the box's centre from the picture's, as a share of the picture
    shift_y: float


def sample_camera(rng: np.random.Generator, mode: CameraMode) -> CameraPlan:
    """Return a camera drawn for one image.

    Args:
        rng: the row's camera stream.
        mode: `eye` or `sphere`.
    """
    azimuth = rng.uniform(-180, 180)
    elevation = np.rad2deg(np.arcsin(rng.uniform(-1, 1)))  # uniform over the sphere's area
    height = np.clip(rng.normal(1.45, 0.25), 0.8, 1.9)
    fill = rng.uniform(0.55, 0.92)
    slack = 0.8 * (1 - fill) / 2
    eye = mode == "eye"
    return CameraPlan(
        camera=mode,
        azimuth_deg=float(azimuth),
        elevation_deg=0.0 if eye else float(elevation),
        camera_height_m=float(height) if eye else 0.0,
        roll_deg=float(np.clip(rng.normal(0, 2.5 if eye else 10), -30, 30)),
        fov_deg=float(rng.uniform(25, 55)),
        fill=float(fill),
        shift_x=float(rng.uniform(-slack, slack)),
        shift_y=float(rng.uniform(-slack, slack)),
    )


def place_camera(plan: CameraPlan, points: F64, size: int) -> Camera:
    """Return the camera that frames the points as planned.

    Args:
        plan: the planned camera.
        points: (P, 3) metres, world; the person's vertices or a fair subset.
        size: height and width of the picture, pixels.
    """
    focal_px = 0.5 * size / np.tan(0.5 * np.deg2rad(plan.fov_deg))
    K = np.array([[focal_px, 0, size / 2], [0, focal_px, size / 2], [0, 0, 1]])
    target = 0.5 * (points.min(0) + points.max(0))
    wished = size * (0.5 + np.array([plan.shift_x, plan.shift_y]))
    reach = float(np.linalg.norm(points - target, axis=1).max())
    distance = reach / np.tan(0.5 * np.deg2rad(plan.fov_deg)) / plan.fill
    turn = np.eye(3)
    for _ in range(MOST_ROUNDS):
        left, top, right, bottom, nearest = _extent(points, _stand(plan, target, distance, turn), focal_px, size)
        centre = np.array([0.5 * (left + right), 0.5 * (top + bottom)])
        turn = _rotation_between(_ray(centre, focal_px, size), _ray(wished, focal_px, size)) @ turn
        grow = max(right - left, bottom - top) / (size * plan.fill)
        if abs(grow - 1) < FRAMED and np.abs(centre - wished).max() < FRAMED * size:
            break
        distance = max(distance * grow, distance - nearest + NEAREST_M)
    # Rounded to a nanometre, so that the last bits of one processor's sine do not show in the picture.
    T_cam_world = np.round(_stand(plan, target, distance, turn), 9)
    return Camera(K=np.round(K, 9), T_cam_world=T_cam_world, width=size, height=size)


@kernel
def _extent(points: F64, T: F64, focal_px: float, size: int) -> tuple[float, float, float, float, float]:
    """Return the box (left, top, right, bottom) in pixels of points (P, 3) and the depth of the nearest."""
    left = top = nearest = np.inf
    right = bottom = -np.inf
    for i in range(points.shape[0]):
        x, y, z = points[i]
        depth = T[2, 0] * x + T[2, 1] * y + T[2, 2] * z + T[2, 3]
        nearest = min(nearest, depth)
        scale = focal_px / max(depth, 0.05)
        u = (T[0, 0] * x + T[0, 1] * y + T[0, 2] * z + T[0, 3]) * scale + 0.5 * size
        v = (T[1, 0] * x + T[1, 1] * y + T[1, 2] * z + T[1, 3]) * scale + 0.5 * size
        left, right = min(left, u), max(right, u)
        top, bottom = min(top, v), max(bottom, v)
    return left, top, right, bottom, nearest


def _stand(plan: CameraPlan, target: F64, distance: float, turn: F64) -> F64:
    """Return T_cam_world of a camera at a distance from the target, looking at it, rolled and then turned."""
    azimuth = np.deg2rad(plan.azimuth_deg)
    if plan.camera == "eye":
        rise = float(np.clip((plan.camera_height_m - target[1]) / distance, -0.9, 0.9))
    else:
        rise = float(np.sin(np.deg2rad(plan.elevation_deg)))
    flat = np.sqrt(1 - rise**2)
    backward = np.array([flat * np.sin(azimuth), rise, flat * np.cos(azimuth)])
    up = np.array([0.0, 1, 0]) if flat > 1e-3 else np.array([-np.sin(azimuth), 0.0, -np.cos(azimuth)])
    right = _cross(up, backward)
    right /= np.linalg.norm(right)
    down = _cross(right, backward)
    roll = np.deg2rad(plan.roll_deg)
    R_roll = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    R = turn @ R_roll @ np.stack([right, down, -backward])
    T = np.eye(4)
    T[:3, :3] = R
    T[:3, 3] = -R @ (target + distance * backward)
    return T


def _ray(xy: F64, focal_px: float, size: int) -> F64:
    d = np.array([(xy[0] - size / 2) / focal_px, (xy[1] - size / 2) / focal_px, 1.0])
    ray: F64 = d / np.linalg.norm(d)
    return ray


def _rotation_between(a: F64, b: F64) -> F64:
    """Return the smallest rotation that turns unit vector a into b."""
    v, c = _cross(a, b), float(a @ b)
    X = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    rotation: F64 = np.eye(3) + X + X @ X / (1 + c)
    return rotation


def _cross(a: F64, b: F64) -> F64:
    # np.cross spends 30 us on the shapes of its arguments.
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])
