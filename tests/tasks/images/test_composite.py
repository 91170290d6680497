from typing import Any

import numpy as np
import pytest

from manikin.tasks.errors import InputError
from manikin.tasks.images.colour import to_srgb
from manikin.tasks.images.composite import MODES, composite, over
from manikin.tasks.images.harmonize import soften_edge
from manikin.tasks.images.poisson import BAND
from manikin.tasks.images.rasterize import NumbaRenderer
from manikin.tasks.images.renderer import Frame

SIZE = 256


@pytest.fixture(scope="module")
def person(scenes: Any) -> Frame:
    """A skin-coloured ball, evenly lit, a third of the picture wide."""
    s = scenes.sphere(0.5).moved(0, 0, 3)
    layers = [scenes.colour(190, 140, 115, 255)]
    return NumbaRenderer().render(
        s.mesh, s.vertices, s.normals, layers, scenes.camera(SIZE, SIZE, 256.0), scenes.ambient(0.8)
    )


def plain(*colour: int) -> np.ndarray:
    return np.broadcast_to(np.uint8(colour), (SIZE, SIZE, 3)).copy()


def half_plane(colour: tuple[int, int, int], first: int) -> Frame:
    rgba = np.zeros((SIZE, SIZE, 4), np.uint8)
    rgba[:, first:] = (*colour, 255)
    normal = np.zeros((SIZE, SIZE, 3), np.int8)
    normal[..., 2] = -127
    return Frame(rgba, np.zeros((SIZE, SIZE), np.float32), normal, np.zeros((SIZE, SIZE), np.uint8))


@pytest.mark.parametrize("mode", MODES)
def test_strength_0_is_alpha(mode: str, person: Frame) -> None:
    background = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3)).astype(np.uint8)
    np.testing.assert_array_equal(composite(mode, person, background, 0.0, 7), over(person.rgba, background))


@pytest.mark.parametrize("mode", MODES)
def test_inputs_stay_and_bytes_repeat(mode: str, person: Frame) -> None:
    background = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3)).astype(np.uint8)
    before = person.rgba.copy(), background.copy()
    first = composite(mode, person, background, 0.8, 7)
    np.testing.assert_array_equal(composite(mode, person, background, 0.8, 7), first)
    np.testing.assert_array_equal(person.rgba, before[0])
    np.testing.assert_array_equal(background, before[1])


@pytest.mark.parametrize("mode", ["alpha", "poisson"])
def test_background_is_untouched_where_nobody_is(mode: str, person: Frame) -> None:
    background = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3)).astype(np.uint8)
    out = composite(mode, person, background, 1.0, 7)
    np.testing.assert_array_equal(out[person.mask == 0], background[person.mask == 0])


def test_alpha_mixes_light_not_code_values() -> None:
    rgba = np.full((1, 1, 4), 255, np.uint8)
    rgba[..., 3] = 128
    assert over(rgba, np.zeros((1, 1, 3), np.uint8))[0, 0, 0] == int(to_srgb(np.float32(128 / 255)))


def test_an_empty_frame_leaves_the_background(person: Frame) -> None:
    empty = Frame(np.zeros_like(person.rgba), person.depth * 0, person.normal * 0, person.part * 0)
    for mode in ("alpha", "poisson"):
        np.testing.assert_array_equal(composite(mode, empty, plain(9, 99, 199), 1.0, 0), plain(9, 99, 199))
    assert np.abs(composite("harmonized", empty, plain(9, 99, 199), 1.0, 0).astype(int) - [9, 99, 199]).max() < 15


# -- poisson


def test_poisson_solves_laplaces_equation_in_the_band() -> None:
    """Between two straight borders the solution falls in a straight line, from two fifths of the step to zero."""
    frame, background = half_plane((200, 180, 60), 100), plain(80, 90, 100)
    out = composite("poisson", frame, background, 1.0, 0).astype(float)
    step = out - frame.rgba[..., :3]
    for c, difference in enumerate((-120, -90, 40)):
        expected = [0.4 * difference * (1 - d / BAND) for d in range(1, BAND)]
        np.testing.assert_allclose(step[128, 100 : 100 + BAND - 1, c], expected, atol=0.75)
    assert not step[:, 100 + BAND :].any()


def test_poisson_is_smooth_around_corners(person: Frame) -> None:
    """Inside the band of a ball each pixel's change is the mean of its neighbours', to rounding."""
    background = plain(0, 0, 0)
    out = composite("poisson", person, background, 1.0, 0).astype(float)
    step = (out - over(person.rgba, background))[..., 0]
    inside = person.mask == 255
    changed = inside & (step != 0)
    for axis in (0, 1):
        for shift in (1, -1):
            changed &= np.roll(inside & (step != 0), shift, axis)
    mean = sum(np.roll(step, s, a) for s in (1, -1) for a in (0, 1)) / 4
    assert changed.sum() > 200
    assert np.abs(step - mean)[changed].mean() < 1.5


