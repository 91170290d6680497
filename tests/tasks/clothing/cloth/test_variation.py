"""Recolouring by table: what changes, what stays, and what it does to folds and prints."""

import numpy as np
import pytest

from manikin.tasks.clothing.cloth.oklab import to_oklab, to_srgb
from manikin.tasks.clothing.cloth.variation import (
    GRID,
    OWN,
    Cloth,
    Variation,
    as_it_is,
    cloth_weight,
    colour_table,
    main_colour,
)

NAVY, WHITE, RED, BLACK = (30, 40, 80), (236, 236, 232), (170, 40, 50), (28, 28, 30)
STEPS = np.rint(np.linspace(0, 255, GRID)).astype(np.uint8)


def shaded(colour: tuple[int, int, int], light: np.ndarray) -> np.ndarray:
    """A cloth under light (n,): what reflects a share of what the cloth does."""
    return to_srgb(to_oklab(np.uint8([colour])) * np.cbrt(light)[:, None])


def dyed(colour: tuple[int, int, int]) -> Variation:
    light, a, b = to_oklab(np.uint8(colour))
    return Variation(1, float(light), float(np.hypot(a, b)), float(np.rad2deg(np.arctan2(b, a)) % 360), OWN, 1.0)


def look_up(table: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """The table's nearest entry."""
    i, j, k = np.rint(np.asarray(rgb) / 255 * (GRID - 1)).astype(int).T
    return table[i, j, k].astype(int)


def test_oklab_of_known_colours():
    """White, and the paper's primaries."""
    lab = to_oklab(np.uint8([[255, 255, 255], [255, 0, 0], [0, 0, 255], [0, 0, 0]]))
    expected = [[1, 0, 0], [0.628, 0.2249, 0.1258], [0.452, -0.0324, -0.3115], [0, 0, 0]]
    np.testing.assert_allclose(lab, expected, atol=1e-3)


def test_oklab_comes_back():
    rgb = np.random.default_rng(0).integers(0, 256, (5000, 3)).astype(np.uint8)
    np.testing.assert_array_equal(to_srgb(to_oklab(rgb)), rgb)


def test_the_main_colour_is_the_cloths_and_not_the_mean():
    rng = np.random.default_rng(0)
    cloth = np.concatenate([shaded(NAVY, rng.uniform(0.7, 1.2, 700)), np.tile(np.uint8([WHITE]), (300, 1))])
    found = main_colour(cloth)
    assert np.abs(to_srgb(found.lab).astype(int) - NAVY).max() < 10
    assert found.share == pytest.approx(0.7, abs=0.02)
    assert main_colour(np.uint8([RED])).share == 1.0


def test_the_garment_as_it_is_keeps_every_colour():
    cloth = main_colour(shaded(NAVY, np.linspace(0.6, 1.3, 100)))
    table = colour_table(cloth, as_it_is(cloth))
    grid = np.stack(np.meshgrid(STEPS, STEPS, STEPS, indexing="ij"), axis=-1)
    near = cloth_weight(grid, cloth) > 0.9
    assert near.any()
    assert np.abs(table[near].astype(int) - grid[near]).max() <= 4
    assert (table[cloth_weight(grid, cloth) == 0] == grid[cloth_weight(grid, cloth) == 0]).all()


@pytest.mark.parametrize("new", [RED, WHITE, BLACK, (60, 100, 160)])
@pytest.mark.parametrize("old", [NAVY, WHITE, RED, BLACK])
def test_cloth_takes_the_new_colour_and_keeps_its_folds(old, new):
    folds = np.linspace(0.6, 1.0, 9)
    table = colour_table(main_colour(shaded(old, np.ones(10))), dyed(new))
    out = look_up(table, shaded(old, folds))
    assert np.abs(out[-1] - new).max() < 26  # a step of the grid, at the steepest
    light = to_oklab(out.astype(np.uint8))[:, 0]
    assert (np.diff(light) >= -0.02).all()
    assert 0.55 < light[0] / light[-1] < 0.99


def test_relative_lightness_is_kept_exactly_where_the_lightness_is():
    """From one hue to another of the same lightness a fold is as dark as it was, to the table's rounding."""
    old = main_colour(shaded(NAVY, np.ones(10)))
    table = colour_table(old, Variation(1, old.light, old.chroma, (old.hue_deg + 120) % 360, OWN, 1.0))
    grid = np.stack(np.meshgrid(STEPS, STEPS, STEPS, indexing="ij"), axis=-1)
    inside = (cloth_weight(grid, old) > 0.99) & (to_oklab(grid)[..., 0] < old.light)
    assert inside.sum() > 5
    np.testing.assert_allclose(to_oklab(table[inside])[:, 0], to_oklab(grid[inside])[:, 0], atol=0.02)


@pytest.mark.parametrize(("cloth", "mark"), [(NAVY, WHITE), (BLACK, WHITE), (WHITE, BLACK), (WHITE, RED), (NAVY, RED)])
def test_a_print_keeps_its_colours(cloth, mark):
    main = main_colour(np.uint8([cloth] * 8 + [mark] * 2))
    table = colour_table(main, dyed((50, 104, 70)))
    assert np.abs(look_up(table, np.uint8([mark]))[0] - mark).max() < 12
    assert np.abs(look_up(table, np.uint8([cloth]))[0] - (50, 104, 70)).max() < 30


def test_a_pattern_of_many_colours_turns_in_hue_together():
    main = Cloth(0.5, 0.12, 30.0, 0.2)
    mark = np.uint8([[40, 120, 60]])
    out = look_up(colour_table(main, Variation(1, 0.5, 0.12, 120.0, OWN, 1.0)), mark)[0].astype(np.uint8)
    (l0, a0, b0), (l1, a1, b1) = to_oklab(mark)[0], to_oklab(out)
    assert abs(l1 - l0) < 0.06
    turn = np.rad2deg(np.arctan2(b1, a1) - np.arctan2(b0, a0)) % 360
    assert turn == pytest.approx(90, abs=15)
    kept = look_up(colour_table(Cloth(0.5, 0.12, 30.0, 0.8), Variation(1, 0.5, 0.12, 120.0, OWN, 1.0)), mark)[0]
    assert np.abs(kept - mark[0]).max() < 12


def test_white_threads_in_denim_stay_white():
    """A thread half of whose dye is missing has half the dye of the new colour, not the complement of the old."""
    denim = main_colour(np.uint8([[66, 86, 120]] * 10))
    thread = to_srgb(denim.lab[None] * [1.2, 0.5, 0.5])
    black = look_up(colour_table(denim, dyed(BLACK)), thread)[0]
    assert np.ptp(black) < 14
