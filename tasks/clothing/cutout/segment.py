"""The garment's silhouette in its photo: from the alpha where the file has one, else by GrabCut.

Nobody marks anything: a first cut starts from the frame of the picture, a second from the outline that was fitted to the first
(`grabcut`). What they return is cleaned to one solid shape and judged: a picture that shows no garment, one that is cut off, or
one that cannot be told from its ground is refused with the reason.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.colours import fit_colours, folded_lab
from manikin.tasks.clothing.cutout.grabcut import cut_from_frame, cut_from_outline, cut_within
from manikin.tasks.clothing.cutout.masks import enlarged, frame, largest, reduced, resized, solid
from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.cutout.shadow import white_on_white, without_shadow
from manikin.tasks.errors import InputError

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

_CUT_SIDE = 256  # GrabCut's cost grows faster than the pixels, and small wrinkles only distract it
_AREA_RANGE = (0.05, 0.92)  # of the picture
_MAX_AT_SIDE = 0.38  # of one side of the frame that the garment may touch: more, and it is cut off there
_MAX_ACROSS = 0.3  # of each of two opposite sides, likewise
_PLAIN = 2.5  # Lab units of spread up to which the other sides are one plain ground
_STRANGE = 6.0  # spreads from the other sides' colours, from which a side's pixels are not the same ground
_MIN_CUT_SIDE = 16  # pixels of the shorter side at GrabCut's size
_MIN_CONTRAST = 4.0  # Lab units between the two sides of the contour
_COLOURS = 5  # of cloth and of ground that are told apart
_FAR, _NEAR = 3.2, 2.5  # spreads from the cloth's colours and from the ground's
# Spreads from the ground's colours of nearly all cloth, from which near ones are ground whatever cloth says.
_APART = 3.0
_FEW = 0.1  # of the cloth that may be nearer
_SEEN_THROUGH = 0.25  # of the trunk that may be ground seen through an opening
_TOLD_APART = 2.6  # spreads from the ground's colours of the rest, from which an opening is told
_MIN_OPENING = 0.004  # of the garment; labels and buttons are smaller
_IN_HEART = 0.3  # of an opening that may lie where there is none, as a deep neckline does
_BESIDE = 0.16  # of the longer side, within which the ground is the one that is seen through
_SAME = 1.5  # spreads from its colours
_RIM = 0.03  # of the longer side, up to which what is like the ground is taken from the contour
_FAR_OFF = 6.4  # spreads from the cloth's colours of such a rim: a shadow on the ground is as far from the ground's
_BAR = 0.02  # of the longer side: half of what a hanger's bar is thick
_MAX_GAP = 0.08  # of the garment; a larger piece that is not between legs may be a sleeve of another colour
_STRAY = 0.015  # of the longer side, further beyond an outline than which things are strays
_FOREIGN = 4.0  # spreads from the cloth's colours
_MIN_STRAY = 0.002  # of the garment
_MAX_REST = 0.15  # of the garment; at most 0.08 lies beside garments by themselves, 0.3 are a wearer's arms and head
_MIN_KEPT = 0.6
_MIN_SPREAD = 4.0  # grey levels; a picture of less is one flat colour


class GarmentRejected(InputError):
    """A photo cannot be used as a garment; the message names the file and says why."""


@dataclass(frozen=True, slots=True)
class Cutout:
    """A garment's silhouette."""

    mask: U8  # (H, W) of the photo's size, 0 or 255
    score: float  # 0 doubtful ... 1 sure
    source: str  # "alpha", "grabcut", or "flood": white on white
    debris: float  # share of the raw cut that cleaning took away or added


