"""The hanging part of a garment: a tube of cloth about both legs and, of dresses, about the trunk up to the bust.

The base mesh's helper skirt has rings from the waist to the ankles; above, rings are laid round the body as a tape measure
is, over its hollows (the convex hull of its section). A garment takes as many of them as it is long, each widened about its
middle to the girth that the photo's outline shows: pencil, straight, A-line or full. Its first rings lie on the body, or on
the cloth that it is sewn to.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, cKDTree

from manikin.tasks.bodies.helpers import Helpers, check_same_body
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.skinning import falling_weights
from manikin.tasks.clothing.geometry.piece import Piece
from manikin.tasks.clothing.geometry.shell import Shell
from manikin.tasks.clothing.pattern.atlas import vertex_normals

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

_NARROWEST = ((0.99, 1.0), (0.72, 1.0), (0.5, 0.9), (0.1, 0.84))  # height in metres: share of the helper's girth
_FULLEST = 0.8  # times its own girth by which cloth at most stands wider: the fuller, the more of it goes into folds
_ROUNDS = 200  # in which cloth is drawn straight
_TAPE_ABOVE = 1.015  # metres from which on a ring is laid round the body itself
_TAPE_STEP = 0.04  # metres between such rings
_EASE = 0.012  # metres that they lie off the body
_SEWN = (0.035, 0.0015, 0.004)  # metres below its upper edge to which cloth lies on other cloth, and how far over it
_EVENING = 2  # rounds of smoothing what rings take from the body
_SHELL_NEAR = 4  # vertices of that cloth that say how far it lies off the body
_SHELL_ROUNDS = 3  # of looking for those, from the skin outwards
_GRIPPED = (0.80, 0.92)  # height between which hanging cloth becomes cloth that lies on hips and waist
_UPRIGHT = (0.75, 0.92)  # cosine between cloth and skin likewise: over hollows it hangs
_CANDIDATES = 12  # triangles that may be nearest to a vertex
_SKIN_CELL = 0.04  # metres: of the body, one vertex a cell keeps the cloth out
_UNDER = (0.01, 0.02)  # metres under the upper and over the lower edge, between which the body stays beneath the cloth
_GATHERED = 0.08  # metres above a waistband, in which shirts that go into it are drawn in
_DRAWN_IN = 0.1  # share of their slack that is left at the waistband
_FREE = (0.03, 0.06)  # metres off the body from which on cloth hangs though it lies level with the skin
_WORN_BY = ("torso", "left_upper_leg", "right_upper_leg", "left_lower_leg", "right_lower_leg")


@dataclass(frozen=True, slots=True)
class SkirtCut:
    """How a skirt is cut for the mean body, at its n heights."""

    height: F64  # (n,) metres on the body at rest, falling from the waist to the hem
    girth: F64  # (n,) metres around
    lift: float  # metres of the upper edge off the body, or off what is worn beneath


def cut_skirt(model: BodyModel, helpers: Helpers, cut: SkirtCut, shell: Shell | None = None) -> Piece:
    """Return the piece of cloth of a skirt; its texture runs u round from behind over the left side, v down to the hem.

    Args:
        model: the body.
        helpers: its helper geometry.
        cut: how the skirt is cut.
        shell: the garment's cloth on the body: what it is sewn to, or only beneath it.

    Raises:
        InputError: the helpers are another body's.
    """
    check_same_body(model, helpers)
    rings = _joined(_tape_rings(model, helpers, cut), _helper_rings(model, helpers, cut))
    template = _levelled(rings.template, cut.height[0])
    middle = template.mean(axis=1, keepdims=True)
    scale = _scales(template, cut)[:, None, None]
    template = middle + np.where([True, False, True], scale, 1.0) * (template - middle)
    columns = template.shape[1]
    points = template.reshape(-1, 3)
    falling, joints = falling_weights(rings.weights.reshape(len(points), -1))
    faces, uv = _grid(template)
    corner, weight = _bind(model, points)
    grip, offset = _grip(model, points, corner, weight)
    offset[:columns], grip[:columns] = cut.lift, 1.0
    offset = np.maximum(offset, cut.lift)
    margin, is_sewn = _UNDER[0], False
    if shell is not None:
        is_sewn = _top_of(model, shell) > cut.height[0] + _SEWN[0]
        margin, over = (_SEWN[0], _SEWN[1:]) if is_sewn else (_UNDER[0], _SEWN[1:2])
        on = slice(len(over) * columns)
        offset[on] = _off_shell(model, shell, corner[on], weight[on]) + np.repeat(over, columns)
        grip[on] = 1.0
    low = cut.height[-1] + _UNDER[1]
    gathers = _worn_between(model, low, low if is_sewn else cut.height[0] + _GATHERED)  # what is sewn to it goes on
    above = np.clip((model.v_template[gathers, 1] - cut.height[0]) / _GATHERED, 0, 1)
    return Piece(
        v_template=points.astype(np.float32),
        shapedirs=_widened(rings.directions, scale).astype(np.float32),
        weights=falling,
        weight_idx=joints,
        faces=faces,
        uv=uv,
        part=nearest_parts(model, points[faces].mean(axis=1), _WORN_BY),
        hides=np.zeros(0, np.int32),
        skin=_thinned(model, _worn_between(model, cut.height[-1] - 3 * _SKIN_CELL, cut.height[0] + _SKIN_CELL)),
        under=_worn_between(model, low, cut.height[0] - margin),
        grip=grip.astype(np.float32),
        gathers=gathers,
        slack=(_DRAWN_IN + (1 - _DRAWN_IN) * above * above).astype(np.float32),
        threads=_threads(*template.shape[:2]),
        corner=corner,
        weight=weight,
        offset=offset.astype(np.float32),
    )


class _Rings(NamedTuple):
    """R rings of C vertices, falling, each from behind round the left side."""

    template: F64  # (R, C, 3) metres
    directions: F64  # (R, C, K, 3)
    weights: F64  # (R, C, J)


def _joined(above: _Rings, below: _Rings) -> _Rings:
    return _Rings(*(np.concatenate(both) for both in zip(above, below, strict=True)))


def _levelled(rings: F64, height: float) -> F64:
    """Return rings (R, C, 3) of which the first lies level at a height, as garments' edges on the body do."""
    fade = np.exp2(-np.arange(len(rings), dtype=np.float64))[:, None]
    fade[-1] = 0.0
    out = rings.copy()
    out[..., 1] += fade * (height - rings[0, :, 1])
    return out


