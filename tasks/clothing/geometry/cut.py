"""A garment's piece of the body's surface: the triangles inside its borders, cut exactly where those run.

Distance to the borders is linear on each triangle, so a border is a line through it (marching triangles, as marching cubes;
Lorensen and Cline, SIGGRAPH 1987). Triangles at a border are first divided by their edges' middles, so that round necklines
are round. Vertices are rows of a sparse matrix over the body's, hence bound to its triangles; texture positions are kept.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.pattern.atlas import vertex_normals
from manikin.tasks.clothing.pattern.collar import Collar
from manikin.tasks.clothing.pattern.extent import Reach
from manikin.tasks.clothing.pattern.template import BodyFront

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

# Metres beyond which a distance only says outside or inside: what is never covered begins abruptly.
_CLIP = (-0.05, 0.4)
_DIVISIONS = 2  # of triangles at a border
_BESIDE = 0.3  # of its longest edge, by which a border may miss a triangle that is divided
_FINE = 0.008  # metres; shorter edges are not divided
_SLOTS: Final = {  # which edges (ab, bc, ca) are divided -> triangles over corners 0..2 and the edges' points 3..5
    (0, 0, 0): ((0, 1, 2),),
    (1, 0, 0): ((0, 3, 2), (3, 1, 2)),
    (0, 1, 0): ((1, 4, 0), (4, 2, 0)),
    (0, 0, 1): ((2, 5, 1), (5, 0, 1)),
    (1, 1, 0): ((3, 1, 4), (0, 3, 4), (0, 4, 2)),
    (0, 1, 1): ((4, 2, 5), (1, 4, 5), (1, 5, 0)),
    (1, 0, 1): ((5, 0, 3), (2, 5, 3), (2, 3, 1)),
    (1, 1, 1): ((0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5)),
}
_KEPT: Final = {  # which corners are inside -> triangles that stay
    (1, 1, 1): ((0, 1, 2),),
    (1, 0, 0): ((0, 3, 5),),
    (0, 1, 0): ((1, 4, 3),),
    (0, 0, 1): ((2, 5, 4),),
    (1, 1, 0): ((0, 1, 4), (0, 4, 5)),
    (0, 1, 1): ((1, 2, 5), (1, 5, 3)),
    (1, 0, 1): ((2, 0, 3), (2, 3, 4)),
}


@dataclass(frozen=True, slots=True)
class Patch:
    """G vertices and H triangles on a body at rest, of V vertices."""

    bound: sparse.csr_array  # (G, V) barycentric weights, at most three a row
    position: F64  # (G, 3) metres
    normal: F64  # (G, 3) of the body, interpolated
    closed: F64  # (G,) metres inside borders that close on the body
    open: F64  # (G,) metres inside borders that open
    faces: I64  # (H, 3)
    uv: F64  # (H, 3, 2)
    beneath: I64  # (H,) body triangle
    part: NDArray[np.uint8]  # (H,)
    part_names: tuple[str, ...]

    @property
    def distance(self) -> F64:
        """Return (G,) metres inside any border."""
        return np.minimum(self.closed, self.open)

    def is_part(self, *names: str) -> Mask:
        """Return (G,) whether a vertex is of a triangle of the parts; "arm" and "leg" stand for both halves and sides."""
        chosen = [i for i, part in enumerate(self.part_names) if any(part.endswith(n) for n in names)]
        out = np.zeros(len(self.position), bool)
        out[self.faces[np.isin(self.part, chosen)]] = True
        return out

    def neighbours(self) -> sparse.csr_array:
        """Return (G, G) the mean of each vertex and those it shares an edge with."""
        g = len(self.position)
        i, j = self.faces[:, [0, 1, 2]].ravel(), self.faces[:, [1, 2, 0]].ravel()
        once = np.unique(np.concatenate([i * g + j, j * g + i, np.arange(g) * (g + 1)]))
        rows, columns = once // g, once % g
        share = 1.0 / np.bincount(rows, minlength=g)
        return sparse.csr_array((share[rows], (rows, columns)), shape=(g, g))


def cut_patch(
    model: BodyModel, front: BodyFront, reach: Reach, at_body: tuple[F64, F64], collar: Collar | None = None
) -> Patch:
    """Return the surface of a body that lies inside a garment's borders, whole triangles and cut ones.

    Args:
        model: the body.
        front: the same body laid flat.
        reach: where on the atlas the borders run.
        at_body: from `at_body_vertices`.
        collar: whose leaf's edge triangles are divided at too.
    """
    whole, fields = _near(model, *at_body), _fields(reach)
    for _ in range(_DIVISIONS):
        leaf = np.full(len(whole.position), -1.0) if collar is None else collar.leaf(whole.position)
        whole = _divided(whole, front, fields, leaf)
    return clip(whole, whole.distance)


def clip(patch: Patch, level: F64) -> Patch:
    """Return what of a patch lies where a number (G,) at its vertices is above 0."""
    inside = level[patch.faces] > 0
    edges, of_face = _edges(patch.faces)
    crossed = (level[edges[:, 0]] > 0) != (level[edges[:, 1]] > 0)
    a, b = level[edges[crossed, 0]], level[edges[crossed, 1]]
    return _compact(_resolved(patch, edges, of_face, crossed, a / (a - b), inside, _KEPT))


def _near(model: BodyModel, closed: F64, opened: F64) -> Patch:
    """Return the body's triangles inside the borders and next to them."""
    faces, uv = model.faces.astype(np.int64), model.uv[model.faces_uv].astype(np.float64)
    keep = (np.minimum(closed, opened)[faces] > 0.6 * _CLIP[0]).any(axis=1)
    patch = Patch(
        sparse.eye_array(len(closed), format="csr"),
        model.v_template.astype(np.float64),
        vertex_normals(model.v_template, faces),
        closed,
        opened,
        faces[keep],
        uv[keep],
        np.flatnonzero(keep),
        model.part[keep],
        model.part_names,
    )
    return _compact(patch)


