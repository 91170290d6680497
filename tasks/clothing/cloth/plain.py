"""Plain cloth: of one colour, or of one at each height, whatever a garment's front bears.

Cloth goes round a body at its height, so a row of the back has the garment's colour where a fair share of the front's row
has it, and else the row's own: yokes, bands and hems. Across it runs the light that is on that cloth. Sleeves (`limbs`)
are made anew on both sides, and the front's flanks, which turn away from the light.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.grain import lay_grain
from manikin.tasks.clothing.cloth.limbs import Sleeve, along_sleeve, as_rows, surely_other
from manikin.tasks.clothing.cloth.quilt import pull_push
from manikin.tasks.clothing.cloth.tones import VALLEY, deepest_gap
from manikin.tasks.clothing.cutout.colours import folded_lab

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_SIDE = 0.068  # of a trunk's inside that it lies off its outline
_BIN = 4.0  # folded Lab of counts
_ROUNDS = 4  # in which the middle of most of a cloth's colours is sought
_NEAR = (10.0, 7.0)  # folded lightness and chroma within which cloth is of one colour
_SHADES, _FAR = (0.7, 1.3), 14.0  # of its brightness, and folded lightness, that light makes of it
_AT_SIDE = 0.22  # of a row at either side: a print is in the middle
_ROW = 0.2  # of a row that has the garment's colour, from which the row is of it
_BAND = 5  # rows, of which most must be of another colour
_MOST = 0.5  # of a row that has a colour, if not the garment's, or the row has that of the next
_SEEN = 0.5  # of a row, and of the usual one, that is beside the opening, or it shows no colour of its own
_WIDE, _YOKE = 0.8, 0.7  # of the usual row, and of either shoulder, that a yoke beside a deep opening has
_SHOULDER = (0.12, 0.34)  # of a row from its ends, within sleeves' seams
_OTHER = 17.0  # folded lightness off the garment's, from which a yoke's colour is another
_TALL = 9  # rows of a yoke at least, and columns
_OF_COLOUR = 0.7  # of the cloth at the sides that has its row's colour
_CLEAR = 0.25  # of the sides that is clear of marks, if they alone are to be looked at
_NEAR_BY, _FINE = 2.5, 1.0  # spreads of what a place is compared with, in pixels of the working size
_CALM = 1.9  # folded Lab from its mean near by, below which cloth is plain
_FOLDS = (
    (3.4, 0.575),
    (2.95, 0.625),
)  # likewise of folds on one colour, and how much less of it is fine than of patterns
_DEEP, _SHADED_OF = (5.0, 0.55), 0.985  # likewise of deep folds, and of the cloth that has its colour in any shade
_FOLDED_OF = 0.92  # of the cloth at the sides that has its row's colour, if folds are to count as plain
_QUIET = 2.5  # likewise of cloth that is at rest in many places
_BUSY, _CELL, _IN_CELL, _BUSY_CELLS = 3.0, 9, 0.15, 0.68  # folded Lab, side of a place, its and their share of unrest
_OWN_GRAIN = 0.5  # of a trunk that must show its cloth for the grain to be its own
_LIGHT = 8.0  # spread of the light that stays
_SHOWN = (0.4, 0.7)  # of a half row that is seen, from which its own lightness may, and does, count
_GRAIN = 0.006  # of a garment's side, the spread below which what cloth does is grain: what is wider is folds
_LEAST = 100  # pixels of plain cloth
_SAME = (6.0, 8.0)  # folded lightness and chroma between a trunk and sleeves of the same cloth
_ANY_SHADE = (0.35, 1.7)  # of its brightness, that folds and shade of a sleeve make of it
_OF_SLEEVE = 0.75  # of a sleeve that has its colours, in any shade
_OF_LIGHT = 0.35  # of a sleeve's light that stays
_FLANK = (0.05, 0.18)  # of a row's width from its ends, up to which a front is new, and from which it is as it was
_PATTERNED = 0.37  # of the cloth at the sides that bears figures, from which it is no plain cloth
_FIGURED = 0.4  # from which a place is a figure's
_CUT = (0.1, 0.6)  # of a mark on a sleeve, between which the armhole cuts it
_BROAD = 21  # pixels of the working size that such a mark is wide and high
_FOLD, _SOFTENED = 1.2, 0.6  # spread of a front's folds, and how much of them goes
_HEM = 4  # rows from the hem that a fold reaches
_OFF_FOLD = 0.05  # of a fold that may look like another colour
_EDGE, _JOINT = 1.5, 3.0  # spreads of what is blended, and of sleeves into trunks


class _Rows(NamedTuple):
    colours: F32  # (h, 3) folded Lab
    alike: Mask  # (h, w) where the cloth has its row's colour
    share: float  # of the sides that has it


class _Sleeves(NamedTuple):
    colours: F32  # (h, w, 3) folded Lab, on them
    alike: Mask  # (h, w) where they have it
    where: Mask  # (h, w)


class Plain(NamedTuple):
    """Plain cloth made anew."""

    front: U8  # (H, W, 3) with new sleeves and flanks
    back: U8  # (H, W, 3)
    made: Mask  # (h, w) where the back is new


def plain_cloth(
    rgb: U8,
    marks: Mask,
    opening: Mask,
    inside: Mask,
    trunk: Mask | None,
    sleeves: tuple[Sleeve, ...] = (),
    figured: F32 | None = None,
) -> Plain | None:
    """Return plain cloth for front and back; None where the cloth is not plain.

    Args:
        rgb: (H, W, 3) of cloth all over.
        marks: (h, w) at the working size, what sits on the cloth.
        opening: (h, w) about the neck.
        inside: (h, w) the garment.
        trunk: (h, w) well inside a top's trunk; sleeves that are not given are behind what they are in front.
        sleeves: their edges in (H, W).
        figured: (h, w) 1 in figures, which a front keeps, as it does marks.
    """
    region = trunk_region(inside, trunk)
    usable = region & ~opening
    if usable.sum() < _LEAST:
        return None
    small = np.asarray(cv2.resize(rgb, inside.shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    lab = folded_lab(small)
    rows = _rows(lab, region, usable)
    ground = rows.alike & usable & ~marks
    figured = np.zeros(inside.shape, np.float32) if figured is None else figured
    if ground.sum() < _LEAST or not _is_plain(lab, inside, usable, marks, figured, rows):
        return None
    values = small.astype(np.float32)
    base = _base(values, rows.colours, ground, region)
    arms = _sleeves(lab, rows.colours, inside & ~opening, region, sleeves, len(lab) / len(rgb))
    base = _with_sleeves(base, values, arms)
    cloth = ground
    if ground.sum() < _OWN_GRAIN * region.sum():  # sleeves have much the same
        cloth = is_alike(lab, rows.colours[:, None]) & inside & ~opening & ~marks
    grain = _GRAIN * np.sqrt(region.sum())
    even = np.asarray(cv2.GaussianBlur(pull_push(values, cloth.astype(np.float32)), (0, 0), grain), np.float32)
    colours = np.where(arms.where[..., None], arms.colours, rows.colours[:, None])
    other = surely_other(lab, np.asarray(colours, np.float32), inside, arms.where)
    cut = _cut_off(marks & inside & ~opening, arms.where)
    whole = region | arms.where
    laid = lay_grain(rgb, base, even, cloth, whole)
    borne = (figured > _FIGURED) & ~arms.where
    fresh = _fresh(region, arms.where, (other | borne | (marks & ~arms.where)) & ~cut, opening)
    fresh = np.maximum(fresh, cv2.GaussianBlur(cut.astype(np.float32), (0, 0), _EDGE))
    stays = other | borne | opening | (marks & ~_hanging(marks & ~opening, other, region))
    front = _mixed(_softer(rgb, values, base, stays, region), laid, fresh)
    if arms.where.any():
        shown = cv2.GaussianBlur((arms.where & other & ~region).astype(np.float32), (0, 0), _EDGE)
        laid = _mixed(laid, rgb, np.asarray(shown, np.float32))
    return Plain(front, laid, whole)


def _sleeves(lab: F32, main: F32, seen: Mask, region: Mask, sleeves: tuple[Sleeve, ...], scale: float) -> _Sleeves:
    """Return what is of the sleeves that are plain: in the trunk's colour where theirs is near it."""
    out = _Sleeves(np.zeros_like(lab), np.zeros_like(seen), np.zeros_like(seen))
    trunk = np.median(main[region.any(axis=1)], axis=0)
    for sleeve in sleeves:
        along = along_sleeve(sleeve, scale, seen, region)
        if len(along.y) < _LEAST:
            continue
        table, known, at = as_rows(lab, along)
        rows = _rows(table, known, known)
        usual = np.median(rows.colours, axis=0)
        colours = rows.colours
        gap = np.abs(usual - trunk)
        if gap[0] < _SAME[0] and np.hypot(gap[1], gap[2]) < _SAME[1]:
            colours = colours + (trunk - usual) * (np.abs(colours - usual).max(axis=1) < _SAME[0])[:, None]
        share = is_alike(table, rows.colours[:, None], _ANY_SHADE)[known].mean()
        if share < _OF_SLEEVE:
            continue
        out.colours[along.y, along.x] = np.asarray(colours, np.float32)[along.step]
        out.alike[along.y, along.x] = rows.alike[at]
        out.where[along.y, along.x] = True
    return out


