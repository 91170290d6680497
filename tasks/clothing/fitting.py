"""Bends an outline of a few numbers (`silhouettes`) until it covers a silhouette.

A pattern search on the overlap (Hooke and Jeeves, "Direct Search", 1961), from several first guesses on a small canvas, the
best refined on a larger one, with a mild pull towards usual garments and towards symmetry. Nothing in it is random.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.silhouettes import Points, Silhouette, Values

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_COARSE, _FINE = 64, 128  # canvas sides of the search
_FILL = 0.8  # of the canvas that the silhouette's longer side takes
_PULL = 0.0012  # overlap given up for one unusual parameter (one spread away)
_FRAME = 0.58  # garment units from the middle that points may reach; the canvas ends at 0.625
_NO_HOOD = 0.03  # height up to which a hood is none
_POOR = 0.86  # overlap below which the garment may lie on its side
_FINALISTS = 4  # first guesses of a kind that are followed up
_REFINED = 2  # kinds whose rough fits are worth refining


@dataclass(frozen=True, slots=True)
class Canvas:
    """The silhouette centred on a small square, its longer side `unit` pixels."""

    mask: U8
    area: int
    unit: float
    T_canvas_photo: F64  # (2, 3)

    @classmethod
    def of(cls, mask: U8, side: int) -> "Canvas":
        """Return the canvas, `side` pixels a side, of a mask that is nonzero on the garment."""
        x, y, w, h = cv2.boundingRect((mask > 0).astype(np.uint8))
        scale = _FILL * side / max(w, h)
        T = np.array([[scale, 0, side / 2 - scale * (x + w / 2)], [0, scale, side / 2 - scale * (y + h / 2)]])
        # Area averaging by hand: warpAffine has no such filter, and nearest samples would fray the outline.
        blurred = cv2.GaussianBlur((mask > 0).astype(np.float32), (0, 0), max(0.3, 0.4 / scale))
        to_centres = T + np.array([[0, 0, 0.5 * scale - 0.5], [0, 0, 0.5 * scale - 0.5]])
        small = (cv2.warpAffine(blurred, to_centres, (side, side)) > 0.5).astype(np.uint8)
        return cls(small, max(1, int(small.sum())), _FILL * side, T)


@dataclass(frozen=True, slots=True)
class Fit:
    """An outline bent over a silhouette."""

    kind: Silhouette
    values: Values
    start: Values
    cost: float  # what the overlap lacks, and the strain
    overlap: float  # intersection over union

    @property
    def doubt(self) -> float:
        """Return the cost with the kind's handicap, by which kinds are compared."""
        return self.cost + self.kind.handicap


def fit_outlines(mask: U8, kinds: tuple[Silhouette, ...]) -> tuple[Canvas, list[Fit]]:
    """Return the likely kinds of outline bent over a silhouette, best first, and the canvas they lie on.

    Likely are the two that cover it best, and trousers: ground that shows between the legs spoils their cover.

    Args:
        mask: (H, W), nonzero where the garment is; must not be empty.
        kinds: the outlines to try.
    """
    coarse, fine = Canvas.of(mask, _COARSE), Canvas.of(mask, _FINE)
    tries = sorted((_guess(coarse, kind) for kind in kinds), key=lambda fits: fits[0].doubt)
    likely = [fits for k, fits in enumerate(tries) if k < _REFINED or fits[0].kind.name == "trousers"]
    return fine, sorted((_refine(fine, fits) for fits in likely), key=lambda fit: fit.doubt)


def _guess(canvas: Canvas, kind: Silhouette) -> list[Fit]:
    """Return the rough fits from all of a kind's first guesses, the best first."""
    fits = _heats(canvas, kind, _starts(kind, 0.0))
    if max(f.overlap for f in fits) < _POOR:
        fits += _heats(canvas, kind, [s for tilt in (math.pi / 2, -math.pi / 2) for s in _starts(kind, tilt)])
    return sorted(fits, key=lambda f: f.cost)


def _heats(canvas: Canvas, kind: Silhouette, starts: list[Values]) -> list[Fit]:
    """Return the fits of the first guesses that do best after a few rounds."""
    fits = sorted((_search(canvas, kind, s, sweeps=6, step=0.35) for s in starts), key=lambda f: f.cost)
    return [_search(canvas, kind, f.values, sweeps=8, step=0.2, start=f.start) for f in fits[:_FINALISTS]]


