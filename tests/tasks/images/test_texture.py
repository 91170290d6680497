import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manikin.tasks.errors import InputError
from manikin.tasks.images.colour import LINEAR, SRGB, to_linear, to_srgb
from manikin.tasks.images.texture import Texture


def level(texture: Texture, k: int) -> np.ndarray:
    side = texture.size >> k
    start = sum((texture.size >> i) ** 2 for i in range(k))
    return texture.texels[start : start + side * side].reshape(side, side, 4)


def test_every_byte_survives_the_way_to_linear_light_and_back() -> None:
    np.testing.assert_array_equal(to_srgb(to_linear(np.arange(256, dtype=np.uint8))), np.arange(256))


def test_tables_are_the_standards() -> None:
    assert pytest.approx(0.2158605, abs=1e-6) == LINEAR[128]
    assert SRGB[-1] == 255
    assert int(to_srgb(np.float32(0.18))) == 118
    assert (np.diff(SRGB.astype(int)) >= 0).all()


def test_levels_halve_down_to_one_texel() -> None:
    texture = Texture.from_rgba(np.full((16, 16, 4), 255, np.uint8))
    assert len(texture.texels) == 256 + 64 + 16 + 4 + 1
    assert (texture.texels == 255).all()


def test_an_opaque_pictures_first_level_is_the_picture() -> None:
    rgba = np.random.default_rng(0).integers(0, 256, (32, 32, 4)).astype(np.uint8)
    rgba[..., 3] = 255
    np.testing.assert_array_equal(level(Texture.from_rgba(rgba), 0), rgba)


@given(seed=st.integers(0, 1000))
def test_each_level_is_the_mean_of_the_picture_in_linear_light(seed: int) -> None:
    rgba = np.random.default_rng(seed).integers(0, 256, (8, 8, 4)).astype(np.uint8)
    alpha = rgba[..., 3:] / 255
    premultiplied = np.concatenate([to_linear(rgba[..., :3]) * alpha, alpha], -1)
    for k in range(4):
        side = 8 >> k
        mean = premultiplied.reshape(side, 8 // side, side, 8 // side, 4).mean((1, 3))
        got = level(Texture.from_rgba(rgba), k)
        assert np.abs(got[..., :3].astype(int) - to_srgb(mean[..., :3].astype(np.float32))).max() <= 1
        assert np.abs(got[..., 3] - 255 * mean[..., 3]).max() <= 0.501


def test_what_is_painted_under_alpha_0_does_not_show() -> None:
    rgba = np.zeros((2, 2, 4), np.uint8)
    rgba[0, 0] = (200, 100, 50, 255)
    rgba[0, 1] = rgba[1, 0] = rgba[1, 1] = (0, 255, 0, 0)
    quarter = level(Texture.from_rgba(rgba), 1)[0, 0]
    expected = to_srgb(to_linear(np.uint8([200, 100, 50])) / 4)
    assert np.abs(quarter[:3].astype(int) - expected).max() <= 1
    assert quarter[3] == 64


@pytest.mark.parametrize("shape", [(6, 6, 4), (8, 4, 4), (8, 8, 3), (8, 8), (0, 0, 4)])
def test_what_is_no_texture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="power of two"):
        Texture.from_rgba(np.zeros(shape, np.uint8))


def test_floats_are_refused() -> None:
    with pytest.raises(InputError, match="float64"):
        Texture.from_rgba(np.zeros((8, 8, 4)))  # type: ignore[arg-type]


def test_a_stored_texture_that_is_too_short_is_refused() -> None:
    texture = Texture.from_rgba(np.zeros((8, 8, 4), np.uint8))
    with pytest.raises(InputError, match="expected uint8 \\(85, 4\\)"):
        Texture(texture.texels[:-1], 8)
