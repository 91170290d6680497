"""How far a photo's garment reaches on the body: its category and extent, from the landmarks' proportions.

A photo has no scale, so widths give it: a top is as wide as the chest it is for, a pair of trousers as the hips, plus ease.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.outline.landmarks import Landmarks, Straps
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.clothing.pattern.planes import across_neck, level, limb_length
from manikin.tasks.clothing.pattern.seams import armpit, crossing
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.sizes.hanging import (
    agreed_length,
    coat_hem,
    dress_hem,
    least_length,
    shoulder_height,
    skirt_hem,
)
from manikin.tasks.clothing.sizes.profile import Profile
from manikin.tasks.clothing.sizes.sleeves import full_sleeve, sleeve_length

F64 = NDArray[np.float64]

_EASE = {"top": 1.12, "dress": 1.04, "trousers": 1.06}  # garment's flat width over the body's
_WAIST = 0.085  # of a bottom's upper edge above the pelvis joint
_DRESS_BELOW = 0.10  # under the crotch, from which a top is a dress
_TOP_ABOVE = 0.06  # the crotch: a longer top is worn to there, it would cling to the thighs
_UNDER_SKIRT = 0.05  # below crotch or the skirt's begin, what lies on the body ends under the skirt that hangs
_LONG_TOP = 0.85  # metres of a top that clearly is a dress
_FULL_LEG = 0.60  # of the inseam likewise: wide sizes and photos taken from the waist's end look short
_BUST = 0.045  # of the upper edge of what thin straps hold, above the armpits
_OFF_SHOULDER = 0.06  # likewise of what hangs off the shoulders
_INSET, _HALTER = 0.3, 0.26  # share of the chest by which such an edge is narrower, and metres higher for what is more
_STRAPS_AT = (0.105, 0.145)  # from the middle to a strap's, on the flat body, where shoulders carry it
_STRAP_WIDTHS = (0.016, 0.06)  # narrower ones fall between the mesh's vertices
_SHORTS = 0.62  # of the inseam that shorts cover at most


def measure(
    front: BodyFront, landmarks: Landmarks, category: str | None = None, rows: Profile | None = None
) -> tuple[str, Extent]:
    """Return the garment's category and how far it reaches; a category given wins over the proportions.

    Args:
        front: the body.
        landmarks: of the photo.
        category: that the label names.
        rows: of the cut-out, which all garments but trousers need.
    """
    if landmarks.kind == "trousers" or rows is None:
        return _measure_trousers(front, landmarks, category)
    if landmarks.kind == "skirt":
        return "skirt", _measure_skirt(front, landmarks, rows)
    return _measure_top(front, landmarks, category, rows)


def hangs(front: BodyFront, category: str, extent: Extent) -> bool:
    """Return whether a garment has a part about both legs that is a piece of its own."""
    if extent.hem is None:
        return False
    return category in ("dress", "skirt") or (category == "outerwear" and extent.hem < crotch_height(front))


def as_worn(front: BodyFront, category: str, extent: Extent) -> Extent:
    """Return a garment's reach as it is worn: a top that would hang free of the legs must not cling to them."""
    if extent.hem is None or hangs(front, category, extent):
        return extent
    return replace(extent, hem=max(extent.hem, crotch_height(front) + _TOP_ABOVE))


def as_painted(front: BodyFront, category: str, worn: Extent, start: float) -> Extent:
    """Return what lies on the body of a garment as worn whose hanging piece begins at a height."""
    low = crotch_height(front) if category == "skirt" else start
    return replace(worn, hem=max((worn.hem or 0.0) + _UNDER_SKIRT, low - _UNDER_SKIRT))


def waist_height(front: BodyFront) -> float:
    """Return the height of a bottom's upper edge, in metres."""
    return float(front.joints["pelvis"][1]) + _WAIST


def crotch_height(front: BodyFront) -> float:
    """Return the height of the crotch, in metres."""
    return float(front.folds["inseam"].position[:, 1].max())


