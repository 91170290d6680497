import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.limbs import Sleeve
from manikin.tasks.clothing.cloth.plain import Plain, plain_cloth
from tests.drawn_top import SIZE, inside, trunk

U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]
CLOTH = np.array([60, 110, 160])
WHITE = np.array([240, 240, 235])


def nowhere() -> Mask:
    return np.zeros((SIZE, SIZE), bool)


def picture(grain: float = 3) -> U8:
    noise = np.random.default_rng(3).normal(0, grain, (SIZE, SIZE, 1))
    return np.clip(CLOTH + noise, 0, 255).astype(np.uint8)


def back(rgb: U8, marks: Mask | None = None, opening: Mask | None = None, top: Mask | None = None) -> U8 | None:
    none = nowhere()
    made = plain_cloth(rgb, none if marks is None else marks, none if opening is None else opening, inside(), top)
    return None if made is None else made.back


def far(made: U8 | None, colour: NDArray[np.int64]) -> NDArray[np.int64]:
    assert made is not None
    return np.asarray(np.abs(cv2.GaussianBlur(made, (0, 0), 2).astype(np.int64) - colour).max(axis=-1))


def letters(rgb: U8) -> U8:
    for x in range(56, 136, 10):
        rgb[90:130, x : x + 4] = WHITE
    return rgb


def test_unmarked_lettering_from_side_to_side_is_not_behind() -> None:
    assert far(back(letters(picture()), top=trunk()), CLOTH)[40:170, 60:132].max() < 8


def test_sleeves_are_behind_what_they_are_in_front() -> None:
    rgb = picture()
    rgb[40:60, 18:30] = WHITE
    made = back(rgb, top=trunk())
    assert made is not None
    assert (made[:, :38] == rgb[:, :38]).all()


def test_a_garment_without_trunk_is_made_anew_all_over() -> None:
    rgb = picture()
    rgb[30:40, 90:100] = WHITE
    assert far(back(rgb), CLOTH)[inside()].max() < 8


def large(rgb: U8, more: NDArray[np.float64]) -> U8:
    return np.clip(np.kron(rgb, np.ones((4, 4, 1))) + more[..., None], 0, 255).astype(np.uint8)


def test_the_grain_of_the_cloth_goes_on() -> None:
    noise = np.random.default_rng(4).normal(0, 8, (4 * SIZE, 4 * SIZE))
    rgb = large(letters(picture(0)), noise)
    made = back(rgb, top=trunk())
    assert made is not None
    grains = [
        np.std(p.astype(float) - cv2.GaussianBlur(p, (0, 0), 8))
        for p in (made[368:512, 240:520], rgb[560:672, 240:520])
    ]
    assert grains[0] == pytest.approx(grains[1], rel=0.25)


def test_creases_do_not_go_on_behind() -> None:
    """Patches of them, laid side by side, look like the grain of wood."""
    x = np.arange(4 * SIZE)
    creases = np.tile(5 * np.sin(2 * np.pi * x / 32), (4 * SIZE, 1))
    rgb = large(letters(picture(0)), creases)
    made = back(rgb, top=trunk())
    assert made is not None
    soft = cv2.GaussianBlur(made[240:640, 250:520], (0, 0), 4).astype(float)
    assert np.std(soft, axis=1).max() < 1


def deeply_folded(colour: NDArray[np.int64]) -> U8:
    """Return cloth in folds of all lightness from 0.4 to 1.2 of its own, and another colour in every other one."""
    y, x = np.mgrid[:SIZE, :SIZE]
    along = (x + 3 * np.sin(y / 9)) / 11
    depth = 0.4 + 1.6 * np.abs(along - np.rint(along))
    cloth = np.where((along.astype(np.int64) % 2)[..., None] > 0, CLOTH, colour)
    return np.clip(cloth * depth[..., None], 0, 255).astype(np.uint8)


def test_deep_folds_of_one_colour_are_plain_and_those_of_two_are_not() -> None:
    assert back(deeply_folded(CLOTH), top=trunk()) is not None
    assert back(deeply_folded(np.array([110, 110, 60])), top=trunk()) is None


def test_light_goes_on() -> None:
    slope = np.linspace(0.8, 1.1, SIZE)[None, :, None]
    rgb = letters(np.clip(picture() * slope, 0, 255).astype(np.uint8))
    assert far(back(rgb, top=trunk()), np.asarray(CLOTH * slope, np.int64))[50:160, 62:130].max() < 14


