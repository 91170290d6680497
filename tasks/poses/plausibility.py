"""Does a drawn pose look like a person? Four questions, each with a count of its own.

Within the joints' ranges before it was put there; not through itself; near enough to some pose that was seen; and no further
from falling over than that pose is. Nearness is the root mean square distance of seventeen joints, hips at the origin.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from manikin.tasks.poses.anatomy import Anatomy
from manikin.tasks.poses.balance import imbalance
from manikin.tasks.poses.collision import TOUCH_M, Capsules, self_penetration
from manikin.tasks.poses.kinematics import compared_joints, joint_places
from manikin.tasks.poses.limits import Limits, clip_postures
from manikin.tasks.poses.postures import Postures, pose_of
from manikin.tasks.poses.training import Examples

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

REASONS = ("beyond a joint's range", "through itself", "unlike any example", "out of balance")
FAR_BEYOND = np.radians(15.0)
UNLIKE_M = 0.20  # nine of ten frames of a clip are nearer to one of other clips
BALANCE_SLACK_M = 0.05


@dataclass(frozen=True, slots=True)
class Plausibility:
    """What poses are measured against."""

    anatomy: Anatomy
    limits: Limits
    capsules: Capsules
    examples: Examples
    tree: cKDTree  # of the examples' joints
    imbalances: F64  # (N,) metres, the examples'


def plausibility(anatomy: Anatomy, limits: Limits, capsules: Capsules, examples: Examples) -> Plausibility:
    """Return the measure that examples set."""
    places = joint_places(anatomy, pose_of(anatomy, examples.postures))
    return Plausibility(
        anatomy, limits, capsules, examples, cKDTree(compared_joints(anatomy, places)), imbalance(anatomy, places)
    )


def judge(measure: Plausibility, postures: Postures, compare: bool = True) -> tuple[Postures, I64, I64]:
    """Return postures put within the limits, why each is rejected, and the example nearest to each.

    Args:
        measure: from `plausibility`.
        postures: N of them.
        compare: whether to ask for an example nearby and for its balance; not needed for variants of an example.

    Returns:
        The postures; (N,) index into `REASONS`, -1 for a sound pose; (N,) row of the examples, -1 when not compared.
    """
    clipped, excess = clip_postures(postures, measure.limits)
    pose = pose_of(measure.anatomy, clipped)
    reason = np.full(len(postures), -1, np.int64)
    nearest = np.full(len(postures), -1, np.int64)
    if compare:
        places = joint_places(measure.anatomy, pose)
        distance, nearest = measure.tree.query(compared_joints(measure.anatomy, places))
        allowed = np.maximum(measure.imbalances[nearest], 0.0) + BALANCE_SLACK_M
        reason[imbalance(measure.anatomy, places) > allowed] = 3
        reason[distance > UNLIKE_M] = 2
    reason[self_penetration(measure.capsules, pose) > TOUCH_M] = 1
    reason[excess.max(axis=1) > FAR_BEYOND] = 0
    return clipped, reason, nearest
