"""Variants of a garment: its cloth in another colour, or the same cut in another fabric.

A recolouring is a map from colour to colour, tabulated on a grid of sRGB (33 steps a channel), so that any texture is recoloured
by looking up. In OKLab, where shading is a factor, a colour of the cloth is its main colour times a fold's lightness, and some
share of its dye (white threads in denim hold none): both are kept and the main colour is exchanged. Colours that are not the
cloth's, as of a print or buttons, stay, unless the garment has no main colour: then all hues turn together.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.oklab import to_oklab, to_srgb

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

GRID = 33  # steps a channel of a table
OWN = "own"  # the fabric that a garment is of
_BINS = np.array([0.10, 0.035, 0.035])  # OKLab, of the histogram whose peak is the main colour
_NEAR = np.array([0.14, 0.05, 0.05])  # about the main colour, averaged
_PLAIN_SHARE = 0.4  # of the texels; a garment with less of its main colour is a pattern of many
_CHROMATIC = 0.02  # chroma from which a dye's share can be told
_DIM = 0.3  # relative lightness under which colour is noise
_VEIL = 0.15  # of lightness added before lightnesses are compared: near black, ratios say little
_CONTRAST = (0.3, 1.8)  # what shading's exponent may be when cloth gets much lighter or darker


@dataclass(frozen=True, slots=True)
class Cloth:
    """The colour that most of a garment has, in OKLCh, and how much of it."""

    light: float  # 0..1
    chroma: float  # 0 grey ... 0.3 garish
    hue_deg: float  # 0 pinkish red, 90 yellow, 180 green, 270 blue
    share: float  # of the texels, 0..1

    @property
    def lab(self) -> F64:
        """Return (3,) OKLab."""
        hue = np.deg2rad(self.hue_deg)
        return np.array([self.light, self.chroma * np.cos(hue), self.chroma * np.sin(hue)])


@dataclass(frozen=True, slots=True)
class Variation:
    """How a garment differs from its texture: plain values, as a row of the plan holds them."""

    variant: int  # 0 is the garment as it is
    light: float  # of the main colour, in OKLCh
    chroma: float
    hue_deg: float
    fabric: str  # `OWN`, or one of `fabric.PALETTES`
    pattern_scale: float  # of another fabric's pattern


def as_it_is(cloth: Cloth) -> Variation:
    """Return the variation that changes nothing."""
    return Variation(0, cloth.light, cloth.chroma, cloth.hue_deg, OWN, 1.0)


def main_colour(rgb: U8) -> Cloth:
    """Return the colour that is most frequent in (n, 3) sRGB texels, n > 0: the histogram's peak, and the mean about it."""
    lab = to_oklab(rgb)
    bins = np.floor((lab - [0, -0.5, -0.5]) / _BINS).astype(np.int64)
    _, where, count = np.unique(bins, axis=0, return_inverse=True, return_counts=True)
    centre = lab[where.reshape(-1) == int(np.argmax(count))].mean(axis=0)
    for _ in range(4):  # mean shift
        near = (np.abs(lab - centre) < _NEAR).all(axis=1)
        centre = lab[near].mean(axis=0)
    light, a, b = (float(v) for v in centre)
    dyed, shading, _ = _relative(lab, centre)
    share = float((_membership(dyed, shading, lab, centre) > 0.5).mean())
    return Cloth(light, float(np.hypot(a, b)), float(np.rad2deg(np.arctan2(b, a)) % 360), share)


def colour_table(cloth: Cloth, variation: Variation) -> U8:
    """Return (GRID, GRID, GRID, 3) sRGB of the variation by red, green and blue of the garment as it is."""
    lab = _grid()
    old = cloth.lab
    new = Cloth(variation.light, variation.chroma, variation.hue_deg, 1.0).lab
    dyed, shading, rest = _relative(lab, old)
    light = toned(shading, old[0], new[0])
    colour = (dyed[..., None] * new[1:] + rest) * (light / max(new[0], 1e-3))[..., None]
    weight = _membership(dyed, shading, lab, old)[..., None]
    recoloured = np.concatenate([light[..., None], colour], axis=-1)
    return to_srgb(weight * recoloured + (1 - weight) * _turned(lab, cloth, variation))


