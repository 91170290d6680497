"""What a photo shows about a garment's neck: its front neckline, where the garment's inside may show, and where fronts and
backs differ.

A garment laid flat shows its inner back above the front neckline, which the contour does not have. Curves from one side of
the neck to the other, round to pointed and shallow to deep, are laid over the photo; those may be the neckline across which
the cloth changes, in the same way over the better part of either side, and below which it is like the cloth beside the neck:
labels, hangers and lapels take the rest. The deepest of them counts, as what is above it is the inside.

Lapels, open collars and zips leave a V between them, deep and narrow, and not always in the middle. It counts where all parts
of it show, more than the cloth's own pattern does, and below any other neckline.

Where ground shows through the neck, the contour is a neckline too: the curve that it follows on both sides. What the garment
is cut along is a curve, never the contour: it is smooth and alike on both sides.
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.edges.curves import ASIDE, Curves, Frame, everywhere, frame_between, normals
from manikin.tasks.clothing.edges.lapels import find_lapels
from manikin.tasks.clothing.edges.neck_view import NeckView, neck_view
from manikin.tasks.clothing.outline.labels import word_of
from manikin.tasks.clothing.outline.landmarks import Landmarks

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

UNIT = 56  # pixels of half the chest, at which curves are compared
_FRAME = (1.1, 0.25, 1.9)  # of half the chest that are looked at beside, above and below the neck's middle
_CONTOUR = 1.8  # likewise below it, for the contour
_WIDTHS = (0.8, 0.92, 1.04, 1.2)  # of the neck's half width
_WIDE = 1.1  # likewise, beyond which they are deep
_WIDE_DEPTH = 0.4  # of half the chest, that such a one is deep at least
_SHIFTS = (-0.08, 0.0, 0.08)  # of the neck's half width
_ENDS = (0.0, 0.07)  # of half the chest, how far below the neck's sides a curve ends
_DEPTHS = np.arange(0.06, 0.9, 0.03)  # of half the chest, under the line from one end to the other
_CUT_DEPTHS = np.arange(0.06, 1.75, 0.03)  # likewise that a contour may follow
_BOWS = (1.0, 1.5, 2.1, 3.2)  # exponent: a V, and ever rounder
_STEEP = (2.2, 1.6, 1.1, 1.1)  # depth over half width at most, of each
_DEEP = (2.2, 1.9, 1.7, 1.6)  # likewise of necklines other than a T-shirt's or a collar's
_CLOSE = ("t-shirt", "tshirt", "tee", "polo", "shirt")  # whose prints and plackets must not be taken for deep ones
_SLEEVELESS_DEPTHS = np.arange(0.4, 1.15, 0.03)  # of half the chest, of those of sleeveless garments
_FAINT, _BELOW_BACKS = (
    0.7,
    0.25,
)  # folded Lab by which all quarters of those change, and of half the chest below the others
_LIKE_DEEP = 0.8  # share below those of cloth that is like the front's
_V_WIDTHS = (0.45, 0.6, 0.75, 0.9, 1.05)  # of the neck's half width
_TIPS = (-0.13, -0.06, 0.0, 0.06, 0.13)  # of half the chest, how far off the middle a V's tip is
_V_ENDS, _V_DEPTHS, _V_BOWS = (0.0, 0.12), np.arange(0.5, 1.5, 0.04), (1.0, 1.3)
_V_STEEP = (0.9, 5.0)  # depth over half width of a V between open fronts
_V_SURE = (0.8, 1.7)  # folded Lab by which the cloth changes across all quarters of a V, or across both its halves
_OF_WEAVE = (0.65, 1.3)  # likewise, of what its pattern changes by
_HARDLY = -0.5  # likewise that a quarter shows at least
_CLEAR, _ANEW = 2.0, 0.65  # pixels below another neckline, and share of it there
_DEEPER = 0.12  # of half the chest, by which its tip is deeper than that
_FAR_DEEPER = 0.3  # likewise, of a front that stands open
_UNEVEN = 0.85  # exponent of its samples' spacing, or stripes might meet them all alike
SAMPLES, SPAN = 36, 0.95  # along a curve, and the share of it that is compared
_BELOW = (4.0, 7.0)  # pixels below a curve, where there is the front's cloth
_ON_CLOTH = (2.0, 0.85)  # pixels below a curve, and share of it, at which there must be cloth
_OPEN = 0.05  # of half the chest, by which a neckline lies under the contour in its middle
_LIKE, _LESS = 0.6, 0.06  # share below a curve of cloth like it, and by how much less it may be than above
_SURE, _OF_BEST = 1.2, 0.5  # folded Lab by which the cloth changes, and share of the strongest change
_BAND, _EITHER_END = 0.07, 0.2  # of half the chest, by which a lower edge is another, all along but for its ends
_TRUE = 0.1  # of half the chest, by which a contour may miss its curve in the mean
LAPELLED = ("blazer",)
_OPENING = ("outerwear", "outwear", "jacket", "coat", "parka", "anorak", "hoodie", "cardigan", "longsleeve", "sweater")
_LAPEL_BOW = 1.15  # exponent of the V between lapels
_MIN_HALF = 0.05  # of half the chest, under which a neck's landmarks lie on each other


class Scoop(NamedTuple):
    """A front neckline: depth * (1 - |t| ** bow) under the neck's sides, t from -1 at one side to 1 at the other."""

    depth: float  # of half the chest
    bow: float  # 1 is a V; more is rounder


