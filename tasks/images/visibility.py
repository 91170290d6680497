"""Which triangle is seen at each sample: a visibility buffer filled by exact integer edge functions.

Vertices are rounded to 1/256 of a sample's width and the edge functions are evaluated in 64-bit integers with the
top-left rule (Pineda, "A Parallel Algorithm for Polygon Rasterization", SIGGRAPH 1988), so that neighbouring triangles
leave neither a crack nor an overlap, and the result is the same on any machine. 1 / depth is linear in the image and
decides who is nearer. Triangles that cross the near plane are cut there (Sutherland and Hodgman 1974). The same kernel
draws the shadow map, with a parallel projection whose "1 / depth" is the height towards the light.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.kernel import inline, kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

NEAR: Final = 0.05
"""Distance in metres at which triangles are cut."""

TURNED: Final = 64
"""Displacement, in 1/256 of a sample, that turns each pixel's 2 x 2 samples: no two share a row or a column, so that
edges near to upright or level have five shades, not three. In 1/8 pixel they are at (3, 1), (7, 3), (1, 5), (5, 7)."""

_STEPS = 256  # positions of a vertex between two samples
_HALF = 128
_LIMIT = 1 << 29  # in steps; keeps products of differences inside 64 bits


@kernel
def to_camera(points: F32, T: F64, out: F32) -> None:
    """Write points (V, 3), moved by T (3, 4), to out (V, 3)."""
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for r in range(3):
            out[i, r] = T[r, 0] * x + T[r, 1] * y + T[r, 2] * z + T[r, 3]


@kernel
def project_perspective(points: F32, K: F64, near: float, xy: I32, q: F32, box: I64) -> None:
    """Write image positions and 1 / depth of points (V, 3) in the camera's frame, and the box that they cover.

    Args:
        points: camera frame, metres.
        K: (2, 3) from the camera's frame to samples.
        near: metres.
        xy: out (V, 2), in 1/256 of a sample.
        q: out (V,), 0 where the point is nearer than `near`.
        box: in: the buffer's width and height in [2], [3]; out: first x, first y, end x, end y of what may be touched.
    """
    width, height = box[2], box[3]
    x0, y0, x1, y1 = width, height, 0, 0
    any_near, any_far = False, False
    for i in range(points.shape[0]):
        z = np.float64(points[i, 2])
        if z < near:
            q[i] = 0
            any_near = True
            continue
        any_far = True
        xy[i, 0], xy[i, 1], q[i] = _project(np.float64(points[i, 0]), np.float64(points[i, 1]), z, K)
        x, y = xy[i, 0] // _STEPS, xy[i, 1] // _STEPS
        x0, x1, y0, y1 = min(x0, x), max(x1, x + 1), min(y0, y), max(y1, y + 1)
    if any_near and any_far:
        x0, y0, x1, y1 = 0, 0, width, height
    # whole pixels of 2 x 2 samples
    box[0], box[1] = max(x0, 0) // 2 * 2, max(y0, 0) // 2 * 2
    box[2], box[3] = min((x1 + 1) // 2 * 2, width), min((y1 + 1) // 2 * 2, height)


@inline
def _project(x: float, y: float, z: float, K: F64) -> tuple[np.int32, np.int32, np.float32]:
    q = 1.0 / z
    u = (K[0, 0] * x + K[0, 1] * y + K[0, 2] * z) * q * _STEPS
    v = (K[1, 0] * x + K[1, 1] * y + K[1, 2] * z) * q * _STEPS
    u, v = min(max(u, -2.0 * _LIMIT), 2.0 * _LIMIT), min(max(v, -2.0 * _LIMIT), 2.0 * _LIMIT)
    return np.int32(math.floor(u + 0.5)), np.int32(math.floor(v + 0.5)), np.float32(q)


@kernel
def project_parallel(points: F32, M: F64, xy: I32, q: F32) -> None:
    """Write map positions (V, 2), in 1/256 of a texel, and heights (V,) > 0 of points (V, 3) under M (3, 4)."""
    for i in range(points.shape[0]):
        x, y, z = np.float64(points[i, 0]), np.float64(points[i, 1]), np.float64(points[i, 2])
        u = M[0, 0] * x + M[0, 1] * y + M[0, 2] * z + M[0, 3]
        v = M[1, 0] * x + M[1, 1] * y + M[1, 2] * z + M[1, 3]
        xy[i, 0], xy[i, 1] = np.int32(math.floor(u * _STEPS + 0.5)), np.int32(math.floor(v * _STEPS + 0.5))
        q[i] = M[2, 0] * x + M[2, 1] * y + M[2, 2] * z + M[2, 3]


@kernel
def fill(
    faces: I32, xy: I32, q: F32, points: F32, K: F64, near: float, turn: int, box: I64, nearest: F32, ids: I32
) -> None:
    """Fill the visibility buffer: at each sample the largest q and the number of the triangle that has it, or 0 and -1.

    Args:
        faces: (F, 3).
        xy: (V, 2) positions in 1/256 of a sample.
        q: (V,) what is compared, larger = nearer; 0 = in front of the near plane.
        points: (V, 3) camera frame; read for triangles that cross the near plane.
        K: (2, 3) from the camera's frame to samples.
        near: metres.
        turn: displacement of the samples, `TURNED` or 0.
        box: (4,) first x, first y, end x, end y; nothing outside is read or written.
        nearest: out (H, W).
        ids: out (H, W).
    """
    for y in range(box[1], box[3]):
        for x in range(box[0], box[2]):
            nearest[y, x] = 0
            ids[y, x] = -1
    for f in range(faces.shape[0]):
        # unsigned: Numba would else look for negative indices
        a, b, c = np.uint64(faces[f, 0]), np.uint64(faces[f, 1]), np.uint64(faces[f, 2])
        if min(q[a], q[b], q[c]) > 0:
            # y points down: what is counter-clockwise to the eye has negative area, so b and c change places
            xa, ya, xb, yb = np.int64(xy[a, 0]), np.int64(xy[a, 1]), np.int64(xy[c, 0]), np.int64(xy[c, 1])
            xc, yc = np.int64(xy[b, 0]), np.int64(xy[b, 1])
            if (xb - xa) * (yc - ya) > (xc - xa) * (yb - ya):
                _triangle(xa, ya, q[a], xb, yb, q[c], xc, yc, q[b], f, turn, box, nearest, ids)
        elif max(q[a], q[b], q[c]) > 0:
            _cut(points, a, b, c, K, near, f, turn, box, nearest, ids)


@kernel
def _cut(
    points: F32, a: np.uint64, b: np.uint64, c: np.uint64, K: F64, near: float,
    f: int, turn: int, box: I64, nearest: F32, ids: I32,
) -> None:  # fmt: skip
    """Draw the part of a triangle that lies beyond the near plane."""
    corner = (a, c, b)  # as in `fill`
    xy = np.empty((4, 2), np.int64)
    q = np.empty(4, np.float32)
    n = 0
    for k in range(3):
        i, j = corner[k], corner[(k + 1) % 3]
        zi, zj = np.float64(points[i, 2]), np.float64(points[j, 2])
        if zi >= near:
            xy[n, 0], xy[n, 1], q[n] = _project(np.float64(points[i, 0]), np.float64(points[i, 1]), zi, K)
            n += 1
        if (zi >= near) != (zj >= near):
            # always from the same end, so that both neighbours of the edge cut it at the same point
            if zi > zj:
                i, j, zi, zj = j, i, zj, zi
            t = (near - zi) / (zj - zi)
            x = points[i, 0] + t * (points[j, 0] - points[i, 0])
            y = points[i, 1] + t * (points[j, 1] - points[i, 1])
            xy[n, 0], xy[n, 1], q[n] = _project(x, y, near, K)
            n += 1
    for k in range(1, n - 1):
        _triangle(
            xy[0, 0], xy[0, 1], q[0], xy[k, 0], xy[k, 1], q[k], xy[k + 1, 0], xy[k + 1, 1], q[k + 1],
            f, turn, box, nearest, ids,
        )  # fmt: skip


@kernel
def _triangle(
    x0: np.int64, y0: np.int64, q0: np.float32,
    x1: np.int64, y1: np.int64, q1: np.float32,
    x2: np.int64, y2: np.int64, q2: np.float32,
    f: int, turn: int, box: I64, nearest: F32, ids: I32,
) -> None:  # fmt: skip
    """Draw a triangle that is clockwise in the image, whose y points down; others are not drawn."""
    lowest_x, highest_x = min(x0, x1, x2), max(x0, x1, x2)
    lowest_y, highest_y = min(y0, y1, y2), max(y0, y1, y2)
    if lowest_x < -_LIMIT or highest_x > _LIMIT or lowest_y < -_LIMIT or highest_y > _LIMIT:
        return
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if area <= 0:
        return
    first_x = max((lowest_x + _HALF - 1 - turn) >> 8, box[0])
    first_y = max((lowest_y + _HALF - 1 - turn) >> 8, box[1])
    end_x = min(((highest_x - _HALF + turn) >> 8) + 1, box[2])
    end_y = min(((highest_y - _HALF + turn) >> 8) + 1, box[3])
    if first_x >= end_x or first_y >= end_y:
        return
    dx0, dy0, dx1, dy1, dx2, dy2 = x2 - x1, y2 - y1, x0 - x2, y0 - y2, x1 - x0, y1 - y0
    px, py = first_x * _STEPS + _HALF, first_y * _STEPS + _HALF
    # edge functions opposite each corner, positive inside; less 1 where a sample on the edge is the neighbour's
    e0 = dx0 * (py - y1) - dy0 * (px - x1) - (not (dy0 < 0 or (dy0 == 0 and dx0 > 0)))
    e1 = dx1 * (py - y2) - dy1 * (px - x2) - (not (dy1 < 0 or (dy1 == 0 and dx1 > 0)))
    e2 = dx2 * (py - y0) - dy2 * (px - x0) - (not (dy2 < 0 or (dy2 == 0 and dx2 > 0)))
    # what a sample's displacement adds: in even rows -s, d, -s, d ..., in odd rows -d, s, -d, s ...
    s0, s1, s2 = turn * (dx0 + dy0), turn * (dx1 + dy1), turn * (dx2 + dy2)
    d0, d1, d2 = turn * (dx0 - dy0), turn * (dx1 - dy1), turn * (dx2 - dy2)
    scale = 1.0 / np.float64(area)
    g1, g2 = (np.float64(q1) - q0) * scale, (np.float64(q2) - q0) * scale
    for y in range(first_y, end_y):
        even0, even1, even2, odd0, odd1, odd2 = -s0, -s1, -s2, d0, d1, d2
        if y & 1:
            even0, even1, even2, odd0, odd1, odd2 = -d0, -d1, -d2, s0, s1, s2
        f0, f1, f2 = e0, e1, e2
        for x in range(first_x, end_x):
            odd = x & 1
            h0, h1, h2 = f0 + (odd0 if odd else even0), f1 + (odd1 if odd else even1), f2 + (odd2 if odd else even2)
            if (h0 | h1 | h2) >= 0:
                q = np.float32(q0 + (h1 * g1 + h2 * g2))
                if q > nearest[np.uint64(y), np.uint64(x)]:
                    nearest[np.uint64(y), np.uint64(x)] = q
                    ids[np.uint64(y), np.uint64(x)] = f
            f0 -= dy0 * _STEPS
            f1 -= dy1 * _STEPS
            f2 -= dy2 * _STEPS
        e0 += dx0 * _STEPS
        e1 += dx1 * _STEPS
        e2 += dx2 * _STEPS


@kernel
def extent(points: F32, axes: F64) -> tuple[F64, F64]:
    """Return the least and the greatest coordinate of points (V, 3) along each of axes (3, 3)."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for i in range(points.shape[0]):
        x, y, z = np.float64(points[i, 0]), np.float64(points[i, 1]), np.float64(points[i, 2])
        for k in range(3):
            d = axes[k, 0] * x + axes[k, 1] * y + axes[k, 2] * z
            low[k], high[k] = min(low[k], d), max(high[k], d)
    return low, high
