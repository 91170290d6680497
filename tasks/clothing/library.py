"""A wardrobe's records, and the way from one photo to one layer."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.bake import bake
from manikin.tasks.clothing.cloth.fill import Cloth, spread_cloth
from manikin.tasks.clothing.cloth.lateral import lateral_mask, sleeve_edges, within_edge
from manikin.tasks.clothing.cloth.neckline import seen_neck
from manikin.tasks.clothing.cloth.waistband import without_inside
from manikin.tasks.clothing.cloth.warp import Warp, cut_to_length, even_sides, fit_warp, sleeve_points, trunk_points
from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.cutout.remnants import Places, remnants
from manikin.tasks.clothing.geometry.skirt import SkirtCut
from manikin.tasks.clothing.geometry.skirt_cloth import Sheet, photo_skirt, sewn_slack, skirt_texture
from manikin.tasks.clothing.geometry.slack import Slack, photo_slack
from manikin.tasks.clothing.outline.found import Found, find_back, find_garment
from manikin.tasks.clothing.outline.landmarks import (
    Landmarks,
    at_shares,
    closed_mask,
    limb_gaps,
    opening_mask,
    share_near,
    trunk_mask,
)
from manikin.tasks.clothing.pattern.extent import Extent, Reach
from manikin.tasks.clothing.pattern.seams import body_edges, flanks
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.sizes.hanging import natural_waist, waist_along
from manikin.tasks.clothing.sizes.measure import as_painted, as_worn, measure
from manikin.tasks.clothing.sizes.profile import Profile, profile

U8 = NDArray[np.uint8]


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
    garment = without_inside(garment)
    landmarks, photo = garment.landmarks, garment.photo
    rows = _rows(garment)
    category, extent = measure(front, landmarks, garment.category, rows)
    worn = as_worn(front, category, extent)
    is_waisted = category == "dress" and rows is not None and waist_along(landmarks, rows) is not None
    warp = garment_warp(front, landmarks, extent, natural_waist(front) if is_waisted else None)
    cloth = _cloth(front, garment, warp)
    behind = None if back is None else _back_cloth(front, back, extent)
    skirt, skirt_rgba, painted = photo_skirt(front, landmarks, category, extent, rows, warp), None, worn
    if skirt is not None and rows is not None:
        painted = as_painted(front, category, worn, float(skirt.height[0]))
        start = None if category == "skirt" else float(skirt.height[0])
        seen, unseen = Sheet(cloth.front, rows, warp), Sheet(cloth.back, rows, warp)
        if back is not None and behind is not None:
            unseen = Sheet(behind[0], _rows(back) or rows, behind[1])
        skirt_rgba = skirt_texture(front, start, seen, unseen, max(front.size // 2, 64))
    slack = photo_slack(front, landmarks, category, painted)
    if skirt is not None and category != "skirt":
        slack = replace(slack, hem=sewn_slack(front, skirt))
    rgba, reach = bake(front, cloth, warp, painted, behind)
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


def _rows(garment: Found) -> Profile | None:
    is_legs = garment.landmarks.kind == "trousers"
    return None if is_legs else profile(garment.cutout.mask, garment.landmarks)


def _back_cloth(front: BodyFront, back: Found, extent: Extent) -> tuple[U8, Warp]:
    warp = garment_warp(front, back.landmarks, extent)
    return _cloth(front, back, warp).front, warp


def _cloth(front: BodyFront, garment: Found, warp: Warp) -> Cloth:
    rgb, mask, landmarks = garment.photo.rgb, garment.cutout.mask, garment.landmarks
    neck, lateral = seen_neck(front, rgb, mask, landmarks, warp), lateral_mask(landmarks, mask.shape)
    is_top = landmarks.kind in ("top", "vest")
    trunk = trunk_mask(landmarks, mask.shape)
    shown = mask
    if garment.cutout.source == "grabcut":
        shown = np.where(remnants(rgb, mask, _places(landmarks, trunk)) > 0, 0, mask).astype(np.uint8)
    sleeves = sleeve_edges(landmarks) if is_top else ()
    return replace(spread_cloth(rgb, shown, neck, lateral, trunk if is_top else None, sleeves), mask=mask)


def _places(landmarks: Landmarks, trunk: U8) -> Places:
    shape, closed = (trunk.shape[0], trunk.shape[1]), closed_mask(landmarks, (trunk.shape[0], trunk.shape[1]))
    neck = opening_mask(landmarks, shape)
    heart = trunk if closed is None else closed | (trunk & ~neck)
    return Places(heart, limb_gaps(landmarks, shape), np.zeros_like(neck) if landmarks.has_hood else neck)


def garment_warp(front: BodyFront, landmarks: Landmarks, extent: Extent, waist: float | None = None) -> Warp:
    """Return the map from the flat body to the photo that takes the body's edges of an extent to the garment's.

    Args:
        front: the body.
        landmarks: of the photo.
        extent: where the garment ends.
        waist: the height in metres where the garment's own waist lies, if it has one.
    """
    edges = body_edges(front, landmarks.kind, extent)
    body = {}
    for name, edge in edges.items():
        line = landmarks.edges[name]
        shares = np.linspace(0.0, 1.0, len(line))
        kind, _, side = name.rpartition("_")
        if waist is not None and kind == "side":
            seam = share_near(line, np.array(landmarks.points[f"waist_{side}"]))
            own = share_near(edge, flanks(front, waist)[("left", "right").index(side)])
            shares = np.interp(shares, [0.0, seam, 1.0], [0.0, own, 1.0])
        body[name] = at_shares(edge, shares)
    photo = {name: within_edge(landmarks, name) for name in edges}
    if landmarks.kind == "trousers":
        return fit_warp(front, *(np.concatenate(list(e.values())) for e in (body, photo)))
    if landmarks.kind != "skirt" and (extent.hem or 0.0) > front.folds["inseam"].position[:, 1].max():
        photo = cut_to_length(body, photo)
    inner = zip(*(points(body, photo) for points in (trunk_points, sleeve_points)), strict=True)
    outlines = (body, even_sides(body, photo))
    return fit_warp(front, *(np.concatenate([*e.values(), *more]) for e, more in zip(outlines, inner, strict=True)))
