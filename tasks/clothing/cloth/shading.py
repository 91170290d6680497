"""The light of a photo on its cloth: folds, cast shadows and one side in shade, told from what the cloth's own colours do.

Colour Retinex (Land and McCann, 1971; Grosse et al., "Ground truth dataset and baseline evaluations for intrinsic image
algorithms", ICCV 2009): steps of lightness that are soft, or small, and leave the chromaticity as it is are light's; those
that are sharp and strong, or bring another colour, are the cloth's. The light is the surface whose slopes are the former.
On cloth of one colour, but for the figures on it (`figures`), and amid patterns finer than folds, all that is wider is light
too; wide casts of colour on pale cloth are coloured light.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.oklab import DARK, LOG_LIGHTNESS, tint_gain, to_oklab
from manikin.tasks.clothing.cloth.quilt import pull_push
from manikin.tasks.clothing.cloth.tones import PATTERN, find_tones

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_KEPT = 0.25  # of the contrast of what is surely light: bodies are lit anew
_FINE = 0.6  # spread in pixels of the working size, at which steps are compared
_STEP = (0.12, 0.26)  # of log lightness, over a sharp edge, from which it may be, and is, the cloth's
_CREASE = (0.45, 0.8)  # likewise on cloth of one colour, whose sharp steps are creases
_MODE = 0.005  # of the cloth that a level of its shade has at least
_TINT = (0.12, 0.22)  # change of chromaticity by that of log lightness, likewise
_GREY, _ON_GREY = (0.08, 0.16), 0.6  # chroma by lightness of grey and of colour; how much more light may tint grey
_BURNT, _TOLD = 250, 0.2  # level from which a channel is burnt out, and the cloth that must tell its light
_BLEACHED = (0.1, 0.3)  # of the cloth that is burnt out, so that its hue may be, and is, better told in shade
_SLOPES, _SLOPE = (0.5, 2.5), 1.4  # of a channel's logarithm by that of lightness; of grey's
_CHROMA = 0.25  # chroma by lightness from which such a change counts half: the deepest channel is soon black
_FAINT = 0.012  # change of log lightness a pixel that is noise
_AROUND = 2.0  # spread of what a tint is judged over
_SMOOTH = 1.2  # spread in which light changes: fine stripes and checks are none
_NEAR, _FLAT = 1, 0.03  # pixels of the working size about each place, and log lightness that hardly guides there
_LARGE = 8.0  # spread of light that is no stripe's
_TILTS, _LEAST_WIDE = (-0.08, -0.04, 0.0, 0.04, 0.08), 10  # slopes of stripes, and the pixels across that show one
_ACROSS = (0.14, 0.24)  # of light's finer changes that go straight across, from which they may be, and are, stripes
_OUTSIDE = 1e-3  # weight of what is not cloth
_ROUNDS = 12  # of conjugate gradients
_GAIN = (0.7, 1.8)  # that light may be changed by
_FOLD = (1.2, 4.0)  # spread in pixels of the working size of light on plain cloth, and amid fine patterns
_DENSE = (0.9, 0.99)  # share of sharp edges about a place, from which a pattern may be, and is, finer than that
_BRIGHT = 0.97  # quantile of the cloth's brightness that no light is lifted above
_BADGE = (0.25, 0.4)  # log lightness above what is around, from which it may be, and is, a badge's or a button's
_WIDE = 4.0  # spread of casts
_OTHER = (0.05, 0.12)  # chroma by lightness off the cloth's own that may be the light's, and that is none
_RED, _FADED = (0.015, 0.03), (0.1, 0.5)  # red or green by lightness of cloth that is surely such, and what it keeps
_PALE = (0.12, 0.2)  # of cloth on which such casts are seen as colours, and on which they are not
_DEPTH, _TURN = 0.1, 0.12  # log lightness of levels of shade, and chroma by lightness that they change at most
_FINER = 16  # steps of a level, between which its hue goes over into the next's
_LEVELS = np.arange(16 * _FINER) / _FINER
_JUMP = 0.06  # chroma by lightness from one level to the next, from which it is another colour
_GRAIN = (0.75, 1.3)  # of the cloth's own contrast that is kept in shade


def even_light(rgb: U8, reduced: U8, known: Mask, figured: F32) -> U8:
    """Return (H, W, 3) the picture with less of its light's contrast on the cloth, hues as they are.

    Args:
        rgb: (H, W, 3).
        reduced: (h, w, 3) of it at the working size.
        known: (h, w) the cloth.
        figured: (h, w) 1 in figures on it.
    """
    if known.sum() < 16:
        return rgb
    edges, coloured, patches = find_tones(rgb, known)
    figured = np.maximum(figured, patches)
    light = _light(reduced, known, edges, coloured, figured)
    light = _without_stripes(_levelled(light, reduced, known, 1 - coloured, edges, figured), known)
    light -= np.median(light[known])
    bare = known & (figured < 0.5)
    bare = bare if bare.any() else known
    burnt = known & (reduced.max(axis=2) >= _BURNT)
    told = bare & ~burnt & (_near_own(reduced, known) > 0.5)
    told = told if told.sum() > _TOLD * bare.sum() else bare
    slopes = _SLOPE + (1 - coloured) * (_slopes(reduced[told], light[told]) - _SLOPE)
    fine = _guided(light, known, reduced, rgb)
    limits = np.log(np.array(_GAIN, np.float32))
    light_gain = cv2.merge([cv2.exp(np.clip(fine * np.float32((_KEPT - 1) * slope), *limits)) for slope in slopes])
    gain = light_gain * cv2.resize(_cast(reduced, known), rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    bright = float(np.quantile(reduced[known].max(axis=1), _BRIGHT))
    evened = cv2.multiply(rgb, _below_bright(np.asarray(gain, np.float32), rgb, bright), dtype=cv2.CV_8U)
    plain = (1 - coloured) * (1 - float(_between(float(burnt[known].mean()), *_BLEACHED)))
    evened = _of_one_cast(np.asarray(evened, np.uint8), told, light, fine, 1 - coloured)
    return _of_one_hue(evened, known, plain, figured)


def _of_one_cast(rgb: U8, known: Mask, light: F32, fine: F32, plain: float) -> U8:
    """Return (H, W, 3) pale plain cloth with the hue in its shade that it has in its usual light: shade mirrors the cloth.

    Args:
        rgb: (H, W, 3).
        known: (h, w) the cloth that tells.
        light: (h, w) log lightness off the usual that was on it.
        fine: (H, W) of it.
        plain: 1 for plain cloth, 0 for cloth of several colours.
    """
    reduced = np.asarray(cv2.resize(rgb, known.shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    tint, level = _tint(reduced)[known], np.rint(-light[known] / _DEPTH).astype(np.int64)
    own = np.median(tint, axis=0)
    much = plain * (1 - float(_between(float(np.hypot(*own)), *_PALE)))
    levels = [k for k in range(1, int(level.max(initial=0)) + 1) if (level == k).sum() > _MODE * len(tint)]
    if much <= 0 or not levels:
        return rgb
    shift = np.array([np.zeros(2)] + [own - np.median(tint[level == k], axis=0) for k in levels])
    far = np.hypot(*shift.T)
    shift *= (np.minimum(far, _JUMP) / np.maximum(far, 1e-6))[:, None] * much
    table = np.asarray(tint_gain(np.stack([np.interp(_LEVELS, [0, *levels], c) for c in shift.T], axis=-1)), np.float32)
    at = np.clip(np.rint(-fine / _DEPTH * _FINER), 0, len(_LEVELS) - 1).astype(np.int64)
    return np.asarray(cv2.multiply(rgb, table[at], dtype=cv2.CV_8U), np.uint8)


def _of_one_hue(rgb: U8, known: Mask, plain: float, figured: F32) -> U8:
    """Return (H, W, 3) plain cloth with the hue in its folds that it has where it lies in the light, figures as they are.

    What is dark on such cloth lies deep in folds, lit by the cloth about it or by the sky alone, so its hue goes one way
    with lightness, a little at a time. Levels too rare to tell are as the one before, and so is all from a jump to another hue
    on: that is a print's or a badge's.

    Args:
        rgb: (H, W, 3).
        known: (h, w) the cloth.
        plain: 1 for plain cloth whose hue is known in the light, 0 for cloth of several colours.
        figured: (h, w) 1 in figures.
    """
    if plain <= 0:
        return rgb
    reduced = np.asarray(cv2.resize(rgb, known.shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    tint, y = _tint(reduced)[known], LOG_LIGHTNESS[cv2.cvtColor(reduced, cv2.COLOR_RGB2GRAY)][known]
    own, usual = np.median(tint, axis=0), float(np.median(y))
    level = np.rint((usual - y) / _DEPTH).astype(np.int64)
    levels = [k for k in range(int(level.max()) + 1) if k == 0 or (level == k).sum() > _MODE * len(y)]
    shift = np.array([own - np.median(tint[level == k], axis=0) if k else np.zeros(2) for k in levels])
    jumps = np.hypot(*np.diff(shift, axis=0).T) > _JUMP * np.diff(levels)
    shift[np.cumsum(np.r_[False, jumps]) > 0] = shift[jumps.argmax() if jumps.any() else -1]
    far = np.hypot(*shift.T)
    shift *= (np.minimum(far, _TURN) / np.maximum(far, 1e-6))[:, None]
    depth = (usual - LOG_LIGHTNESS) / _DEPTH
    change = np.stack([np.interp(depth, levels, column) for column in shift.T], axis=-1) * plain
    gain = np.asarray(tint_gain(change), np.float32)[cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)]
    if figured.any():
        gain += (1 - gain) * cv2.resize(figured, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)[..., None]
    return np.asarray(cv2.multiply(rgb, gain, dtype=cv2.CV_8U), np.uint8)


def lift_shade(rgb: U8, reduced: U8, known: Mask, shaded: Mask) -> U8:
    """Return (H, W, 3) the picture with its shade as light as, and of the colours of, the cloth about it.

    Args:
        rgb: (H, W, 3).
        reduced: (h, w, 3) of it at the working size.
        known: (h, w) the cloth.
        shaded: (h, w) of it, to be lifted.
    """
    about = known & ~shaded
    if not shaded.any() or not about.any():
        return rgb
    size = rgb.shape[1::-1]
    wanted = cv2.resize(pull_push(reduced.astype(np.float32), about.astype(np.float32)), size)
    own = cv2.GaussianBlur(rgb, (0, 0), _SMOOTH * max(size) / max(shaded.shape)).astype(np.float32)
    grain = np.clip((rgb + np.float32(1)) / (own + np.float32(1)), *_GRAIN)
    much = np.clip(2 * cv2.resize(shaded.astype(np.float32), size), 0, 1)[..., None]
    return np.clip(rgb + (wanted * grain - rgb) * much + np.float32(0.5), 0, 255).astype(np.uint8)


def _levelled(light: F32, reduced: U8, known: Mask, plain: float, edges: F32, figured: F32) -> F32:
    """Return (h, w) light with what else is wide of the cloth's lightness, where its own has nothing so wide: on plain
    cloth, and amid patterns finer than that."""
    weight = known * _near_own(reduced, known) * (1 - figured * np.float32(plain))
    off = LOG_LIGHTNESS[cv2.cvtColor(reduced, cv2.COLOR_RGB2GRAY)] - light
    off -= np.median(off[known])
    beside = off - _about(off, weight, _LARGE)
    badge, crease = (_between(sign * beside, *limits) for sign, limits in ((1, _BADGE), (-1, _CREASE)))
    ground = weight * (1 - np.maximum(badge, crease))
    even = weight * (1 - _between(np.abs(beside), *_BADGE))
    busy = edges > _STEP[0]
    dense = _between(_about(busy.astype(np.float32), known.astype(np.float32), _FOLD[1]), *_DENSE)
    dense *= _between(float(busy[known].mean()), *PATTERN)
    folds, fine = (_about(off, w, wide) * w for w, wide in zip((ground, even), _FOLD, strict=True))
    return np.asarray(light + folds * np.float32(plain) + fine * dense * np.float32(1 - plain), np.float32)


def _near_own(reduced: U8, known: Mask) -> F32:
    """Return (h, w) 1 where the chroma by lightness is the cloth's own, towards 0 where it is another's.

    Daylight and lamps go from blue to yellow: what of a red or green cloth is neither is of another colour."""
    tint = _tint(reduced)
    own = np.median(tint[known], axis=0)
    off = np.hypot(*np.moveaxis(tint - own, -1, 0)) / (1 + min(float(np.hypot(*own)) / _CHROMA, 1.0))
    near = 1 - _between(np.asarray(off, np.float32), *_OTHER)
    red = float(own[0])
    is_red = float(_between(abs(red), *_RED))
    if is_red > 0:
        near *= 1 - np.float32(is_red) * (1 - _between(tint[..., 0] / np.float32(red), *_FADED))
    return near


def _tint(reduced: U8) -> F32:
    lab = to_oklab(reduced).astype(np.float32)
    return np.asarray(lab[..., 1:] / (lab[..., :1] + np.float32(DARK)), np.float32)


def _cast(reduced: U8, known: Mask) -> F32:
    """Return (h, w, 3) gains that take wide casts of coloured light off pale cloth, mirrored from the ground or of two lamps."""
    tint = _tint(reduced)
    own = np.median(tint[known], axis=0)
    tint = tint - own
    weight = known * _near_own(reduced, known)
    sure = _about(weight, known.astype(np.float32), _WIDE)
    much = (_KEPT - 1) * (1 - _between(float(np.hypot(*own)), *_PALE))
    change = np.float32(much) * _about(tint, weight, _WIDE) * np.minimum(2 * sure, 1)[..., None]
    return np.asarray(tint_gain(change), np.float32)


def _about(values: F32, weight: F32, wide: float) -> F32:
    """Return (h, w) or (h, w, c) the mean of values about each place, by weight."""
    share = np.maximum(cv2.GaussianBlur(weight, (0, 0), wide), np.float32(1e-4))
    by = weight if values.ndim == 2 else weight[..., None]
    total = cv2.GaussianBlur(np.asarray(values * by, np.float32), (0, 0), wide)
    return np.asarray(total / (share if values.ndim == 2 else share[..., None]), np.float32)


def _below_bright(gain: F32, rgb: U8, bright: float) -> F32:
    """Return (H, W, 3) gains that lift nothing above a brightness, hues as they would be."""
    lifted = cv2.multiply(rgb, gain, dtype=cv2.CV_32F)
    most = np.maximum(np.maximum(lifted[..., 0], lifted[..., 1]), lifted[..., 2])
    before = np.maximum(np.maximum(rgb[..., 0], rgb[..., 1]), rgb[..., 2])
    over = np.minimum(np.maximum(before, np.float32(bright)) / np.maximum(most, np.float32(1)), np.float32(1))
    return np.asarray(gain * over[..., None], np.float32)


def _without_stripes(light: F32, known: Mask) -> F32:
    """Return (h, w) light that is only large in scale, where its finer changes go straight across: stripes and checks do."""
    weight = cv2.erode(known.astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=0).astype(np.float32)
    total, share = (cv2.GaussianBlur(p, (0, 0), _LARGE) for p in (light * weight, weight))
    mean = total / np.maximum(share, np.float32(1e-3))
    fine, most = (light - mean) * weight, 0.0
    for tilt in _TILTS:
        turned = np.array([[1, 0, 0], [tilt, 1, 0]], np.float32)
        rows, wide = (cv2.warpAffine(p, turned, light.shape[::-1]).sum(axis=1) for p in (fine, weight))
        across = np.square(rows) / np.maximum(wide, 1) * (wide > _LEAST_WIDE)
        most = max(most, float(across.sum() / max(float(np.square(fine).sum()), 1e-6)))
    return np.asarray(light + (mean - light) * _between(most, *_ACROSS), np.float32)


def _guided(light: F32, known: Mask, reduced: U8, rgb: U8) -> F32:
    """Return (H, W) light (h, w) at the photo's size, along its own edges.

    The fast guided filter (He and Sun, 2015): near each place, light is a linear function of the photo's log lightness.
    """
    y = LOG_LIGHTNESS[cv2.cvtColor(reduced, cv2.COLOR_RGB2GRAY)]
    terms = np.dstack([np.ones_like(y), y, light, y * y, y * light]) * known[..., None].astype(np.float32)
    near = (2 * _NEAR + 1,) * 2
    share, *means = cv2.split(cv2.boxFilter(terms, -1, near, normalize=False))
    my, ml, myy, myl = (m / np.maximum(share, 1) for m in means)
    slope = (myl - my * ml) / (np.maximum(myy - my * my, 0) + np.float32(_FLAT**2))
    both = np.asarray(np.dstack([slope, ml - slope * my]), np.float32)
    mean = cv2.boxFilter(pull_push(both, (share > 0).astype(np.float32)), -1, near)
    tilt, level = cv2.split(cv2.resize(mean, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR))
    return np.asarray(tilt * LOG_LIGHTNESS[cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)] + level, np.float32)


def _slopes(rgb: U8, light: F32) -> F32:
    """Return (3,) how the channels' logarithms change with light: shade has the colours of what is around.

    Args:
        rgb: (n, 3) one cloth.
        light: (n,) on it.
    """
    spread = light - light.mean()
    logs = np.log(rgb.astype(np.float32) / 255 + np.float32(DARK))
    slopes = (spread[:, None] * logs).sum(axis=0) / max(float((spread * spread).sum()), 1e-6)
    return np.asarray(np.clip(slopes, *_SLOPES), np.float32)


def _light(reduced: U8, known: Mask, edges: F32, coloured: float, figured: F32) -> F32:
    """Return (h, w) log light, up to a constant, by the edges of cloth that is more or less of several colours, or figured."""
    several = np.maximum(figured, np.float32(coloured))
    least, sure = (np.float32(c) + np.float32(s - c) * several for c, s in zip(_CREASE, _STEP, strict=True))
    lab = to_oklab(reduced).astype(np.float32)
    above = lab[..., :1] + np.float32(DARK)
    y = np.asarray(np.dstack([np.log(above), lab[..., 1:] / above]), np.float32)
    y = np.asarray(cv2.GaussianBlur(pull_push(y, known.astype(np.float32)), (0, 0), _FINE), np.float32)
    slopes, weights = [], []
    for axis in (1, 0):
        step = np.diff(y, axis=axis)
        inside = known[:, 1:] & known[:, :-1] if axis else known[1:] & known[:-1]
        sharp = np.maximum(edges[:, 1:], edges[:, :-1]) if axis else np.maximum(edges[1:], edges[:-1])
        at = np.s_[: step.shape[0], : step.shape[1]]
        wide = [cv2.GaussianBlur(np.square(s), (0, 0), _AROUND) for s in (step[..., 0], step[..., 1], step[..., 2])]
        tint = np.sqrt((wide[1] + wide[2]) / (wide[0] + np.float32(_FAINT**2)))
        chroma = np.hypot(y[..., 1], y[..., 2])[at]
        lenient = np.float32(_ON_GREY) * (1 - several[at]) * (1 - _between(chroma, *_GREY))
        tint /= 1 + np.minimum(chroma / np.float32(_CHROMA), 1) + lenient
        own = np.maximum(_between(sharp, least[at], sure[at]), _between(tint, *_TINT))
        slopes.append(step[..., 0] * (1 - own) * inside)
        weights.append(np.where(inside, np.float32(1), np.float32(_OUTSIDE)))
    return np.asarray(cv2.GaussianBlur(_surface(slopes, weights), (0, 0), _SMOOTH), np.float32)


def _dot(a: F32, b: F32) -> float:
    """Return the sum of the products, without BLAS: the same last bits wherever the arrays lie."""
    return float((a * b).sum(dtype=np.float64))


def _between(x: F32 | float, low: F32 | float, high: F32 | float) -> F32:
    t = np.clip((x - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _surface(slopes: list[F32], weights: list[F32]) -> F32:
    """Return (h, w) whose differences along x and y are nearest to the slopes, by weight: conjugate gradients on Poisson's
    equation, with the solution for equal weights, by cosine transform, as preconditioner."""
    h, w = slopes[0].shape[0], slopes[1].shape[1]
    even = (h + h % 2, w + w % 2)
    fy, fx = (2 - 2 * np.cos(np.pi * np.arange(n) / n) for n in even)
    inverse = fy[:, None] + fx
    inverse[0, 0] = 1.0
    inverse = (1 / inverse).astype(np.float32)

    def solved(r: F32) -> F32:
        padded = cv2.copyMakeBorder(r, 0, even[0] - h, 0, even[1] - w, cv2.BORDER_CONSTANT)
        return np.asarray(cv2.idct(cv2.dct(padded) * inverse)[:h, :w], np.float32)

    def spread(x: F32, y: F32) -> F32:
        out = np.zeros((h, w), np.float32)
        out[:, :-1] -= x
        out[:, 1:] += x
        out[:-1] -= y
        out[1:] += y
        return out

    def applied(s: F32) -> F32:
        return spread(weights[0] * np.diff(s, axis=1), weights[1] * np.diff(s, axis=0))

    s = np.zeros((h, w), np.float32)
    r = spread(weights[0] * slopes[0], weights[1] * slopes[1])
    z = solved(r)
    p, rz = z, _dot(r, z)
    for _ in range(_ROUNDS):
        if rz <= 1e-9:
            break
        q = applied(p)
        a = np.float32(rz / max(_dot(p, q), 1e-12))
        s = s + a * p
        r = r - a * q
        z = solved(r)
        rz, before = _dot(r, z), rz
        p = z + np.float32(rz / before) * p
    return s
