"""Striped and checked cloth made anew, straight, on the flat body.

On a photo, stripes follow every fold, and the warp bends them once more. Where the cloth's colours are those of lines that
run straight, at one distance from the next, they are told by that: lines down are what columns have in common, and lines
across what rows have (both, one upon the other, on checks). They are measured where they lie straightest, and drawn straight
over trunk and sleeves, on these along the arm. Bands across a trunk that do not come again are drawn level, each where it is.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from manikin.tasks.clothing.cloth.fill import Pattern
from manikin.tasks.clothing.pattern.seams import armpit
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.pattern.warp import Warp, affine_warp, flat_points, sampled

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_PIXEL = 0.0015  # metres of the flat body to a pixel
_WINDOW = 107  # pixels of a square in which lines are looked for
_EVERY = 2  # pixels between those
_TILTS = np.linspace(-0.24, 0.24, 9)  # of lines off the flat body's axes
_LIGHT = 20.0  # spread of the light, in pixels
_CLIP = 2.5  # spreads of the cloth's colours from which a pixel is no more unlike the rest
_SEEN = (0.6, 0.9)  # of a column, and of a square's columns, that must be cloth
_SHARE, _BOTH = 0.15, 0.4  # of a square's changes of colour that lines one way, and both, must be at least
_ALIKE, _FOLDED = 0.6, 0.5  # correlation of lines with the next; of what they are that goes on at their distance
_SHORTEST, _REPEATS = 4, 2.9  # pixels between lines, and how often they must come in a square
_FIRST = 0.1  # less correlation than at the best distance, with which a shorter one is taken
_FINE = 3  # parts of a pixel to which lines are laid on each other
_BAND = 6  # rows that are moved as one
_SAMPLES = 64  # of what comes at each distance
_SOFT = 0.45  # pixels, spread of a sample
_UNLIKE, _MOST = 45.0, 0.05  # levels off every colour of the lines, and of the cloth that may be so
_STRAIGHT, _EXPLAINED = 0.65, 0.65  # share of a square, and of a trunk, that rows have in common, where these are bands
_WIDE = 0.4  # of the usual row that is seen
_PANEL = (25.0, 0.06)  # levels of light off the usual, and of the cloth that may be so, or it has panels
_HUE, _BRIGHT = 30.0, 60.0  # levels off the lines' hues, and over the brightest, from which something sits on them
_JOINED = 9  # pixels between what is one thing on the cloth
_MARGIN = 0.03  # metres about the body that are drawn


class Repeat(NamedTuple):
    """What comes again and again along one axis."""

    distance: float  # metres
    colours: F32  # (n, 3) off the cloth's mean, over one distance


class Bands(NamedTuple):
    """Lines across a trunk that do not come again."""

    top: float  # metres, the height on the flat body of the first row
    rows: F32  # (n, 3) from there down, a pixel apart


class Lines(NamedTuple):
    """The lines of a cloth."""

    mean: F32  # (3,)
    across: Repeat | None  # along x: lines that run down
    down: Repeat | None  # along y: lines that run across
    colours: F32  # (n, 3) that they have, alone and on each other
    bands: Bands | None = None  # across a trunk, each of its own kind; they alone, then


def find_lines(front: BodyFront, worn: Mask, cloth: U8, pattern: Pattern, warp: Warp) -> Lines | None:
    """Return the lines that a top's cloth is made of; None where it is of anything else.

    Args:
        front: the body.
        worn: (S, S) texels of the garment.
        cloth: (H, W, 3) of a photo.
        pattern: where the photo shows that.
        warp: from the flat body into the photo.
    """
    trunk = worn & front.is_part("torso")
    if trunk.sum() < 9:
        return None
    level, shown = _straightened(front.flat[trunk].astype(np.float64), cloth, pattern, warp)
    if min(level.shape[:2]) <= _WINDOW or not shown.any():
        return None
    light = _blurred(level, shown)
    detail = np.where(shown[..., None], level - light, 0).astype(np.float32)
    most = _CLIP * float(np.sqrt(np.square(detail).sum() / (3 * shown.sum())))
    clipped = np.clip(detail, -most, most)
    across, down = (
        _straightness(clipped, shown),
        _straightness(_turned(clipped), np.ascontiguousarray(shown.T)),
    )
    down = (down[0].T, down[1].T)
    found = _repeating(level, light, detail, shown, (across, down))
    return found or _banded(level, shown, down, float(front.flat[trunk][:, 1].max()))


def _repeating(
    level: F32, light: F32, detail: F32, shown: Mask, ways: tuple[tuple[F32, F32], tuple[F32, F32]]
) -> Lines | None:
    """Return the lines of cloth (h, w, 3) that come again and again, from its light, what is off that, and how straight it is."""
    share = np.where((ways[0][0] > 0) & (ways[1][0] > 0), ways[0][0] + ways[1][0], 0)
    if share.max() < _BOTH:
        return None
    i, j = np.unravel_index(int(np.argmax(share)), share.shape)
    y, x = int(i) * _EVERY, int(j) * _EVERY
    repeats = [
        _repeat(part, known, at, tilt[i, j]) if of[i, j] > _SHARE else None
        for (of, tilt), part, known, at in (
            (ways[0], detail, shown, (y, x)),
            (ways[1], _turned(detail), np.ascontiguousarray(shown.T), (x, y)),
        )
    ]
    lined = sum(float(of[i, j]) for (of, _), r in zip(ways, repeats, strict=True) if r is not None)
    if lined < max(_BOTH, float(share[i, j]) - _SHARE):
        return None
    none = np.zeros((1, 3), np.float32)
    tile = [none if r is None else r.colours[::4] for r in repeats]
    colours = (tile[0][:, None] + tile[1][None]).reshape(-1, 3)
    panels = np.abs(light[shown] - np.median(light[shown], axis=0)).max(axis=1) > _PANEL[0]
    if panels.mean() > _PANEL[1] or _is_unlike(detail, shown, colours).sum() > _MOST * shown.sum():
        return None
    mean = level[shown].mean(axis=0)
    return Lines(mean, repeats[0], repeats[1], mean + colours)


def _banded(level: F32, shown: Mask, straightness: tuple[F32, F32], top: float) -> Lines | None:
    """Return the bands of a trunk (h, w, 3) whose upper edge is at a height; None where rows are not of one colour each."""
    share, tilts = straightness
    if not (share > 0).any() or np.median(share[share > 0]) < _STRAIGHT:
        return None
    tilt, middle = float(np.median(tilts[share > 0])), 0.5 * level.shape[1]
    upright = np.swapaxes(_sheared(_turned(level), tilt, cv2.INTER_LINEAR, middle), 0, 1)
    known = _sheared(np.ascontiguousarray(shown.T).astype(np.float32), tilt, cv2.INTER_NEAREST, middle).T > 0.5
    width = known.sum(axis=1)
    whole = np.flatnonzero(width > _WIDE * np.median(width[width > 0]))
    rows = np.array([np.median(upright[y][known[y]], axis=0) for y in whole], np.float32)
    off = np.concatenate([upright[y][known[y]] - row for y, row in zip(whole, rows, strict=True)])
    all_over = upright[whole][known[whole]]
    if np.square(off).mean() > (1 - _EXPLAINED) * all_over.var(axis=0).mean():
        return None
    first, last = int(whole[0]), int(whole[-1])
    along = (np.arange(-len(level), 2 * len(level)) - first) % max(2 * (last - first), 1)
    at = first + np.minimum(along, 2 * (last - first) - along)  # to and fro, where too little is seen
    bands = rows[np.abs(whole[None] - at[:, None]).argmin(axis=1)]
    return Lines(rows.mean(axis=0), None, None, rows[::4], Bands(top + len(level) * _PIXEL, bands))


def lay_lines(
    front: BodyFront, worn: Mask, lines: Lines, cloths: tuple[U8, U8], warp: Warp
) -> tuple[tuple[U8, U8], Warp]:
    """Return pictures of the flat body in a top's lines, with what sits on these, and the warp into them.

    Args:
        front: the body.
        worn: (S, S) texels of the garment.
        lines: to be drawn.
        cloths: (H, W, 3) of a photo, in front and behind.
        warp: from the flat body into the photo.
    """
    flat = front.flat[worn]
    low, high = flat.min(axis=0) - _MARGIN, flat.max(axis=0) + _MARGIN
    points = _points(low, high)
    drawn = _drawn(front, lines, points)
    shown = _covered(front.flat[worn & front.is_part("torso")], low, high, points.shape[:2])
    pixels = warp.at(points)
    sleeves = np.zeros(shown.shape, np.float32)
    for arm, _ in _arms(front, points) if lines.bands is not None else ():
        sleeves[arm] = 1
    sides = []
    for cloth in cloths:
        laid = sampled(cloth, pixels)
        share = np.maximum(_sits_on(laid, lines.colours, shown), sleeves)[..., None]
        sides.append((drawn + share * (laid - drawn)).clip(0, 255).astype(np.uint8))
    return (sides[0], sides[1]), affine_warp(warp, np.array([low[0], high[1]], np.float64), 1 / _PIXEL)


def _drawn(front: BodyFront, lines: Lines, points: F64) -> F32:
    """Return (h, w, 3) the lines at flat points (h, w, 2)."""
    if lines.bands is not None:
        row = ((lines.bands.top - points[..., 1]) / _PIXEL).astype(int)
        return lines.bands.rows[row.clip(0, len(lines.bands.rows) - 1)]
    points = points.copy()
    for arm, place in _arms(front, points):
        points[arm] = place
    picture = np.tile(lines.mean, (*points.shape[:2], 1)).astype(np.float32)
    for axis, repeat in enumerate((lines.across, lines.down)):
        if repeat is not None:
            at = points[..., axis] * (1 if axis == 0 else -1) / repeat.distance
            picture += repeat.colours[(at % 1 * len(repeat.colours)).astype(int) % len(repeat.colours)]
    return picture + np.float32(0.5)


def _sits_on(laid: F32, colours: F32, shown: Mask) -> F32:
    """Return (h, w), 0 to 1, where cloth (h, w, 3) is of another hue than colours (n, 3), or far brighter than any."""
    some = laid[shown]
    hue, hues = some - some.mean(axis=1, keepdims=True), colours - colours.mean(axis=1, keepdims=True)
    odd = (_off(hue, hues) > _HUE) | (some.mean(axis=1) > colours.mean(axis=1).max() + _BRIGHT)
    marks = np.zeros(shown.shape, np.uint8)
    marks[shown] = odd
    sure = cv2.morphologyEx(marks, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    whole = cv2.morphologyEx(sure, cv2.MORPH_CLOSE, np.ones((_JOINED, _JOINED), np.uint8))
    share = cv2.dilate(whole, np.ones((3, 3), np.uint8)).astype(np.float32) * shown
    return np.asarray(cv2.GaussianBlur(share, (0, 0), 1.0), np.float32)


def _off(some: F32, colours: F32) -> F32:
    """Return how far (m, 3) are from the nearest of colours (n, 3)."""
    return np.asarray(cKDTree(colours).query(some)[0], np.float32)


def _points(low: F64, high: F64) -> F64:
    """Return (h, w, 2) the middles of the pixels of a flat picture between two corners, y down in it."""
    columns, rows = np.ceil((high - low) / _PIXEL).astype(int).tolist()
    return flat_points(low[0], high[1], rows, columns, _PIXEL)


def _covered(flat: NDArray[np.floating], low: F64, high: F64, shape: tuple[int, ...]) -> Mask:
    """Return (h, w) the pixels of a flat picture in which flat points (n, 2) lie, without gaps."""
    row, column = (high[1] - flat[:, 1]) / _PIXEL, (flat[:, 0] - low[0]) / _PIXEL
    out = np.zeros(shape, np.uint8)
    out[row.astype(np.int64).clip(0, shape[0] - 1), column.astype(np.int64).clip(0, shape[1] - 1)] = 1
    return np.asarray(cv2.morphologyEx(out, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)) > 0)


def _arms(front: BodyFront, points: F64) -> list[tuple[Mask, F64]]:
    """Return (h, w) where flat points (h, w, 2) are on either arm, and there (n, 2), across it and up it from the armhole."""
    out = []
    for side in ("left", "right"):
        pit, shoulder, along = _arm(front, side)
        seam, across = shoulder - pit, np.array([-along[1], along[0]])
        beyond = seam[0] * (points[..., 1] - pit[1]) - seam[1] * (points[..., 0] - pit[0])
        arm = (beyond * (seam[0] * along[1] - seam[1] * along[0]) > 0) & ((points - pit) @ along > -np.hypot(*seam))
        off = points[arm] - 0.5 * (pit + shoulder)
        out.append((arm, np.stack([off @ across, -off @ along], axis=1)))
    return out


def _arm(front: BodyFront, side: str) -> tuple[F64, F64, F64]:
    """Return the flat points (2,) of an armpit and of the shoulder above it, and the unit vector (2,) along the arm."""
    above, below = front.folds[f"arm_{side}"], front.folds[f"side_{side}"].flat
    pit = armpit(front, side)
    at = int(np.argmin(np.linalg.norm(above.position - front.joints[f"arm_{side}"][0], axis=1)))
    along = (above.flat[-1] - above.flat[at]) + (below[0] - below[pit])
    return below[pit], above.flat[at], along / np.linalg.norm(along)


def _straightened(flat: F64, cloth: U8, pattern: Pattern, warp: Warp) -> tuple[F32, Mask]:
    """Return a trunk as the photo shows it but for the affine map that comes nearest to the warp on flat points (n, 2), and where
    it is cloth."""
    low, high = flat.min(axis=0), flat.max(axis=0)
    points = _points(low, high)
    some = flat[::7]
    affine = np.linalg.lstsq(np.column_stack([some, np.ones(len(some))]), warp.at(some).astype(np.float64))[0]
    pixels = points @ affine[:2] + affine[2] - 0.5
    u, v = (np.ascontiguousarray(pixels[..., c], np.float32) for c in range(2))
    level = cv2.remap(cloth, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    known = cv2.remap(pattern.whole.astype(np.uint8), u, v, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    inside = _covered(flat, low, high, points.shape[:2])
    return np.asarray(level, np.float32), np.asarray((known > 0) & inside)


def _blurred(level: F32, shown: Mask) -> F32:
    """Return (h, w, 3) the light."""
    weight = shown.astype(np.float32)
    total, share = (cv2.GaussianBlur(p, (0, 0), _LIGHT) for p in (level * weight[..., None], weight))
    return np.asarray(total / np.maximum(share, 1e-3)[..., None], np.float32)


def _is_unlike(detail: F32, shown: Mask, colours: F32) -> Mask:
    """Return (h, w) where cloth (h, w, 3) is of none of the colours (n, 3)."""
    out = np.zeros(shown.shape, np.uint8)
    out[shown] = _off(detail[shown], colours) > _UNLIKE
    return np.asarray(cv2.morphologyEx(out, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0)


def _turned(picture: F32) -> F32:
    return np.ascontiguousarray(np.swapaxes(picture, 0, 1))


def _sheared(picture: F32, tilt: float, flags: int, row: float) -> F32:
    """Return a picture whose rows are moved so that lines which lean by a tilt stand upright; a given row stays."""
    matrix = np.array([[1, tilt, -tilt * row], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(picture, matrix, picture.shape[1::-1], flags=flags), np.float32)


def _straightness(detail: F32, shown: Mask) -> tuple[F32, F32]:
    """Return, every few pixels, the share of a square's changes (h, w, 3) that columns have in common, and the tilt at which."""
    weight, row = shown.astype(np.float32), 0.5 * len(shown)
    best, lean = np.zeros(shown.shape, np.float32)[::_EVERY, ::_EVERY], np.zeros_like(weight)[::_EVERY, ::_EVERY]
    for tilt in _TILTS.tolist():
        moved, known = _sheared(detail, tilt, cv2.INTER_LINEAR, row), _sheared(weight, tilt, cv2.INTER_NEAREST, row)
        seen = _box(known, 1, _WINDOW)
        column = _box(moved, 1, _WINDOW) / np.maximum(seen, 1)[..., None]
        enough = (seen > _SEEN[0] * _WINDOW).astype(np.float32)
        wide = _box(enough, _WINDOW, 1)
        common = _box(_power(column) * enough, _WINDOW, 1) / np.maximum(wide, 1)
        whole = _box(_power(moved) * known, _WINDOW, _WINDOW)
        whole /= np.maximum(_box(known, _WINDOW, _WINDOW), 1)
        share = np.where(wide > _SEEN[1] * _WINDOW, common / np.maximum(whole, 1), 0).astype(np.float32)
        share = _sheared(share, tilt, cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP, row)[::_EVERY, ::_EVERY]
        lean[share > best] = tilt
        best = np.maximum(best, share)
    return best, lean


