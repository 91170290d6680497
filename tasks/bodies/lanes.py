"""Posing of up to `LANES` bodies side by side: pose blendshapes, linear blend skinning, normals.

A mesh is walked once for all bodies of a group: each number of it is loaded once, and the same operation runs over as
many bodies as a vector register has lanes. A lane knows nothing of the others, and its sums run in a fixed order, so a
body is the same to the last bit alone or in any group. Points are (V, 3, L), the bodies last.

Indices are unsigned, because Numba's rule for negative ones costs a branch, and a loop reads at most eight arrays and rows,
because LLVM leaves a loop with more scalar: it would have to prove too often that they do not overlap.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.kernel import inline, kernel

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
Row = np.uint64  # where a row begins in a flat array

LANES = 16  # more fill the second-level cache, fewer leave the loops' heads unpaid


@kernel
def gather(bodies: F32, points: F32) -> None:
    """Fill points (V, 3, L) with the vertices of bodies (L, V, 3)."""
    for v in range(points.shape[0]):
        for i in range(points.shape[2]):
            points[v, 0, i], points[v, 1, i], points[v, 2, i] = bodies[i, v, 0], bodies[i, v, 1], bodies[i, v, 2]


@kernel
def scatter(points: F32, bodies: F32) -> None:
    """Fill bodies (L, V, 3) with points (V, 3, L)."""
    for v in range(points.shape[0]):
        for i in range(points.shape[2]):
            bodies[i, v, 0], bodies[i, v, 1], bodies[i, v, 2] = points[v, 0, i], points[v, 1, i], points[v, 2, i]


@kernel
def add_posedirs(features: F32, posedirs: F32, vertex: I32, start: I32, points: F32) -> None:
    """Add to points (V, 3, L) the pose blendshapes times the joints' features (J, C, L); see `BodyModel`.

    A joint whose features are zero in all bodies costs nothing, as fingers and eyes mostly are. Hundreds of terms are summed
    by themselves, as millimetres: each added to a point a metre away would be rounded as coarsely as that.
    """
    moved = np.zeros_like(points)
    n, width = points.shape[2], features.shape[1]
    fours = width - width % 4
    for j in range(features.shape[0]):
        if start[j] == start[j + 1] or not features[j].any():
            continue
        f = features[j]
        for entry in range(start[j], start[j + 1]):
            e = np.uint32(entry)
            v = np.uint32(vertex[e])
            for c in range(3):
                for k in range(0, fours, 4):
                    a, b, d, g = posedirs[e, k, c], posedirs[e, k + 1, c], posedirs[e, k + 2, c], posedirs[e, k + 3, c]
                    for i in range(n):
                        moved[v, c, i] += ((a * f[k, i] + b * f[k + 1, i]) + d * f[k + 2, i]) + g * f[k + 3, i]
                for k in range(fours, width):
                    a = posedirs[e, k, c]
                    for i in range(n):
                        moved[v, c, i] += a * f[k, i]
    points += moved


@inline
def blend_transforms(transforms: F32, weights: F32, joints: I32, v: int, out: F32) -> None:
    """Fill out (M,) with the weighted sum of the transforms (J, M) of vertex v, in order; weights end at the first zero."""
    j, w = np.uint32(joints[v, 0]), weights[v, 0]
    for q in range(out.shape[0]):
        out[q] = w * transforms[j, q]
    for k in range(1, weights.shape[1]):
        j, w = np.uint32(joints[v, k]), weights[v, k]
        if w == 0.0:
            break
        for q in range(out.shape[0]):
            out[q] += w * transforms[j, q]


@kernel
def skin(transforms: F32, weights: F32, joints: I32, points: F32) -> None:
    """Move points (V, 3, L) by linear blend skinning.

    transforms (J, 12 * L): 3 by 4 matrices by rows, each number of all bodies; weights (V, W) fall and end at the first
    zero.
    """
    n = points.shape[2]
    blended, before = np.empty(12 * n, np.float32), np.empty((3, n), np.float32)
    m = blended.reshape(12, n)
    for v in range(points.shape[0]):
        blend_transforms(transforms, weights, joints, v, blended)
        before[:] = points[v]
        for c in range(3):
            r = 4 * c
            for i in range(n):
                points[v, c, i] = (
                    m[r, i] * before[0, i] + m[r + 1, i] * before[1, i] + m[r + 2, i] * before[2, i] + m[r + 3, i]
                )


@inline
def _minor(p: F32, i: Row, j: Row, k: Row, a: Row, b: Row, out: F32, row: Row, n: int) -> None:
    """Fill n numbers of out with one component of the cross product of two sides of the triangles i, j, k.

    i, j, k are where the corners' rows start in p, a and b where in a row the two other components do.
    """
    ia, ib, ja, jb, ka, kb = i + a, i + b, j + a, j + b, k + a, k + b
    for lane in range(n):
        q = np.uint64(lane)
        out[row + q] = (p[ja + q] - p[ia + q]) * (p[kb + q] - p[ib + q]) - (p[jb + q] - p[ib + q]) * (
            p[ka + q] - p[ia + q]
        )


@kernel
def normals(points: F32, faces: I32, out: F32) -> None:
    """Fill out (L, V, 3) with unit vertex normals of points (V, 3, L); 0 where there is no area.

    Each is the mean of its faces' normals, weighted by area.
    """
    n = points.shape[2]
    x, y, z = np.uint64(0), np.uint64(n), np.uint64(2 * n)
    row = np.uint64(3 * n)
    p, sums, area = points.ravel(), np.zeros(points.size, np.float32), np.empty(3 * n, np.float32)
    for t in range(faces.shape[0]):
        i, j, k = row * np.uint64(faces[t, 0]), row * np.uint64(faces[t, 1]), row * np.uint64(faces[t, 2])
        _minor(p, i, j, k, y, z, area, x, n)
        _minor(p, i, j, k, z, x, area, y, n)
        _minor(p, i, j, k, x, y, area, z, n)
        for number in range(3 * n):
            q = np.uint64(number)
            sums[i + q] += area[q]
            sums[j + q] += area[q]
            sums[k + q] += area[q]
    for v in range(points.shape[0]):
        for lane in range(n):
            # Float64: the square of a small face's cross product would leave float32's range of normal numbers.
            s = np.uint64(3 * n * v + lane)
            nx, ny, nz = np.float64(sums[s]), np.float64(sums[s + y]), np.float64(sums[s + z])
            length = np.sqrt(nx * nx + ny * ny + nz * nz)
            scale = 1.0 / length if length > 0.0 else 0.0
            out[lane, v, 0], out[lane, v, 1], out[lane, v, 2] = nx * scale, ny * scale, nz * scale