def at_body_vertices(model: BodyModel, front: BodyFront, reach: Reach) -> tuple[F64, F64]:
    """Return how far (V,) a body's vertices lie inside borders that close on it and that open, as far as 0.4 m."""
    uv = model.uv[model.faces_uv].astype(np.float64)
    n = len(model.v_template)
    closed, opened = (_at_vertices(d, model.faces, n) for d in _sample(front, _fields(reach), uv))
    return closed, opened


def _fields(reach: Reach) -> tuple[F32, F32]:
    return np.clip(reach.closed, *_CLIP), np.clip(reach.open, *_CLIP)


def _sample(front: BodyFront, fields: tuple[F32, F32], uv: F64) -> list[F64]:
    """Return the fields (S, S) at uv (..., 2), bilinear; off the islands they go on as at the nearest texel."""
    s = front.size
    x = np.clip(uv * s - 0.5, 0, s - 1.001)
    left = np.floor(x).astype(np.int64)
    fx, fy = np.moveaxis(x - left, -1, 0)
    at, nearest = left[..., 1] * s + left[..., 0], front.atlas.nearest.ravel()
    owners, out = [nearest[at + step] for step in (0, 1, s, s + 1)], []
    for field in fields:
        corners = [field.ravel()[owner] for owner in owners]
        upper, lower = (corners[k] * (1 - fx) + corners[k + 1] * fx for k in (0, 2))
        out.append(np.asarray(upper * (1 - fy) + lower * fy, np.float64))
    return out


def _at_vertices(values: F64, faces: NDArray[np.integer], n: int) -> F64:
    """Return the mean (n,) of corner values (F, 3): on a seam a vertex has several places in the atlas."""
    count = np.bincount(faces.ravel(), minlength=n)
    return np.asarray(np.bincount(faces.ravel(), values.ravel(), n) / np.maximum(count, 1))


def _divided(patch: Patch, front: BodyFront, fields: tuple[F32, F32], leaf: F64) -> Patch:
    """Return the patch with the triangles at its borders divided, the new vertices' distances read from the atlas.

    So are those at the edge of a leaf, by how far (G,) vertices lie inside it.
    """
    edges, of_face = _edges(patch.faces)
    length = np.linalg.norm(np.subtract(*patch.position[edges.T]), axis=1)
    at_border = np.zeros(len(patch.faces), bool)
    for d in (patch.distance[patch.faces], leaf[patch.faces]):
        at_border |= (d > 0).any(axis=1) & (d <= 0).any(axis=1)
        at_border |= np.abs(d).min(axis=1) < _BESIDE * length[of_face].max(axis=1)
    chosen = np.zeros(len(edges), bool)
    chosen[of_face[at_border]] = True
    chosen &= length > _FINE
    n, middle = len(patch.position), 0.5 * (patch.uv + np.roll(patch.uv, -1, axis=1))
    halves = np.full(int(chosen.sum()), 0.5)
    out = _resolved(patch, edges, of_face, chosen, halves, chosen[of_face], _SLOTS)
    read = [_at_vertices(values, of_face, len(edges))[chosen] for values in _sample(front, fields, middle)]
    closed, opened = (np.concatenate([d[:n], new]) for d, new in zip((out.closed, out.open), read, strict=True))
    return replace(out, closed=closed, open=opened)


