"""What a photo shows at a hem or a waist that is no cloth of a garment: ground, hangers, linings and tags that look out.

The hem of a garment is ragged, round or folded, where the outline is straight; so what lies about it in the cut-out may be
anything. It is what the colours of the cloth just above do not explain, if it goes out at the hem or is like the ground. A
band that runs evenly along the hem is the garment's own border, and what goes on well above it is its print.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.colours import Colours, fit_colours, folded_lab, thinned
from manikin.tasks.clothing.edges.curves import Frame, frame_between
from manikin.tasks.clothing.outline.landmarks import Landmarks

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

RIM = 0.012
"""Share of the long side that is cut off the cloth: mixed pixels, and the cut's own error."""

_UNIT: Final = 80  # pixels of half the hem, at which it is looked at
_FRAME = (1.1, 1.2, 0.5)  # of half the hem that are looked at beside, above and below its middle
_COLOURS = 5  # of cloth and of ground that are told apart
_CLOTH = (0.3, 1.1)  # of half the hem above it, where the cloth is that it is compared with
_FEW = 200  # pixels of it and of ground at least
_SAMPLES = 1000  # of each
_FAR = 3.2  # spreads from the cloth's colours
_NEARER = 0.6  # of that distance, within which the ground's colours are
_RARE, _MIXED = 0.08, 5.0  # share of the cloth, and Lab units off a mixture with the ground, of no colour of it
_ZONE = 0.25  # of half the hem, within which all of a lining or a tag lies
_DEEP = 0.7  # likewise most of ground that shows through fringes and lace
_OUT = 3  # pixels from the hem, to which what goes out there reaches
_STRETCHES, _RUNS = 8, 0.75  # of a hem, and share of these in which a colour of its own is
_IN_STRETCH = 0.08  # of the cloth there that has it
_SMOOTH = 45  # pixels along the hem that its height is a median of
_EVEN, _UNEVEN = 0.7, 0.8  # of the hem's length that its own border takes, and of its height, by which that differs
_CLOSING = 0.15  # of half the hem about its middle, where zips and buttons end
_OWN = 0.08  # of the cloth above that is as odd, from which that is its pattern
_SURELY = 0.8  # of a rim that is cut off anyway
_MESH = 7  # pixels of cloth between two that are of one piece: lace and fringes
_AROUND = 4  # times so far about them, what is odd goes with them
_LOOSE = 11  # pixels of cloth between such pieces that go with them
_LEAST = 8  # pixels of a piece


def odd_at_hem(rgb: U8, mask: U8, landmarks: Landmarks) -> Mask:
    """Return (H, W) what is no cloth of a garment's about its hem; nothing for trousers.

    Args:
        rgb: (H, W, 3) the photo.
        mask: (H, W), 255 on the garment.
        landmarks: of the garment.
    """
    frame = None if landmarks.kind == "trousers" else _frame(landmarks, "hem_right", "hem_left")
    return np.zeros(mask.shape, np.bool_) if frame is None else _odd(frame, rgb, mask)


def odd_at_waist(rgb: U8, mask: U8, landmarks: Landmarks) -> Mask:
    """Return (H, W) what is no cloth of trousers or a skirt about its waist, as a hanger and ground below it; likewise."""
    if landmarks.kind not in ("trousers", "skirt"):
        return np.zeros(mask.shape, np.bool_)
    frame = _frame(landmarks, "waist_left", "waist_right")  # upside down
    return np.zeros(mask.shape, np.bool_) if frame is None else _odd(frame, rgb, mask, is_waist=True)


