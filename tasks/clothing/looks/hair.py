"""Hair and eyebrows, painted: a cap of strands with a natural hairline, and brows over the eyes.

Where hair grows is drawn in the head's side view, as a barber would; strands run from the crown outwards. Without it every
body is bald: the skins carry at most stubble.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.cloth.bake import bleed
from manikin.tasks.clothing.geometry.shell import Shell
from manikin.tasks.clothing.library import GarmentLayer
from manikin.tasks.clothing.looks.hair_mesh import PATCH, Volume, hair_shell, hairline
from manikin.tasks.clothing.looks.scalp import unroll_head
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_SHADE_UNIT = 120  # of brightness 1, as a byte
_PATCH_TEXELS = 1.0  # grain of the strands on the patch, for an atlas of 1024

HAIR_COLOURS: Mapping[str, tuple[int, int, int]] = {
    "black": (26, 22, 21),
    "dark_brown": (48, 34, 26),
    "brown": (82, 56, 38),
    "light_brown": (122, 88, 58),
    "blond": (172, 136, 88),
    "red": (128, 62, 34),
    "grey": (128, 124, 120),
    "white": (196, 192, 186),
}

# Hairlines in the head's side view: metres in front of the ear's opening and above the eyes, from the brow's middle back
# and down, about the ear, to the nape; the head's back closes the outline.
_SHORT = ((0.16, 0.077), (0.105, 0.075), (0.085, 0.052), (0.066, 0.030), (0.052, 0.006), (0.046, -0.022), (0.034, -0.022),
          (0.030, -0.004), (0.014, 0.010), (-0.012, 0.004), (-0.020, -0.016), (-0.030, -0.044), (-0.050, -0.066),
          (-0.075, -0.074))  # fmt: skip
_RECEDING = ((0.16, 0.098), (0.100, 0.096), (0.070, 0.084), (0.058, 0.044), (0.050, 0.006), *_SHORT[5:])
_TIED = ((0.16, 0.070), (0.105, 0.069), (0.085, 0.048), (0.066, 0.026), (0.052, 0.006), (0.042, -0.006), (0.034, -0.008),
         *_SHORT[7:])  # fmt: skip
_LONG = ((0.16, 0.066), (0.105, 0.066), (0.085, 0.044), (0.062, 0.012), (0.044, -0.020), (0.036, -0.075), (0.02, -0.105),
         (-0.02, -0.12), (-0.1, -0.13))  # fmt: skip


@dataclass(frozen=True, slots=True)
class HairStyle:
    """A hairline, how dense the hair is, and how it stands off the head."""

    hairline: tuple[tuple[float, float], ...]
    density: float  # 1 hides the scalp
    softness: float  # width of the hairline, in metres
    covers_ears: bool = False
    volume: Volume | None = None  # None lies flat


HAIR_STYLES: Mapping[str, HairStyle | None] = {
    "bald": None,
    "buzz": HairStyle(_SHORT, 0.68, 0.014),
    "short": HairStyle(_SHORT, 1.0, 0.010, volume=Volume(0.018, 0.007, 0.009, taper=0.045, lumps=0.25)),
    "tousled": HairStyle(_SHORT, 1.0, 0.008, volume=Volume(0.032, 0.014, 0.016, taper=0.035, lumps=0.3)),
    "receding": HairStyle(_RECEDING, 0.92, 0.016, volume=Volume(0.006, 0.004, 0.006)),
    "afro": HairStyle(_SHORT, 1.0, 0.010, volume=Volume(0.052, 0.044, 0.046, taper=0.055, lumps=0.1, is_curly=True)),
    "bob": HairStyle(_LONG, 1.0, 0.006, True, Volume(0.018, 0.026, 0.024, lumps=0.1, hangs=0.105, at_side=0.095)),
    "long": HairStyle(_LONG, 1.0, 0.006, True, Volume(0.014, 0.024, 0.022, lumps=0.1, hangs=0.215, at_side=0.125)),
    "ponytail": HairStyle(_TIED, 1.0, 0.006, volume=Volume(0.008, 0.005, 0.006, 0.02, 0.08, tail="ponytail")),
    "bun": HairStyle(_TIED, 1.0, 0.006, volume=Volume(0.008, 0.005, 0.006, 0.02, 0.08, tail="bun")),
}


@dataclass(frozen=True, slots=True)
class Strands:
    """A style before it has a colour."""

    style: str
    alpha: U8  # (S, S)
    shade: F32  # (S, S) brightness, carried beyond alpha
    shell: Shell | None  # the hair that stands off the head


def colour_hair(strands: Strands, colour: str) -> GarmentLayer:
    """Return the layer of a style in a colour of `HAIR_COLOURS`.

    Raises:
        InputError: the colour is unknown.
    """
    _check("hair colour", colour, HAIR_COLOURS)
    rgb = np.clip(np.array(HAIR_COLOURS[colour], np.float32) * strands.shade[..., None], 0, 255).astype(np.uint8)
    rgba = np.dstack([rgb, strands.alpha])
    source = f"painted {strands.style} {colour}"
    return GarmentLayer(f"hair-{strands.style}-{colour}", "hair", rgba, Extent(), 1.0, source, None, "own")


def style_hair(front: BodyFront, model: BodyModel, style: str, rng: np.random.Generator) -> Strands:
    """Return the hair and eyebrows of a style of `HAIR_STYLES`.

    Raises:
        InputError: the style is unknown.
    """
    _check("hair style", style, HAIR_STYLES)
    head = front.is_part("head", "neck")
    eyes = 0.5 * (model.J_template[model.joint("eye.L")] + model.J_template[model.joint("eye.R")]).astype(np.float64)
    ear = _keypoint(model, "left_ear")
    alpha = np.zeros(head.shape, np.float32)
    shade: F32 = np.ones(head.shape, np.float32)
    chosen = HAIR_STYLES[style]
    if chosen is not None:
        alpha[head], shade[head] = _cap(front.position[head], chosen, eyes, ear, rng)
    brows = _brows(front.position[head], front.normal[head], eyes, rng)
    shade[head] = np.where(brows > alpha[head], 0.8, shade[head])  # brows are darker than the hair
    alpha[head] = np.maximum(alpha[head], 0.8 * brows)
    grey = np.clip(shade * _SHADE_UNIT, 0, 255).astype(np.uint8)
    layer = bleed(front, np.dstack([grey] * 3), np.rint(alpha * 255).astype(np.uint8), head)
    shade, opaque = layer[..., 0].astype(np.float32) / np.float32(_SHADE_UNIT), layer[..., 3].copy()
    shell = None
    if chosen is not None and chosen.volume is not None:
        shell = _stand(model, chosen, chosen.volume, eyes, ear, rng)
        rows, columns, strands = _patch(front.size, chosen.volume.is_curly, rng)
        shade[rows, columns], opaque[rows, columns] = strands, 255
    return Strands(style, opaque, shade, shell)


def _check(what: str, value: str, known: Mapping[str, object]) -> None:
    if value not in known:
        raise InputError(f'{what} "{value}": unknown; expected one of {", ".join(known)}')


def _stand(model: BodyModel, style: HairStyle, volume: Volume, eyes: F64, ear: F64, rng: np.random.Generator) -> Shell:
    head = unroll_head(model, _crown(eyes, ear), eyes)
    edge = hairline(head, lambda points: _inside(points, style, eyes, ear), volume, rng)
    return hair_shell(head, volume, edge, rng)


def _patch(size: int, is_curly: bool, rng: np.random.Generator) -> tuple[slice, slice, F32]:
    """Return the rows and columns of the atlas's patch and the strands' brightness there, crown first."""
    columns, rows = (slice(round(PATCH[k] * size), round(PATCH[k + 2] * size)) for k in (0, 1))
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    texel = _PATCH_TEXELS * size / 1024
    grain = [(1.1, 1.1), (2.6, 2.6)] if is_curly else [(14.0, 0.7), (30.0, 3.0)]
    layers = [gaussian_filter(rng.standard_normal(shape), np.array(g) * texel) for g in grain]
    strands, locks = (layer / layer.std() for layer in layers)
    return rows, columns, np.asarray(0.93 + 0.11 * strands + 0.09 * locks, np.float32)


def _keypoint(model: BodyModel, name: str) -> F64:
    return np.asarray(model.keypoints[model.keypoint_names.index(name)] @ model.v_template, np.float64)


def _crown(eyes: F64, ear: F64) -> F64:
    return np.array([0.0, eyes[1] + 0.03, ear[2] - 0.02])


def _inside(position: NDArray[np.floating], style: HairStyle, eyes: F64, ear: F64) -> F64:
    """Return (n,) how far points (n, 3) of the head lie inside the hairline, in metres."""
    z, y = position[:, 2] - ear[2], position[:, 1] - eyes[1]
    outline = np.array(
        [*style.hairline, (-0.3, style.hairline[-1][1]), (-0.3, 0.4), (0.3, 0.4), (0.3, style.hairline[0][1])]
    )
    edge = _signed_distance(outline, np.stack([z, y], axis=1))
    if style.covers_ears:
        return edge
    aside = np.abs(position[:, 0]) > abs(ear[0]) - 0.012
    around = np.hypot((z + 0.004) / 0.021, (position[:, 1] - ear[1]) / 0.034)
    return np.where(aside, np.minimum(edge, 0.021 * (around - 1)), edge)


def _cap(position: F32, style: HairStyle, eyes: F64, ear: F64, rng: np.random.Generator) -> tuple[F32, F32]:
    """Return (n,) alpha and brightness of the hair at (n, 3) points of the head."""
    ray = position - _crown(eyes, ear)
    polar = np.arccos(np.clip(ray[:, 1] / np.maximum(np.linalg.norm(ray, axis=1), 1e-6), -1, 1))
    round_ = np.arctan2(ray[:, 0], ray[:, 2])
    strands, locks = (_streaks(round_, polar, n, rng) for n in (520, 60))
    edge = _inside(position, style, eyes, ear) + 0.22 * style.softness * (strands + locks)
    alpha = style.density * np.clip(edge / style.softness + 0.3, 0, 1)
    gloss = 0.16 * np.exp(-(((polar - 0.75) / 0.22) ** 2))  # where the light lies on a head of hair
    shade = 0.95 + 0.16 * strands + 0.14 * locks + gloss
    return alpha.astype(np.float32), shade.astype(np.float32)


def _streaks(round_: F32, polar: F32, n: int, rng: np.random.Generator) -> F32:
    """Return (n,) noise of unit spread that runs on along the strands and changes from strand to strand."""
    table = rng.standard_normal((n, 24))
    table = gaussian_filter1d(gaussian_filter1d(table, 1.0, axis=0, mode="wrap"), 2.5, axis=1)
    table /= table.std()
    across = (round_ / (2 * np.pi) % 1.0) * n
    along = np.clip(polar / np.pi, 0, 1) * 23
    return np.asarray(map_coordinates(table, [across, along], order=1, mode="grid-wrap"), np.float32)


def _brows(position: F32, normal: F32, eyes: F64, rng: np.random.Generator) -> F32:
    """Return (n,) alpha of two brows: arches thick at the nose, thin at the temples, of single hairs."""
    x, y = np.abs(position[:, 0]), position[:, 1] - eyes[1]
    t = np.clip((x - 0.011) / 0.042, 0, 1)
    arch = 0.0205 + 0.0055 * np.sin(np.pi * np.clip(t * 0.8, 0, 1)) - 0.005 * np.clip(t - 0.7, 0, 1) / 0.3
    half = 0.0036 * (1 - 0.62 * t)
    hairs = rng.standard_normal(4096).astype(np.float32)
    index = ((x * 1400 + y * 900 + 1e3).astype(np.int64)) % 4096
    across = np.clip((half - np.abs(y - arch)) / 0.0022 + 0.5 + 0.18 * hairs[index], 0, 1)
    ends = np.clip((x - 0.010) / 0.004, 0, 1) * np.clip((0.055 - x) / 0.006, 0, 1)
    faces_front = (normal[:, 2] > 0.1) & (position[:, 2] > eyes[2] - 0.03)
    return np.asarray(across * ends * faces_front, np.float32)


def _signed_distance(polygon: F64, points: NDArray[np.floating]) -> F64:
    """Return (n,) the distance of (n, 2) points from a polygon's outline, positive inside."""
    a, b = polygon, np.roll(polygon, -1, axis=0)
    best = np.full(len(points), np.inf)
    inside = np.zeros(len(points), bool)
    for (ax, ay), (bx, by) in zip(a, b, strict=True):
        ex, ey = bx - ax, by - ay
        px, py = points[:, 0] - ax, points[:, 1] - ay
        t = np.clip((px * ex + py * ey) / max(ex * ex + ey * ey, 1e-12), 0, 1)
        best = np.minimum(best, np.hypot(px - t * ex, py - t * ey))
        crosses = (ay > points[:, 1]) != (by > points[:, 1])
        if by != ay:
            inside ^= crosses & (points[:, 0] < (bx - ax) * (points[:, 1] - ay) / (by - ay) + ax)
    return np.where(inside, best, -best)
