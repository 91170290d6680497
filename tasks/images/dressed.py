"""A body and the cloth on it as one mesh to draw: what cloth covers is left out, of the body and of cloth beneath.

Which triangles there are depends on the clothes alone; where they lie follows from the posed body.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.geometry.shell import Shell, follow
from manikin.tasks.images.renderer import Mesh
from manikin.tasks.images.texture import Texture
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

_UNDER = 0.002  # metres that cloth keeps beneath the cloth over it
_LEAST = 0.0015
_SHADE = 150  # of 255: how much darker cloth is inside its openings
_THICK = 0.10  # metres of cloth that a joint shows through at most: what stands off further, as a bun, may hide it
_AROUND = (2.0, 0.03)  # times its thickness, and metres more: the skin whose cloth a joint is under


@dataclass(frozen=True, slots=True)
class Dressed:
    """A body of V vertices in clothes of G vertices together."""

    mesh: Mesh  # over the body's vertices and then each shell's
    shells: tuple[Shell, ...]  # innermost first, as worn together
    cloth: I32  # (C, 3) all triangles of cloth, hidden ones too, over the V + G vertices


def dress(body: Mesh, n_vertices: int, shells: Sequence[Shell], n_painted: int) -> Dressed:
    """Return a body in clothes; its layers are those painted on the body, then each shell's own and the shade in it.

    Args:
        body: the bare body, whose triangles show the painted layers.
        n_vertices: of the body.
        shells: innermost first.
        n_painted: how many layers are painted on the body.
    """
    worn = [_tucked(shell, shells[k + 1 :], n_vertices) for k, shell in enumerate(shells)]
    shown = [_shown(np.arange(len(body.faces)), shells)]
    shown += [_shown(shell.beneath, shells[k + 1 :]) for k, shell in enumerate(shells)]
    starts = np.cumsum([n_vertices] + [len(s.offset) for s in shells])
    pieces = [(body.faces, body.uv, body.part, np.tile(np.array([0, n_painted], np.uint8), (len(body.faces), 1)))]
    for k, (shell, start) in enumerate(zip(shells, starts[:-1], strict=True)):
        first = n_painted + 2 * k
        layer = np.stack([np.full(len(shell.faces), first), first + 1 + shell.is_inner], axis=1).astype(np.uint8)
        pieces.append(((shell.faces + start).astype(np.int32), shell.uv, shell.part, layer))
    columns = [np.concatenate([p[c][s] for p, s in zip(pieces, shown, strict=True)]) for c in range(4)]
    cloth = np.concatenate([np.empty((0, 3), np.int32)] + [p[0] for p in pieces[1:]])
    return Dressed(Mesh(*columns), tuple(worn), cloth)


def dressed_layers(painted: Sequence[Texture], cloth: Sequence[Texture]) -> list[Texture]:
    """Return the texture layers of a dressed body: painted ones, then each shell's with the shade in its openings."""
    return [*painted, *(layer for texture in cloth for layer in (texture, SHADE))]


def pose_dressed(dressed: Dressed, vertices: F32, normals: F32) -> tuple[F32, F32]:
    """Return vertices and normals (V + G, 3) of a dressed body, given those of the posed body.

    Args:
        dressed: from `dress`.
        vertices: (V, 3) metres.
        normals: (V, 3) unit.
    """
    n = len(vertices)
    total = n + sum(len(s.offset) for s in dressed.shells)
    points, out = np.empty((total, 3), np.float32), np.empty((total, 3), np.float32)
    points[:n], out[:n] = vertices, normals
    start = n
    for shell in dressed.shells:
        end = start + len(shell.offset)
        follow(shell.corner, shell.weight, shell.offset, points[:n], out[:n], points[start:end])
        start = end
    _add_normals(points, dressed.cloth, n, out)
    return points, out


def cloth_at_joints(shells: Sequence[Shell], model: BodyModel, joints: F32, thickness: F32) -> F32:
    """Return how far (N,) in metres cloth hangs off the flesh about each joint of the body at rest; 0 where it is bare.

    Args:
        shells: what is worn.
        model: the body.
        joints: (N, 3) metres, of the body at rest.
        thickness: (N,) metres of flesh around each joint.
    """
    out = np.zeros(len(joints), np.float32)
    for shell in shells:
        skin = (shell.weight[..., None] * model.v_template[shell.corner]).sum(axis=1)
        for k, joint in enumerate(joints):
            near = np.linalg.norm(skin - joint, axis=1) < _AROUND[0] * thickness[k] + _AROUND[1]
            out[k] = max(out[k], min(shell.offset[near].max(initial=0), _THICK))
    return out


def _shown(triangles: NDArray[np.integer], over: Sequence[Shell]) -> NDArray[np.bool_]:
    """Return which of cloth over body triangles (H,) can be seen under other shells."""
    hidden = np.concatenate([np.empty(0, np.int32)] + [shell.hides for shell in over])
    return ~np.isin(triangles, hidden)


def _tucked(shell: Shell, over: Sequence[Shell], n_vertices: int) -> Shell:
    """Return a shell whose slack stays under that of the shells over it."""
    offset = shell.offset
    for outer in over:
        room = np.full(n_vertices, np.inf, np.float32)
        on_vertex = outer.weight[:, 0] == 1
        on_vertex[outer.faces[outer.is_inner]] = False
        room[outer.corner[on_vertex, 0]] = outer.offset[on_vertex] - _UNDER
        there = np.where(shell.weight > 0, room[shell.corner], np.inf).min(axis=1)
        offset = np.minimum(offset, np.maximum(there, _LEAST))
    return replace(shell, offset=offset.astype(np.float32))


@kernel
def _add_normals(points: F32, faces: I32, first: int, out: F32) -> None:
    """Fill out from row `first` with unit normals of triangles (C, 3), weighted by area."""
    for i in range(first, points.shape[0]):
        for k in range(3):
            out[i, k] = 0
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ux, uy, uz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
        vx, vy, vz = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for k in range(3):
            i = faces[f, k]
            out[i, 0] += nx
            out[i, 1] += ny
            out[i, 2] += nz
    for i in range(first, points.shape[0]):
        x, y, z = out[i, 0], out[i, 1], out[i, 2]
        s = np.float32(1) / np.float32(math.sqrt(x * x + y * y + z * z + np.float32(1e-30)))
        out[i, 0], out[i, 1], out[i, 2] = x * s, y * s, z * s


SHADE = Texture.from_rgba(np.array([[[0, 0, 0, _SHADE]]], np.uint8))
"""What lies over the cloth inside openings."""