def segment(photo: Photo) -> Cutout:
    """Return the silhouette of the one garment that a photo shows.

    Raises:
        GarmentRejected: the picture is flat, shows no garment, or the garment cannot be told from its ground.
    """
    if photo.alpha is not None:
        mask = largest(np.where(photo.alpha > 127, 1, 0).astype(np.uint8))
        _check_area(photo, mask)
        _check_frame(photo, mask, np.zeros(mask.shape, bool))
        return Cutout(mask * 255, 1.0, "alpha", 0.0)
    small = reduced(photo.rgb, _CUT_SIDE)
    if min(small.shape[:2]) < _MIN_CUT_SIDE:
        size = f"{photo.rgb.shape[1]}x{photo.rgb.shape[0]}"
        raise GarmentRejected(f"photo {photo.path}: {size} is a strip, no garment fits in it; crop it to the garment")
    if float(small.std(axis=(0, 1)).max()) < _MIN_SPREAD:
        raise GarmentRejected(f"photo {photo.path}: one flat colour, no garment in it; remove it from the folder")
    _check_sides(photo, small)
    raw, given = cut_from_frame(small)
    mask = solid(raw)
    standing = cut_within(small, mask)
    if standing is not None:
        raw = mask = standing
    debris = float((raw != mask).sum() / max(1, mask.sum()))
    white = white_on_white(reduced(photo.rgb, 2 * _CUT_SIDE), mask)
    fine = solid(without_shadow(small, mask)) if white is None else white
    mask = resized(fine * 255, small.shape[1::-1]).astype(np.uint8)
    _check_area(photo, mask)
    _check_frame(photo, mask, given)
    contrast = _contrast(small, mask)
    if contrast < _MIN_CONTRAST:
        raise GarmentRejected(
            f"photo {photo.path}: nothing stands out from the ground (contrast {contrast:.1f}, expected at least "
            f"{_MIN_CONTRAST:.0f}); photograph the garment on a plain ground of another colour"
        )
    return Cutout(
        enlarged(fine, photo.rgb.shape[:2]) * 255,
        float(np.clip(contrast / 30, 0, 1)),
        "grabcut" if white is None else "flood",
        debris,
    )


def cut_again(photo: Photo, cutout: Cutout, outline: U8, trunk: U8) -> Cutout:
    """Return the cut-out, cut again by an outline that was fitted to it: less the ground beside it, more of its own.

    Args:
        photo: the photo.
        cutout: its silhouette; one from alpha is exact and comes back as it is, and so does one from shadows alone.
        outline: (H, W), nonzero within the outline.
        trunk: (H, W), nonzero where only cloth can be.
    """
    if cutout.source != "grabcut":
        return cutout
    small = reduced(photo.rgb, _CUT_SIDE)
    size = small.shape[1::-1]
    mask, inside, heart = (resized(m, size).astype(np.uint8) for m in (cutout.mask, outline, trunk))
    better = solid(cut_from_outline(small, mask, inside, heart))
    if better.sum() < _MIN_KEPT * mask.sum():
        return cutout  # garment and ground share their colours
    return replace(cutout, mask=enlarged(better, photo.rgb.shape[:2]) * 255)


def check_rest(photo: Photo, whole: Cutout, kept: Cutout) -> None:
    """Refuse a garment with something else beside it: what was cut away from the whole, but is no ground.

    Raises:
        GarmentRejected: there is much of it, as of a person who wears the garment.
    """
    if kept.source != "grabcut":
        return
    small = reduced(photo.rgb, _CUT_SIDE)
    size = small.shape[1::-1]
    before, after = (resized(c.mask, size) for c in (whole, kept))
    if before.all() or not after.any():
        return
    lab = folded_lab(small)
    rest = before & ~after & (fit_colours(lab[~before], _COLOURS).distance(lab) > _FAR)
    share = float(rest.sum() / after.sum())
    if share > _MAX_REST:
        raise GarmentRejected(
            f"photo {photo.path}: more than a garment stands out (beside it lies {share:.0%} of its area that is neither it "
            "nor ground), as when a person wears it; show the garment by itself"
        )


