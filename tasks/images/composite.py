"""Puts a rendered person into a photo.

`alpha` lays it over, in linear light. `poisson` lets the photo's colour run a few pixels into the person, by a membrane
(poisson.py). `harmonized` lights the person as the photo is lit, matches colours mildly, softens the silhouette as a
lens does and lays one grain over both (harmonize.py); it looked most real of what was tried.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.errors import InputError
from manikin.tasks.images.colour import ENCODE_STEPS, LINEAR, SRGB
from manikin.tasks.images.grain import add_grain
from manikin.tasks.images.ground import ground_shadow
from manikin.tasks.images.harmonize import match_colours, relight, soften_edge
from manikin.tasks.images.poisson import bleed
from manikin.tasks.images.renderer import Frame
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

__all__ = ["MODES", "composite", "ground_shadow", "over"]

_GRAIN = 2.5  # standard deviation at strength 1, levels of 255


def composite(mode: str, frame: Frame, background: U8, strength: float, seed: int) -> U8:
    """Return the person on the background (H, W, 3).

    Args:
        mode: one of `MODES`.
        frame: the person.
        background: (H, W, 3) sRGB.
        strength: in [0, 1], how far `poisson` and `harmonized` go; 0 is `alpha`.
        seed: of the grain of `harmonized`, >= 0.

    Raises:
        InputError: the mode is unknown, the strength not in [0, 1], or the sizes differ.
    """
    if mode not in MODES:
        raise InputError(f"there is no composite mode {mode!r}; choose one of: {', '.join(MODES)}")
    if background.dtype != np.uint8 or background.shape != (*frame.rgba.shape[:2], 3):
        raise InputError(
            f"background is {background.dtype} {background.shape}; expected uint8 {(*frame.rgba.shape[:2], 3)}, "
            "the size of the rendered person"
        )
    if not 0 <= strength <= 1:
        raise InputError(f"composite strength is {strength}; expected 0 to 1")
    return _MODES[mode](frame, np.ascontiguousarray(background), strength, seed)


def _alpha(frame: Frame, background: U8, strength: float, seed: int) -> U8:
    return over(frame.rgba, background)


def _poisson(frame: Frame, background: U8, strength: float, seed: int) -> U8:
    return over(bleed(frame.rgba, background, strength), background)


def _harmonized(frame: Frame, background: U8, strength: float, seed: int) -> U8:
    rgba = relight(frame.rgba, frame.normal, background, strength)
    rgba = match_colours(rgba, background, strength)
    image = soften_edge(over(rgba, background), frame.mask, strength)
    return add_grain(image, _GRAIN * strength, 0.5, seed)


_MODES: Final[dict[str, Callable[[Frame, U8, float, int], U8]]] = {
    "alpha": _alpha,
    "poisson": _poisson,
    "harmonized": _harmonized,
}

MODES: Final = tuple(_MODES)


def over(rgba: U8, background: U8) -> U8:
    """Return a picture (H, W, 4) with straight alpha laid over a background (H, W, 3), mixed in linear light."""
    out = np.empty_like(background)
    _over(np.ascontiguousarray(rgba), background, LINEAR, SRGB, out)
    return out


@kernel
def _over(rgba: U8, background: U8, linear: F32, srgb: U8, out: U8) -> None:
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            alpha = rgba[y, x, 3]
            if alpha == 0 or alpha == 255:
                for c in range(3):
                    out[y, x, c] = rgba[y, x, c] if alpha == 255 else background[y, x, c]
                continue
            a = np.float32(alpha) * np.float32(1 / 255)
            for c in range(3):
                mixed = a * linear[rgba[y, x, c]] + (np.float32(1) - a) * linear[background[y, x, c]]
                out[y, x, c] = srgb[int(mixed * np.float32(ENCODE_STEPS - 1) + np.float32(0.5))]