@dataclass(frozen=True, slots=True)
class Neckline:
    """A front's neckline in the photo."""

    line: F64  # (n, 2) from the wearer's right to the left
    scoop: Scoop


@dataclass(frozen=True, slots=True)
class Necklines(Curves):
    """n curves of k samples that may be necklines."""

    depth: F64  # (n,) of half the chest, under the neck's sides
    bow: F64  # (n,)
    is_deep: Mask  # (n,) round and deep, or wide: prints have such edges too

    def neckline(self, frame: Frame, k: int) -> Neckline:
        """Return curve k in the photo."""
        line = frame.to_photo(np.stack([self.x[k], self.y[k]], axis=1))
        return Neckline(line, Scoop(float(self.depth[k]), float(self.bow[k])))


def front_necklines(rgb: U8, mask: U8, landmarks: Landmarks, label: str | None = None) -> tuple[Neckline, ...]:
    """Return the necklines that a photo shows of a top's front, deepest first; none if it has none, or ends at the bust.

    Args:
        rgb: (H, W, 3).
        mask: (H, W), 255 on the garment.
        landmarks: of the garment.
        label: what the photo shows: blazers have lapels, and jackets may stand open.
    """
    if landmarks.kind not in ("top", "vest") or landmarks.straps is not None:
        return ()
    word = word_of(label)
    lapels = None
    if word in LAPELLED + _OPENING:
        lapels = _lapels(find_lapels(rgb, mask, landmarks, word in LAPELLED), landmarks)
    if lapels is not None and word in LAPELLED:
        return (lapels,)
    found = (find_neckline(rgb, mask, landmarks, word in _CLOSE), contour_neckline(mask, landmarks))
    lines = tuple(sorted((n for n in found if n is not None), key=lambda n: -n.scoop.depth))
    if landmarks.kind == "vest" and word not in _CLOSE:
        faint = find_faint(rgb, mask, landmarks)
        is_front = faint is not None and (not lines or faint.scoop.depth > lines[0].scoop.depth + _BELOW_BACKS)
        lines = (faint, *lines) if is_front and faint is not None else lines
    is_open = lapels is not None and (not lines or lapels.scoop.depth > lines[0].scoop.depth + _FAR_DEEPER)
    return (lapels, *lines) if is_open and lapels is not None else lines


def _lapels(line: F64 | None, landmarks: Landmarks) -> Neckline | None:
    if line is None:
        return None
    sides = (np.array(landmarks.points[f"neck_{side}"]) for side in ("right", "left"))
    deep = np.linalg.norm(line - 0.5 * sum(sides), axis=1).max() / landmarks.measures["chest_half"]
    return Neckline(line, Scoop(float(deep), _LAPEL_BOW))


