"""Makes a rendered person look photographed with its background: light, colour and lens.

Light: the photo, taken as what surrounds the scene in front and behind, gives irradiance as nine spherical-harmonic
coefficients a channel (Ramamoorthi and Hanrahan, SIGGRAPH 2001), by which the person is multiplied according to its
normals. Colour: mean and spread of each channel move a part of the way to the photo's (Reinhard et al. 2001), in sRGB
by a table. Lens: a 3 x 3 blur of the silhouette.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.images.colour import ENCODE_STEPS, LINEAR, SRGB
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I8 = NDArray[np.int8]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]

_CELLS = 16  # the photo's light is read from 16 x 16 means
_RELIGHT, _MATCH = 0.7, 0.25  # at strength 1
_CAST = 0.6  # of the light's colour is believed: what a photo shows is paint as well as light


def relight(rgba: U8, normal: I8, background: U8, strength: float) -> U8:
    """Return the person (H, W, 4) with its linear colour multiplied by the photo's irradiance.

    Args:
        rgba: (H, W, 4).
        normal: (H, W, 3) camera frame, times 127.
        background: (H, W, 3).
        strength: 0 to 1.
    """
    light = _irradiance(_cell_means(background, LINEAR))
    out = rgba.copy()
    _multiply(normal, light, _RELIGHT * strength, LINEAR, SRGB, out)
    return out


def match_colours(rgba: U8, background: U8, strength: float) -> U8:
    """Return the person (H, W, 4) with the channels' means and spreads moved towards the background's."""
    n, person = _moments(rgba, True)
    m, photo = _moments(background, False)
    if n == 0:
        return rgba
    out = rgba.copy()
    _map(_tables(person / n, photo / m, _MATCH * strength), out)
    return out


def soften_edge(image: U8, mask: U8, strength: float) -> U8:
    """Return the picture (H, W, 3) blurred where the mask (H, W) is partly covered, by (s/4, 1 - s/2, s/4) each way."""
    out = image.copy()
    _blur_edge(image, mask, round(64 * strength), out)
    return out


def _basis(x: float, y: float, z: float) -> list[float]:
    """Return the nine real spherical harmonics of a direction; `_multiply` evaluates the same."""
    return [
        0.282095, 0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y, 1.092548 * y * z,
        0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y),
    ]  # fmt: skip


def _projection() -> F64:
    """Return the (16, 16, 9) that takes a photo's cells to irradiance coefficients.

    The photo spans 180 degrees in front of the camera and is mirrored behind it. Camera frame: y down, z forward.
    """
    weights = np.zeros((_CELLS, _CELLS, 9))
    total = 0.0
    for row in range(_CELLS):
        for column in range(_CELLS):
            elevation = 0.45 * math.pi * ((row + 0.5) / (_CELLS / 2) - 1)
            azimuth = 0.5 * math.pi * ((column + 0.5) / (_CELLS / 2) - 1)
            x, y = math.sin(azimuth) * math.cos(elevation), math.sin(elevation)
            z = math.cos(azimuth) * math.cos(elevation)
            both = np.add(_basis(x, y, z), _basis(x, y, -z))
            weights[row, column] = math.cos(elevation) * both
            total += 2 * math.cos(elevation)
    cosine = np.array([1.0] + [2 / 3] * 3 + [1 / 4] * 5)  # Lambert's lobe, over pi
    projection: F64 = weights * cosine * (4 * math.pi / total)
    return projection


_PROJECTION: Final = _projection()


def _irradiance(cells: F64) -> F32:
    """Return (9, 3) coefficients of the light on a surface, relative to a photo of middle grey lit evenly."""
    light = np.zeros((9, 3))
    for k in range(9):
        for c in range(3):
            light[k, c] = (_PROJECTION[..., k] * cells[..., c]).sum()
    grey = light.sum(1, keepdims=True) / 3
    light = grey + _CAST * (light - grey)
    mean = max(0.282095 * grey[0, 0], 1e-3)
    # the person was exposed for middle grey (18 % of white); the root goes half of the way to the photo's exposure
    exposure = min(max(math.sqrt(mean / 0.18), 0.6), 1.25)
    relative: F32 = (light * (exposure / mean)).astype(np.float32)
    return relative


@kernel
def _cell_means(image: U8, linear: F32) -> F64:
    """Return the mean linear light (16, 16, 3) of a picture's cells."""
    height, width = image.shape[:2]
    total, count = np.zeros((_CELLS, _CELLS, 3)), np.zeros((_CELLS, _CELLS))
    for y in range(height):
        for x in range(width):
            row, column = y * _CELLS // height, x * _CELLS // width
            count[row, column] += 1
            for c in range(3):
                total[row, column, c] += linear[image[y, x, c]]
    for row in range(_CELLS):
        for column in range(_CELLS):
            for c in range(3):
                total[row, column, c] /= max(count[row, column], 1.0)
    return total


