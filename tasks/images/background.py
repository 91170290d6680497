"""The part of a photo that stands behind the person."""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.errors import InputError

U8 = NDArray[np.uint8]


def crop_background(image: U8, box: tuple[float, float, float, float], flip: bool, size: tuple[int, int]) -> U8:
    """Return a part of a photo at the picture's size (H, W, 3).

    Shrinking averages over the area that a pixel covers; enlarging is bilinear in fixed point. Both give the same bytes
    everywhere.

    Args:
        image: (h, w, 3) uint8.
        box: left, top, width, height as fractions of the photo; rounded to whole pixels, at least one.
        flip: whether left and right change places.
        size: height and width, pixels.

    Raises:
        InputError: the photo is not RGB bytes, or the box is empty or leaves the photo.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise InputError(f"background is {image.dtype} {image.shape}; expected uint8 (h, w, 3)")
    left, top, width, height = box
    if not (
        left >= 0 and top >= 0 and width > 0 and height > 0 and left + width <= 1 + 1e-9 and top + height <= 1 + 1e-9
    ):
        raise InputError(f"background box is {box}; expected left, top, width, height within the photo, as fractions")
    x0, x1 = _whole(left, width, image.shape[1])
    y0, y1 = _whole(top, height, image.shape[0])
    part = image[y0:y1, x0:x1]
    shrinks = part.shape[0] >= size[0] and part.shape[1] >= size[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR_EXACT
    out = np.asarray(cv2.resize(part, (size[1], size[0]), interpolation=how), np.uint8)
    return np.ascontiguousarray(out[:, ::-1]) if flip else out


def _whole(start: float, length: float, n: int) -> tuple[int, int]:
    first = min(round(start * n), n - 1)
    return first, min(max(round((start + length) * n), first + 1), n)
