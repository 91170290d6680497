"""Is what was cut out one garment, laid out by itself? Five signs, weighed.

The weights are near those of a logistic regression on 361 garment photos (flat on floor, sheet or carpet, hanging,
studio) against 47 pictures and parts of pictures of rooms, landscapes and streets in which a shape was found. With
them 2 of those garments are lost, both cut badly, and 7 of the other pictures pass, mostly ones with an even sky or wall.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.masks import reduced
from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.cutout.segment import Cutout, GarmentRejected
from manikin.tasks.clothing.outline.landmarks import MIN_OVERLAP, Landmarks
from manikin.tasks.clothing.outline.silhouettes import SIDES

F32 = NDArray[np.float32]

_SIDE = 256
_THRESHOLD = -0.9
_UNLIKE = 0.92  # radians by which a left and a right limb may be bent differently: more, and one of them is folded


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for and against."""

    overlap: float  # of silhouette and the best fitting outline, 0..1
    shared: float  # share of colours that garment and ground have in common, 0..1
    contrast: float  # lower quartile of the colour step across the contour, in Lab units
    unrest: float  # spread of the ground's colours, in Lab units
    debris: float  # share of the raw cut that cleaning took away or added

    @property
    def log_odds(self) -> float:
        """Return the weighted sum: above the threshold it is taken for a garment."""
        return (
            40 * self.overlap
            - 4 * self.shared
            + 0.08 * self.contrast
            - 0.2 * self.unrest
            - 0.5 * math.log(self.debris + 0.001)
            - 36.7
        )


def judge(photo: Photo, cutout: Cutout, landmarks: Landmarks) -> float:
    """Return how sure it is that a cut-out is a garment, 0..1.

    Raises:
        GarmentRejected: the silhouette has no garment's shape, or too much speaks against a garment.
    """
    if landmarks.overlap < MIN_OVERLAP:
        raise GarmentRejected(
            f"photo {photo.path}: the shape that stands out is no garment's (the nearest, {landmarks.kind}, is met to "
            f"{landmarks.overlap:.0%}, expected {MIN_OVERLAP:.0%}); lay the garment out flat, sleeves and legs apart"
        )
    _check_limbs(photo, landmarks)
    if cutout.source == "alpha":
        return landmarks.overlap
    signs = weigh(photo, cutout, landmarks.overlap)
    if signs.log_odds < _THRESHOLD:
        raise GarmentRejected(
            f"photo {photo.path}: shows no garment by itself (outline met to {signs.overlap:.0%}, {signs.shared:.0%} of "
            f"the colours shared with the ground, contrast {signs.contrast:.0f}, unrest of the ground "
            f"{signs.unrest:.0f}); photograph one garment, laid out flat on a plain ground of another colour"
        )
    return 1 / (1 + math.exp(_THRESHOLD - signs.log_odds))


def _check_limbs(photo: Photo, landmarks: Landmarks) -> None:
    """Refuse a garment one of whose sleeves or legs is folded where the other is not: its cloth hides the trunk's."""
    measures = landmarks.measures
    limb = next((name for name in ("sleeve", "leg") if f"{name}_angle2_left" in measures), None)
    if limb is None:
        return
    left, right = (measures[f"{limb}_angle2_{side}"] - measures[f"{limb}_angle1_{side}"] for side, _ in SIDES)
    if abs(left - right) > _UNLIKE:
        raise GarmentRejected(
            f"photo {photo.path}: one {limb} is bent otherwise than the other (by {math.degrees(abs(left - right)):.0f} "
            f"degrees, expected at most {math.degrees(_UNLIKE):.0f}), as when it is folded over the front; lay both out alike"
        )


def weigh(photo: Photo, cutout: Cutout, overlap: float) -> Signs:
    """Return the signs of a cut-out."""
    rgb = reduced(photo.rgb, _SIDE)
    mask = (cv2.resize(cutout.mask, rgb.shape[1::-1], interpolation=cv2.INTER_AREA) > 127).astype(np.uint8)
    lab = np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    return Signs(
        overlap=overlap,
        shared=_shared(lab, mask > 0),
        contrast=_contrast(lab, mask),
        unrest=float(lab[mask == 0].std(axis=0).max()),
        debris=cutout.debris,
    )


def _shared(lab: F32, inside: NDArray[np.bool_]) -> float:
    bins = np.clip((lab + np.array([0, 128, 128])) / 10, 0, 26).astype(np.int64)
    index = (bins[..., 0] * 27 + bins[..., 1]) * 27 + bins[..., 2]
    a, b = (np.bincount(index[m], minlength=27**3) / m.sum() for m in (inside, ~inside))
    return float(np.minimum(a, b).sum())


def _contrast(lab: F32, mask: NDArray[np.uint8]) -> float:
    means = [
        cv2.boxFilter(lab * m[..., None], -1, (17, 17)) / np.maximum(cv2.boxFilter(m, -1, (17, 17)), 1e-3)[..., None]
        for m in (mask.astype(np.float32), 1 - mask.astype(np.float32))
    ]
    contour = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    return float(np.quantile(np.linalg.norm(means[0] - means[1], axis=-1)[contour], 0.25))
