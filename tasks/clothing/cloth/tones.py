"""Whether a cloth is of one tone or of several, and its patches of other tones.

Lightness that folds and shade make of one tone is without gaps, and its sharp edges are few. Where there is a gap, and what
lies beyond it is little and in a few places, as a badge, a number or a pocket's inside is, the rest is a cloth by itself.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.figures import at_sharp_size
from manikin.tasks.clothing.cloth.oklab import LOG_LIGHTNESS

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_BIN = 0.04  # log lightness, of counts
VALLEY, _MODE = (0.25, 0.5), 0.005  # depth of the gap between two tones, and the cloth that has the lesser of them
_SHARP = 0.3  # a sharp step of log lightness
PATTERN = (0.45, 0.6)  # share of the cloth near some from which it may be, and is, patterned
_PATCH, _PATCHES = 0.2, 3  # of the cloth that patches are at most, and how many tones they have
_PLACE, _IN_PLACE, _PLACES = 0.1, 0.02, 0.35  # of a garment's side, a place; its share in a patch; of places with some
_STEP, _LINED = (
    0.2,
    (0.6, 0.72),
)  # a step, and the share of the rest near some, from which it may be, and is, of several
_ABOUT = 5  # pixels of the working size, of which patches have some about them


class Tones(NamedTuple):
    """The tones of a cloth."""

    edges: F32  # (h, w) at the working size, the largest sharp step of log lightness about each pixel
    several: float  # 1 for cloth of several tones, 0 for one, but for its patches
    patches: F32  # (h, w) 1 in these


def find_tones(rgb: U8, known: Mask) -> Tones:
    """Return the tones of a cloth.

    Args:
        rgb: (H, W, 3).
        known: (h, w) at the working size, the cloth.
    """
    size = (known.shape[1], known.shape[0])
    fine = at_sharp_size(rgb)
    y = LOG_LIGHTNESS[cv2.cvtColor(fine, cv2.COLOR_RGB2GRAY)]
    gx, gy = (cv2.Sobel(y, cv2.CV_32F, dx, 1 - dx, scale=0.25) for dx in (1, 0))
    apart = max(1, round(max(fine.shape) / max(size)))
    step = cv2.dilate(np.sqrt(gx * gx + gy * gy), np.ones((apart + 1, apart + 1), np.uint8))
    step = cv2.dilate(cv2.resize(step, size, interpolation=cv2.INTER_NEAREST), np.ones((3, 3), np.uint8))
    edges, patches, first = np.asarray(step, np.float32), np.zeros(known.shape, np.bool_), 0.0
    for _ in range(_PATCHES):
        rest = known & ~patches
        cloth = cv2.resize(rest.astype(np.uint8), fine.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
        depth, beyond = deepest_gap(y, cloth)
        first = max(first, _between(depth, *VALLEY))
        more = None if depth <= VALLEY[0] else _patches(beyond, known, patches)
        if more is None:
            break
        patches = more
    patterned, lined = (
        _between(float((edges[rest] > step).mean()), *limits) for step, limits in ((_SHARP, PATTERN), (_STEP, _LINED))
    )
    several = max(_between(depth, *VALLEY), patterned, first * lined)
    return Tones(edges, several, patches.astype(np.float32))


def deepest_gap(y: F32, cloth: Mask) -> tuple[float, Mask]:
    """Return how deep the deepest gap in a cloth's lightness (H, W) is, 0 to 1, and (H, W) the lesser part, to one side."""
    least = float(y.min())
    level = np.rint((y - least) / _BIN).astype(np.int64)
    count = np.bincount(level[cloth]).astype(np.float32)
    count = cv2.GaussianBlur(count[None], (7, 1), 1.2, borderType=cv2.BORDER_CONSTANT)[0] / max(int(cloth.sum()), 1)
    peak = np.minimum(np.maximum.accumulate(count), np.maximum.accumulate(count[::-1])[::-1])
    below = np.cumsum(count)
    depth = (1 - count / np.maximum(peak, 1e-6)) * (np.minimum(below, below[-1] - below) > _MODE)
    at = int(depth.argmax())
    return float(depth[at]), cloth & ((level <= at) if below[at] < 0.5 * below[-1] else (level > at))


def _patches(beyond: Mask, known: Mask, before: Mask) -> Mask | None:
    """Return (h, w) patches with what is beyond a gap (H, W); None where that is much, or all over the cloth (h, w)."""
    found = cv2.resize(beyond.astype(np.float32), known.shape[::-1], interpolation=cv2.INTER_AREA)
    if found[known].mean() > _PATCH:
        return None
    side = 2 * (round(_PLACE * float(np.sqrt(known.sum()))) // 2) + 1
    some, cloth = (
        cv2.boxFilter(p.astype(np.float32), -1, (side, side))[side // 2 :: side, side // 2 :: side]
        for p in (found * known, known)
    )
    is_place = cloth > 0.5
    if not is_place.any() or (some > _IN_PLACE * cloth)[is_place].mean() > _PLACES:
        return None
    square = np.ones((_ABOUT, _ABOUT), np.uint8)
    return np.asarray(before | (cv2.dilate((found > 0.25).astype(np.uint8), square) > 0)) & known


def _between(x: float, low: float, high: float) -> float:
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3 - 2 * t)
