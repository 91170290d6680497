from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.outline.landmarks import Landmarks, Straps
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.sizes.hanging import (
    dress_hem,
    dress_scale,
    natural_waist,
    shoulder_height,
    skirt_hem,
    skirt_waist,
    trunk_widths,
    waist_along,
    without_sleeves,
)
from manikin.tasks.clothing.sizes.measure import crotch_height, hangs, measure, waist_height
from manikin.tasks.clothing.sizes.profile import Profile

F64 = NDArray[np.float64]

CHEST = 42.0  # flat centimetres of a dress of a middling size


def rows_of(length: float, widths: F64, pixels: float = 1.0) -> Profile:
    """Rows of a garment so long, its widths evenly down it, in pixels of a centimetre or less."""
    half = 0.5 * pixels * np.interp(np.linspace(0, 1, 129), np.linspace(0, 1, len(widths)), widths)
    axes = np.array([0.0, 1.0]), np.array([1.0, 0.0])
    end = np.full(33, pixels * length)
    return Profile(np.zeros(2), *axes, pixels * length, half, half, 0 * end, end, (end[0], end[0]))


def outline(kind: str, length: float, chest: float, sleeve: float = 60.0) -> Landmarks:
    """A top or vest laid flat, upright, in pixels of a centimetre."""
    edges, points = {}, {}
    for side, s in (("left", 1), ("right", -1)):
        edges[f"side_{side}"] = np.array([[s * chest / 2, 22.0], [s * chest / 2, length]])
        edges[f"shoulder_{side}"] = np.array([[s * 8.0, 0.0], [s * 18.0, 3.0]])
        points |= {f"{n}_{side}": (s * chest / 2, y) for n, y in (("armpit", 22.0), ("waist", 40.0), ("hem", length))}
        if kind == "top":
            edges[f"sleeve_outer_{side}"] = np.array([[s * 18.0, 3.0], [s * 25.0, 3.0 + sleeve]])
            edges[f"sleeve_inner_{side}"] = np.array([[s * 18.0, 3.0 + sleeve], [s * chest / 2, 22.0]])
    measures = {f"{n}_half": chest / 2 for n in ("chest", "waist", "hem")} | {
        "neck_half": 8.0,
        "shoulder_half": 18.0,
        "hem_y": length,
    }
    return Landmarks(kind, points, edges, (), measures, 0.95, 0.0, has_hood=False)


def straight(length: float, chest: float = CHEST) -> Profile:
    return rows_of(length, np.array([chest, chest]))


def test_the_trunk_is_narrowest_at_the_waist(front: BodyFront) -> None:
    widths = trunk_widths(front, np.array([1.2, 1.1, 0.9]))
    assert widths[1] < widths[0]
    assert widths[1] < widths[2]
    assert ((widths > 0.3) & (widths < 0.6)).all()


def test_a_dress_ends_where_it_does_on_a_body_that_it_fits(front: BodyFront) -> None:
    hems = [dress_hem(front, outline("vest", length, CHEST), straight(length)) for length in (75, 95, 115, 140)]
    assert hems[0] > 0.58 > hems[1] > 0.40 > hems[2] > hems[3] > 0.1
    assert shoulder_height(front) > 1.3


def test_dresses_are_cut_closer_so_their_sleeves_reach_less_far(front: BodyFront) -> None:
    made = outline("top", 95, CHEST, sleeve=20.0)
    dress, top = (measure(front, made, category, straight(95))[1].sleeve or 0 for category in ("dress", "top"))
    assert 0.8 * top < dress < 0.97 * top


@pytest.mark.parametrize("pixels", [0.3, 7.0])
def test_a_photo_has_no_scale(front: BodyFront, pixels: float) -> None:
    widths, vest = np.array([CHEST, CHEST, 60.0]), outline("vest", 95, CHEST)
    usual = dress_hem(front, vest, rows_of(95, widths))
    scaled = replace(vest, measures={name: pixels * value for name, value in vest.measures.items()})
    assert dress_hem(front, scaled, rows_of(95, widths, pixels)) == pytest.approx(usual, abs=1e-6)


