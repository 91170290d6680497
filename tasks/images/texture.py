"""A square RGBA texture as a mip pyramid (Williams, "Pyramidal Parametrics", SIGGRAPH 1983).

Colours are multiplied by alpha and averaged two by two in linear light, then stored as 8-bit sRGB, so that a garment's
edge neither darkens nor takes the colour of what was painted under alpha 0. All levels lie behind one another in one
array, which can be stored and memory-mapped as it is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.errors import InputError
from manikin.tasks.images.colour import ENCODE_STEPS, LINEAR, SRGB
from manikin.tasks.kernel import kernel

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Texture:
    """Level k begins at texel (4 size² - 4 (size / 2^k)²) / 3 and holds its rows from the top, (size / 2^k)² texels."""

    texels: U8  # (N, 4) premultiplied in linear light, then sRGB-encoded; alpha linear
    size: int  # side of level 0, a power of two

    def __post_init__(self) -> None:
        if self.texels.shape != (_n_texels(self.size), 4) or self.texels.dtype != np.uint8:
            raise InputError(
                f"texture of side {self.size} holds {self.texels.dtype} {self.texels.shape}; "
                f"expected uint8 ({_n_texels(self.size)}, 4), as Texture.from_rgba makes it"
            )

    @classmethod
    def from_rgba(cls, rgba: U8) -> "Texture":
        """Return the pyramid of a picture (S, S, 4) uint8, sRGB, straight alpha, row 0 at v = 0.

        Filtering reaches over the edge of a UV island: a layer that should cover an island wholly must be painted some
        texels beyond it (8 are enough for a body that fills the image at half the texture's size).

        Raises:
            InputError: the picture is not square, its side no power of two, or not RGBA bytes.
        """
        side = rgba.shape[0] if rgba.ndim == 3 else 0
        if rgba.dtype != np.uint8 or rgba.shape != (side, side, 4) or side < 1 or side & (side - 1):
            raise InputError(
                f"texture is {rgba.dtype} {rgba.shape}; expected uint8 (S, S, 4) with S a power of two, such as 1024"
            )
        texels = np.empty((_n_texels(side), 4), np.uint8)
        level = np.empty((side, side, 4), np.float32)
        _premultiply(np.ascontiguousarray(rgba), LINEAR, level)
        start = 0
        while True:
            _encode(level, SRGB, texels[start : start + side * side])
            start, side = start + side * side, side // 2
            if side == 0:
                return cls(texels, rgba.shape[0])
            smaller = np.empty((side, side, 4), np.float32)
            _halve(level, smaller)
            level = smaller


def _n_texels(side: int) -> int:
    return (4 * side * side - 1) // 3


@kernel
def _premultiply(rgba: U8, linear: F32, out: F32) -> None:
    for y in range(rgba.shape[0]):
        for x in range(rgba.shape[1]):
            alpha = np.float32(rgba[y, x, 3]) / np.float32(255)
            for c in range(3):
                out[y, x, c] = linear[rgba[y, x, c]] * alpha
            out[y, x, 3] = alpha


@kernel
def _halve(level: F32, out: F32) -> None:
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            for c in range(4):
                top = level[2 * y, 2 * x, c] + level[2 * y, 2 * x + 1, c]
                bottom = level[2 * y + 1, 2 * x, c] + level[2 * y + 1, 2 * x + 1, c]
                out[y, x, c] = (top + bottom) * np.float32(0.25)


@kernel
def _encode(level: F32, srgb: U8, out: U8) -> None:
    side = level.shape[0]
    for y in range(side):
        for x in range(side):
            for c in range(3):
                out[y * side + x, c] = srgb[int(level[y, x, c] * np.float32(ENCODE_STEPS - 1) + np.float32(0.5))]
            out[y * side + x, 3] = np.uint8(level[y, x, 3] * np.float32(255) + np.float32(0.5))