def _rows(helpers: Helpers) -> NDArray[np.int64]:
    """Return the helper's rings (R, C), each from the middle of the back."""
    rows = np.searchsorted(helpers.number, helpers.skirt)
    waist = helpers.v_template[rows[0]]
    behind = np.where(waist[:, 2] < waist[:, 2].mean(), np.abs(waist[:, 0]), np.inf)
    return np.roll(rows, -int(np.argmin(behind)), axis=1)


def _helper_rings(model: BodyModel, helpers: Helpers, cut: SkirtCut) -> _Rings:
    """Return rings between those of the helper, about as many as it has on the way."""
    rows = _rows(helpers)
    heights = helpers.v_template[rows][..., 1].mean(axis=1)
    high = cut.height[0] if cut.height[0] < _TAPE_ABOVE else _TAPE_ABOVE - _TAPE_STEP
    ends = np.interp([-high, -cut.height[-1]], -heights, np.arange(len(heights)))
    at = np.linspace(ends[0], ends[1], max(5, round(float(ends[1] - ends[0])) + 1))
    lower = np.minimum(at.astype(np.int64), len(rows) - 2)
    dense = np.zeros((rows.size, len(model.joint_names)))
    np.add.at(dense, (np.arange(rows.size)[:, None], helpers.weight_idx[rows.ravel()]), helpers.weights[rows.ravel()])
    values = (helpers.v_template[rows], np.moveaxis(helpers.shapedirs[:, rows], 0, 2), dense.reshape(*rows.shape, -1))
    return _Rings(*(_between(np.asarray(v, np.float64), lower, at - lower) for v in values))


