"""A garment found in its photo: silhouette, landmarks and category, and how sure that is."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from manikin.tasks.clothing.cutout.masks import largest
from manikin.tasks.clothing.cutout.photo import Photo, mirrored
from manikin.tasks.clothing.cutout.segment import (
    Cutout,
    GarmentRejected,
    check_rest,
    cut_again,
    segment,
    without_ground,
    without_strays,
)
from manikin.tasks.clothing.outline.judge import judge
from manikin.tasks.clothing.outline.labels import kinds_of
from manikin.tasks.clothing.outline.landmarks import (
    Landmarks,
    Straps,
    closed_mask,
    gap_mask,
    opening_mask,
    outline_mask,
    rival_landmarks,
    scaled,
    trunk_mask,
)
from manikin.tasks.clothing.outline.silhouettes import HELD, TOP, VEST, WAISTED, Silhouette
from manikin.tasks.clothing.outline.straps import find_straps, is_off_shoulder, is_strapless, without_straps

_FIT_SIDE = 256  # the outline is fitted at this size
_MIN_LEGS = 0.86  # of silhouette and trousers' outline, from which ground between legs counts
_SPLIT = 0.5  # of the line between the legs on which ground must show
_OF_OTHERS = (
    0.92,
    0.06,
)  # overlap with a label's outline, below which one that is so much less in doubt belies the label
_OF_ONE = (0.97, 0.02)  # likewise of trousers between whose legs no ground shows
_AS_WELL = 0.006  # of overlap, by which a skirt's outline may cover less than the best
_MIN_CLEAR = 0.92  # to which the other outline must be met
_MIN_HELD, _LESS_HELD = (
    0.9,
    0.04,
)  # overlap of what straps hold at least, and by how much it may be less than with sleeves
_THIN = 0.08  # of half the chest: wider ones do not belie an outline's sleeves
_NO_ARMHOLES = (0.7, 0.9)  # of half the chest: depth to it at most, and width above it at least, of what has sleeves
_BOTTOMS = ("trousers", "skirt")
_TOPS = ("top", "vest")
_IN_TRUNK, _AT_NECK = (
    0.9,
    0.1,
)  # of a hole, that lies in the trunk at least, and about the neck at most, if it is a print
_CHANGED = 0.003  # of the picture; a silhouette changed by less keeps its landmarks


@dataclass(frozen=True, slots=True)
class Found:
    """The one garment that a photo shows."""

    photo: Photo
    cutout: Cutout
    landmarks: Landmarks
    category: str | None  # that the label names; None lets the proportions decide
    score: float  # 0 doubtful ... 1 sure
    label: str | None = None  # what it was said to be


def find_garment(photo: Photo, label: str | None = None) -> Found:
    """Return the garment in a photo.

    Args:
        photo: the photo; its own label is used where `label` is None.
        label: what it shows ("T-Shirt", "Pants" ...); without one the silhouette decides.

    Raises:
        GarmentRejected: no garment is found in the photo, or none that can be dressed; the message says why.
    """
    label = label if label is not None else photo.label
    kinds, category = kinds_of(photo, label)
    cut = segment(photo)
    cutout, landmarks = _outlined(photo, cut, kinds)
    if landmarks.kind in _TOPS:
        cutout, landmarks = _held(photo, cutout, landmarks, kinds)
    if _hides_sleeves(landmarks):
        cutout, landmarks = _outlined(photo, cut, tuple(k for k in kinds if k.name == TOP.name))
    if category == "dress" and landmarks.kind == WAISTED.name:
        landmarks = replace(_landmarks(photo, cutout, (WAISTED,))[0], straps=landmarks.straps)
    may_be_bare = category in ("top", "dress") and HELD.name in (k.name for k in kinds) and landmarks.straps is None
    if may_be_bare and (is_strapless(landmarks) or is_off_shoulder(cutout.mask, landmarks)):
        landmarks = replace(landmarks, straps=Straps(0.0, 0.0))
    check_rest(photo, cut, cutout)
    cutout = with_prints(cutout, landmarks)
    if category is not None:
        is_one = landmarks.kind == "trousers" and not _is_split(cutout, landmarks)
        doubtful, clearly = _OF_ONE if is_one else _OF_OTHERS
        if landmarks.overlap < doubtful:
            _check_label(photo, cut, landmarks, str(label), clearly)
    return Found(photo, cutout, landmarks, category, judge(photo, cutout, landmarks), label)


def with_prints(cutout: Cutout, landmarks: Landmarks) -> Cutout:
    """Return the cut-out with a top's trunk solid: what is a hole there, but at the neck, is a print like the ground."""
    if landmarks.kind not in _TOPS or cutout.source != "grabcut":
        return cutout
    outside = (cutout.mask < 128).astype(np.uint8)
    n, piece, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    trunk, neck = (mask(landmarks, outside.shape) > 0 for mask in (trunk_mask, opening_mask))
    area = np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    in_trunk, at_neck = (np.bincount(piece[m], minlength=n) / area for m in (trunk, neck))
    is_print = (in_trunk > _IN_TRUNK) & (at_neck < _AT_NECK)
    is_print[0] = False
    if not is_print.any():
        return cutout
    return replace(cutout, mask=np.where(is_print[piece], 255, cutout.mask).astype(np.uint8))


