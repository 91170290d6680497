"""How far cloth hangs off the body: little where it closes, more towards hem and cuffs, as wide as the photo shows it.

The photo gives the widths of a garment next to the chest or the hips, which the body gives in metres (`measure`): where it
goes round trunk or limb it is a ring, whose radius beyond the body's own is its slack. About trunks it falls (`fall`); along
limbs it is a surface of its own that is smoother than the body (Laplacian smoothing; Taubin, SIGGRAPH 1995).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from manikin.tasks.clothing.geometry.cut import Patch
from manikin.tasks.clothing.geometry.fall import HOLDING, Tube, falling_tubes
from manikin.tasks.clothing.outline.landmarks import Landmarks
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.clothing.pattern.planes import across_limb
from manikin.tasks.clothing.pattern.seams import armpit, flanks
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.sizes.measure import crotch_height

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

LEAST: Final = 0.003
"""Metres of slack at which cloth lies on the skin."""

_SIDES = ("left", "right")
_EASE = {"top": 1.12, "trousers": 1.06}  # a garment's flat width over the body's, as `measure` has it
_LIMB_RANGE = {"arm": (0.010, 0.045), "leg": (0.008, 0.075)}  # metres that sleeves and legs hang off
_SHORTS = 0.018  # metres that the ends of shorts hang off at least
_HIP, _SHOULDER = 0.012, 0.010
_ROOT = 0.12  # metres from the shoulder to the armpit, and from the hip to the crotch
_RINGS = 24  # in which a limb's thickness is taken
_ON_LIMBS = 0.006  # metres that cloth stays off where a limb is thicker than the cloth's straight line
_THINNED = 4  # of so many texels one tells how thick a limb is
_TRUNK = {"top": 0.010, "outerwear": 0.014}
_CHEST = 0.2  # of the way from armpit to hem, where a top is measured: sleeves hide its armpits
_MOST = 0.04  # metres that tops hang off waist and hips at most
_OVER_HIPS = 1.03  # of the body's flat width at the hem, a top's own at least
_LARGER = 1.10  # but no larger than this
_FALLS_FROM = 0.04  # metres below the armpits, from where a top's own width counts
_BESIDE = 0.012  # half the thickness of the slice that a body's ring is measured on
_CLOSING = 0.05  # metres over which slack grows from a border that closes
_CROTCH_SLACK = 0.006  # the most that bottoms hang off above the legs, so that tops go over them
_UNDER_TOPS = 0.009  # and where they end, where smoothing may add to it
_BELOW = 0.04  # metres under a top's hem, down to which the body holds it off
_ABOVE = 0.10  # metres over the armpits, up to which a top may fall rather than follow the body
_DEEP = 0.004  # metres of a hollow that cloth goes over straight rather than follow the skin that it is bound to
# Cosine between skin and the outline, from which cloth does not follow the skin that it is bound to either.
_STEEP = 0.95
_LEVEL = 0.03  # metres over a hem in which cloth keeps to its height, or the hem would not be level
_ARMHOLE = 0.12  # metres about the armpits within which it follows
_HANGS = 0.2  # share of falling from which cloth is no longer of the skin under it: at necklines it is
_GAP = 0.6  # share of the way to the middle that cloth between the legs may take
_PIT = (0.003, 0.22)  # slack in the armpit, and what it gains a metre from there
_SPAN = 0.035  # the most that cloth goes over hollows
_ROUNDS = 4  # of smoothing how far it hangs off
_SPANNING = 30  # rounds of smoothing where it lies
_EVENING = 2  # rounds at the end, or hems would be ragged


@dataclass(frozen=True, slots=True)
class Slack:
    """Metres between body and cloth."""

    trunk: float = 0.005
    limb: float = 0.008  # at shoulder or hip
    end: float = 0.014  # at cuffs or ends of legs
    hem: float = 0.014
    waist: float = 0.010  # of tops, halfway between armpit and hem
    joint: float | None = None  # halfway down sleeves and legs; None is evenly between root and end


def photo_slack(front: BodyFront, landmarks: Landmarks, category: str, extent: Extent, is_sewn: bool = False) -> Slack:
    """Return the slack of a garment from its widths in the photo; `is_sewn` to a part that hangs, over its lower edge."""
    if landmarks.kind == "trousers":
        m = landmarks.measures
        scale = _EASE["trousers"] * flat_width(front, front.joints["leg_left"][0, 1])
        scale /= 2 * max(m["hip_half"], m["waist_half"])
        joint, end = _slack_of_limb(front, "leg", extent.leg, scale * _widths(landmarks, "side", "inseam", "ankle"))
        if category == "shorts":  # the thigh goes into them too, and they stand off it
            end = max(end, _SHORTS)
        return Slack(0.004, min(_HIP, joint), end, joint=joint)
    if landmarks.kind == "skirt":
        return Slack(trunk=0.004)
    pits = [front.folds[f"side_{side}"].flat[armpit(front, side)] for side in _SIDES]
    chest = float(np.linalg.norm(pits[0] - pits[1]))
    sides = np.linalg.norm(landmarks.edges["side_left"] - landmarks.edges["side_right"], axis=1)
    width = np.interp([_CHEST, 0.5, 1.0], np.linspace(0, 1, len(sides)), sides)
    scale = _EASE["top"] * chest / width[0]
    widths = scale * _widths(landmarks, "sleeve_outer", "sleeve_inner", "cuff")
    joint, end = _slack_of_limb(front, "arm", extent.sleeve, widths)
    trunk = _TRUNK.get(category, _TRUNK["top"])
    if is_sewn:
        return Slack(trunk, _SHOULDER, end, trunk, trunk, joint)
    low = max(extent.hem or 0.0, crotch_height(front) + 0.06)
    waist, hem = _ease_of_trunk(front, low, float(scale * width[1]), float(scale * width[2]))
    return Slack(trunk, _SHOULDER, end, max(hem, trunk), max(waist, trunk), joint)


def _ease_of_trunk(front: BodyFront, low: float, waist: float, hem: float) -> tuple[float, float]:
    """Return how far a top that ends at a height hangs off waist and hips, given its flat widths in metres.

    Tops are bought to go round the hips: one that is narrow there is worn a little larger than the chest needs.
    """
    middle = 0.5 * (float(front.folds["side_left"].position[armpit(front, "left"), 1]) + low)
    hips = flat_width(front, low)
    larger = float(np.clip(_OVER_HIPS * hips / hem, 1.0, _LARGER))
    at_waist, at_hem = (larger * waist - flat_width(front, middle)) / np.pi, (larger * hem - hips) / np.pi
    at_hem -= max(at_waist - _MOST, 0.0)  # what is too wide at the waist is at the hem, or it would flare
    return float(np.clip(at_waist, 0.0, _MOST)), float(np.clip(at_hem, 0.0, _MOST))


def flat_width(front: BodyFront, height: float) -> float:
    """Return the width in metres of the flat body's trunk at a height."""
    left, right = flanks(front, float(height))
    return float(np.linalg.norm(left - right))