def _tape_rings(model: BodyModel, helpers: Helpers, cut: SkirtCut) -> _Rings:
    """Return rings about the trunk from the upper edge down to where the helper takes over."""
    waist = helpers.v_template[_rows(helpers)[0]].astype(np.float64)
    centre = waist.mean(axis=0)
    ahead = (waist - centre)[:, [0, 2]]
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    n = max(2, round((cut.height[0] - _TAPE_ABOVE) / _TAPE_STEP) + 1) if cut.height[0] >= _TAPE_ABOVE else 0
    heights = np.linspace(cut.height[0], _TAPE_ABOVE, n)
    template = np.empty((n, len(ahead), 3))
    for row, height in zip(template, heights, strict=True):
        row[:, 1] = height
        row[:, [0, 2]] = centre[[0, 2]] + (_hull_radius(model, height, centre, ahead) + _EASE)[:, None] * ahead
    corner, weight = _bind(model, template.reshape(-1, 3))
    dense = np.zeros((len(model.v_template), len(model.joint_names)))
    np.add.at(dense, (np.arange(len(dense))[:, None], model.weight_idx), model.weights)
    directions: F64 = np.einsum("gk,Kgkc->gKc", weight, model.shapedirs[:, corner])
    weights: F64 = np.einsum("gk,gkj->gj", weight, dense[corner])
    shape = (n, len(ahead))
    directions, weights = (values.reshape(*shape, *values.shape[1:]) for values in (directions, weights))
    return _Rings(template, _evened(directions), _evened(weights))


def _evened(values: F64) -> F64:
    """Return values (R, C, ...) smoothed round each ring: over hollows the nearest skin changes abruptly."""
    for _ in range(_EVENING):
        values = 0.5 * values + 0.25 * (np.roll(values, 1, axis=1) + np.roll(values, -1, axis=1))
    return values


