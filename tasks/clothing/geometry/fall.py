"""How cloth falls about a trunk: at each height it goes round the convex hull of the body's section, and no closer under
what it falls from, so it goes straight down from bust, shoulder blades and seat and never into a hollow.

A section is kept as its support function, the furthest that it reaches in each direction: its mean over the directions is
the hull's girth over two pi (Cauchy), and cloth that stands off further by a constant is a constant added (Schneider,
Convex Bodies, 2014). What stands off the skin is bound to the skin that holds it up, not to that beneath: it spans hollows
in every pose.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

HOLDING: Final = 0.004
"""Metres under the cloth within which skin holds it up."""
MISS: Final = 0.01
"""Metres that cloth may be off the place to which the skin that holds it binds it."""

_STEP = 0.01  # metres between sections
_ANGLES = 72  # directions of support, and angles at which outlines are kept
_STEEP = 0.12  # metres that cloth may go inwards on a metre downwards, or upwards
_BEND = 0.06  # metres, the least radius in which cloth bends over an edge
_SMOOTHING = 3  # rounds, from section to section
_SECTORS, _BAND = 8, 0.05  # cells of a trunk, around from its side and in metres of height, that each hold cloth up
_RADIUS = 0.15  # metres, of the cylinder on which the skin that holds is joined
_OVERLAP = 0.6  # radians that the cylinder is laid out beyond once around, on either side
_ROUNDS = 3  # of finding the place that a point of cloth is straight above


@dataclass(frozen=True, slots=True)
class Tube:
    """The outline of cloth about an upright axis, by height and angle."""

    low: float  # metres, of the first section
    axis: F64  # (2,) metres, x and z
    radius: F64  # (Y, _ANGLES) metres

    def holds(self, points: F64) -> NDArray[np.bool_]:
        """Return (G,) whether points (G, 3) are between the first section and the last."""
        up = points[:, 1] - self.low
        return np.asarray((up > 0) & (up < _STEP * (len(self.radius) - 1)))

    def at(self, points: F64) -> F64:
        """Return the radius (G,) at the heights and angles of points (G, 3)."""
        angle = _angle(points, self.axis) / (2 * np.pi) * _ANGLES
        height = np.clip((points[:, 1] - self.low) / _STEP, 0, len(self.radius) - 1.001)
        j, k = height.astype(np.int64), np.floor(angle).astype(np.int64)
        s, t = height - j, angle - k
        a, b = k % _ANGLES, (k + 1) % _ANGLES
        lower = self.radius[j, a] * (1 - t) + self.radius[j, b] * t
        upper = self.radius[j + 1, a] * (1 - t) + self.radius[j + 1, b] * t
        return np.asarray(lower * (1 - s) + upper * s)

    def above(self, points: F64) -> F64:
        """Return how far (G,) points (G, 3) lie within the outline, in metres."""
        return np.asarray(self.at(points) - np.linalg.norm(points[:, [0, 2]] - self.axis, axis=1))

    def facing(self, points: F64, normals: F64) -> F64:
        """Return the cosine (G,) between normals (G, 3) at points (G, 3) and the way straight from the axis."""
        off = points[:, [0, 2]] - self.axis
        return np.asarray((normals[:, [0, 2]] * off).sum(axis=1) / np.maximum(np.linalg.norm(off, axis=1), 1e-6))

    def along(self, points: F64, normals: F64) -> F64:
        """Return points (G, 3) moved onto the outline along normals (G, 3) that lead there about."""
        facing = np.maximum(self.facing(points, normals), 0.0)
        out = points
        for _ in range(_ROUNDS):
            out = out + (self.above(out) * facing)[:, None] * normals
        return out

    def onto(self, points: F64) -> F64:
        """Return points (G, 3) moved onto the outline, straight from the axis."""
        off = points[:, [0, 2]] - self.axis
        out = points.copy()
        out[:, [0, 2]] = self.axis + off * (self.at(points) / np.maximum(np.linalg.norm(off, axis=1), 1e-6))[:, None]
        return out


def falling_tubes(points: F64, faces: I64, heights: tuple[float, float], ease: F64) -> tuple[Tube, Tube]:
    """Return the outline that cloth spans about a trunk, and the one that it hangs in, as much further off as it is wide.

    Args:
        points: (V, 3) of the body, metres.
        faces: (F, 3) of the trunk.
        heights: from and to which cloth falls, metres.
        ease: (n, 2) heights, rising, and metres of slack that the garment has there, all around; above the last it only hangs.
    """
    height = np.arange(heights[0], heights[1] + _STEP, _STEP)
    trunk = points[np.unique(faces)]
    axis = 0.5 * (trunk.min(axis=0) + trunk.max(axis=0))[[0, 2]]
    hull = _supports(points, faces, height, axis)
    wide = np.interp(height, *ease.T)
    bent = np.minimum(_rounded(hull), hull + wide[:, None])
    wide, hull = wide - (bent - hull).mean(axis=1), bent
    fallen = _fallen(hull, int(np.searchsorted(height, ease[-1, 0])))
    gap = (fallen - hull).mean(axis=1)
    share = np.minimum(1.0, wide / np.maximum(gap, 1e-6))
    spanned = hull + share[:, None] * (fallen - hull)
    for _ in range(_SMOOTHING):
        spanned = np.maximum(_evened(spanned), hull)
    off = np.maximum(wide - share * gap, ease[:, 1].min())
    inner, outer = (Tube(heights[0], axis, _outline(s)) for s in (spanned, spanned + off[:, None]))
    return inner, outer


def _directions() -> F64:
    turn = 2 * np.pi / _ANGLES * np.arange(_ANGLES)
    return np.stack([np.cos(turn), np.sin(turn)])


def _angle(points: F64, axis: F64) -> F64:
    return np.asarray(np.arctan2(points[:, 2] - axis[1], points[:, 0] - axis[0]))


def _supports(points: F64, faces: I64, height: F64, axis: F64) -> F64:
    """Return the support functions (Y, _ANGLES) of a surface's level sections, from where its edges cross them."""
    a, b = points[faces[:, [0, 1, 2]].ravel()], points[faces[:, [1, 2, 0]].ravel()]
    rising = a[:, 1] < b[:, 1]  # each edge has two sides, of which one rises
    a, b = a[rising], b[rising]
    first, last = (np.searchsorted(height, y) for y in (a[:, 1], b[:, 1]))
    count = last - first
    edge = np.repeat(np.arange(len(a)), count)
    section = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    order = np.argsort(section, kind="stable")
    edge, section = edge[order], section[order]
    t = ((height[section] - a[edge, 1]) / (b[edge, 1] - a[edge, 1]))[:, None]
    at = (a[edge] * (1 - t) + b[edge] * t)[:, [0, 2]] - axis
    there, start = np.unique(section, return_index=True)
    found = np.maximum.reduceat(at @ _directions(), start)
    nearest = np.abs(np.arange(len(height))[:, None] - there).argmin(axis=1)  # above and below the surface's ends
    return np.asarray(found[nearest])


