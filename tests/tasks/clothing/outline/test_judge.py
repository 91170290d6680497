from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.cutout.segment import Cutout, GarmentRejected
from manikin.tasks.clothing.outline.judge import judge
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
    assert judge(PHOTO, CUTOUT, top) > 0.9


@pytest.mark.parametrize(("left", "right"), [(-1.2, 0.0), (0.1, -1.0)])
def test_one_sleeve_folded_over_the_front_is_refused(top: Landmarks, left: float, right: float) -> None:
    with pytest.raises(GarmentRejected, match=r"a.png: one sleeve is bent otherwise than the other \(by 6\d degrees"):
        judge(PHOTO, CUTOUT, bent(top, left, right))


def test_both_sleeves_may_be_bent_alike(top: Landmarks) -> None:
    assert judge(PHOTO, CUTOUT, bent(top, -1.2, -1.0)) > 0.9


def test_a_shape_that_no_outline_meets_is_refused(top: Landmarks) -> None:
    with pytest.raises(GarmentRejected, match=r"no garment's .*met to 85%, expected 86%"):
        judge(PHOTO, CUTOUT, replace(top, overlap=0.853))


def test_a_skirt_has_no_limbs_to_compare() -> None:
    mask = np.zeros_like(MASK)
    cv2.fillPoly(mask, [np.array([(110, 60), (190, 60), (230, 240), (70, 240)])], 255)
    assert judge(PHOTO, Cutout(mask, 1.0, "grabcut", 0.0), find_landmarks(mask, (SKIRT,))) > 0
