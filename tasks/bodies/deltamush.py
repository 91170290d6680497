"""How skin should bend: half linear, half dual quaternion skinning, smoothed with the rest's detail put back (delta mush).

Linear blending loses volume where dual quaternions bulge; their mean does little of either. What creases remain are evened
out as by Mancewicz et al. (2014, "Delta Mush"): a few steps of smoothing, of the posed mesh as of the rest, and the rest's
difference to its smoothed self, written in frames that turn with the surface, is added again. It is a smoother, not anatomy: no
muscle bulges. It takes milliseconds a body; pose blendshapes and SCAPE learn from it what they can do in less.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.posedirs import without_posedirs
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

STEPS = 4  # of smoothing; more lose volume
_BATCH = 16


@dataclass(frozen=True, slots=True)
class Rings:
    """The neighbours of each vertex of a mesh: those of v are neighbour[start[v]:start[v + 1]]."""

    start: I32  # (V + 1,)
    neighbour: I32  # (2 * edges,)


def rings_of(faces: I32, n_vertices: int) -> Rings:
    """Return the neighbours of each of n vertices of a mesh with faces (F, 3)."""
    sides = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    pairs = np.unique(np.concatenate([sides, sides[:, ::-1]]), axis=0)
    start = np.searchsorted(pairs[:, 0], np.arange(n_vertices + 1)).astype(np.int32)
    return Rings(start, np.ascontiguousarray(pairs[:, 1], dtype=np.int32))


@kernel
def _smooth(points: F64, start: I32, neighbour: I32, steps: int) -> F64:
    """Return points (V, 3) after so many steps in which each becomes the mean of its neighbours."""
    now, after = points.copy(), np.empty_like(points)
    for _ in range(steps):
        for v in range(len(now)):
            x = y = z = 0.0
            for e in range(start[v], start[v + 1]):
                n = np.uint32(neighbour[e])
                x, y, z = x + now[n, 0], y + now[n, 1], z + now[n, 2]
            count = start[v + 1] - start[v]
            after[v, 0], after[v, 1], after[v, 2] = x / count, y / count, z / count
        now, after = after, now
    return now


@kernel
def _frames(points: F64, faces: I32, start: I32, neighbour: I32) -> F64:
    """Return a frame (V, 3, 3) at each point (V, 3): columns towards the first neighbour, across, and along the normal."""
    out = np.zeros((len(points), 3, 3))
    for f in range(len(faces)):
        i, j, k = np.uint32(faces[f, 0]), np.uint32(faces[f, 1]), np.uint32(faces[f, 2])
        ax, ay, az = points[j, 0] - points[i, 0], points[j, 1] - points[i, 1], points[j, 2] - points[i, 2]
        bx, by, bz = points[k, 0] - points[i, 0], points[k, 1] - points[i, 1], points[k, 2] - points[i, 2]
        x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        for corner in (i, j, k):
            out[corner, 0, 2] += x
            out[corner, 1, 2] += y
            out[corner, 2, 2] += z
    for v in range(len(points)):
        x, y, z = out[v, 0, 2], out[v, 1, 2], out[v, 2, 2]
        length = np.sqrt(x * x + y * y + z * z) + 1e-30
        x, y, z = x / length, y / length, z / length
        n = np.uint32(neighbour[start[v]])
        a, b, c = points[n, 0] - points[v, 0], points[n, 1] - points[v, 1], points[n, 2] - points[v, 2]
        along = a * x + b * y + c * z
        a, b, c = a - along * x, b - along * y, c - along * z
        length = np.sqrt(a * a + b * b + c * c) + 1e-30
        a, b, c = a / length, b / length, c / length
        out[v, 0, 0], out[v, 1, 0], out[v, 2, 0] = a, b, c
        out[v, 0, 1], out[v, 1, 1], out[v, 2, 1] = y * c - z * b, z * a - x * c, x * b - y * a
        out[v, 0, 2], out[v, 1, 2], out[v, 2, 2] = x, y, z
    return out


@kernel
def _detail(rest: F64, faces: I32, start: I32, neighbour: I32, steps: int) -> F64:
    """Return the rest's difference (V, 3) to its smoothed self, in the frames of the smoothed surface."""
    smooth = _smooth(rest, start, neighbour, steps)
    frames, out = _frames(smooth, faces, start, neighbour), np.empty_like(rest)
    for v in range(len(rest)):
        for c in range(3):
            out[v, c] = 0.0
            for r in range(3):
                out[v, c] += frames[v, r, c] * (rest[v, r] - smooth[v, r])
    return out


@kernel
def _mush(points: F64, detail: F64, faces: I32, start: I32, neighbour: I32, steps: int, out: F32) -> None:
    """Fill out (V, 3) with posed points (V, 3), smoothed and given their detail."""
    smooth = _smooth(points, start, neighbour, steps)
    frames = _frames(smooth, faces, start, neighbour)
    for v in range(len(points)):
        for r in range(3):
            x = smooth[v, r]
            for c in range(3):
                x += frames[v, r, c] * detail[v, c]
            out[v, r] = x


def bending_targets(model: BodyModel, shape: F32, poses: F64) -> F32:
    """Return the vertices (N, V, 3) that a body should have in N poses.

    Args:
        model: the body; its pose blendshapes are passed over.
        shape: coefficients (K,) of the person.
        poses: (N, J, 3) axis-angle.

    Raises:
        InputError: shape or poses do not fit the model.
    """
    plain = without_posedirs(model)
    rings = rings_of(model.faces, len(model.v_template))
    still = pose_bodies(plain, shape[None], np.zeros((1, *poses.shape[1:])), np.zeros((1, 3))).vertices[0]
    detail = _detail(still.astype(np.float64), model.faces, rings.start, rings.neighbour, STEPS)
    out = np.empty((len(poses), *still.shape), dtype=np.float32)
    for first in range(0, len(poses), _BATCH):
        batch = poses[first : first + _BATCH]
        people, still_here = np.broadcast_to(shape, (len(batch), len(shape))), np.zeros((len(batch), 3))
        linear, dual = (pose_bodies(plain, people, batch, still_here, method).vertices for method in ("lbs", "dqs"))
        for i, points in enumerate(0.5 * (linear.astype(np.float64) + dual)):
            _mush(points, detail, model.faces, rings.start, rings.neighbour, STEPS, out[first + i])
    return out