def _power(picture: NDArray[np.floating]) -> F32:
    """Return the sums (h, w) of a picture's (h, w, 3) squares: by channels, as NumPy is slow along a short last axis."""
    first, second, third = (np.square(picture[..., c]) for c in range(3))
    return np.asarray(first + second + third, np.float32)


def _box(picture: F32, width: int, height: int) -> F32:
    """Return the sums of a picture in boxes."""
    box = cv2.boxFilter(picture, -1, (width, height), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(box, np.float32)


def _repeat(detail: F32, shown: Mask, at: tuple[int, int], tilt: float) -> Repeat | None:
    """Return what comes again along x in the square about a pixel (y, x) of (h, w, 3); None where nothing surely does."""
    y, x = at
    half = _WINDOW // 2
    part = np.s_[max(0, y - half) : y + half, max(0, x - half) : x + half]
    square = _sheared(detail, tilt, cv2.INTER_LINEAR, y)[part]
    weight = _sheared(shown.astype(np.float32), tilt, cv2.INTER_NEAREST, y)[part]
    size = (_FINE * square.shape[1], square.shape[0])
    finer = np.asarray(cv2.resize(square, size, interpolation=cv2.INTER_CUBIC), np.float32)
    known = np.asarray(cv2.resize(weight, size, interpolation=cv2.INTER_NEAREST), np.float32)
    profile = (finer * known[..., None]).sum(axis=0) / np.maximum(known.sum(axis=0), 1)[:, None]
    distance, alike = _distance(profile)
    if alike < _ALIKE:
        return None
    profile = _laid_on(finer, known, profile, round(0.35 * distance))
    tried = [(_folded(profile, d), d) for d in distance * np.linspace(0.94, 1.06, 49)]
    common = [float(np.square(_unfolded(c, d, len(profile))).sum()) for c, d in tried]
    best = int(np.argmax(common))
    if common[best] < _FOLDED * float(np.square(profile).sum()):
        return None
    colours, distance = tried[best]
    return Repeat(distance / _FINE * _PIXEL, colours)


def _distance(profile: F32) -> tuple[float, float]:
    """Return the shortest distance at which (n, 3) is about as it is at its best, and its correlation there."""
    level, n = profile - profile.mean(axis=0), len(profile)
    lags = np.arange(_FINE * _SHORTEST, int(n / _REPEATS) + 2)
    alike = np.empty(len(lags))
    for k, lag in enumerate(lags):
        a, b = level[:-lag], level[lag:]
        alike[k] = (a * b).sum() / max(float(np.sqrt(np.square(a).sum() * np.square(b).sum())), 1e-9)
    peaks = 1 + np.flatnonzero((alike[1:-1] >= alike[:-2]) & (alike[1:-1] > alike[2:]))
    if len(peaks) == 0:
        return 0.0, 0.0
    most = float(alike[peaks].max())
    first = int(peaks[np.argmax(alike[peaks] >= most - _FIRST)])
    return float(lags[first]), most


def _laid_on(square: F32, weight: F32, profile: F32, far: int) -> F32:
    """Return the profile (n, 3) of a square's bands of rows, each moved aside to where it is most like the first one."""
    total, seen = np.zeros_like(profile), np.zeros(len(profile), np.float32)
    for top in range(0, len(square), _BAND):
        share = weight[top : top + _BAND].sum(axis=0)
        band = (square[top : top + _BAND] * weight[top : top + _BAND, :, None]).sum(axis=0)
        fits = [float((np.roll(band, d, axis=0) * profile).sum()) for d in range(-far, far + 1)]
        d = int(np.argmax(fits)) - far
        total += np.roll(band, d, axis=0)
        seen += np.roll(share, d)
    return np.asarray(total / np.maximum(seen, 1)[:, None], np.float32)


def _folded(profile: F32, distance: float) -> F32:
    """Return (_SAMPLES, 3) the mean of what a profile (n, 3) has at each part of a distance."""
    part = np.arange(len(profile)) / distance
    off = (part[None] - (np.arange(_SAMPLES)[:, None] + 0.5) / _SAMPLES + 0.5) % 1 - 0.5
    share = np.exp(-0.5 * np.square(off * distance / (_SOFT * _FINE))) + 1e-9
    return np.asarray(share @ profile / share.sum(axis=1, keepdims=True), np.float32)


def _unfolded(colours: F32, distance: float, n: int) -> F32:
    return colours[(np.arange(n) / distance % 1 * len(colours)).astype(int) % len(colours)]
