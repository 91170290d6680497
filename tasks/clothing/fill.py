"""The cloth that the photo does not show: beyond the silhouette's edge, and on the back.

Outwards, the cloth's own rim is carried on, so no sample ever takes in the ground. For the back, what sits on the cloth
(a print, buttons, a zip) is found as what the rim's colours do not explain, and covered with patches of plain cloth
from the same height (after Efros and Freeman, "Image Quilting", SIGGRAPH 2001), so that stripes run on and the light
stays as it was.
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.colours import fit_colours, folded_lab

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_RIM = 0.012  # of the long side that is cut off the cloth: mixed pixels, and the cut's own error
_BAND = (0.03, 0.25)  # share of the cloth's depth that counts as rim for its plain colours
_COLOURS = 5  # of plain cloth that are told apart
_PRINT = 2.7  # spreads from the nearest plain colour from which a pixel is print
_WORK_SIDE = 192  # the patches are chosen at this size
_ENOUGH = 0.1  # of the cloth that must be plain to cover the rest with
_LIGHT = 12.0  # spread of what counts as light and not as pattern, in pixels of the working size


@dataclass(frozen=True, slots=True)
class Cloth:
    """A photo's cloth, going on over the whole picture."""

    front: U8  # (H, W, 3)
    back: U8  # (H, W, 3) without print and buttons
    mask: U8  # (H, W) 255 where the photo shows the cloth


class _Patch(NamedTuple):
    """A square of cloth and where it goes, as rows and columns of the corner at the working size."""

    to: tuple[int, int]
    of: tuple[int, int]
    size: int


