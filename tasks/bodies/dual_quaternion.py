"""Dual quaternion skinning (Kavan et al. 2008): blends rigid motions instead of matrices, so that no joint loses volume.

A rigid motion is a unit dual quaternion, eight numbers: the rotation q and half the translation times q. Its negative is
the same motion, but blends otherwise; each joint takes the sign nearer to its parent's, so that skin between two joints turns
the short way, and a twist that several joints share may add up to more than half a turn.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.lanes import blend_transforms
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


@kernel
def _quaternion(m: F32, q: F64) -> None:
    """Fill q (4,) w, x, y, z with a quaternion of the rotation in m (3, 4): the best column of 4 q qᵀ (Shepperd 1978)."""
    a, b, c = np.float64(m[0, 0]), np.float64(m[1, 1]), np.float64(m[2, 2])
    trace = a + b + c
    best = max(trace, a, b, c)
    if best == trace:
        q[0], q[1], q[2], q[3] = 1.0 + trace, m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]
    elif best == a:
        q[0], q[1], q[2], q[3] = m[2, 1] - m[1, 2], 1.0 + a - b - c, m[0, 1] + m[1, 0], m[0, 2] + m[2, 0]
    elif best == b:
        q[0], q[1], q[2], q[3] = m[0, 2] - m[2, 0], m[0, 1] + m[1, 0], 1.0 + b - a - c, m[1, 2] + m[2, 1]
    else:
        q[0], q[1], q[2], q[3] = m[1, 0] - m[0, 1], m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], 1.0 + c - a - b
    length = np.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
    for k in range(4):
        q[k] /= length


@kernel
def dual_quaternions(skinning: F32, parents: I32, out: F32) -> None:
    """Fill out (J, 8, L) with the dual quaternions of the rigid motions (L, J, 3, 4): real w, x, y, z and then dual."""
    q, before = np.empty(4), np.empty((parents.shape[0], 4))
    for i in range(skinning.shape[0]):
        for j in range(parents.shape[0]):
            m, p = skinning[i, j], parents[j]
            _quaternion(m, q)
            if p >= 0:
                near = q[0] * before[p, 0] + q[1] * before[p, 1] + q[2] * before[p, 2] + q[3] * before[p, 3]
                if near < 0.0:
                    q[:] = -q
            before[j] = q
            w, x, y, z = q[0], q[1], q[2], q[3]
            a, b, c = 0.5 * m[0, 3], 0.5 * m[1, 3], 0.5 * m[2, 3]
            out[j, 0, i], out[j, 1, i], out[j, 2, i], out[j, 3, i] = w, x, y, z
            out[j, 4, i] = -(a * x + b * y + c * z)
            out[j, 5, i] = a * w + b * z - c * y
            out[j, 6, i] = b * w + c * x - a * z
            out[j, 7, i] = c * w + a * y - b * x


@kernel
def skin(transforms: F32, weights: F32, joints: I32, points: F32) -> None:
    """Move points (V, 3, L) by dual quaternions, transforms (J, 8 * L); weights (V, W) fall and end at the first zero."""
    n, two = points.shape[2], np.float32(2.0)
    blended = np.empty(8 * n, np.float32)
    m = blended.reshape(8, n)
    for v in range(points.shape[0]):
        blend_transforms(transforms, weights, joints, v, blended)
        for i in range(n):
            scale = np.float32(1.0) / np.sqrt(
                m[0, i] * m[0, i] + m[1, i] * m[1, i] + m[2, i] * m[2, i] + m[3, i] * m[3, i]
            )
            w, x, y, z = m[0, i] * scale, m[1, i] * scale, m[2, i] * scale, m[3, i] * scale
            e, a, b, c = m[4, i] * scale, m[5, i] * scale, m[6, i] * scale, m[7, i] * scale
            px, py, pz = points[v, 0, i], points[v, 1, i], points[v, 2, i]
            tx, ty, tz = y * pz - z * py + w * px, z * px - x * pz + w * py, x * py - y * px + w * pz
            points[v, 0, i] = px + two * ((y * tz - z * ty) + (w * a - e * x + y * c - z * b))
            points[v, 1, i] = py + two * ((z * tx - x * tz) + (w * b - e * y + z * a - x * c))
            points[v, 2, i] = pz + two * ((x * ty - y * tx) + (w * c - e * z + x * b - y * a))
