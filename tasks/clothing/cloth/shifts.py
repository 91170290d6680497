"""Patterned cloth carried over gaps by copies of itself, each shifted as a whole, so that motifs and lines go on.

Every block of a gap is copied from where the cloth best meets what is about the block (Efros and Freeman, "Image Quilting",
SIGGRAPH 2001; He and Sun, "Statistics of Patch Offsets for Image Completion", ECCV 2012). Between blocks of two shifts the
seam then moves to where both agree (Pritch et al., "Shift-Map Image Editing", ICCV 2009). Nothing is averaged.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.quilt import pull_push
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_ENOUGH = 0.1  # of the cloth that must be whole to cover the rest with
_HEM = 0.2  # of its height at the hem that is not copied if the rest is enough: borders and cuffs
_LIGHT = 12.0  # spread of what counts as light and not as pattern, in pixels of the working size
_MOTLEY = 20.0  # levels that a cloth's colours spread about the light, from which they are all its pattern's
_BLOCKS = (
    (0.24, 0.12),
    (0.12, 0.1),
    (0.06, 0.08),
)  # a block's side and what is about it, of the garment's; tried in turn
_LEAST_BLOCK = 4  # pixels of the working size
_COARSE = 2  # pixels between the shifts that are tried first
_SEEN = 0.4  # of what is known about a block that must be cloth where it is copied from
_TILT = 0.5  # of the cloth's variance that a shift by the garment's whole size along it costs
_RARE, _BIN = (
    0.04,
    16.0,
)  # share of the cloth with its rarest colours, which may be a button's or a zip's; levels of counts
_ODD = 20.0  # times the cloth's variance that copying more of such than it usually has costs
_ROUNDS = 6  # in which seams move


def cover_pattern(rgb: U8, gaps: Mask, source: Mask, inside: Mask) -> tuple[U8, Mask] | None:
    """Return (H, W, 3) with the cloth's pattern over gaps, and (h, w) those covered; None where too little is whole.

    Args:
        rgb: (H, W, 3) of cloth all over.
        gaps: (h, w) at the working size, to be covered; may lie off the garment.
        source: (h, w) whole cloth to copy.
        inside: (h, w) the garment.
    """
    source = source & inside & ~gaps
    rows = np.flatnonzero(source.any(axis=1))
    above = source.copy()
    above[(rows[-1] - round(_HEM * len(rows)) if len(rows) else 0) :] = False
    source = above if above.sum() > _ENOUGH * inside.sum() else source
    if source.sum() <= _ENOUGH * inside.sum():
        return None
    small = np.asarray(cv2.resize(rgb, gaps.shape[::-1], interpolation=cv2.INTER_AREA), np.float32)
    known = inside & ~gaps
    light = np.asarray(cv2.GaussianBlur(pull_push(small, known.astype(np.float32)), (0, 0), _LIGHT), np.float32)
    if (small - light)[known].std() > _MOTLEY:
        light[:] = small[known].mean(axis=0)
    detail = np.ascontiguousarray(small - light)
    size = float(np.sqrt(inside.sum()))
    dear = np.float32(_TILT * detail[source].var(axis=0).sum() / size)
    odd = np.asarray(_ODD * detail[source].var(axis=0).sum() * _is_rare(detail, source), np.float32)
    usual = np.float32(odd[source].mean())
    shifts, there = np.zeros((*gaps.shape, 2), np.int32), known.copy()
    laid = detail.copy()
    for side, about in _BLOCKS:
        block, margin = max(_LEAST_BLOCK, round(side * size)), max(_LEAST_BLOCK, round(about * size))
        _fill(laid, there, gaps, source, shifts, block, margin, dear, odd, usual)
    filled = there & gaps
    if not filled.any():
        return None
    _move_seams(detail, known, filled, source, shifts)
    h, w = rgb.shape[:2]
    light = np.asarray(cv2.resize(light, (w, h), interpolation=cv2.INTER_LINEAR), np.float32)
    out = rgb.copy()
    _lay(out, rgb, light, known, filled, shifts)
    return out, filled


def _is_rare(detail: F32, source: Mask) -> Mask:
    """Return (h, w) where the cloth is of the colours (h, w, 3) that least of it has."""
    at = np.floor(detail / _BIN).astype(np.int64)
    at -= at.reshape(-1, 3).min(axis=0) - 1
    shape = tuple((at.reshape(-1, 3).max(axis=0) + 2).tolist())
    level = np.ravel_multi_index((at[..., 0], at[..., 1], at[..., 2]), shape)
    count = np.bincount(level[source], minlength=int(np.prod(shape))).reshape(shape).astype(np.float32)
    for axis in range(3):
        count = count + 0.5 * (np.roll(count, 1, axis) + np.roll(count, -1, axis))
    common = count.ravel()[level]
    return np.asarray(common < np.quantile(common[source], _RARE))


@kernel
def _fill(
    laid: F32,
    there: Mask,
    gaps: Mask,
    source: Mask,
    shifts: I32,
    block: int,
    margin: int,
    dear: np.float32,
    odd: F32,
    usual: np.float32,
) -> None:
    """Copy cloth to the gaps block by block, from below, as far as whole blocks of it are found."""
    h, w = gaps.shape
    about = np.empty(((block + 2 * margin) ** 2, 2), np.int64)
    missing = np.empty((block * block, 2), np.int64)
    for bottom in range(h, 0, -block):
        for left in range(0, w, block):
            top, right = max(bottom - block, 0), min(left + block, w)
            n = 0
            for y in range(top, bottom):
                for x in range(left, right):
                    if gaps[y, x] and not there[y, x]:
                        missing[n, 0], missing[n, 1] = y, x
                        n += 1
            if n == 0:
                continue
            m = 0
            for y in range(max(top - margin, 0), min(bottom + margin, h)):
                for x in range(max(left - margin, 0) + y % 2, min(right + margin, w), 2):
                    if there[y, x]:
                        about[m, 0], about[m, 1] = y, x
                        m += 1
            if m == 0:
                continue
            dy, dx = _best_shift(laid, source, missing[:n], about[:m], dear, odd, usual)
            if dy == 0 and dx == 0:
                continue
            for k in range(n):
                y, x = missing[k]
                for c in range(laid.shape[2]):
                    laid[y, x, c] = laid[y + dy, x + dx, c]
                shifts[y, x, 0], shifts[y, x, 1] = dy, dx
                there[y, x] = True


@kernel
def _best_shift(
    laid: F32,
    source: Mask,
    missing: NDArray[np.int64],
    about: NDArray[np.int64],
    dear: np.float32,
    odd: F32,
    usual: np.float32,
) -> tuple[int, int]:
    """Return the shift at which all that is missing is whole cloth and what is about it is most alike; (0, 0) if none."""
    h, w = source.shape
    best, by, bx = np.float32(np.inf), 0, 0
    for dy in range(-h + h % _COARSE, h, _COARSE):
        for dx in range(-w + w % _COARSE, w, _COARSE):
            cost = _misfit(laid, source, missing, about, dear, odd, usual, dy, dx, best)
            if cost < best:
                best, by, bx = cost, dy, dx
    my, mx = by, bx
    if best < np.inf:
        for dy in range(my - _COARSE + 1, my + _COARSE):
            for dx in range(mx - _COARSE + 1, mx + _COARSE):
                cost = _misfit(laid, source, missing, about, dear, odd, usual, dy, dx, best)
                if cost < best:
                    best, by, bx = cost, dy, dx
    return by, bx


@kernel
def _misfit(
    laid: F32,
    source: Mask,
    missing: NDArray[np.int64],
    about: NDArray[np.int64],
    dear: np.float32,
    odd: F32,
    usual: np.float32,
    dy: int,
    dx: int,
    most: np.float32,
) -> np.float32:
    """Return the mean square by which what is about a block differs at a shift; infinite where that is not cloth."""
    h, w = source.shape
    far = np.float32(0)
    for k in range(len(missing)):
        y, x = missing[k, 0] + dy, missing[k, 1] + dx
        if y < 0 or y >= h or x < 0 or x >= w or not source[y, x]:
            return np.float32(np.inf)
        far += odd[y, x]
    far = max(far / len(missing) - usual, np.float32(0)) + dear * np.float32(np.sqrt(dy * dy + dx * dx))
    total, n, limit = np.float32(0), 0, (most - far) * len(about)
    for k in range(len(about)):
        y, x = about[k, 0] + dy, about[k, 1] + dx
        if y < 0 or y >= h or x < 0 or x >= w or not source[y, x]:
            continue
        n += 1
        for c in range(laid.shape[2]):
            gap = laid[about[k, 0], about[k, 1], c] - laid[y, x, c]
            total += gap * gap
        if total > limit:
            return np.float32(np.inf)
    if n < _SEEN * len(about):
        return np.float32(np.inf)
    return total / n + far


@kernel
def _move_seams(detail: F32, known: Mask, filled: Mask, source: Mask, shifts: I32) -> None:
    """Give pixels a neighbour's shift where that makes less of a step between shifts (iterated conditional modes)."""
    h, w = known.shape
    for _ in range(_ROUNDS):
        for y in range(1, h - 1):
            for x in range(1, w - 1):
                if not filled[y, x]:
                    continue
                least = _step(detail, known, filled, source, shifts, y, x, shifts[y, x, 0], shifts[y, x, 1])
                for k in range(4):
                    v, u = y + (k == 0) - (k == 1), x + (k == 2) - (k == 3)
                    if not filled[v, u]:
                        continue
                    dy, dx = shifts[v, u, 0], shifts[v, u, 1]
                    if dy == shifts[y, x, 0] and dx == shifts[y, x, 1]:
                        continue
                    cost = _step(detail, known, filled, source, shifts, y, x, dy, dx)
                    if cost < least:
                        least = cost
                        shifts[y, x, 0], shifts[y, x, 1] = dy, dx


