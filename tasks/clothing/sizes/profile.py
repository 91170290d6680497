"""How wide a garment's cut-out is all the way down its middle: of its sides an outline's few points say too little.

The cut-out is turned upright; each row's sides are where cloth, followed from the middle outwards, ends. Where a side turns
inwards flatter than half a right angle it is the hem already, and where it turns outwards as flat it is still the waist.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.outline.landmarks import Landmarks

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_ROWS = 128  # from the upper end to the hem's middle
_BEYOND = 40  # rows above and below, for ends that the outline misses
_ASIDE = 160  # columns to either side
_FLAT = (0.8, 1.4)  # columns a row by which a side turns inwards at a hem, outwards at a waist
_STEP = 4  # rows between which a side's slope is taken
_LEAST = 0.6  # of a side's reach in the lower half, under which a row is of the hem; in the first, of the waist
_WAIST_SHARE = 12  # the first of so many shares of the length, in which sides may round into the waist
_HEM_SHARE = 10  # the last of so many shares of the length, in which no side turns inwards


@dataclass(frozen=True, slots=True)
class Profile:
    """A garment's R rows from its shoulders or its waist to the middle of its hem, in the photo's pixels."""

    start: F64  # (2,) the middle of the first row
    down: F64  # (2,) unit
    across: F64  # (2,) unit, to the wearer's left
    length: float  # from the first row to the last
    left: F64  # (R,) from the middle to the wearer's left side
    right: F64  # (R,) likewise to the right side
    top: F64  # (E,) how far along the first cloth lies, at E shares from the left side of the first row to the right
    hem: F64  # (E,) how far along the last cloth lies, likewise from the left side of the last row to the right
    corners: tuple[float, float]  # how far along the left and the right side meet the hem

    @property
    def width(self) -> F64:
        """Return (R,) the width of each row."""
        return self.left + self.right

    def at(self, along: F64, aside: F64) -> F64:
        """Return the pixels (..., 2) so far along the middle and aside of it, to the left."""
        return np.asarray(self.start + along[..., None] * self.down + aside[..., None] * self.across)

    def along(self, pixels: F64) -> F64:
        """Return how far (...) down the middle pixels (..., 2) lie."""
        return np.asarray((pixels - self.start) @ self.down)


def profile(mask: U8, landmarks: Landmarks) -> Profile:
    """Return the rows of a top, dress or skirt.

    Args:
        mask: (H, W), 255 where the garment is.
        landmarks: of a garment without legs.
    """
    p = {name: np.array(place) for name, place in landmarks.points.items()}
    ends = ("waist",) if landmarks.kind == "skirt" else ("neck", "shoulder")
    top = np.mean([p[f"{name}_{side}"] for name in ends for side in ("left", "right")], axis=0)
    down = 0.5 * (p["hem_left"] + p["hem_right"]) - top
    pitch = max(float(np.linalg.norm(down)) / _ROWS, 1e-3)
    down = down / (pitch * _ROWS)
    across = np.array([down[1], -down[0]])
    corner = top - pitch * (_BEYOND * down + _ASIDE * across)
    upright = np.column_stack([pitch * across, pitch * down, corner])
    size = (2 * _ASIDE + 1, _ROWS + 2 * _BEYOND)
    turned = cv2.warpAffine(_filled(mask), upright, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    on = np.asarray(turned > 127)
    rows = np.flatnonzero(on[:, _ASIDE - 2 : _ASIDE + 3].any(axis=1))
    first = int(rows[0]) if landmarks.kind == "skirt" and len(rows) else _BEYOND
    last = max(int(rows[-1]) if len(rows) else _BEYOND + _ROWS - 1, first + 2 * _STEP)
    (left, low_left), (right, low_right) = (
        _side(half[first : last + 1]) for half in (on[:, _ASIDE:], on[:, _ASIDE::-1])
    )
    return Profile(
        start=corner + pitch * (first * down + _ASIDE * across),
        down=down,
        across=across,
        length=pitch * (last - first),
        left=pitch * left,
        right=pitch * right,
        top=pitch * (_edge(on, left[0], right[0], first) - first),
        hem=pitch * (_edge(on[::-1], left[-1], right[-1], len(on) - 1 - last, len(on) - 1) - first),
        corners=(pitch * low_left, pitch * low_right),
    )


def _filled(mask: U8) -> U8:
    """Return a mask without its holes."""
    contours, _ = cv2.findContours((mask > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(np.zeros_like(mask), contours, -1, 255, cv2.FILLED), np.uint8)


def _side(on: NDArray[np.bool_]) -> tuple[F64, int]:
    """Return how many columns (R,) cloth reaches out from the first, and the row where a side ends.

    Where a side is hem or waist already, its last and its first column are carried on.
    """
    reach = np.where(on.all(axis=1), on.shape[1], np.argmin(on, axis=1)).astype(np.float64)
    known = np.flatnonzero(reach > 0)
    if not len(known):
        return np.ones(len(reach)), len(reach) - 1
    reach = np.interp(np.arange(len(reach)), known, reach[known])
    n = len(reach)
    low = n - 1
    least = _LEAST * reach[n // 2 :].max()
    while low > n // 2 and (reach[low] < least or reach[low - _STEP] - reach[low] > _FLAT[0] * _STEP):
        low -= 1
    low = max(low - _STEP, n // 2) if low < n - 1 else low
    high = 0
    least = _LEAST * reach[: n // _WAIST_SHARE].max()
    while high < n // _WAIST_SHARE and (reach[high] < least or reach[high + _STEP] - reach[high] > _FLAT[1] * _STEP):
        high += 1
    high = high + _STEP if high else 0
    reach[low:], reach[:high] = reach[low], reach[high]
    last = n - n // _HEM_SHARE
    reach[last:] = np.maximum(reach[last:], reach[last])  # fringes and ruffles
    return cv2.GaussianBlur(reach[:, None], (1, 0), 0, sigmaY=1.5, borderType=cv2.BORDER_REPLICATE)[:, 0], low


def _edge(on: NDArray[np.bool_], left: float, right: float, usual: int, mirror: int = 0) -> F64:
    """Return the first row (E,) of cloth in columns from left to right; the last one's number where rows are mirrored."""
    columns = np.rint(_ASIDE + np.linspace(left, -right, 33)).astype(int)
    columns = np.clip(columns, 0, on.shape[1] - 1)
    rows = np.where(on[:, columns].any(axis=0), on[:, columns].argmax(axis=0), usual).astype(np.float64)
    inner = slice(2, -2)
    rows[:2], rows[-2:] = rows[inner][0], rows[inner][-1]
    rows = cv2.GaussianBlur(rows[None], (0, 1), sigmaX=1.0, borderType=cv2.BORDER_REPLICATE)[0]
    return np.asarray(np.abs(mirror - rows))
