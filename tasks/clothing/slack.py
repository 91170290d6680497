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

from manikin.tasks.clothing.cut import Patch
from manikin.tasks.clothing.extent import Extent, across_limb, level
from manikin.tasks.clothing.fall import HOLDING, Tube, falling_tubes
from manikin.tasks.clothing.landmarks import Landmarks
from manikin.tasks.clothing.measure import crotch_height
from manikin.tasks.clothing.seams import armpit, crossing
from manikin.tasks.clothing.template import BodyFront

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

LEAST: Final = 0.003
"""Metres of slack at which cloth lies on the skin."""

_SIDES = ("left", "right")
_EASE = {"top": 1.12, "trousers": 1.06}  # a garment's flat width over the body's, as `measure` has it
_END_RANGE = {"cuff": (0.012, 0.045), "ankle": (0.012, 0.045)}
_TRUNK = {"top": 0.010, "outerwear": 0.014}
_CHEST = 0.2  # of the way from armpit to hem, where a top is measured: sleeves hide its armpits
_MOST = 0.04  # metres that tops hang off waist and hips at most
_OVER_HIPS = 1.03  # of the body's flat width at the hem, a top's own at least
_LARGER = 1.10  # but no larger than this
_FALLS_FROM = 0.04  # metres below the armpits, from where a top's own width counts
_BESIDE = 0.012  # half the thickness of the slice that a body's ring is measured on
_CLOSING = 0.05  # metres over which slack grows from a border that closes
_CROTCH_SLACK = 0.006  # the most that bottoms hang off above the legs, so that tops go over them
_BELOW = 0.04  # metres under a top's hem, down to which the body holds it off
_ABOVE = 0.10  # metres over the armpits, up to which a top may fall rather than follow the body
_DEEP = 0.008  # metres of a hollow that cloth goes over straight rather than follow the skin that it is bound to
_LEVEL = 0.03  # metres over a hem in which cloth keeps to its height, or the hem would not be level
_ARMHOLE = 0.12  # metres about the armpits within which it follows
_GAP = 0.6  # share of the way to the middle that cloth between the legs may take
_PIT = (0.003, 0.22)  # slack in the armpit, and what it gains a metre from there
_SPAN = 0.035  # the most that cloth goes over hollows
_ROUNDS = 10  # of smoothing how far it hangs off
_SPANNING = 30  # rounds of smoothing where it lies
_EVENING = 4  # rounds at the end, or hems would be ragged


@dataclass(frozen=True, slots=True)
class Slack:
    """Metres between body and cloth."""

    trunk: float = 0.005
    limb: float = 0.008  # at shoulder or hip
    end: float = 0.014  # at cuffs or ends of legs
    hem: float = 0.014
    waist: float = 0.010  # of tops, halfway between armpit and hem


def photo_slack(front: BodyFront, landmarks: Landmarks, category: str, extent: Extent) -> Slack:
    """Return the slack of a garment from the widths of its ends in the photo."""
    m = landmarks.measures
    if landmarks.kind == "trousers":
        scale = _EASE["trousers"] * flat_width(front, front.joints["leg_left"][0, 1])
        scale /= 2 * max(m["hip_half"], m["waist_half"])
        end = _slack_of_end(front, "ankle", scale * _width(landmarks, "ankle"), "leg", extent.leg)
        return Slack(0.004, min(0.012, end), end)
    if landmarks.kind == "skirt":
        return Slack(trunk=0.004)
    pits = [front.folds[f"side_{side}"].flat[armpit(front, side)] for side in _SIDES]
    scale = _EASE["top"] * float(np.linalg.norm(pits[0] - pits[1])) / (2 * m["chest_half"])
    end = _slack_of_end(front, "cuff", scale * _width(landmarks, "cuff"), "arm", extent.sleeve)
    trunk = _TRUNK.get(category, _TRUNK["top"])
    if category == "dress":  # its skirt is a piece of its own, which lies over its lower edge
        return Slack(trunk, 0.010, end, trunk, trunk)
    waist, hem = _ease_of_trunk(front, landmarks, max(extent.hem or 0.0, crotch_height(front) + 0.06))
    return Slack(trunk, 0.010, end, max(hem, trunk), max(waist, trunk))