def find_neckline(rgb: U8, mask: U8, landmarks: Landmarks, is_close: bool = False) -> Neckline | None:
    """Return a top's front neckline as the cloth shows it; None where none is sure.

    Args:
        rgb: (H, W, 3).
        mask: (H, W), 255 on the garment.
        landmarks: of the garment.
        is_close: whether it lies about the neck, as a T-shirt's.
    """
    frame = _frame(landmarks)
    if frame is None:
        return None
    view, found = neck_view(rgb, mask, frame), None
    t, ends = np.linspace(-SPAN, SPAN, SAMPLES), np.linspace(-1.0, 1.0, SAMPLES)
    curves = _curves(frame, t, is_close)
    (score,) = scores(view, curves, (2,))
    k = int(np.argmax(score))
    if score[k] > _SURE:
        is_likely = (score > max(_SURE, _OF_BEST * score[k])) & (curves.is_deep <= curves.is_deep[k])
        k = _front_edge(curves, np.where(is_likely, score, -1.0), k)
        found = _curves(frame, ends, is_close).neckline(frame, k)
    curves = _open_fronts(frame, np.sign(t) * np.abs(t) ** _UNEVEN)
    if not len(curves.depth):
        return found
    halves, quarters = scores(view, curves, (2, 4))
    is_sure = quarters > max(_V_SURE[0], _OF_WEAVE[0] * view.weave)
    is_sure |= (quarters > _HARDLY) & (halves > max(_V_SURE[1], _OF_WEAVE[1] * view.weave))
    k = int(np.argmax(np.where(is_sure, halves, -1.0)))
    if not is_sure[k]:
        return found
    if found is not None:
        line = found.line @ frame.T[:, :2].T + frame.T[:, 2]
        above = np.interp(curves.x[k], line[:, 0], line[:, 1], left=-np.inf, right=-np.inf)
        if (curves.y[k] - above > _CLEAR).mean() < _ANEW or curves.depth[k] < found.scoop.depth + _DEEPER:
            return found
    return _open_fronts(frame, ends).neckline(frame, k)


def find_faint(rgb: U8, mask: U8, landmarks: Landmarks) -> Neckline | None:
    """Return a sleeveless garment's deep round neckline that shows little, but in all its quarters; None where none does.

    Args:
        rgb: (H, W, 3).
        mask: (H, W), 255 on the garment.
        landmarks: of the garment.
    """
    frame = _frame(landmarks)
    if frame is None:
        return None
    curves = _curves(frame, np.linspace(-SPAN, SPAN, SAMPLES), False, _SLEEVELESS_DEPTHS)
    (score,) = scores(neck_view(rgb, mask, frame), curves, (4,))
    score = np.where(curves.bow > 1, score, -1.0)
    k = int(np.argmax(score))
    if score[k] < _FAINT:
        return None
    return _curves(frame, np.linspace(-1.0, 1.0, SAMPLES), False, _SLEEVELESS_DEPTHS).neckline(frame, k)


def _front_edge(curves: Necklines, score: F64, k: int) -> int:
    """Return the lowest of likely curves that lie one wholly under the other, from curve k on: the others are of the inside."""
    inner = slice(round(_EITHER_END * SAMPLES), -round(_EITHER_END * SAMPLES))
    while True:
        is_under = (curves.y[:, inner] - curves.y[k, inner]).min(axis=1) > _BAND * UNIT
        lower = int(np.argmax(np.where(is_under, score, -1.0)))
        if not is_under[lower] or score[lower] < 0:
            return k
        k = lower


def contour_neckline(mask: U8, landmarks: Landmarks) -> Neckline | None:
    """Return the neckline that a top's contour follows on both its sides; None where it follows none."""
    frame = _frame(landmarks)
    if frame is None:
        return None
    ground = (
        np.asarray(cv2.warpAffine(mask, frame.T, frame.size), np.uint8)[: frame.middle[1] + round(_CONTOUR * UNIT) + 1]
        < 128
    )
    t = np.linspace(-SPAN, SPAN, SAMPLES)
    x, y = frame.middle
    columns = ground[y:, np.clip(np.rint(x + frame.half * t).astype(int), 0, frame.size[0] - 1)]
    low = np.where(columns.any(axis=0), len(columns) - np.argmax(columns[::-1], axis=0), 0) / UNIT
    low = np.minimum(low, low[::-1])
    depth, bow = (g.ravel() for g in np.meshgrid(_CUT_DEPTHS, _BOWS, indexing="ij"))
    miss = np.abs(depth[:, None] * (1 - np.abs(t) ** bow[:, None]) - low).mean(axis=1)
    k = int(np.argmin(miss))
    if miss[k] > _TRUE or low.max() >= (len(columns) - 1) / UNIT:
        return None
    t = np.linspace(-1.0, 1.0, SAMPLES)
    curve = np.stack([x + frame.half * t, y + UNIT * depth[k] * (1 - np.abs(t) ** bow[k])], axis=1)
    return Neckline(frame.to_photo(curve), Scoop(float(depth[k]), float(bow[k])))