def _edges(faces: I64) -> tuple[I64, I64]:
    """Return the edges (E, 2) of triangles and which of them the sides ab, bc, ca (H, 3) are."""
    sides = np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1)
    n = int(faces.max(initial=0)) + 1
    keys, of_face = np.unique(sides.min(axis=-1) * n + sides.max(axis=-1), return_inverse=True)
    return np.stack([keys // n, keys % n], axis=1), of_face.reshape(-1, 3)


def _resolved(
    patch: Patch, edges: I64, of_face: I64, chosen: Mask, t: F64, state: Mask,
    cases: dict[tuple[int, int, int], tuple[tuple[int, int, int], ...]],
) -> Patch:  # fmt: skip
    """Return the patch with a new vertex on each chosen edge, at t from its first end, and triangles as cases say."""
    n = len(patch.position)
    a, b = edges[chosen].T
    number = np.full(len(edges), -1, np.int64)
    number[chosen] = n + np.arange(len(t))

    def longer(values: F64) -> F64:
        s = t.reshape(-1, *(1,) * (values.ndim - 1))
        return np.concatenate([values, values[a] * (1 - s) + values[b] * s])

    on_edge = _along_sides(patch, of_face, np.where(chosen, np.cumsum(chosen) - 1, 0), t, edges)
    slots, slots_uv = np.hstack([patch.faces, number[of_face]]), np.concatenate([patch.uv, on_edge], axis=1)
    faces, uv, source = [], [], []
    for case, triangles in cases.items():
        here = np.flatnonzero((state == np.array(case, bool)).all(axis=1))
        for triangle in triangles:
            faces.append(slots[here][:, triangle])
            uv.append(slots_uv[here][:, triangle])
            source.append(here)
    kept = np.concatenate(source)
    order = np.argsort(kept, kind="stable")
    kept = kept[order]
    new = sparse.csr_array((patch.bound[a].multiply((1 - t)[:, None]) + patch.bound[b].multiply(t[:, None])).tocsr())
    return replace(
        patch, bound=sparse.vstack([patch.bound, new], format="csr"), position=longer(patch.position),
        normal=longer(patch.normal), closed=longer(patch.closed), open=longer(patch.open),
        faces=np.concatenate(faces)[order], uv=np.concatenate(uv)[order], beneath=patch.beneath[kept],
        part=patch.part[kept],
    )  # fmt: skip


def _along_sides(patch: Patch, of_face: I64, index: I64, t: F64, edges: I64) -> F64:
    """Return the texture positions (H, 3, 2) of the new points on each triangle's sides; anything where there is none."""
    if not len(t):
        return np.zeros_like(patch.uv)
    forward = patch.faces == edges[of_face, 0]
    s = t[index[of_face]]
    s = np.where(forward, s, 1 - s)[..., None]
    return np.asarray(patch.uv * (1 - s) + np.roll(patch.uv, -1, axis=1) * s)


def _compact(patch: Patch) -> Patch:
    used, faces = np.unique(patch.faces, return_inverse=True)
    return replace(
        patch, bound=patch.bound[used], position=patch.position[used], normal=patch.normal[used],
        closed=patch.closed[used], open=patch.open[used], faces=faces.reshape(-1, 3),
    )  # fmt: skip


def joined(*patches: Patch) -> Patch:
    """Return patches as one, sharing nothing."""
    starts = np.cumsum([0] + [len(p.position) for p in patches[:-1]])
    named: dict[str, Any] = {
        name: np.concatenate([getattr(p, name) for p in patches])
        for name in ("position", "normal", "closed", "open", "uv", "beneath", "part")
    }
    return replace(
        patches[0],
        bound=sparse.vstack([p.bound for p in patches], format="csr"),
        faces=np.concatenate([p.faces + s for p, s in zip(patches, starts, strict=True)]),
        **named,
    )
