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

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.curves import ASIDE, Curves, Frame, frame_between, normals, weaker
from manikin.tasks.clothing.cloth.fill import Neck, Scoop
from manikin.tasks.clothing.cloth.warp import Warp
from manikin.tasks.clothing.cutout.colours import fit_colours, folded_lab
from manikin.tasks.clothing.outline.landmarks import Landmarks, opening_mask
from manikin.tasks.clothing.pattern.seams import between, neck_at
from manikin.tasks.clothing.pattern.template import BodyFront

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_UNIT = 56  # pixels of half the chest, at which curves are compared
_FRAME = (1.1, 0.25, 1.6)  # of half the chest that are looked at beside, above and below the neck's middle
_CONTOUR = 1.1  # likewise below it, for the contour
_WIDTHS = (0.8, 0.92, 1.04)  # of the neck's half width
_SHIFTS = (-0.08, 0.0, 0.08)  # of the neck's half width
_ENDS = (0.0, 0.07)  # of half the chest, how far below the neck's sides a curve ends
_DEPTHS = np.arange(0.06, 0.9, 0.03)  # of half the chest, under the line from one end to the other
_CUT_DEPTHS = np.arange(0.06, 1.06, 0.03)  # likewise that a contour may follow
_BOWS = (1.0, 1.5, 2.1, 3.2)  # exponent: a V, and ever rounder
_STEEP = (2.2, 1.6, 1.1, 1.1)  # depth over half width at most, of each
_V_WIDTHS = (0.45, 0.6, 0.75, 0.9, 1.05)  # of the neck's half width
_TIPS = (-0.13, -0.06, 0.0, 0.06, 0.13)  # of half the chest, how far off the middle a V's tip is
_V_ENDS, _V_DEPTHS, _V_BOWS = (0.0, 0.12), np.arange(0.5, 1.5, 0.04), (1.0, 1.3)
_V_STEEP = (0.9, 5.0)  # depth over half width of a V between open fronts
_V_SURE = (0.8, 1.7)  # folded Lab by which the cloth changes across all quarters of a V, or across both its halves
_OF_WEAVE = (0.65, 1.3)  # likewise, of what its pattern changes by
_HARDLY = -0.5  # likewise that a quarter shows at least
_CLEAR, _ANEW = 2.0, 0.65  # pixels below another neckline, and share of it there
_DEEPER = 0.12  # of half the chest, by which its tip is deeper than that
_UNEVEN = 0.85  # exponent of its samples' spacing, or stripes might meet them all alike
_STRIDE = 3  # pixels down over which a pattern changes
_SAMPLES, _SPAN = 36, 0.95  # along a curve, and the share of it that is compared
_BELOW = (4.0, 7.0)  # pixels below a curve, where there is the front's cloth
_GREY = 128  # in place of the ground
_COUNTED = 0.4  # of a side's samples, above which there must be cloth
_ON_CLOTH = (2.0, 0.85)  # pixels below a curve, and share of it, at which there must be cloth
_OPEN = 0.05  # of half the chest, by which a neckline lies under the contour in its middle
_BESIDE = (1.25, 22, 34)  # of the neck's half width, and pixels further out and down: cloth that is the front's
_COLOURS, _ALIKE, _ENOUGH = 4, 3.2, 40  # of that cloth, spreads within which cloth is like it, and pixels to tell it by
_LIKE, _LESS = 0.6, 0.06  # share below a curve of cloth like it, and by how much less it may be than above
_SURE, _OF_BEST = 1.2, 0.5  # folded Lab by which the cloth changes, and share of the strongest change
_BAND, _EITHER_END = 0.07, 0.2  # of half the chest, by which a lower edge is another, all along but for its ends
_TRUE = 0.1  # of half the chest, by which a contour may miss its curve in the mean
_THROAT = (1.2, 0.17)  # of the neck's half width, and metres below and above its sides, that count as throat
_MIN_HALF = 0.05  # of half the chest, under which a neck's landmarks lie on each other


