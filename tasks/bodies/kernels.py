"""The body's inner loops in Numba: shape, kinematics, skinning, normals, keypoints, volume.

No fast-math, no threads and no BLAS: every sum runs in a fixed order, so a body is the same to the last bit alone or in
a batch and on every x86-64 machine. Kernels release the GIL and check nothing; `evaluate` checks what comes in.
"""

import math

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_TILE = 2048  # floats: a tile of the whole basis stays in the second-level cache while all bodies of a batch use it


@kernel
def product(a: F64, b: F64) -> F64:
    """Return a @ b, summed in order."""
    out = np.zeros((a.shape[0], b.shape[1]))
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            x = a[i, k]
            if x != 0.0:
                for j in range(b.shape[1]):
                    out[i, j] += x * b[k, j]
    return out


@kernel
def _add(out: F32, a: float, x: F32, b: float, y: F32, c: float, z: F32, d: float, w: F32) -> None:
    """Add a x + b y + c z + d w to out, in this order; four at a time spares three of four passes over out."""
    for i in range(out.shape[0]):
        out[i] = (((out[i] + a * x[i]) + b * y[i]) + c * z[i]) + d * w[i]


@kernel
def blend(template: F32, directions: F32, coefficients: F32, out: F32) -> None:
    """Fill out (B, M) with template (M,) + coefficients (B, K) @ directions (K, M)."""
    n, rank = template.shape[0], coefficients.shape[1]
    fours = rank - rank % 4
    for start in range(0, n, _TILE):
        stop = min(start + _TILE, n)
        for b in range(coefficients.shape[0]):
            tile, c = out[b, start:stop], coefficients[b]
            tile[:] = template[start:stop]
            for k in range(0, fours, 4):
                d0, d1 = directions[k, start:stop], directions[k + 1, start:stop]
                d2, d3 = directions[k + 2, start:stop], directions[k + 3, start:stop]
                _add(tile, c[k], d0, c[k + 1], d1, c[k + 2], d2, c[k + 3], d3)
            for k in range(fours, rank):
                d = directions[k, start:stop]
                for i in range(stop - start):
                    tile[i] += c[k] * d[i]


@kernel
def _rotation(x: float, y: float, z: float, R: F64) -> None:
    """Fill R (3, 3) with the rotation of the axis-angle vector x, y, z."""
    angle = math.sqrt(x * x + y * y + z * z)
    if angle < 1e-8:
        a, b = 1.0, 0.5
    else:
        a, b = math.sin(angle) / angle, 2.0 * (math.sin(0.5 * angle) / angle) ** 2
    R[0, 0], R[0, 1], R[0, 2] = 1.0 - b * (y * y + z * z), b * x * y - a * z, b * x * z + a * y
    R[1, 0], R[1, 1], R[1, 2] = b * x * y + a * z, 1.0 - b * (x * x + z * z), b * y * z - a * x
    R[2, 0], R[2, 1], R[2, 2] = b * x * z - a * y, b * y * z + a * x, 1.0 - b * (x * x + y * y)


@kernel
def kinematics(rest: F32, pose: F64, parents: I32, translation: F64, skinning: F32, joints: F32) -> None:
    """Fill skinning (B, J, 3, 4), which maps rest points to posed points, and the posed joints (B, J, 3).

    rest (B, J, 3) joints at rest, pose (B, J, 3) axis-angle in axis-aligned frames, parents before children.
    """
    n = parents.shape[0]
    R = np.empty((3, 3))
    world = np.empty((n, 3, 4))  # rotation and position of each joint
    for b in range(pose.shape[0]):
        for j in range(n):
            _rotation(pose[b, j, 0], pose[b, j, 1], pose[b, j, 2], R)
            p = parents[j]
            for a in range(3):
                if p < 0:
                    for c in range(3):
                        world[j, a, c] = R[a, c]
                    world[j, a, 3] = np.float64(rest[b, j, a]) + translation[b, a]
                    continue
                position = world[p, a, 3]
                for c in range(3):
                    world[j, a, c] = world[p, a, 0] * R[0, c] + world[p, a, 1] * R[1, c] + world[p, a, 2] * R[2, c]
                    position += world[p, a, c] * (np.float64(rest[b, j, c]) - np.float64(rest[b, p, c]))
                world[j, a, 3] = position
            for a in range(3):
                offset = world[j, a, 3]
                joints[b, j, a] = offset
                for c in range(3):
                    skinning[b, j, a, c] = world[j, a, c]
                    offset -= world[j, a, c] * np.float64(rest[b, j, c])
                skinning[b, j, a, 3] = offset


