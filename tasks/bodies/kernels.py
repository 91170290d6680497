"""The body's inner loops in Numba: shape, kinematics, keypoints, volume; `lanes` has those of posing.

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

_TILE = 1024  # floats: a tile of the whole basis stays in the second-level cache while all bodies of a batch use it


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
def _add_eight(c: F32, k: int, d: F32, start: int, out: F32) -> None:
    """Add eight components to a tile, in order; at a time, they spare seven of eight passes over it."""
    c0, c1, c2, c3, c4, c5, c6, c7 = c[k], c[k + 1], c[k + 2], c[k + 3], c[k + 4], c[k + 5], c[k + 6], c[k + 7]
    d0, d1, d2, d3, d4, d5, d6, d7 = d[k], d[k + 1], d[k + 2], d[k + 3], d[k + 4], d[k + 5], d[k + 6], d[k + 7]
    for i in range(out.shape[0]):
        q = np.uint64(start + i)
        four = (((out[i] + c0 * d0[q]) + c1 * d1[q]) + c2 * d2[q]) + c3 * d3[q]
        out[i] = (((four + c4 * d4[q]) + c5 * d5[q]) + c6 * d6[q]) + c7 * d7[q]


@kernel
def blend(template: F32, directions: F32, coefficients: F32, out: F32) -> None:
    """Fill out (B, M) with template (M,) + coefficients (B, K) @ directions (K, M)."""
    n, rank = template.shape[0], coefficients.shape[1]
    eights = rank - rank % 8
    for start in range(0, n, _TILE):
        stop = min(start + _TILE, n)
        for b in range(coefficients.shape[0]):
            tile, c = out[b, start:stop], coefficients[b]
            tile[:] = template[start:stop]
            for k in range(0, eights, 8):
                _add_eight(c, k, directions, start, tile)
            for k in range(eights, rank):
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
def pose_features(pose: F64, out: F32) -> None:
    """Fill out (J, C, B) with what pose blendshapes are multiplied by, from axis-angle (B, J, 3); see `BodyModel`."""
    R = np.empty((3, 3))
    for b in range(pose.shape[0]):
        for j in range(pose.shape[1]):
            x, y, z = pose[b, j, 0], pose[b, j, 1], pose[b, j, 2]
            if out.shape[1] == 9:
                _rotation(x, y, z, R)
                for k in range(9):
                    out[j, k, b] = R[k // 3, k % 3] - (1.0 if k % 4 == 0 else 0.0)
            else:
                angle = math.sqrt(x * x + y * y + z * z)
                scale = math.sin(0.5 * angle) / angle if angle > 0.0 else 0.5
                out[j, 0, b], out[j, 1, b], out[j, 2, b] = scale * x, scale * y, scale * z
                out[j, 3, b] = math.cos(0.5 * angle) - 1.0


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
