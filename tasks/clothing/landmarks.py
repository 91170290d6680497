"""Landmarks of a garment from its silhouette: neck, shoulders, armpits, sleeve ends and hem; waist, crotch and leg ends.

A parametric outline (`silhouettes`) is bent until it covers the silhouette, by a pattern search on the overlap (Hooke and
Jeeves, "Direct Search", 1961) with a mild pull towards usual garments and towards symmetry. That says what kind of garment
it is, rejects what looks like none, and places landmarks where the contour shows none, as under a sleeve that lies on the
body. Points near the contour are then moved onto it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from manikin.tasks.clothing.silhouettes import SIDES, Points, Silhouette, Values

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_COARSE, _FINE = 64, 128  # canvas sides of the search
_FILL = 0.8  # of the canvas that the silhouette's longer side takes
_PULL = 0.0012  # overlap given up for one unusual parameter (one spread away)
_FRAME = 0.58  # garment units from the middle that points may reach; the canvas ends at 0.625
_SNAP = 0.05  # garment units within which a point moves onto the contour
_POOR = 0.86  # overlap below which the garment may lie on its side
MIN_OVERLAP = 0.82
_EDGE_SAMPLES = {"shoulder": 3, "sleeve_outer": 6, "cuff": 3, "sleeve_inner": 6, "side": 8, "hem": 5} | {
    "inseam": 8,
    "armhole": 7,
    "ankle": 3,
    "waist": 5,
}


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Where a garment's points lie in its photo's pixels."""

    kind: str  # "top", "vest" (a top without sleeves), "trousers" or "skirt": the outline that fits
    points: dict[str, tuple[float, float]]  # the outline's named points, on the contour where it is near
    edges: dict[str, F64]  # name -> (n, 2) points along a stretch of outline, ends included
    outlines: tuple[F64, ...]  # (n, 2) polygons of the outline as fitted; their union is the garment
    measures: Values  # the outline's parameters, lengths in pixels
    overlap: float  # intersection over union of outline and silhouette
    has_hood: bool


def find_landmarks(mask: U8, kinds: tuple[Silhouette, ...]) -> Landmarks:
    """Return the landmarks of the best fitting of the outlines.

    Args:
        mask: (H, W), nonzero where the garment is; must not be empty.
        kinds: the outlines to try.
    """
    canvas = _Canvas.of(mask, _FINE)
    best = min((_fit(mask, canvas, kind) for kind in kinds), key=lambda fit: fit.cost + fit.kind.handicap)
    return _landmarks(mask, canvas, best)


def trunk_mask(landmarks: Landmarks, shape: tuple[int, int]) -> U8:
    """Return (H, W), 255 well inside a top's trunk or a skirt, or above a crotch: where nothing of the ground can show."""
    out = np.zeros(shape, np.uint8)
    p = landmarks.points
    if landmarks.kind == "trousers":
        corners = [p[n] for n in ("waist_left", "hip_left", "crotch", "hip_right", "waist_right")]
    else:
        corners = [(float(x), float(y)) for x, y in landmarks.outlines[0]]
    if landmarks.kind == "skirt":  # no limb shows its edge: trust the heart of it only
        middle = np.mean(corners, axis=0)
        corners = [tuple(middle + 0.6 * (np.array(c) - middle)) for c in corners]
    cv2.fillPoly(out, [np.rint(np.array(corners)).astype(np.int32)], 255)
    side = 2 * max(1, round(0.06 * max(np.ptp(np.array(corners), axis=0)))) + 1
    return np.asarray(cv2.erode(out, np.ones((side, side), np.uint8)), np.uint8)


def opening_mask(landmarks: Landmarks, shape: tuple[int, int]) -> U8:
    """Return (H, W), 255 about a top's neck: collar, buttons, hood, strings and the label inside, which no back has."""
    out = np.zeros(shape, np.uint8)
    if landmarks.kind in ("top", "vest"):
        p = {n: np.array(v) for n, v in landmarks.points.items()}
        across = 0.5 * (p["neck_left"] - p["neck_right"])
        middle = 0.5 * (p["neck_left"] + p["neck_right"])
        down = 0.5 * (p["armpit_left"] + p["armpit_right"]) - middle
        low, high = (1.0, 4.0) if landmarks.has_hood else (0.5, 1.0)
        corners = [
            *(
                middle + 1.5 * across - high * down,
                middle + 1.5 * across + 0.25 * down,
                middle + 0.8 * across + low * down,
            ),
            *(
                middle - 0.8 * across + low * down,
                middle - 1.5 * across + 0.25 * down,
                middle - 1.5 * across - high * down,
            ),
        ]
        cv2.fillPoly(out, [np.rint(np.stack(corners)).astype(np.int32)], 255)
    return out


