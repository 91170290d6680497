"""The back of a garment with stripes across: they go round it, so each has one colour along its way.

How far stripes rise or sink towards either side is followed outwards, column by column; along that way,
the cloth's colour is the median. Placket, print and collar are of few columns and leave no trace.
"""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.grain import lay_grain
from manikin.tasks.clothing.cloth.plain import at_sides, is_alike, trunk_region
from manikin.tasks.clothing.cloth.quilt import pull_push
from manikin.tasks.clothing.cutout.colours import folded_lab

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_WIDE = 6  # columns that are followed as one
_FAR = 2  # pixels that stripes may rise or sink from one to the next
_STRAIGHT = 0.3  # folded Lab that a pixel off the way so far must bring
_TELLING = 0.9  # of the greatest mismatch that the least is, where stripes show
_FOLLOWS = 0.3  # of a turn that is taken as the way from there
_TALL = 24  # pixels of a column that are followed at least
_DEGREE = 2  # of the curve along which stripes run
_LARGE = 12.0  # spread of what is no stripe's, in pixels of the working size
_ACROSS = 0.38  # of the finer changes of colour that are stripes'
_OF_ROW = 0.3  # of a row that is beside the opening, or it has the colour of the next that is
_SAME = 30.0  # levels that a row's sides may be off it: or what it has is a print in the middle
_OF_COLOUR = 0.7  # of the cloth that has its stripe's colour
_STRIPS = 8  # of cloth, one beside the other, that are compared where it may be checked
_LINE, _MOST = 3.0, 3.0  # spread of what is a line's, and times its usual contrast that any counts at most
_LINES, _FAINT = 0.2, (0.25, 0.4)  # correlation of strips along lines, and contrast of the fainter and the stronger
_SLOPE = 3  # rows that a check's lines may be lower in the next strip
_SEEN = 20  # rows that two strips show, or they say nothing
_FINER = 2  # times the working size at which a stripe's edges are
_LIGHT = 8.0  # spread of the light that stays
_GRAIN = 2.5  # spread below which what cloth does is its grain


def striped_back(rgb: U8, opening: Mask, inside: Mask, trunk: Mask | None) -> tuple[U8, Mask] | None:
    """Return (H, W, 3) with stripes behind as in front, and (h, w) where that is; None where the cloth has none across.

    Args:
        rgb: (H, W, 3) of cloth all over.
        opening: (h, w) at the working size, about the neck.
        inside: (h, w) the garment.
        trunk: (h, w) well inside a top's trunk; without one nothing is sure to hang level.
    """
    if trunk is None or not trunk.any():
        return None
    region = trunk_region(inside, trunk)
    usable = region & ~opening
    small = np.asarray(cv2.resize(rgb, inside.shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    lab = folded_lab(small)
    bend = _bend(lab, usable)
    if bend is None or _across(_moved(lab, bend), _moved(usable.astype(np.float32), bend) > 0.5) < _ACROSS:
        return None
    size = tuple(_FINER * n for n in inside.shape[::-1])
    finer = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.float32)
    curve = _FINER * np.interp((np.arange(size[0]) + 0.5) / _FINER - 0.5, np.arange(len(bend)), bend).astype(np.float32)
    shown = np.asarray(cv2.resize(usable.astype(np.float32), size, interpolation=cv2.INTER_NEAREST), np.float32)
    colours = _rows(_moved(finer, curve), _moved(shown, curve) > 0.5)
    base = _moved(np.repeat(colours[:, None], size[0], axis=1), -curve)
    coarse = np.asarray(cv2.resize(base, inside.shape[::-1], interpolation=cv2.INTER_AREA), np.float32)
    ground = is_alike(lab, folded_lab(np.clip(coarse, 0, 255).astype(np.uint8))) & usable
    if ground.sum() < _OF_COLOUR * usable.sum():
        return None
    off = pull_push(small - coarse, ground.astype(np.float32))
    light, folds = (cv2.resize(cv2.GaussianBlur(off, (0, 0), spread), size) for spread in (_LIGHT, _GRAIN))
    return lay_grain(rgb, base + light, base + folds, ground, region), region


def is_checked(rgb: U8, prints: Mask, opening: Mask, inside: Mask, trunk: Mask | None) -> bool:
    """Return whether lines run straight across the cloth and down it, from end to end: faint checks may pass as plain cloth in
    folds, but folds are not the same from one strip of it to the next.

    Args:
        rgb: (H, W, 3) of cloth all over.
        prints: (h, w) at the working size, what sits on it.
        opening: (h, w) about the neck.
        inside: (h, w) the garment.
        trunk: (h, w) well inside a top's trunk; without one nothing is sure to hang level.
    """
    if trunk is None or not trunk.any():
        return False
    usable = np.asarray(cv2.erode((trunk & ~opening & ~prints).astype(np.uint8), np.ones((5, 5), np.uint8)), np.uint8)
    size = (_FINER * inside.shape[1], _FINER * inside.shape[0])
    shown = np.asarray(cv2.resize(usable, size, interpolation=cv2.INTER_NEAREST), np.float32)
    y, x = np.nonzero(shown)
    if len(y) < _SEEN**2:
        return False
    part = np.s_[y.min() : y.max() + 1, x.min() : x.max() + 1]
    level = folded_lab(np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)[part], np.uint8))
    shown = np.ascontiguousarray(shown[part])
    fine = _fine(level, shown, _LINE)
    most = _MOST * float(np.sqrt(np.square(fine).sum() / (3 * shown.sum())))
    fine = np.clip(fine, -most, most)
    ways = (
        _straight(fine, shown),
        _straight(np.ascontiguousarray(np.swapaxes(fine, 0, 1)), np.ascontiguousarray(shown.T)),
    )
    alike, strength = zip(*ways, strict=True)
    return min(alike) > _LINES and min(strength) > _FAINT[0] and max(strength) > _FAINT[1]


