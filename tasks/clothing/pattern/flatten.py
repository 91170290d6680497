"""The body laid flat, as a garment is laid for its photo: front on back, folded along the sides.

Cloth keeps its lengths, so the flat body keeps the body's: as-rigid-as-possible parameterisation (Liu, Zhang, Xu, Gotsman
and Gortler, "A Local/Global Approach to Mesh Parameterization", SGP 2008) with one change: the triangles of the back are
laid face down. Front and back then share their outline, the fold, and a photo warped onto the flat body neither smears
on the flanks, as a projection along the view does, nor tears where front meets back.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from manikin.tasks.clothing.pattern.atlas import vertex_normals

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_SMOOTHING = 20  # rounds; enough that the fold ignores muscles, too few to move it off the side
_ITERATIONS = 100  # the outline then moves less than 1 mm a round


@dataclass(frozen=True, slots=True)
class SplitMesh:
    """A mesh cut along the zero line of a field: every triangle is on one side."""

    vertices: F64  # (V', 3)
    corners: F64  # (F', 3, C) values that each corner carries, such as UV
    faces: I64  # (F', 3)
    parent: I64  # (F',) triangle of the mesh that was cut
    field: F64  # (V',) exactly 0 on the cut
    is_front: NDArray[np.bool_]  # (F',) the side where the field is positive


def facing(vertices: F64, faces: I64) -> F64:
    """Return (V,) how much the smoothed surface faces the front, in [-1, 1]; stray islands take their surroundings' sign."""
    value = vertex_normals(vertices, faces)[:, 2]
    links = _links(faces, len(vertices))
    mean = sp.diags(1.0 / np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1.0)) @ links
    for _ in range(_SMOOTHING):
        value = 0.5 * (value + mean @ value)
    for is_front in (True, False):
        inside = (value > 0) == is_front
        rows, cols = links.nonzero()
        keep = inside[rows] & inside[cols]
        _, label = connected_components(
            sp.coo_matrix((np.ones(keep.sum()), (rows[keep], cols[keep])), shape=links.shape), directed=False
        )
        largest = np.argmax(np.bincount(label[inside]))
        value = np.where(inside & (label != largest), (-1e-3 if is_front else 1e-3), value)
    return np.asarray(value, np.float64)


def split_at_zero(vertices: F64, corners: F64, faces: I64, field: F64) -> SplitMesh:
    """Cut the triangles that the field's zero line crosses, each into three.

    Args:
        vertices: (V, 3).
        corners: (F, 3, C) values to carry along.
        faces: (F, 3).
        field: (V,), positive in front.
    """
    side = field > 0
    n_front = side[faces].sum(axis=1)
    crossed = np.flatnonzero((n_front == 1) | (n_front == 2))
    # Turn each crossed triangle until its first corner is the one that is alone on its side.
    alone = np.argmax(side[faces[crossed]] == (n_front[crossed] == 1)[:, None], axis=1)
    turn = (alone[:, None] + np.arange(3)) % 3
    tri = np.take_along_axis(faces[crossed], turn, axis=1)
    values = np.take_along_axis(corners[crossed], turn[..., None], axis=1)
    ends = np.concatenate([tri[:, [0, 1]], tri[:, [0, 2]]])
    t = np.clip(field[ends[:, 0]] / (field[ends[:, 0]] - field[ends[:, 1]]), 0.03, 0.97)[:, None]  # no slivers
    _, first, new = np.unique(
        np.sort(ends, axis=1) @ np.array([len(vertices), 1]), return_index=True, return_inverse=True
    )
    cut = (vertices[ends[:, 0]] * (1 - t) + vertices[ends[:, 1]] * t)[first]
    new_vertex = (len(vertices) + new).reshape(2, -1).T
    other = np.concatenate([values[:, 1], values[:, 2]])
    new_values = np.tile(values[:, 0], (2, 1)) * (1 - t) + other * t
    new_values = new_values.reshape(2, len(crossed), corners.shape[2]).transpose(1, 0, 2)

    a, b, c = tri.T
    p, q = new_vertex.T
    va, vb, vc = values.transpose(1, 0, 2)
    vp, vq = new_values.transpose(1, 0, 2)
    whole = np.flatnonzero((n_front == 0) | (n_front == 3))
    return SplitMesh(
        vertices=np.concatenate([vertices, cut]),
        corners=np.concatenate(
            [corners[whole], *(np.stack(v, axis=1) for v in ((va, vp, vq), (vp, vb, vc), (vp, vc, vq)))]
        ),
        faces=np.concatenate([faces[whole], *(np.stack(v, axis=1) for v in ((a, p, q), (p, b, c), (p, c, q)))]),
        parent=np.concatenate([whole, crossed, crossed, crossed]),
        field=np.concatenate([field, np.zeros(len(cut))]),
        is_front=np.concatenate([n_front[whole] == 3, side[a], ~side[a], ~side[a]]),
    )


