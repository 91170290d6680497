from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.cutout.segment import Cutout, GarmentRejected
from manikin.tasks.clothing.outline.judge import Flaws, judge
from manikin.tasks.clothing.outline.landmarks import Landmarks, find_landmarks
from manikin.tasks.clothing.outline.silhouettes import SKIRT, TOP

MASK = np.zeros((300, 300), np.uint8)
for polygon in (
    [(110, 60), (190, 60), (190, 240), (110, 240)],
    [(115, 60), (50, 190), (75, 205), (115, 125)],
    [(185, 60), (250, 190), (225, 205), (185, 125)],
):
    cv2.fillPoly(MASK, [np.array(polygon)], 255)
PHOTO = Photo(
    np.where(MASK[..., None] > 0, (180, 30, 40), (205, 190, 165)).astype(np.uint8), None, "0" * 64, Path("a.png")
)
CUTOUT = Cutout(MASK, 1.0, "grabcut", 0.0)


@pytest.fixture(scope="module")
def top() -> Landmarks:
    return find_landmarks(MASK, (TOP,))


def bent(landmarks: Landmarks, left: float, right: float) -> Landmarks:
    angles = {f"sleeve_angle2_{side}": landmarks.measures[f"sleeve_angle1_{side}"] + angle
              for side, angle in (("left", left), ("right", right))}  # fmt: skip
    return replace(landmarks, measures=landmarks.measures | angles)


def test_a_garment_laid_out_is_sure(top: Landmarks) -> None:
    assert judge(PHOTO, CUTOUT, top) > 0.85


@pytest.mark.parametrize(("left", "right"), [(-1.2, 0.0), (0.1, -1.0)])
def test_one_sleeve_folded_over_the_front_is_refused(top: Landmarks, left: float, right: float) -> None:
    with pytest.raises(GarmentRejected, match=r"a.png: one sleeve is bent otherwise than the other \(by 6\d degrees"):
        judge(PHOTO, CUTOUT, bent(top, left, right))


def test_a_long_sleeve_across_the_front_is_refused_and_a_short_one_is_not(top: Landmarks) -> None:
    angles = {"sleeve_angle1_left": -0.2, "sleeve_angle2_left": -0.4, "sleeve_angle2_right": 0.3}
    crossing = replace(top, measures=top.measures | angles)
    with pytest.raises(GarmentRejected, match=r"a.png: a sleeve lies across the front \(.* by 23 degrees, .* 17\)"):
        judge(PHOTO, CUTOUT, crossing)
    short = {f"sleeve_length{k}_{side}": 20.0 for k in (1, 2) for side in ("left", "right")}
    assert judge(PHOTO, CUTOUT, replace(crossing, measures=crossing.measures | short)) > 0
    alike = {"sleeve_angle2_left": -0.4, "sleeve_angle2_right": -0.35}
    assert judge(PHOTO, CUTOUT, replace(top, measures=top.measures | alike)) > 0


def test_both_sleeves_may_be_bent_alike(top: Landmarks) -> None:
    assert judge(PHOTO, CUTOUT, bent(top, -1.2, -1.0)) > 0.85


def test_a_shape_that_no_outline_meets_is_refused(top: Landmarks) -> None:
    with pytest.raises(GarmentRejected, match=r"no garment's .*met to 85%, expected 86%"):
        judge(PHOTO, CUTOUT, replace(top, overlap=0.853))


def test_a_skirt_has_no_limbs_to_compare() -> None:
    mask = np.zeros_like(MASK)
    cv2.fillPoly(mask, [np.array([(110, 60), (190, 60), (230, 240), (70, 240)])], 255)
    assert judge(PHOTO, Cutout(mask, 1.0, "grabcut", 0.0), find_landmarks(mask, (SKIRT,))) > 0


