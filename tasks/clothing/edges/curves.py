"""Cloth about a neck or a waist, upright, and how much it changes across curves: a front ends where the inside shows above."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

ASIDE = (1.5, 3.0)
"""Pixels to either side at which the cloth is compared."""

_MOST = 12.0  # folded Lab that a change counts at most
_COUNTED = 0.4  # of a part's samples, above which there must be cloth
_WEAKER = 0.6  # of a curve's samples that must show the change


@dataclass(frozen=True, slots=True)
class Frame:
    """What a photo shows about a neck or a waist, turned upright, at the size at which it is looked at."""

    T: F64  # (2, 3) from the photo
    size: tuple[int, int]  # width, height
    middle: tuple[int, int]  # between the two sides
    half: float  # pixels from there to either side
    scale: float  # pixels to each of the photo's

    def calm(self, rgb: U8) -> U8:
        """Return a photo (H, W, 3) without what is too fine for the frame."""
        return np.asarray(cv2.GaussianBlur(rgb, (0, 0), 0.5 / self.scale), np.uint8) if self.scale < 0.8 else rgb

    def back(self, found: U8 | Mask, shape: tuple[int, ...]) -> Mask:
        """Return (H, W) where in a photo of such a shape lies what was found (h, w), 1 or true, in the frame."""
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(found * np.uint8(255), self.T, shape[1::-1], flags=flags) > 127)

    def to_photo(self, points: F64) -> F64:
        """Return the photo's pixels (n, 2) of points (n, 2)."""
        return np.asarray((points - self.T[:, 2]) @ np.linalg.inv(self.T[:, :2]).T)


def frame_between(right: F64, left: F64, scale: float, around: tuple[int, int, int]) -> Frame:
    """Return the frame about two sides' places (2,) in a photo, with so many pixels beside, above and below their middle."""
    half = 0.5 * float(np.linalg.norm(left - right))
    across = (left - right) / (2 * half)
    A = scale * np.array([across, [-across[1], across[0]]])
    wide, high, deep = around
    T = np.column_stack([A, np.array([wide, high]) - A @ (0.5 * (left + right))])
    return Frame(T, (2 * wide + 1, high + deep + 1), (wide, high), half * scale, scale)


@dataclass(frozen=True, slots=True)
class Curves:
    """n curves of k samples, from the wearer's right to the left, at the size at which they are compared."""

    x: F64  # (n, k) pixels
    y: F64  # (n, k)
    normal: F64  # (n, k, 2) downwards, unit

    def at(self, picture: F32, aside: float) -> F32:
        """Return what a picture (H, W) or (H, W, C) shows so many pixels below the curves, bilinear."""
        x, y = (p + aside * self.normal[..., c] for c, p in enumerate((self.x, self.y)))
        return np.asarray(cv2.remap(picture, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR), np.float32)

    def changes(self, lab: F32) -> tuple[F32, F32]:
        """Return how much (n, k) a folded Lab (H, W, 3) changes across the curves as it usually does, and darkens on them."""
        above, below = (np.mean([self.at(lab, sign * aside) for aside in ASIDE], axis=0) for sign in (-1, 1))
        step = above - below
        usual = np.median(step, axis=1, keepdims=True)
        change = (step * usual / np.maximum(np.linalg.norm(usual, axis=-1, keepdims=True), 1e-6)).sum(axis=-1)
        return change, np.minimum(above[..., 0], below[..., 0]) - self.at(lab, 0.0)[..., 0]

    def under(self, core: Mask) -> F64:
        """Return how many pixels (n, k) the curves lie under the upper end of cloth (H, W)."""
        top = np.where(core.any(axis=0), np.argmax(core, axis=0), len(core)).astype(np.float64)
        return np.asarray(self.y - top[np.clip(np.rint(self.x).astype(int), 0, core.shape[1] - 1)])


def normals(x: F64, y: F64) -> F64:
    """Return (n, k, 2) the unit normals, downwards, of curves."""
    slope = np.gradient(y, axis=1) / np.gradient(x, axis=1)
    return np.asarray(np.stack([-slope, np.ones_like(slope)], axis=-1) / np.sqrt(1 + slope**2)[..., None])


def weaker(change: F32, is_cloth: Mask, counted: float) -> F64:
    """Return (n,) the mean of the weaker part of each curve's (n, k) changes where there is cloth; -1 if on less than a share."""
    shown = np.where(is_cloth, np.clip(change, -_MOST, _MOST), np.inf)
    n = np.maximum(np.rint(_WEAKER * is_cloth.sum(axis=1)).astype(int), 1)
    lowest = np.cumsum(np.sort(shown, axis=1), axis=1)[np.arange(len(n)), n - 1] / n
    return np.where(is_cloth.mean(axis=1) >= counted, lowest, -1.0)


def everywhere(change: F32, is_cloth: Mask, parts: int) -> F64:
    """Return (n,) how much (n, k) changes show on that part of each curve, of as many as given, where they show least."""
    pairs = zip(np.array_split(change, parts, axis=1), np.array_split(is_cloth, parts, axis=1), strict=True)
    return np.asarray(np.min([weaker(*pair, _COUNTED) for pair in pairs], axis=0))
