"""Where a garment's cloth shows lines: edges and folds inside its silhouette, as of a sleeve that lies on the body.

The structure tensor of the lightness (Förstner and Gülch, 1987) over its mean in the neighbourhood: a line on plain cloth
counts as much as one in deep shade, and cloth that is striped all over shows none.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

_SHARP, _NEAR, _RIM = 0.006, 0.07, 0.03  # blur, neighbourhood and rim left out, in shares of the garment's longer side
_PLAIN = 4.0  # of squared lightness a pixel that is noise


def find_creases(rgb: U8, mask: U8) -> F32:
    """Return (H, W, 4) how strong lines are that cross x, both (twice the mixed term) and y, and 1 where they count.

    The quadratic form of a direction (x, y), x² and xy and y² times the first three, is the squared change across it over
    its mean in the neighbourhood.

    Args:
        rgb: (H, W, 3) the picture.
        mask: (H, W), nonzero where the garment is.
    """
    inside = (mask > 0).astype(np.uint8)
    unit = float(max(cv2.boundingRect(inside)[2:]))
    lightness = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 0]
    core = _eroded(inside, 3)  # without pixels that are partly ground
    lightness = np.where(core > 0, lightness, (lightness * core).sum() / max(1, int(core.sum())))
    lightness = cv2.GaussianBlur(lightness, (0, 0), max(0.7, _SHARP * unit))
    gx, gy = (cv2.Sobel(lightness, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1)))
    counts = _eroded(inside, 2 * round(_RIM * unit) + 1).astype(np.float32)
    tensor = np.stack([gx * gx, gx * gy, gy * gy], axis=-1)
    near = (2 * round(_NEAR * unit) + 1,) * 2
    total = cv2.boxFilter((tensor[..., 0] + tensor[..., 2]) * counts, -1, near)
    mean = total / np.maximum(cv2.boxFilter(counts, -1, near), 1e-3)
    smooth = cv2.GaussianBlur(tensor, (0, 0), max(0.7, _SHARP * unit)) * np.array([1, 2, 1], np.float32)
    return np.asarray(np.dstack([smooth / (0.5 * mean + 0.01 * _PLAIN)[..., None], counts]), np.float32)


def _eroded(mask: U8, side: int) -> U8:
    """Return the mask without its rim; the picture's end is an end of the garment too."""
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    return np.asarray(cv2.erode(padded, np.ones((side, side), np.uint8))[1:-1, 1:-1], np.uint8)