@kernel
def _step(detail: F32, known: Mask, filled: Mask, source: Mask, shifts: I32, y: int, x: int, dy: int, dx: int) -> float:
    """Return how much of a step there is from a pixel, at a shift, to its neighbours."""
    h, w = known.shape
    if y + dy < 0 or y + dy >= h or x + dx < 0 or x + dx >= w or not source[y + dy, x + dx]:
        return np.inf
    total = 0.0
    for k in range(4):
        v, u = y + (k == 0) - (k == 1), x + (k == 2) - (k == 3)
        if not (known[v, u] or filled[v, u]):
            continue
        ey, ex = (shifts[v, u, 0], shifts[v, u, 1]) if filled[v, u] else (0, 0)
        if ey == dy and ex == dx:
            continue
        for at_y, at_x in ((y, x), (v, u)):
            if filled[at_y, at_x] or known[at_y, at_x]:
                ay, ax, by, bx = at_y + dy, at_x + dx, at_y + ey, at_x + ex
                if min(ay, by) < 0 or max(ay, by) >= h or min(ax, bx) < 0 or max(ax, bx) >= w:
                    continue
                for c in range(detail.shape[2]):
                    total += (detail[ay, ax, c] - detail[by, bx, c]) ** 2
    return total


@kernel
def _lay(out: U8, rgb: U8, light: F32, known: Mask, filled: Mask, shifts: I32) -> None:
    """Write what is filled at the picture's own size, from one shift to the next within a pixel of the working size."""
    h, w = rgb.shape[0], rgb.shape[1]
    rows, columns = filled.shape
    sy, sx = h / rows, w / columns
    total = np.empty(3, np.float32)
    for y in range(h):
        for x in range(w):
            fy, fx = (y + 0.5) / sy - 0.5, (x + 0.5) / sx - 0.5
            i, j = int(np.floor(fy)), int(np.floor(fx))
            total[:] = 0
            weight, is_new = np.float32(0), False
            for k in range(4):
                v, u = i + k // 2, j + k % 2
                if v < 0 or v >= rows or u < 0 or u >= columns or not (filled[v, u] or known[v, u]):
                    continue
                share = np.float32((1 - abs(fy - v)) * (1 - abs(fx - u)))
                oy = min(max(y + int(np.rint(shifts[v, u, 0] * sy)), 0), h - 1) if filled[v, u] else y
                ox = min(max(x + int(np.rint(shifts[v, u, 1] * sx)), 0), w - 1) if filled[v, u] else x
                is_new = is_new or filled[v, u]
                for c in range(3):
                    total[c] += share * (rgb[oy, ox, c] - light[oy, ox, c])
                weight += share
            if is_new and weight > 0:
                for c in range(3):
                    level = total[c] / weight + light[y, x, c]
                    out[y, x, c] = np.uint8(min(max(level + np.float32(0.5), np.float32(0)), np.float32(255)))