def without_ground(
    photo: Photo, cutout: Cutout, trunk: U8, gap: U8, has_limbs: bool = True, closed: U8 | None = None
) -> Cutout:
    """Return the cut-out less the ground seen through it, as between legs, between sleeve and body, or in the neck.

    That is what the colours of the garment's trunk do not explain and the ground's do, or what lies between the legs. A
    hanger's bar that crosses it goes with it, and so does a rim of ground in shadow, which is no cloth by far.

    Args:
        photo: the photo.
        cutout: its silhouette; one from alpha or from shadows comes back as it is.
        trunk: (H, W), nonzero where only cloth can be.
        gap: (H, W), nonzero on the line between the legs, if there are any.
        has_limbs: whether there are sleeves or legs, beside which ground may show though colours leave it open.
        closed: (H, W), nonzero where a top has no opening; None: only the trunk's edges have any.
    """
    if cutout.source != "grabcut":
        return cutout
    small = reduced(photo.rgb, _CUT_SIDE)
    size = small.shape[1::-1]
    mask, kept, between = (resized(m, size) for m in (cutout.mask, trunk, gap))
    lab = folded_lab(small)
    if not (mask & kept).any() or mask.all():
        return cutout
    cloth, ground = fit_colours(lab[mask & kept], _COLOURS), fit_colours(lab[~mask], _COLOURS)
    to_cloth, to_ground = cloth.distance(lab), ground.distance(lab)
    foreign = _opened(mask & ~kept & (to_cloth > _FAR))
    _, pieces = cv2.connectedComponents(foreign)
    is_between = np.isin(pieces, np.unique(pieces[between & (foreign > 0)])) & (foreign > 0)
    leak = _gaps((foreign > 0) & (to_ground < _NEAR), between, float(mask.sum())) | is_between.astype(np.uint8)
    apart = float(np.quantile(to_ground[mask & kept], _FEW))
    if has_limbs and apart > _APART:
        leak |= _gaps(mask & ~kept & (to_ground < min(_NEAR, 0.5 * apart)), between, float(mask.sum()))
    if closed is not None:
        leak |= _openings(lab, mask, kept, resized(closed, size), to_ground, has_limbs)
    if apart > _APART:
        shaded = (to_cloth > _FAR_OFF) & (to_ground < 0.5 * np.minimum(apart, to_cloth))
        leak |= _rim(_opened(mask & ~kept & shaded), ~mask) & mask
    leak = np.asarray(cv2.morphologyEx(leak, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8)
    # a hole that was seen before is not filled
    better = (solid((mask & (leak == 0)).astype(np.uint8)) & mask) * (1 - leak)
    if better.sum() < _MIN_KEPT * mask.sum():
        return cutout  # garment and ground share their colours
    return replace(cutout, mask=enlarged(better, photo.rgb.shape[:2]) * 255)


def without_strays(photo: Photo, cutout: Cutout, outline: U8) -> Cutout:
    """Return the cut-out less what lies beyond an outline that was fitted to it and has none of its cloth's colours.

    Args:
        photo: the photo.
        cutout: its silhouette; one from alpha or from shadows comes back as it is.
        outline: (H, W), nonzero within the outline.
    """
    if cutout.source != "grabcut":
        return cutout
    small = reduced(photo.rgb, _CUT_SIDE)
    size = small.shape[1::-1]
    mask, within = (resized(m, size) for m in (cutout.mask, outline))
    reach = np.ones((2 * round(_STRAY * max(size)) + 1,) * 2, np.uint8)
    beyond = mask & (cv2.dilate(within.astype(np.uint8), reach) == 0)
    cloth = within & (cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)
    if not beyond.any() or not cloth.any():
        return cutout
    lab = folded_lab(small)
    found = np.zeros(mask.shape, bool)
    found[mask] = fit_colours(lab[cloth], _COLOURS).distance(lab[mask]) > _FOREIGN
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(_opened(found), connectivity=4)
    area = stats[:, cv2.CC_STAT_AREA]
    stray = np.bincount(pieces[beyond], minlength=len(area)) > 0.5 * area
    stray &= (area > _MIN_STRAY * mask.sum()) & (area < _MAX_GAP * mask.sum())
    stray[0] = False
    if not stray.any():
        return cutout
    better = solid((mask & ~stray[pieces]).astype(np.uint8)) & mask
    return replace(cutout, mask=enlarged(better.astype(np.uint8), photo.rgb.shape[:2]) * 255)


def _gaps(like_ground: NDArray[np.bool_], between: NDArray[np.bool_], area: float) -> U8:
    """Return the pieces that look like ground and are between the legs or small."""
    opened = _opened(like_ground)
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    taken = stats[:, cv2.CC_STAT_AREA] < _MAX_GAP * area
    taken[np.unique(pieces[between & (opened > 0)])] = True
    taken[0] = False
    return taken[pieces].astype(np.uint8)


def _rim(like_ground: U8, outside: Mask) -> U8:
    """Return what is outside and what of the pieces that look like ground adjoins it, to a width of `_RIM`."""
    out, beside = outside.astype(np.uint8), np.ones((3, 3), np.uint8)
    for _ in range(round(_RIM * max(outside.shape))):
        out |= np.asarray(cv2.dilate(out, beside), np.uint8) & like_ground
    return out


def _openings(lab: F32, mask: Mask, kept: Mask, heart: Mask, to_ground: F32, has_limbs: bool) -> U8:
    """Return the ground seen through a top's neck and armholes and beside its sleeves, with the bars that cross it.

    The fitted trunk spans such openings, so the cloth's colours are taken from what of it is not like the ground. A print of
    the ground's colour lies in the heart, or has not the very colour of the ground beside it. What lies beside a trunk that
    has no limbs is no print.
    """
    none = np.zeros(mask.shape, np.uint8)
    apart = float(np.quantile(to_ground[mask & kept], _SEEN_THROUGH))
    if apart < _TOLD_APART:
        return none
    near = _opened(mask & (to_ground < min(_NEAR, 0.5 * apart)))
    if near.sum() < _MIN_OPENING * mask.sum():
        return none
    to_cloth = fit_colours(lab[mask & kept & (to_ground > 0.5 * apart)], _COLOURS).distance(lab)
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(_opened((near > 0) & (to_cloth > _FAR)), connectivity=4)
    share = stats[:, cv2.CC_STAT_AREA] / mask.sum()
    around = np.ones((2 * round(_BESIDE * max(mask.shape)) + 1,) * 2, np.uint8)
    out = none.copy()
    for k in 1 + np.flatnonzero((share[1:] > _MIN_OPENING) & (share[1:] < (_MAX_GAP if has_limbs else 1.0))):
        piece = pieces == k
        beside = (cv2.dilate(piece.astype(np.uint8), around) > 0) & ~mask
        if heart[piece].mean() > _IN_HEART or not beside.any():
            continue
        is_beside = not has_limbs and not kept[piece].any()
        if is_beside or fit_colours(lab[beside], _COLOURS).distance(np.median(lab[piece], axis=0)) < _SAME:
            out[piece] = 1
    span = 2 * round(_BAR * max(mask.shape)) + 1
    spanned = cv2.morphologyEx(out, cv2.MORPH_CLOSE, np.ones((span, span), np.uint8))
    return out | ((spanned > 0) & (to_cloth > _FAR)).astype(np.uint8)


def _opened(mask: NDArray[np.bool_]) -> U8:
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)