def _hull_radius(model: BodyModel, height: float, centre: F64, ahead: F64) -> F64:
    """Return how far (C,) the trunk's convex section reaches from a centre in directions (C, 2)."""
    faces = model.faces[_triangles_of(model, _WORN_BY)]
    edges = np.concatenate([faces[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    a, b = (model.v_template[edges[:, k]].astype(np.float64) for k in (0, 1))
    crosses = (a[:, 1] > height) != (b[:, 1] > height)
    t = ((height - a[crosses, 1]) / (b[crosses, 1] - a[crosses, 1]))[:, None]
    section = (a[crosses] * (1 - t) + b[crosses] * t)[:, [0, 2]] - centre[[0, 2]]
    hull = ConvexHull(section)
    facing = ahead @ hull.equations[:, :2].T
    return np.asarray(np.where(facing > 1e-9, -hull.equations[:, 2] / np.maximum(facing, 1e-9), np.inf).min(axis=1))


def _top_of(model: BodyModel, shell: Shell) -> float:
    return float(np.einsum("gk,gk->g", shell.weight, model.v_template[shell.corner][..., 1]).max())


def _off_shell(model: BodyModel, shell: Shell, corner: I32, weight: F32) -> F64:
    """Return how far (G,) a shell lies off the body at places on it, along the body's normals."""
    points, normals = model.v_template.astype(np.float64), vertex_normals(model.v_template, model.faces)
    outer = np.unique(shell.faces[~shell.is_inner])
    lifted = points[shell.corner[outer]] + shell.offset[outer, None, None] * normals[shell.corner[outer]]
    cloth = np.einsum("gk,gkc->gc", shell.weight[outer], lifted)
    at, normal = (np.einsum("gk,gkc->gc", weight, values[corner]) for values in (points, normals))
    off, tree = np.zeros(len(at)), cKDTree(cloth)
    for _ in range(_SHELL_ROUNDS):
        distance, near = tree.query(at + off[:, None] * normal, k=_SHELL_NEAR)
        share = 1.0 / np.maximum(distance, 1e-4)
        lift = np.einsum("gnc,gc->gn", cloth[near] - at[:, None], normal)
        off = (share * lift).sum(axis=1) / share.sum(axis=1)
    return np.asarray(off)


def _between(values: F64, lower: NDArray[np.int64], t: F64) -> F64:
    """Return values (R, C, ...) of the helper's rings at rows between them."""
    a, b = values[lower], values[lower + 1]
    share = t.reshape(-1, *(1,) * (a.ndim - 1))
    return np.asarray((1.0 - share) * a + share * b)


def _scales(rows: F64, cut: SkirtCut) -> F64:
    """Return (R,) how much wider than its own rings the cloth is."""
    height = rows[..., 1].mean(axis=1)
    own = np.linalg.norm(np.roll(rows, -1, axis=1) - rows, axis=-1).sum(axis=1)
    wider = np.interp(-height, -cut.height, cut.girth) / own - 1.0
    wider = np.where(wider > 0, _FULLEST * -np.expm1(-wider / _FULLEST), wider)
    at, share = np.array(_NARROWEST).T
    least = np.interp(-height, -at, share)
    girth = own * np.maximum(1.0 + wider, least)
    girth[0] = own[0]
    for _ in range(_ROUNDS):  # its weight draws it straight between where the body holds it out
        straight = 0.5 * (girth[:-2] + girth[2:])
        girth[1:-1] = np.minimum(girth[1:-1], np.maximum(straight, own[1:-1]))
    return np.asarray(girth / own)


def _widened(directions: F64, scale: F64) -> F64:
    """Return the shape basis (K, G, 3) of rows (R, C, K, 3) that are widened about their middles."""
    middle = directions.mean(axis=1, keepdims=True)
    wide = middle + np.where([True, False, True], scale[..., None], 1.0) * (directions - middle)
    return np.ascontiguousarray(np.moveaxis(wide.reshape(-1, *wide.shape[2:]), 0, 1))


def _grid(rings: F64) -> tuple[I32, F32]:
    """Return the triangles (H, 3) of a tube of rings (R, C, 3), and their uv (H, 3, 2): round by length, down by height."""
    rows, columns = rings.shape[:2]
    heights = rings[..., 1].mean(axis=1)
    down = (heights[0] - heights) / (heights[0] - heights[-1])
    steps = np.linalg.norm(np.roll(rings, -1, axis=1) - rings, axis=-1).mean(axis=0)
    round_ = np.concatenate([[0.0], np.cumsum(steps) / steps.sum()])
    i, j = (a.ravel() for a in np.meshgrid(np.arange(rows - 1), np.arange(columns), indexing="ij"))
    row, column = np.array([[0, 0, 1], [0, 1, 1]]), np.array([[0, 1, 0], [1, 1, 0]])
    r, c = (i[:, None, None] + row).reshape(-1, 3), (j[:, None, None] + column).reshape(-1, 3)
    uv = np.stack([round_[c], down[r]], axis=-1)
    return (r * columns + c % columns).astype(np.int32), uv.astype(np.float32)


def _threads(rows: int, columns: int) -> I32:
    """Return the edges (T, 2) of a tube's grid and both diagonals, row by row."""
    r, c = (a.ravel() for a in np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"))
    here, there = r * columns + c, r * columns + (c + 1) % columns
    n = (rows - 1) * columns
    pairs = [(here, there), (here[:n], here[:n] + columns)]
    pairs += [(here[:n], there[:n] + columns), (there[:n], here[:n] + columns)]
    out = np.concatenate([np.stack(pair, axis=1) for pair in pairs])
    return out[np.argsort(out.max(axis=1), kind="stable")].astype(np.int32)


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
    firm *= np.clip((_FREE[1] - np.linalg.norm(off, axis=1)) / (_FREE[1] - _FREE[0]), 0, 1)
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
