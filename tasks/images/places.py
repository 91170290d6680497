"""Where in the picture to shade, and from what was shaded to pixels.

A pixel that one surface covers is shaded once, at its centre; at an edge, of the person or of cloth on it, every visible
triangle is shaded once, at the mean position of its samples, and weighs as many samples as it covers. What is shaded stands
in one table with a row (16 numbers, one cache line) per place, which the kernels of shading.py fill in turn.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.images.colour import ENCODE_STEPS
from manikin.tasks.kernel import inline, kernel

F32 = NDArray[np.float32]
I8 = NDArray[np.int8]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]

# columns of the places
N_PLACE: Final = 5
PIXEL, FACE, X8, Y8, WEIGHT = 0, 1, 2, 3, 4

# columns of the table
N_COLUMNS: Final = 16
POSITION, NORMAL, UV, SPREAD, COLOUR, REMAINING = 0, 3, 6, 8, 9, 12

ONE_SURFACE: Final = np.float32(1.015)
"""Ratio of depths within a pixel up to which it shows one surface; above, one before the other."""


@kernel
def find_places(nearest: F32, ids: I32, box: I64, ranges: U8, places: I32) -> int:
    """Write the places to shade and return their number, or -1 where they are more than `places` has rows for.

    Args:
        nearest: (2 H, 2 W) 1 / depth of each sample.
        ids: (2 H, 2 W) triangle of each sample, -1 = none.
        box: (4,) samples that may be covered; even numbers.
        ranges: (F, 2) texture layers of each triangle: where they differ, as at a hem, there are two surfaces.
        places: out (N, 5) pixel number, triangle, x and y in 1/8 pixel times the weight, weight in samples. Those of a
            pixel follow one another, the nearest first.
    """
    width = ids.shape[1] // 2
    n = 0
    for y in range(box[1] // 2, box[3] // 2):
        for x in range(box[0] // 2, box[2] // 2):
            i00, i01, i10, i11 = (
                ids[2 * y, 2 * x],
                ids[2 * y, 2 * x + 1],
                ids[2 * y + 1, 2 * x],
                ids[2 * y + 1, 2 * x + 1],
            )
            if (i00 & i01 & i10 & i11) < 0:
                continue
            if n + 4 > places.shape[0]:
                return -1
            q00, q01 = nearest[2 * y, 2 * x], nearest[2 * y, 2 * x + 1]
            q10, q11 = nearest[2 * y + 1, 2 * x], nearest[2 * y + 1, 2 * x + 1]
            best = max(q00, q01, q10, q11)
            front = i00 if q00 == best else i01 if q01 == best else i10 if q10 == best else i11
            is_one = min(q00, q01, q10, q11) * ONE_SURFACE > best
            if is_one and not (i00 == i01 and i00 == i10 and i00 == i11):
                is_one = _alike(ranges, i00, i01) and _alike(ranges, i00, i10) and _alike(ranges, i00, i11)
            if is_one:
                _place(places, n, y * width + x, front, 32 * x + 16, 32 * y + 16, 4)
                n += 1
            else:
                n = _split(places, n, y * width + x, front, x, y, i00, i01, i10, i11)
    return n


@inline
def _alike(ranges: U8, i: int, j: int) -> bool:
    return ranges[i, 0] == ranges[j, 0] and ranges[i, 1] == ranges[j, 1]


@inline
def _place(places: I32, n: int, pixel: int, face: int, x8: int, y8: int, weight: int) -> None:
    places[n, PIXEL] = pixel
    places[n, FACE] = face
    places[n, X8] = x8
    places[n, Y8] = y8
    places[n, WEIGHT] = weight


@kernel
def _split(places: I32, n: int, pixel: int, front: int, x: int, y: int, i00: int, i01: int, i10: int, i11: int) -> int:
    """Add a place for each triangle among four samples, the one in front first."""
    first = n
    _place(places, n, pixel, front, 0, 0, 0)
    n += 1
    for k in range(4):
        i = i00 if k == 0 else i01 if k == 1 else i10 if k == 2 else i11
        if i < 0:
            continue
        m = first
        while m < n and places[m, FACE] != i:
            m += 1
        if m == n:
            _place(places, n, pixel, i, 0, 0, 0)
            n += 1
        # where visibility.TURNED puts the samples
        places[m, X8] += 8 * x + 3 + 4 * (k & 1) - 2 * (k >> 1)
        places[m, Y8] += 8 * y + 1 + 2 * (k & 1) + 4 * (k >> 1)
        places[m, WEIGHT] += 1
    return n


@kernel
def write_pixels(places: I32, table: F32, part: U8, srgb: U8, rgba: U8, depth: F32, normal: I8, parts: U8) -> None:
    """Write the table to the pictures, given as rows of pixels, all 0 before.

    Args:
        places: (N, 5).
        table: (N, 16) lit.
        part: (F,) part of each triangle.
        srgb: (4096,) encoding table.
        rgba: out (P, 4).
        depth: out (P,).
        normal: out (P, 3).
        parts: out (P,).
    """
    n, end = 0, places.shape[0]
    while n < end:
        pixel = places[n, PIXEL]
        depth[pixel] = table[n, POSITION + 2]
        parts[pixel] = part[places[n, FACE]]
        for k in range(3):
            normal[pixel, k] = np.int8(math.floor(table[n, NORMAL + k] * np.float32(127) + np.float32(0.5)))
        r, g, b, covered = np.float32(0), np.float32(0), np.float32(0), 0
        while n < end and places[n, PIXEL] == pixel:
            w = np.float32(places[n, WEIGHT])
            r += w * min(table[n, COLOUR], np.float32(1))
            g += w * min(table[n, COLOUR + 1], np.float32(1))
            b += w * min(table[n, COLOUR + 2], np.float32(1))
            covered += places[n, WEIGHT]
            n += 1
        scale = np.float32(ENCODE_STEPS - 1) / np.float32(covered)
        rgba[pixel, 0] = srgb[int(r * scale + np.float32(0.5))]
        rgba[pixel, 1] = srgb[int(g * scale + np.float32(0.5))]
        rgba[pixel, 2] = srgb[int(b * scale + np.float32(0.5))]
        rgba[pixel, 3] = (255 * covered + 2) // 4
