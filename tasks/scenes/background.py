"""Which part of which photo stands behind a person.

A person floats when the photo's horizon is elsewhere than the camera's. Photographers hold cameras level, so a photo's
horizon is taken to be near the middle of its height, and the crop is laid so that it meets the horizon of the camera that
looks at the person; feet then stand on the photo's ground.
"""

from dataclasses import dataclass

import numpy as np

from manikin.tasks.images.camera import Camera

STEEP = 0.9  # sine of the pitch from which a camera sees no horizon to speak of


@dataclass(frozen=True, slots=True)
class BackgroundPlan:
    """A crop of a background photo; all lengths are shares of the photo's width and height."""

    background: str
    crop_x: float
    crop_y: float  # where the crop lies if the camera sees no horizon
    crop_w: float
    crop_h: float
    crop_flip: bool
    horizon: float  # height of the photo's horizon, from above


def sample_background(rng: np.random.Generator, name: str, width: int, height: int) -> BackgroundPlan:
    """Return a square crop drawn for one image.

    Args:
        rng: the row's background stream.
        name: the background's id.
        width: of the photo, pixels.
        height: of the photo, pixels.
    """
    side = min(width, height) * rng.uniform(0.55, 0.85)
    return BackgroundPlan(
        background=name,
        crop_x=float(rng.uniform(0, width - side) / width),
        crop_y=float(rng.uniform(0, height - side) / height),
        crop_w=float(side / width),
        crop_h=float(side / height),
        crop_flip=bool(rng.random() < 0.5),
        horizon=float(rng.uniform(0.45, 0.55)),
    )


def crop_box(plan: BackgroundPlan, camera: Camera) -> tuple[float, float, float, float]:
    """Return the crop (left, top, width, height) in shares of the photo, its horizon at the camera's where it can be."""
    y = plan.crop_y
    forward = camera.T_cam_world[2, :3]
    if abs(forward[1]) < STEEP:
        level = np.array([forward[0], 0, forward[2]])
        ahead = camera.T_cam_world[:3, :3] @ level
        row = camera.K[1, 1] * ahead[1] / ahead[2] + camera.K[1, 2]
        y = plan.horizon - plan.crop_h * float(row) / camera.height
    return plan.crop_x, float(np.clip(y, 0, 1 - plan.crop_h)), plan.crop_w, plan.crop_h