def _length(line: NDArray[np.floating]) -> float:
    return float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())


def _pair(landmarks: Landmarks, name: str) -> float:
    """Return the mean length of an edge's two sides, in pixels: a photo's folds must not make a garment lopsided."""
    return 0.5 * sum(_length(landmarks.edges[f"{name}_{side}"]) for side in ("left", "right"))


def _measure_top(front: BodyFront, landmarks: Landmarks, category: str | None, rows: Profile) -> tuple[str, Extent]:
    pits = [front.folds[f"side_{side}"].flat[armpit(front, side)] for side in ("left", "right")]
    scale = _EASE["top"] * float(np.linalg.norm(pits[0] - pits[1])) / (2 * landmarks.measures["chest_half"])
    side = scale * _pair(landmarks, "side")
    if (
        landmarks.straps is not None and landmarks.kind == "vest"
    ):  # the outline's armpit is where it was found, somewhere down the side
        side += scale * _pair(landmarks, "armhole") - _bust(landmarks)
    hem = _down_the_side(front, armpit(front, "left"), side)
    crotch = crotch_height(front)
    if category is None:
        category = "dress" if hem < crotch - _DRESS_BELOW else "top"
    ease = _EASE["dress" if category == "dress" else "top"]  # dresses are cut closer, so their sleeves are shorter
    sleeve = sleeve_length(front, landmarks, scale * ease / _EASE["top"], category)
    has_long_sleeves = sleeve >= full_sleeve(front)
    least = least_length(front, rows)
    if has_long_sleeves:
        least = agreed_length(landmarks, rows, least, "top")
    if category == "top" and landmarks.kind == "top" and least > _LONG_TOP:
        category = "dress"  # a hoodie to the knees; vests are left out, knitted too narrow to tell
    if category in ("top", "outerwear") and has_long_sleeves:
        shoulders = shoulder_height(front)
        hem = shoulders - agreed_length(landmarks, rows, shoulders - hem, "top")
    hem = max(hem, crotch + _TOP_ABOVE)
    if category == "dress":
        bust = None if landmarks.straps is None else _bust_height(front, landmarks)
        hem = min(dress_hem(front, landmarks, rows, bust, has_long_sleeves), crotch - 0.02)
    elif category == "outerwear" and landmarks.kind == "top" and (low := coat_hem(front, landmarks, rows)) is not None:
        hem = low  # waistcoats are not long ones
    hem = float(np.clip(hem, 0.12, waist_height(front) + 0.05))
    if landmarks.straps is not None and landmarks.kind == "top":
        bust = _pit_height(front) + _OFF_SHOULDER
        return category, Extent(hem=hem, sleeve=sleeve, strap=_strap(landmarks, scale), bust=bust)
    if landmarks.straps is not None:
        return category, _held(front, landmarks, landmarks.straps, hem, scale)
    return category, Extent(hem=hem, sleeve=sleeve, neck=_neck(front, landmarks, scale), strap=_strap(landmarks, scale))


def _neck(front: BodyFront, landmarks: Landmarks, scale: float) -> float | None:
    """Return the half width of a neckline that is clearly wider than the body's neck."""
    if landmarks.has_hood:
        return None
    fold = front.folds["arm_left"]
    body = float(np.interp(crossing(fold, across_neck(front)), np.arange(len(fold.flat)), fold.flat[:, 0]))
    shoulder = float(front.joints["arm_left"][0, 0])
    half = scale * landmarks.measures["neck_half"]
    return min(half, 0.85 * shoulder) if half > 1.1 * body else None


def _strap(landmarks: Landmarks, scale: float) -> float:
    return float(scale * landmarks.measures["shoulder_half"])


