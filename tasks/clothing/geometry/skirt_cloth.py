"""How a photo's skirt is cut, and its cloth on a tube: the front from the photo, the back without its prints.

What hangs begins at the waist that the garment flares from, else where it is tightest on the body: under the bust, on the
hips, or, where it is tight nowhere, as high as it can. From there it is as wide as its cut-out. The cut-out's sides, the line
where it begins and the hem bound its cloth; a Coons patch (Coons, MIT MAC-TR-41, 1967) between them is laid on the tube's
front half, and turned over on the back half, so that the flanks are continuous. Where it begins it shows what the cloth on
the body shows there.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.geometry.skirt import SkirtCut
from manikin.tasks.clothing.outline.landmarks import Landmarks, at_shares
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.clothing.pattern.seams import flanks
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.pattern.warp import Warp
from manikin.tasks.clothing.sizes.hanging import (
    dress_scale,
    natural_waist,
    row_widths,
    skirt_waist,
    trunk_widths,
    waist_along,
)
from manikin.tasks.clothing.sizes.measure import hangs, waist_height
from manikin.tasks.clothing.sizes.profile import Profile

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_SIDES = ("left", "right")
_ROWS = 17  # at which a skirt's girth is given
_LIFT = {"skirt": 0.005, "dress": 0.012, "outerwear": 0.018}  # metres of the upper edge off the body
_BEGIN = (0.96, 1.21)  # metres between which a dress's hanging part may begin
_AS_TIGHT = 1.05  # times the tightest place, that count as tight as it
_WAIST = 1.04  # a skirt's flat width at its waist over the body's
_GRADED = 0.36  # metres at its waist of the sizes that skirts widen like from waist to hem
_SEWN_SLACK = (0.010, 0.045)  # metres that the cloth on the body lies off it where that part begins
_TURN = (-0.25, 0.10)  # facing between which front cloth gives way to back cloth, as in `bake`
_MARGIN = (0.015, 0.99)  # of the width from the outline, and of the length: what the edge's own shade does not reach
_BACK_TO_SIDE = 0.15  # of the length in which the side of the cloth on the body becomes the cut-out's own
_BESIDE = 0.012  # half the thickness of the slice of the body on which a dress's hanging part begins
_COLUMNS = 65  # of the line where cloth begins


@dataclass(frozen=True, slots=True)
class Sheet:
    """Cloth in a photo, the rows of its cut-out, and the map from the flat body to its pixels."""

    cloth: U8  # (H, W, 3) going on over the whole picture
    rows: Profile
    warp: Warp


def photo_skirt(
    front: BodyFront, landmarks: Landmarks, category: str, extent: Extent, rows: Profile | None, warp: Warp
) -> SkirtCut | None:
    """Return how the hanging part of a garment is cut; None for garments without one.

    Args:
        front: the body.
        landmarks: of the photo.
        category: of the garment.
        extent: as measured on the photo.
        rows: of the cut-out.
        warp: from the flat body into the photo.
    """
    if rows is None or extent.hem is None or not hangs(front, category, extent):
        return None
    if landmarks.kind == "skirt":
        widths = rows.width
        first = skirt_waist(landmarks, rows)
        metres = _WAIST * trunk_widths(front, np.array(waist_height(front))) + _GRADED / first * (widths - first)
        start, along = waist_height(front), 0.0
    else:
        widths = row_widths(landmarks, rows)
        metres = dress_scale(front, landmarks, rows) * widths
        is_waisted = waist_along(landmarks, rows) is not None
        start = natural_waist(front) if is_waisted else _begin(front, rows, metres, warp)
        along = float(rows.along(_flank(front, warp, start).mean(axis=0)))
    at = np.linspace(along, rows.length, _ROWS)
    girth = 2.0 * np.interp(at, np.linspace(0.0, rows.length, len(metres)), metres)
    return SkirtCut(np.linspace(start, extent.hem, _ROWS), girth, _LIFT[category])


def sewn_slack(front: BodyFront, cut: SkirtCut) -> float:
    """Return how far off the body the cloth lies that a hanging part is sewn to, in metres."""
    around = 2.0 * float(trunk_widths(front, cut.height[:1])[0])
    return float(np.clip((cut.girth[0] - around) / (2.0 * np.pi), *_SEWN_SLACK))


def _begin(front: BodyFront, rows: Profile, metres: F64, warp: Warp) -> float:
    """Return the height of the highest place as tight as the tightest, of a garment with rows of a width (R,)."""
    heights = np.arange(_BEGIN[1], _BEGIN[0], -0.01)
    along = np.array([rows.along(_flank(front, warp, y).mean(axis=0)) for y in heights])
    ease = np.interp(along, np.linspace(0.0, rows.length, len(metres)), metres) / trunk_widths(front, heights)
    return float(heights[np.argmax(ease <= _AS_TIGHT * ease.min())])


def _flank(front: BodyFront, warp: Warp, height: float) -> F64:
    """Return the pixels (2, 2) that the left and the right flank of the body have at a height."""
    return warp.at(np.stack(flanks(front, height))).astype(np.float64)


def skirt_texture(front: BodyFront, start: float | None, seen: Sheet, unseen: Sheet, size: int) -> U8:
    """Return the skirt's own opaque texture (size, size, 4): u round from behind over the left side, v down.

    Args:
        front: the body.
        start: the height from which it hangs off cloth that lies on the body; None where it begins by itself.
        seen: the front.
        unseen: the back, left and right as on the front.
        size: texels a side.
    """
    u, v = ((a + 0.5) / size for a in np.meshgrid(np.arange(size), np.arange(size)))
    facing = 1.0 - 4.0 * np.abs(u - 0.5)
    across = np.abs(2.0 * ((u + 0.25) % 1.0) - 1.0)  # 0 on the left flank, 1 on the right, on front and back alike
    ahead, behind = (
        _sampled(sheet.cloth, _coons(sheet.rows, _top(front, start, sheet, is_front), across, v))
        for sheet, is_front in ((seen, True), (unseen, False))
    )
    t = np.clip((facing - _TURN[0]) / (_TURN[1] - _TURN[0]), 0, 1)[..., None]
    t = t * t * (3 - 2 * t)
    colours = np.rint(behind * (1 - t) + ahead * t).astype(np.uint8)
    return np.dstack([colours, np.full((size, size), 255, np.uint8)])


def _top(front: BodyFront, start: float | None, sheet: Sheet, is_front: bool) -> F64:
    """Return the pixels (n, 2) from the left side to the right where cloth begins to hang."""
    rows = sheet.rows
    if start is None:
        return rows.at(rows.top, np.linspace(rows.left[0], -rows.right[0], len(rows.top)))
    left, right = flanks(front, start)
    near = front.is_flat & (np.abs(front.position[..., 1] - start) < _BESIDE) & front.is_part("torso", "leg")
    near &= (front.facing >= 0) if is_front else (front.facing <= 0)
    x = np.linspace(left[0], right[0], _COLUMNS)
    y = np.interp(x, [right[0], left[0]], [right[1], left[1]])
    if near.sum() > _COLUMNS:
        flat = front.flat[near].astype(np.float64)
        flat[:, 1] -= front.position[near][:, 1] - start  # nearly so, and enough within a slice
        bent = np.polynomial.Polynomial.fit(flat[:, 0], flat[:, 1], 6)
        y = bent(np.clip(x, flat[:, 0].min(), flat[:, 0].max()))
    return sheet.warp.at(np.column_stack([x, y])).astype(np.float64)


def _coons(rows: Profile, top: F64, s: F64, t: F64) -> F32:
    """Return the photo's pixels (..., 2) at shares s from the left side to the right and t from the top to the hem."""
    left = _edge(rows, top[0], rows.left, rows.corners[0], 1.0)
    right = _edge(rows, top[-1], rows.right, rows.corners[1], -1.0)
    hem = rows.at(rows.hem, np.linspace(rows.left[-1], -rows.right[-1], len(rows.hem)))
    hem[0], hem[-1] = left[-1], right[-1]
    s, t = _MARGIN[0] + (1 - 2 * _MARGIN[0]) * s, _MARGIN[1] * t
    a, b, c, d = at_shares(left, t), at_shares(right, t), at_shares(top, s), at_shares(hem, s)
    s, t = s[..., None], t[..., None]
    corners = (1 - s) * ((1 - t) * left[0] + t * left[-1]) + s * ((1 - t) * right[0] + t * right[-1])
    return np.asarray((1 - s) * a + s * b + (1 - t) * c + t * d - corners, np.float32)