def _check_label(photo: Photo, cut: Cutout, landmarks: Landmarks, label: str, clearly: float) -> None:
    """Refuse a label whose outline is clearly more in doubt than one for another part of the body.

    Doubt knows of strain: a top's outline can take any shape, with sleeves that no garment has.
    """
    everything, _ = kinds_of(photo, None)
    is_bottom = landmarks.kind in _BOTTOMS
    others = tuple(k for k in everything if (k.name in _BOTTOMS) != is_bottom)
    _, other = _outlined(photo, cut, others)
    if other.overlap > _MIN_CLEAR and other.doubt < landmarks.doubt - clearly:
        raise GarmentRejected(
            f'photo {photo.path}: label "{label}" contradicts the picture (an outline of {landmarks.kind} is met to '
            f"{landmarks.overlap:.0%}, one of {other.kind} to {other.overlap:.0%}); correct the label or leave it empty; "
            "if it is right, take the photo on a plain ground"
        )


def find_back(photo: Photo, garment: Found) -> Found:
    """Return the back of a garment in a photo of its own, left and right exchanged: as it lies on the front.

    Raises:
        GarmentRejected: no back of that garment is found in the photo; the message says why.
    """
    flipped = mirrored(photo)
    kinds = tuple(k for k in kinds_of(photo, garment.label)[0] if k.name == garment.landmarks.kind)
    cutout, landmarks = _outlined(flipped, segment(flipped), kinds)
    return Found(flipped, cutout, landmarks, garment.category, judge(flipped, cutout, landmarks), garment.label)


