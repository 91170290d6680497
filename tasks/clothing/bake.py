"""A garment's layer of the atlas: cloth where the warp finds it, alpha where the garment reaches.

Texels of front and back that lie on each other on the flat body take the same pixel of the photo, so flanks, sleeves and
legs go round without a seam; towards the back the cloth without its print takes over.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.atlas import nearest
from manikin.tasks.clothing.extent import Extent, Reach, coverage, reach
from manikin.tasks.clothing.fill import Cloth
from manikin.tasks.clothing.seams import neck_at
from manikin.tasks.clothing.template import BodyFront
from manikin.tasks.clothing.warp import Warp

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

_TURN = (-0.25, 0.10)  # facing between which front cloth gives way to back cloth
_BACK_NECK = 0.02  # depth of a wide neckline behind, in metres
_OPENING = 0.16  # height under the neck that the photo's own outline may cut out, in metres
_BESIDE = 12  # texels of an atlas of 1024 about what an outline cuts off in error
_BLEED = 24  # texels that colour goes on beyond alpha, for the smaller mip levels


def bake(
    front: BodyFront, cloth: Cloth, warp: Warp, extent: Extent, behind: tuple[U8, Warp] | None = None
) -> tuple[U8, Reach]:
    """Return (S, S, 4) straight-alpha sRGB, the garment on the atlas with colours bled beyond its edges; and its reach.

    Args:
        front: the body.
        cloth: of the photo, carried on over the whole picture.
        warp: from the flat body into the photo.
        extent: where the garment ends.
        behind: the cloth (H, W, 3) of a photo of the back, left and right exchanged, and the warp into it.
    """
    pixels = warp.at(front.flat)
    unseen = (cloth.back, pixels) if behind is None else (behind[0], behind[1].at(front.flat))
    colours = _colours(front, (cloth.front, pixels), unseen)
    cut = reach(front, extent)
    cut = Reach(np.minimum(cut.closed, _openings(front, cloth, warp, pixels, extent)), cut.open)
    alpha = np.rint(coverage(front, cut.distance) * 255).astype(np.uint8)
    return bleed(front, colours, alpha, front.is_flat), cut


def bleed(front: BodyFront, colours: U8, alpha: U8, known: NDArray[np.bool_]) -> U8:
    """Return (S, S, 4) with colours carried beyond alpha and over the islands' borders, and one colour far away.

    Args:
        front: the body.
        colours: (S, S, 3), right where `known`.
        alpha: (S, S), 0 outside `known`.
        known: (S, S).
    """
    source = nearest(known & (front.atlas.triangle >= 0))
    bled = front.atlas.bleed(np.where(known, alpha, 0).astype(np.uint8)[..., None])
    layer = np.dstack([colours.reshape(-1, 3)[source], bled])
    near = cv2.dilate((layer[..., 3] > 0).astype(np.uint8), np.ones((2 * _BLEED + 1,) * 2, np.uint8)) > 0
    shown = layer[..., 3] > 127
    layer[..., :3][~near] = np.median(layer[..., :3][shown], axis=0) if shown.any() else 0
    return layer


def _colours(front: BodyFront, seen: tuple[U8, F32], unseen: tuple[U8, F32]) -> U8:
    """Return (S, S, 3) from the cloth of front and back, each with the pixel (S, S, 2) of every texel."""
    t = np.clip((front.facing - _TURN[0]) / (_TURN[1] - _TURN[0]), 0, 1)[..., None]
    t = t * t * (3 - 2 * t)
    return np.asarray(np.rint(_sampled(front, *unseen) * (1 - t) + _sampled(front, *seen) * t), np.uint8)


def _sampled(front: BodyFront, cloth: U8, pixels: F32) -> F32:
    scale = 1.0 / max(1.0, _pixels_per_texel(front, pixels))
    size = (max(1, round(cloth.shape[1] * scale)), max(1, round(cloth.shape[0] * scale)))
    x = pixels[..., 0] * np.float32(size[0] / cloth.shape[1]) - np.float32(0.5)
    y = pixels[..., 1] * np.float32(size[1] / cloth.shape[0]) - np.float32(0.5)
    small = cv2.resize(cloth, size, interpolation=cv2.INTER_AREA)
    return cv2.remap(small, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)


def _pixels_per_texel(front: BodyFront, pixels: F32) -> float:
    """Return the photo's pixels a texel spans, typically: a larger photo is reduced first, or it would alias."""
    both = front.is_flat[:, 1:] & front.is_flat[:, :-1]
    return float(np.median(np.linalg.norm(np.diff(pixels, axis=1), axis=-1)[both]))