def _odd(frame: Frame, rgb: U8, mask: U8, is_waist: bool = False) -> Mask:
    """Return (H, W) what is no cloth about the lower end of it in a frame."""
    none = np.zeros(mask.shape, np.bool_)
    scale = min(1.0, 1.5 * frame.scale)
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    T = frame.T * np.array([rgb.shape[1] / size[0], rgb.shape[0] / size[1], 1.0])
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    lab = folded_lab(np.asarray(cv2.warpAffine(small, T, frame.size), np.uint8))
    cloth, shown = (np.asarray(cv2.warpAffine(m, frame.T, frame.size) > 127) for m in (mask, np.full_like(mask, 255)))
    depth = _depth(cloth)
    square = np.ones((3, 3), np.uint8)
    core = cv2.erode(cloth.astype(np.uint8), square) > 0
    above = core & (depth > _CLOTH[0] * _UNIT) & (depth < _CLOTH[1] * _UNIT)
    beyond = shown & (cv2.dilate(cloth.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0)
    if above.sum() < _FEW or beyond.sum() < _FEW:
        return none
    ground = fit_colours(thinned(lab[beyond], _SAMPLES), _COLOURS)
    own = _own(thinned(lab[above], _SAMPLES), ground)
    looked_at = cloth & (depth < _DEEP * _UNIT)
    to_cloth, to_ground = (np.zeros(cloth.shape, np.float32) for _ in range(2))
    to_cloth[looked_at], to_ground[looked_at] = own.distance(lab[looked_at]), ground.distance(lab[looked_at])
    along = None if is_waist else _along_hem(lab, core & (depth >= _OUT) & (depth < _ZONE * _UNIT), own, ground)
    if along is not None:
        to_cloth[looked_at] = np.minimum(to_cloth[looked_at], along.distance(lab[looked_at]))
    odd = looked_at & (to_cloth > _FAR)
    usual = float((own.distance(thinned(lab[above], _SAMPLES)) > _FAR).mean())
    found = _out_at_hem(odd, odd & (to_ground < _NEARER * to_cloth), depth, _heart(cloth, rgb, frame), usual, is_waist)
    if not found.any():
        return none
    found = cv2.dilate(found.astype(np.uint8), square) > 0
    found = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((_LOOSE, _LOOSE), np.uint8)) > 0
    found = np.maximum.accumulate(found, axis=0) & (depth < _ZONE * _UNIT) | found
    return frame.back(found, mask.shape)


def _heart(cloth: Mask, rgb: U8, frame: Frame) -> Mask:
    """Return (h, w) what of the cloth is not cut off as its rim anyway."""
    side = 2 * max(1, int(_SURELY * RIM * max(rgb.shape) * frame.scale)) + 1
    return np.asarray(cv2.erode(cloth.astype(np.uint8), np.ones((side, side), np.uint8)) > 0)


def _own(samples: F32, ground: Colours) -> Colours:
    """Return the colours of cloth (n, 3) less those that little of it has and that are mixed with the ground's, as of lace."""
    colours = fit_colours(samples, _COLOURS)
    share = colours.shares(samples)
    usual = colours.centres[share.argmax()]
    toward, there = ground.centres - usual, (colours.centres - usual)[:, None]
    t = np.clip((there * toward).sum(axis=-1) / np.maximum((toward * toward).sum(axis=-1), 1e-6), 0.0, 1.0)
    off = np.linalg.norm(there - t[..., None] * toward, axis=-1).min(axis=1)
    return colours.only((share > _RARE) | (off > _MIXED))


