"""Feet that stand flat: the last few degrees of the ankle, by which capture and another body's proportions miss the ground."""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.rotations import geodesic_angle, rotation_between
from manikin.tasks.poses.anatomy import DOWN, PARENTS, SEGMENT
from manikin.tasks.poses.clip import compose_chain
from manikin.tasks.poses.postures import Postures

Bool = NDArray[np.bool_]

NEARLY_LEVEL, NEARLY_STRAIGHT = np.radians(12.0), np.radians(25.0)  # of a sole; of its toes against it


def level_soles(postures: Postures, rows: Bool) -> Postures:
    """Return postures (N) in which soles that are nearly level are level, and their toes straight.

    Args:
        postures: pelvis against the world, y up.
        rows: (N,) which of them stand on the ground; the others stay.
    """
    local = postures.local.copy()
    world = compose_chain(local, PARENTS)
    for s in "LR":
        foot, toes, shank = (SEGMENT[f"{part}.{s}"] for part in ("foot", "toes", "shank"))
        up = world[:, foot, :, 1]
        nearly = rows & (up[:, 1] > np.cos(NEARLY_LEVEL))
        level = rotation_between(up[nearly], -DOWN) @ world[nearly, foot]
        local[nearly, foot] = np.swapaxes(world[nearly, shank], -1, -2) @ level
        straight = nearly & (geodesic_angle(local[:, toes], np.eye(3)) < NEARLY_STRAIGHT)
        local[straight, toes] = np.eye(3)
    return Postures(local, postures.curls)
