from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.outline.found import find_garment, with_prints

T_SHIRT = [(70, 60), (120, 50), (180, 50), (230, 60), (270, 120), (235, 140), (215, 110), (215, 260), (85, 260)]
T_SHIRT += [(85, 110), (65, 140), (30, 120)]
LONG = [(112, 40), (188, 40), (215, 265), (85, 265)]
PENCIL = [(105, 50), (195, 50), (212, 100), (215, 160), (206, 250), (150, 256), (94, 250), (85, 160), (88, 100)]
MINI = [(90, 90), (210, 90), (222, 140), (228, 210), (150, 216), (72, 210), (78, 140)]
FLARED = [(110, 70), (190, 70), (250, 220), (150, 235), (50, 220)]
SHORTS = [(90, 70), (210, 70), (230, 210), (160, 215), (150, 150), (140, 215), (70, 210)]


def picture(corners: list[tuple[int, int]]) -> Photo:
    rgb = np.full((300, 300, 3), 225, np.uint8)
    cv2.fillPoly(rgb, [np.array(corners, np.int32)], (40, 70, 150))
    rgb = np.clip(rgb + np.random.default_rng(0).normal(0, 2, rgb.shape), 0, 255).astype(np.uint8)
    return Photo(rgb, None, "0" * 64, Path("garment.png"))


@pytest.mark.parametrize(
    ("corners", "kind"),
    [(T_SHIRT, "top"), (SHORTS, "trousers"), *((skirt, "skirt") for skirt in (LONG, PENCIL, MINI, FLARED))],
)
def test_without_a_label_the_outline_says_what_it_is(corners: list[tuple[int, int]], kind: str) -> None:
    assert find_garment(picture(corners)).landmarks.kind == kind


HUNG = [(141, 20), (159, 20), (181, 33), (184, 40), (188, 131), (184, 226), (181, 226), (179, 280)]
SLEEVELESS = [(128, 20), (172, 20), (170, 50), (174, 80), (184, 95), (182, 150), (188, 226), (190, 280)]


@pytest.mark.parametrize(("right", "kind"), [(HUNG, "top"), (SLEEVELESS, "vest")], ids=["sleeves", "armholes"])
def test_a_dress_without_armholes_has_sleeves_that_hang_at_its_sides(right: list[tuple[int, int]], kind: str) -> None:
    left = [(300 - x, y) for x, y in right[::-1]]
    found = find_garment(picture(right + left), "Dress")
    assert found.landmarks.kind == kind


@pytest.mark.parametrize(
    ("place", "is_print"), [((150, 150), True), ((150, 66), False), ((88, 180), False)], ids=["chest", "neck", "side"]
)
def test_a_hole_of_the_chest_is_a_print(place: tuple[int, int], is_print: bool) -> None:
    found = find_garment(picture(T_SHIRT), "T-Shirt")
    mask = found.cutout.mask.copy()
    cv2.circle(mask, place, 9, 0, -1)
    cutout = replace(found.cutout, mask=mask, source="grabcut")
    np.testing.assert_array_equal(
        with_prints(cutout, found.landmarks).mask, found.cutout.mask if is_print else mask, strict=True
    )
