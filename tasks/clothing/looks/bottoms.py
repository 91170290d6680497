"""Trousers and shorts cut from a swatch: waistband, fly, pockets, seams, hems, wear and a few creases."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.bake import bleed
from manikin.tasks.clothing.cloth.fabric import PALETTES, Swatch, weave
from manikin.tasks.clothing.geometry.slack import Slack
from manikin.tasks.clothing.library import GarmentLayer
from manikin.tasks.clothing.pattern.extent import Extent, coverage, reach
from manikin.tasks.clothing.pattern.planes import across_limb, limb_length
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.sizes.measure import crotch_height, waist_height
from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]

KINDS = {"trousers": 1.0, "cropped": 0.78, "shorts": 0.44}  # share of the leg that is covered
_BAND = 0.038  # metres of waistband
_SLACK = Slack(trunk=0.004, limb=0.012, end=0.022)
_STITCH = 0.0016  # half width of a line of stitches


def default_bottoms(front: BodyFront, rng: np.random.Generator) -> GarmentLayer:
    """Return trousers or, seldom, shorts of a fabric and colour drawn at random."""
    kind = str(rng.choice(list(KINDS), p=[0.72, 0.08, 0.20]))
    return make_bottoms(
        front, kind, weave(str(rng.choice(list(PALETTES), p=[0.42, 0.26, 0.1, 0.12, 0.06, 0.04])), rng), rng
    )


def make_bottoms(front: BodyFront, kind: str, swatch: Swatch, rng: np.random.Generator) -> GarmentLayer:
    """Return bottoms of a kind of `KINDS` cut from a swatch.

    Raises:
        InputError: the kind is unknown.
    """
    if kind not in KINDS:
        raise InputError(f'bottoms "{kind}": unknown; expected one of {", ".join(KINDS)}')
    extent = Extent(waist=waist_height(front), leg=KINDS[kind] * limb_length(front, "leg"))
    cut = reach(front, extent)
    distance = cut.distance
    covered = distance > -0.05
    pen = _Pen.of(front, covered)
    light = np.ones(int(covered.sum()), np.float32)
    light += _creases(front, pen, rng) + (_wear(front, pen) if swatch.fabric == "denim" else 0.0)
    light *= _seams(front, pen, extent, distance[covered], swatch)
    rgb = np.zeros((*covered.shape, 3), np.uint8)
    colours = swatch.at(pen.flat) * light[:, None]
    thread = _thread(swatch)
    stitches = _stitches(front, pen, extent, distance[covered])[:, None]
    rgb[covered] = np.clip(colours * (1 - stitches) + thread * stitches + 0.5, 0, 255).astype(np.uint8)
    alpha = np.rint(coverage(front, distance) * 255).astype(np.uint8)
    name = "shorts" if kind == "shorts" else "trousers"
    colour = bytes(swatch.colour).hex()
    return GarmentLayer(
        f"{kind}-{swatch.fabric}-{colour}", name, bleed(front, rgb, alpha, covered), extent, 1.0,
        f"{swatch.fabric} #{colour}", None, "own", cut, _SLACK,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pen:
    """The covered texels as lists, to draw on."""

    flat: F32  # (n, 2)
    position: F32  # (n, 3)
    facing: F32  # (n,)
    texel: F32  # (n,) metres

    @classmethod
    def of(cls, front: BodyFront, where: NDArray[np.bool_]) -> "_Pen":
        return cls(front.flat[where], front.position[where], front.facing[where], front.texel_size[where])

    def line(self, distance: NDArray[np.floating], half_width: float) -> F32:
        """Return (n,) 1 on a line, given the distance from it, with edges soft by a texel."""
        return np.clip((half_width - np.abs(distance)) / self.texel + 0.5, 0, 1).astype(np.float32)

    def segment(self, a: tuple[float, float], b: tuple[float, float], half_width: float) -> F32:
        """Return (n,) 1 on a segment between two flat points, mirrored on both sides of the body."""
        x, y = np.abs(self.flat[:, 0]) - a[0], self.flat[:, 1] - a[1]
        ex, ey = b[0] - a[0], b[1] - a[1]
        t = np.clip((x * ex + y * ey) / (ex * ex + ey * ey), 0, 1)
        return self.line(np.hypot(x - t * ex, y - t * ey), half_width)


def _thread(swatch: Swatch) -> F32:
    if swatch.fabric == "denim":
        return np.array([176, 128, 74], np.float32)  # the golden thread of jeans
    return np.array(swatch.colour, np.float32) * 0.72


def _flat_height(front: BodyFront, height: float) -> float:
    """Return the flat y of the front's middle at a height."""
    centre = front.folds["centre"]
    return float(np.interp(-height, -centre.position[:, 1], centre.flat[:, 1]))


