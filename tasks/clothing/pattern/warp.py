"""From the flat body into the photo: a thin-plate spline through landmarks and outline.

The spline (Bookstein, PAMI 1989) maps the flat body's outline onto the garment's, so each texel knows which pixel of the
photo it shows. Evaluated on a coarse grid and interpolated: the map is smooth.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_STEP = 0.01  # metres of flat body between the grid's nodes
_MARGIN = 0.03
_PART = 0.25  # of a step, to which flat points are found


@dataclass(frozen=True, slots=True)
class Warp:
    """The map from flat body to photo as a grid."""

    origin: F64  # (2,) flat coordinates of the first node
    nodes: F32  # (rows, columns, 2) photo pixels; columns run along x, rows along y, `_STEP` apart
    body: F64  # (n, 2) the flat points it was made from
    photo: F64  # (n, 2) where they go

    def at(self, flat: NDArray[np.floating]) -> F32:
        """Return (..., 2) photo pixels of (..., 2) flat points, by bilinear interpolation, the border's value beyond."""
        out = np.empty(flat.shape, np.float32)
        _sample(self.nodes, self.origin, flat.reshape(-1, 2), out.reshape(-1, 2))
        return out

    def flat_of(self, pixels: F64, low: tuple[float, float], high: tuple[float, float]) -> F64:
        """Return flat points (n, 2) between two corners that show a photo's pixels (n, 2), or come nearest to them."""
        first, last = (((np.array(c) - self.origin) / _STEP).round().astype(int) for c in (low, high))
        shape = np.array(self.nodes.shape[1::-1])
        first, last = np.clip(first, 0, shape - 2), np.clip(last, 1, shape - 1)
        xs, ys = (np.arange(first[c], last[c] + 1, _PART) for c in range(2))
        flat = (self.origin + _STEP * np.stack(np.meshgrid(xs, ys), axis=-1)).reshape(-1, 2)
        return np.asarray(flat[cKDTree(self.at(flat)).query(pixels)[1]])


def fit_warp(front: BodyFront, body: F64, photo: F64) -> Warp:
    """Return the thin-plate spline that takes `body` (n, 2) flat points to `photo` (n, 2) pixels exactly.

    Points given twice (an edge's end is its neighbour's beginning) count once.
    """
    body, photo = _once(body, photo)
    spline = RBFInterpolator(body, photo, kernel="thin_plate_spline", degree=1)
    low, high = _corners(front.flat, front.is_flat)
    low, high = low - _MARGIN, high + _MARGIN
    xs, ys = (np.arange(low[c], high[c] + _STEP, _STEP, dtype=np.float64) for c in range(2))
    grid = np.stack(np.meshgrid(xs, ys), axis=-1)
    nodes = spline(grid.reshape(-1, 2)).reshape(grid.shape).astype(np.float32)
    return Warp(np.array([xs[0], ys[0]]), nodes, body, photo)


def affine_warp(warp: Warp, corner: F64, scale: float) -> Warp:
    """Return the map, on another's grid, into a picture of the flat body itself.

    Args:
        warp: whose grid it is.
        corner: (2,) flat coordinates of the picture's upper left corner; y goes down in it.
        scale: pixels a metre.
    """
    x, y = (warp.origin[c] + _STEP * np.arange(warp.nodes.shape[1 - c]) for c in range(2))
    grid, sign = np.stack(np.meshgrid(x, y), axis=-1), np.array([1.0, -1.0])
    nodes, body = (((points - corner) * sign * scale) for points in (grid, warp.body))
    return Warp(warp.origin, nodes.astype(np.float32), warp.body, body)


def flat_points(left: float, top: float, rows: int, columns: int, step: float) -> F64:
    """Return (rows, columns, 2) the middles of the pixels of a picture of the flat body, y down in it.

    Args:
        left, top: flat coordinates of its upper left corner.
        rows, columns: its size.
        step: metres to a pixel.
    """
    x, y = left + (np.arange(columns) + 0.5) * step, top - (np.arange(rows) + 0.5) * step
    return np.stack(np.meshgrid(x, y), axis=-1)


def sampled(picture: U8 | F32, pixels: NDArray[np.floating]) -> F32:
    """Return a picture's values at (h, w, 2) pixels of it, bilinear, the border's beyond."""
    x, y = (np.ascontiguousarray(pixels[..., c] - np.float32(0.5), np.float32) for c in range(2))
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _once(body: F64, photo: F64) -> tuple[F64, F64]:
    """Return points (n, 2) on the body and in the photo, each of the body's but once."""
    _, first = np.unique(np.round(body, 6), axis=0, return_index=True)
    first = np.sort(first)
    return body[first], photo[first]


@kernel
def _corners(flat: F32, is_flat: NDArray[np.bool_]) -> tuple[F32, F32]:
    """Return the least and the greatest coordinates (2,) of flat points (S, S, 2) where those are any."""
    low, high = np.full(2, np.inf, np.float32), np.full(2, -np.inf, np.float32)
    for y in range(flat.shape[0]):
        for x in range(flat.shape[1]):
            if is_flat[y, x]:
                for c in range(2):
                    low[c], high[c] = min(low[c], flat[y, x, c]), max(high[c], flat[y, x, c])
    return low, high


@kernel
def _sample(nodes: F32, origin: F64, flat: NDArray[np.floating], out: F32) -> None:
    """Bilinear by hand: OpenCV's remap rounds positions to 1/32 of a cell, a third of a millimetre here."""
    rows, columns = nodes.shape[0], nodes.shape[1]
    for k in range(flat.shape[0]):
        x, y = np.float32((flat[k, 0] - origin[0]) / _STEP), np.float32((flat[k, 1] - origin[1]) / _STEP)
        x = min(max(x, np.float32(0)), np.float32(columns - 1.001))
        y = min(max(y, np.float32(0)), np.float32(rows - 1.001))
        i, j = int(x), int(y)
        fx, fy = x - np.float32(i), y - np.float32(j)
        for c in range(2):
            upper = nodes[j, i, c] + fx * (nodes[j, i + 1, c] - nodes[j, i, c])
            lower = nodes[j + 1, i, c] + fx * (nodes[j + 1, i + 1, c] - nodes[j + 1, i, c])
            out[k, c] = upper + fy * (lower - upper)
