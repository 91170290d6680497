from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.labels import kinds_of
from manikin.tasks.clothing.landmarks import find_landmarks
from manikin.tasks.clothing.photo import Photo

SIZE = 256


def photo() -> Photo:
    return Photo(np.zeros((8, 8, 3), np.uint8), None, "0" * 64, Path("photo.png"))


def box() -> NDArray[np.uint8]:
    """What a jacket with its sleeves on the body and a boxy shirt without any look like."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[30:226, 50:206] = 1
    return mask


def sleeves(label: str) -> float:
    """How long sleeves are that are found in a box, in half chests."""
    found = find_landmarks(box(), kinds_of(photo(), label)[0])
    if found.kind == "vest":
        return 0.0
    lengths = [found.measures[f"sleeve_length{k}_{side}"] for k in (1, 2) for side in ("left", "right")]
    return sum(lengths) / 2 / found.measures["chest_half"]


@pytest.mark.parametrize("label", ["Longsleeve", "Hoodie", "jacket", "Blazer"])
def test_names_promise_long_sleeves(label: str) -> None:
    assert sleeves(label) > 1.3


@pytest.mark.parametrize("label", ["T-Shirt", "polo"])
def test_names_promise_short_sleeves(label: str) -> None:
    assert 0.1 < sleeves(label) < 1.2


@pytest.mark.parametrize("label", ["undershirt", "tank_top"])
def test_names_promise_none(label: str) -> None:
    assert sleeves(label) == 0
