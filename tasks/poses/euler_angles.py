"""Rotations of joints from angles about coordinate axes, in any order, all joints and frames at once.

A turn about axis a on the right of a matrix only mixes its other two columns: R Rot(a, t) has the columns
(c R_u + s R_v, c R_v - s R_u) at u = a + 1, v = a + 2 (mod 3). This is elementwise, so it is quick and exact on any machine.
"""

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

X, Y, Z, NONE = 0, 1, 2, -1


def rotations_from_angles(angles: F64, axes: NDArray[np.int32], first: F64 | None = None) -> F64:
    """Return the rotations (F, S, 3, 3) first @ Rot(axes[s, 0], angles[f, s, 0]) @ Rot(axes[s, 1], ...) @ ...

    Args:
        angles: (F, S, K) radians.
        axes: (S, K) which axis each turn is about: X, Y, Z, or NONE for no turn.
        first: (S, 3, 3) what stands before the first turn; the identity when None.
    """
    columns = np.empty((3, *angles.shape[:2], 3))
    columns[:] = np.moveaxis(np.eye(3)[None] if first is None else first, -1, 0)[:, None]
    cosine, sine = np.cos(angles), np.sin(angles)
    for k in range(angles.shape[2]):
        for axis in (X, Y, Z):
            joints = np.flatnonzero(axes[:, k] == axis)
            u, v = (axis + 1) % 3, (axis + 2) % 3
            c, s = cosine[:, joints, k, None], sine[:, joints, k, None]
            at_u, at_v = columns[u][:, joints], columns[v][:, joints]
            columns[u][:, joints] = c * at_u + s * at_v
            columns[v][:, joints] = c * at_v - s * at_u
    return np.ascontiguousarray(np.moveaxis(columns, 0, -1))
