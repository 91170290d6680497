"""Patterned cloth laid on the flat body, where the photo has too little of it: stretched at shoulders, or none at all.

A photo's cloth that is pulled over far more of the body than its own size turns to streaks, and beyond the garment's edge there
is none. On plain cloth neither is seen. A pattern is carried on over such places on the flat body itself, where it is of one
scale (`shifts`).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.fill import Pattern
from manikin.tasks.clothing.cloth.shifts import cover_pattern
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.pattern.warp import Warp, affine_warp, flat_points, sampled

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_PIXEL, _CELL = 0.003, 3  # metres of a flat picture's pixels, and these to a cell at which gaps are found
_MARGIN = 4  # cells about the garment
_STRETCHED = 0.5  # of the garment's usual scale, pixels a metre, below which cloth is streaks
_OFF = 0.02  # of the photo's long side off the cloth, from which there is none
_LEAST = 0.015  # of the garment that gaps must be


def lay_flat(
    front: BodyFront, worn: Mask, wanted: Mask, cloths: tuple[U8, U8], pattern: Pattern, warp: Warp
) -> tuple[tuple[U8, U8], Warp]:
    """Return pictures of the flat body in a photo's cloths, with the warp into them; the cloths and their own warp where these
    have no gaps.

    Args:
        front: the body.
        worn: (S, S) texels of the garment, on the flat body.
        wanted: (S, S) likewise, with what is about it.
        cloths: (H, W, 3) in front and behind, of one pattern.
        pattern: where the photo shows that.
        warp: into the photo.
    """
    if not worn.any():
        return cloths, warp
    flat = front.flat[wanted]
    cell = _PIXEL * _CELL
    low, high = (np.array([f(flat[:, c]) for c in range(2)], np.float64) for f in (np.min, np.max))
    left, top = low[0] - _MARGIN * cell, high[1] + _MARGIN * cell
    columns, rows = (np.ceil((high - low) / cell).astype(int) + 2 * _MARGIN).tolist()
    inside, texels = np.zeros((rows, columns), np.uint8), front.flat[worn]
    inside[((top - texels[:, 1]) / cell).astype(int), ((texels[:, 0] - left) / cell).astype(int)] = 1
    garment = cv2.dilate(cv2.morphologyEx(inside, cv2.MORPH_CLOSE, np.ones((3, 3))), np.ones((3, 3))) > 0
    pixels = warp.at(flat_points(left, top, rows, columns, cell))
    gaps = garment & (_is_stretched(pixels, garment) | _is_off(pixels, pattern.known))
    gaps = cv2.dilate(cv2.morphologyEx(gaps.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2))), np.ones((3, 3))) > 0
    gaps &= garment
    if gaps.sum() < _LEAST * garment.sum():
        return cloths, warp
    whole = garment & (sampled(pattern.whole.astype(np.float32), pixels) > 0.5)
    at = warp.at(flat_points(left, top, rows * _CELL, columns * _CELL, _PIXEL))

    def laid(cloth: U8) -> U8:
        picture = sampled(cloth, at).astype(np.uint8)
        covered = cover_pattern(picture, gaps, whole, garment)
        return picture if covered is None else covered[0]

    return (laid(cloths[0]), laid(cloths[1])), affine_warp(warp, np.array([left, top]), 1 / _PIXEL)


def _is_stretched(pixels: F32, garment: Mask) -> Mask:
    """Return (h, w) where a step on the flat body is one of far fewer pixels, some way, than it usually is."""
    across, down = (np.gradient(pixels, axis=axis) for axis in (1, 0))
    xx, xy, yy = (np.asarray((a * b).sum(axis=-1)) for a, b in ((across, across), (across, down), (down, down)))
    mean, spread = 0.5 * (xx + yy), np.hypot(0.5 * (xx - yy), xy)
    least, most = (np.sqrt(np.maximum(s, 0)) for s in (mean - spread, mean + spread))
    usual = float(np.median(np.sqrt(least * most)[garment]))
    return np.asarray(least < _STRETCHED * usual)


def _is_off(pixels: F32, known: Mask) -> Mask:
    """Return (h, w) where the photo's pixels lie well off what is known (H, W)."""
    far = np.asarray(cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    return np.asarray(sampled(far, pixels) > _OFF * max(known.shape))