def spread_cloth(rgb: U8, mask: U8, opening: U8, trunk: U8 | None = None) -> Cloth:
    """Return the cloth of a photo carried on over the whole picture, as worn in front and behind.

    Args:
        rgb: (H, W, 3).
        mask: (H, W), 255 on the garment.
        opening: (H, W), 255 about the neck, where a back differs from the front.
        trunk: (H, W), 255 where plain cloth for the back is taken from by choice: sleeves' seams are no cloth to copy.
    """
    side = max(1, round(_RIM * max(mask.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * side + 1, 2 * side + 1))
    whole = np.where(mask > 127, 255, 0).astype(np.uint8)
    core = np.asarray(cv2.erode(whole, kernel, borderValue=0), np.uint8)
    if not core.any():
        core = whole
    front = carry_on(rgb, core > 0)
    return Cloth(front, _plain(front, core, opening, trunk), mask)


def carry_on(rgb: U8, known: Mask) -> U8:
    """Return (H, W, 3) with every unknown pixel taken from the cloth: mirrored at its edge, and softened with distance."""
    distance, labels = cv2.distanceTransformWithLabels(
        np.where(known, 0, 1).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    h, w = known.shape
    owner = np.zeros(int(labels.max()) + 1, np.int64)
    owner[labels[known]] = np.flatnonzero(known)
    edge_y, edge_x = np.divmod(owner[labels], w)
    y, x = np.mgrid[:h, :w]
    my, mx = np.clip(2 * edge_y - y, 0, h - 1), np.clip(2 * edge_x - x, 0, w - 1)
    mirrored = known[my, mx]
    out = np.where(mirrored[..., None], rgb[my, mx], rgb[edge_y, edge_x])
    soft = pull_push(rgb, known)
    far = np.clip(distance / (0.04 * max(h, w)) - 0.5, 0, 1)[..., None]
    blended = out * (1 - far) + soft * far
    return np.where(known[..., None], rgb, np.rint(blended)).astype(np.uint8)


def pull_push(values: NDArray[np.generic], known: Mask) -> F32:
    """Return (H, W, C) float values, the unknown ones interpolated from ever coarser means of the known."""
    levels = [(np.where(known[..., None], values, 0).astype(np.float32), known.astype(np.float32))]
    while min(levels[-1][1].shape) > 2:
        value, weight = levels[-1]
        size = (max(1, (value.shape[1] + 1) // 2), max(1, (value.shape[0] + 1) // 2))
        small = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
        mean = cv2.resize(value * weight[..., None], size, interpolation=cv2.INTER_AREA)
        mean = mean.reshape(*small.shape, -1) / np.maximum(small, np.float32(1e-6))[..., None]
        levels.append((mean.astype(np.float32), np.minimum(small * 4, 1).astype(np.float32)))
    filled = levels[-1][0]
    for value, weight in levels[-2::-1]:
        up = cv2.resize(filled, value.shape[1::-1], interpolation=cv2.INTER_LINEAR).reshape(value.shape)
        filled = value * weight[..., None] + up * (1 - weight[..., None])
    return np.asarray(filled, np.float32)


def _plain(front: U8, core: U8, opening: U8, trunk: U8 | None) -> U8:
    """Return the cloth without what sits on it, or as it is where too little plain cloth is left to cover it with."""
    scale = min(1.0, _WORK_SIDE / max(core.shape))
    size = (round(core.shape[1] * scale), round(core.shape[0] * scale))
    small = np.asarray(cv2.resize(front, size, interpolation=cv2.INTER_AREA), np.uint8)
    inside = cv2.resize(core, size, interpolation=cv2.INTER_AREA) > 200
    if inside.sum() < 400:
        return front
    open_ = cv2.resize(opening, size, interpolation=cv2.INTER_AREA) > 127
    foreign = _print(small, inside) | _middle(inside) | (open_ & inside)
    if not 0.003 < foreign.sum() / inside.sum() < 0.6:
        return front
    plain = inside & ~foreign
    if trunk is not None:
        best = plain & (cv2.resize(trunk, size, interpolation=cv2.INTER_AREA) > 127)
        plain = best if best.sum() > _ENOUGH * inside.sum() else plain
    patches = _patches(small, plain, foreign) if plain.sum() > _ENOUGH * inside.sum() else []
    return _lay(front, foreign, inside & ~foreign, patches) if patches else front


def _lay(front: U8, foreign: Mask, plain: Mask, patches: list[_Patch]) -> U8:
    """Return the front with the patches, chosen at the working size, laid from the photo's own pixels, soft at their edges."""
    h, w = front.shape[:2]
    scale = h / foreign.shape[0], w / foreign.shape[1]
    small = cv2.resize(front, foreign.shape[::-1], interpolation=cv2.INTER_AREA)
    light = np.asarray(cv2.resize(cv2.GaussianBlur(pull_push(small, plain), (0, 0), _LIGHT), (w, h)), np.float32)
    detail = front.astype(np.float32) - light
    total, weight = np.zeros_like(detail), np.full((h, w, 1), 1e-6, np.float32)
    for patch in patches:
        to, of = (tuple(round(c * s) for c, s in zip(corner, scale, strict=True)) for corner in (patch.to, patch.of))
        tall = min(round(patch.size * scale[0]), h - max(to[0], of[0]))
        wide = min(round(patch.size * scale[1]), w - max(to[1], of[1]))
        window = _window(tall)[:, None] * _window(wide)[None]
        at = (slice(to[0], to[0] + tall), slice(to[1], to[1] + wide))
        total[at] += window[..., None] * detail[of[0] : of[0] + tall, of[1] : of[1] + wide]
        weight[at] += window[..., None]
    cover = cv2.resize(cv2.GaussianBlur(foreign.astype(np.float32), (0, 0), 1.5), (w, h))
    cover = np.clip(cover * 3, 0, 1)[..., None]
    patched = light + total / weight
    return np.clip(front * (1 - cover) + patched * cover + 0.5, 0, 255).astype(np.uint8)


def _window(n: int) -> F32:
    return (np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2 + 1e-3).astype(np.float32)


def _print(rgb: U8, inside: Mask) -> Mask:
    """Return where the colours of the garment's rim do not explain the cloth."""
    lab = folded_lab(rgb)
    depth = np.asarray(cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    rim = inside & (depth > _BAND[0] * depth.max()) & (depth < _BAND[1] * depth.max())
    marked = (inside & (fit_colours(lab[rim], _COLOURS).distance(lab) > _PRINT)).astype(np.uint8)
    specks_gone = cv2.morphologyEx(marked, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    joined = cv2.morphologyEx(specks_gone, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
    return np.asarray((cv2.dilate(joined, np.ones((5, 5), np.uint8)) > 0) & inside)


def _middle(inside: Mask) -> Mask:
    """Return the strip down the middle, where buttons, zips and flies are."""
    out = np.zeros_like(inside)
    columns = np.flatnonzero(inside.any(axis=0))
    centre = float((inside.sum(axis=0) * np.arange(inside.shape[1])).sum() / inside.sum())
    half = 0.045 * len(columns)
    out[:, max(0, round(centre - half)) : round(centre + half) + 1] = True
    return out & inside


def _patches(rgb: U8, plain: Mask, foreign: Mask) -> list[_Patch]:
    """Return overlapping patches of plain cloth that cover the foreign parts."""
    # Folds and pattern ride on the light: patches bring the pattern, the light is what surrounds the gap.
    detail = rgb.astype(np.float32) - cv2.GaussianBlur(pull_push(rgb, plain), (0, 0), _LIGHT)
    patches = []
    known = plain.copy()
    size = max(9, round(0.14 * np.sqrt(plain.sum() + foreign.sum())))
    step = max(4, size // 2)
    h, w = plain.shape
    # A margin lets the patches hang over the cut's edge, whose soft rim is covered too.
    wanted = cv2.dilate(foreign.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    for y in range(0, h - size + 1, step):
        for x in range(0, w - size + 1, step):
            at = (slice(y, y + size), slice(x, x + size))
            if not wanted[at].any():
                continue
            best = _best(detail, plain, known[at], detail[at], y, size)
            if best is not None:
                gap = wanted[at] & ~known[at]
                detail[at][gap] = detail[best[0] : best[0] + size, best[1] : best[1] + size][gap]
                known[at] |= gap
                patches.append(_Patch((y, x), best, size))
    return patches


def _best(detail: F32, plain: Mask, known: Mask, target: F32, y: int, size: int) -> tuple[int, int] | None:
    """Return the corner of the plain patch, near a height, that best meets the known part of a target."""
    share = cv2.boxFilter(
        plain.astype(np.float32), -1, (size, size), anchor=(0, 0), normalize=True, borderType=cv2.BORDER_CONSTANT
    )
    usable = share[: plain.shape[0] - size + 1, : plain.shape[1] - size + 1] > 0.999
    for reach in (size // 3, size, plain.shape[0]):
        lo, hi = max(0, y - reach), min(usable.shape[0], y + reach + 1)
        if not usable[lo:hi].any():
            continue
        weight = known.astype(np.float32) + 0.01
        cost = cv2.matchTemplate(
            np.ascontiguousarray(detail[lo : hi + size - 1]),
            np.ascontiguousarray(target),
            cv2.TM_SQDIFF,
            mask=np.repeat(weight[..., None], 3, axis=2),
        )
        cost = np.where(usable[lo:hi], cost, np.inf)
        row, column = np.unravel_index(int(np.argmin(cost)), cost.shape)
        return lo + int(row), int(column)
    return None
