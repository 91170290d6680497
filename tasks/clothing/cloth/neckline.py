"""What a photo shows about a garment's neck: its front neckline, where the garment's inside may show, and where fronts and
backs differ.

A garment laid flat shows its inner back above the front neckline, which the contour does not have. Curves from one side of
the neck to the other, round to pointed and shallow to deep, are laid over the photo; the neckline is the one along which the
cloth changes most, in the same way all along it. Where that one does not end at the neck's sides, changes otherwise on the
left than on the right, or runs in part through even cloth, it may be a label's or a fold's, and no neckline is sure.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.fill import Neck
from manikin.tasks.clothing.cloth.warp import Warp
from manikin.tasks.clothing.cutout.colours import folded_lab
from manikin.tasks.clothing.outline.landmarks import Landmarks, opening_mask
from manikin.tasks.clothing.pattern.seams import between, neck_at
from manikin.tasks.clothing.pattern.template import BodyFront

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_UNIT = 56  # pixels of half the chest, at which curves are compared
_FRAME = (1.0, 0.2, 0.85)  # of half the chest that are looked at beside, above and below the neck's middle
_WIDTHS = (0.72, 0.82, 0.92, 1.02, 1.12)  # of the neck's half width
_SHIFTS = (-0.08, 0.0, 0.08)  # of the neck's half width
_DEPTHS = np.arange(0.05, 0.62, 0.025)  # of half the chest, under the line from one side of the neck to the other
_BOWS = (1.0, 1.4, 2.0, 3.0)  # exponent: a V, and ever rounder
_SAMPLES, _SPAN = 36, 0.95  # along a curve, and the share of it that is compared
_ASIDE = (2.5, 4.0)  # pixels to either side at which the cloth is compared
_MOST, _LEAST = 12.0, 1.5  # folded Lab that a change counts at most, and that it strays by at least
_SHARP = 0.02  # weight of the whole change, by which the best of strong edges' curves is told
_WITHIN = 0.85  # of a curve above which there must be cloth
_EDGE, _SURE = 2.0, 2.2  # mean change over its spread, from which an edge shows, and from which a neckline does
_ENDS = (0.73, 1.15)  # of the neck's half width, how far beside its middle a neckline ends
_ALIKE = 0.85  # cosine of the changes on a neckline's left and right
_PIECES, _EVEN = 6, 0.28  # of a neckline, and of its mean change, that each of them has
_DEEP = 0.18  # of half the chest, less than which is above the body's own neck
_BAND, _OTHER_EDGE = 0.18, 0.5  # of half the chest, a neckband's width; of the score, that of its other edge
_FAINT, _OPPOSITE = 0.8, 0.6  # score, and cosine, of an edge where the cloth changes back: a band lies between
_THROAT = (1.2, 0.17)  # of the neck's half width, and metres below and above its sides, that count as throat
_MIN_HALF = 0.05  # of half the chest, under which a neck's landmarks lie on each other


@dataclass(frozen=True, slots=True)
class _Curves:
    """n curves at the working scale."""

    depth: F64  # (n,) of half the chest
    x: F64  # (n, k) pixels
    y: F64  # (n, k)
    normal: F64  # (n, k, 2) downwards, unit


def seen_neck(front: BodyFront, rgb: U8, mask: U8, landmarks: Landmarks, warp: Warp) -> Neck:
    """Return what a photo shows about the neck; nothing for garments that have none.

    Args:
        front: the body.
        rgb: (H, W, 3).
        mask: (H, W), 255 on the garment.
        landmarks: of the garment.
        warp: from the flat body into the photo.
    """
    throat = np.zeros(mask.shape, np.uint8)
    if landmarks.kind not in ("top", "vest"):
        return Neck(throat, throat, None)
    at = neck_at(front, "left", None)
    x, y = between(front.folds["arm_left"], at, at + 1)[0]
    turn = np.linspace(0, 2 * np.pi, 48)
    around = np.stack([_THROAT[0] * x * np.cos(turn), y + _THROAT[1] * np.sin(turn)], axis=1)
    cv2.fillPoly(throat, [np.rint(warp.at(around)).astype(np.int32)], 255)
    line = find_neckline(rgb, mask, landmarks)
    return Neck(opening_mask(landmarks, mask.shape), throat, None if line is None else _above(line, mask.shape))


def find_neckline(rgb: U8, mask: U8, landmarks: Landmarks) -> F64 | None:
    """Return a top's front neckline (n, 2) in the photo, from the wearer's right to the left; None where none is sure."""
    right, left = (np.array(landmarks.points[f"neck_{side}"]) for side in ("right", "left"))
    unit, half = landmarks.measures["chest_half"], 0.5 * float(np.linalg.norm(left - right))
    if landmarks.has_hood or half < _MIN_HALF * unit:
        return None
    scale = _UNIT / unit
    across = (left - right) / (2 * half)
    A = scale * np.array([across, [-across[1], across[0]]])
    wide, high, deep = (round(share * _UNIT) for share in _FRAME)
    T = np.column_stack([A, np.array([wide, high]) - A @ (0.5 * (left + right))])
    size = (2 * wide + 1, high + deep + 1)
    calm = cv2.GaussianBlur(rgb, (0, 0), 0.5 / scale) if scale < 0.8 else rgb
    lab = folded_lab(np.asarray(cv2.warpAffine(calm, T, size, borderMode=cv2.BORDER_REPLICATE), np.uint8))
    curves = _curves(half * scale, wide, high, np.linspace(-_SPAN, _SPAN, _SAMPLES))
    score, change = _scores(
        np.asarray(cv2.GaussianBlur(lab, (0, 0), 0.7), np.float32),
        np.asarray(cv2.warpAffine(mask, T, size), np.uint8),
        curves,
    )
    k = _upper_edge(curves.depth, score, change.mean(axis=1), int(np.argmax(score)))
    ends = np.abs(curves.x[k, [0, -1]] - wide) / (_SPAN * half * scale)
    ends_at_neck = ends.min() > _ENDS[0] and ends.max() < _ENDS[1]
    if score[k] <= _SURE or curves.depth[k] <= _DEEP or not (ends_at_neck and _on_both_sides(change[k])):
        return None
    whole = _curves(half * scale, wide, high, np.linspace(-1.0, 1.0, _SAMPLES))
    return np.asarray((np.stack([whole.x[k], whole.y[k]], axis=1) - T[:, 2]) @ np.linalg.inv(A).T)


def _upper_edge(depth: F64, score: F64, change: F32, lower: int) -> int:
    """Return the curve that is the neckline if the strongest is the lower edge of a band about the neck."""
    over = (depth < depth[lower]) & (depth > depth[lower] - _BAND)
    back = change @ change[lower] < -_OPPOSITE * np.linalg.norm(change, axis=1) * np.linalg.norm(change[lower])
    edge = over & ((score > max(_EDGE, _OTHER_EDGE * score[lower])) & (depth > _DEEP) | (score > _FAINT) & back)
    if not edge.any():
        return lower
    return int(np.argmax(np.where(edge & (depth == depth[edge].min()), score, -np.inf)))


def _curves(half: float, wide: int, high: int, t: F64) -> _Curves:
    """Return all curves at shares t (k,) from the neck's right side, -1, to the left, 1."""
    grid = np.meshgrid(_WIDTHS, _SHIFTS, _DEPTHS, _BOWS, indexing="ij")
    width, shift, depth, bow = (g.reshape(-1, 1) for g in grid)
    x = wide + half * (width * t + shift)
    y = high + _UNIT * depth * (1 - np.abs(t) ** bow)
    slope = -_UNIT * depth * bow * np.abs(t) ** (bow - 1) * np.sign(t) / (half * width)
    normal = np.stack([-slope, np.ones_like(slope)], axis=-1) / np.sqrt(1 + slope**2)[..., None]
    return _Curves(depth[:, 0], x, y, normal)


