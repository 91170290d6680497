"""Is what was cut out one garment, laid out by itself, and will it look well on a body?

That it is one is told by five signs. The weights are near those of a logistic regression on 361 garment photos (flat on
floor, sheet or carpet, hanging, studio) against 47 pictures and parts of pictures of rooms, landscapes and streets in which a
shape was found. With them 2 of those garments are lost, both cut badly, and 7 of the other pictures pass, mostly ones with an
even sky or wall.

How well it will look is told by three flaws (`flaws`), weighed near a logistic regression on 221 dressed figures that were
looked through and found fit to be shown or not: long sleeves, which are bent most; creases all over, which smear; and sleeves
that lie on the trunk. The score is the product of both probabilities. A figure that is not fit has a lower score than one
that is in 82 % of such pairs (62 % by the signs alone). Limits beyond which a photo is refused lie where none that was fit does.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.masks import reduced
from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.cutout.segment import Cutout, GarmentRejected
from manikin.tasks.clothing.outline.flaws import creased, one_sided_ground, sleeve_length, sleeves_on_trunk
from manikin.tasks.clothing.outline.landmarks import MIN_OVERLAP, Landmarks
from manikin.tasks.clothing.outline.silhouettes import SIDES

F32 = NDArray[np.float32]

_SIDE = 256
_THRESHOLD = -0.9
_UNLIKE = 0.92  # radians by which a left and a right limb may be bent differently: more, and one of them is folded
_ACROSS = (
    0.3,
    0.5,
    1.3,
)  # radians inwards that a sleeve across the front points, and past the other, half shoulders long
_LONG = 1.2  # half shoulders that a sleeve is long, from which it reaches the elbow
_LONGEST = 2.0  # likewise, beyond which it makes no difference
_MAX_CREASED = 0.33  # of the calmer parts, with long sleeves; of those fit to be shown 0.2 at most
_MAX_ON_TRUNK = 0.46  # of both sleeves; of those fit to be shown 0.445 at most
_MIN_CONTRAST = (
    6.0  # Lab units of the lower quartile along an outline with sleeves; of those fit to be shown 7.1 at least
)
_MAX_ONE_SIDED = 0.1  # of the garment; of those fit to be shown 0.06 at most


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


@dataclass(frozen=True, slots=True)
class Flaws:
    """What speaks against a good figure."""

    sleeve: float  # length, in half widths of the shoulders
    creased: float  # share of the calmer parts that creases cover, 0..1
    on_trunk: float  # share of the sleeves that lies on the trunk, 0..1

    @property
    def log_odds(self) -> float:
        """Return the weighted sum: the higher, the less fit to be shown."""
        return 1.2 * min(self.sleeve, _LONGEST) + 6 * self.creased + 4 * self.on_trunk - 4.7


def judge(photo: Photo, cutout: Cutout, landmarks: Landmarks) -> float:
    """Return how sure it is that a cut-out is a garment and will look well on a body, 0..1.

    Raises:
        GarmentRejected: the silhouette has no garment's shape, too much speaks against a garment, or it cannot look well.
    """
    if landmarks.overlap < MIN_OVERLAP:
        raise GarmentRejected(
            f"photo {photo.path}: the shape that stands out is no garment's (the nearest, {landmarks.kind}, is met to "
            f"{landmarks.overlap:.0%}, expected {MIN_OVERLAP:.0%}); lay the garment out flat, sleeves and legs apart"
        )
    _check_limbs(photo, landmarks)
    flaws = _checked_flaws(photo, cutout, landmarks)
    well = 1 / (1 + math.exp(flaws.log_odds))
    if cutout.source == "alpha":
        return landmarks.overlap * well
    _check_ground(photo, cutout, landmarks)
    signs = weigh(photo, cutout, landmarks.overlap)
    if landmarks.kind == "top" and cutout.source == "grabcut" and signs.contrast < _MIN_CONTRAST:
        raise GarmentRejected(
            f"photo {photo.path}: cloth is lost where garment and ground look alike (a quarter of its outline has a contrast of "
            f"{signs.contrast:.1f} or less, expected at least {_MIN_CONTRAST:.0f} where there are sleeves); photograph it on a "
            "plain ground of another colour"
        )
    if signs.log_odds < _THRESHOLD:
        raise GarmentRejected(
            f"photo {photo.path}: shows no garment by itself (outline met to {signs.overlap:.0%}, {signs.shared:.0%} of "
            f"the colours shared with the ground, contrast {signs.contrast:.0f}, unrest of the ground "
            f"{signs.unrest:.0f}); photograph one garment, laid out flat on a plain ground of another colour"
        )
    return well / (1 + math.exp(_THRESHOLD - signs.log_odds))


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
    _check_across(photo, landmarks)


def _check_across(photo: Photo, landmarks: Landmarks) -> None:
    """Refuse long sleeves one of which points inwards, across the front, and the other does not: they hide its cloth."""
    inwards, past, least = _ACROSS
    ends = [landmarks.measures.get(f"sleeve_angle2_{side}", 0.0) for side, _ in SIDES]
    if min(ends) < -inwards and max(ends) - min(ends) > past and sleeve_length(landmarks) > least:
        raise GarmentRejected(
            f"photo {photo.path}: a sleeve lies across the front (its end points inwards by {math.degrees(-min(ends)):.0f} "
            f"degrees, expected at most {math.degrees(inwards):.0f}) and hides its cloth; lay both sleeves out beside it"
        )


def _checked_flaws(photo: Photo, cutout: Cutout, landmarks: Landmarks) -> Flaws:
    """Return a garment's flaws; refuse one of which they would leave nothing that is fit to be shown."""
    flaws = Flaws(sleeve_length(landmarks), creased(photo.rgb, cutout.mask), sleeves_on_trunk(landmarks))
    if flaws.on_trunk > _MAX_ON_TRUNK:
        raise GarmentRejected(
            f"photo {photo.path}: the sleeves lie on the trunk (with {flaws.on_trunk:.0%} of theirs, expected at most "
            f"{_MAX_ON_TRUNK:.0%}) and hide each other's cloth; lay them out beside it"
        )
    if flaws.sleeve > _LONG and flaws.creased > _MAX_CREASED:
        raise GarmentRejected(
            f"photo {photo.path}: creases, or light and shade like them, are all over a garment with long sleeves (on "
            f"{flaws.creased:.0%} even of its calmer parts, expected at most {_MAX_CREASED:.0%}), and would be smeared; iron it, "
            "smooth it out and photograph it in soft light"
        )
    return flaws


def _check_ground(photo: Photo, cutout: Cutout, landmarks: Landmarks) -> None:
    """Refuse a cut-out in which much ground was taken for cloth on one side."""
    share = one_sided_ground(photo.rgb, cutout.mask, landmarks)
    if share > _MAX_ONE_SIDED:
        raise GarmentRejected(
            f"photo {photo.path}: the garment cannot be told from its ground (one side of it is like the ground and unlike "
            f"the other on {share:.0%} of it, expected at most {_MAX_ONE_SIDED:.0%}); photograph it on a plain ground of "
            "another colour"
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