def _outlined(photo: Photo, cutout: Cutout, kinds: tuple[Silhouette, ...]) -> tuple[Cutout, Landmarks]:
    """Return the cut-out less the ground seen through it, and its landmarks.

    What is ground between legs would be cloth on a shirt, so each likely kind cleans the cut by its own lights. If ground
    then shows all the way down between the legs, they are legs. What the plain outline of a skirt covers as well as any has
    neither sleeves nor legs. Else the outline that fits better is taken.

    Ground that shows through a top, as beside its sleeves, spoils the outline by which it is told: where some was taken, the
    outline that fits the rest may tell more.
    """
    rivals = []
    shape = cutout.mask.shape[:2]
    for landmarks in _landmarks(photo, cutout, kinds):
        again = cut_again(photo, cutout, outline_mask(landmarks, shape), trunk_mask(landmarks, shape))
        whole = _cleaned(photo, again, landmarks)
        if not _differ(whole, cutout):
            rivals.append((cutout, landmarks))
            continue
        kind = tuple(k for k in kinds if k.name == landmarks.kind)
        landmarks = _landmarks(photo, whole, kind)[0]
        if landmarks.kind in _TOPS and _differ(whole, again):
            cleaner = _cleaned(photo, whole, landmarks)
            if landmarks.kind == "top":
                about_neck = whole.mask & opening_mask(landmarks, shape)  # strings and labels are no ground
                cleaner = replace(cleaner, mask=largest((cleaner.mask | about_neck) // 255) * 255)
            if _differ(cleaner, whole):
                whole, landmarks = cleaner, _landmarks(photo, cleaner, kind)[0]
        rivals.append((whole, landmarks))
    legs = [r for r in rivals if r[1].kind == "trousers" and r[1].overlap > _MIN_LEGS and _is_split(*r)]
    best = max(rival[1].overlap for rival in rivals)
    skirts = [r for r in rivals if r[1].kind == "skirt" and r[1].overlap > best - _AS_WELL]
    return _without_strays(photo, *min(legs or skirts or rivals, key=lambda rival: rival[1].doubt), kinds)


def _without_strays(
    photo: Photo, cutout: Cutout, landmarks: Landmarks, kinds: tuple[Silhouette, ...]
) -> tuple[Cutout, Landmarks]:
    cleaner = without_strays(photo, cutout, outline_mask(landmarks, cutout.mask.shape[:2]))
    if not _differ(cleaner, cutout):
        return cutout, landmarks
    return cleaner, _landmarks(photo, cleaner, tuple(k for k in kinds if k.name == landmarks.kind))[0]


def _cleaned(photo: Photo, cutout: Cutout, landmarks: Landmarks) -> Cutout:
    shape = cutout.mask.shape[:2]
    has_limbs = landmarks.kind in ("top", "trousers")
    trunk, gap, closed = trunk_mask(landmarks, shape), gap_mask(landmarks, shape), closed_mask(landmarks, shape)
    return without_ground(photo, cutout, trunk, gap, has_limbs, closed)


def _differ(a: Cutout, b: Cutout) -> bool:
    return bool((a.mask != b.mask).mean() > _CHANGED)


def _held(
    photo: Photo, cutout: Cutout, landmarks: Landmarks, kinds: tuple[Silhouette, ...]
) -> tuple[Cutout, Landmarks]:
    """Return the cut-out less straps and its landmarks with them, if thin straps hold it: it has no sleeves then."""
    is_sleeveless = any(k.name == HELD.name for k in kinds)
    straps = find_straps(photo.rgb, cutout.mask, landmarks) if is_sleeveless else None
    if straps is None or (landmarks.kind != HELD.name and straps.width > _THIN):
        return cutout, landmarks
    less = replace(cutout, mask=without_straps(cutout.mask, landmarks))
    held = _landmarks(photo, less, (HELD,))[0]
    if held.overlap < max(_MIN_HELD, landmarks.overlap - _LESS_HELD):
        return cutout, landmarks
    return less, replace(held, straps=straps)


def _hides_sleeves(landmarks: Landmarks) -> bool:
    """Return whether an outline without sleeves is as wide as its chest right under the shoulders: sleeves hang there."""
    if landmarks.kind != VEST.name or landmarks.straps is not None:
        return False
    depth, width = (landmarks.measures[n] / landmarks.measures["chest_half"] for n in ("armpit_y", "armhole_half"))
    return depth < _NO_ARMHOLES[0] and width > _NO_ARMHOLES[1]


def _is_split(cutout: Cutout, landmarks: Landmarks) -> bool:
    line = gap_mask(landmarks, cutout.mask.shape[:2]) > 0
    return bool((cutout.mask[line] < 128).mean() > _SPLIT)


def _landmarks(photo: Photo, cutout: Cutout, kinds: tuple[Silhouette, ...]) -> list[Landmarks]:
    scale = min(1.0, _FIT_SIDE / max(cutout.mask.shape))
    mask, rgb = (
        cv2.resize(a, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for a in (cutout.mask, photo.rgb)
    )
    found = rival_landmarks((mask > 127).astype(np.uint8), kinds, np.asarray(rgb, np.uint8))
    return [scaled(landmarks, 1 / scale) for landmarks in found]
