"""Planes across the body that garments end at: about the neck, across arms and legs, and level ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.pattern.template import BodyFront

F64 = NDArray[np.float64]

_NECK_SLOPE = 0.286  # fall of a round neck from nape to throat
_NECK_DROP = 0.011  # of its plane under the neck's joint


@dataclass(frozen=True, slots=True)
class Plane:
    """The garment ends where points cross to the normal's side."""

    point: F64  # (3,) metres
    normal: F64  # (3,) unit

    def inside(self, position: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return how far (..., 3) points lie inside, in metres."""
        return np.asarray((self.point - position) @ self.normal.astype(position.dtype))


def limb_length(front: BodyFront, limb: str) -> float:
    """Return the length of "arm" (shoulder to wrist) or "leg" (hip to ankle), in metres."""
    return float(np.linalg.norm(np.diff(front.joints[f"{limb}_left"], axis=0), axis=1).sum())


def across_limb(front: BodyFront, limb: str, side: str, along: float) -> Plane:
    """Return the plane across "arm" or "leg" at a length from its root, its normal towards hand or foot."""
    joints = front.joints[f"{limb}_{side}"]
    bones = np.diff(joints, axis=0)
    lengths = np.linalg.norm(bones, axis=1)
    upper, lower = bones / lengths[:, None]
    t = float(np.clip((along - lengths[0] + 0.04) / 0.08, 0, 1))  # turns gradually about elbow and knee
    normal = (1 - t) * upper + t * lower
    if limb == "arm":
        # Towards the shoulder an armhole stands upright.
        outward = np.array([np.sign(joints[1, 0]), 0.0, 0.0])
        s = float(np.clip(along / 0.12, 0, 1))
        normal = s * normal + (1 - s) * outward
    point = joints[0] + upper * along if along < lengths[0] else joints[1] + lower * (along - lengths[0])
    return Plane(point, normal / np.linalg.norm(normal))


def across_neck(front: BodyFront, raised: float = 0.0) -> Plane:
    """Return the plane of a round neckline, raised by metres."""
    normal = np.array([0.0, 1.0, _NECK_SLOPE])
    return Plane(front.joints["neck"] + [0.0, raised - _NECK_DROP, 0.0], normal / np.linalg.norm(normal))


def level(height: float, is_upper: bool) -> Plane:
    """Return the level plane at a height; the garment lies under an upper edge and over a lower one."""
    return Plane(np.array([0.0, height, 0.0]), np.array([0.0, 1.0 if is_upper else -1.0, 0.0]))
