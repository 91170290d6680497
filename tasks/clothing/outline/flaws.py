"""What of a garment's photo spoils its dressed figure, in numbers that whoever took it can do something about.

Creases are steps of lightness that are none of colour, and softer than a print's. A print or a pocket leaves calm cloth beside
it, so the garment's calmer parts are asked whether creases are all over. Ground that was taken for cloth lies on one side:
garments are nearly the same on both.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.colours import fit_colours, folded_lab, thinned
from manikin.tasks.clothing.cutout.masks import reduced, resized
from manikin.tasks.clothing.outline.landmarks import Landmarks
from manikin.tasks.clothing.outline.silhouettes import SIDES

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_SIDE: Final = 256  # pixels of the garment's longer side, for creases
_GROUND_SIDE = 192  # pixels of the picture's longer side, for ground
_SAMPLES = 1500  # of the ground
_BLUR = 1.5  # pixels, beyond which a thread is none
_CREASE = (3.0, 14.0)  # Lab units within a blur, between which light and shade are a crease: a stripe's edge is sharper
_COLOURED = 0.4  # of that step, that colour may change along with it
_MID_GREY = 50.0  # lightness at which colour is compared: shade weakens it
_BLACK = 16.0  # added to lightness, which is proportional to colour then, whatever the light
_RIM = 0.02  # of the garment, left out at the contour
_NEAR = 0.2  # of the garment, over which creases are counted
_CALM = 0.25  # quantile of that count
_COLOURS = 5  # of the ground
_OTHER = 10.0  # Lab units with lightness halved, by which a side's cloth differs from the other's
_GROUND, _NO_GROUND = 2.5, 3.0  # spreads from the ground's colours that a pixel and its counterpart have
_MIN_PIECE = 5  # pixels across
_FOREIGN = 4.0  # spreads from the garment's colours of what at its edge is none of it
_EDGE_PIECE, _EDGE = 4, (0.002, 0.03)  # pixels across, and of the garment, of a piece of that
_COUNTERPART = 0.2  # of such a piece, whose mirror image is none of it either


def creased(rgb: U8, mask: U8) -> float:
    """Return the share, 0..1, of a garment's calmer parts that creases cover.

    Args:
        rgb: (H, W, 3) the picture.
        mask: (H, W), 255 on the garment.
    """
    x, y, w, h = cv2.boundingRect((mask > 127).astype(np.uint8))
    scale = _SIDE / max(w, h, 1)
    size = (max(8, round(w * scale)), max(8, round(h * scale)))
    picture, inside = (cv2.resize(a[y : y + h, x : x + w], size, interpolation=cv2.INTER_AREA) for a in (rgb, mask))
    rim = 2 * round(_RIM * _SIDE) + 1
    padded = cv2.copyMakeBorder((inside > 127).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    counts = cv2.erode(padded, np.ones((rim, rim), np.uint8))[1:-1, 1:-1].astype(np.float32)
    if not counts.any():
        return 0.0
    lab = np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    colour = lab[..., 1:] * (np.float32(_MID_GREY + _BLACK) / (lab[..., :1] + np.float32(_BLACK)))
    light, red, yellow = (_steps(c) for c in (lab[..., 0], colour[..., 0], colour[..., 1]))
    is_crease = (light > _CREASE[0]) & (light < _CREASE[1]) & (np.hypot(red, yellow) < _COLOURED * light)
    near = (int(_NEAR * _SIDE) | 1,) * 2
    around = np.maximum(cv2.boxFilter(counts, -1, near), 1e-3)
    share = cv2.boxFilter(is_crease.astype(np.float32) * counts, -1, near) / around
    return float(np.quantile(share[counts > 0], _CALM))


def _steps(channel: NDArray[np.floating]) -> F32:
    """Return (H, W) how much a channel changes within the blur."""
    even = cv2.GaussianBlur(np.ascontiguousarray(channel), (0, 0), _BLUR)
    gx, gy = (cv2.Sobel(even, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1)))
    return np.asarray(np.hypot(gx, gy) * _BLUR, np.float32)


def one_sided_ground(rgb: U8, mask: U8, landmarks: Landmarks) -> float:
    """Return the share, 0..1, of the garment that its largest piece takes whose mirror image is cloth and it is like ground.

    Args:
        rgb: (H, W, 3) the picture.
        mask: (H, W), 255 on the garment.
        landmarks: its landmarks, left and right.
    """
    small = reduced(rgb, _GROUND_SIDE)
    scale = small.shape[1] / rgb.shape[1]
    within = resized(mask, small.shape[1::-1])
    if within.all() or not within.any():
        return 0.0
    lab = folded_lab(small)
    samples = lab[~within]
    to_ground = fit_colours(thinned(samples, _SAMPLES), _COLOURS).distance(lab)
    there = _mirror(landmarks, scale, within.shape)
    other_lab, other_within, other_to_ground = (
        cv2.remap(a, *there, cv2.INTER_LINEAR) for a in (lab, within.astype(np.float32), to_ground)
    )
    differs = np.linalg.norm(lab - other_lab, axis=-1) > _OTHER
    found = within & (other_within > 0.5) & differs & (to_ground < _GROUND) & (other_to_ground > _NO_GROUND)
    kernel = np.ones((_MIN_PIECE, _MIN_PIECE), np.uint8)
    opened = np.asarray(cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, kernel), np.uint8)
    n, _, stats, _ = cv2.connectedComponentsWithStats(opened)
    return float(stats[1:, cv2.CC_STAT_AREA].max() / within.sum()) if n > 1 else 0.0


def one_sided(rgb: U8, mask: U8, heart: U8, landmarks: Landmarks) -> NDArray[np.bool_]:
    """Return (H, W) what at a cut-out's edge is of no colour of the garment's, and has no counterpart on its other side.

    Args:
        rgb: (H, W, 3) the picture.
        mask: (H, W), 255 on the garment.
        heart: (H, W), 255 where only cloth can be.
        landmarks: its landmarks, left and right.
    """
    small = reduced(rgb, _GROUND_SIDE)
    within, inner = (resized(m, small.shape[1::-1]) for m in (mask, heart))
    core = cv2.erode(within.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    none = np.zeros(mask.shape, np.bool_)
    if within.all() or not (core & inner).any():
        return none
    lab = folded_lab(small)
    cloth, ground = (fit_colours(thinned(s, _SAMPLES), _COLOURS) for s in (lab[core & inner], lab[~within]))
    rim = within & ~inner
    foreign = np.zeros(within.shape, np.float32)
    to_cloth = cloth.distance(lab[rim])
    foreign[rim] = (to_cloth > _FOREIGN) & (ground.distance(lab[rim]) < to_cloth)
    other = cv2.remap(foreign, *_mirror(landmarks, small.shape[1] / rgb.shape[1], within.shape), cv2.INTER_LINEAR)
    kernel = np.ones((_EDGE_PIECE, _EDGE_PIECE), np.uint8)
    n, piece, stats, _ = cv2.connectedComponentsWithStats(
        cv2.morphologyEx(foreign.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    )
    area, total = stats[:, cv2.CC_STAT_AREA], within.sum()
    beside = cv2.dilate((~within).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    taken = (
        (np.bincount(piece[beside], minlength=n) >= _EDGE_PIECE) & (area > _EDGE[0] * total) & (area < _EDGE[1] * total)
    )
    taken &= np.bincount(piece.ravel(), other.ravel(), n) < _COUNTERPART * area
    taken[0] = False
    if not taken.any():
        return none
    found = cv2.dilate(taken[piece].astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.resize(found, mask.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0)


def _mirror(landmarks: Landmarks, scale: float, shape: tuple[int, ...]) -> tuple[F32, F32]:
    """Return (H, W) each, the x and y of every pixel's mirror image on the garment's other side."""
    p = {n: scale * np.array(v) for n, v in landmarks.points.items()}
    pairs = [(p[n], p[n.removesuffix("_left") + "_right"]) for n in p if n.endswith("_left")]
    middle = np.mean([0.5 * (a + b) for a, b in pairs], axis=0)
    across = np.sum([a - b for a, b in pairs], axis=0)
    across = across / max(float(np.linalg.norm(across)), 1e-9)
    y, x = np.mgrid[: shape[0], : shape[1]]
    beyond = 2 * ((x - middle[0]) * across[0] + (y - middle[1]) * across[1])
    return (x - beyond * across[0]).astype(np.float32), (y - beyond * across[1]).astype(np.float32)


def sleeve_length(landmarks: Landmarks) -> float:
    """Return how many times as long as a top's half shoulders are wide its sleeves are; 0 without any."""
    m = landmarks.measures
    if landmarks.kind != "top":
        return 0.0
    both = [m[f"sleeve_length1_{side}"] + m[f"sleeve_length2_{side}"] for side, _ in SIDES]
    return float(np.mean(both) / max(m["shoulder_half"], 1e-9))


def sleeves_on_trunk(landmarks: Landmarks) -> float:
    """Return the share, 0..1, of a top's sleeves as fitted that lies on its trunk; 0 without any."""
    if landmarks.kind != "top":
        return 0.0
    corners = np.concatenate(landmarks.outlines)
    low = corners.min(axis=0)
    scale = _SIDE / max(float((corners.max(axis=0) - low).max()), 1e-9)
    trunk, *sleeves = (_filled((polygon - low) * scale) for polygon in landmarks.outlines[:3])
    return float(np.mean([(sleeve & trunk).sum() / max(1, int(sleeve.sum())) for sleeve in sleeves]))


def _filled(polygon: F64) -> U8:
    out = np.zeros((_SIDE + 1, _SIDE + 1), np.uint8)
    return np.asarray(cv2.fillPoly(out, [np.rint(polygon).astype(np.int32)], 1), np.uint8)
