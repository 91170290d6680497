"""sRGB to linear light and back by tables (IEC 61966-2-1).

Light adds and filters in linear space; pictures are stored in sRGB. The encoding table has 4096 steps: at its steepest
a step is 0.8 of an 8-bit level, so that every 8-bit value survives decoding and encoding exactly.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

ENCODE_STEPS: Final = 4096


def _decode(v: float) -> float:
    return float(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4)


def _encode(v: float) -> float:
    return float(v * 12.92 if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055)


LINEAR: Final[NDArray[np.float32]] = np.array([_decode(i / 255) for i in range(256)], np.float32)
"""Linear light of each 8-bit sRGB value."""

SRGB: Final[NDArray[np.uint8]] = np.array(
    [round(255 * _encode(i / (ENCODE_STEPS - 1))) for i in range(ENCODE_STEPS)], np.uint8
)
"""The 8-bit sRGB value of linear light i / 4095."""


def to_srgb(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return linear light, any shape, clipped to [0, 1], as 8-bit sRGB."""
    steps = np.clip(linear, 0, 1) * np.float32(ENCODE_STEPS - 1) + np.float32(0.5)
    return SRGB[steps.astype(np.int32)]


def to_linear(srgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return 8-bit sRGB, any shape, as linear light in [0, 1]."""
    return LINEAR[srgb]
