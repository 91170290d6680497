"""Labels of a rendered person: where its joints are, in the picture and in space, and whether they can be seen.

A joint sits inside the body, so the surface before it is nearer to the camera than the joint is. It counts as hidden by the
own body when that surface is further before it than the flesh around the joint explains.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.images.camera import Camera

F32 = NDArray[np.float32]
FLESH_SLACK = 1.5  # the ray to a joint crosses the flesh at a slant
SURFACE_SLACK_M = 0.03


class Visibility(IntEnum):
    """Why a joint can or cannot be seen."""

    OUTSIDE = 0
    OWN_BODY = 1
    OTHER = 2  # reserved: nothing but the person stands in a picture yet
    VISIBLE = 3


@dataclass(frozen=True, slots=True)
class JointLabels:
    """The joints of one skeleton in one image, N joints."""

    xy: F32  # (N, 2) pixels, x right, y down, pixel centres at +0.5
    camera: F32  # (N, 3) metres, camera frame
    world: F32  # (N, 3) metres
    visibility: NDArray[np.uint8]  # (N,) Visibility


def label_joints(camera: Camera, joints: F32, thickness: F32, depth: F32) -> JointLabels:
    """Return the labels of a skeleton's joints.

    Args:
        camera: the camera of the picture.
        joints: (N, 3) metres, world.
        thickness: (N,) metres of flesh around each joint.
        depth: (H, W) metres of the rendered person, 0 where there is none.
    """
    T = camera.T_cam_world
    p_cam = joints.astype(np.float64) @ T[:3, :3].T + T[:3, 3]
    xy, _ = camera.project(joints.astype(np.float64))
    return JointLabels(
        xy=xy.astype(np.float32),
        camera=p_cam.astype(np.float32),
        world=joints.astype(np.float32),
        visibility=_visibility(xy, p_cam[:, 2], thickness, depth),
    )


def inside_image(xy: NDArray[np.floating], width: int, height: int) -> NDArray[np.bool_]:
    """Answer for each point (N, 2) whether it lies in the picture."""
    return (xy[:, 0] >= 0) & (xy[:, 0] < width) & (xy[:, 1] >= 0) & (xy[:, 1] < height)


def _visibility(xy: NDArray[np.float64], z: NDArray[np.float64], thickness: F32, depth: F32) -> NDArray[np.uint8]:
    height, width = depth.shape
    inside = inside_image(xy, width, height) & (z > 0)
    i = np.clip(np.floor(xy).astype(int), 0, [width - 1, height - 1])
    surface = depth[i[:, 1], i[:, 0]]
    hidden = (surface > 0) & (surface < z - FLESH_SLACK * thickness - SURFACE_SLACK_M)
    seen = np.where(hidden, Visibility.OWN_BODY, Visibility.VISIBLE)
    return np.where(inside, seen, Visibility.OUTSIDE).astype(np.uint8)


def mask_box(mask: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Return the tight box (x, y, width, height) in pixels of a mask's covered half; zeros if it is empty.

    Args:
        mask: (H, W) coverage, 0..255.
    """
    covered = mask >= 128
    if not covered.any():
        return 0, 0, 0, 0
    columns, rows = np.flatnonzero(covered.any(0)), np.flatnonzero(covered.any(1))
    return (
        int(columns[0]),
        int(rows[0]),
        int(columns[-1] - columns[0] + 1),
        int(rows[-1] - rows[0] + 1),
    )
