"""Labels drawn over pictures, and pictures side by side: for eyes, not for training."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.images.annotate import Visibility

U8 = NDArray[np.uint8]
LEFT, RIGHT, MIDDLE = (255, 140, 0), (0, 170, 255), (90, 220, 90)
BOX = (255, 255, 255)
MASK = (255, 0, 160)
SHIFT = 4  # fractional bits of OpenCV's drawing coordinates


def draw_labels(
    image: U8,
    mask: U8,
    box: tuple[float, float, float, float],
    xy: NDArray[np.float32],
    visibility: U8,
    parents: Sequence[int],
    pairs: Sequence[tuple[int, int]],
) -> U8:
    """Return a picture with its mask's outline, box and skeleton drawn over it; hidden joints are hollow.

    Args:
        image: (H, W, 3) sRGB.
        mask: (H, W) coverage.
        box: x, y, width, height, pixels.
        xy: (N, 2) joints, pixels.
        visibility: (N,) Visibility.
        parents: the joint each bone comes from, -1 for none.
        pairs: (left, right) joints.
    """
    out = image.copy()
    outlines, _ = cv2.findContours((mask >= 128).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(out, outlines, -1, MASK, 1, cv2.LINE_AA)
    x, y, w, h = (round(v) for v in box)
    cv2.rectangle(out, (x, y), (x + w - 1, y + h - 1), BOX, 1)
    colours = _colours(len(xy), pairs)
    for joint, parent in enumerate(parents):
        if parent >= 0:
            cv2.line(out, _pixel(xy[parent]), _pixel(xy[joint]), colours[joint], 1, cv2.LINE_AA, SHIFT)
    for joint in range(len(xy)):
        thickness = cv2.FILLED if visibility[joint] == Visibility.VISIBLE else 1
        cv2.circle(out, _pixel(xy[joint]), 2 << SHIFT, colours[joint], thickness, cv2.LINE_AA, SHIFT)
    return out


def tile(images: Sequence[U8], columns: int, gap: int = 2) -> U8:
    """Return pictures of one size in rows of so many columns, on white."""
    height, width = images[0].shape[:2]
    rows = -(-len(images) // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for k, image in enumerate(images):
        y, x = k // columns * (height + gap), k % columns * (width + gap)
        sheet[y : y + height, x : x + width] = image
    return sheet


def _pixel(point: NDArray[np.float32]) -> tuple[int, int]:
    # OpenCV puts the centre of pixel 0 at 0, we put it at 0.5.
    return round((float(point[0]) - 0.5) * (1 << SHIFT)), round((float(point[1]) - 0.5) * (1 << SHIFT))


def _colours(n: int, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int, int]]:
    colours = [MIDDLE] * n
    for left, right in pairs:
        colours[left], colours[right] = LEFT, RIGHT
    return colours
