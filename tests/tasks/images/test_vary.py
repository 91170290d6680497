"""Variants of textures: the right texels, at every level, and fabrics that lie on the body as they are woven."""

import numpy as np
import pytest

from manikin.tasks.clothing.cloth.fabric import TILE, weave
from manikin.tasks.clothing.cloth.oklab import to_oklab
from manikin.tasks.clothing.cloth.variation import OWN, Variation, as_it_is, main_colour
from manikin.tasks.errors import InputError
from manikin.tasks.images.texture import Texture
from manikin.tasks.images.vary import PLACE_M, vary

SIDE = 256
NAVY, GREEN = (30, 40, 80), (52, 104, 70)


def variation(colour: tuple[int, int, int], fabric: str = OWN, scale: float = 1.0, variant: int = 1) -> Variation:
    light, a, b = to_oklab(np.uint8(colour))
    return Variation(
        variant, float(light), float(np.hypot(a, b)), float(np.rad2deg(np.arctan2(b, a)) % 360), fabric, scale
    )


@pytest.fixture(scope="module")
def garment() -> np.ndarray:
    """Navy cloth on the left two thirds, with a soft edge, a white print, and a fold from top to bottom."""
    rgba = np.zeros((SIDE, SIDE, 4), np.uint8)
    fold = 1 - 0.35 * np.exp(-(((np.arange(SIDE) - 120) / 8.0) ** 2))
    rgba[..., :3] = np.rint(np.array(NAVY) * fold[None, :, None])
    rgba[20:60, 20:60, :3] = 236
    rgba[..., 3] = np.rint(255 * np.clip((170 - np.arange(SIDE)) / 4, 0, 1))[None]
    return rgba


@pytest.fixture(scope="module")
def places() -> np.ndarray:
    """Half a metre of cloth laid flat."""
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.rint(np.stack([x, y], axis=-1) * 0.5 / SIDE / PLACE_M).astype(np.int16)


def level(texture: Texture, k: int) -> np.ndarray:
    start = sum((texture.size >> i) ** 2 for i in range(k))
    side = texture.size >> k
    return texture.texels[start : start + side * side].reshape(side, side, 4).astype(int)


def test_the_garment_as_it_is_is_the_texture_itself(garment):
    texture = Texture.from_rgba(garment)
    assert (
        vary(texture, main_colour(garment[:, :150, :3].reshape(-1, 3)), as_it_is(main_colour(garment[0, :9, :3])), None)
        is texture
    )


def test_every_level_is_recoloured_and_the_print_stays(garment):
    texture = Texture.from_rgba(garment)
    out = vary(texture, main_colour(garment[:, :150, :3].reshape(-1, 3)), variation(GREEN), None)
    np.testing.assert_array_equal(out.texels[:, 3], texture.texels[:, 3])
    for k in range(4):
        picture, n = level(out, k), SIDE >> k
        assert np.abs(picture[n * 3 // 4, n // 10, :3] - GREEN).max() < 12, k
        assert np.abs(picture[n * 40 // 256, n * 40 // 256, :3] - 236).max() < 6, k
    assert (out.texels[out.texels[:, 3] == 0] == 0).all()
    fold = level(out, 0)[200, [60, 120], :3].sum(axis=-1)
    assert 0.5 < fold[1] / fold[0] < 0.9


def test_the_soft_edge_has_the_new_colour(garment):
    """Colours are stored multiplied by alpha: divided by it, the edge is as green as the cloth."""
    out = vary(Texture.from_rgba(garment), main_colour(garment[:, :150, :3].reshape(-1, 3)), variation(GREEN), None)
    rows = Texture.from_rgba(np.dstack([np.full((1, 1, 3), GREEN, np.uint8), np.full((1, 1, 1), 128, np.uint8)]))
    half = level(out, 0)[200, 168]
    assert 100 < half[3] < 160
    assert np.abs(half[:3] - rows.texels[0, :3]).max() < 14


@pytest.mark.parametrize("fabric", ["denim", "jersey", "check"])
def test_another_fabric_lies_as_it_is_woven(garment, places, fabric):
    """Away from the fold the texture is the swatch at the texel's place; the print is gone."""
    texture, cloth = Texture.from_rgba(garment), main_colour(garment[:, :150, :3].reshape(-1, 3))
    look = variation(GREEN, fabric, variant=3)
    out = level(vary(texture, cloth, look, places), 0)
    swatch = weave(fabric, np.random.default_rng(3), GREEN)
    expected = swatch.at((np.mgrid[:SIDE, :SIDE][::-1].transpose(1, 2, 0) * 0.5 / SIDE).astype(np.float32))
    plain = np.s_[100:240, 10:70]
    assert np.abs(out[plain][..., :3] - expected[plain]).mean() < 4
    assert np.abs(out[25:55, 25:55, :3] - expected[25:55, 25:55]).mean() < 8
    assert out[100:240, 118:123, :3].mean() < 0.93 * expected[100:240, 118:123].mean()
    np.testing.assert_array_equal(out[..., 3], level(texture, 0)[..., 3])


def test_the_pattern_scale_scales_the_pattern(garment, places):
    """A check drawn twice as large repeats after twice as many texels."""
    texture, cloth = (
        Texture.from_rgba(np.dstack([np.full((SIDE, SIDE, 3), NAVY, np.uint8), np.full((SIDE, SIDE), 255, np.uint8)])),
        main_colour(np.uint8([NAVY])),
    )

    def period(scale: float) -> float:
        rows = level(vary(texture, cloth, variation(GREEN, "check", scale), places), 0)[..., :3].sum(axis=(0, 2))
        return SIDE / (1 + int(np.argmax(np.abs(np.fft.rfft(rows - rows.mean()))[1:])))

    assert period(2.0) == pytest.approx(2 * period(1.0))
    assert period(1.0) < TILE / 2


def test_a_fabric_without_places_is_refused(garment, places):
    texture, cloth = Texture.from_rgba(garment), main_colour(np.uint8([NAVY]))
    with pytest.raises(
        InputError, match=r"denim on a texture of side 256 needs the places of its texels, but none are given"
    ):
        vary(texture, cloth, variation(GREEN, "denim"), None)
    with pytest.raises(InputError, match=r"but they are \(128, 256, 2\)"):
        vary(texture, cloth, variation(GREEN, "denim"), places[:128])