@pytest.mark.parametrize("colour", [(20, 60, 220), (250, 250, 250), (5, 5, 5), (30, 160, 40)])
def test_poisson_keeps_the_persons_colours_and_softens_the_edge(person: Frame, colour: tuple[int, int, int]) -> None:
    background = plain(*colour)
    alpha, poisson = (composite(m, person, background, 1.0, 0).astype(float) for m in ("alpha", "poisson"))
    middle = np.hypot(*(np.mgrid[:SIZE, :SIZE] + 0.5 - 128)) < 36
    np.testing.assert_array_equal(poisson[middle], alpha[middle])
    shift = np.abs((poisson - alpha)[person.mask == 255].mean(0))
    assert shift.max() < 12
    row_alpha, row_poisson = np.abs(np.diff(alpha[128], axis=0)).max(0), np.abs(np.diff(poisson[128], axis=0)).max(0)
    assert (row_poisson <= row_alpha + 1).all()
    assert row_poisson.sum() < 0.85 * row_alpha.sum()


def test_poisson_does_not_make_thin_limbs_vanish() -> None:
    rgba = np.zeros((SIZE, SIZE, 4), np.uint8)
    rgba[:, 100:104] = (200, 150, 120, 255)
    frame = Frame(rgba, np.zeros((SIZE, SIZE), np.float32), np.zeros((SIZE, SIZE, 3), np.int8), rgba[..., 3])
    out = composite("poisson", frame, plain(0, 0, 0), 1.0, 0)
    assert out[128, 100:104, 0].min() > 150


# -- harmonized


def contrast(image: np.ndarray, person: Frame, axis: int, channel: int = 0) -> float:
    """Return light of the person's one side over the other's: top over bottom (0) or left over right (1)."""
    place = np.mgrid[:SIZE, :SIZE][axis]
    inside = person.mask == 255
    low, high = (image[..., channel][inside & m].mean() for m in (place < 118, place > 138))
    return float(low / high)


def test_light_of_the_photo_falls_on_the_person(person: Frame) -> None:
    for axis in (0, 1):
        background = plain(20, 20, 20)
        bright = np.moveaxis(background, axis, 0)
        bright[:128] = 240
        lit, dark = composite("harmonized", person, background, 1.0, 0), composite("alpha", person, background, 1.0, 0)
        assert contrast(lit, person, axis) > 1.2 * contrast(dark, person, axis)


def test_even_grey_light_changes_little(person: Frame) -> None:
    """118 is middle grey, 18 % of white: what the person was exposed for."""
    out = composite("harmonized", person, plain(118, 118, 118), 1.0, 0).astype(float)
    whole = person.mask == 255
    assert np.abs(out[whole].mean(0) - person.rgba[whole][:, :3].mean(0)).max() < 16


def test_colour_of_the_photo_tints_the_person_but_mildly(person: Frame) -> None:
    whole = person.mask == 255
    before = person.rgba[whole][:, :3].mean(0)
    warm = composite("harmonized", person, plain(220, 130, 60), 1.0, 0)[whole].mean(0)
    cold = composite("harmonized", person, plain(60, 130, 220), 1.0, 0)[whole].mean(0)
    assert warm[0] / warm[2] > before[0] / before[2] > cold[0] / cold[2]
    assert np.abs(np.concatenate([warm, cold]) - np.tile(before, 2)).max() < 90


def test_a_dark_photo_darkens_and_a_bright_one_brightens(person: Frame) -> None:
    dark, bright = (
        composite("harmonized", person, plain(v, v, v), 1.0, 0)[person.mask == 255].mean() for v in (15, 230)
    )
    assert dark < person.rgba[person.mask == 255][:, :3].mean() < bright


def test_grain_is_the_seeds(person: Frame) -> None:
    a, b, c = (composite("harmonized", person, plain(90, 90, 90), 1.0, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert (a != c).mean() > 0.3


def test_edges_soften_and_nothing_else(person: Frame) -> None:
    image = over(person.rgba, np.random.default_rng(0).integers(0, 60, (SIZE, SIZE, 3)).astype(np.uint8))
    soft = soften_edge(image, person.mask, 1.0)
    assert (
        np.abs(np.diff(soft[128, :, 0].astype(int))).max() < 0.8 * np.abs(np.diff(image[128, :, 0].astype(int))).max()
    )
    far = np.abs(np.hypot(*(np.mgrid[:SIZE, :SIZE] + 0.5 - 128)) - 43.3) > 4
    np.testing.assert_array_equal(soft[far], image[far])


# -- what is refused


def test_an_unknown_mode_is_refused(person: Frame) -> None:
    with pytest.raises(InputError, match="'clone'; choose one of: alpha, poisson, harmonized"):
        composite("clone", person, plain(0, 0, 0), 1.0, 0)


def test_another_size_is_refused(person: Frame) -> None:
    with pytest.raises(InputError, match=r"\(128, 256, 3\); expected uint8 \(256, 256, 3\)"):
        composite("alpha", person, plain(0, 0, 0)[:128], 1.0, 0)


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_strength_beyond_1_is_refused(person: Frame, strength: float) -> None:
    with pytest.raises(InputError, match="expected 0 to 1"):
        composite("harmonized", person, plain(0, 0, 0), strength, 0)
