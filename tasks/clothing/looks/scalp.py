"""The head as hair sees it: where rays from under the crown leave it, and points bound to it.

The head is unrolled about its crown (azimuthal equidistant projection), so that every direction finds the triangle it
leaves the head by.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.pattern.atlas import atlas_triangles, vertex_normals

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_UNROLLED = 1024  # texels a side of the unrolled head
_OFFSETS = (-0.06, 0.12, 181)  # metres that are tried


@dataclass(frozen=True, slots=True)
class Head:
    """The head as hair sees it: its directions about a point under the crown."""

    model: BodyModel
    normals: F64  # (V, 3)
    crown: F64  # (3,) the point, metres
    eyes: F64  # (3,)
    faces: I64  # (H, 3) of head and neck
    number: I64  # (H,) of those faces among the body's
    triangle: NDArray[np.int32]  # (S, S) face of each direction, -1 where none is

    def hit(self, polar: F64, turn: F64) -> tuple[I64, F64]:
        """Return the faces (n,) that rays leave the head by and the barycentric weights (n, 3) there."""
        half = _UNROLLED / 2
        r = polar / np.pi * half
        x, y = (np.clip(half + r * f(turn), 0, _UNROLLED - 1).astype(int) for f in (np.sin, np.cos))
        face = self.triangle[y, x].astype(np.int64)
        a, b, c = (self.model.v_template[self.faces[face, k]] - self.crown for k in range(3))
        ray = direction(polar, turn)
        w = np.stack([dot(ray, np.cross(b, c)), dot(ray, np.cross(c, a)), dot(ray, np.cross(a, b))], axis=-1)
        w = np.maximum(w / w.sum(axis=-1, keepdims=True), 0)  # a ray that just misses is moved to the triangle's rim
        return face, w / w.sum(axis=-1, keepdims=True)

    def at(self, polar: F64, turn: F64) -> F64:
        """Return the points (n, 3) where rays leave the head."""
        face, w = self.hit(polar, turn)
        return np.asarray(np.einsum("nk,nkc->nc", w, self.model.v_template[self.faces[face]].astype(np.float64)))


def direction(polar: F64, turn: F64) -> F64:
    """Return unit vectors (..., 3) at an angle from upwards, turned from the front to the left."""
    return np.stack([np.sin(polar) * np.sin(turn), np.cos(polar), np.sin(polar) * np.cos(turn)], axis=-1)


def dot(a: F64, b: F64) -> F64:
    """Return the products (...,) of vectors (..., 3)."""
    return a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]


def unroll_head(model: BodyModel, crown: F64, eyes: F64) -> Head:
    """Return the head of a body, unrolled about a point (3,) under its crown."""
    is_head = np.isin(model.part, [model.part_names.index(n) for n in ("head", "neck")])
    number = np.flatnonzero(is_head)
    faces = model.faces[number].astype(np.int64)
    ray = model.v_template.astype(np.float64)[faces] - crown
    distance = np.linalg.norm(ray, axis=-1)
    order = np.argsort(distance.max(axis=1), kind="stable")  # of several, the outermost is written last
    faces, number, ray, distance = faces[order], number[order], ray[order], distance[order]
    polar, turn = np.arccos(np.clip(ray[..., 1] / distance, -1, 1)), np.arctan2(ray[..., 0], ray[..., 2])
    plane = 0.5 + 0.5 / np.pi * polar[..., None] * np.stack([np.sin(turn), np.cos(turn)], axis=-1)
    wraps = polar.max(axis=1) > 0.8 * np.pi  # under the chin directions lie on opposite rims
    plane[wraps] = -1
    unrolled = atlas_triangles(plane.astype(np.float32), _UNROLLED)
    triangle = unrolled.triangle.reshape(-1)[unrolled.nearest]
    normals = vertex_normals(model.v_template, model.faces.astype(np.int64))
    return Head(model, normals, crown, eyes, faces, number, triangle)


def bind(corners: F64, normals: F64, points: F64) -> tuple[F64, F64]:
    """Return weights (n, 3) and offset (n,) that give points (n, 3) on corners (n, 3, 3) lifted along their normals.

    The smallest offset whose lifted triangle lies in one plane with the point, then Newton's method on
    sum w (corner + offset normal) = point, solved by Cramer's rule.
    """
    tried = np.linspace(*_OFFSETS)
    a, b, c = (corners[:, None, k] + tried[:, None] * normals[:, None, k] - points[:, None] for k in range(3))
    above = dot(a, np.cross(b, c))
    crosses = np.pad(above[:, 1:] * above[:, :-1] <= 0, ((0, 0), (0, 1)))
    offset = tried[np.where(crosses, np.abs(tried), np.inf).argmin(axis=1)]
    weight = np.full((len(points), 3), 1 / 3)
    for step in range(8):
        lifted = corners + offset[:, None, None] * normals
        rest = points - (weight[..., None] * lifted).sum(axis=1)
        u, v = lifted[:, 1] - lifted[:, 0], lifted[:, 2] - lifted[:, 0]
        n = (weight[..., None] * normals).sum(axis=1) if step else np.cross(u, v)
        volume = dot(u, np.cross(v, n))
        du, dv, dn = (dot(rest, np.cross(*pair)) / volume for pair in ((v, n), (n, u), (u, v)))
        weight = weight + np.stack([-du - dv, du, dv], axis=-1)
        offset = offset + (dn if step else 0.0)
    return weight, offset
