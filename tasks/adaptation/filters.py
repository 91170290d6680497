"""Changes to a picture's pixels in fixed order or whole numbers, so that they give the same bytes everywhere."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]

_ONE: Final = 1 << 14  # weight 1 of a filter


def resample(image: U8, A: F64) -> U8:
    """Return the picture moved by A, at the same size, bilinear; what lies beyond its rim repeats the rim.

    Args:
        image: (H, W, C).
        A: (2, 3) from old to new pixel coordinates, without rotation or skew: x' = A[0, 0] x + A[0, 2].
    """
    out = np.empty_like(image)
    _resample(np.ascontiguousarray(image), A, out)
    return out


def resample_nearest(values: NDArray[np.generic], A: F64) -> NDArray[np.generic]:
    """Return a map (H, W) of labels moved by A (2, 3): each new pixel takes the old pixel in which its centre falls."""
    height, width = values.shape
    x = np.floor((np.arange(width) + 0.5 - A[0, 2]) / A[0, 0]).astype(np.int64)
    y = np.floor((np.arange(height) + 0.5 - A[1, 2]) / A[1, 1]).astype(np.int64)
    return values[np.ix_(y.clip(0, height - 1), x.clip(0, width - 1))]


def change_colours(image: U8, brightness: float, contrast: float, saturation: float, hue: float) -> U8:
    """Return the picture (H, W, 3) with its sRGB values turned, stretched and shifted.

    Args:
        image: (H, W, 3).
        brightness: added to every channel, as a share of white.
        contrast: factor of the distance to middle grey.
        saturation: factor of the distance to the pixel's grey.
        hue: turn about the grey axis, radians.
    """
    matrix = contrast * _saturation(saturation) @ _hue(hue)
    offset = 127.5 * (1 - contrast) + 255 * brightness
    out = np.empty_like(image)
    _affine(image, matrix.astype(np.float32), offset, out)
    return out


def blur_gaussian(image: U8, sigma: float) -> U8:
    """Return the picture (H, W, 3) blurred by a Gaussian of `sigma` pixels, cut off at 3 sigma."""
    radius = max(1, math.ceil(3 * sigma))
    weights = _whole(np.array([math.exp(-0.5 * (k / sigma) ** 2) for k in range(-radius, radius + 1)]))
    along = np.arange(-radius, radius + 1)
    level, upright = np.zeros((len(along), 2), np.int64), np.zeros((len(along), 2), np.int64)
    level[:, 1] = upright[:, 0] = along
    return _filter(_filter(image, level, weights), upright, weights)


def blur_motion(image: U8, length: float, angle: float) -> U8:
    """Return the picture (H, W, 3) averaged along a line of `length` pixels at `angle` radians from x towards y."""
    n = 4 * math.ceil(length) + 1
    weights: dict[tuple[int, int], float] = {}
    for k in range(n):
        t = length * (k / (n - 1) - 0.5)
        x, y = t * math.cos(angle), t * math.sin(angle)
        left, top = math.floor(x), math.floor(y)
        for j, i in ((0, 0), (0, 1), (1, 0), (1, 1)):
            share = (1 - abs(x - left - i)) * (1 - abs(y - top - j))
            if share > 1e-9:
                weights[top + j, left + i] = weights.get((top + j, left + i), 0.0) + share
    places = sorted(weights)
    return _filter(image, np.array(places, np.int64), _whole(np.array([weights[p] for p in places])))


def _whole(weights: F64) -> I64:
    """Return weights scaled to whole numbers with sum `_ONE`; the largest takes the rounding."""
    whole: I64 = np.rint(weights * (_ONE / weights.sum())).astype(np.int64)
    whole[weights.argmax()] += _ONE - whole.sum()
    return whole


def _filter(image: U8, places: I64, weights: I64) -> U8:
    out = np.empty_like(image)
    _convolve(np.ascontiguousarray(image), places, weights, out)
    return out


def _saturation(factor: float) -> F64:
    grey = np.tile([0.299, 0.587, 0.114], (3, 1))  # ITU-R BT.601
    matrix: F64 = grey + factor * (np.eye(3) - grey)
    return matrix


def _hue(angle: float) -> F64:
    """Return the rotation about (1, 1, 1), which keeps greys."""
    c, s, third = math.cos(angle), math.sin(angle), 1 / 3
    a, b, d = c + (1 - c) * third, (1 - c) * third - s * math.sqrt(third), (1 - c) * third + s * math.sqrt(third)
    return np.array([[a, b, d], [d, a, b], [b, d, a]])


@kernel
def _resample(image: U8, A: F64, out: U8) -> None:
    height, width, channels = image.shape
    for row in range(height):
        y = min(max((row + 0.5 - A[1, 2]) / A[1, 1] - 0.5, 0.0), height - 1.0)
        top = int(y)
        bottom, fy = min(top + 1, height - 1), np.float32(y - top)
        for column in range(width):
            x = min(max((column + 0.5 - A[0, 2]) / A[0, 0] - 0.5, 0.0), width - 1.0)
            left = int(x)
            right, fx = min(left + 1, width - 1), np.float32(x - left)
            for c in range(channels):
                upper = np.float32(image[top, left, c]) * (np.float32(1) - fx) + np.float32(image[top, right, c]) * fx
                lower = (
                    np.float32(image[bottom, left, c]) * (np.float32(1) - fx) + np.float32(image[bottom, right, c]) * fx
                )
                out[row, column, c] = np.uint8(upper * (np.float32(1) - fy) + lower * fy + np.float32(0.5))


@kernel
def _affine(image: U8, M: F32, offset: float, out: U8) -> None:
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            r, g, b = np.float32(image[y, x, 0]), np.float32(image[y, x, 1]), np.float32(image[y, x, 2])
            for c in range(3):
                v = M[c, 0] * r + M[c, 1] * g + M[c, 2] * b + np.float32(offset)
                out[y, x, c] = np.uint8(min(max(v, np.float32(0)), np.float32(255)) + np.float32(0.5))


@kernel
def _convolve(image: U8, places: I64, weights: I64, out: U8) -> None:
    """Sum the pixels at (y, x) places (N, 2), weighted; the rim repeats."""
    height, width = image.shape[:2]
    for y in range(height):
        for x in range(width):
            r = g = b = _ONE // 2
            for k in range(places.shape[0]):
                j = min(max(y + places[k, 0], 0), height - 1)
                i = min(max(x + places[k, 1], 0), width - 1)
                r += weights[k] * image[j, i, 0]
                g += weights[k] * image[j, i, 1]
                b += weights[k] * image[j, i, 2]
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = r // _ONE, g // _ONE, b // _ONE
