"""Gradient-domain blending that keeps the person's colours (after Pérez, Gangnet and Blake, "Poisson Image Editing",
SIGGRAPH 2003).

Poisson editing on the whole silhouette adds to the pasted picture the harmonic function that equals, on its border, the
background minus the picture; that tints the person through and through. Here the function is also pinned to zero
`BAND` pixels inside the border, so what is solved is: Laplace's equation in the band, with a share of the difference on
the outer border, zero on the inner. The gradients inside the band are the person's own, the step at the border shrinks,
and the rest of the person is untouched. Limbs thinner than the band take a smaller share, or they would vanish.
"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

BAND: Final = 5
"""Pixels, at 256 pixels' picture size; grows with the picture."""

_SHARE = 0.4  # of the difference that is taken over at strength 1
_N_SWEEPS = 24  # enough for errors below 1/255: over-relaxed sweeps halve the error in a band of 5 pixels
_STRAIGHT, _DIAGONAL = 3, 4  # length of a step to a neighbour (Borgefors' chamfer distance), so a pixel is 3


def bleed(rgba: U8, background: U8, strength: float) -> U8:
    """Return the person (H, W, 4) with the background's colour running in from its silhouette; alpha is unchanged.

    Args:
        rgba: (H, W, 4) sRGB, straight alpha.
        background: (H, W, 3).
        strength: 0 (nothing) to 1 (two fifths of the step at the silhouette).
    """
    band = min(max(2, round(BAND * max(rgba.shape[:2]) / 256)), 80)
    depth = _depth_inside(rgba, _STRAIGHT * band)
    thickness = cv2.dilate(depth, np.ones((2 * band + 1, 2 * band + 1), np.uint8))
    share = np.float32(_SHARE * strength) * thickness.astype(np.float32) / np.float32(_STRAIGHT * band)
    step = np.zeros((*depth.shape, 3), np.float32)
    _solve(rgba, background, depth, _STRAIGHT * band, share, _over_relaxation(band), step)
    out = rgba.copy()
    _add(step, out)
    return out


def _over_relaxation(band: int) -> float:
    """Return the best factor of successive over-relaxation for a strip `band` pixels wide (Young 1971)."""
    return 2 / (1 + math.sin(math.pi / (band + 1)))


@kernel
def _depth_inside(rgba: U8, limit: int) -> U8:
    """Return the distance (H, W) of covered pixels to the nearest uncovered one, in thirds of a pixel, up to limit."""
    height, width = rgba.shape[:2]
    depth = np.empty((height, width), np.uint8)
    for y in range(height):
        for x in range(width):
            d = limit if rgba[y, x, 3] else 0
            if y > 0:
                d = min(d, depth[y - 1, x] + _STRAIGHT)
                if x > 0:
                    d = min(d, depth[y - 1, x - 1] + _DIAGONAL)
                if x + 1 < width:
                    d = min(d, depth[y - 1, x + 1] + _DIAGONAL)
            if x > 0:
                d = min(d, depth[y, x - 1] + _STRAIGHT)
            depth[y, x] = d
    for y in range(height - 1, -1, -1):
        for x in range(width - 1, -1, -1):
            d = int(depth[y, x])
            if y + 1 < height:
                d = min(d, depth[y + 1, x] + _STRAIGHT)
                if x > 0:
                    d = min(d, depth[y + 1, x - 1] + _DIAGONAL)
                if x + 1 < width:
                    d = min(d, depth[y + 1, x + 1] + _DIAGONAL)
            if x + 1 < width:
                d = min(d, depth[y, x + 1] + _STRAIGHT)
            depth[y, x] = d
    return depth


@kernel
def _solve(rgba: U8, background: U8, depth: U8, limit: int, share: F32, omega: float, step: F32) -> None:
    """Solve for the step (H, W, 3), all 0 before, where 0 < depth < limit; beyond the picture its slope is 0."""
    height, width = depth.shape
    n = 0
    for y in range(height):
        for x in range(width):
            n += 0 < depth[y, x] < limit
    places = np.empty((n, 2), np.int32)
    given = np.zeros((n, 3), np.float32)
    n = 0
    for y in range(height):
        for x in range(width):
            if 0 < depth[y, x] < limit:
                places[n, 0], places[n, 1] = y, x
                _border_values(rgba, background, depth, share[y, x], y, x, given[n])
                n += 1
    w = np.float32(omega)
    for sweep in range(_N_SWEEPS):
        for k in range(n):
            i = k if sweep % 2 == 0 else n - 1 - k  # forwards and back, so that no direction is preferred
            y, x = places[i, 0], places[i, 1]
            count = np.float32((y > 0) + (y + 1 < height) + (x > 0) + (x + 1 < width))
            for c in range(3):
                total = given[i, c]
                if y > 0:
                    total += step[y - 1, x, c]
                if y + 1 < height:
                    total += step[y + 1, x, c]
                if x > 0:
                    total += step[y, x - 1, c]
                if x + 1 < width:
                    total += step[y, x + 1, c]
                step[y, x, c] += w * (total / count - step[y, x, c])


@kernel
def _border_values(rgba: U8, background: U8, depth: U8, share: np.float32, y: int, x: int, out: F32) -> None:
    """Add to out (3,) the value of each uncovered neighbour: a share of background, 3 x 3 mean, less person."""
    height, width = depth.shape
    for k in range(4):
        j, i = y + (k == 1) - (k == 0), x + (k == 3) - (k == 2)
        if j < 0 or j >= height or i < 0 or i >= width or depth[j, i] > 0:
            continue
        y0, y1, x0, x1 = max(j - 1, 0), min(j + 2, height), max(i - 1, 0), min(i + 2, width)
        for c in range(3):
            total = 0
            for v in range(y0, y1):
                for u in range(x0, x1):
                    total += background[v, u, c]
            mean = np.float32(total) / np.float32((y1 - y0) * (x1 - x0))
            out[c] += share * (mean - np.float32(rgba[y, x, c]))


@kernel
def _add(step: F32, rgba: U8) -> None:
    for y in range(step.shape[0]):
        for x in range(step.shape[1]):
            for c in range(3):
                if step[y, x, c] != 0:
                    v = np.float32(rgba[y, x, c]) + step[y, x, c]
                    rgba[y, x, c] = np.uint8(min(max(v, np.float32(0)), np.float32(255)) + np.float32(0.5))