@dataclass(frozen=True, slots=True)
class Neckline:
    """A front's neckline in the photo."""

    line: F64  # (n, 2) from the wearer's right to the left
    scoop: Scoop


@dataclass(frozen=True, slots=True)
class _Necklines(Curves):
    depth: F64  # (n,) of half the chest, under the neck's sides
    bow: F64  # (n,)

    def neckline(self, frame: Frame, k: int) -> Neckline:
        line = frame.to_photo(np.stack([self.x[k], self.y[k]], axis=1))
        return Neckline(line, Scoop(float(self.depth[k]), float(self.bow[k])))


def seen_neck(front: BodyFront, rgb: U8, mask: U8, landmarks: Landmarks, warp: Warp) -> Neck:
    """Return what a photo shows about the neck; nothing for garments that have none, or end at the bust.

    Args:
        front: the body.
        rgb: (H, W, 3).
        mask: (H, W), 255 on the garment.
        landmarks: of the garment.
        warp: from the flat body into the photo.
    """
    throat = np.zeros(mask.shape, np.uint8)
    if landmarks.kind not in ("top", "vest") or landmarks.straps is not None:
        return Neck(throat, throat, None)
    at = neck_at(front, "left", None)
    x, y = between(front.folds["arm_left"], at, at + 1)[0]
    turn = np.linspace(0, 2 * np.pi, 48)
    around = np.stack([_THROAT[0] * x * np.cos(turn), y + _THROAT[1] * np.sin(turn)], axis=1)
    cv2.fillPoly(throat, [np.rint(warp.at(around)).astype(np.int32)], 255)
    lines = [n for n in (find_neckline(rgb, mask, landmarks), contour_neckline(mask, landmarks)) if n is not None]
    above = None if not lines else np.asarray(np.max([_above(n.line, mask.shape) for n in lines], axis=0), np.uint8)
    scoop = max((n.scoop for n in lines), key=lambda s: s.depth, default=None)
    return Neck(opening_mask(landmarks, mask.shape), throat, above, scoop)


def find_neckline(rgb: U8, mask: U8, landmarks: Landmarks) -> Neckline | None:
    """Return a top's front neckline as the cloth shows it; None where none is sure."""
    frame = _frame(landmarks)
    if frame is None:
        return None
    shown = np.where(mask[..., None] > 127, rgb, np.uint8(_GREY))  # no ground mixes in
    upright = cv2.warpAffine(frame.calm(shown), frame.T, frame.size, borderMode=cv2.BORDER_REPLICATE)
    lab = folded_lab(np.asarray(upright, np.uint8))
    lab = np.asarray(cv2.GaussianBlur(lab, (0, 0), 0.7), np.float32)
    cloth = np.asarray(cv2.warpAffine(mask, frame.T, frame.size), np.uint8) > 127
    like, found = _like_front(lab, cloth, frame), None
    t, ends = np.linspace(-_SPAN, _SPAN, _SAMPLES), np.linspace(-1.0, 1.0, _SAMPLES)
    curves = _curves(frame, t)
    (score,) = _scores(lab, cloth, like, curves, (2,))
    k = int(np.argmax(score))
    if score[k] > _SURE:
        k = _front_edge(curves, np.where(score > max(_SURE, _OF_BEST * score[k]), score, -1.0), k)
        found = _curves(frame, ends).neckline(frame, k)
    curves = _open_fronts(frame, np.sign(t) * np.abs(t) ** _UNEVEN)
    if not len(curves.depth):
        return found
    halves, quarters = _scores(lab, cloth, like, curves, (2, 4))
    weave = _weave(lab, cloth, frame)
    is_sure = quarters > max(_V_SURE[0], _OF_WEAVE[0] * weave)
    is_sure |= (quarters > _HARDLY) & (halves > max(_V_SURE[1], _OF_WEAVE[1] * weave))
    k = int(np.argmax(np.where(is_sure, halves, -1.0)))
    if not is_sure[k]:
        return found
    if found is not None:
        line = found.line @ frame.T[:, :2].T + frame.T[:, 2]
        above = np.interp(curves.x[k], line[:, 0], line[:, 1], left=-np.inf, right=-np.inf)
        if (curves.y[k] - above > _CLEAR).mean() < _ANEW or curves.depth[k] < found.scoop.depth + _DEEPER:
            return found
    return _open_fronts(frame, ends).neckline(frame, k)


