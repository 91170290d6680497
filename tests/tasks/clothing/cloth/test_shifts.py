import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.shifts import cover_pattern

U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]
HEIGHT, WIDTH, SCALE = 120, 100, 2
ZIP = (250, 250, 60)


def inside() -> Mask:
    out = np.zeros((HEIGHT, WIDTH), bool)
    out[10:110, 10:90] = True
    return out


def strip() -> Mask:
    out = np.zeros((HEIGHT, WIDTH), bool)
    out[10:110, 46:54] = True
    return out


def enlarged(mask: Mask) -> Mask:
    return mask.repeat(SCALE, axis=0).repeat(SCALE, axis=1)


def checks(period: int = 13) -> U8:
    y, x = np.mgrid[: HEIGHT * SCALE, : WIDTH * SCALE] // SCALE
    tone = 60 + 70 * (y % period < period // 2) + 70 * (x % period < period // 2)
    noise = np.random.default_rng(4).normal(0, 3, (*tone.shape, 1))
    return np.clip(tone[..., None] * np.array([1.0, 0.8, 0.6]) + noise, 0, 255).astype(np.uint8)


def test_checks_go_on_over_a_zip() -> None:
    bare, gaps = checks(), strip()
    rgb = bare.copy()
    rgb[enlarged(gaps)] = ZIP
    made = cover_pattern(rgb, gaps, inside(), inside())
    assert made is not None
    out, filled = made
    assert (filled == gaps).all()
    off = np.abs(out.astype(int) - bare).max(axis=-1)[enlarged(gaps)]
    assert np.median(off) < 15
    assert (off < 50).mean() > 0.85  # all but some edges, by a pixel
    apart = np.ones_like(gaps)
    apart[9:111, 45:55] = False
    assert (out == rgb).all(axis=-1)[enlarged(apart)].all()


def test_a_gap_off_the_garment_is_filled_too() -> None:
    rgb, gaps = checks(), np.zeros((HEIGHT, WIDTH), bool)
    gaps[2:14, 30:70] = True
    rgb[enlarged(gaps)] = ZIP
    made = cover_pattern(rgb, gaps, inside(), inside())
    assert made is not None
    assert (made[1] == gaps).all()
    assert (np.abs(made[0].astype(int) - ZIP).max(axis=-1) > 40)[enlarged(gaps)].all()


def test_nothing_is_copied_from_what_is_no_source() -> None:
    rgb, gaps, source = checks(), strip(), inside()
    rgb[enlarged(gaps)] = ZIP
    rgb[: 50 * SCALE, : 40 * SCALE] = (0, 0, 255)
    source[:50, :40] = False
    made = cover_pattern(rgb, gaps, source, inside())
    assert made is not None
    blue = made[0][enlarged(made[1])].astype(int)
    assert (blue[:, 2] - blue[:, 0] < 120).all()


def test_too_little_cloth_covers_nothing() -> None:
    gaps = inside()
    gaps[:, 10:14] = False
    assert cover_pattern(checks(), gaps, inside(), inside()) is None


def test_the_same_bytes_again() -> None:
    rgb, gaps = checks(), strip()
    first, again = (cover_pattern(rgb, gaps, inside(), inside()) for _ in range(2))
    assert first is not None
    assert again is not None
    assert first[0].tobytes() == again[0].tobytes()


def test_neither_borders_nor_a_badge_are_copied() -> None:
    rgb, gaps = checks(), np.zeros((HEIGHT, WIDTH), bool)
    gaps[10:40, 30:70] = True
    rgb[100 * SCALE : 110 * SCALE] = rgb[70 * SCALE : 76 * SCALE, 20 * SCALE : 28 * SCALE] = ZIP
    made = cover_pattern(rgb, gaps, inside(), inside())
    assert made is not None
    assert (made[1] == gaps).all()
    assert (np.abs(made[0].astype(int) - ZIP).max(axis=-1) > 40)[enlarged(gaps)].all()
