"""A garment's layer of the atlas: cloth where the warp finds it, alpha where the garment reaches.

Texels of front and back that lie on each other on the flat body take the same pixel of the photo, so flanks, sleeves and
legs go round without a seam; towards the back the cloth without its print takes over.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.collar import paint_collar
from manikin.tasks.clothing.cloth.fill import Cloth
from manikin.tasks.clothing.cloth.flat_cloth import lay_flat
from manikin.tasks.clothing.cloth.lines import find_lines, lay_lines
from manikin.tasks.clothing.pattern.atlas import nearest
from manikin.tasks.clothing.pattern.collar import collar_on
from manikin.tasks.clothing.pattern.extent import Extent, Reach, coverage, reach
from manikin.tasks.clothing.pattern.seams import armpit, half_chest, held_between, neck_ends
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.pattern.warp import Warp
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

_TURN = (-0.25, 0.10)  # facing between which front cloth gives way to back cloth
_BACK_NECK = 0.02  # depth of a wide neckline behind, in metres
_ARMHOLE = 3.0  # exponent of an armhole's curve from the strap, along which it begins, out to the armpit
_EVERY = 8  # rows of texels that are measured
_BLEED = 24  # texels that colour goes on beyond alpha, for the smaller mip levels


def bake(
    front: BodyFront,
    cloth: Cloth,
    warp: Warp,
    extent: Extent,
    behind: tuple[U8, Warp] | None = None,
    is_top: bool = False,
) -> tuple[U8, Reach]:
    """Return (S, S, 4) straight-alpha sRGB, the garment on the atlas with colours bled beyond its edges; and its reach.

    Args:
        front: the body.
        cloth: of the photo, carried on over the whole picture.
        warp: from the flat body into the photo.
        extent: where the garment ends.
        behind: the cloth (H, W, 3) of a photo of the back, left and right exchanged, and the warp into it.
        is_top: whether it is a top alone, on which stripes and checks are drawn straight.
    """
    cut = reach(front, extent)
    cut = Reach(np.minimum(cut.closed, _openings(front, cloth, extent)), cut.open)
    alpha = np.rint(coverage(front, cut.distance) * 255).astype(np.uint8)
    wanted = front.is_flat & _within(alpha > 0, _BLEED)
    sides, into = (cloth.front, cloth.back), warp
    if cloth.pattern is not None:
        own = wanted & (alpha > 0)
        lines = find_lines(front, own, cloth.front, cloth.pattern, warp) if is_top else None
        if lines is None or lines.bands is not None:
            sides, into = lay_flat(front, own, wanted, sides, cloth.pattern, warp)
        if lines is not None:
            sides, into = lay_lines(front, own, lines, sides, into)
    unseen = (sides[1], into) if behind is None else behind
    colours = _colours(front, wanted, (sides[0], into), unseen)
    collar = collar_on(front, extent.collar)
    if collar is not None:
        paint_collar(front, collar, wanted, colours, lambda flat: _sampled(front, sides[1], into, flat))
    return bleed(front, colours, alpha, wanted), cut


def bleed(front: BodyFront, colours: U8, alpha: U8, known: NDArray[np.bool_]) -> U8:
    """Return (S, S, 4) with colours carried beyond alpha and over the islands' borders, and one colour far away.

    Args:
        front: the body.
        colours: (S, S, 3), right where `known`.
        alpha: (S, S), 0 outside `known`.
        known: (S, S).
    """
    source = nearest(known & (front.atlas.triangle >= 0)).ravel()
    layer = np.empty((*alpha.shape, 4), np.uint8)
    layer[..., 3] = front.atlas.bleed(np.where(known, alpha, 0).astype(np.uint8)[..., None])[..., 0]
    near = _within(layer[..., 3] > 0, _BLEED)
    counts = np.zeros((3, 256), np.int64)
    _count(layer.reshape(-1, 4), colours.reshape(-1, 3), source, counts)
    _spread(layer.reshape(-1, 4), colours.reshape(-1, 3), source, near.ravel(), _median(counts))
    return layer


def _within(mask: NDArray[np.bool_], texels: int) -> NDArray[np.bool_]:
    """Return (S, S) the mask grown by a square of so many texels to each side."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((2 * texels + 1,) * 2, np.uint8)) > 0)


