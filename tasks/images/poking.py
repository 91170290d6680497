"""How much of what clothes cover is seen in front of them: skin through cloth, cloth through the cloth over it, and holes.

The person is drawn once with what is covered in red, under even light, so every red pixel is one too many.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.images.camera import Camera
from manikin.tasks.images.dressed import Dressed, dressed_layers, pose_dressed
from manikin.tasks.images.renderer import Lights, Mesh, Renderer
from manikin.tasks.images.texture import Texture

F32 = NDArray[np.float32]


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
