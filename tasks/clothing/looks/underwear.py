"""Underwear, painted: briefs and boxers, with a bra or a top on women. Nobody is naked where a garment is short or shifts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.bake import bleed
from manikin.tasks.clothing.library import GarmentLayer
from manikin.tasks.clothing.pattern.extent import Extent, coverage
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.sizes.measure import crotch_height
from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]
Colour = tuple[int, int, int]

UNDERWEAR_COLOURS: Mapping[str, Colour] = {
    "white": (226, 224, 220),
    "black": (34, 34, 38),
    "grey": (128, 130, 134),
    "navy": (38, 46, 74),
}
_RISE = 0.155  # of the waist's edge over the crotch, in metres
_GUSSET = 0.015  # that the bottom goes on under the crotch, in metres
_ELASTIC = 0.022  # width of the waistband
_BUST, _NECKLINE = 0.62, 0.80  # a bra's lower and upper edge: share of the way from the crotch to the shoulders
_STRAP_AT, _STRAP = 0.098, 0.011  # a strap's middle and half width, metres from the body's middle


@dataclass(frozen=True, slots=True)
class UnderwearStyle:
    """What it covers below the waist and above."""

    sex: str  # who wears it: female or male
    leg: float  # metres below the crotch that it reaches down the thighs; negative for a high leg
    bra: bool
    lower: float = _BUST  # edge of what covers the breast, as a share of the way from crotch to shoulders


UNDERWEAR: Mapping[str, UnderwearStyle] = {
    "briefs": UnderwearStyle("male", -0.02, bra=False),
    "boxers": UnderwearStyle("male", 0.03, bra=False),
    "bra_and_briefs": UnderwearStyle("female", -0.03, bra=True),
    "top_and_shorts": UnderwearStyle("female", 0.03, bra=True, lower=0.52),
}


def underwear(front: BodyFront) -> Iterator[tuple[str, GarmentLayer]]:
    """Yield the sex that wears it and the layer, of every style and colour."""
    for name, style in UNDERWEAR.items():
        for colour in UNDERWEAR_COLOURS:
            yield style.sex, make_underwear(front, name, colour)


def make_underwear(front: BodyFront, style: str, colour: str) -> GarmentLayer:
    """Return the layer of a style of `UNDERWEAR` in a colour of `UNDERWEAR_COLOURS`.

    Raises:
        InputError: style or colour is unknown.
    """
    for value, known, what in ((style, UNDERWEAR, "underwear"), (colour, UNDERWEAR_COLOURS, "underwear colour")):
        if value not in known:
            raise InputError(f'{what} "{value}": unknown; expected one of {", ".join(known)}')
    cut = UNDERWEAR[style]
    where = front.is_part("torso", "upper_leg")
    crotch = crotch_height(front)
    below, waist = _bottom(front.position[where], crotch, cut.leg)
    distance = np.full(where.shape, -1.0, np.float32)
    distance[where] = np.where(front.position[where][:, 1] < waist + 0.05, below, -1.0)
    if cut.bra:
        distance[where] = np.maximum(distance[where], _top(front, where, crotch, cut.lower))
    rgb = np.zeros((*where.shape, 3), np.uint8)
    band = (np.abs(front.position[where][:, 1] - waist + _ELASTIC / 2) < _ELASTIC / 2)[:, None]
    rgb[where] = np.where(band, 0.86, 1.0) * np.array(UNDERWEAR_COLOURS[colour], np.float32) + 0.5
    alpha = np.rint(coverage(front, distance) * 255).astype(np.uint8)
    source = f"painted {style.replace('_', ' ')} {colour}"
    return GarmentLayer(f"{style}-{colour}", style, bleed(front, rgb, alpha, where), Extent(), 1.0, source, None, "own")


def _bottom(position: F32, crotch: float, leg: float) -> tuple[F32, float]:
    """Return (n,) how far points (n, 3) lie inside the bottom, and the height of its upper edge."""
    waist = crotch + _RISE
    aside = np.abs(position[:, 0])
    rise = 0.7 if leg < 0 else 0.0  # a high leg goes up towards the hips
    lower = crotch - _GUSSET - max(leg, 0.0) + rise * np.clip(aside + leg, 0, 0.12)
    return np.minimum(waist - position[:, 1], (position[:, 1] - lower) / np.hypot(1.0, rise)).astype(np.float32), waist


def _top(front: BodyFront, where: NDArray[np.bool_], crotch: float, lower: float) -> F32:
    """Return (n,) how far the texels lie inside what covers the breast: a band, and straps over the shoulders."""
    position = front.position[where]
    shoulder = float(front.joints["arm_left"][0][1])
    low, high = (crotch + share * (shoulder - crotch) for share in (lower, _NECKLINE))
    aside = np.abs(position[:, 0])
    strap = np.minimum(_STRAP - np.abs(aside - _STRAP_AT), front.joints["neck"][1] + 0.05 - position[:, 1])
    edge = high - position[:, 1] + 0.05 * np.clip(aside - 0.02, 0, 0.06) / 0.06
    inside = np.minimum(position[:, 1] - low, np.maximum(edge, strap))
    return np.where(front.is_part("torso")[where], inside, -1.0).astype(np.float32)