def _frame(landmarks: Landmarks) -> Frame | None:
    """Return the frame about a top's neck; None if it has a hood, or no width."""
    right, left = (np.array(landmarks.points[f"neck_{side}"]) for side in ("right", "left"))
    unit, half = landmarks.measures["chest_half"], 0.5 * float(np.linalg.norm(left - right))
    if landmarks.has_hood or half < _MIN_HALF * unit:
        return None
    wide, high, deep = (round(share * UNIT) for share in _FRAME)
    return frame_between(right, left, UNIT / unit, (wide, high, deep))


def _curves(frame: Frame, t: F64, is_close: bool, depths: F64 = _DEPTHS) -> Necklines:
    """Return all curves at shares t (k,) from the neck's right side, -1, to the left, 1; without deep ones if it is close."""
    grid = np.meshgrid(_WIDTHS, _SHIFTS, _ENDS, _ENDS, depths, np.arange(len(_BOWS)), indexing="ij")
    width, shift, right, left, depth, kind = (g.reshape(-1, 1) for g in grid)
    steep, of_kind = UNIT * depth / (frame.half * width), kind.astype(int)
    is_deep = (steep >= np.array(_STEEP)[of_kind]) | (width > _WIDE)
    kept = (steep < np.array(_DEEP)[of_kind]) & ~(is_deep & is_close) & ((width <= _WIDE) | (depth > _WIDE_DEPTH))
    kept = kept[:, 0]
    width, shift, right, left, depth, kind = (g[kept] for g in (width, shift, right, left, depth, kind))
    bow = np.array(_BOWS)[kind.astype(int)]
    x = frame.middle[0] + frame.half * (width * t + shift)
    ends = right * (1 - t) / 2 + left * (1 + t) / 2
    y = frame.middle[1] + UNIT * (ends + depth * (1 - np.abs(t) ** bow))
    return Necklines(x, y, normals(x, y), (depth + 0.5 * (left + right))[:, 0], bow[:, 0], is_deep[kept, 0])


def _open_fronts(frame: Frame, t: F64) -> Necklines:
    """Return the deep Vs that lapels, open collars and zips leave between them, as `_curves` does."""
    grid = np.meshgrid(_V_WIDTHS, _TIPS, _V_ENDS, _V_DEPTHS, _V_BOWS, indexing="ij")
    width, tip, end, depth, bow = (g.reshape(-1, 1) for g in grid)
    steep = (UNIT * depth / (frame.half * width))[:, 0]
    kept = (steep > _V_STEEP[0]) & (steep < _V_STEEP[1])
    width, tip, end, depth, bow = (g[kept] for g in (width, tip, end, depth, bow))
    x = frame.middle[0] + frame.half * width * t + UNIT * tip * (1 - np.abs(t))
    y = frame.middle[1] + UNIT * (end + (depth - end) * (1 - np.abs(t) ** bow))
    return Necklines(x, y, normals(x, y), depth[:, 0], bow[:, 0], np.zeros(len(x), bool))


def scores(view: NeckView, curves: Necklines, parts: tuple[int, ...]) -> list[F64]:
    """Return (n,) how much the cloth changes across all parts of each curve, or darkens on it, for each number of parts.

    It is below 0 where no curve fits.
    """
    is_cloth = curves.at(view.core, -ASIDE[1]) > 0.5
    changes, darker = curves.changes(view.lab)
    changed = [np.maximum(everywhere(changes, is_cloth, n), everywhere(darker, is_cloth, n)) for n in parts]
    under = curves.under(view.core > 0) / UNIT
    is_open = np.median(under[:, SAMPLES // 4 : -SAMPLES // 4], axis=1) > _OPEN
    is_open &= (curves.at(view.core, _ON_CLOTH[0]) > 0.5).mean(axis=1) > _ON_CLOTH[1]
    near, far, over = (curves.at(view.like, aside).mean(axis=1) for aside in (*_BELOW, -_BELOW[0]))
    is_front = (near > np.where(curves.is_deep, _LIKE_DEEP, _LIKE)) & (0.5 * (near + far) > over - _LESS)
    return [np.where(is_open & is_front, score, -1.0) for score in changed]


def above_line(line: F64, shape: tuple[int, ...]) -> U8:
    """Return (H, W), 255 above a neckline."""
    out = np.zeros(shape, np.uint8)
    ends = line[[-1, 0]]
    across = ends[0] - ends[1]
    up = np.array([across[1], -across[0]])
    cv2.fillPoly(out, [np.rint(np.concatenate([line, ends + up])).astype(np.int32)], 255)
    return out