def _ease_of_trunk(front: BodyFront, landmarks: Landmarks, hem: float) -> tuple[float, float]:
    """Return how far a top that ends at a height hangs off the waist and off the body at its hem.

    Tops are bought to go round the hips: one that is narrow there is worn a little larger than the chest needs.
    """
    pits = [front.folds[f"side_{side}"].flat[armpit(front, side)] for side in _SIDES]
    middle = 0.5 * (float(front.folds["side_left"].position[armpit(front, "left"), 1]) + hem)
    chest = float(np.linalg.norm(pits[0] - pits[1]))
    body = np.array([chest, flat_width(front, middle), flat_width(front, hem)])
    sides = np.linalg.norm(landmarks.edges["side_left"] - landmarks.edges["side_right"], axis=1)
    width = np.interp([_CHEST, 0.5, 1.0], np.linspace(0, 1, len(sides)), sides)
    width *= _EASE["top"] * body[0] / width[0]
    width *= np.clip(_OVER_HIPS * body[2] / width[2], 1.0, _LARGER)
    waist, end = (width - body)[1:] / np.pi
    end -= max(waist - _MOST, 0.0)  # what is too wide at the waist is at the hem, or it would flare
    return float(np.clip(waist, 0.0, _MOST)), float(np.clip(end, 0.0, _MOST))


def flat_width(front: BodyFront, height: float) -> float:
    """Return the width in metres of the flat body's trunk at a height."""
    ends = []
    for side in _SIDES:
        fold = front.folds[f"side_{side}"]
        at = crossing(fold, level(float(height), is_upper=False), armpit(front, side))
        ends.append([np.interp(at, np.arange(len(fold.flat)), fold.flat[:, k]) for k in range(2)])
    return float(np.linalg.norm(np.array(ends[0]) - np.array(ends[1])))


def _width(landmarks: Landmarks, name: str) -> float:
    """Return the mean width in pixels of an end on both sides, 0 where the garment has none."""
    edges = [landmarks.edges[f"{name}_{side}"] for side in _SIDES if f"{name}_{side}" in landmarks.edges]
    return float(np.mean([np.linalg.norm(edge[-1] - edge[0]) for edge in edges])) if edges else 0.0


def _slack_of_end(front: BodyFront, name: str, width: float, limb: str, along: float | None) -> float:
    """Return how far a flat width lies off the limb that it goes round, at a length from its root."""
    least, most = _END_RANGE[name]
    if not along or not width:
        return least
    plane = across_limb(front, limb, "left", along)
    ring = front.is_flat & (front.position[..., 0] > 0) & front.is_part(limb, "foot" if limb == "leg" else "hand")
    ring &= np.abs(plane.inside(front.position)) < _BESIDE
    if not ring.any():
        return least
    off = front.position[ring] - plane.point
    off -= (off @ plane.normal)[:, None] * plane.normal
    radius = float(np.average(np.linalg.norm(off, axis=1), weights=front.texel_size[ring] ** 2))
    return float(np.clip(width / np.pi - radius, least, most))


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
        for limb in ("arm", "leg"):
            on_limb = on_side & patch.is_part(limb)
            if on_limb.any() and not (limb == "leg" and not is_bottom):
                t = _along(front.joints[f"{limb}_{side}"], p[on_limb])
                t = np.clip(t / max(float(t.max()), 1e-6), 0, 1)
                wanted[on_limb] = slack.limb + (slack.end - slack.limb) * t
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
    """Return where the cloth (G, 3) of a top lies, how far (G,) it falls rather than follows the body, and what it spans.

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
    spans = np.maximum(_smooth((inner.above(p) - HOLDING) / _DEEP), _smooth(1.5 - patch.open / _LEVEL))[:, None]
    falls = spans * outer.onto(p) + (1 - spans) * outer.along(p, patch.normal)
    return follows + free[:, None] * (falls - follows), free, inner


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
        cloth += (np.clip(lifted, 0.7 * wanted, wanted + _SPAN) - lifted)[:, None] * n
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
        off = np.where(p[:, 1] > crotch_height(front) + 0.05, np.minimum(off, 0.012), off)
    return np.maximum(off, 0.5 * LEAST).astype(np.float32)


def _along(joints: F64, p: F64) -> F64:
    """Return how far (n,) points lie along a limb of three joints, in metres from its root."""
    bones = np.diff(joints, axis=0)
    lengths = np.linalg.norm(bones, axis=1)
    upper = (p - joints[0]) @ (bones[0] / lengths[0])
    lower = lengths[0] + (p - joints[1]) @ (bones[1] / lengths[1])
    return np.asarray(np.maximum(np.where(upper < lengths[0], upper, np.maximum(lower, lengths[0])), 0))
