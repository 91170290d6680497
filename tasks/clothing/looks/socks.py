"""Socks, painted: to the ankle, up the calf or almost to the knee, ribbed at the edge."""

from collections.abc import Iterator, Mapping

import numpy as np

from manikin.tasks.clothing.cloth.bake import bleed
from manikin.tasks.clothing.library import GarmentLayer
from manikin.tasks.clothing.pattern.extent import Extent, coverage
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.errors import InputError

Colour = tuple[int, int, int]

SOCKS: Mapping[str, float] = {"ankle": 0.24, "crew": 0.40, "knee": 0.82}  # edge: share of the knee's height
SOCK_COLOURS: Mapping[str, Colour] = {
    "white": (222, 220, 216),
    "black": (40, 40, 44),
    "grey": (108, 110, 114),
    "navy": (46, 54, 80),
}
_RIBBED = 0.035  # metres below the edge
_RIB = 0.004  # metres from rib to rib


def socks(front: BodyFront) -> Iterator[GarmentLayer]:
    """Yield the layer of every length and colour."""
    for length in SOCKS:
        for colour in SOCK_COLOURS:
            yield make_socks(front, length, colour)


def make_socks(front: BodyFront, length: str, colour: str) -> GarmentLayer:
    """Return the layer of socks of a length of `SOCKS` in a colour of `SOCK_COLOURS`.

    Raises:
        InputError: length or colour is unknown.
    """
    for value, known, what in ((length, SOCKS, "socks"), (colour, SOCK_COLOURS, "sock colour")):
        if value not in known:
            raise InputError(f'{what} "{value}": unknown; expected one of {", ".join(known)}')
    where = front.is_part("foot", "lower_leg")
    position = front.position[where]
    top = SOCKS[length] * float(front.joints["leg_left"][1][1])
    distance = np.full(where.shape, -1.0, np.float32)
    distance[where] = top - position[:, 1]
    shin = 0.5 * (front.joints["leg_left"][1] + front.joints["leg_left"][2])
    around = np.arctan2(np.abs(position[:, 0]) - shin[0], position[:, 2] - shin[2])
    ribs = 0.06 * np.sin(around * (2 * np.pi * 0.045 / _RIB)) * (np.abs(top - position[:, 1]) < _RIBBED)
    rgb = np.zeros((*where.shape, 3), np.uint8)
    rgb[where] = np.array(SOCK_COLOURS[colour], np.float32) * (1 + ribs)[:, None] + 0.5
    alpha = np.rint(coverage(front, distance) * 255).astype(np.uint8)
    rgba = bleed(front, rgb, alpha, where)
    return GarmentLayer(f"{length}-{colour}", "socks", rgba, Extent(), 1.0, f"painted {length} {colour}", None, "own")
