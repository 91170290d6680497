"""Pieces of cloth that the rig moves, added to a dressed body: drawn on both sides, darker inside, over what they cover."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.evaluate import PosedBodies
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.geometry.drape import tuck
from manikin.tasks.clothing.geometry.piece import Piece, pose_piece
from manikin.tasks.clothing.geometry.shell import Shell
from manikin.tasks.images.dressed import SHADE, Dressed, pose_dressed
from manikin.tasks.images.renderer import Mesh
from manikin.tasks.images.texture import Texture

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

_TUCK = (0.016, 0.15)  # metres: how far beneath the cloth other clothes are moved, and from how far


def hang(dressed: Dressed, model: BodyModel, pieces: Sequence[Piece], n_layers: int) -> Mesh:
    """Return the mesh of a dressed body with pieces of cloth, over the body's vertices, the shells' and then the pieces'.

    Args:
        dressed: the body in its other clothes.
        model: the body.
        pieces: innermost first.
        n_layers: of `dressed`; each piece adds its own and the shade in it.
    """
    mesh = dressed.mesh
    shown = ~_hidden(mesh.faces, model, pieces)
    faces, uv, part = [mesh.faces[shown]], [mesh.uv[shown]], [mesh.part[shown]]
    layer = [mesh.layer_ranges(n_layers)[shown]]
    start = len(model.v_template) + sum(len(shell.offset) for shell in dressed.shells)
    for k, piece in enumerate(pieces):
        piece_faces, piece_uv, piece_part = piece.drawn_faces()
        first = n_layers + 2 * k
        sides = np.array([[first, first + 1], [first, first + 2]], np.uint8)
        faces.append(piece_faces + np.int32(start))
        uv.append(piece_uv)
        part.append(piece_part)
        layer.append(np.repeat(sides, len(piece.faces), axis=0))
        start += 2 * len(piece.v_template)
    return Mesh(np.concatenate(faces), np.concatenate(uv), np.concatenate(part), np.concatenate(layer))


def _hidden(faces: I32, model: BodyModel, pieces: Sequence[Piece]) -> NDArray[np.bool_]:
    """Return which of the triangles (F, 3) are triangles of the body that pieces hide."""
    hidden = np.concatenate([np.zeros((0, 3), np.int32)] + [model.faces[piece.hides] for piece in pieces])
    n = np.int64(faces.max(initial=0)) + 1
    keys = [(f.astype(np.int64) * [n * n, n, 1]).sum(axis=1) for f in (faces, hidden)]
    return np.isin(*keys)


def hung_layers(textures: Sequence[Texture]) -> list[Texture]:
    """Return the layers that pieces add: each one's texture and the shade in it."""
    return [layer for texture in textures for layer in (texture, SHADE)]


def pose_hung(
    dressed: Dressed,
    pieces: Sequence[Piece],
    model: BodyModel,
    shape: F32,
    pose: F32,
    place: F32,
    vertices: F32,
    normals: F32,
) -> tuple[F32, F32]:
    """Return vertices and normals of a dressed body with its pieces, in the order of `hang`.

    Args:
        dressed: the body in its other clothes.
        pieces: innermost first.
        model: the body.
        shape: (K,) coefficients.
        pose: (J, 3) axis-angle.
        place: (3,) metres that the body was moved by.
        vertices: (V, 3) of the posed body, metres.
        normals: (V, 3) unit.
    """
    bare = vertices.copy()
    bodies = PosedBodies(bare[None], normals[None], np.empty((1, 0, 3), np.float32))
    cloths = [pose_piece(piece, model, shape[None], pose[None], place[None], bodies) for piece in pieces]
    points, out = pose_dressed(dressed, bare, normals)
    for k, (piece, (cloth, facing)) in enumerate(zip(pieces, cloths, strict=True)):
        tuck_shells(dressed.shells, piece, points, len(vertices), cloth[0], facing[0])
        for beneath, _ in cloths[:k]:
            _tuck_piece(beneath[0], cloth[0], facing[0])
    columns = [(points, out)] + [(cloth[0], facing[0]) for cloth, facing in cloths]
    return np.concatenate([c[0] for c in columns]), np.concatenate([c[1] for c in columns])


def _tuck_piece(beneath: F32, cloth: F32, normals: F32) -> None:
    """Move a piece (2G, 3) beneath another one over it, in place: a skirt under a coat."""
    inner, outer = len(beneath) // 2, len(cloth) // 2
    tuck(beneath, np.arange(inner, dtype=np.int32), cloth[:outer], normals[:outer], *_TUCK)
    beneath[inner:] = beneath[:inner]


def tuck_shells(shells: Sequence[Shell], piece: Piece, points: F32, n_body: int, cloth: F32, normals: F32) -> None:
    """Move what shells have where a piece goes over them beneath it, in place: shirts are drawn in and go into skirts.

    Args:
        shells: as in `Dressed`.
        piece: the cloth over them.
        points: (V + G, 3) of body and shells, metres.
        n_body: V.
        cloth: (2G, 3) of the piece, from `pose_piece`.
        normals: (2G, 3) unit.
    """
    start = n_body
    outside = len(piece.v_template)
    left = np.ones(n_body, np.float32)
    left[piece.gathers] = piece.slack
    for shell in shells:
        share = np.einsum("gk,gk->g", shell.weight, left[shell.corner])
        drawn = np.flatnonzero(share < 1)
        skin = np.einsum("gk,gkc->gc", shell.weight[drawn], points[shell.corner[drawn]])
        points[start + drawn] = skin + share[drawn, None] * (points[start + drawn] - skin)
        owner = (start + np.flatnonzero(np.isin(shell.held_by, piece.under))).astype(np.int32)
        tuck(points, owner, cloth[:outside], normals[:outside], *_TUCK)
        start += len(shell.offset)
