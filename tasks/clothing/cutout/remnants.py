"""What of the ground is left in a cut-out: slits beside sleeves and between legs, a fringed hem, a hanger in the neck.

The silhouette is cut coarsely and made solid, so that outlines can be fitted to it; what is narrower than its openings stays in
it. None of that may be painted on a body. Looked at more finely, remnants are what the ground's colours explain and the cloth's
do not, where ground can be: along the contour, in the gaps that the outline leaves between trunk and limbs, and in the neck.
In the garment's own shadow the ground is as far from its colours as cloth, but keeps its hue.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.colours import Colours, fit_colours, folded_lab, thinned
from manikin.tasks.clothing.cutout.masks import reduced, resized

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_SIDE = 384  # pixels of the longer side at which remnants are looked for
_COLOURS = 6  # of cloth and of ground that are told apart
_FAR, _NEAR = 3.0, 2.5  # spreads from the cloth's colours and from the ground's
_NEARER = 0.6  # of the distance from the cloth, within which the ground's colours must be
_IN_GAP = (0.5, 4.0)  # likewise in a gap, and spreads: light and shade take ground there further from its own colours
_APART = 2.1  # spreads from the ground's colours of most cloth, below which the two are not told apart
_CLEARLY = 3.0  # likewise in a neck
_MOST = 0.25  # quantile for that
_RARE, _SAME = 0.08, 1.5  # share of the cloth, and spreads, up to which a colour may be a print's and the ground's
_HUE = (10.0, 0.4)  # Lab units from the cloth's hues, and of that from the ground's, of ground in shade
_COLOURED = 8.0  # Lab units from grey of such ground: white cloth may be as dark as white ground in shade
_WHITE = 8.0  # added to halved lightness, to which colour is proportional then, whatever the light
_REACH = 0.06  # of the longer side from the contour, within which remnants begin
_HANGING = 0.03  # likewise, where even the heart may show ground: an outline's hem lies below a curved one
_MAX_PIECE = 0.08  # of the garment; a larger piece is of its cloth
_BAR = 0.004  # of the garment: what of a hanger's bar or a label goes on from there in a neck
_REACHES, _GOING_ON = 60, 0.03  # pixels, and share of the rest of a garment, to which ground goes on into it
_BLOCK = (0.005, 0.04)  # of the garment: a piece that may be of a block of cloth, and that with what goes on from it
_MOSTLY = (0.6, 0.9)  # of a piece, that lies in a gap, and in the neck: a chest's print goes on beside it
_MIN_PIXELS = 6  # of a piece
_BLENDED = 5  # pixels about ground that are no cloth either
_SAMPLES = 2000  # of cloth and of ground


class Places(NamedTuple):
    """Where in a photo a garment may show ground, as its outline has it; all (H, W), 255 there."""

    heart: U8  # only cloth
    gaps: U8  # between trunk and limbs
    neck: U8  # in a neck, and above it: a hanger's colours stand above it too


def remnants(rgb: U8, mask: U8, places: Places) -> U8:
    """Return (H, W), 255 where a cut-out shows ground.

    Args:
        rgb: (H, W, 3).
        mask: (H, W), 255 on the garment.
        places: where to look.
    """
    small = reduced(rgb, _SIDE)
    size = small.shape[1::-1]
    within, heart, gaps, neck = (resized(m, size) for m in (mask, *places))
    core, beyond = _moved(within, cv2.MORPH_ERODE), ~_moved(within, cv2.MORPH_DILATE)
    sure = core & heart & ~gaps
    if not sure.any() or not beyond.any():
        return np.zeros(mask.shape, np.uint8)
    lab = folded_lab(small)
    ground, cloth = _fitted(lab[beyond]), _fitted(lab[sure])
    apart = float(np.quantile(ground.distance(thinned(lab[sure], _SAMPLES)), _MOST))
    if apart < _APART:
        return np.zeros(mask.shape, np.uint8)
    neck &= apart > _CLEARLY
    depth = cv2.distanceTransform(within.astype(np.uint8), cv2.DIST_L2, 3)
    heart &= depth > _HANGING * max(size)
    where = within & (~heart & ((depth < _REACH * max(size)) | neck) | gaps)
    to_cloth, to_ground = (np.full(within.shape, np.inf, np.float32) for _ in range(2))
    to_cloth[where], to_ground[where] = cloth.distance(lab[where]), ground.distance(lab[where])
    plain = _without_print(cloth, lab[sure], ground)
    if len(plain.centres) < len(cloth.centres):  # no print reaches into a gap
        to_cloth[where & gaps] = plain.distance(lab[where & gaps])
    above = neck & beyond
    if above.any():
        seen = where & neck
        to_ground[seen] = np.minimum(to_ground[seen], _fitted(lab[above]).distance(lab[seen]))
    like = to_ground < np.minimum(_NEARER * to_cloth, min(_NEAR, apart))
    like |= gaps & (to_ground < np.minimum(_IN_GAP[0] * to_cloth, min(_IN_GAP[1], apart)))
    foreign = where & (to_cloth > _FAR)
    like[foreign] |= _shaded(lab[foreign], cloth, ground)
    found = cv2.morphologyEx((foreign & like).astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    n, piece, stats, _ = cv2.connectedComponentsWithStats(found, connectivity=8)
    area = stats[:, cv2.CC_STAT_AREA]
    taken = np.bincount(piece[~core], minlength=n) > 0
    for place, share in zip((gaps, neck & ~heart), _MOSTLY, strict=True):
        taken |= np.bincount(piece[place], minlength=n) > share * area
    taken &= (area >= _MIN_PIXELS) & (area < _MAX_PIECE * within.sum())
    taken[0] = False
    taken &= ~_of_blocks(
        lab, within & ~gaps, np.asarray(piece, np.int32), taken & (area > _BLOCK[0] * within.sum()), (cloth, ground)
    )
    out = taken[piece].astype(np.uint8)
    going_on, blended = _going_on(out, lab, within & ~where, (cloth, ground), apart)
    out, foreign = out | going_on, foreign | blended
    for _ in range(_BLENDED):  # blended pixels, and bars that cross it
        out |= np.asarray(cv2.dilate(out, np.ones((3, 3), np.uint8)), np.uint8) & foreign
    if (out.astype(bool) & neck).any():
        out |= _touching(out, foreign & neck & ~heart & (out == 0), _BAR * float(within.sum()))
    return np.asarray(cv2.resize(out * 255, mask.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def _touching(found: U8, others: Mask, most: float) -> U8:
    """Return (h, w) those of the other pieces, of so many pixels at most, that touch what was found."""
    n, piece, stats, _ = cv2.connectedComponentsWithStats(others.astype(np.uint8), connectivity=8)
    beside = cv2.dilate(found, np.ones((5, 5), np.uint8)) > 0
    touches = np.bincount(piece[beside], minlength=n) > 0
    touches &= stats[:, cv2.CC_STAT_AREA] < most
    touches[0] = False
    return touches[piece].astype(np.uint8)


def _going_on(found: U8, lab: F32, rest: Mask, colours: tuple[Colours, Colours], apart: float) -> tuple[U8, Mask]:
    """Return (h, w) the ground that goes on into the rest of a garment from what was found, as where an outline spans a gap.

    And what is no cloth's about that.
    """
    cloth, ground = colours
    like, foreign = np.zeros(rest.shape, np.uint8), np.zeros(rest.shape, np.bool_)
    if not found.any():
        return like, foreign
    near = np.s_[tuple(slice(max(0, int(k.min()) - _REACHES), int(k.max()) + _REACHES) for k in np.nonzero(found))]
    inside, seen = rest[near], lab[near]
    to_cloth, to_ground = (np.full(inside.shape, np.inf, np.float32) for _ in range(2))
    to_cloth[inside], to_ground[inside] = cloth.distance(seen[inside]), ground.distance(seen[inside])
    foreign[near] = inside & (to_cloth > _FAR)
    is_like = foreign[near] & (to_ground < np.minimum(_NEARER * to_cloth, min(_NEAR, apart)))
    opened = cv2.morphologyEx(is_like.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    like[near] = _touching(found[near], opened > 0, _GOING_ON * rest.sum())
    around = cv2.dilate(like, np.ones((2 * _BLENDED + 1,) * 2, np.uint8)) > 0
    return like, foreign & around


def _of_blocks(
    lab: F32, within: Mask, piece: NDArray[np.int32], looked_at: Mask, colours: tuple[Colours, Colours]
) -> Mask:
    """Return (n,) which pieces (h, w) go on in their colours well into the garment: yokes and shoulders of another cloth."""
    found = np.zeros(len(looked_at), np.bool_)
    if not looked_at.any():
        return found
    cloth, ground = colours
    foreign = np.zeros(within.shape, np.bool_)
    to_cloth = cloth.distance(lab[within])
    foreign[within] = (to_cloth > _FAR) & (ground.distance(lab[within]) < _NEARER * to_cloth)
    solid = cv2.morphologyEx(foreign.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    _, block, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] > _BLOCK[1] * within.sum()
    large[0] = False
    found[np.unique(piece[large[block]])] = True
    return found & looked_at


def _shaded(lab: F32, cloth: Colours, ground: Colours) -> Mask:
    """Return (n,) which of (n, 3) pixels are darker than a coloured ground, of its hue, and clearly not of the cloth's."""
    light = lab[:, :1] + _WHITE
    to_cloth, to_ground = (
        np.stack([np.linalg.norm(lab[:, 1:] - hue * light, axis=1) for hue in _hues(colours)])
        for colours in (cloth, ground)
    )
    nearest = to_ground.argmin(axis=0)
    is_coloured = np.linalg.norm(_hues(ground)[nearest] * light, axis=1) > _COLOURED
    is_darker = lab[:, 0] < ground.centres[nearest, 0]
    far = to_cloth.min(axis=0)
    return np.asarray(is_coloured & is_darker & (far > _HUE[0]) & (to_ground.min(axis=0) < _HUE[1] * far))


def _hues(colours: Colours) -> F32:
    """Return (k, 2) what colours are in light of one unit."""
    return np.asarray(colours.centres[:, 1:] / (colours.centres[:, :1] + _WHITE), np.float32)


def _without_print(cloth: Colours, samples: F32, ground: Colours) -> Colours:
    """Return the colours of cloth less those that little of it (n, 3) has and the ground has too."""
    share = cloth.shares(thinned(samples, _SAMPLES))
    own = (share > _RARE) | (ground.distance(cloth.centres) > _SAME)
    return cloth.only(own) if own.any() else cloth


def _fitted(samples: F32) -> Colours:
    return fit_colours(thinned(samples, _SAMPLES), _COLOURS)


def _moved(mask: Mask, way: int) -> Mask:
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), way, np.ones((5, 5), np.uint8)) > 0)
