"""What a photo shows about a neck, upright: its cloth, and which of it is like that beside the neck, which is the front's."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.colours import fit_colours, folded_lab
from manikin.tasks.clothing.edges.curves import Frame

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_GREY = 128  # in place of the ground
_SOFT = 0.7  # pixels over which the cloth is smoothed
_STRIDE = 3  # pixels down over which a pattern changes
_BESIDE = (1.25, 22, 34)  # of the neck's half width, and pixels further out and down: cloth that is the front's
_COLOURS, _ALIKE, _ENOUGH = 4, 3.2, 40  # of that cloth, spreads within which cloth is like it, and pixels to tell it by


@dataclass(frozen=True, slots=True)
class NeckView:
    """A photo's cloth in a frame about its neck."""

    lab: F32  # (h, w, 3) folded
    cloth: Mask  # (h, w)
    core: F32  # (h, w) 1 on cloth, but for its rim
    like: F32  # (h, w) 1 where the cloth is like the front's; 1 everywhere where too little of that shows
    weave: float  # by how much the front's cloth changes by itself from place to place; 0 where none shows


def neck_view(rgb: U8, mask: U8, frame: Frame, front: Mask | None = None) -> NeckView:
    """Return what a frame shows of a photo.

    Args:
        rgb: (H, W, 3).
        mask: (H, W), 255 on the garment.
        frame: of (h, w) pixels.
        front: (h, w) where cloth is the front's; None is beside the neck.
    """
    shown = np.where(mask[..., None] > 127, rgb, np.uint8(_GREY))  # no ground mixes in
    upright = cv2.warpAffine(frame.calm(shown), frame.T, frame.size, borderMode=cv2.BORDER_REPLICATE)
    lab = folded_lab(np.asarray(upright, np.uint8))
    lab = np.asarray(cv2.GaussianBlur(lab, (0, 0), _SOFT), np.float32)
    cloth = np.asarray(cv2.warpAffine(mask, frame.T, frame.size), np.uint8) > 127
    core = np.asarray(cv2.erode(cloth.astype(np.uint8), np.ones((3, 3), np.uint8)), np.float32)
    beside = _heart(cloth) & (_beside(frame) if front is None else front)
    return NeckView(lab, cloth, core, _like_front(lab, beside), _weave(lab, beside))


def _heart(cloth: Mask) -> Mask:
    return np.asarray(cv2.erode(cloth.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0)


def _beside(frame: Frame) -> Mask:
    """Return (h, w) what is beside the neck, where cloth is the front's."""
    y, x = np.mgrid[: frame.size[1], : frame.size[0]]
    aside = np.abs(x - frame.middle[0]) - _BESIDE[0] * frame.half
    return np.asarray((aside > 0) & (aside < _BESIDE[1]) & (y < frame.middle[1] + _BESIDE[2]))


def _weave(lab: F32, beside: Mask) -> float:
    change = np.linalg.norm(lab[_STRIDE:] - lab[:-_STRIDE], axis=-1)
    return float(np.median(change[beside[_STRIDE:]])) if beside[_STRIDE:].any() else 0.0


def _like_front(lab: F32, beside: Mask) -> F32:
    if beside.sum() < _ENOUGH:
        return np.ones(beside.shape, np.float32)
    return np.asarray(fit_colours(lab[beside], _COLOURS).distance(lab) < _ALIKE, np.float32)