def _straight(fine: F32, shown: F32) -> tuple[float, float]:
    """Return the correlation of the rows' means of (h, w, 3) in strips of the cloth, each with the next, at the slope where it
    is greatest; and how far those means go, in folded Lab."""
    share = np.cumsum(shown.sum(axis=0))
    ends = np.searchsorted(share, share[-1] * np.linspace(0, 1, _STRIPS + 1)[1:-1])
    strips = [slice(a, b) for a, b in pairwise([0, *ends.tolist(), shown.shape[1]])]
    wide = np.stack([shown[:, s].sum(axis=1) for s in strips])
    means = np.stack([fine[:, s].sum(axis=1) for s in strips]) / np.maximum(wide, 1)[..., None]
    seen = wide > 0.5 * np.array([[s.stop - s.start] for s in strips])
    best, h = (0.0, 0.0), len(fine)
    for lower in range(-_SLOPE, _SLOPE + 1):
        first, then = slice(max(0, -lower), h - max(0, lower)), slice(max(0, lower), h - max(0, -lower))
        both = seen[:-1, first] & seen[1:, then]
        rows = both.sum(axis=1)
        weight = both[..., None] / np.maximum(rows, 1)[:, None, None]
        a, b = means[:-1, first], means[1:, then]
        a, b = ((m - (m * weight).sum(axis=1, keepdims=True)) * both[..., None] for m in (a, b))
        product, norm = (a * b).sum(axis=(1, 2)), np.sqrt(np.square(a).sum(axis=(1, 2)) * np.square(b).sum(axis=(1, 2)))
        alike = (product / np.maximum(norm, 1e-9))[rows >= _SEEN]
        if len(alike) > _STRIPS // 2 and alike.mean() > best[0]:
            common = product[rows >= _SEEN].sum() / rows[rows >= _SEEN].sum()
            best = (float(alike.mean()), float(np.sqrt(max(common, 0.0))))
    return best


def _rows(level: F32, shown: Mask) -> F32:
    """Return (h, 3) the median colour of each row (h, w, 3), those of which little is shown like the next."""
    width, sides = shown.sum(axis=1), at_sides(shown)
    wide = np.flatnonzero(width > _OF_ROW * np.median(width[width > 0]))
    colours = []
    for y in wide:
        across, round_it = (np.median(level[y][part[y]], axis=0) for part in (shown, sides))
        colours.append(across if np.abs(across - round_it).max() < _SAME else round_it)
    nearest = np.abs(np.arange(len(level))[:, None] - wide).argmin(axis=1)
    return np.asarray(np.stack(colours)[nearest], np.float32)


