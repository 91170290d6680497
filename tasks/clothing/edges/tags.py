"""Tags that hang before a garment on a thread, as from the waist of trousers: no cloth, and no print.

A tag is one compact, straight-edged patch of a colour of its own on otherwise plain cloth; no other is like it, and a thread
goes up from it, as from no pocket, badge or stripe.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.colours import fit_colours, folded_lab, thinned
from manikin.tasks.clothing.cutout.masks import resized

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_SIDE: Final = 320  # pixels of the garment's longer side, at which it is looked at
_RIM = 5  # pixels across, that the garment's rim is
_SAMPLES = 1500  # of its cloth
_COLOURS, _COMMON = 5, 0.04  # of cloth that are told apart, and the share of it that a colour of its own has
_ODD = 3.5  # spreads from those from which a pixel is none
_FEW = 500  # pixels of cloth at least
_PLAIN = 0.05  # of the cloth that may be odd
_AREA = (0.008, 0.03)  # of the cloth
_STICKER, _SMALLEST = (
    13,
    7,
)  # pixels, up to which something of the cloth's colour sticks on it, and that it is wide at least
_STRAIGHT, _LONG = 0.7, (1.2, 3.5)  # of its box, however turned, that a tag fills, and its sides' proportion
_ALONE = 0.3  # of its size, that no other patch has
_CONTRAST = 14.0  # folded Lab between it and the cloth
_THREAD, _THIN = 0.4, 5.0  # of its length, that its thread is long at least, and pixels, that it is wide at most


def find_tag(rgb: U8, mask: U8) -> Mask:
    """Return (H, W) a tag that hangs before a garment, with its thread; nothing where none is sure.

    Args:
        rgb: (H, W, 3) the photo.
        mask: (H, W), 255 on the garment.
    """
    out = np.zeros(mask.shape, np.bool_)
    x, y, w, h = cv2.boundingRect((mask > 127).astype(np.uint8))
    box = np.s_[y : y + h, x : x + w]
    scale = min(1.0, _SIDE / max(w, h, 1))
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    core = np.zeros(size[::-1], np.bool_)
    if min(w, h) > 0:
        inside = resized(mask[box], size).astype(np.uint8)
        core = cv2.erode(inside, np.ones((_RIM, _RIM), np.uint8), borderValue=0) > 0
    if core.sum() < _FEW:
        return out
    lab = folded_lab(np.asarray(cv2.resize(rgb[box], size, interpolation=cv2.INTER_AREA), np.uint8))
    samples = lab[core]
    some = thinned(samples, _SAMPLES)
    own = fit_colours(some, _COLOURS).common(some, _COMMON)
    odd = np.zeros(core.shape, np.bool_)
    odd[core] = own.distance(samples) > _ODD
    if not odd.any() or odd.sum() > _PLAIN * core.sum():
        return out
    found = _tag(odd, int(core.sum()), np.linalg.norm(lab - np.median(some, axis=0), axis=-1))
    out[box] = cv2.resize(found.astype(np.uint8), (w, h), interpolation=cv2.INTER_NEAREST) > 0
    return out


def _tag(odd: Mask, area: int, contrast: F32) -> Mask:
    """Return (h, w) that of the odd patches that is a tag, with its thread.

    Args:
        odd: (h, w) what is no colour of the cloth.
        area: pixels of the cloth.
        contrast: (h, w) to it.
    """
    none = np.zeros(odd.shape, np.bool_)
    solid = cv2.morphologyEx(odd.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    joined = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((_STICKER, _STICKER), np.uint8))
    whole = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((_SMALLEST, _SMALLEST), np.uint8))
    n, piece, stats, _ = cv2.connectedComponentsWithStats(whole)
    if n < 2:
        return none
    sizes = stats[1:, cv2.CC_STAT_AREA]
    tag = np.asarray(piece == 1 + int(sizes.argmax()))
    if not _AREA[0] * area < sizes.max() < _AREA[1] * area or (sizes > _ALONE * sizes.max()).sum() > 1:
        return none
    outline, _ = cv2.findContours(tag.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    _, (a, b), _ = cv2.minAreaRect(outline[0])
    short, long = sorted((a, b))
    is_straight = cv2.contourArea(outline[0]) > _STRAIGHT * a * b and _LONG[0] * short < long < _LONG[1] * short
    if not is_straight or np.median(contrast[tag]) < _CONTRAST:
        return none
    tag = cv2.fillConvexPoly(np.zeros(odd.shape, np.uint8), cv2.convexHull(outline[0]), 1) > 0
    near = cv2.dilate(tag.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    beside = cv2.dilate(near.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    n, piece, stats, _ = cv2.connectedComponentsWithStats((odd & ~near).astype(np.uint8), connectivity=8)
    rise = int(np.nonzero(tag)[0].min()) - stats[:, cv2.CC_STAT_TOP]
    thin = stats[:, cv2.CC_STAT_AREA] < _THIN * stats[:, cv2.CC_STAT_HEIGHT]
    is_thread = (np.bincount(piece[beside], minlength=n) > 0) & thin & (rise > _THREAD * long)
    is_thread[0] = False
    if not is_thread.any():
        return none
    return near | (cv2.dilate(is_thread[piece].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
