"""Fabrics woven in code: denim, twill, wool, knit, jersey, stripes and checks, as tiles that repeat without a seam.

The default product photos hold no bottoms, and nobody may go half-dressed. A texel of the atlas is about 2 mm of body, so
threads themselves are never seen: what tells fabrics apart at that size is grain, slubs and pattern.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

TILE = 256  # pixels a side
Colour = tuple[int, int, int]

# Colours that such clothes are sold in, sRGB.
PALETTES: Mapping[str, tuple[Colour, ...]] = {
    "denim": ((40, 52, 78), (58, 76, 108), (92, 116, 150), (34, 36, 42), (128, 146, 168)),
    "twill": ((168, 146, 112), (120, 104, 80), (74, 78, 62), (52, 56, 66), (96, 92, 88), (188, 176, 152)),
    "wool": ((48, 48, 54), (76, 74, 74), (36, 42, 58), (86, 72, 60)),
    "jersey": ((30, 30, 34), (96, 98, 104), (38, 46, 70), (140, 142, 146), (92, 34, 42)),
    "check": ((70, 74, 84), (96, 84, 66), (44, 58, 52), (86, 40, 44)),
    "stripes": ((44, 48, 60), (60, 56, 54), (34, 40, 54)),
}


@dataclass(frozen=True, slots=True)
class Swatch:
    """A piece of fabric that tiles."""

    fabric: str  # of PALETTES
    colour: Colour
    rgb: U8  # (TILE, TILE, 3) sRGB
    side: float  # metres of body that the tile spans

    def at(self, points: NDArray[np.floating]) -> F32:
        """Return (..., 3) sRGB of the fabric at (..., 2) points in metres."""
        tile = np.pad(self.rgb, ((0, 1), (0, 1), (0, 0)), mode="wrap")
        x, y = ((points[..., c] / self.side) % 1.0 * TILE for c in range(2))
        i, j = np.minimum(x.astype(np.int64), TILE - 1), np.minimum(y.astype(np.int64), TILE - 1)
        fx, fy = (x - i)[..., None], (y - j)[..., None]
        upper = tile[j, i] * (1 - fx) + tile[j, i + 1] * fx
        lower = tile[j + 1, i] * (1 - fx) + tile[j + 1, i + 1] * fx
        return np.asarray(upper * (1 - fy) + lower * fy, np.float32)


def weave(fabric: str, rng: np.random.Generator, colour: Colour | None = None) -> Swatch:
    """Return a swatch of a fabric of `PALETTES`, in a colour of its palette unless one is given.

    Raises:
        InputError: the fabric is unknown.
    """
    if fabric not in PALETTES:
        raise InputError(f'fabric "{fabric}": unknown; expected one of {", ".join(PALETTES)}')
    if colour is None:
        colour = PALETTES[fabric][int(rng.integers(len(PALETTES[fabric])))]
    base = np.broadcast_to(np.array(colour, np.float32), (TILE, TILE, 3)).copy()
    grain = _GRAINS[fabric](rng)
    light = base * (1 + grain[..., None])
    if fabric == "denim":  # white weft shows between the blue warp
        light += np.clip(grain, 0, None)[..., None] * np.array([60, 57, 50], np.float32)
    if fabric in ("check", "stripes"):
        light = _pattern(fabric, light, rng)
    return Swatch(fabric, colour, np.clip(light, 0, 255).astype(np.uint8), 0.25)


def _noise(rng: np.random.Generator, across: float, along: float) -> F32:
    """Return (TILE, TILE) noise of unit spread that tiles, smoothed by `across` columns and `along` rows."""
    white = rng.standard_normal((TILE, TILE))
    f = np.fft.fftfreq(TILE)
    kernel = np.exp(-2 * np.pi**2 * ((along * f[:, None]) ** 2 + (across * f[None]) ** 2))
    out = np.fft.ifft2(np.fft.fft2(white) * kernel).real
    return np.asarray(out / out.std(), np.float32)


def _diagonal(rng: np.random.Generator, slubs: float) -> F32:
    """Return twill's grain: steep ribs, broken by slubs along the warp."""
    y, x = np.mgrid[:TILE, :TILE]
    ribs = np.sin(2 * np.pi * (x + 2 * y) / 4)
    return np.asarray(0.03 * ribs + slubs * _noise(rng, 0.7, 7) + 0.4 * slubs * _noise(rng, 5, 1), np.float32)


_GRAINS: Mapping[str, Callable[[np.random.Generator], F32]] = {
    "denim": lambda rng: _diagonal(rng, 0.045),
    "twill": lambda rng: _diagonal(rng, 0.022),
    "wool": lambda rng: 0.05 * _noise(rng, 1.2, 1.2) + 0.03 * _noise(rng, 3, 3),
    "jersey": lambda rng: 0.02 * _noise(rng, 0.8, 2) + 0.02 * _noise(rng, 4, 4),
    "check": lambda rng: 0.03 * _noise(rng, 1, 1),
    "stripes": lambda rng: 0.03 * _noise(rng, 1, 2),
}


def _pattern(fabric: str, light: F32, rng: np.random.Generator) -> F32:
    """Return the cloth with pinstripes or a window check."""
    period = int(rng.choice([16, 32]) if fabric == "stripes" else rng.choice([32, 64]))
    t = np.arange(TILE) % period
    line = np.clip(1.5 - np.abs(t - period / 2), 0, 1).astype(np.float32)
    bars = np.tile((t < period * 0.45).astype(np.float32), 3)[None]
    bar = cv2.GaussianBlur(bars, (3, 1), 0)[0, TILE : 2 * TILE]
    if fabric == "stripes":
        return light + 46 * line[None, :, None]
    tone = 1 + 0.2 * (bar[None, :] + bar[:, None] - 1)
    return light * tone[..., None] + 34 * np.maximum(line[None, :], line[:, None])[..., None]