def _edge(rows: Profile, first: F64, aside: F64, corner: float, sign: float) -> F64:
    """Return the points (R, 2) of a side from a first one down to the corner of the hem."""
    n = len(aside)
    along = np.linspace(float(rows.along(first)), corner, n)
    reach = np.interp(along, np.linspace(0.0, rows.length, n), aside)
    off = float((first - rows.start) @ rows.across) - sign * reach[0]
    fade = np.exp(-(along - along[0]) / max(_BACK_TO_SIDE * rows.length, 1e-6))
    return rows.at(along, sign * reach + off * fade)


def _sampled(cloth: U8, pixels: F32) -> F32:
    """Return the cloth's colours (S, S, 3) at pixels (S, S, 2); a photo finer than the texels is reduced first."""
    across = float(np.median(np.linalg.norm(np.diff(pixels, axis=1), axis=-1)))
    down = float(np.median(np.linalg.norm(np.diff(pixels, axis=0), axis=-1)))
    shrink = max(1.0, min(across, down))
    size = tuple(max(1, round(n / shrink)) for n in cloth.shape[1::-1])
    small = cv2.resize(cloth, size, interpolation=cv2.INTER_AREA) if shrink > 1.0 else cloth
    x, y = (pixels[..., k] * np.float32(small.shape[1 - k] / cloth.shape[1 - k]) - np.float32(0.5) for k in range(2))
    return np.asarray(cv2.remap(small, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
