"""How far a body is from falling over: its centre of mass against the points it can stand, sit or lie on.

Contacts are body points within reach of the lowest one; the measure is the distance by which the centre of mass lies
outside of their hull, seen from above (negative inside), found over sixteen directions. Segment masses: de Leva 1996.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.poses.anatomy import Anatomy

F64 = NDArray[np.float64]

_MASS = {  # a rig joint near each segment's centre of mass, share of the body's mass
    "head": 0.07,
    "spine01": 0.16,
    "spine03": 0.15,
    "root": 0.12,
    "upperarm02": 0.027,
    "lowerarm02": 0.016,
    "wrist": 0.006,
    "upperleg02": 0.14,
    "lowerleg02": 0.045,
    "foot": 0.014,
}
_CONTACT = {  # a rig joint, and how far the skin is from it, metres
    "foot": 0.07,
    "toe1-1": 0.02,
    "toe5-1": 0.02,
    "lowerleg01": 0.06,
    "upperleg01": 0.12,
    "wrist": 0.03,
    "lowerarm01": 0.04,
    "root": 0.11,
    "spine02": 0.10,
    "head": 0.09,
}
_CENTRAL = ("head", "spine01", "spine02", "spine03", "root")
_REACH_M = 0.06  # above the lowest contact
_BREADTH = (
    0.5  # of the skin's distance, by which a contact reaches outwards: a heel behind the ankle, a seat behind the hip
)
_ANGLES = np.arange(16) * (2 * np.pi / 16)
_DIRECTIONS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])


def imbalance(anatomy: Anatomy, places: F64) -> F64:
    """Return by how many metres (N,) the centre of mass lies outside of what carries the body; negative inside.

    Args:
        anatomy: the body's.
        places: (N, J, 3) joints in metres, y up.
    """
    mass = np.array([_MASS[n.partition(".")[0]] for n in _names(_MASS)])
    centre = np.einsum("j,njx->nx", mass / mass.sum(), places[:, _joints(anatomy, _MASS)])
    contact = places[:, _joints(anatomy, _CONTACT)]
    skin = np.array([_CONTACT[n.partition(".")[0]] for n in _names(_CONTACT)])
    height = contact[..., 1] - skin
    carries = height < height.min(axis=1, keepdims=True) + _REACH_M
    reach = contact[..., [0, 2]] @ _DIRECTIONS + _BREADTH * skin[:, None]
    reach = np.where(carries[..., None], reach, -np.inf).max(axis=1)
    return np.asarray((centre[:, [0, 2]] @ _DIRECTIONS - reach).max(axis=1))


def _names(table: dict[str, float]) -> list[str]:
    return [n for base in table for n in ([base] if base in _CENTRAL else [f"{base}.L", f"{base}.R"])]


def _joints(anatomy: Anatomy, table: dict[str, float]) -> list[int]:
    return [anatomy.joint(n) for n in _names(table)]
