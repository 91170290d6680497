"""How long and how wide is what hangs about both legs, dress, skirt or long coat, from all rows of its cut-out.

Its trunk is as wide as the body it is for, plus ease: that gives the photo's scale; where a dress flares from a waist, that is
the body's, and the way to it from the shoulders gives the scale. Lengths so found are as much in error, by perspective,
stretch and children's sizes, as people's dresses differ in length, so they are drawn half way to a usual length.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.outline.landmarks import Landmarks
from manikin.tasks.clothing.pattern.seams import armpit
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.sizes.profile import Profile

F64 = NDArray[np.float64]

_EASE = 1.08  # a dress's flat width over the body's, in the middle of what covers the trunk
_FLARE = (0.3, 0.45)  # of half the width below a waist, by length; likewise with how it narrows to the waist from above
_BODICE = 0.40  # metres of a dress from its shoulders over the chest to its waist
_COAT_EASE = 1.2  # likewise of a coat, worn over other clothes
_TRUNK = (0.20, 0.45)  # of a dress's length, between which it is compared with the body
_ROUND_CHEST = 0.93  # of the body's flat chest, that a dress without sleeves has at least: one that flares from there
_TO_HIPS = 1.2  # metres of length at most, of which that are shares
_ROUNDS = 20  # until scale and the heights of the rows that it is taken from agree
_SIZE = 0.92  # usual sizes are so much narrower than this body, and as long
_DRESS = (0.92, 0.5)  # usual length in metres, and the power to which a length's ratio to it is taken
_COAT = (0.85, 0.5)
_SKIRT = (0.50, 0.8)
_LONG_COAT = 0.75  # metres of outerwear that hangs about the legs
_SHOULDERS = {"dress": 0.40, "top": 0.42, "outerwear": 0.44}  # metres from shoulder to shoulder
_BY_SHOULDERS = 0.6  # their weight in a dress's length, beside the trunk's: what hangs is narrow by its folds
_SKIRT_WAIST = 0.37  # metres that a skirt's upper end is wide, of the sizes that lengths are cut for
_UPPER_END = (0.03, 0.08)  # of a skirt's length, between which that width is taken
_OUTLINE_SKIMS = 1.08  # that width over the outline's at the very end
_SLEEVE = 0.60  # metres of a long sleeve, from the shoulder, on the mean body
_BESIDE = 1.15  # times the outline's way to a side, from which a sleeve lies beside it
_LOWEST = 0.06  # of any hem, in metres


def trunk_widths(front: BodyFront, heights: F64) -> F64:
    """Return the widths in metres of the flat body's trunk at heights (...) under the armpits."""
    total = np.zeros(heights.shape)
    for side in ("left", "right"):
        pit, fold = armpit(front, side), front.folds[f"side_{side}"]
        total += np.interp(-heights, -fold.position[pit:, 1], np.abs(fold.flat[pit:, 0]))
    return total


def shoulder_height(front: BodyFront) -> float:
    """Return the height of the shoulders' middle, from which dresses hang, in metres."""
    return float(0.5 * (front.joints["neck"][1] + front.joints["arm_left"][0, 1]))


def natural_waist(front: BodyFront) -> float:
    """Return the height in metres where the trunk is narrowest."""
    heights = np.arange(float(front.joints["pelvis"][1]), float(front.joints["arm_left"][0, 1]), 0.01)
    return float(heights[np.argmin(trunk_widths(front, heights))])


def waist_along(landmarks: Landmarks, rows: Profile) -> float | None:
    """Return how far down its rows, in pixels, a dress has its waist; None where it does not flare from one."""
    if landmarks.kind not in ("top", "vest"):
        return None
    high, middle, low = (
        float(rows.along(np.mean([landmarks.points[f"{name}_{side}"] for side in ("left", "right")], axis=0)))
        for name in ("armpit", "waist", "hem")
    )
    if not 0.0 < high < middle < low:
        return None
    half = landmarks.measures
    flare = (half["hem_half"] - half["waist_half"]) / (low - middle)
    narrowing = (half["chest_half"] - half["waist_half"]) / (middle - high)
    return middle if flare > _FLARE[0] and flare + narrowing > _FLARE[1] else None


