"""What shows on the fly of trousers, shorts and skirts and lies there otherwise on a body: labels, and slits that stand open.

On plain cloth it is small patches about the middle of the front, all of them there, that stand out in lightness or colour
and have not a button's shape.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.colours import fit_colours, folded_lab, thinned
from manikin.tasks.clothing.edges.waistband import WAIST_UNIT, waist_frame
from manikin.tasks.clothing.outline.landmarks import Landmarks

U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_FRAME = (1.3, 0.25, 1.5)  # of half the waist that are looked at beside, above and below its middle
_FLY = (0.32, 0.0, 1.2)  # likewise, within which all of a patch lies: beside the middle, and below from and to
_RIM = 5  # pixels across, that the outline's rim is
_FEW = 300  # pixels of cloth at least
_SAMPLES, _COLOURS = 1500, 4  # of the cloth
_COMMON = 0.06  # share of it that a colour of its own has
_ODD, _CONTRAST = 3.5, 9.0  # spreads from those, and folded Lab, of what is none
_SHADED, _AROUND = 1.5, 6  # spreads from them of what goes with it, and pixels that it reaches beyond
_PLAIN = (5.0, 0.03)  # folded Lab, the median deviation of plain cloth, and the share of it that may be odd
_JOINED = 5  # pixels between parts of one patch
_AREA = (5, 500)  # pixels of a patch
_BUTTON = ((16, 150), 1.4)  # pixels, and longer over shorter side at most, of a button


def odd_on_fly(rgb: U8, mask: U8, landmarks: Landmarks) -> Mask:
    """Return (H, W) what on a fly is no cloth of a garment's; nothing for those that have none, and on patterned cloth.

    Args:
        rgb: (H, W, 3) the photo.
        mask: (H, W), 255 on the garment.
        landmarks: of the garment.
    """
    none = np.zeros(mask.shape, np.bool_)
    frame = waist_frame(landmarks, _FRAME)
    if frame is None:
        return none
    lab = folded_lab(np.asarray(cv2.warpAffine(frame.calm(rgb), frame.T, frame.size), np.uint8))
    cloth = np.asarray(cv2.warpAffine(mask, frame.T, frame.size), np.uint8)
    core = cv2.erode((cloth > 127).astype(np.uint8), np.ones((_RIM, _RIM), np.uint8), borderValue=0) > 0
    if core.sum() < _FEW:
        return none
    samples = lab[core]
    some = thinned(samples, _SAMPLES)
    usual = np.median(some, axis=0)
    if np.median(np.linalg.norm(some - usual, axis=1)) > _PLAIN[0]:
        return none
    off = fit_colours(some, _COLOURS).common(some, _COMMON).distance(lab)
    odd = core & (off > _ODD) & (np.linalg.norm(lab - usual, axis=-1) > _CONTRAST)
    if odd.sum() > _PLAIN[1] * core.sum():
        return none
    found = _patches(odd, frame.middle)
    for _ in range(_AROUND):
        found |= np.asarray(cv2.dilate(found, np.ones((3, 3), np.uint8)), np.uint8) & (core & (off > _SHADED))
    return frame.back(found, mask.shape)


def _patches(odd: Mask, middle: tuple[int, int]) -> U8:
    """Return (h, w) 1 on those of the odd patches, and a little about them, all of which are on the fly."""
    joined = cv2.morphologyEx(odd.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((_JOINED, _JOINED), np.uint8))
    _, piece, stats, _ = cv2.connectedComponentsWithStats(joined)
    left, top, wide, tall, area = np.asarray(stats, np.int64).T
    aside = np.maximum(middle[0] - left, left + wide - middle[0]) / WAIST_UNIT
    high, low = (top - middle[1]) / WAIST_UNIT, (top + tall - middle[1]) / WAIST_UNIT
    on_fly = (aside < _FLY[0]) & (high > _FLY[1]) & (low < _FLY[2]) & (area >= _AREA[0]) & (area < _AREA[1])
    is_button = (area > _BUTTON[0][0]) & (area < _BUTTON[0][1])
    on_fly &= ~is_button | (np.maximum(wide, tall) > _BUTTON[1] * np.minimum(wide, tall))
    on_fly[0] = False
    return np.asarray(cv2.dilate(on_fly[piece].astype(np.uint8), np.ones((5, 5), np.uint8)), np.uint8)