@cache
def _grid() -> F64:
    steps = np.rint(np.linspace(0, 255, GRID)).astype(np.uint8)
    return to_oklab(np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1))


def cloth_weight(rgb: U8, cloth: Cloth) -> F64:
    """Return how surely each of (..., 3) sRGB colours is the cloth's and no print's, 0..1."""
    lab = to_oklab(rgb)
    dyed, shading, _ = _relative(lab, cloth.lab)
    return _membership(dyed, shading, lab, cloth.lab)


def toned(shading: F64, old: float, new: float) -> F64:
    """Return the lightness of folds when cloth of lightness `old` is `new`.

    Relative lightness is kept, but less of it where black turns white, whose folds are soft, and more where white turns
    black, whose folds gleam. What is brighter than the cloth is squeezed to end at 1.

    Args:
        shading: relative lightness, 1 for the cloth's own.
        old: main lightness before.
        new: main lightness after.
    """
    old, new = max(old, 1e-3), max(new, 1e-3)
    exponent = float(np.clip((old / new) ** 0.75, *_CONTRAST))
    veil = _VEIL * max(0.0, 1 - old / new)  # black shadows lose all measure
    light = new * ((np.maximum(shading, 1e-6) * old + veil) / (old + veil)) ** exponent
    brightest = new * ((1 + veil) / (old + veil)) ** exponent
    squeezed = new + (light - new) * (1 - new) / max(brightest - new, 1e-6)
    return np.where((light > new) & (brightest > 1), squeezed, light)


def _relative(lab: F64, main: F64) -> tuple[F64, F64, F64]:
    """Return the share of dye (...), the relative lightness (...) and what colour (..., 2) is left over at equal light."""
    shading = lab[..., 0] / max(main[0], 1e-3)
    even = lab[..., 1:] / np.maximum(shading, _DIM)[..., None]
    square = float(main[1] ** 2 + main[2] ** 2)
    told = square / (square + _CHROMATIC**2)
    along = (even[..., 0] * main[1] + even[..., 1] * main[2]) / max(square, 1e-8)
    dyed = np.clip(1 + told * (along - 1), 0, 1.6)
    return dyed, shading, even - dyed[..., None] * main[1:]


def _membership(dyed: F64, shading: F64, lab: F64, main: F64) -> F64:
    """Return 1 for colours of the cloth, in light and shade, falling to 0 for those of prints."""
    even = lab[..., 1:] / np.maximum(shading, _DIM)[..., None]
    foreign = np.hypot(*np.moveaxis(even - dyed[..., None] * main[1:], -1, 0)) / 0.10
    undyed = np.maximum(0.75 - dyed, 0) / 0.6
    apart = np.log((lab[..., 0] + _VEIL) / (main[0] + _VEIL))
    apart = np.where(apart < 0, -apart * np.clip((main[0] - 0.3) / 0.3, 0, 1), apart)  # nothing is darker than black
    far = np.maximum(apart - 0.4, 0) / 0.6
    t = np.clip(1.5 - 1.5 * np.sqrt(foreign**2 + undyed**2 + far**2), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _turned(lab: F64, cloth: Cloth, variation: Variation) -> F64:
    """Return the colours of a print: as they are, or turned in hue where there is no cloth but print."""
    if cloth.share >= _PLAIN_SHARE or min(cloth.chroma, variation.chroma) < _CHROMATIC:
        return lab
    turn = np.deg2rad(variation.hue_deg - cloth.hue_deg)
    a, b = lab[..., 1], lab[..., 2]
    return np.stack([lab[..., 0], np.cos(turn) * a - np.sin(turn) * b, np.sin(turn) * a + np.cos(turn) * b], axis=-1)