def flatten(mesh: SplitMesh) -> F64:
    """Return (V', 2) the mesh laid flat, in metres, x to the body's left, y up, near where the view from the front has it."""
    used, faces = np.unique(mesh.faces, return_inverse=True)
    faces = faces.reshape(-1, 3)
    points = mesh.vertices[used]
    local = _local_frames(points, faces, mesh.is_front)
    weights = _cotangents(points, faces)
    i, j = faces[:, [1, 2, 0]].ravel(), faces[:, [2, 0, 1]].ravel()
    w = weights.ravel()
    edges = (local[:, [1, 2, 0]] - local[:, [2, 0, 1]]).reshape(-1, 2)
    n = len(points)
    laplacian = sp.coo_matrix(
        (np.concatenate([-w, -w, w, w]), (np.concatenate([i, j, i, j]), np.concatenate([j, i, i, j]))), shape=(n, n)
    )
    solver = splu((laplacian + 1e-9 * sp.eye(n)).tocsc())  # the tiny weight pins the free translation
    flat = points[:, :2].copy()
    for _ in range(_ITERATIONS):
        flat = solver.solve(_turned_edges(flat, faces, edges, w, i, j))
        flat += (points[:, :2] - flat).mean(axis=0)
    result = mesh.vertices[:, :2].copy()
    result[used] = flat
    return result


def _turned_edges(flat: F64, faces: I64, edges: F64, w: F64, i: I64, j: I64) -> F64:
    """The local step: turn each triangle's own edges as the flat ones lie; the global step's right-hand side."""
    now = flat[i] - flat[j]
    cos = (w * (edges * now).sum(axis=1)).reshape(-1, 3).sum(axis=1)
    sin = (w * (edges[:, 0] * now[:, 1] - edges[:, 1] * now[:, 0])).reshape(-1, 3).sum(axis=1)
    length = np.maximum(np.hypot(cos, sin), 1e-300)
    cos, sin = np.repeat(cos / length, 3), np.repeat(sin / length, 3)
    turned = w[:, None] * np.stack(
        [cos * edges[:, 0] - sin * edges[:, 1], sin * edges[:, 0] + cos * edges[:, 1]], axis=1
    )
    n = len(flat)
    return np.stack([np.bincount(i, turned[:, c], n) - np.bincount(j, turned[:, c], n) for c in range(2)], axis=1)


def _local_frames(points: F64, faces: I64, is_front: NDArray[np.bool_]) -> F64:
    """Return (F, 3, 2) each triangle laid in its own plane, the back's face down."""
    a, b, c = points[faces].transpose(1, 0, 2)
    length = np.maximum(np.linalg.norm(b - a, axis=1), 1e-12)
    x = (b - a) / length[:, None]
    normal = np.cross(b - a, c - a)
    y = np.cross(normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-20), x)
    local = np.zeros((len(faces), 3, 2))
    local[:, 1, 0] = length
    local[:, 2, 0] = ((c - a) * x).sum(axis=1)
    local[:, 2, 1] = ((c - a) * y).sum(axis=1) * np.where(is_front, 1.0, -1.0)
    return local


def _cotangents(points: F64, faces: I64) -> F64:
    p = points[faces]
    out = np.zeros((len(faces), 3))
    for k in range(3):
        u, v = p[:, (k + 1) % 3] - p[:, k], p[:, (k + 2) % 3] - p[:, k]
        out[:, k] = (u * v).sum(axis=1) / np.maximum(np.linalg.norm(np.cross(u, v), axis=1), 1e-12)
    return np.clip(out, 0.02, 10.0)  # positive: the Laplacian stays definite on obtuse triangles


def _links(faces: I64, n: int) -> sp.csr_matrix:
    i, j = faces.ravel(), faces[:, [1, 2, 0]].ravel()
    links = sp.coo_matrix((np.ones(len(i)), (i, j)), shape=(n, n)).tocsr()
    return ((links + links.T) > 0).astype(np.float64)
