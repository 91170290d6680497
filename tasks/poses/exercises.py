"""Poses from which deformation is learned: the key poses, and random ones that fill the joints' ranges of motion.

No motion capture is needed: what a body's skin does when an elbow bends does not depend on how often elbows bend. A random
posture puts each joint, half of the time, anywhere in its range, uniformly, and leaves it at the anatomical position else, so
that single bends are seen as well as all at once. On the rig each bone turns a little more by itself, or bones that always
turn together, as the two halves of a forearm, could not be told apart.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.rotations import fraction_of_rotation
from manikin.tasks.poses.anatomy import N_SEGMENTS, SEGMENT, anatomy_of
from manikin.tasks.poses.angles import local_from_coordinates
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.limits import Limits, clip_postures, read_limits
from manikin.tasks.poses.postures import RELAXED_CURLS, Postures, pose_of, with_rhythm

F64 = NDArray[np.float64]

_MOVED = 0.5  # share of the joints that a random posture moves
_OWN_TURN = 0.12  # rad, the most that a bone turns by itself about each axis
_STEPS = 4096  # poses are multiples of 1 / 4096 rad, the same on every machine


def random_postures(n: int, limits: Limits, rng: np.random.Generator) -> Postures:
    """Return n postures with joints anywhere in their ranges, the pelvis upright.

    Args:
        n: how many.
        limits: from `read_limits`.
        rng: the stream.
    """
    low = np.where(np.isfinite(limits.low), limits.low, -limits.reach.max(axis=1)[:, None])
    high = np.where(np.isfinite(limits.high), limits.high, limits.reach.max(axis=1)[:, None])
    coordinates = low + (high - low) * rng.random((n, N_SEGMENTS, 3))
    moved = (rng.random((n, N_SEGMENTS)) < _MOVED) & limits.limited
    # A limb with a centre is drawn around it and cut to its reach; there, at rest, it hangs.
    local = limits.centre @ local_from_coordinates(np.where(limits.limited[:, None], coordinates, 0.0))
    local = np.where(moved[..., None, None], local, np.eye(3))
    postures = Postures(local, np.broadcast_to(RELAXED_CURLS, (n, 2, 5)).copy())
    inside = clip_postures(postures, limits)[0].local
    for clavicle in ("clavicle.L", "clavicle.R"):  # half of what it may do by itself, and what the arm asks for
        inside[:, SEGMENT[clavicle]] = fraction_of_rotation(inside[:, SEGMENT[clavicle]], 0.5)
    return Postures(with_rhythm(inside), postures.curls)


def exercises(model: BodyModel, n_random: int, rng: np.random.Generator) -> F64:
    """Return rig poses (N, J, 3), axis-angle: all key poses, then n random ones.

    Args:
        model: the body; its rig must be MakeHuman's.
        n_random: how many random poses.
        rng: the stream.

    Raises:
        InputError: the rig lacks joints that poses are written for.
    """
    random = pose_of(anatomy_of(model), random_postures(n_random, read_limits(), rng))
    random += _OWN_TURN * (2.0 * rng.random(random.shape) - 1.0)
    poses = np.concatenate([read_key_poses(model).poses, random])
    return np.round(poses * _STEPS) / _STEPS + 0.0  # no -0
