import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.limbs import surely_other

RED = (16.0, 42.0, 29.0)  # folded Lab
INSIDE = np.ones((60, 60), bool)


def sleeve(spot: tuple[float, float, float], high: int, wide: int) -> NDArray[np.bool_]:
    """Return what is surely of another colour on red cloth with a spot of a folded Lab, high and wide in pixels."""
    colours = np.tile(np.array(RED, np.float32), (60, 60, 1))
    lab = colours.copy()
    lab[20 : 20 + high, 20 : 20 + wide] = spot
    return surely_other(lab, colours, INSIDE, INSIDE)


def test_gloss_is_no_other_colour() -> None:
    assert not sleeve((36.0, 26.0, 16.0), 4, 7).any()


@pytest.mark.parametrize(
    ("spot", "high", "wide"),
    [
        ((48.0, 1.0, 1.0), 4, 7),  # white
        ((36.0, 26.0, 16.0), 4, 30),  # a stripe
        ((30.0, 5.0, 40.0), 4, 7),  # another hue
    ],
)
def test_whites_stripes_and_other_hues_stay(spot: tuple[float, float, float], high: int, wide: int) -> None:
    assert sleeve(spot, high, wide)[21:23, 21:26].all()
