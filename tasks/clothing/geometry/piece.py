"""A piece of cloth with vertices of its own, moved by the body's rig: a skirt, or a garment that a user brings.

It has what a body has, a linear shape basis and skinning weights, so it is shaped and posed as a body is. What lies on the
body, as a waistband, is then fixed to it; the rest is kept outside of it (`drape`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from manikin.tasks.bodies.evaluate import PosedBodies, pose_bodies, shape_rest, vertex_normals
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.geometry.drape import drape, tuck
from manikin.tasks.clothing.geometry.shell import follow
from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

_TUCK = (0.006, 0.06)  # metres: how far beneath the cloth the body is moved, and from how far


@dataclass(frozen=True, slots=True)
class Piece:
    """G vertices and H triangles of cloth on a body of V vertices and F triangles; both sides of the cloth are drawn."""

    v_template: F32  # (G, 3) metres, on the mean body at rest
    shapedirs: F32  # (K, G, 3) metres per unit coefficient of the body's shape
    weights: F32  # (G, W) skinning weights as the body's
    weight_idx: I32  # (G, W)
    faces: I32  # (H, 3) counter-clockwise seen from outside
    uv: F32  # (H, 3, 2) into the piece's own texture
    part: U8  # (H,) body part of the triangle beneath
    hides: I32  # (M,) body triangles that are not drawn
    skin: I32  # (S,) body vertices that the cloth is kept outside of
    under: I32  # (U,) body vertices that are kept beneath the cloth
    gathers: I32  # (N,) body vertices about its upper edge and under it, where clothes beneath are drawn in
    slack: F32  # (N,) the share that is left there of how far they hang off
    grip: F32  # (G,) 1 where cloth is fixed to the body ... 0 where it hangs
    threads: I32  # (T, 2) vertices whose distance hanging cloth keeps, the upper first
    corner: I32  # (G, 3) body vertices that a vertex is fixed to
    weight: F32  # (G, 3) their barycentric weights
    offset: F32  # (G,) metres along the body's normal there

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the fields by name, as they are stored."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> "Piece":
        """Return what `arrays` gave."""
        return cls(**{f.name: arrays[f.name] for f in fields(cls)})

    def span(self) -> tuple[float, float]:
        """Return how many metres of cloth the texture's width and height show, in the mean: for fabrics laid on it."""
        places = self.v_template[self.faces].astype(np.float64)
        sides, uv = places - np.roll(places, 1, axis=1), np.abs(self.uv - np.roll(self.uv, 1, axis=1))
        length = np.sqrt((sides * sides).sum(axis=-1))
        along_u, along_v = uv[..., 0] > 4 * uv[..., 1], uv[..., 1] > 4 * uv[..., 0]
        spans = [
            float(length[a].sum() / uv[a][:, k].sum()) if a.any() else 1.0 for k, a in ((0, along_u), (1, along_v))
        ]
        return spans[0], spans[1]

    def drawn_faces(self) -> tuple[I32, F32, U8]:
        """Return faces (2H, 3), uv (2H, 3, 2) and part (2H,) of both sides, over the 2G vertices that `pose_piece` gives."""
        inside = self.faces[:, ::-1] + np.int32(len(self.v_template))
        return (
            np.concatenate([self.faces, inside]),
            np.concatenate([self.uv, self.uv[:, ::-1]]),
            np.concatenate([self.part, self.part]),
        )


def pose_piece(
    piece: Piece, model: BodyModel, shape: ArrayLike, pose: ArrayLike, translation: ArrayLike, bodies: PosedBodies
) -> tuple[F32, F32]:
    """Return vertices and unit normals (B, 2G, 3) of the cloth's outside and inside on B bodies.

    The bodies' vertices that came through the cloth are moved beneath it, in place: joints must be known before.

    Args:
        piece: the cloth.
        model: the body model it was cut for.
        shape: coefficients (B, K), as the bodies'.
        pose: rotation of each joint (B, J, 3), as the bodies'.
        translation: metres (B, 3), as the bodies'.
        bodies: the bodies that wear it, posed with the same arguments.

    Raises:
        InputError: the piece was cut for another body model.
    """
    if len(piece.shapedirs) != len(model.shapedirs) or (len(piece.hides) and piece.hides.max() >= len(model.faces)):
        raise InputError(
            f"a piece of cloth for bodies of {len(piece.shapedirs)} shape coefficients does not fit a model of "
            f"{len(model.shapedirs)}; make the stage textures again for this body"
        )
    as_body = _as_body(piece, model)
    cloth, cut = pose_bodies(as_body, shape, pose, translation).vertices, shape_rest(as_body, shape)[0]
    bound = np.empty_like(cloth[0])
    for k in range(len(cloth)):
        follow(piece.corner, piece.weight, piece.offset, bodies.vertices[k], bodies.normals[k], bound)
        body, out, floor = bodies.vertices[k], bodies.normals[k], float(bodies.vertices[k][:, 1].min())
        skin, facing = body[piece.skin], out[piece.skin]
        drape(cloth[k], piece.grip, bound, piece.faces, skin, facing, piece.threads, cut[k], floor)
    normals = vertex_normals(cloth, piece.faces)
    for k in range(len(cloth)):
        tuck(bodies.vertices[k], piece.under, cloth[k], normals[k], *_TUCK)
    return np.concatenate([cloth, cloth], axis=1), np.concatenate([normals, -normals], axis=1)


def _as_body(piece: Piece, model: BodyModel) -> BodyModel:
    return replace(
        model,
        v_template=piece.v_template,
        shapedirs=piece.shapedirs,
        weights=piece.weights,
        weight_idx=piece.weight_idx,
        faces=piece.faces,
        posedirs=model.posedirs[:0],
        posedir_vertex=model.posedir_vertex[:0],
        posedir_start=np.zeros_like(model.posedir_start),
    )
