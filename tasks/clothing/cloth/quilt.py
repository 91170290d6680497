"""Plain cloth laid over what a back has not: overlapping patches from the same height (after Efros and Freeman, "Image
Quilting", SIGGRAPH 2001), so that stripes run on and the light stays as it was.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_ENOUGH = 0.1  # of the cloth that must be plain to cover the rest with
_TO_HEM = 0.08  # of the picture that a trunk's inside lies off its hem
_LIGHT = 12.0  # spread of what counts as light and not as pattern, in pixels of the working size
_MOTLEY = 28.0  # levels that a cloth's colours spread about the light, from which they are all its pattern's
_PATCH = 0.14  # a patch's side as a share of the garment's
_MIN_SIDE = 7  # pixels of the working size
_CHOICE = 0.1  # of the plain cloth that must be corners of patches
_CALM = 0.5  # weight of a patch's own contrast: the least eventful cloth is copied
_COARSE = 3  # pixels between the corners that are tried first


def cover(rgb: U8, prints: Mask, inside: Mask, trunk: Mask | None) -> U8 | None:
    """Return (H, W, 3) with plain cloth over the prints; None where too little cloth is plain.

    Args:
        rgb: (H, W, 3) of cloth all over.
        prints: (h, w) at the working size, to be covered.
        inside: (h, w) the garment.
        trunk: (h, w) where patches are taken from by choice.
    """
    plain = inside & ~prints
    source = plain
    if trunk is not None:
        down = 2 * round(_TO_HEM * len(trunk)) + 1
        best = plain & (cv2.dilate(trunk.astype(np.uint8), np.ones((down, 1), np.uint8)) > 0)
        source = best if best.sum() > _ENOUGH * inside.sum() else plain
    if source.sum() <= _ENOUGH * inside.sum():
        return None
    small = np.asarray(cv2.resize(rgb, prints.shape[::-1], interpolation=cv2.INTER_AREA), np.float32)
    light = np.asarray(cv2.GaussianBlur(pull_push(small, plain.astype(np.float32)), (0, 0), _LIGHT), np.float32)
    if (small - light)[plain].std() > _MOTLEY:
        light[:] = small[plain].mean(axis=0)
    # Folds and pattern ride on the light: patches bring the pattern, the light is what surrounds the gap.
    detail = np.ascontiguousarray(small - light)
    # A margin lets the patches hang over the cut's edge, whose soft rim is covered too.
    wanted = cv2.dilate(prints.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    size, free = _patch_size(source, round(_PATCH * np.sqrt(inside.sum())))
    if not free.any():
        return None
    energy = cv2.boxFilter((detail * detail).sum(axis=-1), -1, (size, size), anchor=(0, 0), normalize=False)
    dear = np.asarray(_CALM * 0.5 * energy, np.float32)  # half of the pixels are compared
    far = np.float32(np.median(dear[free]) / size**2)
    patches = _choose(detail.copy(), plain.copy(), wanted, free, dear, far, size, max(3, size // 2))
    return _lay(rgb, light, prints, patches, size)


def _patch_size(source: Mask, size: int) -> tuple[int, Mask]:
    """Return a patch's side, at most `size`, at which there is a choice of patches, and where their corners may lie."""
    size = max(_MIN_SIDE, size)
    free = _corners(source, size)
    while size > _MIN_SIDE and free.sum() < _CHOICE * source.sum():
        size = max(_MIN_SIDE, size * 3 // 4)
        free = _corners(source, size)
    return size, free


def pull_push(values: F32, known: F32) -> F32:
    """Return (H, W, C) values, those of little weight (H, W) interpolated from ever coarser means of the known."""
    levels = [(np.asarray(values, np.float32), np.asarray(known, np.float32))]
    while max(levels[-1][1].shape) > 1:
        value, weight = levels[-1]
        size = (max(1, (value.shape[1] + 1) // 2), max(1, (value.shape[0] + 1) // 2))
        small = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
        mean = cv2.resize(value * weight[..., None], size, interpolation=cv2.INTER_AREA)
        mean = mean.reshape(*small.shape, -1) / np.maximum(small, np.float32(1e-6))[..., None]
        levels.append((np.asarray(mean, np.float32), np.asarray(np.minimum(small * 4, 1), np.float32)))
    filled = levels[-1][0]
    for value, weight in levels[-2::-1]:
        up = cv2.resize(filled, value.shape[1::-1], interpolation=cv2.INTER_LINEAR).reshape(value.shape)
        filled = up + (value - up) * weight[..., None]
    return np.asarray(filled, np.float32)


def _corners(plain: Mask, size: int) -> Mask:
    """Return (h, w) where a patch's upper left corner may lie."""
    total = cv2.integral(plain.astype(np.uint8))
    whole = total[size:, size:] - total[size:, :-size] - total[:-size, size:] + total[:-size, :-size]
    out = np.zeros(plain.shape, bool)
    out[: whole.shape[0], : whole.shape[1]] = whole == size * size
    return out


def _lay(rgb: U8, light: F32, prints: Mask, patches: I64, size: int) -> U8:
    """Return the picture with the patches, chosen at the working size, laid from its own pixels, soft at their edges."""
    h, w = rgb.shape[:2]
    sy, sx = h / prints.shape[0], w / prints.shape[1]
    light = np.asarray(cv2.resize(light, (w, h), interpolation=cv2.INTER_LINEAR), np.float32)
    detail = rgb - light
    total, weight = np.zeros_like(detail), np.full((h, w), 1e-6, np.float32)
    for to_y, to_x, of_y, of_x in patches:
        ty, tx, oy, ox = round(to_y * sy), round(to_x * sx), round(of_y * sy), round(of_x * sx)
        tall, wide = min(round(size * sy), h - max(ty, oy)), min(round(size * sx), w - max(tx, ox))
        share = window(tall)[:, None] * window(wide)[None]
        total[ty : ty + tall, tx : tx + wide] += share[..., None] * detail[oy : oy + tall, ox : ox + wide]
        weight[ty : ty + tall, tx : tx + wide] += share
    over = cv2.resize(cv2.GaussianBlur(prints.astype(np.float32), (0, 0), 1.5), (w, h))
    over = np.clip(over * 3, 0, 1)[..., None]
    total /= weight[..., None]
    total += light
    total -= rgb
    total *= over
    total += rgb
    return np.clip(total + np.float32(0.5), 0, 255).astype(np.uint8)


@lru_cache(maxsize=256)
def window(n: int) -> F32:
    """Return (n,) the weights of a patch's pixels, least at its edges."""
    return (np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2 + 1e-3).astype(np.float32)


@kernel
def _choose(
    detail: F32, known: Mask, wanted: Mask, free: Mask, dear: F32, far: np.float32, size: int, step: int
) -> I64:
    """Return (n, 4) rows and columns of the corners where patches go and where they are from; `detail` is filled in."""
    h, w = known.shape
    out = np.zeros((((h - size) // step + 1) * ((w - size) // step + 1), 4), np.int64)
    n = 0
    for y in range(0, h - size + 1, step):
        for x in range(0, w - size + 1, step):
            if not wanted[y : y + size, x : x + size].any():
                continue
            by, bx = _nearest_alike(detail, known, free, dear, far, y, x, size)
            if by < 0:
                continue
            for j in range(size):
                for i in range(size):
                    if wanted[y + j, x + i] and not known[y + j, x + i]:
                        detail[y + j, x + i] = detail[by + j, bx + i]
                        known[y + j, x + i] = True
            out[n, 0], out[n, 1], out[n, 2], out[n, 3] = y, x, by, bx
            n += 1
    return out[:n]


@kernel
def _nearest_alike(
    detail: F32, known: Mask, free: Mask, dear: F32, far: np.float32, y: int, x: int, size: int
) -> tuple[int, int]:
    """Return the free corner near a height whose patch best meets what is known of the one at (y, x); -1 if there is none."""
    h, w = free.shape
    best, by, bx = np.float32(np.inf), -1, -1
    for cy in range(y % _COARSE, h, _COARSE):
        for cx in range(0, w, _COARSE):
            if free[cy, cx]:
                cost = _mismatch(detail, known, dear, far, y, x, cy, cx, size, best)
                if cost < best:
                    best, by, bx = cost, cy, cx
    my, mx = by, bx
    for cy in range(max(0, my - _COARSE + 1), min(h, my + _COARSE)):
        for cx in range(max(0, mx - _COARSE + 1), min(w, mx + _COARSE)):
            if by >= 0 and free[cy, cx]:
                cost = _mismatch(detail, known, dear, far, y, x, cy, cx, size, best)
                if cost < best:
                    best, by, bx = cost, cy, cx
    return by, bx


@kernel
def _mismatch(
    detail: F32, known: Mask, dear: F32, far: np.float32, y: int, x: int, cy: int, cx: int, size: int, most: np.float32
) -> np.float32:
    """Return how ill a patch meets every other known pixel of another, more if eventful or far; stops at `most`."""
    cost = (
        dear[cy, cx]
        + far * np.float32(min(2 * (cy - y) ** 2, 3 * size * size // 2))
        + np.float32(1e-3) * np.float32((cx - x) ** 2)
    )
    for j in range(0, size, 2):
        for i in range(j // 2 % 2, size, 2):
            if known[y + j, x + i]:
                for c in range(3):
                    gap = detail[y + j, x + i, c] - detail[cy + j, cx + i, c]
                    cost += gap * gap
        if cost >= most:
            return cost
    return cost
