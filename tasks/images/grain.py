"""Noise that belongs to a seed and a pixel, so that it is the same whatever is computed before or beside it.

Random bits are SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) of the seed and the pixel's number; sums of two bytes
have a triangular distribution, which at a few levels looks like a sensor's and needs no function of a C library.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.kernel import kernel

U8 = NDArray[np.uint8]

_VARIANCE: Final = 2 * (256**2 - 1) / 12  # of the sum of two bytes


def add_grain(image: U8, sd: float, shared: float, seed: int) -> U8:
    """Return the picture with noise added, clipped to 0..255.

    Args:
        image: (H, W, 3).
        sd: standard deviation, levels.
        shared: share of the noise's variance that the three channels have in common, 0 (colour) to 1 (grey).
        seed: 0 to 2^63 - 1.
    """
    out = np.empty_like(image)
    unit = sd / math.sqrt(_VARIANCE)
    _add(np.ascontiguousarray(image), unit * math.sqrt(shared), unit * math.sqrt(1 - shared), seed, out)
    return out


@kernel
def _add(image: U8, common: float, own: float, seed: int, out: U8) -> None:
    width = image.shape[1]
    start = np.uint64(seed) * np.uint64(0xD1342543DE82EF95)
    for y in range(image.shape[0]):
        for x in range(width):
            bits = np.uint64(y * width + x + 1) * np.uint64(0x9E3779B97F4A7C15)
            bits += start
            bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            bits ^= bits >> np.uint64(31)
            grey = np.int64(bits & np.uint64(255)) + np.int64((bits >> np.uint64(8)) & np.uint64(255)) - 255
            for c in range(3):
                colour = np.int64((bits >> np.uint64(16 + 16 * c)) & np.uint64(255)) - 255
                colour += np.int64((bits >> np.uint64(24 + 16 * c)) & np.uint64(255))
                v = np.float32(image[y, x, c]) + (
                    np.float32(common) * np.float32(grey) + np.float32(own) * np.float32(colour)
                )
                out[y, x, c] = np.uint8(min(max(v, np.float32(0)), np.float32(255)) + np.float32(0.5))