def gap_mask(landmarks: Landmarks, shape: tuple[int, int]) -> U8:
    """Return (H, W), 255 on the line from the crotch down between the legs; empty for garments without legs."""
    out = np.zeros(shape, np.uint8)
    if landmarks.kind == "trousers":
        crotch, left, right = (
            np.array(landmarks.points[n]) for n in ("crotch", "ankle_inner_left", "ankle_inner_right")
        )
        ends = crotch + 0.15 * (0.5 * (left + right) - crotch), 0.5 * (left + right)
        thickness = max(3, round(0.02 * max(shape)))
        a, b = ([round(float(c)) for c in e] for e in ends)
        cv2.line(out, a, b, 255, thickness)
    return out


@dataclass(frozen=True, slots=True)
class _Canvas:
    """The silhouette centred on a small square, its longer side `unit` pixels."""

    mask: U8
    area: int
    unit: float
    T_canvas_photo: F64  # (2, 3)

    @classmethod
    def of(cls, mask: U8, side: int) -> "_Canvas":
        x, y, w, h = cv2.boundingRect((mask > 0).astype(np.uint8))
        scale = _FILL * side / max(w, h)
        T = np.array([[scale, 0, side / 2 - scale * (x + w / 2)], [0, scale, side / 2 - scale * (y + h / 2)]])
        # Area averaging by hand: warpAffine has no such filter, and nearest samples would fray the outline.
        blurred = cv2.GaussianBlur((mask > 0).astype(np.float32), (0, 0), max(0.3, 0.4 / scale))
        to_centres = T + np.array([[0, 0, 0.5 * scale - 0.5], [0, 0, 0.5 * scale - 0.5]])
        small = (cv2.warpAffine(blurred, to_centres, (side, side)) > 0.5).astype(np.uint8)
        return cls(small, max(1, int(small.sum())), _FILL * side, T)


@dataclass(frozen=True, slots=True)
class _Fit:
    kind: Silhouette
    values: Values
    start: Values
    cost: float
    overlap: float


def _fit(mask: U8, canvas: _Canvas, kind: Silhouette) -> _Fit:
    coarse = _Canvas.of(mask, _COARSE)
    fits = [_search(coarse, kind, start, sweeps=12, step=0.35) for start in _starts(kind, 0.0)]
    if max(f.overlap for f in fits) < _POOR:
        for tilt in (math.pi / 2, -math.pi / 2):
            fits += [_search(coarse, kind, start, sweeps=12, step=0.35) for start in _starts(kind, tilt)]
    fits.sort(key=lambda f: f.cost)
    finer = [_search(canvas, kind, f.values, sweeps=40, step=0.3, start=f.start) for f in fits[:2]]
    best = min(finer, key=lambda f: f.cost)
    return _search(canvas, kind, best.values, sweeps=40, step=0.1, start=best.start)


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
    canvas: _Canvas, kind: Silhouette, values: Values, sweeps: int, step: float, start: Values | None = None
) -> _Fit:
    start = values if start is None else start
    spreads = {n: spread for n, (_, spread) in kind.parameters.items()}
    values, steps = dict(values), {n: s * step for n, s in spreads.items()}
    scratch = np.zeros_like(canvas.mask)
    cost, overlap = _cost(canvas, kind, values, start, scratch)
    for _ in range(sweeps):
        for name in spreads:
            old = values[name]
            for sign in (1.0, -1.0):
                values[name] = old + sign * steps[name]
                new_cost, new_overlap = _cost(canvas, kind, values, start, scratch)
                if new_cost < cost - 1e-9:
                    cost, overlap = new_cost, new_overlap
                    steps[name] *= 1.3 * sign  # go on in the direction that helped
                    break
            else:
                values[name] = old
                steps[name] *= 0.6
        if all(abs(steps[n]) < 0.02 * s for n, s in spreads.items()):
            break
    return _Fit(kind, values, start, cost, overlap)


def _cost(canvas: _Canvas, kind: Silhouette, values: Values, start: Values, scratch: U8) -> tuple[float, float]:
    scratch[:] = 0
    points = kind.points(values)
    for polygon in _polygons(kind, points, values, canvas.unit, canvas.mask.shape[0] / 2):
        cv2.fillPoly(scratch, [polygon], 1, shift=4)
    drawn = cv2.countNonZero(scratch)
    common = cv2.countNonZero(scratch & canvas.mask)
    overlap = common / (canvas.area + drawn - common)
    strain = 0.0
    for outline in kind.outlines[:1]:
        for name in outline:  # what leaves the canvas is not drawn, so the overlap would not miss it
            beyond = max(abs(points[name][0]), abs(points[name][1])) - _FRAME
            strain += (50 * beyond) ** 2 if beyond > 0 else 0.0
    for name, (_, spread) in kind.parameters.items():
        value = values[name]
        strain += ((value - start[name]) / spread) ** 2
        if value < 0 and ("length" in name or "width" in name or "half" in name or name == "hood"):
            strain += (100 * value) ** 2
        if name.endswith("_left"):
            strain += 0.5 * ((value - values[name[:-4] + "right"]) / spread) ** 2
    return 1 - overlap + _PULL * strain, overlap


