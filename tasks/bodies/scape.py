"""SCAPE (Anguelov et al. 2005): bodies deformed triangle by triangle, R S Q e for each edge e of the mean body at rest.

R is the rotation of the bone whose part the triangle is, S what the person's shape makes of the triangle at rest, and Q what
bending does to it: the identity, plus a linear function of the turns (axis-angle vectors) of the joints beside it, learned by
`scape_fit`. The turned triangles do not meet; the vertices are those whose edges are nearest to them, by least squares, a sparse
system that is the same for all and factored once (eq. 3 and 4 there). Because edges are summed up along a limb, joints are not
where forward kinematics has them: they are regressed from the mesh, which stands where they are there in the mean.
"""

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.sparse_cholesky import solve_sparse
from manikin.tasks.errors import InputError
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_TOGETHER = 8  # bodies solved at once


@dataclass(frozen=True, slots=True)
class Scape:
    """T triangles, V vertices, J joints. Ties hold pieces that no edge joins, as the eyes, to the body."""

    faces: I32  # (T, 3)
    part: I32  # (T,) joint whose rotation R each triangle follows
    edges: F32  # (T, 3, 3) the mean body's: columns two sides and the scaled normal
    inverse: F32  # (T, 3, 3) of edges
    bend_start: I32  # (T + 1,) the terms of triangle t are bend_start[t]:bend_start[t + 1]
    bend_feature: I32  # (E,) 3 * joint + axis, the component of a turn that the term multiplies
    bend: F32  # (E, 9) Q - I per radian, by rows
    ties: I32  # (N, 3) two vertices and the joint that turns their difference
    order: I32  # the factor of the system; see `sparse_cholesky`
    start: I32
    index: I32
    value: F64
    joint_vertex: I32  # (J, M) vertices that each joint is a mean of
    joint_weight: F32  # (J, M)

    def save(self, path: Path) -> None:
        """Write the model as an npz."""
        np.savez(path, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: Path) -> "Scape":
        """Return what `save` wrote; raises InputError if the file is missing or is no SCAPE model."""
        try:
            with np.load(path, allow_pickle=False) as z:
                return cls(**{f.name: z[f.name] for f in fields(cls)})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(f"{path} is no SCAPE model ({error}); expected a npz that Scape.save wrote") from error


@kernel
def sides(points: F32, faces: I32, t: int, out: F64) -> None:
    """Fill out (3, 3) with the columns of triangle t: two sides, and the normal as long as the square root of its area."""
    i, j, k = np.uint32(faces[t, 0]), np.uint32(faces[t, 1]), np.uint32(faces[t, 2])
    for c in range(3):
        out[c, 0], out[c, 1] = points[j, c] - points[i, c], points[k, c] - points[i, c]
    x = out[1, 0] * out[2, 1] - out[2, 0] * out[1, 1]
    y = out[2, 0] * out[0, 1] - out[0, 0] * out[2, 1]
    z = out[0, 0] * out[1, 1] - out[1, 0] * out[0, 1]
    scale = 1.0 / (np.sqrt(np.sqrt(x * x + y * y + z * z)) + 1e-15)
    out[0, 2], out[1, 2], out[2, 2] = scale * x, scale * y, scale * z


@kernel
def multiply(a: F64, b: F64, out: F64) -> None:
    """Fill out (3, 3) with a @ b."""
    for r in range(3):
        for c in range(3):
            out[r, c] = a[r, 0] * b[0, c] + a[r, 1] * b[1, c] + a[r, 2] * b[2, c]


