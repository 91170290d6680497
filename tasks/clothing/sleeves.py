"""How far a top's sleeves reach down the arm.

Tailors measure sleeves from the middle of the neck over the shoulder to the cuff: it does not matter where on that way the
shoulder is found or the sleeve set in.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.extent import across_limb, across_neck, limb_length
from manikin.tasks.clothing.landmarks import Landmarks
from manikin.tasks.clothing.seams import crossing
from manikin.tasks.clothing.template import BodyFront

_SIDES = ("left", "right")
_LENGTH = 0.85  # of sleeves scaled by the chest: the mean body is wide for its arms
_SHORTEST = 0.07  # in metres
_FULL = 0.64  # of the arm from which a sleeve goes to its end
_END = 0.97  # of the arm


def sleeve_length(front: BodyFront, landmarks: Landmarks, scale: float) -> float:
    """Return how far down the arm from the shoulder joint a top's sleeves reach, in metres; 0 for a vest.

    Args:
        front: the body.
        landmarks: of a "top" or "vest".
        scale: metres to a pixel, by the garment's width.
    """
    if landmarks.kind != "top":
        return 0.0
    arm = limb_length(front, "arm")
    sleeve = max(_down_the_arm(front, _LENGTH * scale * _to_cuff(landmarks)), _SHORTEST)
    return _END * arm if sleeve > _FULL * arm else sleeve


def _to_cuff(landmarks: Landmarks) -> float:
    """Return the two sides' mean length from the middle of the neck to the cuff, in pixels."""
    edges = (landmarks.edges[f"{name}_{side}"] for name in ("shoulder", "sleeve_outer") for side in _SIDES)
    return landmarks.measures["neck_half"] + 0.5 * sum(float(_along(edge)[-1]) for edge in edges)


def _down_the_arm(front: BodyFront, length: float) -> float:
    """Return how far from the shoulder joint a length ends that runs from the middle of the neck down the left arm."""
    fold = front.folds["arm_left"]
    index, along = np.arange(len(fold.flat)), _along(fold.flat)
    neck = crossing(fold, across_neck(front))
    middle = np.interp(neck, index, along) - np.interp(neck, index, fold.flat[:, 0])
    sleeves = np.linspace(0.0, limb_length(front, "arm"), 26)
    ends = [np.interp(crossing(fold, across_limb(front, "arm", "left", s)), index, along) for s in sleeves]
    return float(np.interp(length, np.maximum.accumulate(ends) - middle, sleeves))


def _along(line: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return (n,) lengths along a polyline."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
