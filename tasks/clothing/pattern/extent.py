"""Where on the body a garment ends: planes across torso, arms, legs and neck, and the texels on their inner side.

A garment's edge is cut in space, not taken from the warped silhouette: a plane around a limb gives one clean hem on front,
flanks and back, whatever the photo's outline frays into.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.pattern.collar import collar_on
from manikin.tasks.clothing.pattern.planes import Plane, across_limb, across_neck, level
from manikin.tasks.clothing.pattern.template import BodyFront

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_SIDES = ("left", "right")
_OFF = -1.0  # inside distance of what a garment never covers
_FAR = 10.0  # inside distance of a border that a garment has not
_SOFT_TEXELS = 1.5  # width of a hem's soft edge
_BACK_BUST = 0.02  # metres that a top held by straps is cut lower behind
_UNDER_ARM = 0.012  # metres under the armpits that it ends at the sides


@dataclass(frozen=True, slots=True)
class Extent:
    """What a garment covers; lengths in metres on the default body, None where it does not end there."""

    waist: float | None = None  # height of a bottom's upper edge
    hem: float | None = None  # height of a top's, dress's or skirt's lower edge
    sleeve: float | None = None  # along the arm from the shoulder joint; 0 is sleeveless; None bares the arms
    leg: float | None = None  # along the leg from the hip joint
    neck: float | None = None  # half width of a neckline wider than the neck, on the flat body
    strap: float | None = None  # half width over the shoulder straps of a sleeveless top, on the flat body
    bust: float | None = None  # height of the upper edge of a top that thin straps hold
    strap_at: float | None = None  # likewise, from the middle to the middle of such a strap, on the flat body
    strap_width: float | None = None  # None without straps
    armhole: float | None = (
        None  # from that edge's end over the armpit to where its photo's side begins, on the flat body
    )
    collar: str | None = None  # of `collar.KINDS`; None ends at a round neckline or a wider one


@dataclass(frozen=True, slots=True)
class Reach:
    """How far texels lie inside a garment's borders, in metres; far below zero where it never goes.

    Where it closes on the body, at neck, armholes and waist, and where it opens: hem, cuffs and ends of legs.
    """

    closed: F32  # (S, S)
    open: F32  # (S, S)

    @property
    def distance(self) -> F32:
        """Return (S, S) how far each texel lies inside the garment."""
        return np.minimum(self.closed, self.open)


def inside(front: BodyFront, extent: Extent) -> F32:
    """Return (S, S) how far each texel lies inside the garment, in metres; far below zero where it never goes."""
    return reach(front, extent).distance


def reach(front: BodyFront, extent: Extent) -> Reach:
    """Return how far each texel lies inside the borders of a garment, apart by how they end."""
    position = front.position
    trunk = front.is_part("torso", "neck", "head")
    arms, legs = front.is_part("arm", "hand"), front.is_part("leg", "foot")
    allowed = front.is_flat & (trunk | (arms & (extent.sleeve is not None)) | legs)
    closed, opened = (np.full(position.shape[:2], _FAR, np.float32) for _ in range(2))

    def cut(border: F32, where: NDArray[np.bool_], plane: Plane) -> None:
        at = np.flatnonzero(where)
        inside = plane.inside(position.reshape(-1, 3).take(at, axis=0))
        border.reshape(-1)[at] = np.minimum(border.reshape(-1)[at], inside)

    collar = collar_on(front, extent.collar)
    if collar is None:
        cut(closed, allowed & (trunk | arms), across_neck(front))
    else:
        about_neck = allowed & (trunk | arms)
        opened[about_neck] = np.minimum(opened[about_neck], collar.inside(position[about_neck]))
    if extent.waist is not None:
        cut(closed, allowed, level(extent.waist, is_upper=True))
    if extent.hem is not None:
        cut(opened, allowed & (trunk | legs), level(extent.hem, is_upper=False))
    for side in _SIDES:
        on_side = position[..., 0] * (1 if side == "left" else -1) > 0
        if extent.sleeve is not None:
            armhole = _armhole(front, side, extent.sleeve, trunk)
            border = opened if extent.sleeve > 0 else closed
            cut(border, allowed & on_side & (arms | armhole), across_limb(front, "arm", side, extent.sleeve))
        if extent.leg is not None:
            cut(opened, allowed & on_side & legs, across_limb(front, "leg", side, extent.leg))
    if extent.bust is not None:
        where = allowed & (trunk | arms)
        closed[where] = np.minimum(closed[where], _held(front, extent, where))
    closed, opened = (np.where(allowed, border, _OFF).astype(np.float32) for border in (closed, opened))
    return Reach(closed, opened)


def _held(front: BodyFront, extent: Extent, where: NDArray[np.bool_]) -> F32:
    """Return (n,) how far texels lie under the upper edge of a top held by straps, or inside one of these, in metres.

    Of a garment with sleeves, which hangs off the shoulders, the edge is level across the arms too. Else it is level between the
    straps; from there it falls to the armpits in a curve, steepest at the strap.
    """
    if extent.sleeve:
        return np.asarray((extent.bust or 0.0) - front.position[..., 1][where], np.float32)
    pits = [_armpit(front, side) for side in _SIDES]
    wide, low = (float(np.mean([abs(p[c]) for p in pits])) for c in (0, 1))
    at, half = extent.strap_at or 0.0, 0.5 * (extent.strap_width or 0.0)
    x, y = np.abs(front.flat[..., 0][where]), front.position[..., 1][where]
    high = (extent.bust or 0.0) - np.where(front.facing[where] < 0, np.float32(_BACK_BUST), np.float32(0))
    t = np.clip((wide - x) / max(wide - at - half, 1e-6), 0, 1)
    edge = low - _UNDER_ARM + (high - low + _UNDER_ARM) * t * t
    inside_strap = half - np.abs(x - at) if extent.strap_width else np.float32(_OFF)
    return np.asarray(np.maximum(edge - y, inside_strap), np.float32)


def _armpit(front: BodyFront, side: str) -> tuple[float, float]:
    """Return how far to the side on the flat body, and how high, a side's armpit lies."""
    fold = front.folds[f"side_{side}"]
    k = int(np.argmax(np.where(fold.position[:, 1] > front.joints["pelvis"][1], fold.flat[:, 1], -np.inf)))
    return float(fold.flat[k, 0]), float(fold.position[k, 1])


def _armhole(front: BodyFront, side: str, sleeve: float, trunk: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the trunk's texels about the shoulder, which a short sleeve's plane cuts too."""
    shoulder, elbow, _ = front.joints[f"arm_{side}"]
    if sleeve > 0.12:
        return np.zeros_like(trunk)
    near = np.abs(front.position[..., 0]) > 0.6 * abs(shoulder[0])
    return np.asarray(trunk & near & (front.position[..., 1] > shoulder[1] - 0.5 * (shoulder[1] - elbow[1])))


def coverage(front: BodyFront, distance: F32) -> F32:
    """Return (S, S) alpha in [0, 1]: 1 inside, falling to 0 over 1-2 texels across the edge."""
    width = np.maximum(front.texel_size, 1e-6) * _SOFT_TEXELS
    return np.clip(0.5 + distance / width, 0, 1).astype(np.float32)
