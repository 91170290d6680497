"""Collars and hoods: how far a garment goes up the neck, and the leaf of it that lies turned down over the rest.

All of it is measured on the body: the height over the plane of a round neckline, the way round the neck, and below that
plane the distance from the ring in which it cuts the body. A shirt's collar is a leaf about the neck whose points lie on the
chest; a hood that is not worn is a leaf on the back, thickest where it is folded.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from manikin.tasks.clothing.pattern.planes import Plane, across_neck
from manikin.tasks.clothing.pattern.template import BodyFront

F64 = NDArray[np.float64]
Floats = NDArray[np.floating]

_RING = 0.0015  # metres about the plane within which texels are the ring
_THINNED = 3  # of so many of its texels one is enough
_ROUND: Final = (-1.0, -0.3, 0.5, 1.0)
"""Cosines of the way round the neck, from nape to throat, at which shapes are told."""

_MIRROR = np.array([-1.0, 1.0, 1.0])
_RADIUS = 0.08  # metres from the middle of a neck
_FAR = 10.0
_BASE = 0.006  # metres from the ring that a collar without a leaf is sewn on
_BESIDE = 0.12  # metres beside a collar, beyond which it is nowhere asked how far away it is
_LEAFSIZE = 32  # texels of the ring that are compared one by one
_RAMP, _SWELLS = 0.006, 0.06  # metres from a leaf's edge over which it comes to lie off, and a hood to swell
_MARGIN = 0.03  # metres above its upper edge that its colour goes on


@dataclass(frozen=True, slots=True)
class _Form:
    """A kind of collar; metres, at `_ROUND` where there are four."""

    rise: tuple[float, float, float, float]  # of its upper edge over the plane of a round neckline
    fall: tuple[float, float, float, float] | None = None  # of the leaf's lower edge from the ring; None has no leaf
    gap: tuple[float, float] | None = None  # half the opening in front, at the upper edge and gained a metre down
    thick: tuple[float, float] = (0.0005, 0.005)  # that the leaf lies off at its edge and at its middle
    swell: float = 0.0  # that a hood's folds add on the back
    is_open: bool = False  # whether it ends at the sides of the neck, where fronts that stand open begin
    chest: float = 0.0  # below it in front, over which what the photo shows of it gives way


_FORMS: Final = {
    "fold": _Form((0.050, 0.046, 0.022, 0.010), (0.012, 0.016, 0.058, 0.072), (0.002, 0.55), chest=0.11),
    "stand": _Form((0.055, 0.052, 0.034, 0.026), None, (0.004, 0.35)),
    "roll": _Form((0.058, 0.058, 0.046, 0.036), (0.004, 0.004, 0.006, 0.008), None),
    "hood": _Form(
        (0.050, 0.040, 0.020, 0.006),
        (0.150, 0.060, 0.040, 0.040),
        (0.004, 0.45),
        swell=0.030,
        chest=0.05,
        thick=(0.0005, 0.016),
    ),
    "lapel": _Form((0.040, 0.036, 0.010, 0.000), (0.020, 0.026, 0.060, 0.060), is_open=True),
}
KINDS: Final = tuple(_FORMS)


@dataclass(frozen=True, slots=True)
class Collar:
    """A kind of collar on one body. Positions are metres on the body at rest."""

    form: _Form
    plane: Plane
    ring: cKDTree
    middle: F64  # (3,) of the ring

    def inside(self, position: Floats) -> F64:
        """Return how far (...) points (..., 3) lie inside the upper edge."""
        return self._inside(position, *self._round(position))

    def _inside(self, position: Floats, height: F64, front: F64) -> F64:
        inside = np.interp(front, _ROUND, self.form.rise) - height
        if self.form.is_open:
            return np.asarray(np.minimum(inside, np.maximum(-height, -_RADIUS * front)))
        if self.form.gap is None or self.form.fall is not None:
            return np.asarray(inside)
        beside = np.abs(position[..., 0]) - self._half_gap(inside)
        return np.asarray(np.where((front > 0) & (height > 0), np.minimum(inside, beside), inside))

    def leaf(self, position: Floats) -> F64:
        """Return how far (...) points lie inside the leaf; below 0 outside, or where it has none."""
        if self.form.fall is None:
            return np.full(position.shape[:-1], -_FAR)
        return self.both(position)[1]

    def about(self, position: Floats) -> F64:
        """Return how far (...) points lie inside what the collar covers, its opening in front included."""
        return self.both(position)[0]

    def both(self, position: Floats) -> tuple[F64, F64]:
        """Return `about` and `leaf` (...) of points."""
        height, front = self._round(position)
        away = self._away(position, height)
        top = np.interp(front, _ROUND, self.form.rise)
        fall = np.interp(front, _ROUND, self._fall())
        about = np.asarray(np.minimum(top + _MARGIN - height, fall - away))
        if self.form.fall is None:
            return about, np.full(position.shape[:-1], -_FAR)
        leaf = np.minimum(self._inside(position, height, front), fall - away)
        if self.form.gap is not None:
            beside = np.abs(position[..., 0]) - self._half_gap(np.where(height > 0, top - height, top + away))
            leaf = np.where(front > 0, np.minimum(leaf, beside), leaf)
        return about, np.asarray(leaf)

    def thickness(self, position: Floats) -> F64:
        """Return how far (...) the leaf lies off what is below it, in metres."""
        least, most = self.form.thick
        inside = np.maximum(self.leaf(position), 0.0)
        off = least + (most - least) * np.clip(inside / _RAMP, 0, 1)
        if self.form.swell:
            behind = np.clip((0.2 - self._round(position)[1]) / 0.9, 0, 1)
            off = off + self.form.swell * behind * np.sin(np.clip(inside / _SWELLS, 0, 1) * np.pi / 2)
        return np.asarray(off)

    def _half_gap(self, down: F64) -> F64:
        """Return half the opening (...) in front, so far under the upper edge."""
        least, gain = self.form.gap or (0.0, 0.0)
        return np.asarray(least + gain * np.maximum(down, 0))

    def _round(self, position: Floats) -> tuple[F64, F64]:
        """Return heights (...) over the plane and cosines (...) of the way round from the throat."""
        height = -np.asarray(self.plane.inside(position), np.float64)
        off = position - self.middle
        front = off[..., 2] / np.maximum(np.hypot(off[..., 0], off[..., 2]), 1e-9)
        return height, np.asarray(front, np.float64)

    def _fall(self) -> tuple[float, ...]:
        return (_BASE,) * len(_ROUND) if self.form.fall is None else self.form.fall

    def _away(self, position: Floats, height: F64) -> F64:
        """Return how far (...) points under the plane lie from the ring: 0 above it, and `_FAR` well beyond the collar."""
        away = np.where(height < 0, _FAR, 0.0)
        under, most = height < 0, max(self._fall()) + _BESIDE
        found = self.ring.query(position[under], distance_upper_bound=most)[0]
        away[under] = np.minimum(found, _FAR)
        return away


def collar_on(front: BodyFront, kind: str | None) -> Collar | None:
    """Return the collar of a kind on a body; None for none."""
    if kind is None:
        return None
    plane = across_neck(front)
    near = front.position[front.is_flat & front.is_part("torso", "neck", "head")]
    ring = near[np.abs(plane.inside(near)) < _RING][::_THINNED].astype(np.float64)
    middle = 0.5 * (ring.min(axis=0) + ring.max(axis=0)) * [0, 1, 1]
    return Collar(_FORMS[kind], plane, cKDTree(np.concatenate([ring, ring * _MIRROR]), _LEAFSIZE), middle)
