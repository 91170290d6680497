"""Silhouettes as masks: brought to a size, cleaned to one solid shape, and the frame of the picture around them."""

import cv2
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]

_FRAME = 0.035  # of each side that is background by definition
_MAX_HOLE = 0.08  # of the garment; a larger hole is ground seen between sleeve and body or between legs


def reduced(rgb: U8, side: int) -> U8:
    """Return the picture brought to at most `side` pixels on its longer side."""
    scale = min(1.0, side / max(rgb.shape[:2]))
    size = (round(rgb.shape[1] * scale), round(rgb.shape[0] * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def enlarged(mask: U8, shape: tuple[int, int]) -> U8:
    """Return a mask brought to a size (H, W), its edge smooth."""
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.8)  # without it the small pixels show as stairs
    return (cv2.resize(soft, shape[::-1], interpolation=cv2.INTER_CUBIC) > 0.5).astype(np.uint8)


def solid(mask: U8) -> U8:
    """Return the largest piece with the pieces that belong to it, without specks, hanger wires and small holes."""
    side = max(3, round(0.018 * max(mask.shape)) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    kept = largest(np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(1 - kept, connectivity=4)
    small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < _MAX_HOLE * kept.sum())
    small = small[small > 0]
    return np.where(np.isin(labels, small), 1, kept).astype(np.uint8)


def largest(mask: U8) -> U8:
    """Return the mask's largest piece and those that are not much smaller: a belt can cut a garment in two."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    area = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    area[0] = 0
    return np.isin(labels, np.flatnonzero((area > 0) & (area > 0.15 * area.max()))).astype(np.uint8)


def frame(mask: NDArray[np.generic]) -> tuple[int, int]:
    """Return the frame's thickness at the picture's left and right, and at its top and bottom."""
    h, w = mask.shape[:2]
    return max(2, round(_FRAME * w)), max(2, round(_FRAME * h))


def frame_mask(picture: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return (H, W) the frame of a picture."""
    fx, fy = frame(picture)
    out = np.ones(picture.shape[:2], bool)
    out[fy:-fy, fx:-fx] = False
    return out


def resized(mask: U8, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return (h, w) where a mask of 0 and 255 is mostly set, at a size (w, h)."""
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 127)
