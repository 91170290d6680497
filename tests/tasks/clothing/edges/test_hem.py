import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.edges.hem import odd_at_hem, odd_at_waist
from manikin.tasks.clothing.outline.landmarks import Landmarks

U8 = NDArray[np.uint8]
SIZE = 400
NAVY, RED, WHITE, BEIGE = (35, 40, 90), (190, 20, 40), (235, 235, 235), (205, 190, 165)
CLOTH = np.s_[60:360, 100:300]
LINING, TAG, BORDER = np.s_[340:360, 230:290], np.s_[335:385, 140:165], np.s_[340:360, 100:300]


def landmarks(kind: str = "skirt") -> Landmarks:
    """Of a skirt 200 wide and 300 high."""
    points = {"hem_right": (100.0, 360.0), "hem_left": (300.0, 360.0)}
    points |= {"waist_right": (100.0, 60.0), "waist_left": (300.0, 60.0)}
    return Landmarks(kind, points, {}, (), {}, 0.95, 0.0, False)


def mask(*parts: tuple[slice, slice]) -> U8:
    out = np.zeros((SIZE, SIZE), np.uint8)
    for part in (CLOTH, *parts):
        out[part] = 255
    return out


def worn(*parts: tuple[tuple[slice, slice], tuple[int, int, int]]) -> U8:
    rgb = np.full((SIZE, SIZE, 3), BEIGE, np.uint8)
    for part, colour in ((CLOTH, NAVY), *parts):
        rgb[part] = colour
    return np.clip(rgb + np.random.default_rng(0).normal(0, 2, rgb.shape), 0, 255).astype(np.uint8)


def elsewhere(found: NDArray[np.bool_], part: tuple[slice, slice]) -> int:
    """Pixels of cloth found more than three pixels off a part and what is below it."""
    near = np.zeros((SIZE, SIZE), bool)
    near[part[0].start - 3 :, part[1].start - 3 : part[1].stop + 3] = True
    return int((found & ~near & (mask() > 0)).sum())


@pytest.mark.parametrize(("part", "colour"), [(LINING, RED), (TAG, WHITE)])
def test_a_lining_and_a_tag_that_look_out_at_a_hem_are_no_cloth(
    part: tuple[slice, slice], colour: tuple[int, int, int]
) -> None:
    found = odd_at_hem(worn((part, colour)), mask(part), landmarks())
    assert found[part].mean() > 0.95
    assert elsewhere(found, part) == 0


def test_ground_between_fringes_is_no_cloth_nor_is_what_hangs_below_it() -> None:
    slits = [np.s_[320:350, x : x + 12] for x in range(115, 290, 30)]
    rgb = worn(*((slit, BEIGE) for slit in slits))
    found = odd_at_hem(rgb, mask(), landmarks())
    for slit in slits:
        assert found[slit].mean() > 0.9
        assert found[350:360, slit[1]].all()
    assert not found[60:300].any()


def test_ground_within_lace_is_found_though_threads_blend_into_it() -> None:
    rgb = worn().astype(np.float32)
    lace = np.zeros((SIZE, SIZE), np.float32)
    lace[318:358, 220:280] = np.array([0.4, 0.8, 1.0, 1.0, 1.0, 1.0, 0.8, 0.4])[np.arange(40) % 8, None]
    rgb += lace[..., None] * (np.array(BEIGE, np.float32) - rgb)
    found = odd_at_hem(rgb.astype(np.uint8), mask(), landmarks())
    assert found[lace > 0.9].mean() > 0.9


@pytest.mark.parametrize("uneven", [0, 4])
def test_a_border_along_the_hem_is_the_garments_own(uneven: int) -> None:
    rgb = worn((BORDER, RED))
    rgb[340 : 340 + uneven, 100:200] = NAVY
    assert not odd_at_hem(rgb, mask(), landmarks()).any()


@pytest.mark.parametrize("along", [8, 3])
def test_what_some_of_the_hem_has_is_odd_but_for_colours_that_come_all_along_it(along: int) -> None:
    spots = [np.s_[344:360, 104 + 24 * k : 116 + 24 * k] for k in range(along)]
    found = odd_at_hem(worn(*((spot, RED) for spot in spots)), mask(), landmarks())
    assert found.any() == (along == 3)


@pytest.mark.parametrize("colour", [RED, BEIGE])
def test_a_print_that_goes_down_to_the_hem_stays(colour: tuple[int, int, int]) -> None:
    rgb = worn((np.s_[200:360, 180:220], colour))
    assert not odd_at_hem(rgb, mask(), landmarks()).any()


def test_the_end_of_a_zip_stays() -> None:
    teeth = [(np.s_[y : y + 3, 196:204], BEIGE) for y in range(320, 360, 4)]
    assert not odd_at_hem(worn(*teeth), mask(), landmarks()).any()


def test_a_motif_within_the_cloth_stays() -> None:
    rgb = worn((np.s_[320:340, 250:270], RED))
    assert not odd_at_hem(rgb, mask(), landmarks()).any()


def test_trousers_and_pictures_without_ground_are_left_alone() -> None:
    rgb = worn((LINING, RED))
    assert not odd_at_hem(rgb, mask(), landmarks("trousers")).any()
    assert not odd_at_hem(rgb, np.full((SIZE, SIZE), 255, np.uint8), landmarks()).any()


HANGER, SEEN_THROUGH, CLIP = np.s_[60:70, 100:300], np.s_[70:82, 130:270], np.s_[50:76, 110:128]


@pytest.mark.parametrize("kind", ["trousers", "skirt"])
def test_a_hanger_and_ground_below_it_are_no_cloth_of_a_waist(kind: str) -> None:
    found = odd_at_waist(worn((HANGER, WHITE), (SEEN_THROUGH, BEIGE)), mask(), landmarks(kind))
    assert found[SEEN_THROUGH].mean() > 0.95
    assert found[60:70, 130:270].mean() > 0.95
    assert not found[88:].any()


def test_a_clip_is_no_cloth_of_a_waist() -> None:
    found = odd_at_waist(worn((CLIP, WHITE)), mask(CLIP), landmarks("trousers"))
    assert found[CLIP].mean() > 0.95
    assert not found[80:].any()


def test_a_waistband_of_another_colour_is_the_garments_own_and_tops_have_no_waist() -> None:
    assert not odd_at_waist(worn((np.s_[60:80, 100:300], RED)), mask(), landmarks("trousers")).any()
    assert not odd_at_waist(worn((CLIP, WHITE)), mask(CLIP), landmarks("top")).any()
