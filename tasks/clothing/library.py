"""A wardrobe's records, and the way from one photo to one layer."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.bake import bake
from manikin.tasks.clothing.cloth.correspondences import garment_warp
from manikin.tasks.clothing.cloth.fill import Cloth, spread_cloth
from manikin.tasks.clothing.cloth.lateral import lateral_mask, sleeve_edges
from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.cutout.remnants import Places, remnants
from manikin.tasks.clothing.edges.blemishes import without_waist_label
from manikin.tasks.clothing.edges.bust import find_bust_edge, held_front
from manikin.tasks.clothing.edges.fly import odd_on_fly
from manikin.tasks.clothing.edges.hem import odd_at_hem, odd_at_waist
from manikin.tasks.clothing.edges.neck import Neck, neckline_points, seen_neck
from manikin.tasks.clothing.edges.neckline import front_necklines
from manikin.tasks.clothing.edges.tags import find_tag
from manikin.tasks.clothing.edges.waistband import without_inside
from manikin.tasks.clothing.geometry.skirt import SkirtCut
from manikin.tasks.clothing.geometry.skirt_cloth import Sheet, photo_skirt, sewn_slack, skirt_texture
from manikin.tasks.clothing.geometry.slack import Slack, photo_slack
from manikin.tasks.clothing.outline.collars import collar_of
from manikin.tasks.clothing.outline.flaws import one_sided
from manikin.tasks.clothing.outline.found import Found, find_back, find_garment
from manikin.tasks.clothing.outline.landmarks import (
    Landmarks,
    closed_mask,
    limb_gaps,
    opening_mask,
    trunk_mask,
)
from manikin.tasks.clothing.pattern.extent import Extent, Reach
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.pattern.warp import Warp
from manikin.tasks.clothing.sizes.hanging import natural_waist, waist_along, without_sleeves
from manikin.tasks.clothing.sizes.measure import as_painted, as_worn, measure
from manikin.tasks.clothing.sizes.profile import Profile, profile

U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_BOTTOMS = ("trousers", "skirt")


@dataclass(frozen=True, slots=True)
class GarmentLayer:
    """One garment on the atlas."""

    id: str
    category: str  # "top", "outerwear", "dress", "trousers", "shorts", "skirt", "shoes", "hair"
    rgba: U8  # (S, S, 4) straight alpha, sRGB, colours bled beyond alpha
    extent: Extent
    score: float  # 0 doubtful ... 1 sure
    source: str  # what it was made from: a photo's file name, or the fabric
    sha256: str | None  # of the photo
    licence: str
    reach: Reach | None = None  # where it is cut as cloth; None is painted on the skin
    slack: Slack | None = None  # how far that cloth hangs off the body
    skirt: SkirtCut | None = None  # what of it hangs about both legs
    skirt_rgba: U8 | None = None  # (T, T, 4) of that


def dress_photo(
    photo: Photo, front: BodyFront, label: str | None = None, licence: str = "unknown", back: Photo | None = None
) -> GarmentLayer:
    """Return the layer of the one garment that a photo shows.

    Args:
        photo: the photo; its own label is used where `label` is None.
        front: the body, which also sets the atlas size.
        label: what it shows ("T-Shirt", "Pants" ...); without one the silhouette decides.
        licence: kept in the record.
        back: a photo of the same garment from behind; without one the back is of the front's cloth.

    Raises:
        GarmentRejected: no garment is found in a photo, or none that can be dressed; the message says why.
    """
    garment = find_garment(photo, label)
    return dress_found(garment, front, licence, None if back is None else find_back(back, garment))


def dress_found(garment: Found, front: BodyFront, licence: str = "unknown", back: Found | None = None) -> GarmentLayer:
    """Return the layer of a garment found in its photo, and in another of its back."""
    begun, odd = _from_waist(garment)
    garment = without_waist_label(begun)
    odd |= odd_on_fly(garment.photo.rgb, garment.cutout.mask, garment.landmarks)
    if garment.landmarks.kind in _BOTTOMS or garment.category == "outerwear":
        odd |= find_tag(garment.photo.rgb, garment.cutout.mask)
    landmarks, photo = garment.landmarks, garment.photo
    rows = _rows(garment)
    category, extent = measure(front, landmarks, garment.category, rows)
    extent = _collared(extent, collar_of(garment.label, garment.cutout.mask, landmarks))
    worn = as_worn(front, category, extent)
    warp, cloth = _warped(front, category, garment, extent, rows, odd)
    if extent.collar not in (None, "lapel"):
        cloth = replace(cloth, scoop=None)
    back_rows = None if back is None else _rows(back)
    behind = None if back is None else _back_cloth(front, category, back, extent, back_rows)
    skirt, skirt_rgba, painted = photo_skirt(front, landmarks, category, extent, rows, warp), None, worn
    if skirt is not None and rows is not None:
        painted = as_painted(front, category, worn, float(skirt.height[0]))
        start = None if category == "skirt" else float(skirt.height[0])
        hanging = without_sleeves(landmarks, rows)
        seen, unseen = Sheet(cloth.front, hanging, warp), Sheet(cloth.back, hanging, warp)
        if behind is not None:
            behind_rows = hanging if back is None or back_rows is None else without_sleeves(back.landmarks, back_rows)
            unseen = Sheet(behind[0], behind_rows, behind[1])
        skirt_rgba = skirt_texture(front, start, seen, unseen, max(front.size // 2, 64))
    is_sewn = skirt is not None and category != "skirt"
    slack = photo_slack(front, landmarks, category, painted, is_sewn)
    if skirt is not None and is_sewn:
        slack = replace(slack, hem=sewn_slack(front, skirt))
    rgba, reach = bake(front, cloth, warp, painted, behind, is_top=category == "top" and behind is None)
    return GarmentLayer(
        id=f"{category}-{photo.sha256[:12]}",
        category=category,
        rgba=rgba,
        extent=worn,
        score=garment.score,
        source=photo.path.name,
        sha256=photo.sha256,
        licence=licence,
        reach=reach,
        slack=slack,
        skirt=skirt,
        skirt_rgba=skirt_rgba,
    )


def _from_waist(garment: Found) -> tuple[Found, Mask]:
    """Return trousers or a skirt begun at the front's upper edge, others as they are; and (H, W) what is no cloth there."""
    begun = without_inside(garment)
    odd = odd_at_waist(begun.photo.rgb, begun.cutout.mask, begun.landmarks)
    if begun is garment and odd.any():
        mask = np.where(odd, 0, garment.cutout.mask).astype(np.uint8)
        less = replace(garment, cutout=replace(garment.cutout, mask=mask))
        begun = without_inside(less)
        begun = garment if begun is less else begun
    return begun, odd


