"""What a photo shows in a garment's neck that is no cloth of it: labels and hangers."""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.colours import Colours, fit_colours, folded_lab

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_COLOURS = 5  # of the chest that are told apart
_ODD = 2.7  # spreads from the nearest of them from which a pixel is no cloth
_IN_THROAT = 0.4  # of what is odd that must be on the throat to be a label
_THIN = (0.4, 0.35)  # height over width, and share of its box, below which it is a band
_COMMON = 0.05  # share of the chest that a colour of its cloth has
_THREAD = 12  # pixels that what hangs on it reaches beyond
_AROUND, _FEW = 14, 60  # pixels about the throat whose colours its cloth has, and how many there must be
_LETTERS = 9  # pixels from letter to letter at most
_COLLAR = 0.5  # of the throat's width, from which what is odd, and ends on the outline on either side, is a collar


def odd_in_neck(rgb: U8, inside: Mask, throat: Mask, lateral: Mask) -> Mask:
    """Return (h, w) what is no cloth of the garment's, all about the throat: labels, hangers, the dark within.

    What goes on from there is a print; what goes from side to side along the outline, a collar.

    Args:
        rgb: (h, w, 3) at the working size.
        inside: (h, w) the garment.
        throat: (h, w) what lands on the throat.
        lateral: (h, w) about the sides of trunk and limbs.
    """
    around = cv2.dilate(throat.astype(np.uint8), np.ones((2 * _AROUND + 1,) * 2, np.uint8)) > 0
    chest = inside & around & ~throat & ~lateral
    chest[: round(float(np.nonzero(throat)[0].mean())) if throat.any() else 0] = False  # hangers are above
    if not (throat & inside).any() or chest.sum() < _FEW:
        return np.zeros_like(inside)
    lab = folded_lab(rgb)
    odd = inside & around & (_common(lab[chest]).distance(lab) > _ODD)
    square, cross = (cv2.getStructuringElement(shape, (3, 3)) for shape in (cv2.MORPH_RECT, cv2.MORPH_CROSS))
    thick = cv2.morphologyEx(odd.astype(np.uint8), cv2.MORPH_OPEN, cross) > 0
    found, thin = _labels(thick, inside, throat), odd & throat & ~thick
    for _ in range(_THREAD):  # a hanger's hook and a tag's thread are too thin to be seen by themselves
        found |= (cv2.dilate(found.astype(np.uint8), square) > 0) & thin
    return np.asarray(cv2.dilate(found.astype(np.uint8), square) > 0)


def _labels(odd: Mask, inside: Mask, throat: Mask) -> Mask:
    """Return those of the odd patches that are about the throat and no collar."""
    n, patch, stats, _ = cv2.connectedComponentsWithStats(odd.astype(np.uint8), connectivity=4)
    patch = np.asarray(patch, np.int64)
    left, _, wide, tall, area = np.asarray(stats, np.int64).T
    lines = cv2.morphologyEx(odd.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, _LETTERS), np.uint8))
    n_lines, line = cv2.connectedComponents(lines)
    whole = np.bincount(line.ravel(), minlength=n_lines)
    line_within = np.bincount(line[throat], minlength=n_lines) / np.maximum(whole, 1)
    within = np.minimum(
        np.bincount(patch[throat], minlength=n) / area,
        np.bincount(patch.ravel(), line_within[line].ravel(), n) / area,  # a letter is a part of its line
    )
    y, x = np.nonzero(inside & (cv2.erode(inside.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0))
    on = patch[y, x]
    third = np.clip(3 * (x - left[on]) // wide[on], 0, 2)
    on_left, in_middle, on_right = np.bincount(3 * on + third, minlength=3 * n).reshape(n, 3).T > 0
    across = np.ptp(np.flatnonzero(throat.any(axis=0))) + 1
    is_band = (tall < _THIN[0] * wide) | (area < _THIN[1] * wide * tall) | ~in_middle
    is_label = (within > _IN_THROAT) & ~(is_band & on_left & on_right & (wide > _COLLAR * across))
    is_label[0] = False
    return np.asarray(is_label[patch])


def _common(samples: F32) -> Colours:
    """Return the colours of cloth (n, 3) less those that little of it has, as buttons."""
    colours = fit_colours(samples, _COLOURS)
    owner = colours.owner(samples)
    share = np.bincount(owner, minlength=len(colours.centres)) / len(samples)
    kept = share >= min(_COMMON, share.max())
    return colours.only(kept)
