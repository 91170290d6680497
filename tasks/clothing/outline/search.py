"""The pattern search for an outline's parameters, compiled (Hooke and Jeeves, "Direct Search", 1961).

Outline and silhouette are compared by scanlines: in every row of the canvas the polygons are spans, and sums of the
silhouette along the row tell how much of it a span covers. No pixel is drawn.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.outline.silhouettes import SIDES, Silhouette
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

KINDS_KEPT = 64  # of outline whose arrays are kept
PULL = 0.0012  # overlap given up for one unusual parameter (one spread away)
NO_HOOD = 0.03  # height up to which a hood is none
_LAPPED = 0.08  # overlap given up for cloth that lies twice, as shares of the silhouette
_CREASED = 0.02  # overlap gained for a garment unit of sleeve's edge along a crease of twice the usual strength
_FRAME = 0.58  # garment units from the middle that points may reach; the canvas ends at 0.625
_PATTERN_MOVES = 3  # at most, after a sweep
_GAIN = 1e-9  # of cost that counts as better


class Target(NamedTuple):
    """The silhouette that an outline is bent over."""

    sums: F64  # (rows, rows + 1) of the silhouette along each row, from its left end
    area: float  # in pixels
    creases: F32  # (rows, rows, 4) as `creases.find_creases` returns
    unit: float  # pixels to a garment unit


class Drawing(NamedTuple):
    """A kind of outline as arrays: parameters to points to polygons."""

    linear: F64  # (n, 2, p) points by parameters, upright and in place; limbs come on top
    limbs: I64  # (sides, 11) root, outer and inner joint, outer and inner end; angle, length, angle, length, widths
    signs: F64  # (sides,)
    place: I64  # (3,) parameters x, y and tilt
    hood: int  # parameter, or -1
    corners: I64  # (m,) points of all polygons, one after another; the hood is the last
    stops: I64  # (polygons,) where each ends
    creases: I64  # (sides, 4) points along which cloth that lies on cloth shows its edge


class Habits(NamedTuple):
    """What keeps parameters near usual values: weighted sums of up to four of them have a usual value or a limit."""

    parameters: I64  # (n, 4)
    weights: F64  # (n, 4)
    usual: F64  # (n,)
    spread: F64  # (n,)
    is_limit: NDArray[np.bool_]  # (n,) only more than usual is strain


@lru_cache(maxsize=KINDS_KEPT)
def drawing(kind: Silhouette) -> Drawing:
    """Return a kind of outline as arrays."""
    names = list(kind.parameters)
    zero = dict.fromkeys(names, 0.0)
    points = list(kind.points(zero))
    linear = np.array([list(kind.points(zero | {n: 1.0}).values()) for n in names]).transpose(1, 2, 0)
    limbs = []
    if kind.limb is not None:
        limb, joint, end = kind.limb
        for side, _ in SIDES:
            ends = [points.index(f"{n}_{line}_{side}") for n in (joint, end) for line in ("outer", "inner")]
            linear[ends] = 0
            bends = [names.index(f"{limb}_{n}_{side}") for n in ("angle1", "length1", "angle2", "length2")]
            widths = [names.index(f"{limb}_width{k}") for k in (1, 2)]
            limbs.append([points.index(f"{limb}_root_{side}"), *ends, *bends, *widths])
    edges = [list(kind.edges.get(f"sleeve_inner_{side}", ())) for side, _ in SIDES]
    creases = [
        [points.index(n) for n in (f"cuff_outer_{side}", *edge)]
        for (side, _), edge in zip(SIDES, edges, strict=True)
        if edge
    ]
    linear[:, :, [names.index(n) for n in ("x", "y", "tilt")]] = 0
    return Drawing(
        linear=np.ascontiguousarray(linear),
        limbs=np.array(limbs, np.int64).reshape(-1, 11),
        signs=np.array([sign for _, sign in SIDES]),
        place=np.array([names.index(n) for n in ("x", "y", "tilt")], np.int64),
        hood=names.index("hood") if "hood" in names else -1,
        corners=np.array([points.index(n) for outline in kind.outlines for n in outline], np.int64),
        stops=np.cumsum([len(outline) for outline in kind.outlines]).astype(np.int64),
        creases=np.array(creases, np.int64).reshape(-1, 4),
    )


def habits(kind: Silhouette, start: F64) -> Habits:
    """Return what keeps a kind's (p,) parameters near where they start, its sides alike, and its own ties."""
    unset, own = _unset_habits(kind)
    usual = unset.usual.copy()
    usual[own] = start
    return unset._replace(usual=usual)