def _scores(lab: F32, mask: U8, curves: _Curves) -> tuple[F64, F32]:
    """Return (n,) how much, and how evenly, the cloth changes across each curve, or darkens on it; and how in its pieces.

    The second is (n, pieces, 3), from the wearer's right to the left.
    """

    def at(picture: F32 | U8, aside: float) -> F32:
        x, y = (p + aside * curves.normal[..., c] for c, p in enumerate((curves.x, curves.y)))
        return np.asarray(cv2.remap(picture, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR), np.float32)

    above, below = (np.mean([at(lab, sign * aside) for aside in _ASIDE], axis=0) for sign in (-1, 1))
    step = above - below
    mean = step.mean(axis=1, keepdims=True)
    change = (step * mean / np.maximum(np.linalg.norm(mean, axis=-1, keepdims=True), 1e-6)).sum(axis=-1)
    groove = np.minimum(above[..., 0], below[..., 0]) - at(lab, 0.0)[..., 0]
    has_cloth = (at(mask, -_ASIDE[0]) > 127).mean(axis=1) > _WITHIN
    return np.where(has_cloth, np.maximum(_evenly(change), _evenly(groove)), -1.0), _in_pieces(step)


def _in_pieces(step: F32) -> F32:
    """Return (n, pieces, 3) the mean of (n, k, 3) changes in each piece of a curve."""
    return np.asarray(step.reshape(len(step), _PIECES, -1, 3).mean(axis=2), np.float32)


def _on_both_sides(pieces: F32) -> bool:
    """Return whether the changes (pieces, 3) along a curve are alike on both its sides, and show in every piece."""
    right, left, mean = pieces[: _PIECES // 2].mean(axis=0), pieces[_PIECES // 2 :].mean(axis=0), pieces.mean(axis=0)
    is_alike = right @ left >= _ALIKE * np.linalg.norm(right) * np.linalg.norm(left)
    return bool(is_alike and (pieces @ mean).min() >= _EVEN * (mean @ mean))


def _evenly(change: F32) -> F64:
    """Return (n,) the least mean of a curve's thirds of (n, k) changes, over their spread."""
    clipped = np.clip(change, -_MOST, _MOST)
    even = clipped.reshape(len(change), 3, -1).mean(axis=-1).min(axis=-1) / (_LEAST + clipped.std(axis=-1))
    return np.asarray(even + _SHARP * change.mean(axis=-1))


def _above(line: F64, shape: tuple[int, ...]) -> U8:
    """Return (H, W), 255 above a neckline."""
    out = np.zeros(shape, np.uint8)
    ends = line[[-1, 0]]
    across = ends[0] - ends[1]
    up = np.array([across[1], -across[0]])
    cv2.fillPoly(out, [np.rint(np.concatenate([line, ends + up])).astype(np.int32)], 255)
    return out