def test_the_longest_dresses_are_measured_on_the_trunk_and_not_on_the_hips(front: BodyFront) -> None:
    made = with_shoulders(outline("vest", 160, CHEST), 10.0)
    widths = np.array([CHEST] * 3 + [CHEST + 30.0 * t for t in np.linspace(0, 1, 6)])
    scale = dress_scale(front, made, rows_of(160, widths))
    assert scale == pytest.approx(dress_scale(front, made, straight(160)), rel=0.02)
    assert scale < 1.12 * dress_scale(front, outline("vest", 95, CHEST), straight(95))


def test_a_dress_that_flares_from_the_armpits_goes_round_the_chest(front: BodyFront) -> None:
    flare = rows_of(95, np.array([40.0, 60.0, 80.0, 100.0]))
    chest = trunk_widths(front, np.array(1.25))
    assert 0.9 * chest < dress_scale(front, outline("vest", 95, 40.0), flare) * 40.0 < chest


def test_a_wider_hem_makes_no_shorter_dress(front: BodyFront) -> None:
    vest = outline("vest", 95, CHEST)
    flared = np.array([CHEST] * 5 + [50.0, 65.0, 80.0, 90.0])
    assert dress_hem(front, vest, rows_of(95, flared)) == pytest.approx(dress_hem(front, vest, straight(95)), abs=0.02)


def test_sleeves_beside_the_trunk_make_no_shorter_dress(front: BodyFront) -> None:
    beside = np.array([70.0, 70.0, 70.0, CHEST, CHEST])
    top = outline("top", 95, CHEST)
    assert dress_hem(front, top, rows_of(95, beside)) == pytest.approx(dress_hem(front, top, straight(95)), abs=0.01)


def flared(waist: float, hem: float) -> Landmarks:
    """A vest of 95 cm whose waist at 40 cm and hem are so wide."""
    made = outline("vest", 95, CHEST)
    return replace(made, measures=made.measures | {"waist_half": waist / 2, "hem_half": hem / 2})


def test_sleeves_beside_the_trunk_are_no_part_of_the_rows_but_a_flare_is() -> None:
    widths = np.full(129, CHEST)
    widths[20:60], widths[110:] = 70.0, 60.0
    rows, lines = rows_of(100.0, widths), outline("top", 100.0, CHEST)
    less = without_sleeves(lines, rows)
    for reach, before in ((less.left, rows.left), (less.right, rows.right)):
        assert reach[25:55] == pytest.approx(CHEST / 2)
        assert (reach[62:] == before[62:]).all()
    assert without_sleeves(replace(lines, kind="vest"), rows) is rows


def test_a_dress_that_flares_from_its_waist_is_as_long_as_from_there(front: BodyFront) -> None:
    gathered, fitted = (flared(waist, 90.0) for waist in (30.0, 38.0))
    rows = [rows_of(95, np.array([CHEST, CHEST, m, 90.0])) for m in (30.0, 38.0)]
    assert waist_along(gathered, rows[0]) == waist_along(fitted, rows[1]) == 40.0
    hems = [dress_hem(front, made, at) for made, at in zip((gathered, fitted), rows, strict=True)]
    assert hems[0] == pytest.approx(hems[1], abs=1e-9)
    assert 0.4 < hems[0] < 0.6
    assert 1.05 < natural_waist(front) < 1.15


def test_a_straight_dress_has_no_waist() -> None:
    assert waist_along(outline("vest", 95, CHEST), straight(95)) is None
    assert waist_along(flared(CHEST, 60.0), straight(95)) is None


def test_a_skirt_that_sags_between_its_corners_is_as_wide_as_they_are_apart() -> None:
    made = replace(flared(36.0, 90.0), kind="skirt")
    assert skirt_waist(made, rows_of(50, np.array([36.0, 60.0]))) == pytest.approx(37.3, abs=0.5)
    assert skirt_waist(made, rows_of(40, np.array([70.0, 90.0]))) == pytest.approx(36.0, rel=0.1)


def test_skirts_from_mini_to_maxi(front: BodyFront) -> None:
    waist = waist_height(front)
    made = replace(flared(36.0, 60.0), kind="skirt")
    hems = [skirt_hem(waist, made, rows_of(length, np.array([36.0, 60.0]))) for length in (32, 50, 65, 95)]
    assert hems[0] > 0.62 > hems[1] > 0.45 > hems[2] > 0.3 > hems[3] > 0.05