def _refine(canvas: Canvas, fits: list[Fit]) -> Fit:
    finer = [_search(canvas, f.kind, f.values, sweeps=40, step=0.3, start=f.start) for f in fits[:2]]
    best = min(finer, key=lambda f: f.cost)
    return _search(canvas, best.kind, best.values, sweeps=40, step=0.1, start=best.start)


def _starts(kind: Silhouette, tilt: float) -> list[Values]:
    """Return the first guesses, turned, brought to unit size and centred."""
    starts = []
    for differing in kind.starts:
        values = {n: usual for n, (usual, _) in kind.parameters.items()} | differing | {"tilt": tilt}
        xs, ys = _extent(kind, values)
        scale = 1.0 / max(xs[1] - xs[0], ys[1] - ys[0])
        values = {n: v if "angle" in n or n == "tilt" else v * scale for n, v in values.items()}
        xs, ys = _extent(kind, values)
        starts.append(values | {"x": -0.5 * (xs[0] + xs[1]), "y": -0.5 * (ys[0] + ys[1])})
    return starts


def _extent(kind: Silhouette, values: Values) -> tuple[tuple[float, float], tuple[float, float]]:
    points = kind.points(values)
    drawn = [points[n] for outline in kind.outlines for n in outline]
    xs, ys = [x for x, _ in drawn], [y for _, y in drawn]
    return (min(xs), max(xs)), (min(ys), max(ys))


def _search(
    canvas: Canvas, kind: Silhouette, values: Values, sweeps: int, step: float, start: Values | None = None
) -> Fit:
    start = values if start is None else start
    terms = _terms(kind, start)
    values, steps = dict(values), {t.name: t.spread * step for t in terms}
    scratch = np.zeros_like(canvas.mask)
    cost, overlap = _cost(canvas, kind, values, terms, scratch)
    for _ in range(sweeps):
        for name in steps:
            old = values[name]
            for sign in (1.0, -1.0):
                values[name] = old + sign * steps[name]
                new_cost, new_overlap = _cost(canvas, kind, values, terms, scratch)
                if new_cost < cost - 1e-9:
                    cost, overlap = new_cost, new_overlap
                    steps[name] *= 1.3 * sign  # go on in the direction that helped
                    break
            else:
                values[name] = old
                steps[name] *= 0.6
        if all(abs(steps[t.name]) < 0.02 * t.spread for t in terms):
            break
    return Fit(kind, values, start, cost, overlap)


class _Term(NamedTuple):
    """What keeps one parameter near usual values; a tuple, for it is read a hundred thousand times a photo."""

    name: str
    start: float
    spread: float
    is_length: bool  # may not become negative
    twin: str | None  # the right side's parameter of a left one


def _terms(kind: Silhouette, start: Values) -> list[_Term]:
    return [
        _Term(
            name,
            start[name],
            spread,
            any(word in name for word in ("length", "width", "half")) or name == "hood",
            name[:-4] + "right" if name.endswith("_left") else None,
        )
        for name, (_, spread) in kind.parameters.items()
    ]


def _cost(canvas: Canvas, kind: Silhouette, values: Values, terms: list[_Term], scratch: U8) -> tuple[float, float]:
    scratch[:] = 0
    points = kind.points(values)
    # fillPoly counts from pixel centres, in sixteenths here
    scale, shift = 16 * canvas.unit, 8.0 * canvas.mask.shape[0] - 8.0
    for names in kind.outlines:
        if values.get("hood", 1.0) > _NO_HOOD or "hood_top" not in names:
            polygon = np.array([points[n] for n in names]) * scale + shift
            cv2.fillPoly(scratch, [np.rint(polygon).astype(np.int32)], 1, shift=4)
    drawn = cv2.countNonZero(scratch)
    common = cv2.countNonZero(cv2.bitwise_and(scratch, canvas.mask))
    overlap = common / (canvas.area + drawn - common)
    return 1 - overlap + _PULL * _strain(kind, points, values, terms), overlap


def _strain(kind: Silhouette, points: Points, values: Values, terms: list[_Term]) -> float:
    total = 0.0
    for name in kind.outlines[0]:  # what leaves the canvas is not drawn, so the overlap would not miss it
        x, y = points[name]
        if not (-_FRAME < x < _FRAME and -_FRAME < y < _FRAME):
            total += (50 * (max(abs(x), abs(y)) - _FRAME)) ** 2
    for name, start, spread, is_length, twin in terms:
        value = values[name]
        total += ((value - start) / spread) ** 2
        if is_length and value < 0:
            total += (100 * value) ** 2
        if twin is not None:
            total += 0.5 * ((value - values[twin]) / spread) ** 2
    return total