def row_widths(landmarks: Landmarks, rows: Profile) -> F64:
    """Return the width (R,) of each row in pixels, of the trunk alone where sleeves lie beside it."""
    if landmarks.kind != "top":
        return rows.width
    names = ("armpit", "waist", "hem")
    ends = [[np.array(landmarks.points[f"{name}_{side}"]) for side in ("left", "right")] for name in names]
    at = [float(rows.along(np.mean(pair, axis=0))) for pair in ends]
    along = np.linspace(0.0, rows.length, len(rows.left))
    outline = np.interp(along, at, [2 * landmarks.measures[f"{n}_half"] for n in ("chest", "waist", "hem")])
    return np.minimum(rows.width, outline)


def without_sleeves(landmarks: Landmarks, rows: Profile) -> Profile:
    """Return rows that end at the trunk's outline, where sleeves that lie beside it make them far wider."""
    if landmarks.kind != "top":
        return rows
    along = np.linspace(0.0, rows.length, len(rows.left))
    sides = []
    for side, sign, reach in (("left", 1.0, rows.left), ("right", -1.0, rows.right)):
        ends = np.array([landmarks.points[f"{name}_{side}"] for name in ("armpit", "waist", "hem")])
        aside = sign * (ends - rows.start) @ rows.across
        outline = np.maximum(np.interp(along, rows.along(ends), aside), 1.0)
        is_beside = reach > _BESIDE * outline
        is_beside &= np.logical_or.accumulate(~is_beside[::-1])[::-1]  # what goes on to the hem is the skirt's flare
        sides.append(np.where(is_beside, outline, reach))
    return replace(rows, left=sides[0], right=sides[1])


def dress_scale(front: BodyFront, landmarks: Landmarks, rows: Profile) -> float:
    """Return the metres a pixel spans, of a dress."""
    waist = waist_along(landmarks, rows)
    if waist is not None:
        return _BODICE / waist
    scale = _scale(front, row_widths(landmarks, rows), rows.length)
    if landmarks.kind != "vest":  # sleeves hide where a chest ends
        return scale
    chest = float(trunk_widths(front, np.array(front.folds["side_left"].position[armpit(front, "left"), 1])))
    return max(scale, _ROUND_CHEST * chest / (2 * landmarks.measures["chest_half"]))


def _scale(front: BodyFront, widths: F64, length: float) -> float:
    """Return the metres a pixel spans, of a garment that hangs from the shoulders and fits the trunk.

    Args:
        front: the body.
        widths: (R,) in pixels, from the shoulders to the hem.
        length: of all rows, in pixels.
    """
    share = np.linspace(0.0, 1.0, len(widths))
    scale = 0.5 / float(np.median(widths[(share >= _TRUNK[0]) & (share <= _TRUNK[1])]))
    for _ in range(_ROUNDS):
        of_trunk = share * max(1.0, scale * length / _TO_HIPS)
        trunk = (of_trunk >= _TRUNK[0]) & (of_trunk <= _TRUNK[1])
        heights = shoulder_height(front) - share[trunk] * scale * length
        needed = float(np.median(trunk_widths(front, heights) / widths[trunk]))
        scale = 0.5 * (scale + _EASE * needed)
    return scale


def dress_hem(
    front: BodyFront, landmarks: Landmarks, rows: Profile, bust: float | None = None, has_long_sleeves: bool = False
) -> float:
    """Return the height of a dress's hem, in metres.

    Args:
        front: the body.
        landmarks: of the dress.
        rows: of its cut-out.
        bust: height of the upper edge of one that straps hold, where its rows begin.
        has_long_sleeves: whether its sleeves go to the wrist, and tell its length too.
    """
    length = dress_scale(front, landmarks, rows) * rows.length
    if waist_along(landmarks, rows) is None:
        length = _dress_length(landmarks, rows, _SIZE * length, has_long_sleeves)
    if bust is not None:
        length += shoulder_height(front) - bust
    return max(shoulder_height(front) - _towards(length, *_DRESS), _LOWEST)


