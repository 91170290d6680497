"""What is painted from code: fabrics, bottoms, shoes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.fabric import PALETTES, TILE, weave
from manikin.tasks.clothing.looks.bottoms import KINDS, default_bottoms, make_bottoms
from manikin.tasks.clothing.looks.shoes import SHOES, default_shoes, make_shoes
from manikin.tasks.clothing.pattern.planes import across_limb
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.sizes.measure import crotch_height, waist_height
from manikin.tasks.errors import InputError

U8 = NDArray[np.uint8]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def alpha_of(front: BodyFront, rgba: U8) -> U8:
    """Alpha where a texel is on the body, 0 elsewhere."""
    return np.where(front.atlas.triangle >= 0, rgba[..., 3], 0)


@pytest.mark.parametrize("fabric", PALETTES)
def test_a_swatch_repeats_without_a_seam(fabric: str) -> None:
    swatch = weave(fabric, rng(3))
    tile = swatch.rgb.astype(int)
    for axis in (0, 1):
        inside = np.abs(np.diff(tile, axis=axis)).mean(axis=(1 - axis, 2)).max()
        across = np.abs(np.take(tile, 0, axis) - np.take(tile, -1, axis)).mean()
        assert across < inside + 2
    points = rng(1).uniform(-2, 2, (50, 2))
    shifted = points + np.array([1, -3]) * swatch.side
    np.testing.assert_allclose(swatch.at(points), swatch.at(shifted), atol=0.05)


@pytest.mark.parametrize("fabric", PALETTES)
def test_a_swatch_has_the_colour_asked_for(fabric: str) -> None:
    swatch = weave(fabric, rng(5), (120, 90, 60))
    assert swatch.rgb.shape == (TILE, TILE, 3)
    np.testing.assert_allclose(swatch.rgb.reshape(-1, 3).mean(axis=0), (120, 90, 60), atol=14)


def test_a_swatch_gives_back_its_pixels() -> None:
    swatch = weave("denim", rng())
    y, x = np.mgrid[:TILE:16, :TILE:16]
    points = np.stack([x, y], axis=-1) / TILE * swatch.side
    np.testing.assert_allclose(swatch.at(points), swatch.rgb[y, x], atol=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_bottoms_cover_what_they_should(front: BodyFront, kind: str) -> None:
    layer = make_bottoms(front, kind, weave("denim", rng()), rng())
    alpha, y = alpha_of(front, layer.rgba), front.position[..., 1]
    assert layer.category == ("shorts" if kind == "shorts" else "trousers")
    waist, crotch = waist_height(front), crotch_height(front)
    assert not alpha[front.is_part("head", "neck", "arm", "hand")].any()
    assert not alpha[y > waist + 0.01].any()
    trunk = front.is_flat & front.is_part("torso", "leg") & (y < waist - 0.01) & (y > crotch)
    assert (alpha[trunk] == 255).all()
    for side, sign in (("left", 1), ("right", -1)):
        end = across_limb(front, "leg", side, layer.extent.leg or 0.0).inside(front.position)
        leg = (
            front.is_flat
            & front.is_part(f"{side}_upper_leg", f"{side}_lower_leg")
            & (sign * front.position[..., 0] > 0)
        )
        assert (alpha[leg & (end > 0.01) & (y < crotch)] == 255).all()
        assert not alpha[leg & (end < -0.01)].any()


def test_trousers_are_even_on_both_sides(front: BodyFront) -> None:
    alpha = alpha_of(front, make_bottoms(front, "shorts", weave("twill", rng()), rng()).rgba) > 127
    area = front.texel_size**2
    left, right = ((area * alpha)[sign * front.position[..., 0] > 0].sum() for sign in (1, -1))
    assert abs(left - right) < 0.01 * left


def test_denim_is_blue_all_around_the_leg(front: BodyFront) -> None:
    layer = make_bottoms(front, "trousers", weave("denim", rng(), (40, 52, 78)), rng())
    for turned in (front.facing > 0.3, front.facing < -0.3, np.abs(front.facing) < 0.2):
        shown = layer.rgba[turned & front.is_flat & (layer.rgba[..., 3] == 255)][:, :3].mean(axis=0)
        assert shown[2] > shown[0] + 15


@pytest.mark.parametrize("style", SHOES)
def test_shoes_cover_the_feet_and_no_ankle(front: BodyFront, style: str) -> None:
    layer = make_shoes(front, style)
    alpha, y = alpha_of(front, layer.rgba), front.position[..., 1]
    feet = front.is_part("foot", "lower_leg") & (front.atlas.triangle >= 0)
    assert (alpha[feet & (y < 0.065)] == 255).all()
    assert not alpha[feet & (y > 0.135)].any()
    assert not alpha[~front.is_part("foot", "lower_leg")].any()
    upper = front.is_part("foot") & (np.abs(y - 0.05) < 0.015) & (front.normal[..., 2] < -0.3)  # about the heel
    np.testing.assert_allclose(np.median(layer.rgba[upper][:, :3], axis=0), SHOES[style].upper, atol=30)


@pytest.mark.parametrize("make", [default_bottoms, default_shoes])
def test_the_callers_randomness_decides(front: BodyFront, make) -> None:
    once, again = make(front, rng(7)), make(front, rng(7))
    np.testing.assert_array_equal(once.rgba, again.rgba)
    assert len({make(front, rng(k)).id for k in range(6)}) > 2


@pytest.mark.parametrize("layer", ["bottoms", "shoes"])
def test_colours_go_on_beyond_alpha(front: BodyFront, layer: str) -> None:
    rgba = make_bottoms(front, "shorts", weave("wool", rng()), rng()).rgba if layer == "bottoms" else None
    rgba = make_shoes(front, "navy_canvas").rgba if rgba is None else rgba
    assert (rgba[..., :3].max(axis=-1) > 10).all()  # nothing black for a mip level to mix in


def test_unknown_names_are_refused(front: BodyFront) -> None:
    with pytest.raises(InputError, match='fabric "silk": unknown; expected one of denim'):
        weave("silk", rng())
    with pytest.raises(InputError, match='bottoms "kilt": unknown; expected one of trousers'):
        make_bottoms(front, "kilt", weave("wool", rng()), rng())
    with pytest.raises(InputError, match='shoes "clogs": unknown; expected one of white_sneaker'):
        make_shoes(front, "clogs")
