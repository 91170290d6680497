"""Cloth that the rig has posed, put right: fixed where it lies on the body, outside of it, and falling where it hangs.

Skinning bends cloth as if it were skin: thighs and seat come through, and it stands off a body that sits or squats. Each
vertex that is nearer than a gap to the body's nearest point, or behind it, is moved out along the normal there. Then cloth
falls in small steps, after each of which its threads are brought back to their lengths and it is moved out of the body again
(position based dynamics; Mueller et al., J. Vis. Commun. 2007). What the vertices were moved by is smoothed over the mesh,
and they are moved out once more. All in a fixed order.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

GAP_M = np.float32(0.008)
_REACH_M2 = np.float32(0.16**2)  # squared; a body's surface farther away does not concern the cloth
_STEPS = 12
_STEP_M = np.float32(0.04)  # that hanging cloth falls in the first step, ever less in the next
_OFF_M = (np.float32(0.04), np.float32(0.10))  # off the body, from which on cloth begins to fall, and falls freely
_BETWEEN_M = np.float32(0.02)  # half the distance of the points that stand for the skin
_CALM, _STEEP = 3, np.float32(0.3)  # how often, and by how much at most neighbours differ in how freely they fall
_PRESSED = np.float32(0.6)  # of a thread's shortening that is undone in a step: cloth may fold
_HELD = np.float32(0.25)  # share of a thread's correction that its upper end takes
_LEVEL_M = np.float32(0.01)  # within which a thread's ends are as high as each other
_ROUNDS = 3
_SMOOTHINGS = 2


@kernel
def drape(
    cloth: F32, grip: F32, bound: F32, faces: I32, skin: F32, normals: F32, threads: I32, cut: F32, floor: float
) -> None:
    """Move cloth (G, 3) out of a body and let it fall, in place.

    Args:
        cloth: vertices, metres.
        grip: (G,) 1 where a vertex is fixed to the body ... 0 where it hangs.
        bound: (G, 3) where it is fixed.
        faces: (H, 3) of the cloth.
        skin: (S, 3) points of the body, metres; none leave hanging cloth as it is.
        normals: (S, 3) unit, outward.
        threads: (T, 2) vertices whose distance the cloth keeps.
        cut: (G, 3) the cloth on this body at rest.
        floor: height under which no cloth falls, metres.
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
    _fall(cloth, grip, faces, skin, normals, near, threads, cut, np.float32(floor))


@kernel
def _fall(
    cloth: F32,
    grip: F32,
    faces: I32,
    skin: F32,
    normals: F32,
    near: I32,
    threads: I32,
    cut: F32,
    floor: np.float32,
) -> None:
    """Let cloth fall that stands off the body."""
    n = cloth.shape[0]
    free, before = np.zeros(n, np.float32), cloth.copy()
    is_any = False
    for v in range(n):
        i = near[v]
        x, y, z = cloth[v, 0] - skin[i, 0], cloth[v, 1] - skin[i, 1], cloth[v, 2] - skin[i, 2]
        out = x * normals[i, 0] + y * normals[i, 1] + z * normals[i, 2]
        off = min(np.sqrt(x * x + y * y + z * z), max(out, np.float32(0)) + _BETWEEN_M)  # its points lie apart
        off = (off - _OFF_M[0]) / (_OFF_M[1] - _OFF_M[0])
        free[v] = (np.float32(1) - grip[v]) * min(max(off, np.float32(0)), np.float32(1))
        is_any |= free[v] > 0
    if not is_any:
        return
    _calm(free, faces)
    lengths = _lengths(cut, threads)
    for step in range(_STEPS):
        drop = _STEP_M * np.float32(_STEPS - step) / np.float32(_STEPS)
        for v in range(n):
            cloth[v, 1] = max(cloth[v, 1] - drop * free[v], min(floor, cloth[v, 1]))
        _pull(cloth, free, threads, lengths, cut)
        if step == _STEPS // 2:
            near = _nearest(cloth, skin)
        for v in range(n):
            i = near[v]
            x, y, z = cloth[v, 0] - skin[i, 0], cloth[v, 1] - skin[i, 1], cloth[v, 2] - skin[i, 2]
            out = x * normals[i, 0] + y * normals[i, 1] + z * normals[i, 2]
            if free[v] > 0 and out < GAP_M and x * x + y * y + z * z < _REACH_M2:
                for k in range(3):
                    cloth[v, k] += (GAP_M - out) * normals[i, k]
    moved = cloth - before
    hold = np.float32(1) - free
    _smooth(cloth, hold, faces, moved, 2 * _SMOOTHINGS)
    near = _nearest(cloth, skin)
    _push(cloth, grip, near, skin, normals, moved)


