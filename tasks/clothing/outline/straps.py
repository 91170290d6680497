"""Thin straps that hold a garment: narrow cloth that rises from its upper edge on both sides of its middle.

A silhouette is made solid, so straps narrower than its openings are lost from it, and a camisole ends at the bust. They are
looked for where they were: above the upper edge, pieces that stand out from the ground about them towards the cloth's colours,
are narrow, and at home on either side alike. A hanger rises in the middle, or has other colours.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.colours import fit_colours, folded_lab
from manikin.tasks.clothing.outline.landmarks import Landmarks, Straps

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_UNIT = 64  # pixels of half the chest, at which straps are looked for
_FRAME = (1.25, 1.1, 0.5)  # of half the chest that are looked at beside, above and below the upper edge
_COLOURS = 5  # of cloth
_STEP, _NEARER = 5.0, 0.6  # folded Lab off the ground about it, and share of that ground's distance from the cloth
_ABOUT = 45  # pixels about that the usual ground is told from
_RIM = 4  # pixels about the cut-out's contour that are neither
_TOUCH = 2  # pixels from the cloth within which a strap begins
_LEAST = 0.22  # of half the chest that a strap rises above the upper edge
_THINNEST, _WIDEST = 0.025, 0.29  # of half the chest
_WITHIN = (0.15, 0.87)  # of half the chest from the middle where straps begin
_ALIKE = 0.3  # of half the chest, by which the two may differ in place
_STRAPLESS = (0.94, 0.93, 0.1)  # of half the chest: upper edge and armholes at least, and how far the edge sags at most
_OF_NECK = 0.9  # of the shoulders, within which cloth is no sleeve's
_LOST = 0.25  # share of both that the cut-out lacks at least: what it has all of is a tank top's shoulders


def find_straps(rgb: U8, mask: U8, landmarks: Landmarks) -> Straps | None:
    """Return the straps above the upper edge of a top or dress without sleeves; None where none are sure.

    Args:
        rgb: (H, W, 3) the photo.
        mask: (H, W), 255 on the garment as it was cut out.
        landmarks: of the garment.
    """
    T, size = _frame(landmarks)
    scale = _UNIT / landmarks.measures["chest_half"]
    calm = cv2.GaussianBlur(rgb, (0, 0), 0.5 / scale) if scale < 0.8 else rgb
    lab = folded_lab(np.asarray(cv2.warpAffine(calm, T, size, borderMode=cv2.BORDER_REPLICATE), np.uint8))
    shown = np.asarray(cv2.warpAffine(np.full(mask.shape, 255, np.uint8), T, size), np.uint8) > 127
    cloth = np.asarray(cv2.warpAffine(mask, T, size), np.uint8) > 127
    heart, near = _moved(cloth, cv2.MORPH_ERODE, _RIM), _moved(cloth, cv2.MORPH_DILATE, _RIM)
    if not heart.any() or near.all():
        return None
    centres = fit_colours(lab[heart], _COLOURS).centres
    usual = _usual_ground(lab, near)
    lost = shown & ~cloth & (np.linalg.norm(lab - usual, axis=-1) > _STEP)
    lost &= _nearest(lab, centres) < _NEARER * _nearest(usual, centres)
    lost = _moved(lost, cv2.MORPH_CLOSE, 1) & ~cloth
    body = _wide(cloth)
    narrow = lost | (cloth & ~body)
    sides = [_strap(narrow, body, side) for side in (-1, 1)]
    pieces = [side for side in sides if side is not None]
    if len(pieces) < len(sides) or abs(pieces[0][0] - pieces[1][0]) > _ALIKE:
        return None
    both = pieces[0][2] | pieces[1][2]
    others = lost & ~both & ~_moved(cloth, cv2.MORPH_DILATE, _TOUCH)
    if lost[both].mean() < _LOST or others.sum() > both.sum():
        return None
    return Straps(0.5 * (pieces[0][0] + pieces[1][0]), min(pieces[0][1], pieces[1][1]))


def is_strapless(landmarks: Landmarks) -> bool:
    """Return whether a garment ends at a level edge as wide as its chest, with neither armholes nor a neckline."""
    if landmarks.kind != "vest":
        return False
    names = ("shoulder_half", "armhole_half", "neck_drop")
    edge, armhole, sag = (landmarks.measures[n] / landmarks.measures["chest_half"] for n in names)
    return edge > _STRAPLESS[0] and armhole > _STRAPLESS[1] and sag < _STRAPLESS[2]


def is_off_shoulder(mask: U8, landmarks: Landmarks) -> bool:
    """Return whether a top's sleeves begin no lower than its neck: it hangs off the shoulders, from the arms.

    Args:
        mask: (H, W), 255 on the garment.
        landmarks: of the garment.
    """
    if landmarks.kind != "top" or landmarks.has_hood:
        return False
    T, size = _frame(landmarks)
    cloth = np.asarray(cv2.warpAffine(mask, T, size), np.uint8) > 127
    highest = np.where(cloth.any(axis=0), np.argmax(cloth, axis=0), len(cloth))
    shoulder = _UNIT * landmarks.measures["shoulder_half"] / landmarks.measures["chest_half"]
    aside = np.arange(size[0]) - size[0] // 2
    neck = highest[np.abs(aside) <= _OF_NECK * shoulder].min()
    sleeves = [highest[side * aside > shoulder].min(initial=len(cloth)) for side in (-1, 1)]
    return bool(neck > max(sleeves))


def without_straps(mask: U8, landmarks: Landmarks) -> U8:
    """Return (H, W) a cut-out, 0 or 255, less what of straps it has above its upper edge."""
    T, size = _frame(landmarks)
    cloth = np.asarray(cv2.warpAffine(mask, T, size), np.uint8) > 127
    taken = (cloth & ~_wide(cloth)).astype(np.uint8) * 255
    taken[-1 - round(_FRAME[2] * _UNIT) :] = 0
    back = cv2.warpAffine(taken, T, mask.shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.where(np.asarray(back) > 127, 0, mask).astype(np.uint8)


def _strap(narrow: Mask, body: Mask, side: int) -> tuple[float, float, Mask] | None:
    """Return how far from the middle a side's strap begins, and its width, in half chests, and where it is (h, w)."""
    middle = body.shape[1] // 2
    beside = side * (np.arange(body.shape[1]) - middle)
    top = np.where(body.any(axis=0), np.argmax(body, axis=0), len(body))
    begin = _moved(body, cv2.MORPH_DILATE, _TOUCH)
    n, pieces = cv2.connectedComponents((narrow & (beside > 0)).astype(np.uint8))
    best: tuple[float, float, Mask] | None = None
    highest = _LEAST * _UNIT
    for k in range(1, n):
        piece = np.asarray(pieces == k)
        foot = np.nonzero(piece & begin)[1]
        if len(foot) == 0:
            continue
        at = float(np.mean(foot))
        low = int(top[round(at)])
        rows = piece[:low].sum(axis=1)
        rise = float(low - np.argmax(rows > 0)) if rows.any() else 0.0
        if rise < highest or not _WITHIN[0] * _UNIT < side * (at - middle) < _WITHIN[1] * _UNIT:
            continue
        width = float(np.median(rows[rows > 0])) / _UNIT
        if _THINNEST < width < _WIDEST:
            best, highest = (side * (at - middle) / _UNIT, width, piece), rise
    return best


