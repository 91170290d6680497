"""The front waistband's upper edge in a photo of trousers or a skirt, above which the inside of the back shows.

Hung by its sides or laid flat, a waist sags in front: between the front's edge and the outline lie the inner band, its label
and the hanger. Sagging curves from one side to the other are laid over the photo; the edge is the one across which the cloth
changes most, in the same way over the better part of it: buttons, loops and labels take the rest. It meets the outline at
both sides and lies well under it between them, as no seam of the band does.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.colours import folded_lab
from manikin.tasks.clothing.edges.curves import ASIDE, Curves, Frame, frame_between, normals, weaker
from manikin.tasks.clothing.outline.found import Found
from manikin.tasks.clothing.outline.landmarks import Landmarks, resample

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

WAIST_UNIT = 56
"""Pixels of half the waist, at which it is looked at."""

_FRAME = (1.3, 0.55, 0.85)  # of half the waist that are looked at beside, above and below its middle
_ROW = 0.12  # of half the waist under its corners, where the sides are
_ENDS = np.arange(-0.06, 0.28, 0.04)  # of half the waist, how far below its corner a curve ends
_ASKEW = 0.16  # by which its ends differ at most
_SAGS = np.arange(0.03, 0.5, 0.03)  # of half the waist, under the line from end to end
_BOWS = (1.5, 2.2, 3.5)  # exponent: pointed to round
_SAMPLES, _SPAN = 36, 0.96  # along a curve, and the share of it that is compared
_OUTER = 5  # samples at each end
_COUNTED = 0.45  # of a curve, above which there must be cloth, not ground
_GREY = 128  # in place of the ground
_RIM = 2  # pixels of the outline that may be ground
_ON_CLOTH = (2.0, 0.85)  # pixels below a curve, and share of it, at which there must be cloth
# Of half the waist, by which the edge lies under the outline in its middle, and deeper there than at its ends.
_OPEN = 0.06
_MEETS, _NEARS = (-0.1, 0.13), 0.3  # likewise under it at the ends; and there, of what changes much, as at a hanger
_LOWER = np.arange(0.3, 0.62, 0.06)  # likewise, of a band's lower seam, which goes on down beside the corners
_SAME = 0.08  # likewise, how far that is from an edge all along its middle, of which it is the better account
_SURE, _MUCH, _OF_BEST = 1.75, 5.0, 0.5  # folded Lab by which the cloth changes, and share of the strongest change


def without_inside(garment: Found) -> Found:
    """Return trousers or a skirt that begin at the front's upper edge, where that is sure; anything else as it is."""
    line = find_waist_edge(garment.photo.rgb, garment.cutout.mask, garment.landmarks)
    if line is None:
        return garment
    mask = np.where(_above(line, garment.cutout.mask.shape) > 0, 0, garment.cutout.mask).astype(np.uint8)
    return replace(garment, cutout=replace(garment.cutout, mask=mask), landmarks=_beginning_at(garment.landmarks, line))


def find_waist_edge(rgb: U8, mask: U8, landmarks: Landmarks) -> F64 | None:
    """Return a front waistband's upper edge (n, 2) in the photo, from the wearer's right to the left.

    None where none is sure, or the garment has no waist.

    Args:
        rgb: (H, W, 3).
        mask: (H, W), 255 on the garment.
        landmarks: of the garment.
    """
    frame = waist_frame(landmarks, _FRAME)
    if frame is None:
        return None
    shown = np.where(mask[..., None] > 127, rgb, np.uint8(_GREY))  # no ground mixes in
    upright = cv2.warpAffine(frame.calm(shown), frame.T, frame.size, borderMode=cv2.BORDER_REPLICATE)
    lab = folded_lab(np.asarray(upright, np.uint8))
    cloth = np.asarray(cv2.warpAffine(mask, frame.T, frame.size), np.uint8) > 127
    high = frame.middle[1]
    row = np.flatnonzero(cloth[high + round(_ROW * WAIST_UNIT)])
    if len(row) < WAIST_UNIT:
        return None
    sides = (float(row[0]), float(row[-1]))
    t = np.linspace(-_SPAN, _SPAN, _SAMPLES)
    curves = _curves(sides, high, t, _ENDS)
    lab = np.asarray(cv2.GaussianBlur(lab, (0, 0), 0.7), np.float32)
    score = _scores(lab, cloth, curves)
    k = int(np.argmax(score))
    if score[k] < _SURE:
        return None
    k = _front_edge(curves, score, k)
    if _is_seam(lab, cloth, _curves(sides, high, t, _LOWER), curves.y[k], float(score[k])):
        return None
    whole = _curves(sides, high, np.linspace(-1.0, 1.0, _SAMPLES), _ENDS)
    return frame.to_photo(np.stack([whole.x[k], whole.y[k]], axis=1))


