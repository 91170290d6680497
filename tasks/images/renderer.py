"""What a renderer takes and gives, and how one is chosen by name.

A renderer draws one posed, textured mesh, a body with its clothes, under a few directional lights and gives everything
that is labelled pixel by pixel in one pass. `numba` (rasterize.py) is the default and needs no driver; `pyrender`
(pyrender_backend.py) is the reference it is tested against.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.errors import InputError
from manikin.tasks.images.camera import Camera
from manikin.tasks.images.texture import Texture

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I8 = NDArray[np.int8]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

BACKENDS: Final = ("numba", "pyrender")


@dataclass(frozen=True, slots=True)
class Mesh:
    """What stays the same from pose to pose: F triangles."""

    faces: I32  # (F, 3) vertex numbers, counter-clockwise seen from outside; back faces are not drawn
    uv: F32  # (F, 3, 2) texture position of each corner, u right, v down, both in [0, 1]
    part: U8  # (F,) body part, 1..255; 0 means background in the part map
    layer: U8 | None = None  # (F, 2) first and one past the last texture layer a triangle shows; None = each shows all

    def layer_ranges(self, n_layers: int) -> U8:
        """Return the first and one past the last layer (F, 2) that each triangle shows of so many."""
        if self.layer is not None:
            return self.layer
        return np.tile(np.array([0, n_layers], np.uint8), (len(self.faces), 1))


@dataclass(frozen=True, slots=True)
class Lights:
    """L directional lights and an ambient term, linear RGB; a white surface that faces a light of 1 is white."""

    directions: F64  # (L, 3) unit vectors towards the lights, in world
    colours: F64  # (L, 3)
    ambient: F64  # (3,) on surfaces that face up
    hemisphere: float = 0.4  # share of the ambient light that surfaces facing down lack, in [0, 1]
    shadow: bool = True  # whether light 0 casts a soft shadow of the mesh on itself


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawn person. At pixels that no sample covers everything is 0.

    Each pixel has 2 x 2 samples. Alpha is the share of them that is covered. Depth, normal and part belong to the
    nearest covered sample's triangle: at the pixel's centre where one surface covers the whole pixel, else at the mean
    position of the samples which that triangle covers.
    """

    rgba: U8  # (H, W, 4) sRGB, straight alpha: colour is that of the covered part alone
    depth: F32  # (H, W) metres along the camera's z
    normal: I8  # (H, W, 3) in the camera's frame, unit length times 127
    part: U8  # (H, W)

    @property
    def mask(self) -> U8:
        """Return the coverage (H, W), 0..255."""
        return self.rgba[..., 3]


class Renderer(Protocol):
    """Draws; keeps its scratch memory between calls, so an instance belongs to one thread."""

    def render(
        self, mesh: Mesh, vertices: F32, normals: F32, layers: Sequence[Texture], camera: Camera, lights: Lights
    ) -> Frame:
        """Return the picture of a mesh; the arrays are the caller's.

        Args:
            mesh: triangles over the V vertices.
            vertices: (V, 3) world, metres. Triangles are cut at 5 cm in front of the camera.
            normals: (V, 3) unit, world.
            layers: textures from the innermost to the outermost, at most 255; each lies over those before it. The first
                that a triangle shows must be opaque there, as the skin is.
            camera: any image size; the person may be partly or wholly outside.
            lights: at least one layer of ambient or directional light.

        Raises:
            InputError: array shapes that do not fit one another, or no layer.
        """
        ...


def renderer(name: str = "numba") -> Renderer:
    """Return a new renderer.

    Raises:
        InputError: the name is none of `BACKENDS`, or what it needs is not installed.
    """
    if name == "numba":
        from manikin.tasks.images.rasterize import NumbaRenderer

        return NumbaRenderer()
    if name == "pyrender":
        from manikin.tasks.images.pyrender_backend import PyrenderRenderer

        return PyrenderRenderer()
    raise InputError(f"there is no renderer {name!r}; choose one of: {', '.join(BACKENDS)}")


def check_arguments(mesh: Mesh, vertices: F32, normals: F32, layers: Sequence[Texture]) -> None:
    """Raise InputError where the arguments of `Renderer.render` do not fit one another."""
    n = len(mesh.faces)
    if mesh.faces.shape != (n, 3) or mesh.uv.shape != (n, 3, 2) or mesh.part.shape != (n,):
        raise InputError(
            f"mesh has faces {mesh.faces.shape}, uv {mesh.uv.shape}, part {mesh.part.shape}; "
            "expected (F, 3), (F, 3, 2) and (F,)"
        )
    if vertices.ndim != 2 or vertices.shape[1] != 3 or normals.shape != vertices.shape:
        raise InputError(f"vertices are {vertices.shape}, normals {normals.shape}; expected both (V, 3)")
    if n and (mesh.faces.min() < 0 or mesh.faces.max() >= len(vertices)):
        raise InputError(
            f"mesh faces name vertices {mesh.faces.min()}..{mesh.faces.max()}, but there are {len(vertices)} vertices"
        )
    if not layers:
        raise InputError("no texture layer was given; expected at least the skin")
    if mesh.layer is not None and n:
        _check_ranges(mesh.layer, n, len(layers))


def _check_ranges(layer: U8, n: int, n_layers: int) -> None:
    if layer.shape != (n, 2) or layer.dtype != np.uint8:
        raise InputError(f"mesh has layer ranges {layer.dtype} {layer.shape} of {n} triangles; expected uint8 ({n}, 2)")
    bad = np.flatnonzero((layer[:, 0] >= layer[:, 1]) | (layer[:, 1] > n_layers))
    if len(bad):
        first, end = layer[bad[0]]
        raise InputError(
            f"triangle {bad[0]} shows the layers {first}..{end} (end not shown), but {n_layers} were given; "
            "expected at least one of them"
        )