def _wide(cloth: Mask) -> Mask:
    """Return (h, w) the cloth less what is no wider than a strap."""
    return _moved(cloth, cv2.MORPH_OPEN, round(0.5 * _WIDEST * _UNIT))


def _moved(mask: Mask, how: int, reach: int) -> Mask:
    """Return the mask eroded, dilated, opened or closed by a disc of a radius in pixels."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), how, disc) > 0)


def _usual_ground(lab: F32, near: Mask) -> F32:
    """Return (h, w, 3) the colour that is usual about each pixel; where cloth is near, that above it."""
    rows = np.arange(len(lab))[:, None]
    above = np.maximum.accumulate(np.where(near, -1, rows), axis=0)
    ground = np.take_along_axis(lab, np.where(above < 0, above.max(axis=0), above)[..., None], axis=0)
    shift = np.array([0, 128, 128], np.float32)
    return cv2.medianBlur(np.clip(ground + shift, 0, 255).astype(np.uint8), _ABOUT).astype(np.float32) - shift


def _nearest(lab: F32, centres: F32) -> F32:
    """Return (...) how far pixels (..., 3) are from the nearest of (k, 3) colours."""
    return np.asarray(np.min([np.linalg.norm(lab - c, axis=-1) for c in centres], axis=0), np.float32)


def _frame(landmarks: Landmarks) -> tuple[F64, tuple[int, int]]:
    """Return the map (2, 3) from the photo to an upright picture about the upper edge, and that picture's (width, height)."""
    p = {n: np.array(v) for n, v in landmarks.points.items()}
    across = p["armpit_left"] - p["armpit_right"]
    across /= max(float(np.linalg.norm(across)), 1e-9)
    A = _UNIT / landmarks.measures["chest_half"] * np.array([across, [-across[1], across[0]]])
    wide, high, deep = (round(share * _UNIT) for share in _FRAME)
    middle = 0.25 * (p["neck_left"] + p["neck_right"] + p["shoulder_left"] + p["shoulder_right"])
    return np.column_stack([A, np.array([wide, high]) - A @ middle]), (2 * wide + 1, high + deep + 1)
