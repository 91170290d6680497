"""From dense skinning weights to what the body model holds: the few that count of each vertex, and the part of each triangle."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

_LIMB_PARTS = ("upper_arm", "forearm", "hand", "upper_leg", "lower_leg", "foot")
PART_NAMES = (
    "background",
    "head",
    "neck",
    "torso",
    *(f"{side}_{part}" for part in _LIMB_PARTS for side in ("left", "right")),
)


def falling_weights(weights: F64) -> tuple[F32, I32]:
    """Return the weights (V, W) of each vertex, falling, and their joints, W the most that any vertex has.

    Args:
        weights: (V, J) of all joints, none negative; only zeros are left out.
    """
    width = int((weights > 0).sum(axis=1).max())
    joints = np.argsort(-weights, axis=1, kind="stable")[:, :width]
    values = np.take_along_axis(weights, joints, axis=1)
    return values.astype(np.float32), np.where(values > 0, joints, 0).astype(np.int32)


def face_parts(weights: F64, faces: NDArray[Any], part_of_joint: Sequence[str]) -> U8:
    """Return the part (F,), index into `PART_NAMES`, that has the largest share of the weights of each triangle's corners.

    Args:
        weights: (V, J) of all joints.
        faces: (F, 3) vertices.
        part_of_joint: J names of parts.
    """
    share = np.zeros((len(weights), len(PART_NAMES)))
    for j, part in enumerate(part_of_joint):
        share[:, PART_NAMES.index(part)] += weights[:, j]
    of_face = share[faces[:, 0]] + share[faces[:, 1]] + share[faces[:, 2]]
    parts: U8 = np.argmax(of_face, axis=1).astype(np.uint8)
    return parts
