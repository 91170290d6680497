"""A wardrobe's records, and the way from one photo to one layer."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.bake import bake
from manikin.tasks.clothing.extent import Extent
from manikin.tasks.clothing.fill import spread_cloth
from manikin.tasks.clothing.judge import judge
from manikin.tasks.clothing.labels import kinds_of
from manikin.tasks.clothing.landmarks import (
    Landmarks,
    gap_mask,
    opening_mask,
    resample,
    rival_landmarks,
    scaled,
    trunk_mask,
)
from manikin.tasks.clothing.measure import as_worn, measure
from manikin.tasks.clothing.photo import Photo
from manikin.tasks.clothing.seams import body_edges
from manikin.tasks.clothing.segment import Cutout, segment, without_ground
from manikin.tasks.clothing.silhouettes import Silhouette
from manikin.tasks.clothing.template import BodyFront
from manikin.tasks.clothing.warp import Warp, fit_warp

U8 = NDArray[np.uint8]

_FIT_SIDE = 256  # the outline is fitted at this size
_MIN_LEGS = 0.86  # of silhouette and trousers' outline, from which ground between legs counts
_SPLIT = 0.5  # of the line between the legs on which ground must show
_CHANGED = 0.003  # of the picture; a silhouette changed by less keeps its landmarks


@dataclass(frozen=True, slots=True)
class GarmentLayer:
    """One garment on the atlas."""

    id: str
    category: str  # "top", "dress", "trousers", "shorts", "skirt", "shoes", "hair"
    rgba: U8  # (S, S, 4) straight alpha, sRGB, colours bled beyond alpha
    extent: Extent
    score: float  # 0 doubtful ... 1 sure
    source: str  # what it was made from: a photo's file name, or the fabric
    sha256: str | None  # of the photo
    licence: str


def dress_photo(photo: Photo, front: BodyFront, label: str | None = None, licence: str = "unknown") -> GarmentLayer:
    """Return the layer of the one garment that a photo shows.

    Args:
        photo: the photo; its own label is used where `label` is None.
        front: the body, which also sets the atlas size.
        label: what it shows ("T-Shirt", "Pants" ...); without one the silhouette decides.
        licence: kept in the record.

    Raises:
        GarmentRejected: no garment is found in the photo, or none that can be dressed; the message says why.
    """
    label = label if label is not None else photo.label
    kinds, category = kinds_of(photo, label)
    cutout, landmarks = _outlined(photo, segment(photo), kinds)
    score = judge(photo, cutout, landmarks)
    category, extent = measure(front, landmarks, category)
    shape = cutout.mask.shape[:2]
    opening, trunk = opening_mask(landmarks, shape), trunk_mask(landmarks, shape)
    cloth = spread_cloth(photo.rgb, cutout.mask, opening, trunk if landmarks.kind in ("top", "vest") else None)
    worn = as_worn(front, category, extent)
    rgba = bake(front, cloth, garment_warp(front, landmarks, extent), worn)
    return GarmentLayer(
        f"{category}-{photo.sha256[:12]}", category, rgba, worn, score, photo.path.name, photo.sha256, licence
    )


def _outlined(photo: Photo, cutout: Cutout, kinds: tuple[Silhouette, ...]) -> tuple[Cutout, Landmarks]:
    """Return the cut-out less the ground seen through it, and its landmarks.

    What is ground between legs would be cloth on a shirt, so each likely kind cleans the cut by its own lights. If ground
    then shows all the way down between the legs, they are legs; else the outline that fits better is taken.
    """
    rivals = []
    shape = cutout.mask.shape[:2]
    for landmarks in _landmarks(cutout, kinds):
        whole = without_ground(photo, cutout, trunk_mask(landmarks, shape), gap_mask(landmarks, shape))
        if (whole.mask != cutout.mask).mean() > _CHANGED:
            rivals.append((whole, _landmarks(whole, tuple(k for k in kinds if k.name == landmarks.kind))[0]))
        else:
            rivals.append((cutout, landmarks))
    legs = [r for r in rivals if r[1].kind == "trousers" and r[1].overlap > _MIN_LEGS and _is_split(*r)]
    return min(legs or rivals, key=lambda rival: rival[1].doubt)


def _is_split(cutout: Cutout, landmarks: Landmarks) -> bool:
    line = gap_mask(landmarks, cutout.mask.shape[:2]) > 0
    return bool((cutout.mask[line] < 128).mean() > _SPLIT)


def _landmarks(cutout: Cutout, kinds: tuple[Silhouette, ...]) -> list[Landmarks]:
    scale = min(1.0, _FIT_SIDE / max(cutout.mask.shape))
    small = cv2.resize(cutout.mask, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return [scaled(found, 1 / scale) for found in rival_landmarks((small > 127).astype(np.uint8), kinds)]


def garment_warp(front: BodyFront, landmarks: Landmarks, extent: Extent) -> Warp:
    """Return the map from the flat body to the photo that takes the body's edges of an extent to the garment's."""
    edges = body_edges(front, landmarks.kind, extent)
    body = np.concatenate([resample(edge, len(landmarks.edges[name])) for name, edge in edges.items()])
    return fit_warp(front, body, np.concatenate([landmarks.edges[name] for name in edges]))
