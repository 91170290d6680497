from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.cutout.segment import Cutout
from manikin.tasks.clothing.edges.blemishes import label_in_waist, odd_in_neck, without_label, without_waist_label
from manikin.tasks.clothing.outline.found import Found
from manikin.tasks.clothing.outline.landmarks import Landmarks

U8 = NDArray[np.uint8]
SIZE = 400
CLOTH, BLACK = (90, 110, 150), (20, 20, 20)


def landmarks(kind: str = "trousers", half: float = 100.0) -> Landmarks:
    points = {f"waist_{side}": (200.0 + sign * half, 60.0) for side, sign in (("right", -1), ("left", 1))}
    return Landmarks(kind, points, {}, (), {}, 0.95, 0.0, False)


def mask() -> U8:
    out = np.zeros((SIZE, SIZE), np.uint8)
    out[60:360, 100:300] = 255
    return out


def trousers(patch: tuple[slice, slice], colour: tuple[int, int, int] = BLACK) -> U8:
    """Trousers with a patch, a button and the ground about them."""
    y, x = np.mgrid[:SIZE, :SIZE]
    rgb = np.full((SIZE, SIZE, 3), CLOTH, np.uint8)
    rgb[patch] = colour
    rgb[np.hypot(x - 200, y - 90) < 6] = (220, 220, 220)
    rgb[mask() == 0] = (200, 190, 180)
    noise = np.random.default_rng(0).normal(0, 3, (SIZE, SIZE, 1))
    return np.clip(cv2.GaussianBlur(rgb, (0, 0), 0.7) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("colour", [BLACK, (235, 235, 235)])
@pytest.mark.parametrize("kind", ["trousers", "skirt"])
def test_a_label_under_the_waists_outline_is_found_and_nothing_else(colour: tuple[int, int, int], kind: str) -> None:
    patch = np.s_[66:76, 170:206]
    found = label_in_waist(trousers(patch, colour), mask(), landmarks(kind))
    assert found[patch].mean() > 0.97
    found[62:80, 166:210] = False
    assert not found.any()


def test_what_the_outline_cuts_off_is_found_whatever_its_shape() -> None:
    patch = np.s_[60:80, 225:243]
    assert label_in_waist(trousers(patch), mask(), landmarks())[patch].mean() > 0.85


@pytest.mark.parametrize(
    "patch",
    [
        np.s_[66:77, 195:206],  # a button
        np.s_[80:90, 170:220],  # a badge on the front
        np.s_[66:76, 105:130],  # under a clip
        np.s_[66:130, 196:204],  # a fly
    ],
)
def test_buttons_flies_clips_and_badges_stay(patch: tuple[slice, slice]) -> None:
    assert not label_in_waist(trousers(patch), mask(), landmarks()).any()


def test_the_flowers_of_patterned_cloth_are_no_labels() -> None:
    rng = np.random.default_rng(1)
    rgb = cv2.resize(rng.integers(0, 255, (50, 50, 3)).astype(np.uint8), (SIZE, SIZE), interpolation=cv2.INTER_NEAREST)
    rgb[66:76, 170:206] = BLACK
    assert not label_in_waist(rgb, mask(), landmarks()).any()


def test_tops_and_waists_without_width_have_none() -> None:
    rgb = trousers(np.s_[66:76, 170:206])
    assert not label_in_waist(rgb, mask(), landmarks("top")).any()
    assert not label_in_waist(rgb, mask(), landmarks(half=0.0)).any()
    assert not label_in_waist(rgb, np.zeros_like(mask()), landmarks()).any()


def test_a_label_is_covered_by_the_cloth_beside_it() -> None:
    patch = np.s_[60:74, 170:206]
    rgb = trousers(patch)
    label = label_in_waist(rgb, mask(), landmarks())
    covered = without_label(rgb, mask(), label)
    assert np.abs(covered[patch].reshape(-1, 3).mean(axis=0) - CLOTH).max() < 3
    assert (covered[~label] == rgb[~label]).all()


def test_a_label_without_cloth_beside_it_is_left() -> None:
    rgb = trousers(np.s_[60:76, 100:300])
    label = np.zeros((SIZE, SIZE), np.bool_)
    label[60:76, 100:300] = True
    assert (without_label(rgb, mask(), label) == rgb).all()


def test_a_garment_goes_on_without_its_label() -> None:
    def found(patch: tuple[slice, slice]) -> Found:
        photo = Photo(trousers(patch), None, "0" * 64, Path("trousers.png"))
        return Found(photo, Cutout(mask(), 1.0, "grabcut", 0.0), landmarks(), "trousers", 1.0)

    patch = np.s_[66:76, 170:206]
    labelled = found(patch)
    covered = without_waist_label(labelled)
    assert np.abs(covered.photo.rgb[patch].reshape(-1, 3).mean(axis=0) - CLOTH).max() < 3
    assert labelled.photo.rgb[patch].mean() < 40
    plain = found(np.s_[70:70, 170:170])
    assert without_waist_label(plain) is plain


def test_no_ends_are_left_of_a_neckband_most_of_which_lies_above_the_neckline() -> None:
    y, x = np.mgrid[:160, :160]
    rgb = np.full((160, 160, 3), (90, 110, 120), np.uint8)
    rgb += np.random.default_rng(0).integers(0, 6, rgb.shape, np.uint8)
    radius = np.hypot(x - 80, y - 10)
    band = (radius > 26) & (radius < 34) & (y > 10)
    rgb[band] = (240, 230, 60)
    badge = (slice(60, 70), slice(74, 86))
    rgb[badge] = (240, 230, 60)
    inside = (y > 10) & (x > 10) & (x < 150) & (y < 150) & (radius > 26)
    throat = radius < 36
    above = (np.abs(x - 80) < 30) & (y < 46)
    left = band & ~above
    assert left.any()
    none = np.zeros_like(inside)
    kept = odd_in_neck(rgb, inside, throat, none)
    gone = odd_in_neck(rgb, inside, throat, none, above)
    assert not kept[left].all()
    assert gone[left].all()
    assert not gone[badge].any()


@pytest.mark.parametrize(("at", "is_label"), [((66, 68, 77, 82), True), ((108, 110, 77, 82), False)])
def test_a_label_of_few_pixels_on_the_throat_is_found_and_a_line_of_letters_is_not(
    at: tuple[int, int, int, int], is_label: bool
) -> None:
    y, x = np.mgrid[:160, :160]
    noise = np.random.default_rng(1).normal(0, 3, (160, 160, 1))
    inside = (y > 50) & (x > 10) & (x < 150) & (y < 150)
    throat = np.hypot(x - 80, y - 50) < 34
    top, bottom, left, right = at

    def found(shift: tuple[int, ...]) -> np.ndarray:
        rgb = np.full((160, 160, 3), CLOTH, np.float64)
        for by in shift:
            rgb[top:bottom, left + by : right + by] = (235, 235, 230)
        picture = np.clip(rgb + noise, 0, 255).astype(np.uint8)
        return odd_in_neck(picture, inside, throat, np.zeros_like(inside))[top:bottom, left:right]

    assert found((0,)).all() == is_label
    assert not found((-28, -14, 0, 14, 28)).any()
