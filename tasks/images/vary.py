"""A garment's texture in another colour or of another fabric, made when a worker loads it: no pixels of variants are stored."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.fabric import TILE, Swatch, weave
from manikin.tasks.clothing.cloth.oklab import to_srgb
from manikin.tasks.clothing.cloth.variation import GRID, OWN, Cloth, Variation, cloth_weight, colour_table, toned
from manikin.tasks.clothing.pattern.atlas import nearest
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.errors import InputError
from manikin.tasks.images.colour import ENCODE_STEPS, LINEAR, SRGB
from manikin.tasks.images.texture import Texture
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
I16 = NDArray[np.int16]
U8 = NDArray[np.uint8]

PLACE_M = 1e-4  # unit of places on the cloth
_FOLD_SPREAD = 0.045  # usual deviation of folds' lightness; where there is more, it is a pattern's
_LOOK_SIDE = 128  # of the level at which colours are judged and folds are read


def vary(texture: Texture, cloth: Cloth, variation: Variation, places: I16 | None) -> Texture:
    """Return a variant of a garment's texture.

    Args:
        texture: the garment as it is.
        cloth: its main colour, from `main_colour`.
        variation: what to change.
        places: (S, S, 2) where on the flat body each texel lies, in `PLACE_M`; needed for another fabric only.

    Raises:
        InputError: another fabric is asked for, and there are no places of the texture's size.
    """
    if variation.variant == 0:
        return texture
    if variation.fabric == OWN:
        return recolour(texture, _table(cloth, variation))
    if places is None or places.shape != (texture.size, texture.size, 2):
        found = "none are given" if places is None else f"they are {places.shape}"
        raise InputError(
            f"{variation.fabric} on a texture of side {texture.size} needs the places of its texels, but {found}; "
            "only garments on the atlas of the default body can be cut from another fabric"
        )
    swatch = _swatch(variation)
    rgba = np.zeros((texture.size, texture.size, 4), np.uint8)
    tile = LINEAR[np.pad(swatch.rgb, ((0, 1), (0, 1), (0, 0)), mode="wrap")]
    scale = PLACE_M * TILE / (swatch.side * variation.pattern_scale)
    alpha = texture.texels[: texture.size**2, 3].reshape(rgba.shape[:2])
    _lay(alpha, places, tile, scale, _folds(texture, cloth, variation), SRGB, rgba)
    return Texture.from_rgba(rgba)


def recolour(texture: Texture, table: NDArray[np.generic]) -> Texture:
    """Return a texture with its colours looked up in a table (GRID, GRID, GRID, 3) of sRGB by red, green and blue."""
    texels = np.empty_like(texture.texels)
    _recolour(texture.texels, np.ascontiguousarray(table.reshape(-1, 3), np.float32), GRID, LINEAR, SRGB, texels)
    return Texture(texels, texture.size)


def fabric_places(front: BodyFront) -> I16:
    """Return the places (S, S, 2) of a body's texels on cloth that is cut for it, carried on over the islands' borders."""
    source = nearest(front.is_flat & (front.atlas.triangle >= 0))
    return np.rint(front.flat.reshape(-1, 2)[source] / PLACE_M).astype(np.int16)


def even_places(size: int, span: tuple[float, float]) -> I16:
    """Return the places (size, size, 2) of the texels of a texture that lies evenly on so many metres of cloth."""
    across, down = ((np.arange(size) + 0.5) / size * metres / PLACE_M for metres in span)
    return np.rint(np.stack(np.meshgrid(across, down), axis=-1)).astype(np.int16)


def _level(texture: Texture) -> U8:
    """Return the level (s, s, 4) at which a texture's folds are read."""
    side, start = texture.size, 0
    while side > _LOOK_SIDE:
        start, side = start + side * side, side // 2
    return texture.texels[start : start + side * side].reshape(side, side, 4)


@lru_cache(maxsize=64)
def _table(cloth: Cloth, variation: Variation) -> F32:
    return colour_table(cloth, variation).reshape(-1, 3).astype(np.float32)


@lru_cache(maxsize=32)
def _swatch(variation: Variation) -> Swatch:
    colour = to_srgb(Cloth(variation.light, variation.chroma, variation.hue_deg, 1.0).lab)
    rgb = (int(colour[0]), int(colour[1]), int(colour[2]))
    return weave(variation.fabric, np.random.default_rng(variation.variant), rgb)


def _folds(texture: Texture, cloth: Cloth, variation: Variation) -> F32:
    """Return (s, s) the light, relative to even light, that the garment's folds leave; prints are passed over."""
    level = _level(texture)
    is_filling = (level == np.roll(level, 1, axis=1)).all(axis=-1)  # beyond the garment's edge
    weight = np.where((level[..., 3] == 255) & ~is_filling, cloth_weight(level[..., :3], cloth), 0.0)
    light = np.cbrt(LINEAR[level[..., 1]].astype(np.float64)) * weight  # green is nearly all of luminance
    total, near = (cv2.GaussianBlur(x, (0, 0), 0.8) for x in (light, weight))
    smooth, around = (cv2.GaussianBlur(x, (0, 0), 8.0) for x in (light, weight))
    usual = float(np.median((total / np.maximum(near, 1e-9))[near > 0.5])) if (near > 0.5).any() else 1.0
    shading = np.where(near > 0.3, total / np.maximum(near, 1e-9), smooth / np.maximum(around, 1e-9)) / max(usual, 1e-3)
    shading = np.clip(np.where(around > 1e-3, shading, 1.0), 0.6, 1.4)
    spread = float(np.median(np.abs(np.log(shading[weight > 0.5])))) if (weight > 0.5).any() else 0.0
    shading **= min(1.0, _FOLD_SPREAD / max(spread, 1e-6))
    return np.asarray((toned(shading, cloth.light, variation.light) / variation.light) ** 3, np.float32)