def _front_edge(curves: _Necklines, score: F64, k: int) -> int:
    """Return the lowest of likely curves that lie one wholly under the other, from curve k on: the others are of the inside."""
    inner = slice(round(_EITHER_END * _SAMPLES), -round(_EITHER_END * _SAMPLES))
    while True:
        is_under = (curves.y[:, inner] - curves.y[k, inner]).min(axis=1) > _BAND * _UNIT
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
        np.asarray(cv2.warpAffine(mask, frame.T, frame.size), np.uint8)[: frame.middle[1] + round(_CONTOUR * _UNIT) + 1]
        < 128
    )
    t = np.linspace(-_SPAN, _SPAN, _SAMPLES)
    x, y = frame.middle
    columns = ground[y:, np.clip(np.rint(x + frame.half * t).astype(int), 0, frame.size[0] - 1)]
    low = np.where(columns.any(axis=0), len(columns) - np.argmax(columns[::-1], axis=0), 0) / _UNIT
    low = np.minimum(low, low[::-1])
    depth, bow = (g.ravel() for g in np.meshgrid(_CUT_DEPTHS, _BOWS, indexing="ij"))
    miss = np.abs(depth[:, None] * (1 - np.abs(t) ** bow[:, None]) - low).mean(axis=1)
    k = int(np.argmin(miss))
    if miss[k] > _TRUE or low.max() >= (len(columns) - 1) / _UNIT:
        return None
    t = np.linspace(-1.0, 1.0, _SAMPLES)
    curve = np.stack([x + frame.half * t, y + _UNIT * depth[k] * (1 - np.abs(t) ** bow[k])], axis=1)
    return Neckline(frame.to_photo(curve), Scoop(float(depth[k]), float(bow[k])))


def _frame(landmarks: Landmarks) -> Frame | None:
    """Return the frame about a top's neck; None if it has a hood, or no width."""
    right, left = (np.array(landmarks.points[f"neck_{side}"]) for side in ("right", "left"))
    unit, half = landmarks.measures["chest_half"], 0.5 * float(np.linalg.norm(left - right))
    if landmarks.has_hood or half < _MIN_HALF * unit:
        return None
    wide, high, deep = (round(share * _UNIT) for share in _FRAME)
    return frame_between(right, left, _UNIT / unit, (wide, high, deep))


