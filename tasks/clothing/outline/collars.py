"""Which collar a garment has: by its name, and by how far its cloth goes on above the neck's sides in the photo."""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.outline.labels import word_of
from manikin.tasks.clothing.outline.landmarks import Landmarks

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_NAMED = {
    "fold": ("shirt", "polo"),
    "lapel": ("blazer",),
    "hood": ("hoodie", "anorak"),
}
_MAYBE = ("blouse",)  # has a shirt's collar where its cloth goes on at all
_JACKETS = ("outerwear", "outwear", "jacket", "coat", "parka")
# Shares of half the chest by which cloth goes on above the neck's sides, in the middle of its columns.
_GOES_ON, _FOLDED, _SURELY, _OPEN, _HOODED = 0.04, 0.1, 0.18, -0.05, 0.35
_FILLED, _WIDE = (-0.1, 0.15), 0.4  # likewise where a hood lies behind, and half the neck's width: collars are narrower
_ROLLS = 0.16  # likewise in the least of its columns
_COLUMNS, _WITHIN = 17, 0.8  # and the share of the neck's half width that they are within
_LOOK, _STEP = (1.0, 2.5), 0.02  # of half the chest: how far below and above is looked, and how finely


def collar_of(label: str | None, mask: U8, landmarks: Landmarks) -> str | None:
    """Return the kind of collar of a top, of `pattern.collar.KINDS`; None if it has none.

    Args:
        label: what the garment is said to be.
        mask: (H, W), 255 on the garment.
        landmarks: of the garment.
    """
    if landmarks.kind not in ("top", "vest") or landmarks.straps is not None:
        return None
    word = word_of(label)
    named = next((kind for kind, words in _NAMED.items() if word in words), None)
    if named is not None:
        return named
    rise = rises(mask, landmarks)
    middle, least = float(np.median(rise)), float(rise.min())
    if word in _MAYBE:
        return "fold" if middle > _GOES_ON else None
    if word in _JACKETS:
        if landmarks.has_hood or middle > _HOODED or _lies_behind(middle, landmarks):
            return "hood"
        return "stand" if middle > _OPEN else "lapel"
    if not word and landmarks.has_hood:
        return "hood"
    if least >= _ROLLS:
        return "roll"
    if middle > (_SURELY if word else _FOLDED) and not landmarks.has_hood:
        return "fold"  # the most usual
    return "stand" if landmarks.has_hood else None


def _lies_behind(rise: float, landmarks: Landmarks) -> bool:
    """Return whether cloth fills a neck wider than a collar's, and does not stand up in it: a hood that lies behind."""
    right, left = (np.array(landmarks.points[f"neck_{side}"]) for side in ("right", "left"))
    wide = 0.5 * float(np.linalg.norm(left - right)) / landmarks.measures["chest_half"]
    return _FILLED[0] < rise < _FILLED[1] and wide > _WIDE


def rises(mask: U8, landmarks: Landmarks) -> F64:
    """Return how far (n,) cloth goes on above the line between a neck's sides, in shares of half the chest."""
    p = {name: np.array(place) for name, place in landmarks.points.items()}
    unit = landmarks.measures["chest_half"]
    middle, half = 0.5 * (p["neck_left"] + p["neck_right"]), 0.5 * (p["neck_left"] - p["neck_right"])
    up = np.array([half[1], -half[0]]) / max(float(np.linalg.norm(half)), 1e-9)
    up *= np.sign((middle - 0.5 * (p["hem_left"] + p["hem_right"])) @ up)
    heights = np.arange(-_LOOK[0], _LOOK[1], _STEP)
    bases = middle + np.linspace(-_WITHIN, _WITHIN, _COLUMNS)[:, None] * half
    at = np.rint(bases[:, None] + unit * heights[:, None] * up).astype(int)
    within = ((at >= 0) & (at < mask.shape[1::-1])).all(axis=-1)
    on = np.zeros(within.shape, bool)
    on[within] = mask[at[within][:, 1], at[within][:, 0]] > 127
    last = len(heights) - 1 - np.argmax(on[:, ::-1], axis=1)
    return np.where(on.any(axis=1), heights[last], -_LOOK[0])
