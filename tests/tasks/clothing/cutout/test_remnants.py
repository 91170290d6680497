import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.remnants import Places, remnants

U8 = NDArray[np.uint8]
RED, BEIGE, BLACK, BLUE = (180, 30, 40), (205, 190, 165), (20, 20, 20), (40, 60, 150)
SIZE = 380
SLIT, PRINT = np.s_[120:330, 112:120], np.s_[200:240, 160:210]
BAR = np.s_[70:78, 150:230]  # below the neck, where a hanger crosses it
HOOK = np.s_[10:50, 186:194]


def area(*parts: tuple[slice, slice]) -> U8:
    out = np.zeros((SIZE, SIZE), np.uint8)
    for part in parts:
        out[part] = 255
    return out


MASK = area(np.s_[50:340, 60:320])
PLACES = Places(area(np.s_[110:320, 135:300]), area(np.s_[100:340, 105:125]), area(np.s_[0:100, 140:240]))


def worn(cloth: tuple[int, int, int], ground: tuple[int, int, int]) -> U8:
    """A garment with a slit beside its sleeve, a print of the ground's colour, and a camera's noise."""
    rgb = np.where(MASK[..., None] > 0, cloth, ground).astype(np.uint8)
    rgb[SLIT] = rgb[PRINT] = ground
    return np.clip(rgb + np.random.default_rng(0).normal(0, 2, rgb.shape), 0, 255).astype(np.uint8)


def test_a_slit_beside_a_sleeve_is_ground_and_a_print_of_its_colour_is_cloth() -> None:
    found = remnants(worn(RED, BEIGE), MASK, PLACES) > 0
    assert found[SLIT].mean() > 0.95
    assert not (found & (area(np.s_[118:332, 108:124]) == 0)).any()


def test_the_fringe_of_a_hem_is_ground_though_the_outline_spans_it() -> None:
    rgb = worn(RED, BEIGE)
    rgb[PRINT] = RED
    places = PLACES._replace(heart=area(np.s_[110:345, 135:300]))
    fringe = np.zeros((SIZE, SIZE), bool)
    fringe[330:340, 130:310:12] = fringe[330:340, 131:310:12] = fringe[330:340, 132:310:12] = True
    fringe[330:340, 133:310:12] = True
    rgb[fringe] = BEIGE
    found = remnants(rgb, MASK, places) > 0
    assert found[fringe].mean() > 0.9
    assert found[330:340, 130:310].mean() < 0.5


@pytest.mark.parametrize(("hook", "is_taken"), [(BLACK, True), (BEIGE, False)])
def test_what_crosses_a_neck_is_a_hanger_if_it_stands_above_it_too(hook: tuple[int, int, int], is_taken: bool) -> None:
    rgb = worn(RED, BEIGE)
    rgb[BAR], rgb[HOOK] = BLACK, hook
    found = remnants(rgb, MASK, PLACES) > 0
    assert found[BAR].mean() > 0.9 if is_taken else not found[BAR].any()


def test_nothing_is_taken_from_cloth_of_the_grounds_colour() -> None:
    assert not remnants(worn((198, 184, 160), BEIGE), MASK, PLACES).any()


def test_a_garment_without_ground_about_it_keeps_all() -> None:
    assert not remnants(worn(RED, BLUE), np.full_like(MASK, 255), PLACES).any()


def shaded(cloth: tuple[int, int, int], ground: tuple[int, int, int]) -> U8:
    """A garment whose cut-out holds a strip of ground in the garment's own shadow, below its hem."""
    rgb = worn(cloth, ground)
    rgb[PRINT] = rgb[SLIT] = cloth
    rgb[SHADE] = np.array(ground) * 0.4
    return rgb


SHADE = np.s_[326:340, 150:300]


def test_coloured_ground_in_the_garments_shadow_is_ground() -> None:
    orange = (215, 150, 70)
    assert (remnants(shaded(BLUE, orange), MASK, PLACES) > 0)[SHADE].mean() > 0.9


def test_a_grey_hem_on_white_ground_is_cloth() -> None:
    """It is as dark as the ground in shade, and a white ground has no hue to tell it by."""
    assert not remnants(shaded(BLUE, (225, 225, 225)), MASK, PLACES).any()


def test_a_hem_of_the_cloths_hue_is_cloth() -> None:
    rgb = shaded(BLUE, (215, 150, 70))
    rgb[SHADE] = np.array(BLUE) * 0.4
    assert not remnants(rgb, MASK, PLACES).any()


def test_a_yoke_of_the_grounds_colour_that_goes_on_into_the_garment_is_cloth() -> None:
    rgb = worn(RED, BEIGE)
    rgb[PRINT] = RED
    yoke = np.s_[50:112, 60:320]
    rgb[yoke] = np.where((MASK[yoke] > 0)[..., None], BEIGE, rgb[yoke])
    places = PLACES._replace(heart=area(np.s_[180:320, 135:300]), neck=area())
    found = remnants(rgb, MASK, places) > 0
    assert not found[50:98, 60:320].any()
    assert found[SLIT].mean() > 0.9


GAP, MOTIF = np.s_[270:330, 112:142], np.s_[200:210, 200:210]  # the gap goes on into the trunk as its outline has it


def test_ground_goes_on_from_a_gap_into_the_trunk_and_a_motif_of_its_colour_stays() -> None:
    rgb = worn(RED, BEIGE)
    rgb[PRINT] = rgb[SLIT] = RED
    rgb[GAP] = rgb[MOTIF] = BEIGE
    found = remnants(rgb, MASK, PLACES) > 0
    assert found[GAP].mean() > 0.95
    assert not found[MOTIF].any()


def test_what_goes_on_from_a_hanger_in_a_neck_goes_with_it() -> None:
    rgb = worn(RED, BEIGE)
    rgb[BAR], rgb[HOOK], rgb[64:84, 150:160] = BLACK, BLACK, BLUE
    rgb[84:96, 200:210] = BLUE
    found = remnants(rgb, MASK, PLACES) > 0
    assert found[64:84, 150:160].all()
    assert not found[88:96, 200:210].any()
