"""What must be true between labels of one image, whatever drew it: the camera maps 3D joints onto 2D joints, the skeleton
has the bones of a person, and a joint that can be seen lies on the person."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from manikin.tasks.images.annotate import Visibility

F64 = NDArray[np.float64]


def reprojection_px(K: F64, T_cam_world: F64, world: NDArray[np.float32], xy: NDArray[np.float32]) -> F64:
    """Return the largest distance (n,) in pixels between stored joints and those projected by the stored camera.

    Args:
        K: (n, 3, 3) pixels.
        T_cam_world: (n, 4, 4).
        world: (n, J, 3) metres.
        xy: (n, J, 2) pixels.
    """
    p = np.einsum("nij,nkj->nki", T_cam_world[:, :3, :3], world.astype(np.float64)) + T_cam_world[:, None, :3, 3]
    h = np.einsum("nij,nkj->nki", K, p)
    ahead = p[..., 2] > 0
    distance = np.linalg.norm(h[..., :2] / np.where(ahead, h[..., 2], 1)[..., None] - xy, axis=-1)
    worst: F64 = np.where(ahead, distance, 0).max(1)
    return worst


def joints_on_person(xy: NDArray[np.float32], visibility: NDArray[np.uint8], mask: NDArray[np.uint8]) -> float:
    """Return the share of one image's visible joints within a pixel of the person; 1 if none is visible.

    Args:
        xy: (J, 2) pixels.
        visibility: (J,) Visibility.
        mask: (H, W) coverage.
    """
    seen = xy[visibility == Visibility.VISIBLE]
    if not len(seen):
        return 1.0
    height, width = mask.shape
    x, y = np.clip(np.floor(seen).astype(int), 0, [width - 1, height - 1]).T
    reach = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    on = [mask[np.clip(y + dy, 0, height - 1), np.clip(x + dx, 0, width - 1)] > 0 for dx, dy in reach]
    return float(np.any(on, axis=0).mean())


def bone_ratio(world: NDArray[np.float32], parents: NDArray[np.int32], height_m: pd.Series) -> F64:
    """Return the summed length of the bones over the person's height (n,): alike for all people.

    Args:
        world: (n, J, 3) metres.
        parents: (J,) -1 for the root.
        height_m: (n,) of the people.
    """
    bones = [j for j in range(len(parents)) if parents[j] >= 0]
    lengths = np.linalg.norm(world[:, bones] - world[:, parents[bones]], axis=-1).sum(1)
    ratio: F64 = lengths / height_m.to_numpy()
    return ratio