def test_a_hoodie_to_the_knees_is_worn_as_long_as_it_is(front: BodyFront) -> None:
    for length, wanted in ((68, "top"), (105, "dress")):
        category, extent = measure(front, outline("top", length, 52.0), "top", straight(length, 52.0))
        assert category == wanted
        assert hangs(front, category, extent) == (wanted == "dress")
    vest = measure(front, outline("vest", 80, 38.0), "top", straight(80, 38.0))  # knitted narrow
    assert vest[0] == "top"


def test_coats_below_the_crotch_hang(front: BodyFront) -> None:
    for length, is_long in ((66, False), (95, True), (115, True)):
        category, extent = measure(front, outline("top", length, 56.0), "outerwear", straight(length, 56.0))
        assert category == "outerwear"
        assert hangs(front, category, extent) == is_long
        assert ((extent.hem or 0) < crotch_height(front)) == is_long


def test_sleeves_tell_a_wide_coats_length(front: BodyFront) -> None:
    rows = straight(88, 70.0)
    _, extent = measure(front, outline("top", 88, 70.0, sleeve=56.0), "outerwear", rows)
    assert hangs(front, "outerwear", extent)
    sleeveless = replace(outline("vest", 88, 70.0), kind="vest")
    assert not hangs(front, "outerwear", measure(front, sleeveless, "outerwear", rows)[1])


def test_one_measure_that_misleads_makes_no_long_coat(front: BodyFront) -> None:
    for sleeve, chest in ((36.0, 56.0), (60.0, 30.0)):
        coat = with_shoulders(outline("top", 70, chest, sleeve), 44.0)
        _, extent = measure(front, coat, "outerwear", straight(70, chest))
        assert not hangs(front, "outerwear", extent)


def test_a_cropped_jacket_is_told_by_sleeves_and_shoulders_where_its_trunk_looks_narrow(front: BodyFront) -> None:
    usual, narrow = (
        measure(front, outline("top", 48, chest), "outerwear", straight(48, 56.0))[1].hem or 0 for chest in (56.0, 36.0)
    )
    assert crotch_height(front) + 0.08 < narrow < usual + 0.05


def with_shoulders(made: Landmarks, width: float) -> Landmarks:
    return replace(made, measures=made.measures | {"shoulder_half": width / 2})


def test_a_dress_that_hangs_in_folds_is_told_by_its_shoulders(front: BodyFront) -> None:
    for kind in ("vest", "top"):
        made, rows = outline(kind, 95, 32.0), straight(95, 32.0)
        wide, narrow = (dress_hem(front, with_shoulders(made, width), rows) for width in (40.0, 28.0))
        assert 0.4 < wide < 0.55
        assert narrow < wide - 0.05
    vests = [dress_hem(front, with_shoulders(outline("vest", 95, CHEST), w), straight(95)) for w in (12.0, 20.0)]
    assert vests[0] == vests[1]  # straps end inside the shoulders


def test_long_sleeves_tell_a_dresss_length_and_short_ones_do_not(front: BodyFront) -> None:
    for is_long in (True, False):
        short, long = (
            dress_hem(front, outline("top", 95, CHEST, sleeve), straight(95), has_long_sleeves=is_long)
            for sleeve in (45.0, 65.0)
        )
        assert (long > short + 0.03) == is_long


def test_a_dress_on_straps_hangs_from_the_bust(front: BodyFront) -> None:
    held = replace(outline("vest", 80, CHEST), straps=Straps(0.4, 0.05))
    bust = 1.3
    hems = [dress_hem(front, held, straight(80), at) for at in (None, bust)]
    assert 0.04 < hems[0] - hems[1] < shoulder_height(front) - bust


def test_waistcoats_end_on_the_hips(front: BodyFront) -> None:
    vest, coat = (
        measure(front, outline(k, 110, CHEST), "outerwear", straight(110))[1].hem or 0 for k in ("vest", "top")
    )
    assert vest > crotch_height(front) > coat
