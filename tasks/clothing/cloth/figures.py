"""Figures that a cloth bears, print and lettering, told from its folds by the shape of their edges.

Across the edge of a figure lightness steps from one level to another within a pixel or two, and is level on both sides;
beside a crease it goes on to change. So a figure's edge has most of the contrast that is about it, and such edges lie close
together in lettering, drawings and patterns. Creases seem to have some such edges too, but these lie scattered over the cloth;
and those of a yarn of several colours lie all over it.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.oklab import LOG_LIGHTNESS

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_SIDE = 512  # edges are sharp or soft at this size
_EDGE, _ABOUT = 3, 9  # pixels across an edge, and about it
_LEAST, _OF_IT = 0.25, 0.6  # log lightness of an edge, and its share of what is about it
_RIM = 7  # pixels of the working size across the garment's rim, whose own edges say nothing
_NEAR = 0.02  # of a garment's side, the spread of what is near
_DENSE = (0.3, 0.5)  # share of edges near a place, from which it may be, and is, a figure's
_GATHERED = (0.42, 0.55)  # share of all edges that lie dense, from which they may be, and are, figures'
_PATTERN, _YARN = (0.31, 0.38), (0.42, 0.5)  # share of the cloth at edges, likewise a pattern's, and yarn's


def find_figures(rgb: U8, known: Mask) -> F32:
    """Return (h, w) 1 in figures and 0 on bare cloth.

    Args:
        rgb: (H, W, 3).
        known: (h, w) at the working size, the cloth.
    """
    level = LOG_LIGHTNESS[cv2.cvtColor(at_sharp_size(rgb), cv2.COLOR_RGB2GRAY)]
    across, about = (_span(level, n) for n in (_EDGE, _ABOUT))
    edge = ((across > _LEAST) & (across > _OF_IT * about)).astype(np.uint8)
    near = cv2.dilate(edge, np.ones((_EDGE, _EDGE), np.uint8)).astype(np.float32)
    inner = cv2.erode(known.astype(np.uint8), np.ones((_RIM, _RIM), np.uint8), borderValue=0).astype(np.float32)
    at = cv2.resize(near, known.shape[::-1], interpolation=cv2.INTER_AREA) * inner
    spread = max(_NEAR * float(np.sqrt(known.sum())), 0.5)
    total, weight = (cv2.GaussianBlur(p, (0, 0), spread) for p in (at, inner))
    dense = total / np.maximum(weight, np.float32(1e-3))
    gathered = float(at[dense > _DENSE[1]].sum()) / max(float(at.sum()), 1e-6)
    share = float(at.sum()) / max(float(inner.sum()), 1.0)
    sure = max(_between(gathered, *_GATHERED), _between(share, *_PATTERN)) * (1 - _between(share, *_YARN))
    return np.asarray(np.clip((dense - _DENSE[0]) / (_DENSE[1] - _DENSE[0]), 0, 1) * known * sure, np.float32)


def _between(x: float, low: float, high: float) -> float:
    return min(max((x - low) / (high - low), 0.0), 1.0)


def at_sharp_size(rgb: U8) -> U8:
    """Return a photo (H, W, 3) at the size, or its own if that is smaller, at which edges are sharp or soft."""
    scale = min(1.0, _SIDE / max(rgb.shape))
    return rgb if scale == 1.0 else np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _span(level: F32, n: int) -> F32:
    """Return (H, W) how far apart the levels are within a square of n pixels about each."""
    square = np.ones((n, n), np.uint8)
    return np.asarray(cv2.dilate(level, square) - cv2.erode(level, square), np.float32)