def _beside(cloth: Mask, frame: Frame) -> Mask:
    """Return (h, w) the cloth beside the neck, which is the front's."""
    y, x = np.mgrid[: frame.size[1], : frame.size[0]]
    aside = np.abs(x - frame.middle[0]) - _BESIDE[0] * frame.half
    heart = cv2.erode(cloth.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    return np.asarray((aside > 0) & (aside < _BESIDE[1]) & (y < frame.middle[1] + _BESIDE[2]) & heart)


def _weave(lab: F32, cloth: Mask, frame: Frame) -> float:
    """Return by how much the cloth beside the neck changes by itself from place to place; 0 where none shows."""
    beside = _beside(cloth, frame)[_STRIDE:]
    change = np.linalg.norm(lab[_STRIDE:] - lab[:-_STRIDE], axis=-1)
    return float(np.median(change[beside])) if beside.any() else 0.0


def _like_front(lab: F32, cloth: Mask, frame: Frame) -> F32:
    """Return (h, w) 1 where the cloth is like that beside the neck; 1 everywhere where too little of that shows."""
    beside = _beside(cloth, frame)
    if beside.sum() < _ENOUGH:
        return np.ones(cloth.shape, np.float32)
    return np.asarray(fit_colours(lab[beside], _COLOURS).distance(lab) < _ALIKE, np.float32)


def _curves(frame: Frame, t: F64) -> _Necklines:
    """Return all curves at shares t (k,) from the neck's right side, -1, to the left, 1."""
    grid = np.meshgrid(_WIDTHS, _SHIFTS, _ENDS, _ENDS, _DEPTHS, np.arange(len(_BOWS)), indexing="ij")
    width, shift, right, left, depth, kind = (g.reshape(-1, 1) for g in grid)
    kept = (_UNIT * depth < np.array(_STEEP)[kind.astype(int)] * frame.half * width)[:, 0]
    width, shift, right, left, depth, kind = (g[kept] for g in (width, shift, right, left, depth, kind))
    bow = np.array(_BOWS)[kind.astype(int)]
    x = frame.middle[0] + frame.half * (width * t + shift)
    ends = right * (1 - t) / 2 + left * (1 + t) / 2
    y = frame.middle[1] + _UNIT * (ends + depth * (1 - np.abs(t) ** bow))
    return _Necklines(x, y, normals(x, y), (depth + 0.5 * (left + right))[:, 0], bow[:, 0])


def _open_fronts(frame: Frame, t: F64) -> _Necklines:
    """Return the deep Vs that lapels, open collars and zips leave between them, as `_curves` does."""
    grid = np.meshgrid(_V_WIDTHS, _TIPS, _V_ENDS, _V_DEPTHS, _V_BOWS, indexing="ij")
    width, tip, end, depth, bow = (g.reshape(-1, 1) for g in grid)
    steep = (_UNIT * depth / (frame.half * width))[:, 0]
    kept = (steep > _V_STEEP[0]) & (steep < _V_STEEP[1])
    width, tip, end, depth, bow = (g[kept] for g in (width, tip, end, depth, bow))
    x = frame.middle[0] + frame.half * width * t + _UNIT * tip * (1 - np.abs(t))
    y = frame.middle[1] + _UNIT * (end + (depth - end) * (1 - np.abs(t) ** bow))
    return _Necklines(x, y, normals(x, y), depth[:, 0], bow[:, 0])


def _scores(lab: F32, cloth: Mask, like: F32, curves: _Necklines, parts: tuple[int, ...]) -> list[F64]:
    """Return (n,) how much the cloth changes across all parts of each curve, or darkens on it, for each number of parts.

    It is below 0 where no curve fits.
    """
    core = np.asarray(cv2.erode(cloth.astype(np.uint8), np.ones((3, 3), np.uint8)), np.float32)
    is_cloth = curves.at(core, -ASIDE[1]) > 0.5
    scores = [np.maximum(*(_everywhere(c, is_cloth, n) for c in curves.changes(lab))) for n in parts]
    under = curves.under(core > 0) / _UNIT
    is_open = np.median(under[:, _SAMPLES // 4 : -_SAMPLES // 4], axis=1) > _OPEN
    is_open &= (curves.at(core, _ON_CLOTH[0]) > 0.5).mean(axis=1) > _ON_CLOTH[1]
    near, far, over = (curves.at(like, aside).mean(axis=1) for aside in (*_BELOW, -_BELOW[0]))
    is_front = (near > _LIKE) & (0.5 * (near + far) > over - _LESS)
    return [np.where(is_open & is_front, score, -1.0) for score in scores]


def _everywhere(change: F32, is_cloth: Mask, parts: int) -> F64:
    """Return (n,) how much (n, k) changes show on that part of each curve, of as many as given, where they show least."""
    pairs = zip(np.array_split(change, parts, axis=1), np.array_split(is_cloth, parts, axis=1), strict=True)
    return np.asarray(np.min([weaker(*pair, _COUNTED) for pair in pairs], axis=0))


def _above(line: F64, shape: tuple[int, ...]) -> U8:
    """Return (H, W), 255 above a neckline."""
    out = np.zeros(shape, np.uint8)
    ends = line[[-1, 0]]
    across = ends[0] - ends[1]
    up = np.array([across[1], -across[0]])
    cv2.fillPoly(out, [np.rint(np.concatenate([line, ends + up])).astype(np.int32)], 255)
    return out
