"""The skirt of a garment: a tube of cloth about both legs, cut from the helper geometry of the base mesh.

The helper skirt has rings from the waist to the ankles. A garment's skirt takes as many of them as it is long, each widened
about its middle to the girth that the photo's outline shows: pencil, straight, A-line or full.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from manikin.tasks.bodies.helpers import Helpers, check_same_body
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.skinning import falling_weights
from manikin.tasks.clothing.atlas import vertex_normals
from manikin.tasks.clothing.piece import Piece

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

_NARROWEST = ((0.99, 1.0), (0.72, 1.0), (0.5, 0.9), (0.1, 0.84))  # height in metres: share of the helper's girth
_WIDEST = 2.2
_FLARE = 0.25  # metres below the waist over which the cloth takes its own width
_GRIPPED = (0.80, 0.92)  # height between which hanging cloth becomes cloth that lies on hips and waist
_UPRIGHT = (0.75, 0.92)  # cosine between cloth and skin likewise: over hollows it hangs
_CANDIDATES = 12  # triangles that may be nearest to a vertex
_SKIN_CELL = 0.04  # metres: of the body, one vertex a cell keeps the cloth out
_UNDER = (0.01, 0.02)  # metres under the upper and over the lower edge, between which the body stays beneath the cloth
_WORN_BY = ("torso", "left_upper_leg", "right_upper_leg", "left_lower_leg", "right_lower_leg")


@dataclass(frozen=True, slots=True)
class SkirtCut:
    """How a skirt is cut for the mean body, at its n heights."""

    height: F64  # (n,) metres on the body at rest, falling from the waist to the hem
    girth: F64  # (n,) metres around
    lift: float  # metres of the upper edge off the body, or off what is worn beneath


def cut_skirt(model: BodyModel, helpers: Helpers, cut: SkirtCut) -> Piece:
    """Return the piece of cloth of a skirt; its texture runs u round from behind over the left side, v down to the hem.

    Raises:
        InputError: the helpers are another body's.
    """
    check_same_body(model, helpers)
    rows = np.searchsorted(helpers.number, helpers.skirt)
    at = _ring_numbers(helpers.v_template[rows].astype(np.float64), cut)
    lower = np.minimum(at.astype(np.int64), len(rows) - 2)
    dense = np.zeros((rows.size, len(model.joint_names)))
    np.add.at(dense, (np.arange(rows.size)[:, None], helpers.weight_idx[rows.ravel()]), helpers.weights[rows.ravel()])
    template, directions, weights = (
        _between(np.asarray(values, np.float64), lower, at - lower)
        for values in (
            helpers.v_template[rows],
            np.moveaxis(helpers.shapedirs[:, rows], 0, 2),
            dense.reshape(*rows.shape, -1),
        )
    )
    middle = template.mean(axis=1, keepdims=True)
    scale = _scales(template, cut)[:, None, None]
    template = middle + np.where([True, False, True], scale, 1.0) * (template - middle)
    n_rows, columns = template.shape[:2]
    points = template.reshape(-1, 3)
    falling, joints = falling_weights(weights.reshape(len(points), -1))
    faces, uv = _grid(n_rows, columns)
    corner, weight = _bind(model, points)
    grip, offset = _grip(model, points, corner, weight)
    offset[:columns], grip[:columns] = cut.lift, 1.0
    offset = np.maximum(offset, cut.lift)
    return Piece(
        v_template=points.astype(np.float32),
        shapedirs=_widened(directions, scale).astype(np.float32),
        weights=falling,
        weight_idx=joints,
        faces=faces,
        uv=uv,
        part=nearest_parts(model, points[faces].mean(axis=1), _WORN_BY),
        hides=np.zeros(0, np.int32),
        skin=_thinned(model, _worn_between(model, cut.height[-1] - 3 * _SKIN_CELL, cut.height[0] + _SKIN_CELL)),
        under=_worn_between(model, cut.height[-1] + _UNDER[1], cut.height[0] - _UNDER[0]),
        grip=grip.astype(np.float32),
        corner=corner,
        weight=weight,
        offset=offset.astype(np.float32),
    )


def _ring_numbers(rings: F64, cut: SkirtCut) -> F64:
    """Return the fractional number of the helper's ring at each row, about as many rows as the helper has."""
    heights = rings[..., 1].mean(axis=1)
    ends = np.interp([-cut.height[0], -cut.height[-1]], -heights, np.arange(len(heights)))
    return np.linspace(ends[0], ends[1], max(5, round(float(ends[1] - ends[0])) + 1))


def _between(values: F64, lower: NDArray[np.int64], t: F64) -> F64:
    """Return values (R, C, ...) of the helper's rings at rows between them."""
    a, b = values[lower], values[lower + 1]
    share = t.reshape(-1, *(1,) * (a.ndim - 1))
    return np.asarray((1.0 - share) * a + share * b)


