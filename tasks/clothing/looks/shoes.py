"""Shoes, painted on the feet: sole, upper, toe cap, laces; socks are a layer of their own beneath."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.bake import bleed
from manikin.tasks.clothing.library import GarmentLayer
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]
Colour = tuple[int, int, int]

_SOLE = 0.024  # metres
_OPENING = (0.072, 0.05)  # height of the upper's edge behind the heel, and its rise over the instep
_WHITE = (226, 224, 218)


@dataclass(frozen=True, slots=True)
class ShoeStyle:
    """A shoe's colours and make."""

    upper: Colour
    sole: Colour
    lace: Colour
    has_cap: bool  # a toe cap of the sole's rubber


SHOES = {
    "white_sneaker": ShoeStyle((214, 212, 208), _WHITE, (236, 234, 230), False),
    "black_sneaker": ShoeStyle((38, 38, 42), _WHITE, (210, 208, 204), True),
    "navy_canvas": ShoeStyle((40, 50, 82), _WHITE, (228, 226, 220), True),
    "red_canvas": ShoeStyle((138, 36, 38), _WHITE, (228, 226, 220), True),
    "grey_runner": ShoeStyle((104, 108, 116), (196, 198, 200), (64, 66, 72), False),
    "brown_leather": ShoeStyle((92, 60, 38), (44, 34, 28), (58, 40, 28), False),
    "black_leather": ShoeStyle((30, 28, 28), (22, 22, 22), (26, 26, 28), False),
}


def default_shoes(front: BodyFront, rng: np.random.Generator) -> GarmentLayer:
    """Return shoes of a style drawn at random."""
    return make_shoes(front, str(rng.choice(list(SHOES))))


def make_shoes(front: BodyFront, style: str) -> GarmentLayer:
    """Return the layer of shoes of a style of `SHOES`.

    Raises:
        InputError: the style is unknown.
    """
    if style not in SHOES:
        raise InputError(f'shoes "{style}": unknown; expected one of {", ".join(SHOES)}')
    feet = front.is_part("foot", "lower_leg")
    rgb = np.zeros((*feet.shape, 3), np.uint8)
    alpha = np.zeros(feet.shape, np.float32)
    for side in ("left", "right"):
        chosen = front.is_part(f"{side}_foot", f"{side}_lower_leg")
        along, across, height = foot_frame(front, side, front.position[chosen])
        texel = np.maximum(front.texel_size[chosen], 1e-6)
        rgb[chosen] = _paint(SHOES[style], along, across, height, front.normal[chosen], texel)
        alpha[chosen] = np.clip((opening(along) - height) / (1.5 * texel) + 0.5, 0, 1)
    rgba = bleed(front, rgb, np.rint(alpha * 255).astype(np.uint8), feet)
    return GarmentLayer(style, "shoes", rgba, Extent(), 1.0, f"painted {style}", None, "own")


def opening(along: F32) -> F32:
    """Return (n,) the height of the shoe's opening: low behind the heel, rising over the instep to the tongue."""
    low, rise = _OPENING
    return np.asarray(low + rise * np.clip((along - 0.12) / 0.4, 0, 1), np.float32)


def foot_frame(front: BodyFront, side: str, position: F32) -> tuple[F32, F32, F32]:
    """Return along the foot in 0 (heel) .. 1 (toes), across from its middle in metres, and height in metres, of (n, 3)."""
    foot = front.position[front.is_part(f"{side}_foot")]
    low = foot[foot[:, 1] < 0.05]
    ankle = front.joints[f"leg_{side}"][2]
    ahead = low.mean(axis=0) - ankle
    ahead[1] = 0
    ahead /= np.linalg.norm(ahead)
    aside = np.array([ahead[2], 0, -ahead[0]])
    reach = (low - ankle) @ ahead
    along = ((position - ankle) @ ahead - reach.min()) / (reach.max() - reach.min())
    across = (position - ankle) @ aside
    toes = (low - ankle)[reach > 0.6 * reach.max()] @ aside
    return along.astype(np.float32), (across - np.clip(along, 0, 1) * toes.mean()).astype(np.float32), position[:, 1]


def _paint(style: ShoeStyle, along: F32, across: F32, height: F32, normal: F32, texel: F32) -> NDArray[np.uint8]:
    def soft(distance: NDArray[np.floating]) -> F32:
        return np.clip(distance / texel + 0.5, 0, 1).astype(np.float32)[:, None]

    def colour(c: Colour, light: NDArray[np.floating] | float = 1.0) -> F32:
        return np.asarray(np.array(c, np.float32) * np.broadcast_to(light, along.shape)[:, None], np.float32)

    out = colour(style.upper, 1 - 0.12 * np.clip((0.05 - height) / 0.03, 0, 1))
    collar = soft(0.003 - np.abs(height - opening(along) + 0.004))
    out = out * (1 - 0.35 * collar)
    if style.has_cap:
        cap = soft(along - 0.80 + 0.35 * (across / 0.1) ** 2)
        cap_edge = soft(0.002 - np.abs(along - 0.80 + 0.35 * (across / 0.1) ** 2) * 0.2)
        out = out * (1 - cap) + colour(style.sole, 0.97) * cap
        out = out * (1 - 0.3 * cap_edge)
    tongue = soft(0.020 - np.abs(across)) * ((along > 0.36) & (along < 0.68) & (normal[:, 1] > 0.15))[:, None].astype(
        np.float32
    )
    bars = (np.sin(2 * np.pi * (along - 0.36) / 0.064) > 0.15)[:, None].astype(np.float32)
    out = out * (1 - 0.25 * tongue)
    out = out * (1 - tongue * bars) + colour(style.lace) * tongue * bars
    sole = soft(_SOLE - height)
    out = out * (1 - sole) + colour(style.sole) * sole
    for edge in (_SOLE, _SOLE - 0.006):  # the welt and the foxing line
        out = out * (1 - 0.3 * soft(0.0012 - np.abs(height - edge)))
    under = ((normal[:, 1] < -0.6) & (height < 0.012))[:, None]
    out = np.where(under, colour(style.sole, 0.55), out)
    return np.clip(out + 0.5, 0, 255).astype(np.uint8)