def _polygons(
    kind: Silhouette, points: Points, values: Mapping[str, float], unit: float, middle: float
) -> list[NDArray[np.int32]]:
    polygons = []
    for names in kind.outlines:
        if "hood_top" in names and values["hood"] < 0.03:
            continue
        # fillPoly counts from pixel centres, in sixteenths here
        flat = [round((c * unit + middle - 0.5) * 16) for n in names for c in points[n]]
        polygons.append(np.array(flat, np.int32).reshape(-1, 2))
    return polygons


def _landmarks(mask: U8, canvas: _Canvas, fit: _Fit) -> Landmarks:
    unit = canvas.unit / canvas.T_canvas_photo[0, 0]  # photo pixels to a garment unit
    shift = canvas.mask.shape[0] / 2 - canvas.T_canvas_photo[:, 2]

    def to_photo(xy: tuple[float, float]) -> F64:
        return np.asarray((np.array(xy) * canvas.unit + shift) / canvas.T_canvas_photo[0, 0])

    raw = {n: to_photo(p) for n, p in fit.kind.points(fit.values).items()}
    has_hood = fit.kind.name == "top" and fit.values["hood"] > 0.1
    if has_hood:
        raw |= _hood_base(mask, raw, unit)
    tree = cKDTree(_contour(mask))
    ends = {n: _snap(tree, p[None], unit)[0] for n, p in raw.items()}
    edges = {}
    for name, nodes in fit.kind.edges.items():
        along = resample(
            np.stack([raw[n] for n in nodes]), _EDGE_SAMPLES[name.removesuffix("_left").removesuffix("_right")]
        )
        edge = _snap(tree, along, unit)
        edge[0], edge[-1] = ends[nodes[0]], ends[nodes[-1]]
        edges[name] = edge
    points = {n: (float(x), float(y)) for n, (x, y) in ends.items()}
    measures = {n: v if "angle" in n or n == "tilt" else v * unit for n, v in fit.values.items()}
    outlines = tuple(
        np.stack([raw[n] for n in names]) for names in fit.kind.outlines if "hood_top" not in names or has_hood
    )
    return Landmarks(fit.kind.name, points, edges, outlines, measures, fit.overlap, has_hood)


def _hood_base(mask: U8, raw: dict[str, F64], unit: float) -> dict[str, F64]:
    """Return the neck's points where the silhouette, followed upwards from the shoulders, first widens into the hood."""
    across = raw["neck_left"] - raw["neck_right"]
    across /= max(float(np.linalg.norm(across)), 1e-9)
    reach = np.arange(0.0, 0.4, 0.005) * unit
    low = 0.5 * (raw["shoulder_left"] + raw["shoulder_right"])
    rows = np.linspace(low, 0.6 * raw["hood_top"] + 0.4 * raw["neck_centre"], 32)
    best: tuple[float, dict[str, F64]] = (np.inf, {})
    for middle in rows:
        ends = {}
        for side, sign in SIDES:
            ray = middle + sign * reach[:, None] * across
            x, y = (np.clip(ray[:, c].astype(int), 0, mask.shape[1 - c] - 1) for c in range(2))
            outside = np.flatnonzero(mask[y, x] == 0)
            ends[f"neck_{side}"] = ray[outside[0] if len(outside) else -1]
        width = float(np.linalg.norm(ends["neck_left"] - ends["neck_right"]))
        if width < best[0]:
            best = (width, ends)
        elif width > 1.04 * best[0]:
            break
    return best[1]


def _contour(mask: U8) -> F64:
    contours, _ = cv2.findContours((mask > 0).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.concatenate([c[:, 0] for c in contours]).astype(np.float64) + 0.5


def _snap(tree: cKDTree, points: F64, unit: float) -> F64:
    distance, index = tree.query(points)
    return np.where((distance < _SNAP * unit)[:, None], tree.data[index], points)


def scaled(landmarks: Landmarks, factor: float) -> Landmarks:
    """Return the landmarks in a photo larger by a factor."""
    return replace(
        landmarks,
        points={n: (factor * x, factor * y) for n, (x, y) in landmarks.points.items()},
        edges={n: factor * e for n, e in landmarks.edges.items()},
        outlines=tuple(factor * polygon for polygon in landmarks.outlines),
        measures={n: v if "angle" in n or n == "tilt" else factor * v for n, v in landmarks.measures.items()},
    )


def resample(line: F64, n: int) -> F64:
    """Return n points evenly along a polyline, ends included."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.linspace(0.0, length[-1], n)
    return np.stack([np.interp(at, length, line[:, c]) for c in range(line.shape[1])], axis=1)
