"""How far a top's sleeves reach down the arm.

Tailors measure sleeves from the middle of the neck over the shoulder to the cuff: it does not matter where on that way the
shoulder is found or the sleeve set in. What is left beyond the shoulder joint is sleeve, in the mean with what the inner
edge shows, from the armpit to the cuff.

Wide garments, children's and those seen from the hem look short of sleeve by their width; against their own length long sleeves
are as long as ever. So whether sleeves are long is told by both.
"""

import numpy as np

from manikin.tasks.clothing.outline.landmarks import Landmarks
from manikin.tasks.clothing.pattern.planes import limb_length
from manikin.tasks.clothing.pattern.template import BodyFront

_SIDES = ("left", "right")
_SHOULDERS = 0.92  # of the chest, in most tops
_JOINTS = 0.79  # likewise, half the way between the shoulder joints of the body that wears them
_ARMPIT = 0.10  # metres down the arm where the inner edge begins
_OUTER, _INNER = 0.57, 0.7  # of sleeves scaled by the width: the mean body is wide for its arms
_SHORTEST = 0.07  # in metres
_WEIGHT = 2.0  # of a sleeve as a share of its garment's length, beside its share of the arm
_LONG, _LONG_FOR_OTHERS = 1.93, 1.74  # of both together, from which a sleeve goes to the arm's end; dresses are longer
_FULL = 0.592  # of the arm likewise, in dresses, coats and hoodies
_ELBOW, _FURTHER = 0.5, 1.5  # of the arm, beyond which sleeves that are not long fall short, and by how many times
_END = 0.97  # of the arm


def sleeve_length(front: BodyFront, landmarks: Landmarks, scale: float, category: str = "top") -> float:
    """Return how far down the arm from the shoulder joint a top's sleeves reach, in metres; 0 for a vest.

    Args:
        front: the body.
        landmarks: of a "top" or "vest".
        scale: metres to a pixel, by the width of the chest; the shoulders put it right where sleeves that hang at the
            sides hide the flanks, and the chest looks narrow.
        category: "top", "outerwear" or "dress".
    """
    if landmarks.kind != "top":
        return 0.0
    chest, shoulders = landmarks.measures["chest_half"], landmarks.measures["shoulder_half"]
    width = max(chest, shoulders / _SHOULDERS)
    outside = _mean_length(landmarks, "sleeve_outer")
    to_cuff = landmarks.measures["neck_half"] + _mean_length(landmarks, "shoulder") + outside
    outer = _OUTER * (to_cuff - _JOINTS * width)
    inner = _INNER * _mean_length(landmarks, "sleeve_inner")
    sleeve = 0.5 * (_ARMPIT + scale * chest / width * (outer + inner))
    arm = limb_length(front, "arm")
    both = sleeve / arm + _WEIGHT * outside / landmarks.measures["hem_y"]
    is_hip_length = category == "top" and not landmarks.has_hood
    is_long = both > _LONG if is_hip_length else both > _LONG_FOR_OTHERS or sleeve > _FULL * arm
    beyond = max(0.0, sleeve - _ELBOW * arm)
    full = full_sleeve(front)
    return full if is_long else float(np.clip(sleeve + _FURTHER * beyond, _SHORTEST, full))


def full_sleeve(front: BodyFront) -> float:
    """Return how far down the arm long sleeves reach, in metres."""
    return float(_END * limb_length(front, "arm"))


def _mean_length(landmarks: Landmarks, *names: str) -> float:
    """Return the length of edges together, the mean of both sides, in pixels."""
    edges = (landmarks.edges[f"{name}_{side}"] for name in names for side in _SIDES)
    return 0.5 * sum(float(np.linalg.norm(np.diff(edge, axis=0), axis=1).sum()) for edge in edges)
