"""A front's neckline as it is worn: where on the body it lies, what the warp keeps to there, and what it cuts off."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.edges.neckline import LAPELLED, Neckline, Scoop, above_line
from manikin.tasks.clothing.outline.labels import word_of
from manikin.tasks.clothing.outline.landmarks import Landmarks, opening_mask
from manikin.tasks.clothing.pattern.seams import armpit, between, half_chest, neck_at, neck_ends
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.pattern.warp import Warp

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_THROAT = (1.2, 0.17)  # of the neck's half width, and metres below and above its sides, that count as throat
_HELD = (-0.55, 0.0, 0.55)  # shares of a neckline's half width at which the warp keeps to it
_OVER_ARMPITS = 0.03  # metres by which it ends above them, for that
_HANGS = 0.15  # of half the chest beside lapels and plackets, on which tags and their insides lie
_PLACKET = 0.12  # metres that these stand open under the neck's sides at most
_CUT_WITHIN = (0.5, 0.05)  # metres below and above the neck's sides within which a neckline is looked for on the body
_BUTTONED = ("polo", "shirt")


class Neck(NamedTuple):
    """What a photo shows about a neck."""

    opening: U8  # (H, W), 255 where a back differs from the front
    throat: U8  # (H, W), 255 on what lands on the throat, where the garment's inside may show
    above: U8 | None  # (H, W), 255 above the front neckline; None where none is sure
    scoop: Scoop | None = None  # of that


def neckline_points(front: BodyFront, neck: float | None, lines: tuple[Neckline, ...]) -> tuple[F64, F64]:
    """Return (n, 2) flat points along the deepest neckline as it is worn, and (n, 2) where the photo shows them.

    Deep ones have none: the cloth beside them lies as the trunk's rows say, and the front is cut where those show it.

    Args:
        front: the body.
        neck: the half width in metres of a neckline wider than the body's neck.
        lines: what the photo shows.
    """
    if not lines or not _is_shallow(front, neck, lines[0].scoop):
        return np.empty((0, 2)), np.empty((0, 2))
    (half, high), scoop = _neck_side(front, neck), lines[0].scoop
    t = np.array(_HELD)
    flat = np.stack([half * t, high - scoop.depth * half_chest(front) * (1 - np.abs(t) ** scoop.bow)], axis=1)
    along = np.linspace(-1.0, 1.0, len(lines[0].line))
    return flat, np.stack([np.interp(t, along, lines[0].line[:, c]) for c in range(2)], axis=1)


def seen_neck(
    front: BodyFront,
    shape: tuple[int, ...],
    landmarks: Landmarks,
    warp: Warp,
    lines: tuple[Neckline, ...],
    neck: float | None = None,
    label: str | None = None,
) -> Neck:
    """Return what a photo shows about the neck; nothing for garments that have none, or end at the bust.

    Args:
        front: the body.
        shape: of the photo.
        landmarks: of the garment.
        warp: from the flat body into the photo.
        lines: the necklines that it shows.
        neck: the half width in metres of a neckline wider than the body's neck.
        label: what the photo shows: what buttons up to the neck is not cut deep.
    """
    throat = np.zeros(shape[:2], np.uint8)
    if landmarks.kind not in ("top", "vest") or landmarks.straps is not None:
        return Neck(throat, throat, None)
    at = neck_at(front, "left", None)
    x, y = between(front.folds["arm_left"], at, at + 1)[0]
    turn = np.linspace(0, 2 * np.pi, 48)
    around = np.stack([_THROAT[0] * x * np.cos(turn), y + _THROAT[1] * np.sin(turn)], axis=1)
    cv2.fillPoly(throat, [np.rint(warp.at(around)).astype(np.int32)], 255)
    above = (
        None if not lines else np.asarray(np.max([above_line(n.line, throat.shape) for n in lines], axis=0), np.uint8)
    )
    if above is not None and word_of(label) in LAPELLED + _BUTTONED:
        beside = 2 * max(1, round(_HANGS * landmarks.measures["chest_half"])) + 1
        throat |= np.asarray(cv2.dilate(above, np.ones((beside, beside), np.uint8)), np.uint8)
    scoop = lines[0].scoop if lines else None
    if scoop is not None and not _is_shallow(front, neck, scoop):
        scoop = worn_scoop(front, warp, neck, lines[0].line, scoop.bow)
    if scoop is not None and word_of(label) in _BUTTONED:
        scoop = scoop._replace(depth=min(scoop.depth, _PLACKET / half_chest(front)))
    return Neck(opening_mask(landmarks, (shape[0], shape[1])), throat, above, scoop)


def _neck_side(front: BodyFront, neck: float | None) -> tuple[float, float]:
    """Return how far beside the middle and how high on the flat body a neckline ends."""
    half, high = np.mean([np.abs(p) for p in neck_ends(front, neck)], axis=0)
    return float(half), float(high)


def _is_shallow(front: BodyFront, neck: float | None, scoop: Scoop) -> bool:
    """Return whether a neckline ends above the armpits, where the trunk's rows begin."""
    pits = [front.folds[f"side_{side}"].flat[armpit(front, side), 1] for side in ("left", "right")]
    _, high = _neck_side(front, neck)
    return high - scoop.depth * half_chest(front) > float(np.mean(pits)) + _OVER_ARMPITS


def worn_scoop(front: BodyFront, warp: Warp, neck: float | None, line: F64, bow: float) -> Scoop:
    """Return the scoop of an exponent along which a body's front is cut where a photo shows its neckline (n, 2).

    Args:
        front: the body.
        warp: from the flat body into the photo.
        neck: the half width in metres of a neckline wider than the body's neck.
        line: the photo's pixels.
        bow: the exponent.
    """
    half, high = _neck_side(front, neck)
    return fit_scoop(front, warp, half, high, line, bow)


def fit_scoop(front: BodyFront, warp: Warp, half: float, high: float, line: F64, bow: float) -> Scoop:
    """Return the scoop of an exponent that comes nearest to a photo's line (n, 2).

    Args:
        front: the body.
        warp: from the flat body into the photo.
        half: metres beside the flat body's middle, where the scoop ends.
        high: how high these ends are on the flat body.
        line: the photo's pixels.
        bow: the exponent.
    """
    chest = half_chest(front)
    flat = warp.flat_of(line, (-chest, high - _CUT_WITHIN[0]), (chest, high + _CUT_WITHIN[1]))
    g = 1 - np.minimum(np.abs(flat[:, 0] / half), 1) ** bow
    depth = float(((high - flat[:, 1]) * g).sum() / max(float((g * g).sum()), 1e-9))
    return Scoop(max(depth, 0.0) / chest, bow)
