import numpy as np
import pytest

from manikin.tasks.clothing.extent import limb_length
from manikin.tasks.clothing.landmarks import Landmarks
from manikin.tasks.clothing.measure import measure
from manikin.tasks.clothing.template import BodyFront

HIP, RISE = 52.0, 28.0  # flat centimetres of trousers of a middling size


def trousers(inseam: float, wider: float = 1.0, crotch_down: float = 0.0) -> Landmarks:
    """Trousers laid flat, upright, in pixels of a centimetre; the crotch found too low by some."""
    half, rise, low = 0.5 * HIP * wider, RISE + crotch_down, RISE + inseam
    edges = {"waist": np.array([[half, 0.0], [0, 0], [-half, 0]])}
    for side, s in (("left", 1), ("right", -1)):
        edges[f"side_{side}"] = np.array([[s * half, 0], [s * half, low]])
        edges[f"ankle_{side}"] = np.array([[s * half, low], [s * 0.1 * half, low]])
        edges[f"inseam_{side}"] = np.array([[s * 0.1 * half, low], [0, rise]])
    measures = {"waist_half": half, "hip_half": half, "crotch_y": rise}
    return Landmarks("trousers", {}, edges, (), measures, 0.95, 0.0, has_hood=False)


@pytest.mark.parametrize("wider", [0.9, 1.0, 1.25])
@pytest.mark.parametrize("crotch_down", [0.0, 8.0])
def test_full_length_trousers_of_all_sizes_end_at_the_ankle(front: BodyFront, wider: float, crotch_down: float) -> None:
    category, extent = measure(front, trousers(78.0, wider, crotch_down))
    assert category == "trousers"
    assert extent.leg == pytest.approx(limb_length(front, "leg"))


def test_cropped_trousers_and_shorts_end_where_they_do(front: BodyFront) -> None:
    leg = limb_length(front, "leg")
    category, extent = measure(front, trousers(46.0), "trousers")
    assert category == "trousers"
    assert 0.5 * leg < (extent.leg or 0) < 0.8 * leg
    lengths = []
    for inseam in (8.0, 20.0, 35.0):
        category, extent = measure(front, trousers(inseam))
        assert category == "shorts"
        lengths.append(extent.leg or 0)
    assert 0.2 * leg < lengths[0] < lengths[1] < lengths[2] < 0.65 * leg
