"""OKLab: lightness, green-red and blue-yellow, in which equal steps look equal and a hue stays itself when it pales.

Ottosson, "A perceptual color space for image processing" (2020), for sRGB and D65. Light that is scaled by s, as in a fold,
scales all three coordinates by the cube root of s: shading is a factor.
"""

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_LMS_OF_RGB = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_LAB_OF_LMS = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
_LMS_OF_LAB = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
_RGB_OF_LMS = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)


DARK = 0.08  # lightness that counts as black: what is darker hardly shows
_LEVEL = np.arange(256) / 255
_LINEAR = np.where(_LEVEL <= 0.04045, _LEVEL / 12.92, ((_LEVEL + 0.055) / 1.055) ** 2.4)
_STEPS = 4096  # of linear light; at its steepest the encoding rises by 0.8 of a level a step
_STEP = np.arange(_STEPS) / (_STEPS - 1)
_ENCODED = np.rint(255 * np.where(_STEP <= 0.0031308, 12.92 * _STEP, 1.055 * _STEP ** (1 / 2.4) - 0.055)).astype(
    np.uint8
)


def to_oklab(srgb: U8) -> F64:
    """Return 8-bit sRGB (..., 3) in OKLab: lightness 0..1, a and b about -0.4..0.4."""
    return _apply(_LAB_OF_LMS, np.cbrt(_apply(_LMS_OF_RGB, _LINEAR[srgb])))


def to_srgb(lab: F64) -> U8:
    """Return OKLab (..., 3) as 8-bit sRGB; what no screen shows is clipped."""
    lms = _apply(_LMS_OF_LAB, lab)
    linear = np.clip(_apply(_RGB_OF_LMS, lms * lms * lms), 0, 1)
    return np.asarray(_ENCODED[np.rint(linear * (_STEPS - 1)).astype(np.int64)], np.uint8)


def tint_gain(ab: NDArray[np.floating]) -> F64:
    """Return (..., 3) gains of sRGB levels that give grey the (..., 2) chroma a and b, by its lightness."""
    lms = _apply(_LMS_OF_LAB, np.concatenate([np.ones_like(ab[..., :1]), ab], axis=-1).astype(np.float64))
    linear = np.clip(_apply(_RGB_OF_LMS, lms * lms * lms), 0.2, 5)
    return np.asarray(linear ** (1 / 2.4))


def _apply(matrix: tuple[tuple[float, float, float], ...], values: F64) -> F64:
    """Return (..., 3) multiplied by a matrix, without BLAS: the same last bits on any machine."""
    x, y, z = (values[..., c] for c in range(3))
    return np.stack([row[0] * x + row[1] * y + row[2] * z for row in matrix], axis=-1)


LOG_LIGHTNESS = np.log(to_oklab(np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1))[:, 0] + DARK).astype(
    np.float32
)  # of greys