def _bend(lab: F32, usable: Mask) -> F32 | None:
    """Return (w,) how many pixels lower than at one of them stripes run; None where too little is seen to tell."""
    weight = usable.astype(np.float32)
    n = lab.shape[1] // _WIDE
    total, seen = (
        np.asarray(p[:, : n * _WIDE]).reshape(len(lab), n, _WIDE, -1).sum(axis=2)
        for p in (lab * weight[..., None], weight)
    )
    columns, known = total / np.maximum(seen, 1), seen[..., 0] > 0.5 * _WIDE
    tall = known.sum(axis=0)
    filled = np.flatnonzero(tall >= _TALL)
    if len(filled) < 4:
        return None
    start = filled[len(filled) // 4]  # plackets and prints are in the middle
    offsets = np.full(n, np.nan)
    offsets[start] = 0
    for way in (1, -1):
        profile, mass = columns[:, start] * known[:, start, None], known[:, start].astype(np.float64)
        at, slope = 0.0, 0.0
        i = start + way
        while 0 <= i < n and tall[i] >= _TALL:
            at += slope
            lower = round(at) + np.arange(-_FAR, _FAR + 1)
            costs = np.array([_mismatch(profile, mass, columns[:, i], known[:, i], int(d)) for d in lower])
            if costs.min() < _TELLING * costs.max():
                best = int(np.argmin(costs + _STRAIGHT * np.abs(lower - at)))
                found = float(lower[best])
                if 0 < best < 2 * _FAR:
                    before, here, after = costs[best - 1 : best + 2]
                    found += np.clip(0.5 * (before - after) / max(before - 2 * here + after, 1e-9), -0.5, 0.5)
                slope += _FOLLOWS * (found - at)
                offsets[i] = at = found
                moved, there = np.roll(columns[:, i], -round(at), axis=0), np.roll(known[:, i], -round(at))
                profile, mass = 0.8 * profile + moved * there[:, None], 0.8 * mass + there
            i += way
    followed = np.flatnonzero(np.isfinite(offsets))
    curve = np.polyfit((followed + 0.5) * _WIDE, offsets[followed], min(_DEGREE, len(followed) - 1))
    return np.asarray(np.polyval(curve, np.arange(lab.shape[1])), np.float32)


def _mismatch(profile: F32, mass: F32, column: F32, known: Mask, lower: int) -> float:
    """Return how unlike (h, 3) colours, a weighted sum of some, those (h, 3) of a column are that lies so much lower."""
    moved, there = np.roll(column, -lower, axis=0), np.roll(known, -lower)
    both = there & (mass > 0)
    if not both.any():
        return np.inf
    gap = profile[both] / mass[both, None] - moved[both]
    return float(np.minimum(np.abs(gap).sum(axis=-1), 40).mean())


def _moved(picture: F32, bend: F32) -> F32:
    """Return a picture (h, w, ...) whose columns are moved up by (w,) pixels."""
    h, w = picture.shape[:2]
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    return np.asarray(cv2.remap(picture, x, y + bend, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _across(level: F32, shown: Mask) -> float:
    """Return the share of the finer changes of colour that go straight across."""
    weight = shown.astype(np.float32)
    fine = _fine(level, weight)
    rows = np.square(fine.sum(axis=1)).sum(axis=-1) / np.maximum(weight.sum(axis=1), 1)
    return float(rows.sum() / max(float(np.square(fine).sum()), 1e-6))


def _fine(level: F32, weight: F32, large: float = _LARGE) -> F32:
    """Return (h, w, 3) what is finer than light, where there is weight (h, w)."""
    total, share = (cv2.GaussianBlur(p, (0, 0), large) for p in (level * weight[..., None], weight))
    return np.asarray((level - total / np.maximum(share, 1e-3)[..., None]) * weight[..., None], np.float32)
