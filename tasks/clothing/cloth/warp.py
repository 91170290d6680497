"""From the flat body into the photo: a thin-plate spline through landmarks and outline.

The spline (Bookstein, PAMI 1989) maps the flat body's outline onto the garment's, so each texel knows which pixel of the
photo it shows. Evaluated on a coarse grid and interpolated: the map is smooth. Within a trunk, points keep its rows level.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_STEP = 0.01  # metres of flat body between the grid's nodes
_MARGIN = 0.03
_INNER = (0.25, 0.5, 0.75)  # of the way from flank to flank, where a trunk's cloth is held
_ENDS, _OF_SIDES = ("shoulder", "waist", "hem"), 0.3  # edges that say how level it is, and the weight of others


@dataclass(frozen=True, slots=True)
class Warp:
    """The map from flat body to photo as a grid."""

    origin: F64  # (2,) flat coordinates of the first node
    nodes: F32  # (rows, columns, 2) photo pixels; columns run along x, rows along y, `_STEP` apart
    body: F64  # (n, 2) the flat points it was made from
    photo: F64  # (n, 2) where they go

    def at(self, flat: NDArray[np.floating]) -> F32:
        """Return (..., 2) photo pixels of (..., 2) flat points, by bilinear interpolation, the border's value beyond."""
        cells = ((flat - self.origin) / _STEP).astype(np.float32)
        out = np.empty(cells.shape, np.float32)
        _sample(self.nodes, cells.reshape(-1, 2), out.reshape(-1, 2))
        return out


def fit_warp(front: BodyFront, body: F64, photo: F64) -> Warp:
    """Return the thin-plate spline that takes `body` (n, 2) flat points to `photo` (n, 2) pixels exactly.

    Points given twice (an edge's end is its neighbour's beginning) count once.
    """
    body, photo = _once(body, photo)
    spline = RBFInterpolator(body, photo, kernel="thin_plate_spline", degree=1)
    flat = front.flat[front.is_flat]
    low, high = flat.min(axis=0) - _MARGIN, flat.max(axis=0) + _MARGIN
    xs, ys = (np.arange(low[c], high[c] + _STEP, _STEP, dtype=np.float64) for c in range(2))
    grid = np.stack(np.meshgrid(xs, ys), axis=-1)
    nodes = spline(grid.reshape(-1, 2)).reshape(grid.shape).astype(np.float32)
    return Warp(np.array([xs[0], ys[0]]), nodes, body, photo)


def trunk_points(body: Mapping[str, F64], photo: Mapping[str, F64]) -> tuple[F64, F64]:
    """Return (n, 2) flat points within a trunk or skirt and (n, 2) where they go, by its edges on body and photo.

    They go where the spline through the edges takes them, but the upper rows are as level as the garment's ends are: what
    pulls one armpit down and not the other, as a sleeve that lies otherwise, does not tilt the chest.
    """
    sides = np.stack([body["side_left"], body["side_right"]])
    ends = [name for name in body if name.startswith(_ENDS)]
    flat, seen = (
        np.concatenate([*(e[n] for n in ("side_left", "side_right")), *(e[n] for n in ends)]) for e in (body, photo)
    )
    weight = np.where(np.arange(len(flat)) < 2 * sides.shape[1], _OF_SIDES, 1.0)[:, None]
    y0 = flat[:, 1].mean()
    x, y = flat[:, 0], flat[:, 1] - y0
    model = np.linalg.lstsq(
        weight * np.stack([np.ones_like(x), x, y, x * y, y * y], axis=1), weight * seen, rcond=None
    )[0]
    along = model[2] / max(float(np.linalg.norm(model[2])), 1e-9)
    whole = _once(*(np.concatenate(list(e.values())) for e in (body, photo)))
    spline = RBFInterpolator(*whole, kernel="thin_plate_spline", degree=1)
    inner = np.stack([(1 - u) * sides[0] + u * sides[1] for u in _INNER])[:, :-1]
    seen = spline(inner.reshape(-1, 2)).reshape(inner.shape)
    across = inner[-1] - inner[0]
    level = (across[:, :1] * (model[1] + (inner[0, :, 1:] - y0) * model[3])) @ along
    hold = 1 - np.square(np.arange(len(across)) / len(across))  # the hem is its own
    rise = (level - (seen[-1] - seen[0]) @ along) * hold
    share = (np.array(_INNER) - 0.5) / (_INNER[-1] - _INNER[0])
    return inner.reshape(-1, 2), (seen + share[:, None, None] * rise[:, None] * along).reshape(-1, 2)


def _once(body: F64, photo: F64) -> tuple[F64, F64]:
    """Return points (n, 2) on the body and in the photo, each of the body's but once."""
    _, first = np.unique(np.round(body, 6), axis=0, return_index=True)
    first = np.sort(first)
    return body[first], photo[first]


@kernel
def _sample(nodes: F32, cells: F32, out: F32) -> None:
    """Bilinear by hand: OpenCV's remap rounds positions to 1/32 of a cell, a third of a millimetre here."""
    rows, columns = nodes.shape[0], nodes.shape[1]
    for k in range(cells.shape[0]):
        x = min(max(cells[k, 0], np.float32(0)), np.float32(columns - 1.001))
        y = min(max(cells[k, 1], np.float32(0)), np.float32(rows - 1.001))
        i, j = int(x), int(y)
        fx, fy = x - np.float32(i), y - np.float32(j)
        for c in range(2):
            upper = nodes[j, i, c] + fx * (nodes[j, i + 1, c] - nodes[j, i, c])
            lower = nodes[j + 1, i, c] + fx * (nodes[j + 1, i + 1, c] - nodes[j + 1, i, c])
            out[k, c] = upper + fy * (lower - upper)
