"""The grain of a cloth, carried on from where the cloth is calmest.

Patches of it are quilted (after Efros and Freeman, "Image Quilting", SIGGRAPH 2001), blended so that their contrast stays
(Heitz and Neyret, "High-Performance By-Example Noise", 2018).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.quilt import window
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_PATCH, _MIN_PATCH, _LEAST_PATCH = 0.12, 9, 4  # a patch's side as a share of the garment's, and in pixels; if need be
_ROUGH = 1.2  # spread of what makes a patch eventful
_PATCHES, _TRIED, _WEAR = 24, 8, 0.15  # the calmest that are used, of these at each place, and what each use costs
_SCATTER = 40503  # Knuth's multiplicative hash of 16 bits: no two places in a row begin with the same patches
_GRAIN_SHOWN = 2.5  # times its usual size, beyond which it is a crease or a stitch


def lay_grain(rgb: U8, base: F32, even: F32, ground: Mask, region: Mask) -> U8:
    """Return (H, W, 3) the picture with a base in a region, and the cloth's grain on it.

    Args:
        rgb: (H, W, 3).
        base: (h, w, 3) at the working size, or finer; levels.
        even: (h, w, 3) likewise, the picture without its grain where the cloth shows it.
        ground: (h, w) at the working size, where it does.
        region: (h, w).
    """
    h, w = rgb.shape[:2]
    sy, sx = h / region.shape[0], w / region.shape[1]
    grain = rgb - cv2.resize(even, (w, h), interpolation=cv2.INTER_LINEAR)
    small = np.asarray(cv2.resize(grain, region.shape[::-1], interpolation=cv2.INTER_AREA), np.float32)
    source = cv2.erode(ground.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) > 0
    size, corners = _calmest(small, source, round(_PATCH * np.sqrt(region.sum())))
    usual = [float(np.abs(p).mean()) for p in (_patch(grain, c, size, (sy, sx)) for c in corners) if p.size]
    most = np.float32(_GRAIN_SHOWN * np.median(usual)) if usual else np.float32(0)
    np.clip(grain, -most, most, out=grain)
    small = np.clip(small, -most, most)
    tall, wide = max(2, round(size * sy)), max(2, round(size * sx))
    near = cv2.dilate(region.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    out, square = np.zeros_like(grain), np.full((h, w), 1e-3, np.float32)
    for to_y, to_x, of in _choose(small, near, corners, size):
        ty, tx = round(to_y * sy), round(to_x * sx)
        oy, ox = (round(c * s) for c, s in zip(corners[of], (sy, sx), strict=True))
        n, m = min(tall, h - max(ty, oy)), min(wide, w - max(tx, ox))
        _add(
            out[ty : ty + n, tx : tx + m],
            square[ty : ty + n, tx : tx + m],
            grain[oy : oy + n, ox : ox + m],
            window(n),
            window(m),
        )
    over = cv2.resize(cv2.GaussianBlur(region.astype(np.float32), (0, 0), 1.5), (w, h))
    out /= np.sqrt(square)[..., None]
    out += cv2.resize(base, (w, h), interpolation=cv2.INTER_LINEAR)
    out -= rgb
    out *= np.clip(over * 3, 0, 1)[..., None]
    out += rgb
    return np.clip(out + np.float32(0.5), 0, 255).astype(np.uint8)


def _calmest(grain: F32, source: Mask, size: int) -> tuple[int, I64]:
    """Return a patch's side, and the corners (n, 2) of the calmest patches, no two of which are close."""
    rough = cv2.GaussianBlur(grain, (0, 0), _ROUGH)  # folds and seams, more than grain
    energy = (rough * rough).sum(axis=-1)
    size = max(1, min(max(_MIN_PATCH, size), *(n - 1 for n in source.shape)))
    while True:
        total, event = (
            cv2.boxFilter(p, -1, (size, size), anchor=(0, 0), normalize=False)
            for p in (source.astype(np.float32), energy)
        )
        free = total > size * size - 0.5
        free[len(free) - size :], free[:, free.shape[1] - size :] = False, False
        apart = np.zeros_like(free)
        apart[:: max(1, size // 3), :: max(1, size // 3)] = True
        y, x = np.nonzero(free & apart)
        if len(y) >= _TRIED or size <= _LEAST_PATCH:
            break
        size = max(_LEAST_PATCH, size * 3 // 4)
    order = np.argsort(event[y, x], kind="stable")[:_PATCHES]
    return size, np.stack([y[order], x[order]], axis=-1)


def _patch(picture: F32, corner: I64, size: int, scale: tuple[float, float]) -> F32:
    """Return what lies in a picture under a square of the working size."""
    top, left, low, right = (round(float((c + d) * s)) for d in (0, size) for c, s in zip(corner, scale, strict=True))
    return picture[top:low, left:right]


@kernel
def _add(out: F32, square: F32, patch: F32, down: F32, across: F32) -> None:
    """Add a patch (n, m, 3) to a picture, times shares (n,) and (m,), and the squares of both shares to theirs (n, m)."""
    for y in range(patch.shape[0]):
        for x in range(patch.shape[1]):
            share = down[y] * across[x]
            for c in range(3):
                out[y, x, c] += share * patch[y, x, c]
            square[y, x] += share * share


@kernel
def _choose(grain: F32, wanted: Mask, corners: I64, size: int) -> I64:
    """Return (n, 3) rows and columns of the places that patches go to, each over half of the next, and which goes there."""
    h, w = wanted.shape
    step = (size + 1) // 2
    laid = np.zeros((h, w, 3), np.float32)
    known = np.zeros((h, w), np.bool_)
    used = np.zeros(len(corners), np.int64)
    out = np.zeros(((h // step + 1) * (w // step + 2), 3), np.int64)
    n, count = 0, len(corners)
    for row in range(h // step + 1):
        y = row * step
        for x in range(-(row % 2) * (step // 2), w, step):
            left, right, low = max(x, 0), min(x + size, w), min(y + size, h)
            if count == 0 or right <= left or low <= y or not wanted[y:low, left:right].any():
                continue
            best, least = 0, np.float32(np.inf)
            for k in range(min(_TRIED, count)):
                i = (n * _SCATTER % 65536 * count // 65536 + k * 5) % count
                cost = np.float32(1)
                for v in range(y, low):
                    for u in range(left, right):
                        if known[v, u]:
                            for c in range(3):
                                gap = laid[v, u, c] - grain[corners[i, 0] + v - y, corners[i, 1] + u - left, c]
                                cost += gap * gap
                cost *= np.float32(1 + _WEAR * used[i])
                if cost < least:
                    best, least = i, cost
            used[best] += 1
            for v in range(y, low):
                for u in range(left, right):
                    for c in range(3):
                        laid[v, u, c] = grain[corners[best, 0] + v - y, corners[best, 1] + u - left, c]
                    known[v, u] = True
            out[n, 0], out[n, 1], out[n, 2] = y, left, best
            n += 1
    return out[:n]