def _dress_length(landmarks: Landmarks, rows: Profile, by_width: float, has_long_sleeves: bool) -> float:
    """Return a dress's length in metres between what its trunk's width tells and its shoulders and long sleeves do."""
    if landmarks.straps is not None:
        return by_width
    by_shoulders = _SIZE * _by_shoulders(landmarks, rows, "dress")
    if landmarks.kind != "top":  # straps may end inside the shoulders
        by_shoulders = min(by_shoulders, by_width)
    if has_long_sleeves:
        return float(np.cbrt(by_width * by_shoulders * _by_sleeves(landmarks, rows)))
    return float(by_width ** (1 - _BY_SHOULDERS) * by_shoulders**_BY_SHOULDERS)


def _by_shoulders(landmarks: Landmarks, rows: Profile, category: str) -> float:
    """Return how long a garment is in metres if its shoulders are as wide as such garments' are."""
    return float(_SHOULDERS[category] * rows.length / max(2 * landmarks.measures["shoulder_half"], 1e-9))


def _by_sleeves(landmarks: Landmarks, rows: Profile) -> float:
    """Return how long a garment is in metres if its sleeves are long."""
    edges = [landmarks.edges[f"sleeve_outer_{side}"] for side in ("left", "right")]
    sleeve = float(np.mean([np.linalg.norm(np.diff(edge, axis=0), axis=1).sum() for edge in edges]))
    return _SLEEVE / max(sleeve, 1e-9) * rows.length


def agreed_length(landmarks: Landmarks, rows: Profile, by_width: float, category: str) -> float:
    """Return the length in metres of a top with long sleeves: the middle one of what width, sleeves and shoulders tell.

    Sleeves at the sides hide how wide a trunk is, those on it look short, and shoulders are hard to tell from sleeves: mostly
    one of the three misleads.

    Args:
        landmarks: of the top.
        rows: of its cut-out.
        by_width: its length in metres by its width.
        category: "top" or "outerwear".
    """
    told = [by_width, _by_sleeves(landmarks, rows), _by_shoulders(landmarks, rows, category)]
    return float(np.median(told))


def least_length(front: BodyFront, rows: Profile) -> float:
    """Return a length in metres that a garment has at least: sleeves beside its trunk make it look wider, never longer."""
    return _scale(front, rows.width, rows.length) * rows.length


def coat_hem(front: BodyFront, landmarks: Landmarks, rows: Profile) -> float | None:
    """Return the height of the hem of a coat with sleeves, in metres; None for outerwear that is not long."""
    length = agreed_length(landmarks, rows, _COAT_EASE / _EASE * least_length(front, rows), "outerwear")
    return None if length < _LONG_COAT else max(shoulder_height(front) - _towards(length, *_COAT), _LOWEST)


def skirt_waist(landmarks: Landmarks, rows: Profile) -> float:
    """Return the width of a skirt's upper end in pixels: of its rows, or of its outline where it sags between its corners."""
    first, last = (round(share * len(rows.left)) for share in _UPPER_END)
    outline = 2 * _OUTLINE_SKIMS * landmarks.measures["waist_half"]
    return min(float(np.median(rows.width[first : last + 1])), outline)


def skirt_hem(waist: float, landmarks: Landmarks, rows: Profile) -> float:
    """Return the height of the hem of a skirt worn at a height, in metres."""
    length = _SKIRT_WAIST / skirt_waist(landmarks, rows) * rows.length
    return max(waist - _towards(length, *_SKIRT), _LOWEST)


def _towards(length: float, usual: float, power: float) -> float:
    return float(usual * (length / usual) ** power)