@kernel
def _calm(free: F32, faces: I32) -> None:
    """Let no vertex fall much more freely than its neighbours."""
    for _ in range(_CALM):
        least = free.copy()
        for f in range(faces.shape[0]):
            for a in range(3):
                v, w = faces[f, a], faces[f, (a + 1) % 3]
                least[v] = min(least[v], free[w] + _STEEP)
                least[w] = min(least[w], free[v] + _STEEP)
        free[:] = least


@kernel
def _lengths(cut: F32, threads: I32) -> F32:
    out = np.empty(len(threads), np.float32)
    for t in range(len(threads)):
        a, b = threads[t, 0], threads[t, 1]
        x, y, z = cut[b, 0] - cut[a, 0], cut[b, 1] - cut[a, 1], cut[b, 2] - cut[a, 2]
        out[t] = np.sqrt(x * x + y * y + z * z)
    return out


@kernel
def _pull(cloth: F32, free: F32, threads: I32, lengths: F32, cut: F32) -> None:
    """Bring each thread back to its length, the lower end more than the upper."""
    for t in range(len(threads)):
        a, b = threads[t, 0], threads[t, 1]
        x, y, z = cloth[b, 0] - cloth[a, 0], cloth[b, 1] - cloth[a, 1], cloth[b, 2] - cloth[a, 2]
        length = np.sqrt(x * x + y * y + z * z) + np.float32(1e-6)
        share = (length - lengths[t]) / length
        if share < 0:
            share *= _PRESSED
        upper = np.float32(0.5) if abs(cut[a, 1] - cut[b, 1]) < _LEVEL_M else _HELD
        wa, wb = upper * free[a], (np.float32(1) - upper) * free[b]
        total = wa + wb
        if total > np.float32(1e-6):
            wa, wb = share * wa / total, share * wb / total
            cloth[a, 0] += wa * x
            cloth[a, 1] += wa * y
            cloth[a, 2] += wa * z
            cloth[b, 0] -= wb * x
            cloth[b, 1] -= wb * y
            cloth[b, 2] -= wb * z


@kernel
def _nearest(cloth: F32, skin: F32) -> I32:
    """Return (G,) the point of the skin nearest to each vertex.

    The skin is sorted along its longest side: what is farther along that than the best so far need not be looked at.
    """
    axis, longest = 0, np.float32(-1)
    for k in range(3):
        extent = skin[:, k].max() - skin[:, k].min()
        if extent > longest:
            axis, longest = k, extent
    order = np.argsort(skin[:, axis], kind="mergesort")
    n = len(order)
    along, aside, across = np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32)
    for i in range(n):
        along[i] = skin[order[i], axis]
        aside[i], across[i] = skin[order[i], (axis + 1) % 3], skin[order[i], (axis + 2) % 3]
    out = np.empty(cloth.shape[0], np.int32)
    found = 0  # the next vertex is near the last one, and so is its point
    for v in range(cloth.shape[0]):
        a, b, c = cloth[v, axis], cloth[v, (axis + 1) % 3], cloth[v, (axis + 2) % 3]
        x, y, z = along[found] - a, aside[found] - b, across[found] - c
        best = x * x + y * y + z * z
        start = np.searchsorted(along, a)
        for i in range(start, n):
            x = along[i] - a
            if x * x >= best:
                break
            y, z = aside[i] - b, across[i] - c
            if x * x + y * y + z * z < best:
                best, found = x * x + y * y + z * z, i
        for i in range(start - 1, -1, -1):
            x = along[i] - a
            if x * x >= best:
                break
            y, z = aside[i] - b, across[i] - c
            if x * x + y * y + z * z < best:
                best, found = x * x + y * y + z * z, i
        out[v] = order[found]
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