def _widths(landmarks: Landmarks, outer: str, inner: str, end: str) -> F64:
    """Return the mean widths (2,) in pixels of sleeves or legs, halfway down their inner side and at their ends.

    Zeros where the garment has none.
    """
    found = []
    for side, other in (_SIDES, _SIDES[::-1]):
        if f"{end}_{side}" in landmarks.edges:
            across, inside = landmarks.edges[f"{end}_{side}"], landmarks.edges[f"{inner}_{side}"]
            own, opposite = (landmarks.edges[f"{outer}_{s}"] for s in (side, other))
            middle = 0.5 * (inside[(len(inside) - 1) // 2] + inside[len(inside) // 2])
            widths = np.array([_off_line(middle, own), float(np.linalg.norm(across[-1] - across[0]))])
            both = np.array(
                [_off_line(middle, own) + _off_line(middle, opposite), np.linalg.norm(own[-1] - opposite[-1])]
            )
            found.append(np.minimum(widths, 0.5 * both))  # where legs lie over one another
    return np.mean(found, axis=0) if found else np.zeros(2)


def _off_line(point: F64, line: F64) -> float:
    """Return how far a point (2,) lies from a line (n, 2)."""
    along = np.diff(line, axis=0)
    t = ((point - line[:-1]) * along).sum(axis=1) / np.maximum((along * along).sum(axis=1), 1e-12)
    return float(np.linalg.norm(line[:-1] + np.clip(t, 0, 1)[:, None] * along - point, axis=1).min())


def _slack_of_limb(front: BodyFront, limb: str, length: float | None, widths: F64) -> tuple[float, float]:
    """Return how far flat widths (2,) lie off a limb, halfway down its free part and at a length from its root."""
    least, most = _LIMB_RANGE[limb]
    if not length or not widths.all():
        return least, least
    of_limb = front.is_flat & (front.position[..., 0] > 0) & front.is_part(limb)
    at = np.flatnonzero(of_limb)[::_THINNED]
    position, weight = front.position.reshape(-1, 3)[at], front.texel_size.ravel()[at] ** 2
    out = []
    for along, width in zip((_halfway(length), length), widths, strict=True):
        plane = across_limb(front, limb, "left", along)
        ring = np.abs(plane.inside(position)) < _BESIDE
        off = position[ring] - plane.point
        off -= (off @ plane.normal)[:, None] * plane.normal
        radius = float(np.average(np.linalg.norm(off, axis=1), weights=weight[ring])) if ring.any() else np.inf
        out.append(float(np.clip(width / np.pi - radius, least, most)))
    return out[0], out[1]


def _halfway(length: float) -> float:
    """Return metres from a limb's root to halfway between where it leaves the trunk and where its cloth ends."""
    return 0.5 * (min(_ROOT, 0.8 * length) + length)


def offsets(front: BodyFront, patch: Patch, slack: Slack, is_bottom: bool) -> F32:
    """Return the slack (G,) in metres of a garment cut from the body at rest, along the body's normals.

    Args:
        front: the body.
        patch: the garment's surface on the body.
        slack: of the garment.
        is_bottom: whether tops go over it.
    """
    p, n = patch.position, patch.normal
    crotch = crotch_height(front)
    wanted = np.full(len(p), slack.trunk)
    for side in _SIDES:
        on_side = p[:, 0] * (1 if side == "left" else -1) > 0
        for limb, beyond in (("arm", "hand"), ("leg", "foot")):
            on_limb = on_side & patch.is_part(limb)
            if on_limb.any() and not (limb == "leg" and not is_bottom):
                wanted[on_limb] = _off_limb(front.joints[f"{limb}_{side}"], p[on_limb], slack)
                wanted[on_side & patch.is_part(beyond) & ~on_limb] = slack.end
    if is_bottom:
        rise = np.clip((p[:, 1] - crotch) / 0.06 + 0.5, 0, 1)
        wanted = wanted * (1 - rise) + np.minimum(wanted, _CROTCH_SLACK) * rise
    near = patch.neighbours()
    for _ in range(_ROUNDS):
        wanted = near @ wanted
    return _limited(front, patch, _spanned(patch, near, wanted), n, is_bottom)


def falling(
    front: BodyFront, patch: Patch, slack: Slack, follows: F64, points: F64, faces: NDArray[np.int64]
) -> tuple[F64, F64, Tube]:
    """Return where the cloth (G, 3) of a top lies, over how deep hollows (G,), 0 where it follows the body, and what it spans.

    Args:
        front: the body.
        patch: the garment's surface on the body.
        slack: of the garment.
        follows: (G, 3) where cloth lies that follows the body: above the chest and on the arms it does.
        points: (V, 3) of the body, metres.
        faces: (F, 3) of what it falls about.
    """
    pits = np.array([front.folds[f"side_{side}"].position[armpit(front, side)] for side in _SIDES])
    p, top = patch.position, float(pits[:, 1].mean())
    hem = float(p[~patch.is_part("arm"), 1].min())
    ease = [[hem, slack.hem], [0.5 * (top + hem), slack.waist], [top - _FALLS_FROM, slack.trunk]]
    inner, outer = falling_tubes(points, faces, (hem - _BELOW, top + _ABOVE), np.array(ease))
    free = _smooth((top + _ABOVE - p[:, 1]) / _ABOVE)
    for pit in pits:
        free *= _smooth(np.linalg.norm(p - pit, axis=1) / _ARMHOLE - 0.3)
    free *= ~patch.is_part("arm") * _smooth(patch.closed / _CLOSING)
    deep = inner.above(p)
    spans = np.maximum(_smooth((deep - HOLDING) / _DEEP), _smooth(1.5 - patch.open / _LEVEL))
    spans = np.maximum(spans, _smooth((_STEEP - inner.facing(p, patch.normal)) / 0.2))[:, None]
    falls = spans * outer.onto(p) + (1 - spans) * outer.along(p, patch.normal)
    return follows + free[:, None] * (falls - follows), np.where(free > _HANGS, np.maximum(deep, 1e-6), 0.0), inner


def _smooth(t: F64) -> F64:
    t = np.clip(t, 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _spanned(patch: Patch, near: sparse.csr_array, wanted: F64) -> F64:
    """Return the slack of a smoother surface that keeps off the body by nearly what is wanted."""
    p, n = patch.position, patch.normal
    cloth = p + wanted[:, None] * n
    for _ in range(_SPANNING):
        cloth = 0.5 * cloth + 0.5 * (near @ cloth)
        lifted = ((cloth - p) * n).sum(1)
        cloth += (np.clip(lifted, 0.9 * wanted, wanted + _SPAN) - lifted)[:, None] * n
    lifted = ((cloth - p) * n).sum(1)
    for _ in range(_EVENING):
        lifted = near @ lifted
    return np.asarray(lifted)


def _limited(front: BodyFront, patch: Patch, off: F64, n: F64, is_bottom: bool) -> F32:
    p = patch.position
    closing = np.clip(patch.closed / _CLOSING, 0, 1)
    off = LEAST + (np.maximum(off, LEAST) - LEAST) * closing * (2 - closing)
    for side in _SIDES:
        pit = front.folds[f"side_{side}"].position[armpit(front, side)]
        off = np.minimum(off, _PIT[0] + _PIT[1] * np.linalg.norm(p - pit, axis=1))
    inwards = -n[:, 0] * np.sign(p[:, 0])
    room = _GAP * np.abs(p[:, 0]) / np.maximum(inwards, 0.3)
    off = np.where(patch.is_part("leg") & (inwards > 0), np.minimum(off, room), off)
    if is_bottom:
        off = np.where(p[:, 1] > crotch_height(front) + 0.05, np.minimum(off, _UNDER_TOPS), off)
    return np.maximum(off, 0.5 * LEAST).astype(np.float32)


def _off_limb(joints: F64, p: F64, slack: Slack) -> F64:
    """Return the slack (n,) on a limb of three joints: cloth goes straight from width to width, whatever lies within."""
    along = _along(joints, p)
    length = max(float(along.max()), 1e-6)
    if slack.joint is None:
        return np.asarray(slack.limb + (slack.end - slack.limb) * np.clip(along / length, 0, 1))
    ring = np.minimum((along / length * _RINGS).astype(np.int64), _RINGS - 1)
    count = np.bincount(ring, minlength=_RINGS)
    radius = np.bincount(ring, _off_bones(joints, p), _RINGS)[count > 0] / count[count > 0]
    at = (np.flatnonzero(count) + 0.5) * length / _RINGS
    places, hung = np.array([min(_ROOT, 0.5 * length), _halfway(length), length]), [slack.limb, slack.joint, slack.end]
    off = np.interp(along, places, np.interp(places, at, radius) + np.array(hung)) - np.interp(along, at, radius)
    least = np.interp(along, places, np.minimum(hung, _ON_LIMBS))
    return np.asarray(np.where(along < places[0], slack.limb, np.maximum(off, least)))


def _off_bones(joints: F64, p: F64) -> F64:
    """Return how far (n,) points lie from the bones of a limb of three joints."""
    a, along = joints[:-1], np.diff(joints, axis=0)
    t = np.clip(((p[:, None] - a) * along).sum(axis=-1) / (along * along).sum(axis=-1), 0, 1)
    return np.asarray(np.linalg.norm(a + t[..., None] * along - p[:, None], axis=-1).min(axis=1))


def _along(joints: F64, p: F64) -> F64:
    """Return how far (n,) points lie along a limb of three joints, in metres from its root."""
    bones = np.diff(joints, axis=0)
    lengths = np.linalg.norm(bones, axis=1)
    upper = (p - joints[0]) @ (bones[0] / lengths[0])
    lower = lengths[0] + (p - joints[1]) @ (bones[1] / lengths[1])
    return np.asarray(np.maximum(np.where(upper < lengths[0], upper, np.maximum(lower, lengths[0])), 0))
