"""Fingers from one number each: 0 is flat, 1 a fist. They bend at three joints and close up sideways as they bend.

A model's rest hand has its fingers spread, as sculptors and scanners want it; a hand at rest keeps them nearly side by side,
and a fist closes only when all bend in parallel planes, which is what the ligaments of the knuckles see to.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.rotations import axis_angle_from_matrix, matrix_from_axis_angle
from manikin.tasks.poses.anatomy import Anatomy

F64 = NDArray[np.float64]

# flexion of the three joints of a finger in a full fist
FINGER_FIST = np.radians([[22.0, 38.0, 50.0]] + [[70.0, 85.0, 55.0]] * 4)
CLOSED_FLAT, CLOSED_FIST = (
    0.5,
    1.4,
)  # of the rest's spread, how much is closed up; beyond 1 the fingertips draw together
INDEX, MIDDLE = 1, 2  # of thumb, index, middle, ring, little


def finger_pose(anatomy: Anatomy, curls: F64) -> F64:
    """Return the rotations (N, 2, 5, 3, 3), axis-angle, of the finger joints, knuckles first; (N, 2, 0, 3, 3) without fingers.

    Args:
        anatomy: the body's.
        curls: (N, 2, 5) left and right, thumb to little finger: 0 flat, 1 a fist.
    """
    flat, n_fingers = anatomy.rig.finger_flat, anatomy.finger_joints.shape[1]
    flexion = (flat + curls[..., None] * (FINGER_FIST - flat))[:, :, :n_fingers]
    pose = flexion[..., None] * anatomy.finger_axes
    if n_fingers:
        closed = CLOSED_FLAT + np.clip(curls[..., INDEX:], 0.0, 1.0) * (CLOSED_FIST - CLOSED_FLAT)
        aside = matrix_from_axis_angle(-closed[..., None] * _spread(anatomy))
        knuckle = matrix_from_axis_angle(pose[:, :, INDEX:, 0])
        pose[:, :, INDEX:, 0] = axis_angle_from_matrix(aside @ knuckle)
    return np.asarray(pose)


def curls_from_pose(anatomy: Anatomy, pose: F64) -> F64:
    """Return the curls (N, 2, 5) of the fingers of rig poses (N, J, 3), by their middle joints; zeros without fingers."""
    if not anatomy.finger_joints.size:
        return np.zeros((len(pose), 2, 5))
    flat = anatomy.rig.finger_flat
    middle = pose[:, anatomy.finger_joints[:, :, 1].ravel()].reshape(-1, 2, 5, 3)
    flexion = np.einsum("nsfi,sfi->nsf", middle, anatomy.finger_axes[:, :, 1])
    return np.asarray((flexion - flat[:, 1]) / (FINGER_FIST - flat)[:, 1])


def _spread(anatomy: Anatomy) -> F64:
    """Return by which turn (2, 4, 3) in the palm's plane each finger but the thumb points away from the middle finger at rest."""
    joints = anatomy.finger_joints
    bone = anatomy.rest[joints[:, INDEX:, 1]] - anatomy.rest[joints[:, INDEX:, 0]]
    middle = bone[:, MIDDLE - INDEX]
    normal = np.cross(anatomy.finger_axes[:, MIDDLE, 0], middle)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    sine = np.einsum("si,sfi->sf", normal, np.cross(middle[:, None], bone))
    cosine = np.einsum("si,sfi->sf", middle, bone) - np.einsum("si,si,sj,sfj->sf", middle, normal, normal, bone)
    return np.asarray(np.arctan2(sine, cosine)[..., None] * normal[:, None])