def _scales(rows: F64, cut: SkirtCut) -> F64:
    """Return (R,) how much wider than the helper the cloth is."""
    height = rows[..., 1].mean(axis=1)
    own = np.linalg.norm(np.roll(rows, -1, axis=1) - rows, axis=-1).sum(axis=1)
    wanted = np.interp(-height, -cut.height, cut.girth)
    at, share = np.array(_NARROWEST).T
    least = np.interp(-height, -at, share)
    away = np.clip((height[0] - height) / _FLARE, 0, 1)  # a wide dress is drawn in at the waist
    scale: F64 = 1.0 + (np.clip(wanted / own, least, _WIDEST) - 1.0) * away * (2 - away)
    return scale


def _widened(directions: F64, scale: F64) -> F64:
    """Return the shape basis (K, G, 3) of rows (R, C, K, 3) that are widened about their middles."""
    middle = directions.mean(axis=1, keepdims=True)
    wide = middle + np.where([True, False, True], scale[..., None], 1.0) * (directions - middle)
    return np.ascontiguousarray(np.moveaxis(wide.reshape(-1, *wide.shape[2:]), 0, 1))


def _grid(rows: int, columns: int) -> tuple[I32, F32]:
    """Return the triangles (H, 3) of a tube and their uv (H, 3, 2)."""
    i, j = (a.ravel() for a in np.meshgrid(np.arange(rows - 1), np.arange(columns), indexing="ij"))
    row, column = np.array([[0, 0, 1], [0, 1, 1]]), np.array([[0, 1, 0], [1, 1, 0]])
    r, c = (i[:, None, None] + row).reshape(-1, 3), (j[:, None, None] + column).reshape(-1, 3)
    uv = np.stack([c / columns, r / (rows - 1)], axis=-1)
    return (r * columns + c % columns).astype(np.int32), uv.astype(np.float32)


def _triangles_of(model: BodyModel, names: tuple[str, ...]) -> NDArray[np.int64]:
    return np.flatnonzero(np.isin(model.part, [model.part_names.index(name) for name in names]))


def _bind(model: BodyModel, points: F64) -> tuple[I32, F32]:
    """Return the corners and weights (G, 3) of the places on the body's triangles nearest to points (G, 3)."""
    faces = model.faces[_triangles_of(model, _WORN_BY)]
    corners = model.v_template[faces].astype(np.float64)
    _, near = cKDTree(corners.mean(axis=1)).query(points, k=_CANDIDATES)
    weights = _nearest_weights(points[:, None], corners[near])
    distance = np.linalg.norm(np.einsum("gnk,gnkc->gnc", weights, corners[near]) - points[:, None], axis=-1)
    best = (np.arange(len(points)), distance.argmin(axis=1))
    return faces[near[best]], weights[best].astype(np.float32)


def _nearest_weights(points: F64, corners: F64) -> F64:
    """Return barycentric weights (..., 3) of about the nearest place in triangles (..., 3, 3): projected, then clipped."""
    a, b, c = np.moveaxis(corners, -2, 0)
    u, v, w = b - a, c - a, points - a
    uu, uv, vv, wu, wv = ((x * y).sum(axis=-1) for x, y in ((u, u), (u, v), (v, v), (w, u), (w, v)))
    area = np.maximum(uu * vv - uv * uv, 1e-20)
    s, t = (vv * wu - uv * wv) / area, (uu * wv - uv * wu) / area
    weights = np.maximum(np.stack([1.0 - s - t, s, t], axis=-1), 0.0)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _grip(model: BodyModel, points: F64, corner: I32, weight: F32) -> tuple[F64, F64]:
    """Return how firmly (G,) cloth lies on the body, and how far (G,) it lies off it along the normal."""
    normals = vertex_normals(model.v_template, model.faces)
    place, normal = (np.einsum("gk,gkc->gc", weight, values[corner]) for values in (model.v_template, normals))
    off = points - place
    lift = (off * normal).sum(axis=1)
    upright = lift / np.maximum(np.linalg.norm(off, axis=1), 0.004)
    low = np.clip((points[:, 1] - _GRIPPED[0]) / (_GRIPPED[1] - _GRIPPED[0]), 0, 1)
    firm = np.clip((upright - _UPRIGHT[0]) / (_UPRIGHT[1] - _UPRIGHT[0]), 0, 1)
    return low * low * (3 - 2 * low) * firm, lift


def nearest_parts(model: BodyModel, points: F64, names: tuple[str, ...]) -> U8:
    """Return the part (N,) of the body's triangle of the named parts that is nearest to each point (N, 3)."""
    chosen = _triangles_of(model, names)
    middles = model.v_template[model.faces[chosen]].mean(axis=1)
    return model.part[chosen[cKDTree(middles).query(points)[1]]]


def _worn_between(model: BodyModel, low: float, high: float) -> I32:
    """Return the body vertices of seat and legs between two heights."""
    vertices = np.unique(model.faces[_triangles_of(model, _WORN_BY)])
    y = model.v_template[vertices, 1]
    return vertices[(y > low) & (y < high)].astype(np.int32)


def _thinned(model: BodyModel, vertices: I32) -> I32:
    """Return one vertex a cell of space, enough to keep cloth out."""
    cells = np.floor(model.v_template[vertices] / _SKIN_CELL).astype(np.int64)
    return vertices[np.sort(np.unique(cells, axis=0, return_index=True)[1])]
