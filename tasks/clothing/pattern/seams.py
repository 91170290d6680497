"""A garment's edges on the flat body: shoulder, sleeve, cuff, flank and hem; waist, leg and inseam.

They bear the names and run the way of the same edges in `silhouettes`, so that a photo's outline and the body's match
point by point.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.clothing.pattern.planes import Plane, across_limb, across_neck, level
from manikin.tasks.clothing.pattern.template import BodyFront, Line

F64 = NDArray[np.float64]

_SIDES = (("left", 1.0), ("right", -1.0))
_LEAST_SHOULDER = 0.01  # metres of an upper edge from neck to shoulder


def body_edges(front: BodyFront, kind: str, extent: Extent) -> dict[str, F64]:
    """Return edge name -> (n, 2) flat points of a "top", "vest", "trousers" or "skirt" of an extent."""
    return {"top": _top, "vest": _top, "trousers": _trousers, "skirt": _skirt}[kind](front, extent)


def armpit(front: BodyFront, side: str) -> int:
    """Return the index of the armpit on the fold line of a side."""
    fold = front.folds[f"side_{side}"]
    above_hip = fold.position[:, 1] > front.joints["pelvis"][1]
    return int(np.argmax(np.where(above_hip, fold.flat[:, 1], -np.inf)))


def flanks(front: BodyFront, height: float) -> list[F64]:
    """Return the flat points (2,) of the left and the right flank at a height under the armpits."""
    ends = []
    for side, _ in _SIDES:
        fold = front.folds[f"side_{side}"]
        at = crossing(fold, level(height, is_upper=False), armpit(front, side))
        ends.append(np.array([np.interp(at, np.arange(len(fold.flat)), fold.flat[:, k]) for k in range(2)]))
    return ends


def neck_at(front: BodyFront, side: str, half_width: float | None) -> float:
    """Return where on the arm's fold line (fractional index) a neckline of a half width on the flat body ends."""
    fold = front.folds[f"arm_{side}"]
    at_neck = crossing(fold, across_neck(front))
    if half_width is None:
        return at_neck
    return max(
        at_neck, float(np.interp(half_width, np.maximum.accumulate(np.abs(fold.flat[:, 0])), np.arange(len(fold.flat))))
    )


def neck_ends(front: BodyFront, half_width: float | None) -> list[F64]:
    """Return the flat points (2,) where a neckline of a half width ends on the left and on the right."""
    ends = []
    for side, _ in _SIDES:
        at = neck_at(front, side, half_width)
        fold = front.folds[f"arm_{side}"].flat
        ends.append(np.array([np.interp(at, np.arange(len(fold)), fold[:, c]) for c in range(2)]))
    return ends


def half_chest(front: BodyFront) -> float:
    """Return half the width of the flat body at its armpits, in metres."""
    return float(np.mean([abs(front.folds[f"side_{side}"].flat[armpit(front, side)][0]) for side, _ in _SIDES]))


def crossing(line: Line, plane: Plane, start: int = 0) -> float:
    """Return the fractional index where a line first crosses a plane, at or after `start`; its last index if nowhere."""
    d = plane.inside(line.position)
    changes = np.flatnonzero((d[start:-1] > 0) != (d[start + 1 :] > 0)) + start
    if len(changes) == 0:
        return float(len(d) - 1)
    k = int(changes[0])
    return k + float(d[k] / (d[k] - d[k + 1]))


def between(line: Line, a: float, b: float) -> F64:
    """Return the flat points of a line from one fractional index to another, backwards where b < a."""
    inner = np.arange(int(np.floor(min(a, b))) + 1, int(np.ceil(max(a, b))), dtype=np.float64)
    at = np.concatenate([[a], inner if a <= b else inner[::-1], [b]])
    index = np.arange(len(line.flat))
    return np.stack([np.interp(at, index, line.flat[:, c]) for c in range(2)], axis=1)


def _top(front: BodyFront, extent: Extent) -> dict[str, F64]:
    if extent.bust is not None and not extent.sleeve:
        return _held(front, extent)
    edges: dict[str, F64] = {}
    sleeve, hem = extent.sleeve or 0.0, extent.hem or 0.0
    ends = []
    for side, sign in _SIDES:
        arm, flank = front.folds[f"arm_{side}"], front.folds[f"side_{side}"]
        shoulder = front.joints[f"arm_{side}"][0]
        neck = neck_at(front, side, extent.neck)
        upright = Plane(shoulder, np.array([sign, 0.0, 0.0]))
        top = max(crossing(arm, upright), neck + 1)
        pit = armpit(front, side)
        if sleeve > 0:
            cuff = across_limb(front, "arm", side, sleeve)
            outer, inner = max(crossing(arm, cuff), top + 0.5), min(crossing(flank, cuff), pit - 0.5)
            edges[f"sleeve_outer_{side}"] = between(arm, top, outer)
            edges[f"sleeve_inner_{side}"] = between(flank, inner, pit)
            edges[f"cuff_{side}"] = np.stack([edges[f"sleeve_outer_{side}"][-1], edges[f"sleeve_inner_{side}"][0]])
        elif extent.strap is not None:
            top = neck_at(front, side, extent.strap)
        edges[f"shoulder_{side}"] = between(arm, neck, max(top, neck + 0.5))
        if sleeve == 0:
            strap, under = edges[f"shoulder_{side}"][-1], flank.flat[pit]
            inmost = sign * min(abs(strap[0]), abs(under[0]))
            edges[f"armhole_{side}"] = np.stack([strap, [inmost, 0.4 * strap[1] + 0.6 * under[1]], under])
        low = crossing(flank, level(hem, is_upper=False), pit)
        edges[f"side_{side}"] = between(flank, pit, low)
        ends.append(edges[f"side_{side}"][-1])
    edges["hem"] = np.stack([ends[0], _middle(front, hem, ends), ends[1]])
    return edges