@lru_cache(maxsize=KINDS_KEPT)
def _unset_habits(kind: Silhouette) -> tuple[Habits, I64]:
    """Return a kind's habits before it is known where its (p,) parameters start, and (p,) which habit says so of each."""
    names = list(kind.parameters)
    rows: list[tuple[dict[str, float], float, float, bool]] = []
    own = []
    for name, (_, spread) in kind.parameters.items():
        own.append(len(rows))
        rows.append(({name: 1.0}, 0.0, spread, False))
        if any(word in name for word in ("length", "width", "half")) or name == "hood":
            rows.append(({name: -1.0}, 0.0, 0.01, True))  # no length is negative
        if name.endswith("_left"):
            rows.append(({name: 1.0, name[:-4] + "right": -1.0}, 0.0, spread / 0.5**0.5, False))
    rows += [(dict(t.weights), t.usual, t.spread, t.is_limit) for t in kind.ties]
    padded = [[*weights.items()] + [(names[0], 0.0)] * (4 - len(weights)) for weights, *_ in rows]
    unset = Habits(
        parameters=np.array([[names.index(n) for n, _ in row] for row in padded], np.int64),
        weights=np.array([[w for _, w in row] for row in padded]),
        usual=np.array([row[1] for row in rows]),
        spread=np.array([row[2] for row in rows]),
        is_limit=np.array([row[3] for row in rows]),
    )
    return unset, np.array(own, np.int64)


@kernel
def search(
    target: Target, outline: Drawing, habits: Habits, values: F64, spreads: F64, sweeps: int, step: float
) -> tuple[float, float]:
    """Change (p,) values in place until no step betters them, and return cost and overlap.

    Args:
        target: the silhouette.
        outline: the kind of outline.
        habits: what keeps the values usual.
        values: (p,) where to begin, and what was found.
        spreads: (p,) how far each is apt to stray.
        sweeps: rounds over all parameters, at most.
        step: first step, in spreads.
    """
    rows = target.sums.shape[0]
    points = np.empty((outline.linear.shape[0], 2))
    crossings = np.empty((rows, len(outline.corners)))
    spans = np.empty((rows, len(outline.corners), 2))
    counts = np.empty((2, rows), np.int64)
    steps = step * spreads
    cost, overlap = _cost(target, outline, habits, values, points, crossings, spans, counts)
    before, reached = values.copy(), values.copy()
    for _ in range(sweeps):
        is_done = True
        before[:] = values
        for k in range(len(values)):
            old, is_better = values[k], False
            for sign in (1.0, -1.0):
                values[k] = old + sign * steps[k]
                new_cost, new_overlap = _cost(target, outline, habits, values, points, crossings, spans, counts)
                if new_cost < cost - _GAIN:
                    cost, overlap, is_better = new_cost, new_overlap, True
                    steps[k] *= 1.3 * sign  # go on in the direction that helped
                    break
            if not is_better:
                values[k] = old
                steps[k] *= 0.6
            is_done &= abs(steps[k]) < 0.02 * spreads[k]
        if is_done:
            break
        for _ in range(_PATTERN_MOVES):  # what changed together goes on together
            reached[:] = values
            for k in range(len(values)):
                values[k] += reached[k] - before[k]
            new_cost, new_overlap = _cost(target, outline, habits, values, points, crossings, spans, counts)
            if new_cost > cost - _GAIN:
                values[:] = reached
                break
            cost, overlap = new_cost, new_overlap
    return cost, overlap