def test_a_yoke_and_a_belt_go_round() -> None:
    rgb, dark = picture(), np.array([30, 30, 35])
    rgb[:80] = dark
    rgb[130:140] = WHITE
    rgb[90:120, 80:110] = WHITE
    made = back(rgb, top=trunk())
    assert far(made, dark)[50:74, 62:130].max() < 12
    assert far(made, CLOTH)[86:124, 62:130].max() < 12
    assert far(made, WHITE)[134:136, 62:130].max() < 40


def test_what_an_opening_hides_has_the_colour_below_it() -> None:
    rgb, opening = picture(), nowhere()
    rgb[:60] = WHITE
    opening[:60, 55:137] = True
    assert far(back(rgb, opening=opening, top=trunk()), CLOTH)[42:56, 70:120].max() < 12


def test_marks_are_no_cloth_to_copy() -> None:
    rgb, marks = picture(), nowhere()
    rgb[100:120, 70:120] = CLOTH + 18
    marks[96:124, 66:124] = True
    assert far(back(rgb, marks, top=trunk()), CLOTH)[100:120, 70:120].max() < 8


def stripes() -> U8:
    return np.where((np.arange(SIZE) // 5 % 2 == 0)[:, None, None], picture(), WHITE).astype(np.uint8)


def checks() -> U8:
    y, x = np.mgrid[:SIZE, :SIZE]
    return np.where(((x % 14 < 4) | (y % 14 < 4))[..., None], CLOTH * 0.7, picture()).astype(np.uint8)


def dots() -> U8:
    rgb = picture()
    for y in range(4, SIZE, 10):
        for x in range(4 + y % 20 // 2, SIZE, 10):
            cv2.circle(rgb, (x, y), 2, WHITE.tolist(), cv2.FILLED)
    return rgb


@pytest.mark.parametrize("pattern", [stripes, checks, dots])
def test_patterned_cloth_is_not_plain(pattern: object) -> None:
    assert callable(pattern)
    assert back(pattern(), top=trunk()) is None


def test_folded_cloth_is_plain() -> None:
    folds = cv2.GaussianBlur(np.random.default_rng(5).normal(0, 1, (SIZE, SIZE)), (0, 0), 2)
    light = 1 + 0.14 * folds / folds.std()
    rgb = np.clip(CLOTH * light[..., None], 0, 255).astype(np.uint8)
    assert back(rgb, top=trunk()) is not None


def test_where_a_print_is_nearly_all_of_a_trunk_the_grain_is_the_sleeves() -> None:
    rgb, marks = picture(6), nowhere()
    marks[40:170, 56:136] = True
    rgb[90:130, 56:136:4] = WHITE
    made = back(rgb, marks, top=trunk())
    assert made is not None
    grain = made[60:160, 64:128] - cv2.GaussianBlur(made, (0, 0), 2)[60:160, 64:128].astype(float)
    sleeve = rgb[32:68, 17:40] - cv2.GaussianBlur(rgb, (0, 0), 2)[32:68, 17:40].astype(float)
    assert grain.std() == pytest.approx(sleeve.std(), rel=0.3)


def test_few_rows_of_another_colour_are_no_band() -> None:
    rgb = picture()
    rgb[100:102] = WHITE
    assert far(back(rgb, top=trunk()), WHITE)[90:112, 62:130].min() > 60


SLEEVES = (
    Sleeve(np.array([[142.0, 30.0], [177.0, 30.0]]), np.array([[142.0, 70.0], [177.0, 70.0]])),
    Sleeve(np.array([[50.0, 30.0], [15.0, 30.0]]), np.array([[50.0, 70.0], [15.0, 70.0]])),
)


def sleeved(rgb: U8) -> Plain:
    made = plain_cloth(rgb, nowhere(), nowhere(), inside(), trunk(), SLEEVES)
    assert made is not None
    return made


def test_blotches_go_from_sleeves_in_front_and_behind() -> None:
    rgb = picture()
    rgb[36:64, 152:168] = CLOTH * 0.6
    rgb[40:60, 20:36] = np.minimum(CLOTH * 1.3, 255)
    for side in sleeved(rgb)[:2]:
        assert far(side, CLOTH)[34:66, 18:48].max() < 18
        assert far(side, CLOTH)[34:66, 145:174].max() < 18


def test_sleeves_shaded_as_a_whole_are_as_light_as_the_trunk() -> None:
    rgb = picture()
    rgb[:72, :48] = CLOTH * 0.9
    assert far(sleeved(rgb).front, CLOTH)[36:64, 20:44].max() < 8


@pytest.mark.parametrize("x", [slice(150, 160), slice(166, 177)])
def test_bands_and_cuffs_of_another_colour_stay_on_sleeves(x: slice) -> None:
    rgb = picture()
    rgb[:72, x] = (200, 40, 40)
    made = sleeved(rgb)
    for side in made[:2]:
        assert far(side, np.array([200, 40, 40]))[38:62, x.start + 4 : x.stop - 4].max() < 50


def test_sleeves_of_another_colour_stay() -> None:
    rgb = picture()
    rgb[:72, :48] = rgb[:72, 144:] = WHITE
    made = sleeved(rgb)
    for side in made[:2]:
        assert far(side, WHITE)[38:62, 22:40].max() < 12


def test_patterned_sleeves_stay() -> None:
    rgb = picture()
    rgb[:72, 144:] = np.random.default_rng(2).integers(0, 256, (72, 48, 3))
    made = sleeved(rgb)
    assert (made.front[34:66, 150:172] == rgb[34:66, 150:172]).all()


def test_folds_go_from_flanks_and_stay_in_the_middle() -> None:
    rgb = picture()
    for x in (54, 96):
        rgb[90:150, x : x + 6] = CLOTH * 0.8
    front = sleeved(rgb).front
    assert far(front, CLOTH)[95:145, 52:60].max() < 16
    assert far(front, CLOTH)[95:145, 97:101].min() > 12


def test_prints_reach_over_flanks() -> None:
    rgb = picture()
    rgb[90:130, 54:120] = WHITE
    assert far(sleeved(rgb).front, WHITE)[95:125, 60:116].max() < 12


def test_pockets_that_the_armhole_cuts_go_whole_and_others_stay() -> None:
    rgb, marks = picture(), nowhere()
    for y, x in ((38, 125), (90, 80)):
        part = np.s_[y : y + 24, x : x + 28]
        rgb[part], marks[part] = WHITE, True
    made = plain_cloth(rgb, marks, nowhere(), inside(), trunk(), SLEEVES)
    assert made is not None
    assert far(made.front, CLOTH)[42:58, 128:150].max() < 25
    assert far(made.front, WHITE)[94:110, 84:104].max() < 25


def test_a_fronts_folds_are_softened() -> None:
    rgb = picture()
    rgb[90:150, 70:80] = CLOTH * 0.8
    front = sleeved(rgb).front.astype(float)
    before, after = (p[95:145, 84:88].mean() - p[95:145, 73:77].mean() for p in (rgb.astype(float), front))
    assert 0.2 * before < after < 0.7 * before


@pytest.mark.parametrize("has_both", [True, False])
def test_a_yoke_that_a_deep_opening_hides_goes_round_if_both_shoulders_have_it(has_both: bool) -> None:
    rgb, opening = picture(), nowhere()
    rgb[30:80, 60 : 132 if has_both else 90] = (25, 25, 30)
    rgb[30:70, 85:107] = CLOTH  # the collar
    opening[:110, 50:142] = True
    made = back(rgb, opening=opening, top=trunk())
    assert far(made, np.array([25, 25, 30] if has_both else CLOTH))[45:70, 70:122].max() < 20
    assert far(made, CLOTH)[90:165, 65:127].max() < 12


@pytest.mark.parametrize(("last", "colour", "goes"), [(180, CLOTH, True), (150, CLOTH, False), (180, WHITE, False)])
def test_marks_of_the_cloths_own_colour_down_to_the_hem_are_folds(
    last: int, colour: NDArray[np.int64], goes: bool
) -> None:
    rgb, marks = picture(), nowhere()
    rgb[90:last, 76:84] = colour * 0.8
    marks[88:last, 74:86] = True
    made = plain_cloth(rgb, marks, nowhere(), inside(), trunk())
    assert made is not None
    before, after = (
        np.abs(p[100:145, 92:100].mean(axis=(0, 1)) - p[100:145, 78:82].mean(axis=(0, 1))).max()
        for p in (rgb, made.front)
    )
    assert (after < 0.7 * before) == goes
    assert goes or after > 0.9 * before
