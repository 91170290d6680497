"""What sits on the cloth of a garment's front and not on its back: prints, logos, pockets, zips, plackets.

A mark is what the colours all round the garment's rim do not explain, or what is far busier than the rim. Marks that reach
the outline at length, or go from side to side, are the garment's own: yokes, bands, cuffs and hems.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.colours import Colours, fit_colours, folded_lab

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_BAND = (0.03, 0.2)  # share of the cloth's depth that counts as rim for its plain colours
_COLOURS = 5  # of plain cloth that are told apart
_PRINT = (1.9, 2.7)  # spreads from the nearest plain colour from which a pixel near print, and by itself, is print
_VIVID = 20.0  # chroma from which a colour's lighter and darker shades are told from other colours
_SHADES = (0.6, 1.3)  # of its brightness that light and folds make of it
_SECTORS = 6  # rows of stretches, left and right, into which the rim is parted
_IN_SECTOR, _ROUND = 0.04, 0.35  # share of a stretch that counts, and of the stretches in which a colour must be
_UNREST = 2.5  # spread of what counts as one place, in pixels of the working size
_BUSIER = (1.5, 2.0)  # times the rim's unrest, from which a place near print, and by itself, is print
_MIN_UNREST = 3.0  # folded Lab a pixel, below which nothing is print
_CONTACT = 0.25  # of a mark's edge on the outline, from which it is part of the garment
_BAND_FULL = (0.6, 0.8)  # of a row of the trunk that a stripe fills, and some row of it
_BAND_TALL = 0.5  # of the trunk's width that it is high at most
_BAND_CROSSES = 0.4  # of its rows that must reach both sides
_BAND_OF = 0.5  # of a mark that must lie in stripes to be one
_MOTIFS, _MOTIF, _ALL_OVER = 5, 0.003, 0.45  # a pattern's marks, the share of the cloth of each, and of their hull
_RESTLESS = 0.15  # of the rim that is likely to be print, from which that says nothing
_STRIP = 0.11  # of the trunk's half width to either side of the middle
_STEP, _LINE, _AS_NOWHERE = (
    8.0,
    3.5,
    1.4,
)  # folded Lab a pixel that counts at most; of a front's line, and times any beside
_APART = (0.05, 0.8)  # of the half width beside that strip, and up to which lines are compared
_LEANS = (-0.2, -0.1, 0.0, 0.1, 0.2)  # of half widths that a line may lean from the trunk's top to its hem


def find_prints(rgb: U8, inside: Mask, opening: Mask, trunk: Mask | None) -> tuple[Mask, Mask]:
    """Return (h, w) where something sits on the cloth that a back has not, and (h, w) the strip down the middle of it, where
    something may.

    Args:
        rgb: (h, w, 3) at the working size.
        inside: (h, w) the garment.
        opening: (h, w) about the neck, where a back differs from the front.
        trunk: (h, w) a top's trunk, whose middle is the garment's.
    """
    depth = np.asarray(cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    lab = folded_lab(rgb)
    rim = inside & (depth > _BAND[0] * depth.max()) & (depth < _BAND[1] * depth.max())
    rim = rim if rim.any() else inside
    unlike, unrest = _unlike_rim(lab, inside, rim), _unrest(lab, inside, rim)
    sure = cv2.morphologyEx((unlike > _PRINT[1]).astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0
    sure |= unrest > _BUSIER[1]
    likely = (unlike > _PRINT[0]) | (unrest > _BUSIER[0])
    if likely[rim].mean() > _RESTLESS:
        likely = sure
    marks, own = _islands(sure, likely & inside, inside, (depth < 2) & ~opening, trunk)
    middle = middle_strip(trunk, inside, _STRIP)
    return (_no_pattern(marks, inside) | opening) & inside, middle & ~own


def _unlike_rim(lab: F32, inside: Mask, rim: Mask) -> F32:
    """Return how many spreads the cloth is from the colours of the garment's rim."""
    colours, cloth = _spread_round(lab, rim, inside), lab[inside]
    least = np.full(len(cloth), np.inf, np.float32)
    for centre, spread in zip(colours.centres, colours.spreads, strict=True):
        shade: F32 | float = 1.0
        if np.hypot(centre[1], centre[2]) > _VIVID:
            shade = np.clip(cloth @ centre / (centre @ centre), *_SHADES)[:, None]
        least = np.minimum(least, np.linalg.norm((cloth - shade * centre) / spread, axis=-1))
    unlike = np.zeros(inside.shape, np.float32)
    unlike[inside] = least
    return unlike


