"""Anatomical angles: three numbers a joint, in the words of a physiotherapist, to rotations of segments and back.

A joint's rotation against its parent segment is a swing of the segment's length and a twist about it. `Coordinates` are the
swing's rotation vector (x, z) and the twist (y) in one vector (x, y, z); for the clavicle, whose length lies along x, the
twist is x. The hand's twist (pronation) comes before its swing, everywhere else the swing comes after. Because a pure swing
has no order of axes, flexion 60 with abduction 60 is the same whichever is thought of first.

Signs are the anatomical ones, the same on both sides: flexion, abduction, outward rotation, elevation positive.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.rotations import axis_angle_from_matrix, matrix_from_axis_angle, swing_twist
from manikin.tasks.poses.anatomy import N_SEGMENTS, SEGMENT, SEGMENTS

F64 = NDArray[np.float64]

# joint -> word -> (component of the coordinates, sign on the left and in the middle)
WORDS: dict[str, dict[str, tuple[int, int]]] = {
    "pelvis": {"tilt": (0, 1), "lean": (2, -1), "turn": (1, 1)},  # forward, to the left, to the left
    "spine": {"bend": (0, 1), "lean": (2, -1), "turn": (1, 1)},
    "neck": {"bend": (0, 1), "lean": (2, -1), "turn": (1, 1)},
    "clavicle": {"elevation": (2, 1), "protraction": (1, -1)},
    "shoulder": {"flexion": (0, -1), "abduction": (2, 1), "rotation": (1, 1)},
    "elbow": {"flexion": (0, -1)},
    "wrist": {"pronation": (1, -1), "flexion": (2, -1), "deviation": (0, -1)},  # deviation towards the thumb
    "hip": {"flexion": (0, -1), "abduction": (2, 1), "rotation": (1, 1)},
    "knee": {"flexion": (0, 1)},
    "ankle": {"dorsiflexion": (0, -1), "inversion": (2, -1), "rotation": (1, 1)},
    "toes": {"extension": (0, -1)},
}
SIDED_JOINTS = {
    "clavicle": "clavicle",
    "shoulder": "upper_arm",
    "elbow": "forearm",
    "wrist": "hand",
    "hip": "thigh",
    "knee": "shank",
    "ankle": "foot",
    "toes": "toes",
}
CENTRAL_JOINTS = {"pelvis": "pelvis", "spine": "chest", "neck": "head"}
MIRROR_SIGN = np.array([1.0, -1.0, -1.0])  # a rotation vector seen in the mirror x -> -x

_TWIST_AXIS = np.array([0 if s.startswith("clavicle") else 1 for s in SEGMENTS])
_TWIST_FIRST = np.array([s.startswith("hand") for s in SEGMENTS])


def local_from_coordinates(coordinates: F64) -> F64:
    """Return rotations (..., S, 3, 3) of all segments against their parents, from coordinates (..., S, 3) in radians."""
    along = _TWIST_AXIS[:, None] == np.arange(3)
    twist = matrix_from_axis_angle(np.where(along, coordinates, 0.0))
    swing = matrix_from_axis_angle(np.where(along, 0.0, coordinates))
    return np.where(_TWIST_FIRST[:, None, None], twist @ swing, swing @ twist)


def coordinates_from_local(local: F64) -> F64:
    """Return the coordinates (..., S, 3) in radians of rotations (..., S, 3, 3): the inverse of `local_from_coordinates`."""
    first = _TWIST_FIRST[:, None, None]
    axes = np.eye(3)[_TWIST_AXIS]
    swing, angle = swing_twist(np.where(first, np.swapaxes(local, -1, -2), local), axes)
    swing_vector = axis_angle_from_matrix(swing)
    sign = np.where(_TWIST_FIRST, -1.0, 1.0)
    return np.asarray((swing_vector + axes * angle[..., None]) * sign[:, None])


def set_angles(coordinates: F64, joint: str, side: str, degrees: dict[str, float]) -> None:
    """Write the angles of one joint (see `WORDS`) into coordinates (S, 3), in place.

    Args:
        coordinates: of all segments, in radians; the spine's go to the chest.
        joint: a key of `WORDS`.
        side: "L" or "R", "" for the middle.
        degrees: word -> degrees.
    """
    segment = SEGMENT[f"{SIDED_JOINTS[joint]}.{side}"] if side else SEGMENT[CENTRAL_JOINTS[joint]]
    sign = MIRROR_SIGN if side == "R" else np.ones(3)
    for word, value in degrees.items():
        component, direction = WORDS[joint][word]
        coordinates[segment, component] = np.radians(value) * direction * sign[component]


def zero_coordinates() -> F64:
    """Return the coordinates (S, 3) of the anatomical position."""
    return np.zeros((N_SEGMENTS, 3))
