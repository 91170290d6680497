"""How long and wide a photo's skirt is, and its cloth on a tube: the front from the photo, the back without its prints.

The outline's two sides, the waist and the hem bound the skirt in the photo; a Coons patch (Coons, MIT MAC-TR-41, 1967) between
them is laid on the tube's front half, and turned over on the back half, so that the flanks are continuous.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.extent import Extent, level
from manikin.tasks.clothing.fill import Cloth
from manikin.tasks.clothing.landmarks import Landmarks, resample
from manikin.tasks.clothing.measure import waist_height
from manikin.tasks.clothing.seams import armpit, crossing
from manikin.tasks.clothing.skirt import SkirtCut
from manikin.tasks.clothing.template import BodyFront, Line

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_SIDES = ("left", "right")
_ROWS = 17  # of the outline's sides
_LIFT = {"skirt": 0.005, "dress": 0.012}  # metres of the upper edge off the body
_TURN = (-0.25, 0.10)  # facing between which front cloth gives way to back cloth, as in `bake`
_MARGIN = (0.015, 0.99)  # of the width from the outline, and of the length: what the edge's own shade does not reach
_SHOWN_WITH = ("skirt", "top", "vest")  # outlines without legs


def photo_skirt(front: BodyFront, landmarks: Landmarks, category: str, extent: Extent) -> SkirtCut | None:
    """Return how the skirt of a "skirt" or "dress" is cut; None for garments without one.

    Args:
        front: the body.
        landmarks: of the photo.
        category: of the garment.
        extent: as measured on the photo.
    """
    if category not in _LIFT or landmarks.kind not in _SHOWN_WITH or extent.hem is None:
        return None
    sides = _sides(front, landmarks, extent)
    length = float(np.mean([np.linalg.norm(np.diff(side, axis=0), axis=1).sum() for side in sides]))
    metres = _flank(front, waist_height(front), extent.hem) / max(length, 1e-6)
    height = np.linspace(waist_height(front), extent.hem, _ROWS)
    width = np.linalg.norm(sides[0] - sides[1], axis=1)
    return SkirtCut(height, 2.0 * metres * width, _LIFT[category])


def skirt_texture(
    front: BodyFront,
    landmarks: Landmarks,
    extent: Extent,
    cloth: Cloth,
    size: int,
    behind: tuple[Landmarks, U8] | None = None,
) -> U8:
    """Return the skirt's own opaque texture (size, size, 4): u round from behind over the left side, v down.

    Args:
        front: the body.
        landmarks: of the photo.
        extent: as measured on the photo.
        cloth: of the photo, carried on over the whole picture.
        size: texels a side.
        behind: landmarks and cloth (H, W, 3) of a photo of the back, left and right exchanged.
    """
    u, v = ((a + 0.5) / size for a in np.meshgrid(np.arange(size), np.arange(size)))
    facing = 1.0 - 4.0 * np.abs(u - 0.5)
    across = np.abs(2.0 * ((u + 0.25) % 1.0) - 1.0)  # 1 on the left flank, 0 on the right, on front and back alike
    seen = _sampled(cloth.front, _coons(front, landmarks, extent, 1.0 - across, v))
    if behind is None:
        unseen = _sampled(cloth.back, _coons(front, landmarks, extent, 1.0 - across, v))
    else:
        unseen = _sampled(behind[1], _coons(front, behind[0], extent, 1.0 - across, v))
    t = np.clip((facing - _TURN[0]) / (_TURN[1] - _TURN[0]), 0, 1)[..., None]
    t = t * t * (3 - 2 * t)
    colours = np.rint(unseen * (1 - t) + seen * t).astype(np.uint8)
    return np.dstack([colours, np.full((size, size), 255, np.uint8)])


def _sides(front: BodyFront, landmarks: Landmarks, extent: Extent) -> tuple[F64, F64]:
    """Return the points (R, 2) of the outline's left and right side from waist to hem, in the photo's pixels."""
    out = []
    for side in _SIDES:
        edge = landmarks.edges[f"side_{side}"]
        if landmarks.kind != "skirt":
            fold = front.folds[f"side_{side}"]
            high = float(fold.position[armpit(front, side), 1])
            hem = float(extent.hem or 0.0)
            share = _flank(front, high, waist_height(front)) / _flank(front, high, hem)
            edge = resample(edge, 200)[round(199 * share) :]
        out.append(resample(edge, _ROWS))
    return out[0], out[1]


def _flank(front: BodyFront, high: float, low: float) -> float:
    """Return the length in metres of the left flank's fold line between two heights."""
    fold = front.folds["side_left"]
    below = Line(fold.flat[armpit(front, "left") :], fold.position[armpit(front, "left") :])
    ends = [crossing(below, level(y, is_upper=False)) if y < below.position[0, 1] else 0.0 for y in (high, low)]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(below.flat, axis=0), axis=1))])
    a, b = np.interp(ends, np.arange(len(along)), along)
    return max(float(b - a), 1e-3)


def _coons(front: BodyFront, landmarks: Landmarks, extent: Extent, s: F64, t: F64) -> F32:
    """Return the photo's pixels (..., 2) at shares s from the left side to the right and t from waist to hem."""
    left, right = _sides(front, landmarks, extent)
    top = landmarks.edges["waist"] if landmarks.kind == "skirt" else np.stack([left[0], right[0]])
    hem = landmarks.edges["hem"]
    s, t = _MARGIN[0] + (1 - 2 * _MARGIN[0]) * s, _MARGIN[1] * t
    a, b, c, d = _at(left, t), _at(right, t), _at(top, s), _at(hem, s)
    s, t = s[..., None], t[..., None]
    corners = (1 - s) * ((1 - t) * left[0] + t * left[-1]) + s * ((1 - t) * right[0] + t * right[-1])
    return np.asarray((1 - s) * a + s * b + (1 - t) * c + t * d - corners, np.float32)


def _at(line: F64, share: F64) -> F64:
    """Return the points (..., 2) at shares of a polyline's length."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    along /= max(along[-1], 1e-9)
    return np.stack([np.interp(share, along, line[:, k]) for k in range(2)], axis=-1)


def _sampled(cloth: U8, pixels: F32) -> F32:
    """Return the cloth's colours (S, S, 3) at pixels (S, S, 2); a photo finer than the texels is reduced first."""
    across = float(np.median(np.linalg.norm(np.diff(pixels, axis=1), axis=-1)))
    down = float(np.median(np.linalg.norm(np.diff(pixels, axis=0), axis=-1)))
    shrink = max(1.0, min(across, down))
    size = tuple(max(1, round(n / shrink)) for n in cloth.shape[1::-1])
    small = cv2.resize(cloth, size, interpolation=cv2.INTER_AREA) if shrink > 1.0 else cloth
    x, y = (pixels[..., k] * np.float32(small.shape[1 - k] / cloth.shape[1 - k]) - np.float32(0.5) for k in range(2))
    return np.asarray(cv2.remap(small, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
