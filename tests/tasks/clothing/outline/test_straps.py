from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.outline.found import Found, find_garment
from manikin.tasks.clothing.outline.landmarks import outline_mask
from manikin.tasks.clothing.outline.straps import find_straps, without_straps
from manikin.tasks.clothing.pattern.seams import armpit, body_edges
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.sizes.measure import measure
from manikin.tasks.clothing.sizes.profile import profile

BODICE = [(100, 110), (200, 110), (215, 150), (225, 270), (75, 270), (85, 150)]
CLOTH, METAL = (40, 70, 150), (120, 60, 30)


def camisole(lines: list[tuple[tuple[int, int], tuple[int, int]]], colour: tuple[int, int, int] = CLOTH) -> Photo:
    """A top cut off at the bust, and lines that rise from it, on a pale ground."""
    rgb = np.full((300, 300, 3), 225, np.uint8)
    for a, b in lines:
        cv2.line(rgb, a, b, colour, 3, cv2.LINE_AA)
    cv2.fillPoly(rgb, [np.array(BODICE, np.int32)], CLOTH)
    rgb = np.clip(rgb + np.random.default_rng(0).normal(0, 2, rgb.shape), 0, 255).astype(np.uint8)
    return Photo(rgb, None, "0" * 64, Path("garment.png"))


STRAPS = [((112, 114), (116, 60)), ((188, 114), (184, 60))]


@pytest.fixture(scope="module")
def held() -> Found:
    return find_garment(camisole(STRAPS), "Top")


def test_thin_straps_are_seen_where_they_are(held: Found) -> None:
    assert held.landmarks.kind == "vest"
    straps = held.landmarks.straps
    assert straps is not None
    half = held.landmarks.measures["chest_half"]
    assert straps.middle * half == pytest.approx(37, abs=5)
    assert straps.width * half == pytest.approx(4, abs=2)


def test_what_they_hold_ends_at_the_bust_and_as_low_as_ever(held: Found, front: BodyFront) -> None:
    rows = profile(held.cutout.mask, held.landmarks)
    _, extent = measure(front, held.landmarks, "top", rows)
    pit = float(front.folds["side_left"].position[armpit(front, "left"), 1])
    assert pit < (extent.bust or 0) < float(front.joints["arm_left"][0, 1])
    assert extent.sleeve == 0
    assert 0.015 <= (extent.strap_width or 0) < 0.03
    _, plain = measure(front, replace(held.landmarks, straps=None), "top", rows)
    assert plain.bust is None
    assert (extent.hem or 0) <= (plain.hem or 0)  # the bust of the photo lies lower than the shoulders


@pytest.mark.parametrize(
    ("lines", "colour"),
    [([], CLOTH), (STRAPS, METAL), (STRAPS[:1], CLOTH), ([((150, 114), (150, 50))], CLOTH)],
    ids=["none", "another colour", "one side", "a hook"],
)
def test_what_is_no_pair_of_straps_of_its_cloth_is_none(
    lines: list[tuple[tuple[int, int], tuple[int, int]]], colour: tuple[int, int, int], held: Found
) -> None:
    photo = camisole(lines, colour)
    assert find_straps(photo.rgb, held.cutout.mask, replace(held.landmarks, straps=None)) is None


OFF, ON = [(240, 70), (210, 84)], [(240, 112), (180, 76)]


@pytest.mark.parametrize(("edge", "is_off"), [(OFF, True), (ON, False)], ids=["off", "on"])
def test_a_top_whose_sleeves_begin_as_high_as_its_neck_hangs_off_the_shoulders(
    edge: list[tuple[int, int]], is_off: bool, front: BodyFront
) -> None:
    right = [*edge[::-1], (262, 130), (228, 140), (205, 120), (200, 230)]
    rgb = np.full((300, 300, 3), 225, np.uint8)
    cv2.fillPoly(rgb, [np.array(right + [(300 - x, y) for x, y in right[::-1]], np.int32)], CLOTH)
    rgb = np.clip(rgb + np.random.default_rng(0).normal(0, 2, rgb.shape), 0, 255).astype(np.uint8)
    found = find_garment(Photo(rgb, None, "0" * 64, Path("garment.png")), "Top")
    assert found.landmarks.kind == "top"
    _, extent = measure(front, found.landmarks, "top", profile(found.cutout.mask, found.landmarks))
    assert (extent.sleeve or 0) > 0
    assert (extent.bust is not None) == is_off
    shoulder = body_edges(front, "top", extent)["shoulder_left"]
    assert shoulder[-1, 1] > front.folds["side_left"].flat[armpit(front, "left"), 1]


LEVEL, NECKLINE = [(100, 60), (200, 60)], [(118, 60), (135, 64), (150, 85), (165, 64), (182, 60)]


@pytest.mark.parametrize(("top", "is_strapless"), [(LEVEL, True), (NECKLINE, False)], ids=["level", "neckline"])
def test_what_ends_level_across_the_whole_chest_has_no_straps(
    top: list[tuple[int, int]], is_strapless: bool, front: BodyFront
) -> None:
    rgb = np.full((300, 300, 3), 225, np.uint8)
    sides = [(200, 100), (205, 270), (95, 270), (100, 100)]
    cv2.fillPoly(rgb, [np.array(top + sides, np.int32)], CLOTH)
    rgb = np.clip(rgb + np.random.default_rng(0).normal(0, 2, rgb.shape), 0, 255).astype(np.uint8)
    found = find_garment(Photo(rgb, None, "0" * 64, Path("garment.png")), "Dress")
    assert (found.landmarks.straps is not None) == is_strapless
    _, extent = measure(front, found.landmarks, "dress", profile(found.cutout.mask, found.landmarks))
    assert (extent.bust is not None) == is_strapless
    assert extent.strap_width is None


def test_straps_that_were_cut_out_are_taken_off_and_nothing_else(held: Found) -> None:
    body = np.zeros((300, 300), np.uint8)
    cv2.fillPoly(body, [np.array(BODICE, np.int32)], 255)
    with_straps = body.copy()
    for a, b in STRAPS:
        cv2.line(with_straps, a, b, 255, 3)
    left = without_straps(with_straps, held.landmarks)
    assert ((left > 0) & (body == 0)).sum() < 0.15 * ((with_straps > 0) & (body == 0)).sum()
    assert ((left == 0) & (body > 0)).sum() < 0.01 * (body > 0).sum()
    assert (outline_mask(held.landmarks, body.shape)[:95] == 0).all()
