"""Plain colours by body part, for bodies without a texture map: skin, shirts, trousers, shoes, as layers like any other.

Where no texture map says what lies where on the body, a palette does: a square of texels a body part, and every triangle has
one place in its part's. Only the torso's goes from the shirt, in its upper half, to the trousers, so that the waist is a line.
There are no pictures on such a body: no skins, no hair, no garments from photos.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.skinning import PART_NAMES
from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Colour = tuple[int, int, int]

COLUMNS, CELL = 4, 16  # squares a row, counted by rows as the body model's parts; texels a square's side
SIDE = COLUMNS * CELL
TORSO = PART_NAMES.index("torso")
_WAIST_M = 0.05  # above and below the waist, at the root joint, the torso's square ends
LEFT_OUT = "skins, hair and garments from photos"

SKINS: tuple[Colour, ...] = (
    (244, 218, 198),
    (232, 196, 170),
    (222, 184, 152),
    (205, 162, 128),
    (188, 142, 106),
    (160, 116, 84),
    (132, 92, 66),
    (104, 70, 50),
    (80, 54, 40),
    (60, 42, 34),
)
_SHIRTS: tuple[Colour, ...] = (
    (228, 228, 224),
    (36, 38, 44),
    (52, 74, 118),
    (138, 40, 44),
    (72, 104, 78),
    (196, 166, 92),
    (126, 130, 138),
    (148, 112, 150),
)
_TROUSERS: tuple[Colour, ...] = (
    (40, 52, 78),
    (34, 36, 42),
    (92, 116, 150),
    (168, 146, 112),
    (74, 78, 62),
    (86, 72, 60),
)
_SHOES: tuple[Colour, ...] = ((220, 218, 214), (38, 38, 42), (92, 60, 38), (138, 36, 38), (104, 108, 116))
_CUTS = {  # slot, category, and the parts it covers, by the end of their names
    "long sleeves": ("top", "top", ("torso", "upper_arm", "forearm")),
    "short sleeves": ("top", "top", ("torso", "upper_arm")),
    "sleeveless": ("top", "top", ("torso",)),
    "trousers": ("bottom", "trousers", ("upper_leg", "lower_leg")),
    "shorts": ("bottom", "shorts", ("upper_leg",)),
    "shoes": ("shoes", "shoes", ("foot",)),
}
_COLOURS = {
    "long sleeves": _SHIRTS,
    "short sleeves": _SHIRTS,
    "sleeveless": _SHIRTS[::2],
    "trousers": _TROUSERS,
    "shorts": _TROUSERS[::2],
    "shoes": _SHOES,
}


@dataclass(frozen=True, slots=True)
class PlainLayer:
    """Some parts of the body in one colour."""

    name: str
    slot: str  # skin, shoes, bottom, top or hair
    category: str
    rgba: U8  # (SIDE, SIDE, 4)


def check_mapped(model: BodyModel, photos: Path | None) -> None:
    """Raise InputError if there are photos of garments for a body that has no texture map to put them on."""
    if photos is not None and not model.has_uv:
        raise InputError(
            f"--garments {photos} with this body: it has no texture map (UV), so {LEFT_OUT} cannot be put on it, and its "
            "people are painted in plain colours by body part; leave --garments out, or leave --body out for the default body"
        )


def corner_uv(model: BodyModel) -> F32:
    """Return the place of each triangle's corners in the texture, (F, 3, 2): of the texture map, or of the palette."""
    if model.has_uv:
        return np.ascontiguousarray(model.uv[model.faces_uv])
    part = model.part.astype(np.int64)
    middle = np.stack([part % COLUMNS, part // COLUMNS], axis=1) + 0.5
    uv = np.repeat(middle[:, None], 3, axis=1) / COLUMNS
    below = np.clip((model.J_template[0, 1] - model.v_template[model.faces, 1]) / _WAIST_M, -1.0, 1.0)
    uv[..., 1] += np.where(part == TORSO, 1.0, 0.0)[:, None] * below * (CELL / 2 - 1) / SIDE
    return np.ascontiguousarray(uv, np.float32)


def plain_layers() -> Iterator[PlainLayer]:
    """Yield the whole wardrobe of a body without a texture map; hair is none."""
    row, column = np.indices((SIDE, SIDE))
    part = row // CELL * COLUMNS + column // CELL
    hips = (part == TORSO) & (row % CELL >= CELL // 2)
    for k, colour in enumerate(SKINS):
        yield PlainLayer(f"plain-skin-{k}", "skin", "plain", _painted(part >= 0, colour))
    for cut, (slot, category, ends) in _CUTS.items():
        covered = np.isin(part, [i for i, name in enumerate(PART_NAMES) if name.endswith(ends)])
        covered = covered | hips if slot == "bottom" else covered & ~hips
        for k, colour in enumerate(_COLOURS[cut]):
            yield PlainLayer(f"plain-{cut.replace(' ', '-')}-{k}", slot, category, _painted(covered, colour))
    yield PlainLayer("plain-no-hair", "hair", "none", _painted(part < 0, (0, 0, 0)))


def _painted(covered: NDArray[np.bool_], colour: Colour) -> U8:
    rgba = np.zeros((SIDE, SIDE, 4), np.uint8)
    rgba[..., :3] = colour
    rgba[..., 3] = np.where(covered, 255, 0)
    return rgba