def _fallen(hull: F64, top: int) -> F64:
    """Return what hangs from every section, and up to the section `top` stands on it, nearly straight."""
    out = hull.copy()
    for j in range(len(out) - 2, -1, -1):
        out[j] = np.maximum(out[j], out[j + 1] - _STEEP * _STEP)
    for j in range(1, min(top, len(out))):
        out[j] = np.maximum(out[j], out[j - 1] - _STEEP * _STEP)
    return out


def _rounded(rows: F64) -> F64:
    """Return rows whose edges, as under a bust, are no sharper than a parabola: dilated by it."""
    out = rows.copy()
    for k in range(1, int(_BEND / _STEP) + 1):
        drop = (k * _STEP) ** 2 / (2 * _BEND)
        out[k:] = np.maximum(out[k:], rows[:-k] - drop)
        out[:-k] = np.maximum(out[:-k], rows[k:] - drop)
    return out


def _evened(rows: F64) -> F64:
    padded = np.pad(rows, ((1, 1), (0, 0)), mode="edge")
    return np.asarray(0.25 * padded[:-2] + 0.5 * rows + 0.25 * padded[2:])


def _outline(support: F64) -> F64:
    """Return the radii (Y, _ANGLES) of convex sections, given their support functions."""
    turn = 2 * np.pi / _ANGLES * np.arange(_ANGLES)
    facing = np.cos(turn[:, None] - turn)
    slope = np.where(facing > 0.2, 1.0 / np.maximum(facing, 0.2), np.inf)
    return np.asarray((support[:, None, :] * slope).min(axis=-1))


