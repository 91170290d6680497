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
    find_landmarks,
    gap_mask,
    opening_mask,
    resample,
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
    cutout = segment(photo)
    landmarks = _landmarks(cutout, kinds)
    score = judge(photo, cutout, landmarks)
    shape = cutout.mask.shape[:2]
    whole = without_ground(photo, cutout, trunk_mask(landmarks, shape), gap_mask(landmarks, shape))
    if (whole.mask != cutout.mask).mean() > _CHANGED:
        cutout, landmarks = whole, _landmarks(whole, tuple(k for k in kinds if k.name == landmarks.kind))
    category, extent = measure(front, landmarks, category)
    warp = garment_warp(front, landmarks, extent)
    worn = as_worn(front, category, extent)
    rgba = bake(front, spread_cloth(photo.rgb, cutout.mask, opening_mask(landmarks, shape)), warp, worn)
    return GarmentLayer(
        f"{category}-{photo.sha256[:12]}", category, rgba, worn, score, photo.path.name, photo.sha256, licence
    )


def _landmarks(cutout: Cutout, kinds: tuple[Silhouette, ...]) -> Landmarks:
    scale = min(1.0, _FIT_SIDE / max(cutout.mask.shape))
    small = cv2.resize(cutout.mask, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return scaled(find_landmarks((small > 127).astype(np.uint8), kinds), 1 / scale)


def garment_warp(front: BodyFront, landmarks: Landmarks, extent: Extent) -> Warp:
    """Return the map from the flat body to the photo that takes the body's edges of an extent to the garment's."""
    edges = body_edges(front, landmarks.kind, extent)
    body = np.concatenate([resample(edge, len(landmarks.edges[name])) for name, edge in edges.items()])
    return fit_warp(front, body, np.concatenate([landmarks.edges[name] for name in edges]))
