"""Hair and eyebrows, painted: a cap of strands with a natural hairline, and brows over the eyes.

Where hair grows is drawn in the head's side view, as a barber would; strands run from the crown outwards. Without it every
body is bald: the skins carry at most stubble.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, map_coordinates

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.bake import bleed
from manikin.tasks.clothing.extent import Extent
from manikin.tasks.clothing.library import GarmentLayer
from manikin.tasks.clothing.template import BodyFront
from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

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
_LONG = ((0.16, 0.066), (0.105, 0.066), (0.085, 0.044), (0.068, 0.014), (0.060, -0.030), (0.052, -0.075), (0.030, -0.105),
         (-0.02, -0.12), (-0.1, -0.13))  # fmt: skip


@dataclass(frozen=True, slots=True)
class HairStyle:
    """A hairline and how dense the hair is."""

    hairline: tuple[tuple[float, float], ...]
    density: float  # 1 hides the scalp
    softness: float  # width of the hairline, in metres
    covers_ears: bool = False


HAIR_STYLES: Mapping[str, HairStyle | None] = {
    "bald": None,
    "buzz": HairStyle(_SHORT, 0.68, 0.014),
    "short": HairStyle(_SHORT, 1.0, 0.010),
    "receding": HairStyle(_RECEDING, 0.92, 0.016),
    "long": HairStyle(_LONG, 1.0, 0.006, covers_ears=True),
}


def make_hair(front: BodyFront, model: BodyModel, style: str, colour: str, rng: np.random.Generator) -> GarmentLayer:
    """Return the layer of hair and eyebrows of a style of `HAIR_STYLES` and a colour of `HAIR_COLOURS`.

    Raises:
        InputError: style or colour is unknown.
    """
    for value, known, what in ((style, HAIR_STYLES, "hair style"), (colour, HAIR_COLOURS, "hair colour")):
        if value not in known:
            raise InputError(f'{what} "{value}": unknown; expected one of {", ".join(known)}')
    head = front.is_part("head", "neck")
    base = np.array(HAIR_COLOURS[colour], np.float32)
    eyes = 0.5 * (model.J_template[model.joint("eye.L")] + model.J_template[model.joint("eye.R")])
    ear = _keypoint(model, "left_ear")
    alpha = np.zeros(head.shape, np.float32)
    shade = np.ones(head.shape, np.float32)
    chosen = HAIR_STYLES[style]
    if chosen is not None:
        alpha[head], shade[head] = _cap(front.position[head], chosen, eyes, ear, rng)
    brows = _brows(front.position[head], front.normal[head], eyes, rng)
    shade[head] = np.where(brows > alpha[head], 0.8, shade[head])  # brows are darker than the hair
    alpha[head] = np.maximum(alpha[head], 0.8 * brows)
    rgb = np.clip(base * shade[..., None], 0, 255).astype(np.uint8)
    rgba = bleed(front, rgb, np.rint(alpha * 255).astype(np.uint8), head)
    return GarmentLayer(f"hair-{style}-{colour}", "hair", rgba, Extent(), 1.0, f"painted {style} {colour}", None, "own")


def _keypoint(model: BodyModel, name: str) -> F64:
    return np.asarray(model.keypoints[model.keypoint_names.index(name)] @ model.v_template, np.float64)


def _cap(position: F32, style: HairStyle, eyes: F64, ear: F64, rng: np.random.Generator) -> tuple[F32, F32]:
    """Return (n,) alpha and brightness of the hair at (n, 3) points of the head."""
    z, y = position[:, 2] - ear[2], position[:, 1] - eyes[1]
    outline = np.array(
        [*style.hairline, (-0.3, style.hairline[-1][1]), (-0.3, 0.4), (0.3, 0.4), (0.3, style.hairline[0][1])]
    )
    crown = np.array([0.0, eyes[1] + 0.03, ear[2] - 0.02])
    ray = position - crown
    polar = np.arccos(np.clip(ray[:, 1] / np.maximum(np.linalg.norm(ray, axis=1), 1e-6), -1, 1))
    round_ = np.arctan2(ray[:, 0], ray[:, 2])
    strands, locks = (_streaks(round_, polar, n, rng) for n in (520, 60))
    edge = _signed_distance(outline, np.stack([z, y], axis=1)) + 0.22 * style.softness * (strands + locks)
    if not style.covers_ears:
        aside = np.abs(position[:, 0]) > abs(ear[0]) - 0.012
        around = np.hypot((z + 0.004) / 0.021, (position[:, 1] - ear[1]) / 0.034)
        edge = np.where(aside, np.minimum(edge, 0.021 * (around - 1)), edge)
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