def _seams(front: BodyFront, pen: _Pen, extent: Extent, distance: F32, swatch: Swatch) -> F32:
    """Return (n,) brightness: dark where two pieces of cloth meet, under the waistband and at pockets and fly."""
    waist, crotch = extent.waist or 0.0, crotch_height(front)
    top, low = _flat_height(front, waist - _BAND), _flat_height(front, crotch + 0.03)
    below = waist - pen.position[:, 1] - _BAND
    flank = pen.line(pen.facing / 9.0, 0.0012)  # facing changes by about 9 a metre across the fold
    is_front, is_back = pen.facing > 0, pen.facing < 0
    fly = pen.line(pen.flat[:, 0], 0.0014) * (pen.flat[:, 1] < top) * (pen.flat[:, 1] > low) * is_front
    rise = pen.line(pen.position[:, 0], 0.0014) * is_back * (pen.position[:, 1] > crotch - 0.03)
    pocket = pen.segment((0.115, top), (0.215, top - 0.105), 0.0022) * is_front
    shadow = pen.line(below, 0.002) * (below > -0.01)
    dark = np.maximum.reduce([0.28 * flank, 0.34 * fly, 0.3 * rise, 0.4 * pocket, 0.34 * shadow])
    band = np.clip(-below / 0.004, 0, 1) * 0.07
    return np.asarray(1 - dark - band, np.float32)


def _stitches(front: BodyFront, pen: _Pen, extent: Extent, distance: F32) -> F32:
    """Return (n,) how much of a texel is thread: along waistband, pockets, flanks and hems."""
    waist = extent.waist or 0.0
    top = _flat_height(front, waist - _BAND)
    edge = waist - pen.position[:, 1]
    lines = [pen.line(edge - 0.006, _STITCH) * (edge > 0), pen.line(edge - _BAND + 0.006, _STITCH)]
    is_front, is_back = pen.facing > 0, pen.facing < 0
    lines.append(pen.segment((0.108, top), (0.208, top - 0.108), _STITCH) * is_front)
    seat = top - 0.075
    corners = [(0.045, seat), (0.165, seat + 0.008), (0.16, seat - 0.115), (0.105, seat - 0.145), (0.052, seat - 0.12)]
    for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
        lines.append(pen.segment(a, b, _STITCH) * is_back)
    hem = np.full(len(edge), np.inf, np.float32)
    for side in ("left", "right"):
        plane = across_limb(front, "leg", side, extent.leg or 0.0)
        on_side = pen.position[:, 0] * (1 if side == "left" else -1) > 0
        hem = np.where(on_side, plane.inside(pen.position), hem)
    lines.append(pen.line(hem - 0.02, _STITCH))
    # A stitch is thinner than a texel: it tints it.
    return np.asarray(0.5 * np.maximum.reduce(lines), np.float32)


def _wear(front: BodyFront, pen: _Pen) -> F32:
    """Return (n,) where denim fades: down the front of the thighs, on the knees and on the seat."""
    hip, knee, _ = front.joints["leg_left"]
    t = (hip[1] - pen.position[:, 1]) / (hip[1] - knee[1])
    x = (np.abs(pen.position[:, 0]) - (hip[0] + t * (knee[0] - hip[0]))) / 0.05
    thigh = np.exp(-(x**2)) * np.exp(-(((t - 0.62) / 0.42) ** 2)) * np.clip(pen.facing * 2, 0, 1)
    seat = np.exp(-(((t + 0.05) / 0.16) ** 2)) * np.clip(-pen.facing * 2, 0, 1)
    return np.asarray(0.34 * thigh + 0.16 * seat, np.float32)


def _creases(front: BodyFront, pen: _Pen, rng: np.random.Generator) -> F32:
    """Return (n,) faint folds across hips, knees and ankles, and the unevenness of worn cloth."""
    _, knee, ankle = (float(j[1]) for j in front.joints["leg_left"])
    out = np.zeros(len(pen.flat), np.float32)
    for height, spread, depth in ((crotch_height(front), 0.05, 0.05), (knee, 0.06, 0.05), (ankle + 0.06, 0.05, 0.06)):
        near = np.exp(-(((pen.position[:, 1] - height) / spread) ** 2))
        for _ in range(4):
            slope, wave, phase = rng.uniform(-0.8, 0.8), rng.uniform(90, 190), rng.uniform(0, 2 * np.pi)
            ripple = np.sin(wave * (pen.flat[:, 1] + slope * np.abs(pen.flat[:, 0])) + phase)
            out += depth / 3 * near * ripple * (0.6 + 0.4 * np.sin(23 * pen.flat[:, 0] + phase))
    for _ in range(5):
        kx, ky, phase = rng.uniform(-22, 22), rng.uniform(-14, 14), rng.uniform(0, 2 * np.pi)
        out += 0.012 * np.sin(kx * pen.flat[:, 0] + ky * pen.flat[:, 1] + phase)
    return out