@kernel
def _cost(
    target: Target,
    outline: Drawing,
    habits: Habits,
    values: F64,
    points: F64,
    crossings: F64,
    spans: F64,
    counts: I64,
) -> tuple[float, float]:
    """Return what the overlap lacks, with lapping and strain, and the overlap."""
    _place(outline, values, points)
    strain = 0.0
    for k in range(outline.stops[0]):  # what leaves the canvas is not drawn, so the overlap would not miss it
        away = max(abs(points[outline.corners[k], 0]), abs(points[outline.corners[k], 1])) - _FRAME
        if away > 0:
            strain += (50 * away) ** 2
    for k in range(len(habits.usual)):
        value = -habits.usual[k]
        for i in range(4):
            value += habits.weights[k, i] * values[habits.parameters[k, i]]
        if value > 0 or not habits.is_limit[k]:
            strain += (value / habits.spread[k]) ** 2
    has_hood = outline.hood >= 0 and values[outline.hood] > NO_HOOD
    common, drawn, twice = _covered(target, outline, has_hood, points, crossings, spans, counts)
    overlap = common / (target.area + drawn - common)
    creased = _creased(target, outline, points)
    return 1 - overlap + _LAPPED * twice / target.area + PULL * strain - _CREASED * creased, overlap


@kernel
def _creased(target: Target, outline: Drawing, points: F64) -> float:
    """Return how much stronger than usual the creases along sleeves' edges are, in garment units of such an edge."""
    rows = target.sums.shape[0]
    total = 0.0
    for side in range(len(outline.creases)):
        for k in range(outline.creases.shape[1] - 1):
            a, b = outline.creases[side, k], outline.creases[side, k + 1]
            dx, dy = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
            length = np.sqrt(dx * dx + dy * dy)
            n = int(length * target.unit) + 1
            if length == 0:
                continue
            across_x, across_y = -dy / length, dx / length
            seen = 0.0
            for i in range(n):
                t = (i + 0.5) / n
                x = int((points[a, 0] + t * dx) * target.unit + 0.5 * rows)
                y = int((points[a, 1] + t * dy) * target.unit + 0.5 * rows)
                if 0 <= x < rows and 0 <= y < rows and target.creases[y, x, 3] > 0.5:
                    form = across_x * across_x * target.creases[y, x, 0] + across_x * across_y * target.creases[y, x, 1]
                    form += across_y * across_y * target.creases[y, x, 2]
                    seen += min(np.sqrt(max(form, 0.0)), 2.5) - 1.0
            total += seen / n * length
    return total


@kernel
def _place(outline: Drawing, values: F64, points: F64) -> None:
    """Write the (n, 2) points of the outline with these values."""
    for k in range(len(points)):
        for c in range(2):
            total = 0.0
            for i in range(len(values)):
                total += outline.linear[k, c, i] * values[i]
            points[k, c] = total
    for k in range(len(outline.limbs)):
        root, sign = outline.limbs[k, 0], outline.signs[k]
        x, y = points[root, 0], points[root, 1]
        for part in range(2):
            angle, length = values[outline.limbs[k, 5 + 2 * part]], values[outline.limbs[k, 6 + 2 * part]]
            half = 0.5 * values[outline.limbs[k, 9 + part]]
            dx, dy = sign * _sine(angle), _sine(angle + 0.5 * np.pi)
            x, y = x + length * dx, y + length * dy
            outer, inner = outline.limbs[k, 1 + 2 * part], outline.limbs[k, 2 + 2 * part]
            points[outer, 0], points[outer, 1] = x + sign * half * dy, y - sign * half * dx
            points[inner, 0], points[inner, 1] = x - sign * half * dy, y + sign * half * dx
    left, top, tilt = values[outline.place[0]], values[outline.place[1]], values[outline.place[2]]
    sine, cosine = _sine(tilt), _sine(tilt + 0.5 * np.pi)
    for k in range(len(points)):
        x, y = points[k, 0], points[k, 1]
        points[k, 0], points[k, 1] = left + cosine * x - sine * y, top + sine * x + cosine * y