def _openings(front: BodyFront, cloth: Cloth, warp: Warp, pixels: F32, extent: Extent) -> F32:
    """Return (S, S) how far texels lie inside the neck's and armholes' edges, in metres; beyond those, a large value."""
    out = np.full(front.is_flat.shape, 1.0, np.float32)
    ends = [_fold_point(front, side, neck_at(front, side, extent.neck)) for side in ("left", "right")]
    trunk = front.is_flat & front.is_part("torso", "neck")
    neck_y = 0.5 * (ends[0][1] + ends[1][1])
    if extent.neck is not None:
        half = 0.5 * abs(ends[0][0] - ends[1][0])
        t = front.flat[..., 0] / half
        within = trunk & (np.abs(t) < 1)
        edge = neck_y - _BACK_NECK * (1 - t * t) - front.flat[..., 1]
        out[within] = np.minimum(out, edge)[within]
    if extent.hem is None:
        return out
    outline = _outline(cloth, warp, pixels)
    is_sleeveless = extent.sleeve == 0
    reach = _OPENING if extent.neck is None else 2 * _OPENING
    width = abs(ends[0][0]) if not is_sleeveless else np.inf
    where = trunk & (front.flat[..., 1] > neck_y - reach) & (np.abs(front.flat[..., 0]) < width)
    where &= (front.facing > 0) | is_sleeveless
    if not is_sleeveless:
        where &= ~_slits(where & (outline < 0), trunk & (front.flat[..., 1] > neck_y))
    out[where] = np.minimum(out, outline)[where]
    return out


def _slits(cut: NDArray[np.bool_], above: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (S, S) where an outline cuts into a garment without coming from its neck, as between sleeve and trunk."""
    _, label = cv2.connectedComponents((cut | above).astype(np.uint8))
    slit = cut & ~np.isin(label, np.unique(label[above]))
    around = np.ones((2 * _BESIDE * len(cut) // 1024 + 1,) * 2, np.uint8)
    return np.asarray(cv2.dilate(slit.astype(np.uint8), around) > 0)


def _outline(cloth: Cloth, warp: Warp, pixels: F32) -> F32:
    """Return (S, S) how far texels lie inside the photo's silhouette, in metres of the flat body."""
    inner, outer = (
        np.asarray(cv2.distanceTransform(m.astype(np.uint8), cv2.DIST_L2, 5), np.float32)
        for m in (cloth.mask > 127, cloth.mask <= 127)
    )
    signed = cv2.GaussianBlur(inner - outer, (0, 0), 1.5 + 0.004 * max(inner.shape))
    x, y = pixels[..., 0] - np.float32(0.5), pixels[..., 1] - np.float32(0.5)
    return np.asarray(_metres_per_pixel(warp) * cv2.remap(signed, x, y, cv2.INTER_LINEAR), np.float32)


def _fold_point(front: BodyFront, side: str, at: float) -> NDArray[np.float64]:
    fold = front.folds[f"arm_{side}"].flat
    return np.array([np.interp(at, np.arange(len(fold)), fold[:, c]) for c in range(2)])


def _metres_per_pixel(warp: Warp) -> float:
    spans = [float(np.linalg.norm(np.ptp(points, axis=0))) for points in (warp.body, warp.photo)]
    return spans[0] / spans[1]
