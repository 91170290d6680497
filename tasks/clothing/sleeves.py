"""How far a top's sleeves reach down the arm.

Tailors measure sleeves from the middle of the neck over the shoulder to the cuff: it does not matter where on that way the
shoulder is found or the sleeve set in. What is left beyond shoulders of the usual width is sleeve.
"""

import numpy as np

from manikin.tasks.clothing.extent import limb_length
from manikin.tasks.clothing.landmarks import Landmarks
from manikin.tasks.clothing.template import BodyFront

_SIDES = ("left", "right")
_SHOULDERS = 0.92  # of the chest, in most tops
_LENGTH = 0.66  # of sleeves scaled by the width: the mean body is wide for its arms
_SHORTEST = 0.07  # in metres
_FULL = 0.63  # of the arm from which a sleeve goes to its end
_END = 0.97  # of the arm


def sleeve_length(front: BodyFront, landmarks: Landmarks, scale: float) -> float:
    """Return how far down the arm from the shoulder joint a top's sleeves reach, in metres; 0 for a vest.

    Args:
        front: the body.
        landmarks: of a "top" or "vest".
        scale: metres to a pixel, by the width of the chest; the shoulders put it right where an armpit is misplaced.
    """
    if landmarks.kind != "top":
        return 0.0
    chest, shoulders = landmarks.measures["chest_half"], landmarks.measures["shoulder_half"]
    width = 0.5 * (chest + shoulders / _SHOULDERS)
    sleeve = _LENGTH * scale * chest / width * (_to_cuff(landmarks) - _SHOULDERS * width)
    arm = limb_length(front, "arm")
    return _END * arm if sleeve > _FULL * arm else max(sleeve, _SHORTEST)


def _to_cuff(landmarks: Landmarks) -> float:
    """Return the two sides' mean length from the middle of the neck to the cuff, in pixels."""
    edges = (landmarks.edges[f"{name}_{side}"] for name in ("shoulder", "sleeve_outer") for side in _SIDES)
    lengths = (float(np.linalg.norm(np.diff(edge, axis=0), axis=1).sum()) for edge in edges)
    return landmarks.measures["neck_half"] + 0.5 * sum(lengths)
