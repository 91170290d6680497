"""Postures: poses in anatomical terms, before they meet a rig, and what is easy to do there: mirror, turn, join.

A posture is the rotation of each segment against its parent segment (zero = the anatomical position) and the curl of each
finger. It becomes a rig pose by `pose_of`; `postures_of` is the way back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.rotations import matrix_from_axis_angle, swing_twist
from manikin.tasks.poses.anatomy import DOWN, MIRRORED, PARENTS, SEGMENT, Anatomy
from manikin.tasks.poses.clip import compose_chain, local_rotations
from manikin.tasks.poses.fingers import curls_from_pose
from manikin.tasks.poses.rig import pose_from_segments, segments_from_pose

F64 = NDArray[np.float64]

MIRROR = np.diag([-1.0, 1.0, 1.0])
RELAXED_CURLS = np.array([0.25, 0.22, 0.28, 0.33, 0.38])  # thumb to little finger, a hand that does nothing
RELAXED_PRONATION, RELAXED_WRIST_FLEXION = np.radians(25.0), np.radians(5.0)
# how far the collarbone follows the arm, per degree of elevation beyond the A-pose's 45, and forward or back with the hand
RHYTHM_ELEVATION, RHYTHM_LOWERING, RHYTHM_PROTRACTION, RHYTHM_RETRACTION = 0.2, 0.07, np.radians(14.0), np.radians(10.0)


@dataclass(frozen=True, slots=True)
class Postures:
    """N postures."""

    local: F64  # (N, S, 3, 3) rotation of each segment against its parent, the pelvis against the world
    curls: F64  # (N, 2, 5) left and right, thumb to little finger: 0 flat, 1 a fist

    def __len__(self) -> int:
        return len(self.local)

    def __getitem__(self, rows: slice | NDArray[np.integer] | NDArray[np.bool_]) -> "Postures":
        return Postures(self.local[rows], self.curls[rows])


def joined(parts: Sequence[Postures]) -> Postures:
    """Return all postures in one record, in order."""
    return Postures(np.concatenate([p.local for p in parts]), np.concatenate([p.curls for p in parts]))


def pose_of(anatomy: Anatomy, postures: Postures) -> F64:
    """Return the rig poses (N, J, 3), axis-angle, of postures."""
    return pose_from_segments(anatomy, compose_chain(postures.local, PARENTS), postures.curls)


def postures_of(anatomy: Anatomy, pose: F64) -> Postures:
    """Return the postures that rig poses (N, J, 3) hold; finger detail beyond one curl a finger is lost."""
    return Postures(local_rotations(segments_from_pose(anatomy, pose), PARENTS), curls_from_pose(anatomy, pose))


def mirrored(postures: Postures) -> Postures:
    """Return the postures as a mirror shows them, left and right exchanged; twice is the original."""
    return Postures(MIRROR @ postures.local[:, MIRRORED] @ MIRROR, postures.curls[:, ::-1])


def without_heading(postures: Postures) -> Postures:
    """Return the postures turned about the vertical so that the pelvis has no turn about it: the body faces +z."""
    local = postures.local.copy()
    local[:, 0] = remove_heading(local[:, 0])
    return Postures(local, postures.curls)


def remove_heading(root: F64) -> F64:
    """Return root rotations (..., 3, 3) less their turn about the world's vertical.

    The turn is the twist about y, which stays defined for lying bodies; only upside down it is arbitrary.
    """
    inverse_swing, _ = swing_twist(np.swapaxes(root, -1, -2), [0.0, 1.0, 0.0])
    return np.swapaxes(inverse_swing, -1, -2)


def clavicle_rhythm(arm: F64, side: str) -> F64:
    """Return the collarbone's rotation (..., 3, 3) that goes with an upper arm (..., 3, 3), both against the chest.

    Raised arms lift the shoulder and arms held forward pull it forward (the scapulo-humeral rhythm, Inman 1944; the rates
    are those at which this rig's shoulder looks right).
    """
    direction = arm @ DOWN
    beyond = np.degrees(np.arccos(np.clip(-direction[..., 1], -1.0, 1.0))) - 45.0
    elevation = np.radians(beyond) * np.where(beyond > 0, RHYTHM_ELEVATION, RHYTHM_LOWERING)
    forward = direction[..., 2] * np.where(direction[..., 2] > 0, RHYTHM_PROTRACTION, RHYTHM_RETRACTION)
    sign = 1.0 if side == "L" else -1.0
    return matrix_from_axis_angle(np.stack([np.zeros_like(forward), -sign * forward, sign * elevation], axis=-1))


def with_rhythm(local: F64) -> F64:
    """Return segment rotations (..., S, 3, 3) with each clavicle turned, first, as its arm asks."""
    out = local.copy()
    for s in "LR":
        clavicle, arm = SEGMENT[f"clavicle.{s}"], SEGMENT[f"upper_arm.{s}"]
        out[..., clavicle, :, :] = local[..., clavicle, :, :] @ clavicle_rhythm(local[..., arm, :, :], s)
    return out