@kernel
def _wanted_edges(
    rest: F32,
    turns: F64,
    skinning: F32,
    faces: I32,
    part: I32,
    edges: F32,
    inverse: F32,
    bend_start: I32,
    bend_feature: I32,
    bend: F32,
    ties: I32,
    out: F64,
) -> None:
    """Fill out (V, 3) with the right side of one body's system: at each vertex the edges that should lead to it."""
    own, S, Q, RS, RSQ, e = np.empty((6, 3, 3))
    R = np.empty((3, 3))
    out[:] = 0.0
    for t in range(faces.shape[0]):
        sides(rest, faces, t, own)
        multiply(own, inverse[t], S)
        for c in range(9):
            Q[c // 3, c % 3] = 1.0 if c % 4 == 0 else 0.0
        for b in range(bend_start[t], bend_start[t + 1]):
            x = turns[bend_feature[b]]
            for c in range(9):
                Q[c // 3, c % 3] += x * bend[b, c]
        R[:] = skinning[part[t], :, :3]
        multiply(R, S, RS)
        multiply(RS, Q, RSQ)
        multiply(RSQ, edges[t], e)
        i, j, k = faces[t, 0], faces[t, 1], faces[t, 2]
        for c in range(3):
            a, b_, between = e[c, 0], e[c, 1], e[c, 1] - e[c, 0]
            out[i, c] -= a + b_
            out[j, c] += a - between
            out[k, c] += b_ + between
    for n in range(ties.shape[0]):
        i, j, p = ties[n, 0], ties[n, 1], ties[n, 2]
        for c in range(3):
            x = 0.0
            for d in range(3):
                x += skinning[p, c, d] * (rest[j, d] - rest[i, d])
            out[i, c] -= x
            out[j, c] += x


@kernel
def regress_joints(points: F64, vertex: I32, weight: F32, out: F64) -> None:
    """Fill out (J, 3) with weighted means of points (V, 3)."""
    out[:] = 0.0
    for j in range(vertex.shape[0]):
        for m in range(vertex.shape[1]):
            for c in range(3):
                out[j, c] += weight[j, m] * points[vertex[j, m], c]


def deform(scape: Scape, rest: F32, pose: F64, skinning: F32, joints: F32) -> tuple[F32, F32]:
    """Return the vertices (B, V, 3) and the joints (B, J, 3) of B bodies.

    Args:
        scape: the model.
        rest: (B, V, 3) bodies at rest.
        pose: (B, J, 3) axis-angle.
        skinning: (B, J, 3, 4) rigid motions of the joints.
        joints: (B, J, 3) where forward kinematics has the joints; their mean is kept.
    """
    vertices, regressed = np.empty_like(rest), np.empty(joints.shape, dtype=np.float32)
    turns = np.ascontiguousarray(_shortest(pose).reshape(len(pose), -1))
    for first in range(0, len(rest), _TOGETHER):
        group = range(first, min(first + _TOGETHER, len(rest)))
        wanted = np.empty((len(group), *rest.shape[1:]))
        for b, one in zip(group, wanted, strict=True):
            _wanted_edges(
                rest[b],
                turns[b],
                skinning[b],
                scape.faces,
                scape.part,
                scape.edges,
                scape.inverse,
                scape.bend_start,
                scape.bend_feature,
                scape.bend,
                scape.ties,
                one,
            )
        columns = np.ascontiguousarray(wanted.transpose(1, 0, 2)).reshape(rest.shape[1], -1)
        solve_sparse(scape.order, scape.start, scape.index, scape.value, columns)
        for b, points in zip(group, columns.reshape(rest.shape[1], -1, 3).transpose(1, 0, 2), strict=True):
            places = np.empty(joints.shape[1:])
            regress_joints(points, scape.joint_vertex, scape.joint_weight, places)
            move = (joints[b] - places).cumsum(axis=0)[-1] / len(places)
            vertices[b], regressed[b] = points + move, places + move
    return vertices, regressed


def _shortest(pose: F64) -> F64:
    """Return the same rotations, axis-angle, turned by at most half a turn."""
    angle = np.sqrt(pose[..., 0] ** 2 + pose[..., 1] ** 2 + pose[..., 2] ** 2)[..., None]
    turns = np.round(angle / (2.0 * np.pi))
    return np.where(turns > 0, pose * (1.0 - 2.0 * np.pi * turns / np.maximum(angle, 1.0)), pose)
