"""How much of what clothes cover is seen in front of them: skin through cloth, cloth through the cloth over it, and holes.

The person is drawn once with what is covered in red, under even light, so every red pixel is one too many. Under a piece of
cloth that hangs, some are right: one may look in under its hem, and a raised leg comes out of it. Those are red pixels that
have no outside of the cloth close behind them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.geometry.piece import Piece
from manikin.tasks.images.camera import Camera
from manikin.tasks.images.dressed import Dressed, dressed_layers, pose_dressed
from manikin.tasks.images.hung import hang
from manikin.tasks.images.renderer import Lights, Mesh, Renderer
from manikin.tasks.images.texture import Texture

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

_BEHIND = 0.06  # metres behind what is covered, within which the cloth that should cover it would lie
_WHITE, _RED, _OUTSIDE, _INSIDE = range(4)  # layers
_COLOURS = ((255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255))
_EVEN = Lights(np.zeros((0, 3)), np.zeros((0, 3)), np.ones(3), hemisphere=0.0, shadow=False)


@dataclass(frozen=True, slots=True)
class Poking:
    """Pixels of one picture."""

    covered_but_seen: int
    holes: int  # where the bare body would be drawn and the dressed one is not
    person: int


def covered_textures(insides: Sequence[NDArray[np.bool_]]) -> list[Texture]:
    """Return textures that are red where a body, then each garment but the last, is covered.

    Args:
        insides: (S, S) texels well inside each garment, innermost first.
    """
    out = []
    for k in range(len(insides) + 1):
        over = np.any(insides[k:], axis=0) if k < len(insides) else np.zeros_like(insides[0])
        rgba = np.full((*over.shape, 4), 255, np.uint8)
        rgba[over, 1:3] = 0
        out.append(Texture.from_rgba(rgba))
    return out


def measure_poking(
    draw: Renderer,
    dressed: Dressed,
    bare: Mesh,
    vertices: F32,
    normals: F32,
    covered: Sequence[Texture],
    camera: Camera,
) -> Poking:
    """Return what is wrong with the clothes in one picture.

    Args:
        draw: the renderer.
        dressed: from `dress` with one painted layer.
        bare: the bare body.
        vertices: (V, 3) of the posed body.
        normals: (V, 3) of the posed body.
        covered: from `covered_textures`.
        camera: from where.
    """
    points, out = pose_dressed(dressed, vertices, normals)
    layers = dressed_layers(covered[:1], covered[1:])
    frame = draw.render(dressed.mesh, points, out, layers, camera, _EVEN)
    red, green = frame.rgba[..., 0].astype(int), frame.rgba[..., 1].astype(int)
    whole = frame.mask > 127
    skin = draw.render(bare, vertices, normals, covered[:1], camera, _EVEN)
    return Poking(
        int((whole & (2 * green < red)).sum()), int(((skin.mask == 255) & (frame.mask == 0)).sum()), int(whole.sum())
    )


@dataclass(frozen=True, slots=True)
class HungPoking:
    """Pixels of one picture of a person in a piece of cloth."""

    through: int  # body, or clothes beneath, in front of the cloth that should cover them
    beside: int  # likewise, but seen in under the hem, or come out of it
    person: int


def measure_hung_poking(
    draw: Renderer, dressed: Dressed, piece: Piece, model: BodyModel, points: F32, normals: F32, camera: Camera
) -> HungPoking:
    """Return what is wrong with a piece of cloth in one picture.

    Args:
        draw: the renderer.
        dressed: the person's other clothes.
        piece: the cloth.
        model: the body.
        points: from `pose_hung`, of the body, its clothes and the piece alone.
        normals: likewise.
        camera: from where.
    """
    mesh = hang(dressed, model, [piece], 1)
    first = len(points) - 2 * len(piece.v_template)
    is_cloth = mesh.faces[:, 0] >= first
    is_covered = np.isin(_owner(dressed, len(model.v_template)), piece.under)
    layer = np.where(is_cloth, _INSIDE, _WHITE)
    layer[is_cloth & (mesh.faces[:, 0] < first + len(piece.v_template))] = _OUTSIDE
    layer[~is_cloth] = np.where(is_covered[mesh.faces[~is_cloth]].all(axis=1), _RED, _WHITE)
    ranges = np.stack([layer, layer + 1], axis=1).astype(np.uint8)
    coloured = Mesh(mesh.faces, mesh.uv, mesh.part, ranges)
    alone = Mesh(mesh.faces[is_cloth], mesh.uv[is_cloth], mesh.part[is_cloth], ranges[is_cloth])
    frames = [draw.render(m, points, normals, _PLAIN, camera, _EVEN) for m in (coloured, alone)]
    seen, cloth = (_colour(frame.rgba) for frame in frames)
    red = seen == _RED
    close = (cloth == _OUTSIDE) & (frames[1].depth - frames[0].depth < _BEHIND)
    return HungPoking(int((red & close).sum()), int((red & ~close).sum()), int((frames[0].mask > 127).sum()))


def _owner(dressed: Dressed, n_body: int) -> NDArray[np.integer]:
    """Return the body vertex (V + G,) that each vertex of body and shells is, or is mostly bound to."""
    return np.concatenate([np.arange(n_body), *(shell.held_by for shell in dressed.shells)])


def _colour(rgba: U8) -> NDArray[np.integer]:
    """Return the layer (H, W) that each pixel shows, -1 where there is none for sure."""
    off = np.abs(rgba[..., None, :3].astype(np.int64) - np.array(_COLOURS)).sum(axis=-1)
    return np.where((rgba[..., 3] > 127) & (off.min(axis=-1) < 128), off.argmin(axis=-1), -1)


_PLAIN = [Texture.from_rgba(np.array([[[*colour, 255]]], np.uint8)) for colour in _COLOURS]