def _held(front: BodyFront, extent: Extent) -> dict[str, F64]:
    """Return the edges of a top that thin straps hold: its shoulders' lie across the chest, and its armholes' reach down."""
    edges: dict[str, F64] = {}
    neck, end = extent.neck or 0.0, extent.strap or 0.0
    hem, ends = extent.hem or 0.0, []
    for side, sign in _SIDES:
        flank = front.folds[f"side_{side}"]
        pit = armpit(front, side)
        high = _middle(front, extent.bust or 0.0, [])[1]
        top = np.array([sign * min(end, abs(flank.flat[pit, 0])), high])
        under = _down(flank, pit, (extent.armhole or 0.0) - float(np.linalg.norm(top - flank.flat[pit])))
        edges[f"shoulder_{side}"] = np.stack([[sign * min(neck, abs(top[0]) - _LEAST_SHOULDER), high], top])
        edges[f"armhole_{side}"] = np.concatenate([top[None], between(flank, pit, under)])
        low = crossing(flank, level(hem, is_upper=False), pit)
        edges[f"side_{side}"] = between(flank, under, low)
        ends.append(edges[f"side_{side}"][-1])
    edges["hem"] = np.stack([ends[0], _middle(front, hem, ends), ends[1]])
    return edges


def held_between(front: BodyFront, extent: Extent) -> tuple[float, float]:
    """Return how far beside the flat body's middle straps' inner edges are, and how high the upper edge between them."""
    half = (extent.strap_at or 0.0) - 0.5 * (extent.strap_width or 0.0)
    return half, float(_middle(front, extent.bust or 0.0, [])[1])


def _down(line: Line, start: int, length: float) -> float:
    """Return the fractional index a length on the flat body further along a line; at least half a step."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line.flat[start:], axis=0), axis=1))])
    return start + max(0.5, float(np.interp(length, along, np.arange(len(along)))))


def _trousers(front: BodyFront, extent: Extent) -> dict[str, F64]:
    edges: dict[str, F64] = {}
    waist, leg = extent.waist or 0.0, extent.leg or 0.0
    inseam = front.folds["inseam"]
    crotch = crossing(inseam, Plane(np.zeros(3), np.array([1.0, 0.0, 0.0])))
    last = int(crotch)  # of the left leg's
    halves = {
        "left": (Line(inseam.flat[last::-1], inseam.position[last::-1]), last, -1),
        "right": (Line(inseam.flat[last + 1 :], inseam.position[last + 1 :]), last + 1, 1),
    }
    tops = []
    for side, _ in _SIDES:
        flank = front.folds[f"side_{side}"]
        across = across_limb(front, "leg", side, leg)
        upper = crossing(flank, level(waist, is_upper=True), armpit(front, side))
        edges[f"side_{side}"] = between(flank, upper, crossing(flank, across, int(upper) + 1))
        half, first, step = halves[side]
        edges[f"inseam_{side}"] = between(inseam, first + step * crossing(half, across), crotch)
        edges[f"ankle_{side}"] = np.stack([edges[f"side_{side}"][-1], edges[f"inseam_{side}"][0]])
        tops.append(edges[f"side_{side}"][0])
    edges["waist"] = np.stack([tops[0], _middle(front, waist, tops), tops[1]])
    return edges


def _skirt(front: BodyFront, extent: Extent) -> dict[str, F64]:
    edges: dict[str, F64] = {}
    waist, hem = extent.waist or 0.0, extent.hem or 0.0
    for side, _ in _SIDES:
        flank = front.folds[f"side_{side}"]
        upper = crossing(flank, level(waist, is_upper=True), armpit(front, side))
        edges[f"side_{side}"] = between(flank, upper, crossing(flank, level(hem, is_upper=False), int(upper) + 1))
    for name, height, at in (("waist", waist, 0), ("hem", hem, -1)):
        ends = [edges[f"side_{side}"][at] for side, _ in _SIDES]
        edges[name] = np.stack([ends[0], _middle(front, height, ends), ends[1]])
    return edges


def _middle(front: BodyFront, height: float, ends: list[F64]) -> F64:
    """Return the flat point on the front's middle at a height; half way between the flanks where the legs part."""
    centre = front.folds["centre"]
    if height < centre.position[:, 1].min():
        return np.asarray((ends[0] + ends[1]) / 2)
    y = np.interp(-height, -centre.position[:, 1], centre.flat[:, 1])
    return np.array([0.0, y])