def _bust(landmarks: Landmarks) -> float:
    """Return how far above the armpits, in metres, the upper edge of what thin straps hold lies: the narrower, the higher."""
    inset = 1.0 - landmarks.measures["shoulder_half"] / landmarks.measures["chest_half"]
    return _BUST + _HALTER * float(np.clip(inset - _INSET, 0.0, 0.3))


def _bust_height(front: BodyFront, landmarks: Landmarks) -> float:
    """Return the height of the upper edge of what thin straps hold, in metres."""
    return _pit_height(front) + _bust(landmarks)


def _pit_height(front: BodyFront) -> float:
    return float(front.folds["side_left"].position[armpit(front, "left"), 1])


def _held(front: BodyFront, landmarks: Landmarks, straps: Straps, hem: float, scale: float) -> Extent:
    """Return the extent of a top or dress without sleeves that thin straps hold: its upper edge is at the bust."""
    chest = scale * landmarks.measures["chest_half"]
    return Extent(
        hem=hem,
        sleeve=0.0,
        neck=scale * landmarks.measures["neck_half"],
        strap=_strap(landmarks, scale),
        bust=_bust_height(front, landmarks),
        strap_at=float(np.clip(straps.middle * chest, *_STRAPS_AT)),
        strap_width=float(np.clip(straps.width * chest, *_STRAP_WIDTHS)) if straps.width > 0 else None,
        armhole=scale * _pair(landmarks, "armhole"),
    )


def _measure_trousers(front: BodyFront, landmarks: Landmarks, category: str | None) -> tuple[str, Extent]:
    share = _leg_share(front, landmarks)
    if category is None:
        category = "shorts" if share < _SHORTS else "trousers"
    share = min(share, _SHORTS) if category == "shorts" else 1.0 if share > _FULL_LEG else share
    hip, ankle = front.joints["leg_left"][0], front.joints["leg_left"][2]
    thigh = (hip[1] - crotch_height(front)) / (hip[1] - ankle[1])  # share of the leg above the crotch
    leg = limb_length(front, "leg") * (thigh + max(share, 0.05) * (1.0 - thigh))
    return category, Extent(waist=waist_height(front), leg=float(leg))


def _leg_share(front: BodyFront, landmarks: Landmarks) -> float:
    """Return which share of the body's inseam bottoms cover, in the mean of what their inseam and their side show.

    A crotch that is found too low, or a low-cut one, shortens the inseam; the side does not know of it.
    """
    width = 2 * max(landmarks.measures["hip_half"], landmarks.measures["waist_half"])
    scale = _EASE["trousers"] * _hip_width(front) / width
    inseam, side = front.folds["inseam"].flat, front.folds["side_left"]
    crotch = int(np.argmax(inseam[:, 1]))
    at = crossing(side, level(waist_height(front), is_upper=True), armpit(front, "left"))
    rise = float(side.flat[round(at), 1] - inseam[crotch, 1])
    below = 0.5 * (_pair(landmarks, "inseam") + _pair(landmarks, "side")) * scale - 0.5 * rise
    return below / _length(inseam[: crotch + 1])


def _measure_skirt(front: BodyFront, landmarks: Landmarks, rows: Profile) -> Extent:
    waist = waist_height(front)
    return Extent(waist=waist, hem=min(skirt_hem(waist, landmarks, rows), crotch_height(front) - 0.06))


def _down_the_side(front: BodyFront, start: int, length: float) -> float:
    """Return the height reached by going down the left flank's fold line for a length on the flat body."""
    fold = front.folds["side_left"]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(fold.flat[start:], axis=0), axis=1))])
    return float(np.interp(length, along, fold.position[start:, 1]))


def _hip_width(front: BodyFront) -> float:
    height = front.joints["leg_left"][0, 1]
    ends = []
    for side in ("left", "right"):
        fold = front.folds[f"side_{side}"]
        ends.append(fold.flat[round(crossing(fold, level(float(height), is_upper=False), armpit(front, side)))])
    return float(np.linalg.norm(ends[0] - ends[1]))