def _with_sleeves(base: F32, values: F32, arms: _Sleeves) -> F32:
    """Return (h, w, 3) a trunk's base with the sleeves' colours and a little of the slow light that is on them."""
    if not arms.where.any():
        return base
    own = _rgb(arms.colours)
    light = cv2.GaussianBlur(pull_push(values - own, (arms.alike & arms.where).astype(np.float32)), (0, 0), _LIGHT)
    much = cv2.GaussianBlur(arms.where.astype(np.float32), (0, 0), _JOINT)
    filled = pull_push(own + _OF_LIGHT * light, arms.where.astype(np.float32))
    return np.asarray(base + (filled - base) * np.where(arms.where, np.maximum(much, 0.5), much)[..., None], np.float32)


def _fresh(region: Mask, sleeves: Mask, kept: Mask, opening: Mask) -> F32:
    """Return (h, w) how much of a front is made anew."""
    out = np.zeros(region.shape, np.float32)
    if not sleeves.any():
        return out
    first, last = region.argmax(axis=1), region.shape[1] - 1 - region[:, ::-1].argmax(axis=1)
    x = np.arange(region.shape[1])
    off = np.minimum(x - first[:, None], last[:, None] - x) / np.maximum(last - first, 1)[:, None]
    flank = np.where(region, np.clip((_FLANK[1] - off) / (_FLANK[1] - _FLANK[0]), 0, 1), 0)
    out = np.asarray(cv2.GaussianBlur(np.where(sleeves, 1, flank).astype(np.float32), (0, 0), _EDGE), np.float32)
    stays = cv2.dilate((kept | opening).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    return np.asarray(out * (1 - np.clip(1.5 * cv2.GaussianBlur(stays, (0, 0), _EDGE), 0, 1)), np.float32)


def _cut_off(marks: Mask, sleeves: Mask) -> Mask:
    """Return (h, w) the broad marks of which a part is on a sleeve, made anew: pockets that the armhole cuts go whole."""
    broad = cv2.morphologyEx(marks.astype(np.uint8), cv2.MORPH_OPEN, np.ones((_BROAD, _BROAD), np.uint8))
    n, labels = cv2.connectedComponents(broad)
    share = np.bincount(labels[sleeves], minlength=n) / np.maximum(np.bincount(labels.ravel(), minlength=n), 1)
    is_cut = (share > _CUT[0]) & (share < _CUT[1])
    is_cut[0] = False
    return cv2.dilate(is_cut[labels].astype(np.uint8), np.ones((_BROAD // 2,) * 2, np.uint8)) > 0


def _hanging(marks: Mask, other: Mask, region: Mask) -> Mask:
    """Return (h, w) the marks that are folds: of the cloth's colour in some light, and down to the hem as no print is."""
    n, labels = cv2.connectedComponents(marks.astype(np.uint8))
    last = np.where(region.any(axis=0), len(region) - 1 - region[::-1].argmax(axis=0), len(region))
    at_hem = np.arange(len(region))[:, None] >= last - _HEM
    size, off, low = (np.bincount(labels[m & marks], minlength=n) for m in (marks, other, at_hem & region))
    return np.asarray(((low > 0) & (off < _OFF_FOLD * size))[labels] & marks)


def _softer(rgb: U8, values: F32, base: F32, kept: Mask, region: Mask) -> U8:
    """Return (H, W, 3) a front with less of its folds, but for what is kept (h, w)."""
    near = cv2.dilate(kept.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    free = cv2.GaussianBlur((region & ~near).astype(np.float32), (0, 0), _EDGE)
    off = np.float32(_SOFTENED) * (base - cv2.GaussianBlur(values, (0, 0), _FOLD)) * (free * ~near)[..., None]
    change = cv2.resize(np.asarray(off, np.float32), rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.clip(rgb + change + np.float32(0.5), 0, 255).astype(np.uint8)


def _mixed(a: U8, b: U8, share: F32) -> U8:
    """Return (H, W, 3) of two pictures, the second by its share (h, w)."""
    much = cv2.resize(share, a.shape[1::-1], interpolation=cv2.INTER_LINEAR)[..., None]
    return np.asarray(a + (b.astype(np.float32) - a) * much + np.float32(0.5), np.float32).astype(np.uint8)


def trunk_region(inside: Mask, trunk: Mask | None) -> Mask:
    """Return (h, w) a trunk up to its outline; all of what has none."""
    if trunk is None or not trunk.any():
        return inside
    side = 2 * round(_SIDE * max(np.ptp(axis) for axis in np.nonzero(trunk))) + 1
    return np.asarray(inside & (cv2.dilate(trunk.astype(np.uint8), np.ones((side, side), np.uint8)) > 0))


def at_sides(region: Mask) -> Mask:
    """Return (h, w) the two ends of each row."""
    first, last = region.argmax(axis=1), region.shape[1] - 1 - region[:, ::-1].argmax(axis=1)
    wide, x = _AT_SIDE * (last - first), np.arange(region.shape[1])
    return np.asarray(region & ((x <= (first + wide)[:, None]) | (x >= (last - wide)[:, None])))


def _rows(lab: F32, region: Mask, usable: Mask) -> _Rows:
    """Return the colour of the cloth at each height."""
    sides = at_sides(region) & usable
    main = _mode(lab[usable], np.where(sides[usable], 2.0, 1.0))
    width = usable.sum(axis=1)
    few = (is_alike(lab, main) & usable).sum(axis=1) < _ROW * width
    other = cv2.medianBlur(few.astype(np.uint8)[:, None], _BAND)[:, 0] > 0
    colours = np.tile(main, (len(lab), 1))
    for y in np.flatnonzero(other & (width > 0)):
        near = slice(max(0, y - 2), y + 3)
        colours[y] = np.median(lab[near][usable[near] & other[near, None]], axis=0)
    whole = region.sum(axis=1)
    is_seen = (width > 0) & (width >= _SEEN * np.maximum(whole, np.median(whole[whole > 0])))
    is_seen &= ~other | ((is_alike(lab, colours[:, None]) & usable).sum(axis=1) > _MOST * width)
    own = _shoulders(lab, main, region, (whole >= _WIDE * np.median(whole[whole > 0])) & (width < _SEEN * whole))
    shown = own.any(axis=1)
    colours[shown], is_seen = own[shown], is_seen | shown
    seen = np.flatnonzero(is_seen)
    if len(seen):
        at = np.arange(len(lab))
        colours = colours[seen[np.abs(at[:, None] - seen).argmin(axis=1)]]
    alike = is_alike(lab, colours[:, None]) & region
    return _Rows(colours, alike, float(alike[sides].mean()) if sides.any() else 0.0)


def _shoulders(lab: F32, main: F32, region: Mask, hidden: Mask) -> F32:
    """Return (h, 3) the colours of some rows of a region (h, w), which an opening hides, if there is a yoke in them, above rows
    of the garment's colour: its two shoulders are of one colour, surely another; 0 elsewhere."""
    out = np.zeros((len(lab), 3), np.float32)
    is_yoke = np.zeros((len(lab), 1), np.uint8)
    for y in np.flatnonzero(hidden & (region.sum(axis=1) > _TALL)):
        x = np.flatnonzero(region[y])
        first, last = (round(share * len(x)) for share in _SHOULDER)
        both = np.stack([lab[y, half[first:last]] for half in (x, x[::-1])])
        colour = np.median(both.reshape(-1, 3), axis=0)
        is_other = ~is_alike(colour, main, _ANY_SHADE) | (np.abs(colour - main)[0] > _OTHER)
        if is_alike(both, colour).mean(axis=1).min() > _YOKE:
            out[y], is_yoke[y] = colour if is_other else main, is_other
    tall = cv2.morphologyEx(is_yoke, cv2.MORPH_OPEN, np.ones((_TALL, 1), np.uint8)) > 0
    is_main = (out == main).all(axis=1, keepdims=True) & tall.any()
    ends_there = is_main[int(tall.argmax()) :].any()
    return np.asarray(np.where((tall | is_main) & ends_there, out, 0), np.float32)


def _mode(samples: F32, weight: NDArray[np.float64]) -> F32:
    """Return the colour (3,) about which most of (n, 3) samples lie."""
    at = np.floor(samples / _BIN).astype(np.int64)
    at -= at.min(axis=0) - 1
    shape = at.max(axis=0) + 2
    count = np.bincount(np.ravel_multi_index(tuple(at.T), tuple(shape)), weight, int(np.prod(shape))).reshape(shape)
    for axis in range(3):
        count = count + 0.5 * (np.roll(count, 1, axis) + np.roll(count, -1, axis))
    peak = np.array(np.unravel_index(int(count.argmax()), tuple(shape)))
    near = (np.abs(at - peak) <= 1).all(axis=-1)
    mode = samples[near].mean(axis=0)
    for _ in range(_ROUNDS):
        near = is_alike(samples, mode)
        if near.any():
            mode = (samples[near] * weight[near, None]).sum(axis=0) / weight[near].sum()
    return np.asarray(mode, np.float32)


def is_alike(lab: F32, colour: F32, shades: tuple[float, float] | None = None) -> Mask:
    """Return (...) where folded Lab (..., 3) is a colour (..., 3), in more or less light; in any of some shades."""
    shade = (lab * colour).sum(axis=-1) / np.maximum((colour * colour).sum(axis=-1), 1)
    gap = lab - np.clip(shade, *(shades or _SHADES))[..., None] * colour
    off = np.square(gap[..., 0] / _NEAR[0]) + (np.square(gap[..., 1]) + np.square(gap[..., 2])) / _NEAR[1] ** 2
    return np.asarray((off < 1) & ((np.abs(lab - colour)[..., 0] < _FAR) | (shades is not None)))


def _is_plain(lab: F32, inside: Mask, usable: Mask, marks: Mask, figured: F32, rows: _Rows) -> bool:
    """Return whether the cloth at the sides, a share of which has its row's colour, is near its mean near by, but for folds:
    what else it does is a pattern. Folds go deep only where all of it has that colour in some shade."""
    heart = cv2.erode(usable.astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=0) > 0
    sides = heart & at_sides(usable)
    clear = sides & ~marks
    sides = clear if clear.sum() > _CLEAR * sides.sum() else sides
    if rows.share < _OF_COLOUR or not sides.any() or figured[sides].mean() > _PATTERNED:
        return False
    off = _contrast(lab, inside, _NEAR_BY)
    median = float(np.median(off[sides]))
    if median < _CALM:
        return True
    alike = is_alike(lab, rows.colours[:, None], _ANY_SHADE)
    deep = rows.share > _FOLDED_OF and alike[sides].mean() > _SHADED_OF
    deep = deep and deepest_gap(np.log(lab[..., 0] + 1), sides & alike)[0] < VALLEY[0]
    if median > (_DEEP[0] if deep else _FOLDS[0][0]):
        return False
    fine = float(np.median(_contrast(lab, inside, _FINE)[sides]))
    if deep and fine < _DEEP[1] * median:
        return True
    if rows.share > _FOLDED_OF and any(median < most and fine < softer * median for most, softer in _FOLDS):
        return True
    half = _CELL // 2
    busy, known = (
        cv2.boxFilter(m.astype(np.float32), -1, (_CELL, _CELL), normalize=False)[half::_CELL, half::_CELL]
        for m in (sides & (off > _BUSY), sides)
    )
    is_cell = known > 0.5 * _CELL**2
    return bool(median < _QUIET and is_cell.any() and (busy > _IN_CELL * known)[is_cell].mean() < _BUSY_CELLS)


def _contrast(lab: F32, inside: Mask, spread: float) -> F32:
    """Return (h, w) how far the cloth is from its mean near by, in folded Lab."""
    weight = inside.astype(np.float32)
    total, share = (cv2.GaussianBlur(p, (0, 0), spread) for p in (lab * weight[..., None], weight))
    return np.asarray(np.linalg.norm(lab - total / np.maximum(share, 1e-3)[..., None], axis=-1), np.float32)


def _base(values: F32, colours: F32, ground: Mask, region: Mask) -> F32:
    """Return (h, w, 3) the cloth without its grain: each row's colour, and the light on it."""
    rows = _rgb(colours[:, None])
    base = rows + cv2.GaussianBlur(pull_push(values - rows, ground.astype(np.float32)), (0, 0), _LIGHT)
    return np.asarray(base + _across((values - base) * ground[..., None], ground, region)[:, None], np.float32)


def _rgb(lab: F32) -> F32:
    """Return (..., 3) levels of folded Lab."""
    return np.asarray(cv2.cvtColor(lab * np.array([2, 1, 1], np.float32), cv2.COLOR_LAB2RGB) * 255, np.float32)


def _across(off: F32, ground: Mask, region: Mask) -> F32:
    """Return (h, 3) what the two halves of a row (h, w, 3) agree on, as they do on seams and hems that go round."""
    middle = (region * np.arange(region.shape[1])).sum(axis=1) / np.maximum(region.sum(axis=1), 1)
    means, shown = [], np.ones((len(off), 1))
    for half in (np.arange(region.shape[1]) < middle[:, None], np.arange(region.shape[1]) >= middle[:, None]):
        n = (ground & half).sum(axis=1)[:, None]
        means.append((off * half[..., None]).sum(axis=1) / np.maximum(n, 1))
        shown = np.minimum(shown, n / np.maximum((region & half).sum(axis=1)[:, None], 1))
    a, b = means
    both = np.where(a * b > 0, np.where(np.abs(a) < np.abs(b), a, b), 0)
    return np.asarray(both * np.clip((shown - _SHOWN[0]) / (_SHOWN[1] - _SHOWN[0]), 0, 1), np.float32)
