from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.cutout.segment import Cutout
from manikin.tasks.clothing.edges.waistband import find_waist_edge, without_inside
from manikin.tasks.clothing.outline.found import Found
from manikin.tasks.clothing.outline.landmarks import Landmarks

U8 = NDArray[np.uint8]
SIZE = 400
TOP = 60.0


def landmarks(**changes) -> Landmarks:
    """Of a skirt 200 wide and 300 high."""
    points = {"waist_right": (100.0, TOP), "waist_left": (300.0, TOP), "waist_centre": (200.0, TOP)}
    rows = np.linspace(TOP, 360.0, 8)
    edges = {f"side_{side}": np.stack([np.full(8, x), rows], axis=1) for side, x in (("left", 300.0), ("right", 100.0))}
    edges["hem"] = np.stack([np.linspace(300.0, 100.0, 5), np.full(5, 360.0)], axis=1)
    edges["waist"] = np.stack([np.linspace(300.0, 100.0, 5), np.full(5, TOP)], axis=1)
    made = Landmarks("skirt", points, edges, (), {"waist_half": 100.0, "hip_half": 100.0}, 0.95, 0.0, False)
    return replace(made, **changes)


def mask() -> U8:
    out = np.zeros((SIZE, SIZE), np.uint8)
    out[60:360, 100:300] = 255
    return out


def edge(sag: float) -> NDArray[np.float64]:
    return TOP + sag * (1 - (np.linspace(-100, 100, SIZE // 2) / 100) ** 2)


def skirt(sag: float, inner: tuple[int, int, int] = (150, 140, 120)) -> U8:
    """A skirt whose front sags so deep, with its inside, a label and a button; and a seam below the band."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    depth = y - TOP - sag * (1 - np.clip((x - 200) / 100, -1, 1) ** 2)
    rgb = np.full((SIZE, SIZE, 3), (60, 80, 130), np.uint8)
    rgb[(depth > 30) & (depth < 33)] = (50, 65, 110)
    rgb[depth < 0] = inner
    rgb[(depth < 0) & (np.abs(x - 190) < 15)] = (230, 230, 230)
    rgb[(np.abs(x - 205) < 5) & (np.abs(depth - 8) < 5)] = (200, 180, 90)
    rgb[mask() == 0] = (220, 215, 210)
    noise = np.random.default_rng(0).normal(0, 3, (SIZE, SIZE, 1))
    return np.clip(cv2.GaussianBlur(rgb, (0, 0), 1) + noise, 0, 255).astype(np.uint8)


def found(rgb: U8) -> Found:
    photo = Photo(rgb, None, "0" * 64, Path("skirt.png"))
    cutout = Cutout(mask(), 1.0, "grabcut", 0.0)
    return Found(photo, cutout, landmarks(), "skirt", 1.0)


@pytest.mark.parametrize("sag", [20.0, 40.0])
@pytest.mark.parametrize("inner", [(150, 140, 120), (30, 40, 75)])
def test_the_fronts_edge_is_found_where_it_is(sag: float, inner: tuple[int, int, int]) -> None:
    line = find_waist_edge(skirt(sag, inner), mask(), landmarks())
    assert line is not None
    truth = TOP + sag * (1 - ((line[:, 0] - 200) / 100) ** 2)
    assert np.abs(line[:, 1] - truth).max() < 7


def test_a_hangers_bar_above_the_fronts_edge_is_not_taken_for_it() -> None:
    rgb = skirt(45.0)
    rgb[60:78, 100:300][rgb[60:78, 100:300, 0] > 100] = 20
    line = find_waist_edge(rgb, mask(), landmarks())
    assert line is not None
    assert line[len(line) // 2, 1] == pytest.approx(TOP + 45.0, abs=7)


def test_a_straight_waist_with_a_seam_under_its_band_has_none() -> None:
    assert find_waist_edge(skirt(0.0), mask(), landmarks()) is None


def test_the_lower_seam_of_a_band_is_none() -> None:
    depth = np.mgrid[:SIZE, :SIZE][0] - TOP - 4.5
    rgb = np.full((SIZE, SIZE, 3), (220, 215, 200), np.uint8)
    rgb[(depth > 45) & (depth < 53)] = (170, 60, 80)
    shown = np.where(depth > 0, mask(), 0).astype(np.uint8)
    rgb[shown == 0] = (110, 70, 40)
    assert find_waist_edge(cv2.GaussianBlur(rgb, (0, 0), 1), shown, landmarks()) is None


def test_stripes_and_noise_are_no_edge() -> None:
    y, x = np.mgrid[:SIZE, :SIZE]
    for rgb in (
        np.where(((x + y) // 9 % 2)[..., None] > 0, 200, 60),
        np.random.default_rng(1).integers(0, 255, (SIZE, SIZE, 3)),
    ):
        rgb = np.broadcast_to(rgb, (SIZE, SIZE, 3)).astype(np.uint8)
        assert find_waist_edge(rgb, mask(), landmarks()) is None


def test_tops_and_waists_without_width_have_none() -> None:
    assert find_waist_edge(skirt(30.0), mask(), landmarks(kind="top")) is None
    flat = {"waist_right": (200.0, TOP), "waist_left": (200.0, TOP)}
    assert find_waist_edge(skirt(30.0), mask(), landmarks(points=flat)) is None


def test_a_garment_begins_at_its_fronts_edge() -> None:
    garment = found(skirt(40.0))
    begun = without_inside(garment)
    assert begun.cutout.mask[90, 200] == 0
    assert begun.cutout.mask[110, 200] == 255
    assert begun.cutout.mask[200:].sum() == garment.cutout.mask[200:].sum()
    waist = begun.landmarks.edges["waist"]
    assert waist[2, 1] == pytest.approx(100.0, abs=7)
    assert waist[0, 0] > waist[-1, 0]  # from the left to the right, as it was
    for side in ("left", "right"):
        moved, before = (g.landmarks.edges[f"side_{side}"] for g in (begun, garment))
        assert len(moved) == len(before)
        assert (np.diff(moved[:, 1]) > 0).all()
        assert np.abs(moved[-1] - before[-1]).max() < 1e-6
    plain = found(skirt(0.0))
    assert without_inside(plain) is plain