def creased(photo: Photo, step: float) -> Photo:
    """The cloth in soft waves of light and shade."""
    x = np.arange(300)
    light = 1 + step * np.sin(2 * np.pi * x / 12)[None, :, None]
    return replace(photo, rgb=np.where(MASK[..., None] > 0, photo.rgb * light, photo.rgb).clip(0, 255).astype(np.uint8))


def test_long_sleeves_creased_all_over_are_refused_and_short_ones_are_not(top: Landmarks) -> None:
    crumpled = creased(PHOTO, 0.2)
    with pytest.raises(GarmentRejected, match=r"a.png: creases.*long sleeves \(on \d\d% .*at most 33%\).*iron it"):
        judge(crumpled, CUTOUT, top)
    short = {f"sleeve_length{k}_{side}": 20.0 for k in (1, 2) for side in ("left", "right")}
    assert judge(crumpled, CUTOUT, replace(top, measures=top.measures | short)) > 0.1


def test_slight_creases_lower_the_score(top: Landmarks) -> None:
    calm, slight = judge(PHOTO, CUTOUT, top), judge(creased(PHOTO, 0.17), CUTOUT, top)
    assert 0.5 < slight < calm - 0.05


def test_sleeves_fitted_on_the_trunk_are_refused(top: Landmarks) -> None:
    trunk = top.outlines[0]
    middle = trunk.mean(axis=0)
    with pytest.raises(
        GarmentRejected, match=r"the sleeves lie on the trunk \(with 100% .*at most 46%\).*lay them out"
    ):
        judge(PHOTO, CUTOUT, replace(top, outlines=(trunk, *(middle + 0.5 * (trunk - middle),) * 2)))


def test_ground_taken_for_one_half_is_refused() -> None:
    """Trousers on a blanket, of which a corner beside one leg was cut out with them."""
    mask, whole = np.zeros_like(MASK), np.zeros_like(MASK)
    cv2.fillPoly(mask, [np.array([(110, 60), (190, 60), (200, 240), (100, 240)])], 255)
    whole[60:241, 100:201] = 255
    rgb = np.where(mask[..., None] > 0, (200, 205, 190), (60, 20, 60)).astype(np.uint8)
    rgb[130:241, 160:201] = (60, 20, 60)
    landmarks = find_landmarks(whole, (SKIRT,))
    with pytest.raises(
        GarmentRejected, match=r"told from its ground \(one side .* on 2\d% of it, expected at most 10%\)"
    ):
        judge(replace(PHOTO, rgb=rgb), Cutout(whole, 1.0, "grabcut", 0.0), landmarks)


def test_each_flaw_counts() -> None:
    plain = Flaws(0.5, 0.1, 0.1)
    assert plain.log_odds < 0
    for worse in (replace(plain, sleeve=1.9), replace(plain, creased=0.3), replace(plain, on_trunk=0.4)):
        assert worse.log_odds > plain.log_odds + 0.5
    assert replace(plain, sleeve=2.0).log_odds == replace(plain, sleeve=3.0).log_odds  # the longest arm is no flaw


def test_sleeves_that_hardly_stand_out_from_the_ground_are_refused_and_a_skirt_is_not(top: Landmarks) -> None:
    pale = replace(PHOTO, rgb=np.where(MASK[..., None] > 0, (194, 178, 153), PHOTO.rgb).astype(np.uint8))
    with pytest.raises(GarmentRejected, match=r"a.png: cloth is lost where .* contrast of [45]\.\d or less, .* 6 "):
        judge(pale, CUTOUT, top)
    mask = np.zeros_like(MASK)
    cv2.fillPoly(mask, [np.array([(110, 60), (190, 60), (230, 240), (70, 240)])], 255)
    rgb = np.where(mask[..., None] > 0, (194, 178, 153), PHOTO.rgb[0, 0]).astype(np.uint8)
    assert judge(replace(PHOTO, rgb=rgb), Cutout(mask, 1.0, "grabcut", 0.0), find_landmarks(mask, (SKIRT,))) > 0
