"""Soft shadows on a plain ground, which are no cloth though they differ from the ground.

Shadow is what a flood from the frame of the picture reaches in small steps, over pixels of the ground's hue and no brighter
than it. Where cloth has the ground's colour too, white on white, the flood may only fall: a shadow darkens towards the garment
that throws it, and where the brightness rises again, there is cloth.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.masks import enlarged, frame, frame_mask, solid

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

_STUDIO_SPREAD = 6.0  # grey levels of the frame up to which the ground counts as a studio's
_EVEN_SPREAD, _BRIGHT = 1.5, 200  # likewise, as one even colour, and from which it is as good as white
_SHADOW_STEPS = (0.025, 0.018, 0.014, 0.01)  # of the ground's brightness between neighbours: shadows fall off softly
_MAX_SHADOW = 0.15  # of the mask; a flood that takes more has leaked into the cloth
_LIKE_GROUND = 0.25  # of the mask, up to which cloth is told from the ground by its colour: then any step will do
_WHITE = 0.05  # of the mask's heart from which cloth is of a white ground's colour
_DEEP = 0.06  # of the longer side, further in than which no shadow reaches
_FALL = 0.025  # of the ground's brightness between neighbours, where the flood may only fall
_RISE = 0.005  # likewise upwards on a ground with a sensor's noise; on one without, nothing rises but cloth
_SHARPER = 1.2  # times as large as the cut with such a rise that the one without may be
_NOISE = 0.05  # grey levels between neighbours on the frame
_HELD = 0.9  # of GrabCut's mask, which loses a sleeve at most, that such a cut must hold
_LARGER = 1.6  # times as large as that mask that such a cut may be


@dataclass(frozen=True, slots=True)
class _Ground:
    """A plain ground, and where it or its shadow may be."""

    level: float  # of its brightest channel
    spread: float  # grey levels of the frame
    noise: float  # likewise, between neighbours
    is_shadow: Mask  # of the ground's hue and no brighter
    barrier: U8  # with a rim, nonzero where no flood goes
    seeds: NDArray[np.int64]  # (n, 2) rows and columns in the frame


def without_shadow(rgb: U8, mask: U8) -> U8:
    """Return the mask less the soft shadow that a garment throws on a plain ground, which GrabCut takes for cloth."""
    ground = _ground(rgb)
    if ground.spread > _STUDIO_SPREAD or mask.all() or not mask.any() or len(ground.seeds) == 0:
        return mask
    steps: tuple[float, ...] = _SHADOW_STEPS
    most = _MAX_SHADOW
    if ground.is_shadow[mask > 0].mean() < _LIKE_GROUND:
        steps, most = (1.0, *_SHADOW_STEPS), _LIKE_GROUND
    candidates = [mask]
    for step in steps:
        lit = solid(np.where(_flood(rgb, ground, step, step), 0, mask).astype(np.uint8))
        if lit.sum() >= (1 - most) * mask.sum():
            candidates.append(lit)
    return _sharpest(rgb, candidates)


def white_on_white(rgb: U8, mask: U8) -> U8 | None:
    """Return the silhouette of a garment of its even ground's own colour, None where ground and garment are not that.

    Args:
        rgb: (H, W, 3), twice as large as `without_shadow` needs: shadows are softer there, and edges as sharp.
        mask: (h, w), nonzero on the garment as GrabCut has it.
    """
    level, spread = _on_frame(rgb, frame_mask(rgb))
    if spread.max() > _EVEN_SPREAD or level.max() < _BRIGHT or not mask.any():
        return None
    ground = _ground(rgb)
    if len(ground.seeds) == 0:
        return None
    rough = enlarged(mask, (rgb.shape[0], rgb.shape[1])) > 0
    side = 2 * round(_DEEP * max(rough.shape)) + 1
    heart = cv2.erode(rough.astype(np.uint8), np.ones((side, side), np.uint8), borderValue=0) > 0
    if not heart.any() or ground.is_shadow[heart].mean() < _WHITE:
        return None
    cut = _fallen(rgb, ground, _RISE)
    if ground.noise <= _NOISE:
        strict = _fallen(rgb, ground, 0.0)
        if strict.sum() < _SHARPER * cut.sum():  # else it stopped in the shadow, at a JPEG's blocks
            cut = strict
    return cut if cut[rough].mean() > _HELD and cut.sum() < _LARGER * rough.sum() else None


def _fallen(rgb: U8, ground: _Ground, rise: float) -> U8:
    return solid(np.where(_flood(rgb, ground, _FALL, rise), 0, 1).astype(np.uint8))


def _ground(rgb: U8) -> _Ground:
    around = frame_mask(rgb)
    colour, spread = _on_frame(rgb, around)
    ratio = (rgb.astype(np.float32) + 8) / (colour.astype(np.float32) + 8)  # the offset calms dark grounds
    red, green, blue = (ratio[..., c] for c in range(3))
    most, least = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    is_shadow = (most - least < 0.06) & (most < 1.04) & (least > 0.35)
    barrier = np.pad(np.where(is_shadow | around, 0, 1).astype(np.uint8), 1, constant_values=1)
    noise = float(np.abs(np.diff(rgb[: frame(rgb)[1]].astype(np.float32), axis=1)).mean())
    return _Ground(float(colour.max()), float(spread.max()), noise, is_shadow, barrier, np.argwhere(around & is_shadow))


def _on_frame(rgb: U8, around: Mask) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the usual colour (3,) on the frame (H, W), and its spread."""
    colours = rgb[around]
    colour = np.median(colours, axis=0)
    return colour, np.median(np.abs(colours - colour), axis=0)


def _sharpest(rgb: U8, masks: list[U8]) -> U8:
    """Return the mask whose contour lies on the sharpest edges: one with shadow in it leaves them, as does one short of cloth."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    strength = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    edges = np.minimum(strength, 60)  # beyond, an edge is an edge: the print's must not outvote the outline's
    ring = np.ones((3, 3), np.uint8)
    return max(masks, key=lambda m: float(edges[cv2.morphologyEx(m, cv2.MORPH_GRADIENT, ring) > 0].mean()))


def _flood(rgb: U8, ground: _Ground, fall: float, rise: float) -> Mask:
    """Return what is reached from the frame in steps of at most so much of the ground's brightness down and up."""
    canvas, reached = np.ascontiguousarray(rgb), ground.barrier.copy()
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | (2 << 8)
    down, up = fall * ground.level, rise * ground.level
    for y, x in ground.seeds[:: max(1, len(ground.seeds) // 64)]:
        if reached[y + 1, x + 1] == 0:
            cv2.floodFill(canvas, reached, (int(x), int(y)), (0, 0, 0), (down,) * 3, (up,) * 3, flags)
    return np.asarray(reached[1:-1, 1:-1] == 2)
