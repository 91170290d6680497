"""Cloth that the rig has posed, put right: fixed where it lies on the body, outside of it where it hangs.

Skinning bends cloth as if it were skin, and thighs and seat come through. Each vertex that is nearer than a gap to the body's
nearest point, or behind it, is moved out along the normal there. What the vertices were moved by is smoothed over the mesh,
so that a thigh lifts the cloth about it too, and they are moved out once more. All in a fixed order.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

GAP_M = np.float32(0.008)
_REACH_M2 = np.float32(0.16**2)  # squared; a body's surface farther away does not concern the cloth
_ROUNDS = 3
_SMOOTHINGS = 2


@kernel
def drape(cloth: F32, grip: F32, bound: F32, faces: I32, skin: F32, normals: F32) -> None:
    """Move cloth (G, 3) out of a body, in place.

    Args:
        cloth: vertices, metres.
        grip: (G,) 1 where a vertex is fixed to the body ... 0 where it hangs.
        bound: (G, 3) where it is fixed.
        faces: (H, 3) of the cloth.
        skin: (S, 3) points of the body, metres; none leave hanging cloth as it is.
        normals: (S, 3) unit, outward.
    """
    n = cloth.shape[0]
    moved = np.zeros((n, 3), np.float32)
    for v in range(n):
        for k in range(3):
            moved[v, k] = grip[v] * (bound[v, k] - cloth[v, k])
            cloth[v, k] += moved[v, k]
    if skin.shape[0] == 0:
        return
    _smooth(cloth, grip, faces, moved, _ROUNDS * _SMOOTHINGS)
    near = _nearest(cloth, skin)
    for _ in range(_ROUNDS):
        _push(cloth, grip, near, skin, normals, moved)
        _smooth(cloth, grip, faces, moved, _SMOOTHINGS)
    near = _nearest(cloth, skin)
    _push(cloth, grip, near, skin, normals, moved)


@kernel
def _nearest(cloth: F32, skin: F32) -> I32:
    """Return (G,) the point of the skin nearest to each vertex."""
    out = np.empty(cloth.shape[0], np.int32)
    xs, ys, zs = skin[:, 0].copy(), skin[:, 1].copy(), skin[:, 2].copy()
    squared = np.empty(len(xs), np.float32)
    for v in range(cloth.shape[0]):
        a, b, c = cloth[v, 0], cloth[v, 1], cloth[v, 2]
        for i in range(len(xs)):  # apart from the search, so that it runs in vectors
            x, y, z = xs[i] - a, ys[i] - b, zs[i] - c
            squared[i] = x * x + y * y + z * z
        best = np.float32(np.inf)
        for i in range(len(xs)):
            if squared[i] < best:
                best, out[v] = squared[i], i
    return out


@kernel
def _push(cloth: F32, grip: F32, near: I32, skin: F32, normals: F32, moved: F32) -> None:
    for v in range(cloth.shape[0]):
        i = near[v]
        x, y, z = cloth[v, 0] - skin[i, 0], cloth[v, 1] - skin[i, 1], cloth[v, 2] - skin[i, 2]
        out = x * normals[i, 0] + y * normals[i, 1] + z * normals[i, 2]
        if grip[v] < np.float32(1) and out < GAP_M and x * x + y * y + z * z < _REACH_M2:
            for k in range(3):
                step = (GAP_M - out) * normals[i, k]
                cloth[v, k] += step
                moved[v, k] += step


@kernel
def _smooth(cloth: F32, grip: F32, faces: I32, moved: F32, times: int) -> None:
    """Move hanging cloth towards where its neighbours were moved."""
    sums, count = np.empty_like(moved), np.empty(len(moved), np.float32)
    for _ in range(times):
        _average(moved, faces, sums, count)
        for v in range(cloth.shape[0]):
            for k in range(3):
                step = np.float32(0.5) * (sums[v, k] / count[v] - moved[v, k]) * (np.float32(1) - grip[v])
                moved[v, k] += step
                cloth[v, k] += step


@kernel
def _average(values: F32, faces: I32, sums: F32, count: F32) -> None:
    """Fill sums (G, 3) with the sum of each vertex's neighbours' values and count (G,) with their number."""
    sums[:] = np.float32(0)
    count[:] = np.float32(1e-6)
    for f in range(faces.shape[0]):
        for a in range(3):
            v, w = faces[f, a], faces[f, (a + 1) % 3]
            count[v] += np.float32(1)
            count[w] += np.float32(1)
            for k in range(3):
                sums[v, k] += values[w, k]
                sums[w, k] += values[v, k]


@kernel
def tuck(skin: F32, owner: I32, cloth: F32, cloth_normals: F32, depth: float, reach: float) -> None:
    """Move skin (V, 3) that came through the cloth back beneath it, in place.

    Args:
        skin: vertices of the body, metres.
        owner: (S,) those that the cloth goes over.
        cloth: (G, 3) metres.
        cloth_normals: (G, 3) unit, outward.
        depth: metres beneath the cloth, which between its vertices lies deeper than at them.
        reach: metres from the cloth beyond which skin stays where it is.
    """
    points = np.empty((len(owner), 3), np.float32)
    for s in range(len(owner)):
        points[s] = skin[owner[s]]
    near = _nearest(points, cloth)
    for s in range(len(owner)):
        v, i = owner[s], near[s]
        x, y, z = skin[v, 0] - cloth[i, 0], skin[v, 1] - cloth[i, 1], skin[v, 2] - cloth[i, 2]
        out = x * cloth_normals[i, 0] + y * cloth_normals[i, 1] + z * cloth_normals[i, 2]
        if out > -depth and x * x + y * y + z * z < reach * reach:
            for k in range(3):
                skin[v, k] -= (out + depth) * cloth_normals[i, k]