def _spread_round(lab: F32, rim: Mask, inside: Mask) -> Colours:
    """Return the rim's colours less those that few stretches of it have: a print's that reaches into it."""
    samples = lab[rim]
    colours = fit_colours(samples, _COLOURS)
    y, x = np.nonzero(rim)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    sector = np.minimum((y - rows[0]) * _SECTORS // len(rows), _SECTORS - 1) * 2
    sector += x > 0.5 * (columns[0] + columns[-1])
    owner = colours.owner(samples)
    count = np.zeros((len(colours.centres), 2 * _SECTORS))
    np.add.at(count, (owner, sector), 1)
    share = count / np.maximum(count.sum(axis=0), 1)
    around = (share > _IN_SECTOR).sum(axis=1) / (count.sum(axis=0) > 0).sum()
    kept = around >= min(_ROUND, around.max())
    return colours.only(kept)


def _unrest(lab: F32, inside: Mask, rim: Mask) -> F32:
    """Return how much more the cloth changes, from pixel to pixel, than at the rim: prints in the shades of its folds."""
    heart = cv2.erode(inside.astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=0) > 0
    if not (heart & rim).any():
        return np.zeros(inside.shape, np.float32)
    steps = sum(np.abs(cv2.Sobel(lab, cv2.CV_32F, dx, 1 - dx, scale=0.25)).sum(axis=-1) for dx in (0, 1))
    weight = cv2.GaussianBlur(heart.astype(np.float32), (0, 0), _UNREST)
    unrest = cv2.GaussianBlur(np.where(heart, steps, 0).astype(np.float32), (0, 0), _UNREST)
    unrest = np.where(heart, unrest / np.maximum(weight, 1e-3), 0)
    usual = max(float(np.quantile(unrest[heart & rim], 0.8)), _MIN_UNREST / _BUSIER[1])
    return np.asarray(unrest / usual, np.float32)


def _islands(sure: Mask, likely: Mask, inside: Mask, outline: Mask, trunk: Mask | None) -> tuple[Mask, Mask]:
    """Return the marks as whole patches, with what is likely about them; and what is the garment's own: bands and edges."""
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    bands = _bands(cv2.morphologyEx(sure.astype(np.uint8), cv2.MORPH_CLOSE, ellipse) > 0, inside, trunk)
    near = cv2.dilate(sure.astype(np.uint8), np.ones((11, 11), np.uint8)) > 0
    n, label = cv2.connectedComponents((sure | (likely & near)).astype(np.uint8))
    has_sure = np.bincount(label[sure], minlength=n) > 0
    has_sure[0] = False
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))
    joined = _filled(cv2.morphologyEx(has_sure[label].astype(np.uint8), cv2.MORPH_CLOSE, wide) > 0)
    grown = (cv2.dilate(joined, np.ones((7, 7), np.uint8)) > 0) & inside
    n, label = cv2.connectedComponents(grown.astype(np.uint8))
    edge = grown & (cv2.erode(grown.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) == 0)
    is_mark = np.bincount(label[edge & outline], minlength=n) < _CONTACT * np.bincount(label[edge], minlength=n)
    is_mark &= np.bincount(label[grown & bands], minlength=n) < _BAND_OF * np.bincount(label.ravel(), minlength=n)
    is_mark[0] = False
    marks = is_mark[label] & ~bands
    return marks, (label > 0) & ~marks


def _filled(marks: Mask) -> U8:
    """Return the marks with what they enclose."""
    contours, _ = cv2.findContours(marks.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(np.zeros(marks.shape, np.uint8), contours, -1, 1, cv2.FILLED), np.uint8)


