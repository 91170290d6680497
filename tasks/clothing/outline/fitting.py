"""Bends an outline of a few numbers (`silhouettes`) until it covers a silhouette.

A pattern search on the overlap (Hooke and Jeeves, "Direct Search", 1961), from several first guesses on a small canvas, the
best refined on a larger one, with a mild pull towards usual garments and towards symmetry. Nothing in it is random.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.outline.search import KINDS_KEPT, Target, drawing, habits, search
from manikin.tasks.clothing.outline.silhouettes import Silhouette, Values

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_COARSE, _FINE = 64, 128  # canvas sides of the search
_FILL = 0.8  # of the canvas that the silhouette's longer side takes
_POOR = 0.86  # overlap below which the garment may lie on its side
_FINALISTS = 4  # first guesses of a kind that are followed up
_REFINED = 2  # kinds whose rough fits are worth refining
_CLEAR = 0.94  # overlap below which all first guesses are followed up on the larger canvas
_ALWAYS = ("trousers", "skirt")  # and these


@dataclass(frozen=True, slots=True)
class Canvas:
    """The silhouette centred on a small square, its longer side `unit` pixels."""

    mask: U8
    unit: float
    target: Target
    T_canvas_photo: F64  # (2, 3)

    @classmethod
    def of(cls, mask: U8, creases: F32, side: int) -> "Canvas":
        """Return the canvas, `side` pixels a side, of a mask that is nonzero on the garment, and of its creases."""
        x, y, w, h = cv2.boundingRect((mask > 0).astype(np.uint8))
        scale = _FILL * side / max(w, h)
        T = np.array([[scale, 0, side / 2 - scale * (x + w / 2)], [0, scale, side / 2 - scale * (y + h / 2)]])
        # Area averaging by hand: warpAffine has no such filter, and nearest samples would fray the outline.
        blurred = cv2.GaussianBlur((mask > 0).astype(np.float32), (0, 0), max(0.3, 0.4 / scale))
        to_centres = T + np.array([[0, 0, 0.5 * scale - 0.5], [0, 0, 0.5 * scale - 0.5]])
        small = (cv2.warpAffine(blurred, to_centres, (side, side)) > 0.5).astype(np.uint8)
        unit = _FILL * side
        sums = np.pad(np.cumsum(small, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
        lines = cv2.warpAffine(cv2.GaussianBlur(creases, (0, 0), max(0.3, 0.4 / scale)), to_centres, (side, side))
        return cls(small, unit, Target(sums, max(1.0, float(small.sum())), np.asarray(lines, np.float32), unit), T)


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


def fit_outlines(mask: U8, creases: F32, kinds: tuple[Silhouette, ...]) -> tuple[Canvas, list[Fit]]:
    """Return the likely kinds of outline bent over a silhouette, best first, and the canvas they lie on.

    Likely are the two that cover it best, trousers, since ground that shows between the legs spoils their cover, and the skirt,
    whose few parameters never cover best.

    Args:
        mask: (H, W), nonzero where the garment is; must not be empty.
        creases: (H, W, 4) lines on its cloth, as `creases.find_creases` returns.
        kinds: the outlines to try.
    """
    coarse, fine = (Canvas.of(mask, creases, side) for side in (_COARSE, _FINE))
    tries = sorted((_guess(coarse, kind) for kind in kinds), key=lambda fits: fits[0].doubt)
    likely = [fits for k, fits in enumerate(tries) if k < _REFINED or fits[0].kind.name in _ALWAYS]
    return fine, sorted((_refine(fine, fits, _CLEAR) for fits in likely), key=lambda fit: fit.doubt)


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


def _refine(canvas: Canvas, fits: list[Fit], clear: float) -> Fit:
    finer = [_search(canvas, f.kind, f.values, sweeps=40, step=0.3, start=f.start) for f in fits[:2]]
    if max(f.overlap for f in finer) < clear:
        tilt = fits[0].start["tilt"]
        finer += [_search(canvas, fits[0].kind, s, sweeps=40, step=0.35) for s in _starts(fits[0].kind, tilt)]
    best = min(finer, key=lambda f: f.cost)
    return _search(canvas, best.kind, best.values, sweeps=40, step=0.1, start=best.start)


@lru_cache(maxsize=KINDS_KEPT)
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
    names = list(kind.parameters)
    usual, found = (np.array([v[n] for n in names]) for v in (start, values))
    spreads = np.array([spread for _, spread in kind.parameters.values()])
    cost, overlap = search(canvas.target, drawing(kind), habits(kind, usual), found, spreads, sweeps, step)
    return Fit(kind, dict(zip(names, found.tolist(), strict=True)), start, cost, overlap)