@kernel
def _sine(x: float) -> float:
    """By its series, to 1e-11: the same bits with every C library."""
    x -= 2 * np.pi * np.floor(x / (2 * np.pi) + 0.5)
    if x > 0.5 * np.pi:
        x = np.pi - x
    elif x < -0.5 * np.pi:
        x = -np.pi - x
    square, term, total = x * x, x, x
    for k in range(1, 8):
        term *= -square / ((2 * k) * (2 * k + 1))
        total += term
    return total


@kernel
def _covered(
    target: Target,
    outline: Drawing,
    has_hood: bool,
    points: F64,
    crossings: F64,
    spans: F64,
    counts: I64,
) -> tuple[float, float, float]:
    """Return how many pixels outline and silhouette share, how many the outline has, and how many it covers again."""
    rows = target.sums.shape[0]
    n_crossings, n_spans = counts[0], counts[1]
    n_spans[:] = 0
    first = 0
    for polygon in range(len(outline.stops)):
        stop = outline.stops[polygon]
        if polygon == len(outline.stops) - 1 and outline.hood >= 0 and not has_hood:
            continue
        n_crossings[:] = 0
        before = outline.corners[stop - 1]
        low, high = rows, 0
        for k in range(first, stop):
            corner = outline.corners[k]
            x0, y0 = points[before, 0] * target.unit + 0.5 * rows, points[before, 1] * target.unit + 0.5 * rows
            x1, y1 = points[corner, 0] * target.unit + 0.5 * rows, points[corner, 1] * target.unit + 0.5 * rows
            before = corner
            if y1 < y0:
                x0, y0, x1, y1 = x1, y1, x0, y0
            top = max(0, int(np.ceil(max(y0, 0.0) - 0.5)))
            bottom = min(rows, int(np.ceil(min(y1, float(rows)) - 0.5)))
            if top >= bottom:
                continue
            slope = (x1 - x0) / (y1 - y0)
            low, high = min(low, top), max(high, bottom)
            for row in range(top, bottom):
                x = min(max(x0 + (row + 0.5 - y0) * slope, 0.0), float(rows))
                place = n_crossings[row]
                while place > 0 and crossings[row, place - 1] > x:
                    crossings[row, place] = crossings[row, place - 1]
                    place -= 1
                crossings[row, place] = x
                n_crossings[row] += 1
        first = stop
        for row in range(low, high):
            for k in range(0, n_crossings[row], 2):
                begin, end = crossings[row, k], crossings[row, k + 1]
                place = n_spans[row]
                while place > 0 and spans[row, place - 1, 0] > begin:
                    spans[row, place, 0], spans[row, place, 1] = spans[row, place - 1, 0], spans[row, place - 1, 1]
                    place -= 1
                spans[row, place, 0], spans[row, place, 1] = begin, end
                n_spans[row] += 1
    common, drawn, twice = 0.0, 0.0, 0.0
    for row in range(rows):
        reached = 0.0
        for k in range(n_spans[row]):
            begin, end = spans[row, k, 0], spans[row, k, 1]
            twice += max(0.0, min(end, reached) - begin)
            begin = max(begin, reached)
            if end > begin:
                drawn += end - begin
                common += _sum(target.sums, row, end) - _sum(target.sums, row, begin)
                reached = end
    return common, drawn, twice


@kernel
def _sum(sums: F64, row: int, x: float) -> float:
    """Return the sum of a row from its left end to a position between pixels."""
    i = min(int(x), sums.shape[1] - 2)
    return float(sums[row, i] + (x - i) * (sums[row, i + 1] - sums[row, i]))