@kernel
def _recolour(texels: U8, table: F32, grid: int, linear: F32, srgb: U8, out: U8) -> None:
    """Look every texel up in a table (GRID^3, 3), interpolated in the tetrahedron it lies in (Kasson, Nin, Plouffe and Hafner
    1995); colours at edges are divided by alpha for that, and multiplied again."""
    step = np.float32((grid - 1) / 255)
    top = np.float32(ENCODE_STEPS - 1)
    rgb = np.empty(3, np.float32)
    for n in range(texels.shape[0]):
        r, g, b, alpha = texels[n, 0], texels[n, 1], texels[n, 2], texels[n, 3]
        if (
            n > 0
            and r == texels[n - 1, 0]
            and g == texels[n - 1, 1]
            and b == texels[n - 1, 2]
            and alpha == texels[n - 1, 3]
        ):
            for c in range(4):  # filling, beyond the garment's edge
                out[n, c] = out[n - 1, c]
            continue
        out[n, 3] = alpha
        if alpha == 0:
            out[n, 0], out[n, 1], out[n, 2] = 0, 0, 0
            continue
        share = np.float32(alpha) / np.float32(255)
        for c in range(3):
            rgb[c] = np.float32(texels[n, c])
            if alpha < 255:
                whole = min(linear[texels[n, c]] / share, np.float32(1))
                rgb[c] = np.float32(srgb[int(whole * top + np.float32(0.5))])
        x, y, z = rgb[0] * step, rgb[1] * step, rgb[2] * step
        i, j, k = min(int(x), grid - 2), min(int(y), grid - 2), min(int(z), grid - 2)
        x, y, z = x - np.float32(i), y - np.float32(j), z - np.float32(k)
        # the steps along the cell's edges, in the order of the fractions: the largest first
        di, dj, dk = grid * grid, grid, 1
        if x < y:
            x, y, di, dj = y, x, dj, di
        if y < z:
            y, z, dj, dk = z, y, dk, dj
        if x < y:
            x, y, di, dj = y, x, dj, di
        corner = (i * grid + j) * grid + k
        second, third, last = corner + di, corner + di + dj, corner + di + dj + dk
        w0, w1, w2 = np.float32(1) - x, x - y, y - z
        for c in range(3):
            sum_ = w0 * table[corner, c] + w1 * table[second, c] + w2 * table[third, c] + z * table[last, c]
            value = np.uint8(sum_ + np.float32(0.5))
            if alpha < 255:
                value = srgb[int(linear[value] * share * top + np.float32(0.5))]
            out[n, c] = value


@kernel
def _lay(alpha: U8, places: I16, tile: F32, scale: float, folds: F32, srgb: U8, out: U8) -> None:
    """Write the fabric's colour, times the light of the folds, to every texel (S, S, 4) that alpha shows."""
    side, n = alpha.shape[0], tile.shape[0] - 1
    shrink = np.float32(folds.shape[0] / side)
    top, last = np.float32(ENCODE_STEPS - 1), folds.shape[0] - 1
    for row in range(side):
        y = min(max((np.float32(row) + np.float32(0.5)) * shrink - np.float32(0.5), np.float32(0)), np.float32(last))
        j = min(int(y), last - 1)
        fy = y - np.float32(j)
        for column in range(side):
            if alpha[row, column] == 0:
                continue
            x = min(
                max((np.float32(column) + np.float32(0.5)) * shrink - np.float32(0.5), np.float32(0)), np.float32(last)
            )
            i = min(int(x), last - 1)
            fx = x - np.float32(i)
            light = (folds[j, i] * (1 - fx) + folds[j, i + 1] * fx) * (1 - fy)
            light += (folds[j + 1, i] * (1 - fx) + folds[j + 1, i + 1] * fx) * fy
            u, v = places[row, column, 0] * scale, places[row, column, 1] * scale
            u, v = u - np.floor(u / n) * n, v - np.floor(v / n) * n
            p, q = min(int(u), n - 1), min(int(v), n - 1)
            gu, gv = np.float32(u - p), np.float32(v - q)
            for c in range(3):
                cloth = (tile[q, p, c] * (1 - gu) + tile[q, p + 1, c] * gu) * (1 - gv)
                cloth += (tile[q + 1, p, c] * (1 - gu) + tile[q + 1, p + 1, c] * gu) * gv
                value = min(max(np.float32(cloth) * np.float32(light), np.float32(0)), np.float32(1))
                out[row, column, c] = srgb[int(value * top + np.float32(0.5))]
            out[row, column, 3] = alpha[row, column]
