"""Forward kinematics by the book, to test against: one homogeneous matrix a joint, multiplied down the tree."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from manikin.tasks.poses.anatomy import Anatomy


def rig_joints(anatomy: Anatomy, pose: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the joints (N, J, 3) of the mean body, in metres, in poses (N, J, 3) of axis-angles."""
    turns = Rotation.from_rotvec(np.asarray(pose, np.float64).reshape(-1, 3)).as_matrix().reshape(*pose.shape[:2], 3, 3)
    world = np.zeros((*pose.shape[:2], 4, 4))
    for j, p in enumerate(anatomy.parents):
        local = np.zeros((len(pose), 4, 4))
        local[:, :3, :3], local[:, 3, 3] = turns[:, j], 1.0
        local[:, :3, 3] = anatomy.rest[j] - (anatomy.rest[p] if p >= 0 else 0.0)
        world[:, j] = local if p < 0 else world[:, p] @ local
    return world[:, :, :3, 3]