@kernel
def skin(rest: F32, skinning: F32, weights: F32, joints: I32, out: F32) -> None:
    """Fill out (B, V, 3): linear blend skinning of rest (B, V, 3); weights (V, W) fall and end at the first zero."""
    zero = np.float32(0.0)
    for b in range(rest.shape[0]):
        for v in range(rest.shape[1]):
            m00 = m01 = m02 = m03 = m10 = m11 = m12 = m13 = m20 = m21 = m22 = m23 = zero
            for k in range(weights.shape[1]):
                w = weights[v, k]
                if w == zero:
                    break
                m = skinning[b, joints[v, k]]
                m00 += w * m[0, 0]
                m01 += w * m[0, 1]
                m02 += w * m[0, 2]
                m03 += w * m[0, 3]
                m10 += w * m[1, 0]
                m11 += w * m[1, 1]
                m12 += w * m[1, 2]
                m13 += w * m[1, 3]
                m20 += w * m[2, 0]
                m21 += w * m[2, 1]
                m22 += w * m[2, 2]
                m23 += w * m[2, 3]
            x, y, z = rest[b, v, 0], rest[b, v, 1], rest[b, v, 2]
            out[b, v, 0] = m00 * x + m01 * y + m02 * z + m03
            out[b, v, 1] = m10 * x + m11 * y + m12 * z + m13
            out[b, v, 2] = m20 * x + m21 * y + m22 * z + m23


@kernel
def normals(vertices: F32, faces: I32, out: F32) -> None:
    """Fill out (B, V, 3) with unit vertex normals, each the mean of its faces' weighted by area; 0 for no area."""
    zero = np.float32(0.0)
    out[:] = zero
    for b in range(vertices.shape[0]):
        p, n = vertices[b], out[b]
        for f in range(faces.shape[0]):
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            ax, ay, az = p[j, 0] - p[i, 0], p[j, 1] - p[i, 1], p[j, 2] - p[i, 2]
            bx, by, bz = p[k, 0] - p[i, 0], p[k, 1] - p[i, 1], p[k, 2] - p[i, 2]
            x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
            n[i, 0] += x
            n[i, 1] += y
            n[i, 2] += z
            n[j, 0] += x
            n[j, 1] += y
            n[j, 2] += z
            n[k, 0] += x
            n[k, 1] += y
            n[k, 2] += z
        for v in range(n.shape[0]):
            # Float64: the square of a small face's cross product would leave float32's range of normal numbers.
            x, y, z = np.float64(n[v, 0]), np.float64(n[v, 1]), np.float64(n[v, 2])
            length = math.sqrt(x * x + y * y + z * z)
            if length > 0.0:
                n[v, 0], n[v, 1], n[v, 2] = x / length, y / length, z / length


@kernel
def regress(regressors: F32, points: F32, out: F32) -> None:
    """Fill out (B, P, 3) with regressors (P, V) @ points (B, V, 3), skipping the zeros of the regressors."""
    out[:] = np.float32(0.0)
    for p in range(regressors.shape[0]):
        for v in range(regressors.shape[1]):
            w = regressors[p, v]
            if w != 0.0:
                for b in range(points.shape[0]):
                    out[b, p, 0] += w * points[b, v, 0]
                    out[b, p, 1] += w * points[b, v, 1]
                    out[b, p, 2] += w * points[b, v, 2]


@kernel
def volume(vertices: F32, faces: I32) -> float:
    """Return the volume in cubic metres enclosed by a closed mesh (V, 3), positive when its faces look outward."""
    total = 0.0
    for f in range(faces.shape[0]):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay, az = np.float64(vertices[i, 0]), np.float64(vertices[i, 1]), np.float64(vertices[i, 2])
        bx, by, bz = np.float64(vertices[j, 0]), np.float64(vertices[j, 1]), np.float64(vertices[j, 2])
        cx, cy, cz = np.float64(vertices[k, 0]), np.float64(vertices[k, 1]), np.float64(vertices[k, 2])
        total += ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
    return total / 6.0


@kernel
def nearest_distance(points: F32, skin: F32, out: F32) -> None:
    """Fill out (N,) with the distance of each point (N, 3) to the nearest vertex of skin (V, 3)."""
    for n in range(points.shape[0]):
        best = np.inf
        for v in range(skin.shape[0]):
            x, y, z = points[n, 0] - skin[v, 0], points[n, 1] - skin[v, 1], points[n, 2] - skin[v, 2]
            best = min(best, x * x + y * y + z * z)
        out[n] = math.sqrt(best)
