"""Sleeves of plain cloth: of one colour, or of one at each place along, whatever folds and shade a photo has on them.

A sleeve lies narrow, folded and badly lit in most photos, and goes round an arm; what is of its colour, in whatever light,
is made anew. What surely is of another colour, a stripe or a badge, stays.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
Mask = NDArray[np.bool_]

_STEPS = 40  # along a sleeve
_BESIDE = 1.35  # times half a sleeve's width about its middle line that are the sleeve, off the trunk
_HUE = 11.0  # chroma off the cloth's, in its light, from which another colour is sure
_LIGHTS = (0.35, 1.7)  # of its brightness, that folds and shade make of it
# Folded lightness off the cloth's, and by which it steps there, from which another is sure.
_CONTRAST, _SHARP = 17.0, 7.0
# Chroma of cloth whose gloss is told; cosine to its hue, and share of its chroma, that gloss keeps; how much of a spot does.
_VIVID, _OF_HUE, _PALEST, _MOSTLY = 20.0, 0.9, 0.35, 0.8
_SPOT = 12  # pixels of the working size that gloss is long


class Sleeve(NamedTuple):
    """A sleeve's two edges in the photo's pixels, both from the trunk to the cuff."""

    outer: F64  # (n, 2)
    inner: F64  # (m, 2)


class Along(NamedTuple):
    """Where a sleeve's pixels are along it."""

    y: NDArray[np.int64]  # (n,)
    x: NDArray[np.int64]
    step: NDArray[np.int64]  # (n,) 0 at the trunk


def along_sleeve(sleeve: Sleeve, scale: float, inside: Mask, trunk: Mask) -> Along:
    """Return what is a sleeve of a garment (h, w), its trunk (h, w) excepted where the sleeve does not lie on it.

    Args:
        sleeve: its edges.
        scale: of (h, w) to these.
        inside: the garment.
        trunk: up to its outline.
    """
    outer, inner = (_resampled(e * scale) for e in (sleeve.outer, sleeve.inner))
    shape = np.zeros(inside.shape, np.uint8)
    cv2.fillPoly(shape, [np.rint(np.concatenate([outer, inner[::-1]])).astype(np.int32)], 1)
    y, x = np.nonzero(inside & ((shape > 0) | ~trunk))
    middle, half = 0.5 * (outer + inner), 0.5 * np.linalg.norm(outer - inner, axis=1)
    gap = np.hypot(x[:, None] - middle[:, 0], y[:, None] - middle[:, 1])
    step = gap.argmin(axis=1)
    near = (gap[np.arange(len(y)), step] < _BESIDE * half[step] + 2) | (shape[y, x] > 0)
    return Along(y[near], x[near], step[near])


def as_rows(values: F32, along: Along) -> tuple[F32, Mask, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return (steps, m, c) a sleeve's values as rows, (steps, m) where they are, and where each pixel went."""
    order = np.argsort(along.step, kind="stable")
    count = np.bincount(along.step, minlength=_STEPS)
    at = np.empty(len(order), np.int64)
    at[order] = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
    rows = np.zeros((_STEPS, max(1, int(count.max(initial=1))), values.shape[-1]), np.float32)
    known = np.zeros(rows.shape[:2], np.bool_)
    rows[along.step, at], known[along.step, at] = values[along.y, along.x], True
    return rows, known, (along.step, at)


def surely_other(lab: F32, colours: F32, inside: Mask, sleeves: Mask) -> Mask:
    """Return (h, w) what is of another colour than the cloth, in whatever light, and no gloss on sleeves (h, w).

    Args:
        lab: (h, w, 3) folded Lab.
        colours: (h, w, 3) of the cloth there.
        inside: (h, w) the garment.
        sleeves: (h, w) of it.
    """
    shade = (lab * colours).sum(axis=-1) / np.maximum((colours * colours).sum(axis=-1), 1)
    gap = lab - np.clip(shade, *_LIGHTS)[..., None] * colours
    other = np.hypot(gap[..., 1], gap[..., 2]) > _HUE
    fine = cv2.morphologyEx(lab[..., 0], cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    near = cv2.boxFilter(np.where(inside, fine, 0).astype(np.float32), -1, (5, 5))
    other |= (np.abs(lab - colours)[..., 0] > _CONTRAST) & (near > _SHARP)
    other &= inside & ~_sheen(lab, colours, other & inside & sleeves)
    solid = cv2.morphologyEx(other.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return np.asarray(cv2.dilate(solid, np.ones((3, 3), np.uint8)) > 0) & inside


def _sheen(lab: F32, colours: F32, spots: Mask) -> Mask:
    """Return (h, w) the spots that are gloss: short, lighter than the cloth, of its hue, and paler, but never white.

    What gloss mirrors is added to the cloth's own light (Shafer, "Using color to separate reflection components", 1985).
    """
    chroma, own = (np.maximum(np.hypot(c[..., 1], c[..., 2]), 1e-3) for c in (lab, colours))
    along = (lab[..., 1:] * colours[..., 1:]).sum(axis=-1) / (chroma * own)
    fits = (
        (own > _VIVID) & (lab[..., 0] > colours[..., 0]) & (along > _OF_HUE) & (chroma > _PALEST * own) & (chroma < own)
    )
    n, labels, stats, _ = cv2.connectedComponentsWithStats(spots.astype(np.uint8))
    share = np.bincount(labels.ravel(), fits.ravel(), n) / np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    is_short = stats[:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1].max(axis=1) <= _SPOT
    return np.asarray(((share > _MOSTLY) & is_short)[labels] & spots)


def _resampled(line: F64) -> F64:
    """Return (steps, 2) points at equal shares of a line (n, 2)."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.linspace(0.0, length[-1], _STEPS)
    return np.stack([np.interp(at, length, line[:, axis]) for axis in (0, 1)], axis=-1)