def _along_hem(lab: F32, near: Mask, own: Colours, ground: Colours) -> Colours | None:
    """Return the colours that cloth near a hem (h, w) has nearly all along it, a border's; None without any that are not
    the ground's."""
    if near.sum() < _FEW:
        return None
    samples, x = lab[near], np.nonzero(near)[1]
    colours = fit_colours(thinned(samples, _SAMPLES), _COLOURS)
    stretch = np.minimum((x - x.min()) * _STRETCHES // max(int(np.ptp(x)), 1), _STRETCHES - 1)
    count = np.zeros((len(colours.centres), _STRETCHES))
    np.add.at(count, (colours.owner(samples), stretch), 1)
    runs = (count > _IN_STRETCH * np.maximum(count.sum(axis=0), 1)).sum(axis=1) >= _RUNS * _STRETCHES
    runs &= ground.distance(colours.centres) > _FAR
    return colours.only(runs) if runs.any() else None


def _frame(landmarks: Landmarks, *ends: str) -> Frame | None:
    right, left = (np.array(landmarks.points[name]) for name in ends)
    half = 0.5 * float(np.linalg.norm(left - right))
    if half < 1.0:
        return None
    wide, high, deep = (round(share * _UNIT) for share in _FRAME)
    return frame_between(right, left, _UNIT / half, (wide, high, deep))


def _depth(cloth: Mask) -> I32:
    """Return (h, w) how many pixels each is above the lower end of cloth, which goes smoothly along."""
    h, w = cloth.shape
    low = np.where(cloth.any(axis=0), h - np.argmax(cloth[::-1], axis=0), 0)
    has = low > 0
    if not has.any():
        return np.full(cloth.shape, -1, np.int32)
    low = np.interp(np.arange(w), np.flatnonzero(has), low[has])
    padded = np.pad(low, _SMOOTH // 2, mode="edge")
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(padded, _SMOOTH), axis=-1)
    return np.asarray(np.rint(smooth) - 1 - np.arange(h)[:, None], np.int32)


def _out_at_hem(odd: Mask, ground: Mask, depth: I32, heart: Mask, usual: float, is_waist: bool) -> Mask:
    """Return (h, w) the odd pieces that are of a hem's.

    Args:
        odd: (h, w) what is no colour of the cloth above.
        ground: (h, w) what of it is like the ground.
        depth: (h, w) pixels above the hem.
        heart: (h, w) the cloth that will be shown.
        usual: share of the cloth above that is as odd.
        is_waist: whether it is a waist's, where an even band of the ground's colour lies between hanger and garment.
    """
    zone = round(_ZONE * _UNIT)
    aside = odd.shape[1] // 2 - _UNIT
    inner = np.s_[:, aside:-aside]
    out = np.zeros_like(odd)
    is_bordered = _is_border((odd & (depth < zone))[inner].sum(axis=0))
    if is_bordered and not is_waist:
        return out
    for kind, deepest in ((odd, zone), (ground, int(_DEEP * _UNIT) - 1)):
        if kind is odd and (usual > _OWN or is_bordered):
            continue
        opened = cv2.morphologyEx(kind.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
        joined = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((_MESH, _MESH), np.uint8))
        _, piece = cv2.connectedComponents(joined)
        piece[opened == 0] = 0
        for k in np.unique(piece[heart & (piece > 0)]):
            is_piece = piece == k
            at = depth[is_piece]
            if len(at) < _LEAST or at.max() >= deepest or _is_closing(is_piece):
                continue
            if kind is odd and (is_piece & heart)[inner].any(axis=0).mean() > _EVEN:
                continue
            if at.min() <= (_OUT if kind is odd else zone):
                out |= is_piece
    for _ in range(_AROUND):
        out |= odd & (cv2.dilate(out.astype(np.uint8), np.ones((_MESH, _MESH), np.uint8)) > 0)
    return out


def _is_closing(piece: Mask) -> bool:
    """Return whether a piece (h, w) may be the end of what closes a garment down its middle: a zip, buttons, a slit."""
    x = np.flatnonzero(piece.any(axis=0)) - piece.shape[1] // 2
    return bool(max(-x[0], x[-1]) < _CLOSING * _UNIT)


def _is_border(height: NDArray[np.integer]) -> bool:
    """Return whether what is odd along a hem, so many pixels high (w,), is the hem's own border: nearly everywhere, and even."""
    has = height >= _OUT
    if has.mean() < _EVEN:
        return False
    low, usual, high = np.quantile(height[has], (0.25, 0.5, 0.75))
    return bool(high - low <= max(2.0, _UNEVEN * usual))
