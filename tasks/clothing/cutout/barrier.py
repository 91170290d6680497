"""The minimum barrier distance: how much colour must change on the way from a set of seeds to each pixel.

Ground that is connected to the frame of a picture is near it whatever its colour and wherever it lies, and a garment is far
from it however large it is. Strand, Ciesielski, Malmberg and Saha, "The minimum barrier distance" (CVIU 2013), with the
raster scans of Zhang et al., "Minimum Barrier Salient Object Detection at 80 FPS" (ICCV 2015).
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

_SCANS = 4  # to and fro, twice


def barrier_distance(picture: F32, seeds: Mask) -> F32:
    """Return (H, W) the least range of colours on a path from a seed to each pixel, infinite where there is no seed.

    Args:
        picture: (H, W, 3) colours in a space where distances are differences, as Lab.
        seeds: (H, W), true where the distance is 0.
    """
    return np.asarray(_scan(np.ascontiguousarray(picture, np.float32), np.ascontiguousarray(seeds), _SCANS))


@kernel
def _scan(picture: F32, seeds: Mask, n_scans: int) -> F32:
    h, w, _ = picture.shape
    distance = np.full((h, w), np.inf, np.float32)
    low, high = picture.copy(), picture.copy()
    for y in range(h):
        for x in range(w):
            if seeds[y, x]:
                distance[y, x] = 0
    for scan in range(n_scans):
        back = scan % 2 == 1
        step = 1 if back else -1
        for i in range(h):
            y = h - 1 - i if back else i
            for j in range(w):
                x = w - 1 - j if back else j
                if seeds[y, x]:
                    continue
                for k in range(2):
                    v, u = (y + step, x) if k == 0 else (y, x + step)
                    if v < 0 or u < 0 or v >= h or u >= w or not np.isfinite(distance[v, u]):
                        continue
                    total = np.float32(0)
                    for c in range(3):
                        extent = max(high[v, u, c], picture[y, x, c]) - min(low[v, u, c], picture[y, x, c])
                        total += extent * extent
                    if total < distance[y, x] * distance[y, x]:
                        distance[y, x] = np.sqrt(total)
                        for c in range(3):
                            high[y, x, c] = max(high[v, u, c], picture[y, x, c])
                            low[y, x, c] = min(low[v, u, c], picture[y, x, c])
    return distance