def _collared(extent: Extent, collar: str | None) -> Extent:
    return extent if collar is None else replace(extent, collar=collar, neck=None)


def _rows(garment: Found) -> Profile | None:
    is_legs = garment.landmarks.kind == "trousers"
    return None if is_legs else profile(garment.cutout.mask, garment.landmarks)


def _waist(front: BodyFront, category: str, landmarks: Landmarks, rows: Profile | None) -> float | None:
    """Return the height of the body's waist for a dress that flares from its own."""
    has_waist = category == "dress" and rows is not None and waist_along(landmarks, rows) is not None
    return natural_waist(front) if has_waist else None


def _back_cloth(front: BodyFront, category: str, back: Found, extent: Extent, rows: Profile | None) -> tuple[U8, Warp]:
    warp, cloth = _warped(front, category, back, extent, rows)
    return cloth.front, warp


def _warped(
    front: BodyFront, category: str, garment: Found, extent: Extent, rows: Profile | None, odd: Mask | None = None
) -> tuple[Warp, Cloth]:
    """Return the warp into a garment's photo, and the photo's cloth carried on."""
    rgb, mask, landmarks = garment.photo.rgb, garment.cutout.mask, garment.landmarks
    lines = front_necklines(rgb, mask, landmarks, garment.label)
    held = neckline_points(front, extent.neck, lines)
    warp = garment_warp(front, landmarks, extent, _waist(front, category, landmarks, rows), held)
    neck = seen_neck(front, mask.shape, landmarks, warp, lines, extent.neck, garment.label)
    if landmarks.straps is not None:
        neck = held_front(front, mask.shape, warp, find_bust_edge(rgb, mask, landmarks), extent)
    return warp, _cloth(garment, neck, odd)


def _cloth(garment: Found, neck: Neck, odd: Mask | None) -> Cloth:
    rgb, mask, landmarks = garment.photo.rgb, garment.cutout.mask, garment.landmarks
    lateral = lateral_mask(landmarks, mask.shape)
    is_top = landmarks.kind in ("top", "vest")
    trunk = trunk_mask(landmarks, mask.shape)
    shown = mask
    if garment.cutout.source == "grabcut":
        places = _places(landmarks, trunk)
        ground = (remnants(rgb, mask, places) > 0) | one_sided(rgb, mask, places.heart, landmarks)
        shown = np.where(ground, 0, mask).astype(np.uint8)
    at_hem = odd_at_hem(rgb, shown, landmarks)
    shown = np.where(at_hem if odd is None else at_hem | odd, 0, shown).astype(np.uint8)
    sleeves = sleeve_edges(landmarks) if is_top else ()
    is_open = garment.category == "outerwear"
    return spread_cloth(rgb, shown, neck, lateral, trunk if is_top else None, sleeves, is_open)


def _places(landmarks: Landmarks, trunk: U8) -> Places:
    shape, closed = (trunk.shape[0], trunk.shape[1]), closed_mask(landmarks, (trunk.shape[0], trunk.shape[1]))
    neck = opening_mask(landmarks, shape)
    heart = trunk if closed is None else closed | (trunk & ~neck)
    return Places(heart, limb_gaps(landmarks, shape), np.zeros_like(neck) if landmarks.has_hood else neck)
