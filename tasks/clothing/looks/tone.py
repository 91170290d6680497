"""Skin tones: a skin with more or less melanin, as a table from colour to colour.

Melanin takes light by Lambert-Beer's law, from blue most: its absorption falls with the wavelength to the power of 3.33
(Jacques, "Optical properties of biological tissues: a review", Phys. Med. Biol. 58, 2013). In OKLab the lightness and
chroma that are left are taken and each colour's own hue is kept, so that lips and nails stay lips and nails. What has no
skin's colour, the white and the iris of an eye, stays as it is.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.oklab import to_oklab, to_srgb
from manikin.tasks.clothing.cloth.variation import GRID
from manikin.tasks.errors import InputError

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

# Absorbance in green that each tone adds, light to dark: how far people of one origin commonly differ.
TONES: Mapping[str, tuple[float, ...]] = {
    "caucasian": (-0.12, -0.06, 0.0, 0.14, 0.32),
    "asian": (-0.16, -0.08, 0.0, 0.13, 0.30),
    "african": (-0.60, -0.30, 0.0, 0.15, 0.32),
}
N_TONES, AS_IT_IS = 5, 2
_ABSORPTION = (0.70, 1.0, 1.75)  # of red, green and blue (611, 549 and 464 nm), relative to green
_COLOURFUL = (0.025, 0.045)  # chroma by lightness between which a colour becomes a skin's
_HUES_DEG = (5.0, 100.0)  # of skin, lips and shadows on them
_HUE_SOFT_DEG = 15.0
_LIGHTEST = 0.97


def tone_table(origin: str, tone: int) -> U8:
    """Return (GRID, GRID, GRID, 3) sRGB of a skin in a tone, by red, green and blue of the skin as it is.

    Args:
        origin: the skin's category, of `TONES`.
        tone: 0, the lightest, to N_TONES - 1; `AS_IT_IS` changes nothing.

    Raises:
        InputError: origin or tone is unknown.
    """
    if origin not in TONES or not 0 <= tone < N_TONES:
        raise InputError(
            f'skin tone {tone} of "{origin}": unknown; expected 0 to {N_TONES - 1}, of one of {", ".join(TONES)}'
        )
    steps = np.rint(np.linspace(0, 255, GRID)).astype(np.uint8)
    return toned(np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1), TONES[origin][tone])


def toned(srgb: U8, melanin: float) -> U8:
    """Return colours (..., 3) sRGB with so much more melanin before them, in absorbance of green light."""
    lab = to_oklab(srgb)
    encoded = srgb / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    left = np.clip(linear * np.exp(-melanin * np.array(_ABSORPTION)), 0, 1)
    through = to_oklab(
        np.rint(255 * np.where(left <= 0.0031308, left * 12.92, 1.055 * left ** (1 / 2.4) - 0.055)).astype(np.uint8)
    )
    chroma, chroma_through = (np.hypot(c[..., 1], c[..., 2]) for c in (lab, through))
    factor = chroma_through / np.maximum(chroma, 1e-9)
    changed = np.stack([np.minimum(through[..., 0], _LIGHTEST), lab[..., 1] * factor, lab[..., 2] * factor], axis=-1)
    is_skin = _skin_share(lab, chroma)[..., None]
    return to_srgb(lab * (1 - is_skin) + changed * is_skin)


def _skin_share(lab: F64, chroma: F64) -> F64:
    """Return (...,) how much colours are a skin's: 1 of skin and lips, 0 of an eye's white or a blue iris."""
    hue = np.rad2deg(np.arctan2(lab[..., 2], lab[..., 1]))
    low, high = _COLOURFUL
    colourful = np.clip((chroma / np.maximum(lab[..., 0], 1e-3) - low) / (high - low), 0, 1)
    warm = np.clip(np.minimum(hue - _HUES_DEG[0], _HUES_DEG[1] - hue) / _HUE_SOFT_DEG + 0.5, 0, 1)
    return np.asarray(colourful * warm, np.float64)