def _bands(marks: Mask, inside: Mask, trunk: Mask | None) -> Mask:
    """Return the rows (h, 1) in which marks go from one side of the garment, or of its trunk, to the other, as stripes do."""
    body = inside if trunk is None else trunk
    (left, right), (first, last) = (
        (m.argmax(axis=1), m.shape[1] - 1 - m[:, ::-1].argmax(axis=1)) for m in (body, marks)
    )
    width = body.sum(axis=1)
    share = (marks & body).sum(axis=1) / np.maximum(width, 1)
    full = share > _BAND_FULL[0]
    _, patch = cv2.connectedComponents(marks.astype(np.uint8))
    at = np.arange(len(marks))
    crossed = full & (first <= left + 2) & (last >= right - 2) & (patch[at, first] == patch[at, last])
    crossed &= share > _BAND_FULL[1]
    n, label, stats, _ = cv2.connectedComponentsWithStats(full.astype(np.uint8)[:, None])
    tall = stats[:, cv2.CC_STAT_HEIGHT]
    is_band = np.bincount(label[crossed].ravel(), minlength=n) > _BAND_CROSSES * tall
    is_band &= tall < _BAND_TALL * width.max()
    is_band[0] = False
    return cv2.dilate(is_band[label].astype(np.uint8), np.ones((5, 1), np.uint8)) > 0


def _no_pattern(marks: Mask, inside: Mask) -> Mask:
    """Return the marks, or none where there are many all over the garment: such a pattern goes on behind."""
    n, _, stats, _ = cv2.connectedComponentsWithStats(marks.astype(np.uint8))
    many = (stats[1:, cv2.CC_STAT_AREA] > _MOTIF * inside.sum()).sum() >= _MOTIFS if n > 1 else False
    if not many:
        return marks
    hull = cv2.contourArea(cv2.convexHull(np.argwhere(marks).astype(np.int32)))
    return np.zeros_like(marks) if hull > _ALL_OVER * inside.sum() else marks


def middle_strip(trunk: Mask | None, inside: Mask, share: float) -> Mask:
    """Return (h, w) the strip down the middle, where buttons, zips and flies are: a share of a trunk's half width to either
    side."""
    off = _off_middle(inside if trunk is None or not trunk.any() else trunk)
    return np.asarray((np.abs(off) < share) & inside)


def opens_in_front(rgb: U8, opening: Mask, trunk: Mask, share: float) -> bool:
    """Return whether a line runs down a trunk's middle as nowhere beside it: a placket's edge or a zip.

    Args:
        rgb: (h, w, 3) at the working size.
        opening: (h, w) about the neck, which says nothing.
        trunk: (h, w).
        share: of its half width to either side, where the line may be.
    """
    y, x = np.nonzero(trunk & ~opening)
    if not len(y):
        return False
    steps = np.clip(cv2.Sobel(folded_lab(rgb), cv2.CV_32F, 1, 0, scale=0.25), -_STEP, _STEP)[y, x]
    off = _off_middle(trunk)[y, x]
    pixel, down = 1 / max(float(np.ptp(x[y == y[len(y) // 2]])) / 2, 1.0), (y - y.mean()) / max(float(np.ptp(y)), 1.0)
    for lean in _LEANS:
        column = np.rint((off + lean * down) / pixel).astype(np.int64)
        at = np.arange(column.min(), column.max() + 1)
        count = np.bincount(column - at[0], minlength=len(at))
        means = np.stack([np.bincount(column - at[0], c, len(at)) for c in steps.T]) / np.maximum(count, 1)
        line = np.where(count > 0.5 * np.median(count), np.linalg.norm(means, axis=0), 0)
        beside = line[(np.abs(at * pixel) > share + _APART[0]) & (np.abs(at * pixel) < _APART[1])]
        middle = float(line[np.abs(at * pixel) < share].max(initial=0.0))
        if len(beside) and middle > max(_LINE, _AS_NOWHERE * float(np.quantile(beside, 0.95))):
            return True
    return False


def _off_middle(trunk: Mask) -> F32:
    """Return (h, w) how far pixels are from a trunk's middle line, of half its width; less to the left."""
    filled = np.flatnonzero(trunk.any(axis=1))
    quarter = len(filled) // 4
    y = filled[quarter : len(filled) - quarter]  # where the trunk's two sides are abreast, however it is tilted
    left, right = trunk[y].argmax(axis=1), trunk.shape[1] - 1 - trunk[y][:, ::-1].argmax(axis=1)
    half = 0.5 * float(np.median(right - left))
    tilt, at = (
        np.polyfit(y, 0.5 * (left + right), 1) if len(y) > max(half, 2) else (0.0, float(np.nonzero(trunk)[1].mean()))
    )
    rows, columns = np.mgrid[: trunk.shape[0], : trunk.shape[1]]
    return np.asarray((columns - (at + tilt * rows)) / max(half, 1e-6), np.float32)
