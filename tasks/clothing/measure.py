"""How far a photo's garment reaches on the body: its category and extent, from the landmarks' proportions.

A photo has no scale, so widths give it: a top is as wide as the chest it is for, a pair of trousers as the hips, plus ease.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.extent import Extent, across_neck, level, limb_length
from manikin.tasks.clothing.landmarks import Landmarks
from manikin.tasks.clothing.seams import armpit, crossing
from manikin.tasks.clothing.template import BodyFront

F64 = NDArray[np.float64]

_EASE = {"top": 1.12, "trousers": 1.06, "skirt": 1.04}  # garment's flat width over the body's
_WAIST = 0.085  # of a bottom's upper edge above the pelvis joint
_DRESS_BELOW = 0.10  # under the crotch, from which a top is a dress
_TOP_ABOVE = 0.06  # the crotch: a longer top is worn to there, it would cling to the thighs
_TOPS = ("top", "outerwear")
_UNDER_SKIRT = 0.05  # below waist or crotch, what lies on the body ends under the skirt that hangs
_SKIRT_LENGTH = 0.85  # of a skirt scaled to the mean body's waist, since skirts are of smaller sizes
_CAP_SLEEVE = 0.07  # the shortest sleeve, in metres
_FULL = 0.80  # of the arm from which a sleeve goes to its end
_FULL_LEG = 0.64  # of the inseam likewise: wide sizes and photos taken from the waist's end look short
_SHORTS = 0.62  # of the inseam that shorts cover at most


def measure(front: BodyFront, landmarks: Landmarks, category: str | None = None) -> tuple[str, Extent]:
    """Return the garment's category and how far it reaches; a category given wins over the proportions."""
    if landmarks.kind == "trousers":
        return _measure_trousers(front, landmarks, category)
    if landmarks.kind == "skirt":
        return "skirt", _measure_skirt(front, landmarks)
    return _measure_top(front, landmarks, category)


def as_worn(front: BodyFront, category: str, extent: Extent) -> Extent:
    """Return a garment's reach as it is worn: a top that would hang free of the legs must not cling to them."""
    if extent.hem is None:
        return extent
    return replace(extent, hem=max(extent.hem, crotch_height(front) + _TOP_ABOVE)) if category in _TOPS else extent


def as_painted(front: BodyFront, category: str, worn: Extent) -> Extent:
    """Return what lies on the body of a garment as worn: the skirt of dresses and skirts is a piece of its own."""
    low = {"dress": waist_height(front), "skirt": crotch_height(front)}.get(category)
    if low is None or worn.hem is None:
        return worn
    return replace(worn, hem=max(worn.hem + _UNDER_SKIRT, low - _UNDER_SKIRT))


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


def _measure_top(front: BodyFront, landmarks: Landmarks, category: str | None) -> tuple[str, Extent]:
    pits = [front.folds[f"side_{side}"].flat[armpit(front, side)] for side in ("left", "right")]
    scale = _EASE["top"] * float(np.linalg.norm(pits[0] - pits[1])) / (2 * landmarks.measures["chest_half"])
    hem = _down_the_side(front, armpit(front, "left"), scale * _pair(landmarks, "side"))
    crotch = crotch_height(front)
    if category is None:
        category = "dress" if hem < crotch - _DRESS_BELOW else "top"
    waist = waist_height(front)
    low, high = {
        "top": (crotch + _TOP_ABOVE, waist + 0.05),
        "outerwear": (0.25, waist + 0.05),  # a coat may end anywhere
        "dress": (0.25, crotch - 0.02),
    }[category]
    hem = float(np.clip(hem, low, high))
    arm = limb_length(front, "arm")
    sleeve = 0.0
    if landmarks.kind == "top":
        sleeve = max(scale * _pair(landmarks, "sleeve_outer"), _CAP_SLEEVE)
        sleeve = 0.97 * arm if sleeve > _FULL * arm else sleeve
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


def _measure_skirt(front: BodyFront, landmarks: Landmarks) -> Extent:
    waist = waist_height(front)
    at = {
        side: crossing(front.folds[f"side_{side}"], level(waist, is_upper=True), armpit(front, side))
        for side in ("left", "right")
    }
    ends = [front.folds[f"side_{side}"].flat[round(i)] for side, i in at.items()]
    scale = _EASE["skirt"] * float(np.linalg.norm(ends[0] - ends[1])) / (2 * landmarks.measures["waist_half"])
    hem = _down_the_side(front, round(at["left"]), _SKIRT_LENGTH * scale * _pair(landmarks, "side"))
    return Extent(waist=waist, hem=min(hem, crotch_height(front) - 0.06))


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