def _median(counts: NDArray[np.int64]) -> U8:
    """Return the median (3,) of levels that come up so often (3, 256); 0 where none do."""
    return np.array([np.searchsorted(np.cumsum(c), (c.sum() + 1) // 2) for c in counts], np.uint8)


@kernel
def _count(layer: U8, colours: U8, source: NDArray[np.int32], counts: NDArray[np.int64]) -> None:
    """Count how often each level (3, 256) comes up among the colours (n, 3) of a layer's texels (n, 4) that show."""
    for k in range(len(layer)):
        if layer[k, 3] > 127:
            for c in range(3):
                counts[c, colours[source[k], c]] += 1


@kernel
def _spread(layer: U8, colours: U8, source: NDArray[np.int32], near: NDArray[np.bool_], far: U8) -> None:
    """Give a layer's texels (n, 4) their source's colours (n, 3) where near (n,), and one colour (3,) elsewhere."""
    for k in range(len(layer)):
        for c in range(3):
            layer[k, c] = colours[source[k], c] if near[k] else far[c]


def _colours(front: BodyFront, wanted: NDArray[np.bool_], seen: tuple[U8, Warp], unseen: tuple[U8, Warp]) -> U8:
    """Return (S, S, 3), where wanted, from the cloth of front and back, each with the warp into its photo."""
    texels = np.flatnonzero(wanted)
    flat = front.flat.reshape(-1, 2)[texels]
    t = np.clip((front.facing.ravel()[texels] - _TURN[0]) / (_TURN[1] - _TURN[0]), 0, 1).astype(np.float32)
    t = t * t * (3 - 2 * t)
    mixed = np.zeros((len(texels), 3), np.float32)
    for share, (cloth, warp) in ((t, seen), (1 - t, unseen)):
        _add_sampled(mixed, *_reduced(front, cloth, warp), warp.at(flat), share)
    out = np.zeros((*wanted.shape, 3), np.uint8)
    out.reshape(-1, 3)[texels] = np.rint(mixed).astype(np.uint8)
    return out


def _sampled(front: BodyFront, cloth: U8, warp: Warp, flat: F32) -> F32:
    """Return a cloth's colours (n, 3) at places (n, 2) of the flat body."""
    out = np.zeros((len(flat), 3), np.float32)
    _add_sampled(out, *_reduced(front, cloth, warp), warp.at(flat), np.ones(len(flat), np.float32))
    return out


def _reduced(front: BodyFront, cloth: U8, warp: Warp) -> tuple[U8, F32]:
    """Return a cloth no finer than the texels, or it would alias, and its pixels to each of the photo's (2,)."""
    rows = front.is_flat[::_EVERY]
    pixels = warp.at(front.flat[::_EVERY])
    spans = np.hypot(*np.moveaxis(np.diff(pixels, axis=1), -1, 0))[rows[:, 1:] & rows[:, :-1]]
    scale = 1.0 / max(1.0, float(np.median(spans)))
    size = (max(1, round(cloth.shape[1] * scale)), max(1, round(cloth.shape[0] * scale)))
    small = cloth if scale == 1.0 else np.asarray(cv2.resize(cloth, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, np.array([size[0] / cloth.shape[1], size[1] / cloth.shape[0]], np.float32)


@kernel
def _add_sampled(out: F32, picture: NDArray[np.generic], scale: F32, pixels: F32, share: F32) -> None:
    """Add to (n, C) a picture's (H, W, C) values at pixels (n, 2) of it at another scale, bilinear, times a share (n,)."""
    h, w = picture.shape[0], picture.shape[1]
    for k in range(out.shape[0]):
        if share[k] <= 0:
            continue
        x = min(max(pixels[k, 0] * scale[0] - np.float32(0.5), np.float32(0)), np.float32(w - 1))
        y = min(max(pixels[k, 1] * scale[1] - np.float32(0.5), np.float32(0)), np.float32(h - 1))
        i, j = int(x), int(y)
        i1, j1 = min(i + 1, w - 1), min(j + 1, h - 1)
        fx, fy = x - np.float32(i), y - np.float32(j)
        for c in range(out.shape[1]):
            upper = picture[j, i, c] * (1 - fx) + picture[j, i1, c] * fx
            lower = picture[j1, i, c] * (1 - fx) + picture[j1, i1, c] * fx
            out[k, c] += share[k] * (upper * (1 - fy) + lower * fy)


def _openings(front: BodyFront, cloth: Cloth, extent: Extent) -> F32:
    """Return (S, S) how far texels lie inside the neck's and armholes' edges, in metres; beyond those, a large value."""
    out = np.full(front.is_flat.shape, 1.0, np.float32)
    ends = neck_ends(front, extent.neck)
    trunk = front.is_flat & front.is_part("torso", "neck")
    neck_y, half = 0.5 * (ends[0][1] + ends[1][1]), 0.5 * abs(ends[0][0] - ends[1][0])
    if extent.neck is not None and extent.bust is None:
        t = front.flat[..., 0] / half
        within = trunk & (np.abs(t) < 1)
        edge = neck_y - _BACK_NECK * (1 - t * t) - front.flat[..., 1]
        out[within] = np.minimum(out, edge)[within]
    if extent.bust is not None:
        half, neck_y = held_between(front, extent)
    if extent.hem is None:
        return out
    if cloth.scoop is not None:
        depth = cloth.scoop.depth * half_chest(front)
        where = trunk & (front.facing > 0) & (np.abs(front.flat[..., 0]) < half)
        if extent.collar is not None:  # which ends beside the opening by itself
            where &= front.flat[..., 1] < neck_y
        t = np.abs(front.flat[..., 0][where]) / half
        slope = depth * cloth.scoop.bow * t ** (cloth.scoop.bow - 1) / half
        edge = neck_y - depth * (1 - t**cloth.scoop.bow) - front.flat[..., 1][where]
        out[where] = np.minimum(out[where], edge / np.sqrt(1 + slope**2))
    if extent.sleeve == 0 and extent.strap is not None and extent.bust is None:
        where = (trunk | (front.is_flat & front.is_part("arm"))) & (np.abs(front.flat[..., 0]) > half)
        out[where] = np.minimum(out[where], _armholes(front, extent.strap, front.flat[where]))
    return out


def _armholes(front: BodyFront, strap: float, flat: F32) -> F32:
    """Return how far (n,) flat points (n, 2) lie inside a sleeveless top's armholes, in metres: a curve from strap to armpit."""
    out = np.full(len(flat), 1.0, np.float32)
    for side, end in zip(("left", "right"), neck_ends(front, strap), strict=True):
        pit = front.folds[f"side_{side}"].flat[armpit(front, side)]
        x, y = np.abs(flat[:, 0]), flat[:, 1]
        inner, outer = min(abs(end[0]), abs(pit[0])), abs(pit[0])
        t = np.clip((end[1] - y) / (end[1] - pit[1]), 0, 1)
        edge = inner + (outer - inner) * t**_ARMHOLE
        slope = (outer - inner) * _ARMHOLE * t ** (_ARMHOLE - 1) / (end[1] - pit[1])
        where = (flat[:, 0] * np.sign(end[0]) > 0) & (y > pit[1])
        out[where] = ((edge - x) / np.sqrt(1 + slope**2))[where]
    return out
