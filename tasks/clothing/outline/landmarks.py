"""Landmarks of a garment from its silhouette: neck, shoulders, armpits, sleeve ends and hem; waist, crotch and leg ends.

The outline that is bent over the silhouette (`fitting`) says what kind of garment it is and places landmarks where the
contour shows none, as under a sleeve that lies on the body. Points near the contour are then moved onto it.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from manikin.tasks.clothing.outline.creases import find_creases
from manikin.tasks.clothing.outline.fitting import Canvas, Fit, fit_outlines
from manikin.tasks.clothing.outline.silhouettes import SIDES, Silhouette, Values

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

MIN_OVERLAP = 0.86  # of silhouette and outline, below which it is no garment's shape
_SNAP = 0.05  # garment units within which a point moves onto the contour
_GAP = 0.025  # of the picture's longer side about limbs' edges that may be ground between them
_EDGE_SAMPLES = {
    "shoulder": 3,
    "sleeve_outer": 6,
    "cuff": 3,
    "sleeve_inner": 6,
    "armhole": 7,
    "side": 8,
    "hem": 5,
    "waist": 5,
    "inseam": 8,
    "ankle": 3,
}


@dataclass(frozen=True, slots=True)
class Straps:
    """Thin straps that hold a garment, as shares of half its chest."""

    middle: float  # from the garment's middle, where they begin
    width: float  # 0 of those that a strapless one has not, or one that hangs off the shoulders


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Where a garment's points lie in its photo's pixels."""

    kind: str  # "top", "vest" (a top without sleeves), "trousers" or "skirt": the outline that fits
    points: dict[str, tuple[float, float]]  # the outline's named points, on the contour where it is near
    edges: dict[str, F64]  # name -> (n, 2) points along a stretch of outline, ends included
    outlines: tuple[F64, ...]  # (n, 2) polygons of the outline as fitted; their union is the garment
    measures: Values  # the outline's parameters, lengths in pixels
    overlap: float  # intersection over union of outline and silhouette
    doubt: float  # by which kinds are compared: less is better
    has_hood: bool
    straps: Straps | None = None


def find_landmarks(mask: U8, kinds: tuple[Silhouette, ...], rgb: U8 | None = None) -> Landmarks:
    """Return the landmarks of the best fitting of the outlines.

    Args:
        mask: (H, W), nonzero where the garment is; must not be empty.
        kinds: the outlines to try.
        rgb: (H, W, 3) the picture, whose creases show sleeves that lie on the body.
    """
    return rival_landmarks(mask, kinds, rgb)[0]


def rival_landmarks(mask: U8, kinds: tuple[Silhouette, ...], rgb: U8 | None = None) -> list[Landmarks]:
    """Return the landmarks of the likely ones of the outlines, best first."""
    creases = np.zeros((*mask.shape, 4), np.float32) if rgb is None else find_creases(rgb, mask)
    canvas, fits = fit_outlines(mask, creases, kinds)
    return [_landmarks(mask, canvas, fit) for fit in fits]


def outline_mask(landmarks: Landmarks, shape: tuple[int, int]) -> U8:
    """Return (H, W), 255 within the outline as it was fitted."""
    out = np.zeros(shape, np.uint8)
    for polygon in landmarks.outlines:
        cv2.fillPoly(out, [np.rint(polygon).astype(np.int32)], 255)
    return out


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


def closed_mask(landmarks: Landmarks, shape: tuple[int, int]) -> U8 | None:
    """Return (H, W), 255 in the middle of a top from the armpits down, where it has no opening; None if it is no top."""
    if landmarks.kind not in ("top", "vest"):
        return None
    p = {n: np.array(v) for n, v in landmarks.points.items()}
    rows = ((p["armpit_left"], p["armpit_right"]), (p["hem_left"], p["hem_right"]))
    (a, b), (c, d) = ([x + t * (y - x) for t in (0.15, 0.85)] for x, y in rows)
    out = np.zeros(shape, np.uint8)
    cv2.fillPoly(out, [np.rint(np.array([a, b, d, c])).astype(np.int32)], 255)
    return out


def opening_mask(landmarks: Landmarks, shape: tuple[int, int]) -> U8:
    """Return (H, W), 255 about a top's neck: collar, buttons, hood, strings and the label inside, which no back has."""
    out = np.zeros(shape, np.uint8)
    if landmarks.kind in ("top", "vest") and landmarks.straps is None:
        p = {n: np.array(v) for n, v in landmarks.points.items()}
        across = 0.5 * (p["neck_left"] - p["neck_right"])
        middle = 0.5 * (p["neck_left"] + p["neck_right"])
        down = 0.5 * (p["armpit_left"] + p["armpit_right"]) - middle
        low, high, wide = (1.3, 4.0, 1.2) if landmarks.has_hood else (0.5, 1.0, 0.8)
        corners = [
            *(
                middle + 1.5 * across - high * down,
                middle + 1.5 * across + 0.25 * down,
                middle + wide * across + low * down,
            ),
            *(
                middle - wide * across + low * down,
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


def limb_gaps(landmarks: Landmarks, shape: tuple[int, int]) -> U8:
    """Return (H, W), 255 between a top's trunk and its sleeves, and between legs, and a little over their edges."""
    out = np.zeros(shape, np.uint8)
    edges = landmarks.edges
    pairs: list[tuple[F64, F64]] = []
    if landmarks.kind == "top":
        pairs = [(edges[f"side_{side}"], edges[f"sleeve_inner_{side}"]) for side, _ in SIDES]
    elif landmarks.kind == "trousers":
        pairs = [(edges["inseam_left"], edges["inseam_right"])]
    for pair in pairs:
        a, b = _from_common_end(*pair)
        cv2.fillPoly(out, [np.rint(np.concatenate([a, b[::-1]])).astype(np.int32)], 255)
        cv2.polylines(out, [np.rint(e).astype(np.int32) for e in (a, b)], False, 255, max(1, round(_GAP * max(shape))))
    return out


def _from_common_end(a: F64, b: F64) -> tuple[F64, F64]:
    """Return two lines (n, 2) and (m, 2) that meet, as an armpit's or a crotch's, turned so that they begin there."""
    turned = [(x, y) for x in (a, a[::-1]) for y in (b, b[::-1])]
    return min(turned, key=lambda pair: float(np.linalg.norm(pair[0][0] - pair[1][0])))


def _landmarks(mask: U8, canvas: Canvas, fit: Fit) -> Landmarks:
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
    return Landmarks(fit.kind.name, points, edges, outlines, measures, fit.overlap, fit.doubt, has_hood)


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
    return at_shares(line, np.linspace(0.0, 1.0, n))


def at_shares(line: F64, shares: F64) -> F64:
    """Return the points (..., c) at shares (...) of a polyline's (n, c) length."""
    along = _shares(line)
    return np.stack([np.interp(shares, along, line[:, c]) for c in range(line.shape[1])], axis=-1)


def share_near(line: F64, point: F64) -> float:
    """Return the share of a polyline's length at which its points come nearest to another."""
    return float(_shares(line)[np.argmin(np.linalg.norm(line - point, axis=1))])


def _shares(line: F64) -> F64:
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    return along / max(along[-1], 1e-9)