@dataclass(frozen=True, slots=True)
class Holders:
    """The skin that holds cloth up, joined over hollows."""

    points: F64  # (V, 3) of the body
    normals: F64  # (V, 3)
    axis: F64  # (2,)
    vertex: I64  # (N,) body vertices; those at the back twice
    joined: Delaunay  # of their places (N, 2) on a cylinder that is laid out

    def bind(self, cloth: F64) -> tuple[I64, F64, F64, F64]:
        """Return corners and weights (G, 3) and offset (G,) of points of cloth (G, 3), and how far (G,) they miss these: metres,
        infinite beyond the skin that holds."""
        place = cloth
        for _ in range(_ROUNDS):
            flat = _laid_out(place, self.axis)
            simplex = self.joined.find_simplex(flat)
            transform = self.joined.transform[simplex]
            two = np.einsum("gij,gj->gi", transform[:, :2], flat - transform[:, 2])
            weight = np.column_stack([two, 1 - two.sum(axis=1)])
            corner = self.vertex[self.joined.simplices[simplex]]
            base, normal = (np.einsum("gk,gkc->gc", weight, values[corner]) for values in (self.points, self.normals))
            offset = ((cloth - base) * normal).sum(axis=1) / np.maximum((normal * normal).sum(axis=1), 1e-6)
            place = cloth - offset[:, None] * normal
        return corner, weight, offset, np.where(simplex < 0, np.inf, np.linalg.norm(place - base, axis=1))


def _laid_out(points: F64, axis: F64) -> F64:
    return np.column_stack([_RADIUS * _angle(points, axis), points[:, 1]])


def holders(points: F64, normals: F64, trunk: I64, inner: Tube) -> Holders:
    """Return what of a trunk's vertices (N,) holds cloth up that spans it as `inner`.

    That is what lies just under the cloth and, lest it span half the body, of each cell the vertex that is the nearest to
    it: cells part at the middle of front and back, where furrows run.
    """
    at = points[trunk]
    at, trunk = at[inner.holds(at)], trunk[inner.holds(at)]
    gap = inner.above(at)
    sector = np.floor(_angle(at, inner.axis) / (2 * np.pi) * _SECTORS).astype(np.int64) % _SECTORS
    cell = np.floor((at[:, 1] - inner.low) / _BAND).astype(np.int64) * _SECTORS + sector
    order = np.lexsort((gap, cell))
    nearest = order[np.unique(cell[order], return_index=True)[1]]
    chosen = trunk[np.union1d(np.flatnonzero(gap < HOLDING), nearest)]
    flat, around = _laid_out(points[chosen], inner.axis), 2 * np.pi * _RADIUS
    again = [(flat[:, 0] < _RADIUS * (_OVERLAP - np.pi), around), (flat[:, 0] > _RADIUS * (np.pi - _OVERLAP), -around)]
    laid = np.concatenate([flat, *(flat[where] + [shift, 0.0] for where, shift in again)])
    vertex = np.concatenate([chosen, *(chosen[where] for where, _ in again)])
    return Holders(points, normals, inner.axis, vertex, Delaunay(laid))