def waist_frame(landmarks: Landmarks, around: tuple[float, float, float]) -> Frame | None:
    """Return the frame about a waist whose half is `WAIST_UNIT` pixels, with shares of it beside, above and below.

    None for garments that are not worn from the waist down, and where the waist has no width.
    """
    if landmarks.kind not in ("trousers", "skirt"):
        return None
    right, left = (np.array(landmarks.points[f"waist_{side}"]) for side in ("right", "left"))
    half = 0.5 * float(np.linalg.norm(left - right))
    if half < 1.0:
        return None
    wide, high, deep = (round(share * WAIST_UNIT) for share in around)
    return frame_between(right, left, WAIST_UNIT / half, (wide, high, deep))


def _front_edge(curves: Curves, score: F64, k: int) -> int:
    """Return the lowest of strong edges that lie one wholly under the other, from curve k on: the others are of the inside."""
    inner = slice(_SAMPLES // 4, -_SAMPLES // 4)
    strong = score > max(_MUCH, _OF_BEST * score[k])
    while True:
        is_under = strong & ((curves.y[:, inner] - curves.y[k, inner]).min(axis=1) > _OPEN * WAIST_UNIT)
        if not is_under.any():
            return k
        k = int(np.argmax(np.where(is_under, score, -1.0)))


def _is_seam(lab: F32, cloth: Mask, lower: Curves, edge: F64, score: float) -> bool:
    """Return whether an edge (k,) is a part of a band's lower seam: one of the lower curves goes along it in its middle, and
    the cloth changes more across all of that."""
    inner = slice(_SAMPLES // 4, -_SAMPLES // 4)
    along = np.abs(lower.y[:, inner] - edge[inner]).max(axis=1) < _SAME * WAIST_UNIT
    return bool((_change(lab, _core(cloth), lower)[along] > score).any())


def _curves(sides: tuple[float, float], high: int, t: F64, ends: F64) -> Curves:
    """Return all curves at shares t (k,) from the waist's right side, -1, to the left, 1, that end so far under its corners."""
    grid = np.meshgrid(ends, ends, _SAGS, _BOWS, indexing="ij")
    right, left, sag, bow = (g.reshape(-1, 1) for g in grid)
    right, left, sag, bow = (g[np.abs(left - right)[:, 0] < _ASKEW] for g in (right, left, sag, bow))
    x = np.broadcast_to(np.interp(t, (-1.0, 1.0), sides), (len(sag), len(t)))
    y = high + WAIST_UNIT * (right * (1 - t) / 2 + left * (1 + t) / 2 + sag * (1 - np.abs(t) ** bow))
    return Curves(x, y, normals(x, y))


def _scores(lab: F32, cloth: Mask, curves: Curves) -> F64:
    """Return (n,) how much the cloth changes across the better part of each curve, or darkens on it; below 0 where none fits."""
    core = _core(cloth)
    score = _change(lab, core, curves)
    under = curves.under(core > 0) / WAIST_UNIT
    ends = np.stack([np.median(under[:, :_OUTER], axis=1), np.median(under[:, -_OUTER:], axis=1)])
    middle = np.median(under[:, _SAMPLES // 4 : -_SAMPLES // 4], axis=1)
    is_open = (middle > _OPEN) & (middle - ends.max(axis=0) > _OPEN)
    is_open &= (curves.at(core, _ON_CLOTH[0]) > 0.5).mean(axis=1) > _ON_CLOTH[1]
    meets = (ends.max(axis=0) < _MEETS[1]) | (ends.max(axis=0) < _NEARS) & (score > _MUCH)
    return np.where(is_open & meets & (ends.min(axis=0) > _MEETS[0]), score, -1.0)


def _core(cloth: Mask) -> F32:
    return np.asarray(cv2.erode(cloth.astype(np.uint8), np.ones((2 * _RIM + 1,) * 2, np.uint8)), np.float32)


def _change(lab: F32, core: F32, curves: Curves) -> F64:
    is_cloth = curves.at(core, -ASIDE[0]) > 0.5
    return np.maximum(*(weaker(c, is_cloth, _COUNTED) for c in curves.changes(lab)))


def _above(line: F64, shape: tuple[int, ...]) -> U8:
    """Return (H, W), 255 above a line and above its ends' level beside it."""
    out = np.zeros(shape, np.uint8)
    across = line[-1] - line[0]
    up = np.array([across[1], -across[0]])
    outer = np.stack([line[0] - 0.2 * across, *line, line[-1] + 0.2 * across])
    cv2.fillPoly(out, [np.rint(np.concatenate([outer, outer[[-1, 0]] + up])).astype(np.int32)], 255)
    return out


def _beginning_at(landmarks: Landmarks, line: F64) -> Landmarks:
    """Return landmarks whose waist is a line and whose sides begin at its ends."""
    edges = dict(landmarks.edges)
    edges["waist"] = resample(line[::-1], len(edges["waist"]))
    across = line[-1] - line[0]
    down = np.array([-across[1], across[0]])
    for side, end in (("left", line[-1]), ("right", line[0])):
        edge = edges[f"side_{side}"]
        rest = edge[(edge - end) @ down > 0]
        edges[f"side_{side}"] = resample(np.concatenate([end[None], rest]), len(edge)) if len(rest) else edge
    return replace(landmarks, edges=edges)