def _check_area(photo: Photo, mask: U8) -> None:
    share = float(mask.mean())
    low, high = _AREA_RANGE
    if not low <= share <= high:
        raise GarmentRejected(
            f"photo {photo.path}: no garment found (the part that stands out covers {share:.0%} of the picture, expected "
            f"{low:.0%} to {high:.0%}); show one whole garment on a plain ground"
        )


def _check_frame(photo: Photo, mask: U8, given: NDArray[np.bool_]) -> None:
    """Refuse a garment that a side of the picture cuts off; where the frame was `given` as ground, its inner edge counts."""
    fx, fy = frame(mask)
    inner = np.pad(mask[fy:-fy, fx:-fx], ((fy, fy), (fx, fx)), "edge")
    outer = (inner > 0) & (given | (mask > 0))
    touched = {"top": outer[0], "bottom": outer[-1], "left": outer[:, 0], "right": outer[:, -1]}
    shares = {n: float(edge.mean()) for n, edge in touched.items()}
    side, share = max(shares.items(), key=lambda t: t[1])
    across = max(min(shares["top"], shares["bottom"]), min(shares["left"], shares["right"]))
    if share > _MAX_AT_SIDE or across > _MAX_ACROSS:
        raise GarmentRejected(
            f"photo {photo.path}: what stands out runs out of the picture (on {share:.0%} of its {side} side); "
            "show the whole garment with some ground around it"
        )


def _check_sides(photo: Photo, small: U8) -> None:
    """Refuse a garment that one side of the picture cuts off: GrabCut would learn its cloth as ground."""
    fx, fy = frame(small)
    lab = folded_lab(small)
    sides = {"top": lab[:fy], "bottom": lab[-fy:], "left": lab[:, :fx], "right": lab[:, -fx:]}
    for name, strip in sides.items():
        others = np.concatenate([s.reshape(-1, 3) for n, s in sides.items() if n != name])
        if np.median(np.abs(others - np.median(others, axis=0)), axis=0).max() > _PLAIN:
            continue  # on a ground of many colours it cannot be told
        along = (fit_colours(others, _COLOURS).distance(strip) > _STRANGE).mean(axis=0 if len(strip) == fy else 1)
        strange, corner = along > 0.5, max(2, len(along) // 12)
        share = float(strange.mean())
        # What reaches into a corner is more likely furniture or another floor.
        if share > _MAX_AT_SIDE and not strange[:corner].all() and not strange[-corner:].all():
            raise GarmentRejected(
                f"photo {photo.path}: something runs out of the picture (on {share:.0%} of its {name} side, which has "
                "other colours than the other sides); show the whole garment with some ground around it"
            )


def _contrast(rgb: U8, mask: U8) -> float:
    """Return the median Lab distance between the garment's rim and the ground just outside it."""
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    rim, step = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3)), 4
    inside, outside = mask.astype(np.float32), 1 - mask.astype(np.float32)
    contour = np.argwhere(cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, rim) > 0)[:: max(1, len(mask) // 100)]
    size = (4 * step + 1, 4 * step + 1)
    means = [
        cv2.boxFilter(lab * m[..., None], -1, size) / np.maximum(cv2.boxFilter(m, -1, size), 1e-3)[..., None]
        for m in (inside, outside)
    ]
    distance = np.linalg.norm(means[0] - means[1], axis=-1)[contour[:, 0], contour[:, 1]]
    return float(np.median(distance))
