"""How far a body is from falling over: its centre of mass against the points it can stand, sit or lie on.

Contacts are body points within reach of the lowest one; the measure is the distance by which the centre of mass lies
outside of their hull, seen from above (negative inside), found over sixteen directions. Masses and contacts: `rigs`.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.poses.anatomy import Anatomy

F64 = NDArray[np.float64]

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
    masses, contacts = (anatomy.rig.on_both_sides(t) for t in (anatomy.rig.masses, anatomy.rig.contacts))
    mass = np.array(list(masses.values()))
    centre = np.einsum("j,njx->nx", mass / mass.sum(), places[:, [anatomy.joint(n) for n in masses]])
    contact = places[:, [anatomy.joint(n) for n in contacts]]
    skin = np.array(list(contacts.values()))
    height = contact[..., 1] - skin
    carries = height < height.min(axis=1, keepdims=True) + _REACH_M
    reach = contact[..., [0, 2]] @ _DIRECTIONS + _BREADTH * skin[:, None]
    reach = np.where(carries[..., None], reach, -np.inf).max(axis=1)
    return np.asarray((centre[:, [0, 2]] @ _DIRECTIONS - reach).max(axis=1))
