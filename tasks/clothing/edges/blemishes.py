"""What a photo shows in a garment's neck or waist that is no cloth of it: labels and hangers."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.colours import Colours, fit_colours, folded_lab
from manikin.tasks.clothing.edges.waistband import WAIST_UNIT, waist_frame
from manikin.tasks.clothing.outline.found import Found
from manikin.tasks.clothing.outline.landmarks import Landmarks

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
_EVEN, _STANDS_OUT = 5.0, 14.0  # folded Lab, of the chest's median deviation at most, and between it and small labels
_SMALL, _APART, _SHORT = (
    (3, 40),
    15,
    0.4,
)  # pixels, pixels beside them without letters, and of the throat's width, likewise
_MOSTLY = 0.5  # of a neckband, above the neckline
_FRAME = (1.25, 0.25, 1.25)  # of half the waist that are looked at beside, above and below its middle
_PLAIN = 7.0  # folded Lab, the median deviation of cloth on which labels stand out
_EACH = 2  # pixels, of which one is a sample
_ODD_IN_WAIST = 3.5  # spreads, likewise; seams are darker than cloth and lie near
_PATTERN = 0.03  # share of the cloth that is odd, from which it is its pattern
_ASIDE = 0.65  # of half the waist from the middle within which labels are; clips are further out
_WIDE, _LONG = 8, 1.6  # pixels of a label's width, more than a button's; and width over its height
_SOLID = 0.7  # share of its box that a label fills
_UNDER, _TOUCHING = 6, 2  # pixels under the outline at most; and where it hides a part, so that the shape says nothing
_LARGE, _TALL = 36, 18  # pixels of area and height that tell such a part from buttons and from flies


def odd_in_neck(rgb: U8, inside: Mask, throat: Mask, lateral: Mask, above: Mask | None = None) -> Mask:
    """Return (h, w) what is no cloth of the garment's, all about the throat: labels, hangers, the dark within.

    What goes on from there is a print; what goes from side to side along the outline, a collar. Of a neckband whose better
    part lies above the neckline, no ends are left.

    Args:
        rgb: (h, w, 3) at the working size.
        inside: (h, w) the garment.
        throat: (h, w) what lands on the throat.
        lateral: (h, w) about the sides of trunk and limbs.
        above: (h, w) what lies above the front's neckline.
    """
    around = cv2.dilate(throat.astype(np.uint8), np.ones((2 * _AROUND + 1,) * 2, np.uint8)) > 0
    chest = inside & around & ~throat & ~lateral
    chest[: round(float(np.nonzero(throat)[0].mean())) if throat.any() else 0] = False  # hangers are above
    if not (throat & inside).any() or chest.sum() < _FEW:
        return np.zeros_like(inside)
    lab = folded_lab(rgb)
    usual = np.median(lab[chest], axis=0)
    odd = inside & around & (_common(lab[chest]).distance(lab) > _ODD)
    square, cross = (cv2.getStructuringElement(shape, (3, 3)) for shape in (cv2.MORPH_RECT, cv2.MORPH_CROSS))
    thick = cv2.morphologyEx(odd.astype(np.uint8), cv2.MORPH_OPEN, cross) > 0
    found, thin = _labels(thick, inside, throat), odd & throat & ~thick
    if np.linalg.norm(np.median(np.abs(lab[chest] - usual), axis=0)) < _EVEN:
        small = _small_labels(odd & (np.linalg.norm(lab - usual, axis=-1) > _STANDS_OUT), inside, throat)
        beside = cv2.dilate(small.astype(np.uint8), np.ones((5, _LETTERS), np.uint8)) > 0
        found |= small | (beside & odd)
    if above is not None:
        found |= _ends(odd, above)
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


def _small_labels(odd: Mask, inside: Mask, throat: Mask) -> Mask:
    """Return those of the odd patches that are small, compact and by themselves on the throat, as in a photo from afar."""
    n, patch, stats, _ = cv2.connectedComponentsWithStats(odd.astype(np.uint8), connectivity=8)
    _, _, wide, tall, area = np.asarray(stats, np.int64).T
    lines = cv2.morphologyEx(odd.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, _APART), np.uint8))
    n_lines, line, of_line, _ = cv2.connectedComponentsWithStats(lines)
    across = np.ptp(np.flatnonzero(throat.any(axis=0))) + 1
    share = np.bincount(line[throat], minlength=n_lines) / of_line[:, cv2.CC_STAT_AREA]
    share[of_line[:, cv2.CC_STAT_WIDTH] > _SHORT * across] = 0
    rim = inside & (cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    within = np.minimum(
        np.bincount(patch[throat], minlength=n) / area, np.bincount(patch.ravel(), share[line].ravel(), n) / area
    )
    is_label = (within > _IN_THROAT) & (area >= _SMALL[0]) & (area < _SMALL[1]) & (area > 0.5 * wide * tall)
    is_label &= np.bincount(patch[rim], minlength=n) == 0
    is_label[0] = False
    return np.asarray(is_label[patch])


def _ends(odd: Mask, above: Mask) -> Mask:
    """Return what of odd patches (h, w) is left below a neckline above which their better part lies."""
    n, patch = cv2.connectedComponents(odd.astype(np.uint8), connectivity=8)
    patch = np.asarray(patch, np.int64)
    share = np.bincount(patch[above], minlength=n) / np.maximum(np.bincount(patch.ravel(), minlength=n), 1)
    is_end = share > _MOSTLY
    is_end[0] = False
    return np.asarray(is_end[patch] & ~above)


def _common(samples: F32) -> Colours:
    """Return the colours of cloth (n, 3) less those that little of it has, as buttons."""
    return fit_colours(samples, _COLOURS).common(samples, _COMMON)


def without_waist_label(garment: Found) -> Found:
    """Return trousers or a skirt without the label that shows in the waist; anything else as it is."""
    rgb, mask = garment.photo.rgb, garment.cutout.mask
    label = label_in_waist(rgb, mask, garment.landmarks)
    if not label.any():
        return garment
    return replace(garment, photo=replace(garment.photo, rgb=without_label(rgb, mask, label)))


def label_in_waist(rgb: U8, mask: U8, landmarks: Landmarks) -> Mask:
    """Return (H, W) what is a label on the inside of the back, shown over the middle of the front's upper edge.

    It is wider than high and under the outline, or the outline cuts it off; buttons are smaller.

    Args:
        rgb: (H, W, 3).
        mask: (H, W), 255 on the garment.
        landmarks: of the garment; those but trousers and skirts have none.
    """
    none = np.zeros(mask.shape, np.bool_)
    frame = waist_frame(landmarks, _FRAME)
    if frame is None:
        return none
    lab = folded_lab(np.asarray(cv2.warpAffine(frame.calm(rgb), frame.T, frame.size), np.uint8))
    cloth = np.asarray(cv2.warpAffine(mask, frame.T, frame.size), np.uint8) > 127
    square = np.ones((3, 3), np.uint8)
    core = np.asarray(cv2.erode(cloth.astype(np.uint8), square, borderValue=0), np.uint8) > 0
    if core.sum() < _FEW:
        return none
    samples = lab[core][::_EACH]
    spread = np.median(np.abs(samples - np.median(samples, axis=0)), axis=0)
    if np.linalg.norm(spread) > _PLAIN:
        return none
    odd = core & (_common(samples).distance(lab) > _ODD_IN_WAIST)
    solid = cv2.morphologyEx(odd.astype(np.uint8), cv2.MORPH_OPEN, square) > 0
    if not 0 < solid.sum() < _PATTERN * core.sum():
        return none
    found = _waist_labels(solid, cloth, frame.middle[0])
    if not found.any():
        return none
    found |= (cv2.dilate(found, np.ones((3, _LETTERS), np.uint8)) > 0) & odd
    found = np.asarray(cv2.dilate(found, square), np.uint8)
    return frame.back(found, mask.shape)


def _waist_labels(odd: Mask, cloth: Mask, middle: int) -> U8:
    """Return (h, w) 1 on those of the odd patches, filled, that are labels under the waist's outline."""
    top = np.where(cloth.any(axis=0), cloth.argmax(axis=0), len(cloth))
    n, patch, stats, centres = cv2.connectedComponentsWithStats(odd.astype(np.uint8), connectivity=4)
    out = np.zeros(odd.shape, np.uint8)
    for k in range(1, n):
        _, _, wide, tall, area = (int(value) for value in stats[k])
        y, x = np.nonzero(patch == k)
        under = int((y - top[x]).min())
        is_whole = wide >= max(_WIDE, _LONG * tall) and area >= _SOLID * wide * tall
        is_cut_off = under <= _TOUCHING and area >= _LARGE and tall <= _TALL
        if abs(centres[k][0] - middle) < _ASIDE * WAIST_UNIT and under < _UNDER and (is_whole or is_cut_off):
            hull = cv2.convexHull(np.stack([x, y], axis=1).astype(np.int32))
            cv2.fillConvexPoly(out, hull, 1)
    return out


def without_label(rgb: U8, mask: U8, label: Mask) -> U8:
    """Return (H, W, 3) with a label covered, row by row, by the cloth mirrored at its two sides."""
    out, cloth = rgb.copy(), (mask > 127) & ~label
    for y in np.flatnonzero(label.any(axis=1)):
        at = np.flatnonzero(label[y])
        first, last = int(at[0]), int(at[-1])
        x = np.arange(first, last + 1)
        share = (x - first + 1) / (len(x) + 1)
        filled, total = np.zeros((len(x), 3)), np.zeros(len(x))
        for edge, weight in ((first - 1, 1 - share), (last + 1, share)):
            if not (0 <= edge < mask.shape[1] and cloth[y, edge]):
                continue
            mirrored = np.clip(2 * edge - x, 0, mask.shape[1] - 1)
            filled += weight[:, None] * rgb[y, np.where(cloth[y, mirrored], mirrored, edge)]
            total += weight
        known = total > 0
        out[y, x[known]] = np.rint(filled[known] / total[known, None]).astype(np.uint8)
    return out
