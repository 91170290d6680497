from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cutout.photo import Photo
from manikin.tasks.clothing.outline.labels import kinds_of
from manikin.tasks.clothing.outline.landmarks import find_landmarks

SIZE = 256


def photo() -> Photo:
    return Photo(np.zeros((8, 8, 3), np.uint8), None, "0" * 64, Path("photo.png"))


def box() -> NDArray[np.uint8]:
    """What a jacket with its sleeves on the body and a boxy shirt without any look like."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[30:226, 50:206] = 1
    return mask


def mirrored(half: list[tuple[int, int]]) -> NDArray[np.int32]:
    """Return a polygon that is alike on both sides of the middle; x counts from there."""
    corners = np.array(half, np.int32)
    both = np.concatenate([corners, corners[::-1] * (-1, 1)])
    return np.asarray(both + np.array([SIZE // 2, 0]), np.int32)


def sleeves(label: str) -> float:
    """How long sleeves are that are found in a box, in half chests."""
    found = find_landmarks(box(), kinds_of(photo(), label)[0])
    if found.kind == "vest":
        return 0.0
    lengths = [found.measures[f"sleeve_length{k}_{side}"] for k in (1, 2) for side in ("left", "right")]
    return sum(lengths) / 2 / found.measures["chest_half"]


@pytest.mark.parametrize("label", ["Longsleeve", "Hoodie", "jacket", "Blazer", "Blouse", "cardigan"])
def test_names_promise_long_sleeves(label: str) -> None:
    assert sleeves(label) > 1.3


def test_dresses_on_their_hangers_have_their_sleeves_at_their_sides() -> None:
    sleeveless = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(sleeveless, [mirrored([(14, 20), (30, 16), (34, 60), (42, 80), (50, 240), (0, 240), (0, 40)])], 1)
    sleeved = np.zeros_like(sleeveless)
    cv2.fillPoly(sleeved, [mirrored([(16, 16), (44, 24), (52, 130), (42, 130), (44, 240), (0, 240), (0, 22)])], 1)
    kinds, _ = kinds_of(photo(), "dress")
    assert [find_landmarks(mask, kinds).kind for mask in (sleeveless, sleeved)] == ["vest", "top"]


@pytest.mark.parametrize("label", ["T-Shirt", "polo"])
def test_names_promise_short_sleeves(label: str) -> None:
    assert 0.1 < sleeves(label) < 1.6


@pytest.mark.parametrize("label", ["undershirt", "tank_top"])
def test_names_promise_none(label: str) -> None:
    assert sleeves(label) == 0


def filled(*halves: list[tuple[int, int]]) -> NDArray[np.uint8]:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for half in halves:
        cv2.fillPoly(mask, [mirrored(half)], 1)
    return mask


ARMHOLES = filled([(14, 26), (46, 34), (44, 70), (50, 92), (66, 108), (66, 230), (0, 230), (0, 40)])
HUNG = filled([(16, 24), (70, 36), (84, 215), (62, 215), (60, 205), (0, 205), (0, 32)])
SHORT = filled([(16, 30), (52, 38), (96, 80), (78, 104), (54, 86), (54, 220), (0, 220), (0, 40)])


@pytest.mark.parametrize(
    ("label", "mask", "kind"),
    [
        ("jacket", ARMHOLES, "vest"),
        ("Hoodie", ARMHOLES, "top"),
        ("shirt", ARMHOLES, "vest"),
        ("shirt", HUNG, "top"),
        ("undershirt", SHORT, "top"),
    ],
)
def test_what_is_clear_to_see_wins_over_what_a_name_promises(label: str, mask: NDArray[np.uint8], kind: str) -> None:
    assert find_landmarks(mask, kinds_of(photo(), label)[0]).kind == kind


def test_long_sleeves_that_hang_down_the_sides_reach_the_hem() -> None:
    found = find_landmarks(HUNG, kinds_of(photo(), "blouse")[0])
    for side in ("left", "right"):
        assert found.points[f"cuff_outer_{side}"][1] > 190
        assert found.points[f"cuff_inner_{side}"][1] > 190
