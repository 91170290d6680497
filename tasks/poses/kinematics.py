"""Where the rig's joints are in a pose of the mean body: forward kinematics, compiled, for checks that need no mesh."""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.rotations import matrix_from_axis_angle
from manikin.tasks.kernel import kernel
from manikin.tasks.poses.anatomy import Anatomy

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_LIMB_JOINTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "ball")
COMPARED = ("head", "neck", "spine", *(f"{base}.{side}" for side in "LR" for base in _LIMB_JOINTS))  # landmarks


def joint_places(anatomy: Anatomy, pose: F32 | F64) -> F64:
    """Return the rig's joints (N, J, 3) in metres, the root where it is at rest, in poses (N, J, 3)."""
    local = matrix_from_axis_angle(pose)
    out = np.empty(local.shape[:-1])
    _places(local, anatomy.parents, rest_offsets(anatomy.rest, anatomy.parents), out)
    return out


def compared_joints(anatomy: Anatomy, places: F64) -> F64:
    """Return vectors (N, 51) whose distance is the root mean square distance of the compared joints, in metres."""
    hips = (places[:, anatomy.landmark("hip.L")] + places[:, anatomy.landmark("hip.R")]) / 2
    joints = places[:, [anatomy.landmark(n) for n in COMPARED]] - hips[:, None]
    return np.asarray(joints.reshape(len(places), 3 * len(COMPARED)) / np.sqrt(len(COMPARED)))


def rest_offsets(rest: F64, parents: I32) -> F64:
    """Return each joint's place at rest (J, 3) as seen from its parent, the root's as it is."""
    return np.where((parents >= 0)[:, None], rest - rest[parents], rest)


@kernel
def forward(local: F64, parents: I32, offsets: F64, turn: F64, place: F64) -> None:
    """Fill the global rotations (J, 3, 3) and places (J, 3) of one pose with local rotations (J, 3, 3)."""
    for j in range(len(parents)):
        p = parents[j]
        for x in range(3):
            if p < 0:
                place[j, x] = offsets[j, x]
                for y in range(3):
                    turn[j, x, y] = local[j, x, y]
                continue
            sum_ = place[p, x]
            for y in range(3):
                sum_ += turn[p, x, y] * offsets[j, y]
                turn[j, x, y] = (
                    turn[p, x, 0] * local[j, 0, y] + turn[p, x, 1] * local[j, 1, y] + turn[p, x, 2] * local[j, 2, y]
                )
            place[j, x] = sum_


@kernel
def _places(local: F64, parents: I32, offsets: F64, out: F64) -> None:
    turn = np.empty((len(parents), 3, 3))
    for i in range(len(local)):
        forward(local[i], parents, offsets, turn, out[i])