@kernel
def _multiply(normal: I8, light: F32, mix: float, linear: F32, srgb: U8, rgba: U8) -> None:
    share = np.float32(mix)
    for row in range(rgba.shape[0]):
        for column in range(rgba.shape[1]):
            if rgba[row, column, 3] == 0:
                continue
            x = np.float32(normal[row, column, 0]) * np.float32(1 / 127)
            y = np.float32(normal[row, column, 1]) * np.float32(1 / 127)
            z = np.float32(normal[row, column, 2]) * np.float32(1 / 127)
            for c in range(3):
                e = (
                    np.float32(0.282095) * light[0, c]
                    + np.float32(0.488603) * (light[1, c] * y + light[2, c] * z + light[3, c] * x)
                    + np.float32(1.092548) * (light[4, c] * x * y + light[5, c] * y * z + light[7, c] * x * z)
                    + np.float32(0.315392) * light[6, c] * (np.float32(3) * z * z - np.float32(1))
                    + np.float32(0.546274) * light[8, c] * (x * x - y * y)
                )
                gain = np.float32(1) - share + share * max(e, np.float32(0.05))
                v = min(linear[rgba[row, column, c]] * gain, np.float32(1))
                rgba[row, column, c] = srgb[int(v * np.float32(ENCODE_STEPS - 1) + np.float32(0.5))]


@kernel
def _moments(image: U8, masked: bool) -> tuple[int, F64]:
    """Return the number of pixels (where masked, with alpha > 127) and (2, 3) sums of their values and squares."""
    n = 0
    sums = np.zeros((2, 3), np.int64)
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            if masked and image[y, x, 3] <= 127:
                continue
            n += 1
            for c in range(3):
                v = np.int64(image[y, x, c])
                sums[0, c] += v
                sums[1, c] += v * v
    return n, sums.astype(np.float64)


def _tables(person: F64, photo: F64, share: float) -> U8:
    """Return the (3, 256) table that moves mean and spread; from means of values and of squares, each (2, 3)."""
    tables = np.empty((3, 256), np.uint8)
    grey_person, grey_photo = person[0].sum() / 3, max(photo[0].sum() / 3, 1.0)
    for c in range(3):
        mean, spread = person[0, c], _spread(person[:, c])
        # half towards the photo's brightness and cast, half towards its cast at the person's own brightness
        target = 0.5 * photo[0, c] * (1 + grey_person / grey_photo)
        gain = 1 + share * (min(max(_spread(photo[:, c]) / spread, 0.75), 1.25) - 1)
        moved = (np.arange(256) - mean) * gain + mean + share * (target - mean)
        tables[c] = np.floor(moved.clip(0, 255) + 0.5).astype(np.uint8)
    return tables


def _spread(moments: F64) -> float:
    return math.sqrt(max(moments[1] - moments[0] ** 2, 0.0)) + 1.0


@kernel
def _map(tables: U8, rgba: U8) -> None:
    for y in range(rgba.shape[0]):
        for x in range(rgba.shape[1]):
            if rgba[y, x, 3]:
                for c in range(3):
                    rgba[y, x, c] = tables[c, rgba[y, x, c]]


@kernel
def _blur_edge(image: U8, mask: U8, s: int, out: U8) -> None:
    """Blur where the mask changes, by (s, 256 - 2 s, s) / 256 each way; the picture's own rim stays as it is."""
    centre = 256 - 2 * s
    for y in range(1, image.shape[0] - 1):
        for x in range(1, image.shape[1] - 1):
            here = mask[y, x]
            if (
                (here == 0 or here == 255)
                and mask[y, x - 1] == here and mask[y, x + 1] == here
                and mask[y - 1, x] == here and mask[y + 1, x] == here
            ):  # fmt: skip
                continue
            for c in range(3):
                above = s * (np.int64(image[y - 1, x - 1, c]) + image[y - 1, x + 1, c]) + centre * image[y - 1, x, c]
                level = s * (np.int64(image[y, x - 1, c]) + image[y, x + 1, c]) + centre * image[y, x, c]
                below = s * (np.int64(image[y + 1, x - 1, c]) + image[y + 1, x + 1, c]) + centre * image[y + 1, x, c]
                out[y, x, c] = (s * (above + below) + centre * level + 32768) >> 16
