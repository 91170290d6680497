from dataclasses import replace

import numpy as np
import pytest

from manikin.tasks.clothing.outline.landmarks import Landmarks
from manikin.tasks.clothing.pattern.planes import limb_length
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.sizes.sleeves import sleeve_length

CHEST, NECK, SHOULDER = 26.0, 8.0, 15.0  # flat centimetres of a top of a middling size
METRES = 0.514 / (2 * CHEST)


def top(sleeve: float, earlier: float = 0.0, length: float = 68.0) -> Landmarks:
    """A top with straight shoulders and sleeves in centimetres; the shoulder found some too near to the neck."""
    edges, at = {}, NECK + SHOULDER
    for side, s in (("left", 1), ("right", -1)):
        edges[f"shoulder_{side}"] = np.array([[s * NECK, 0], [s * (at - earlier), 0]])
        edges[f"sleeve_outer_{side}"] = np.array([[s * (at - earlier), 0], [s * at, 0], [s * (at + sleeve), 0]])
        edges[f"sleeve_inner_{side}"] = np.array([[s * (at + sleeve), 15.0], [s * (at + min(sleeve, 7.0)), 18.0]])
    measures = {"neck_half": NECK, "chest_half": CHEST, "shoulder_half": at, "hem_y": length}
    return Landmarks("top", {}, edges, (), measures, 0.95, 0.0, has_hood=False)


def test_where_the_shoulder_is_found_does_not_matter(front: BodyFront) -> None:
    lengths = [sleeve_length(front, top(22.0, earlier), METRES) for earlier in (0.0, 4.0, 9.0)]
    np.testing.assert_allclose(lengths, lengths[0])


def test_sleeves_at_the_sides_that_hide_the_flanks_are_no_longer(front: BodyFront) -> None:
    seen = top(22.0)
    hidden = replace(seen, measures=seen.measures | {"chest_half": 0.8 * CHEST})
    lengths = [sleeve_length(front, seen, METRES), sleeve_length(front, hidden, METRES / 0.8)]
    assert lengths[1] == pytest.approx(lengths[0], rel=0.07)


@pytest.mark.parametrize(("sleeve", "low", "high"), [(12.0, 0.1, 0.3), (20.0, 0.25, 0.4), (34.0, 0.45, 0.65)])
def test_sleeves_end_where_they_do(front: BodyFront, sleeve: float, low: float, high: float) -> None:
    assert low < sleeve_length(front, top(sleeve), METRES) / limb_length(front, "arm") < high


def test_three_quarter_sleeves_end_well_below_the_elbow(front: BodyFront) -> None:
    upper, lower = np.linalg.norm(np.diff(front.joints["arm_left"], axis=0), axis=1)
    sleeve = sleeve_length(front, top(40.0, length=85.0), METRES)
    assert upper + 0.3 * lower < sleeve < upper + 0.8 * lower
    elbow = sleeve_length(front, top(32.0), METRES)
    assert abs(elbow - upper) < 0.25 * upper


def test_long_sleeves_go_to_the_wrist_and_vests_have_none(front: BodyFront) -> None:
    assert sleeve_length(front, top(60.0), METRES) == pytest.approx(0.97 * limb_length(front, "arm"))
    vest = Landmarks("vest", {}, {}, (), {}, 0.95, 0.0, has_hood=False)
    assert sleeve_length(front, vest, METRES) == 0


def test_longer_sleeves_are_longer_and_the_shortest_still_is_one(front: BodyFront) -> None:
    lengths = [sleeve_length(front, top(s), METRES) for s in (2.0, 14.0, 20.0, 30.0, 60.0)]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) == 5
    assert lengths[0] >= 0.07


def test_sleeves_nearly_as_long_as_a_top_are_long_ones(front: BodyFront) -> None:
    cropped, tunic = (sleeve_length(front, top(36.0, length=x), METRES) for x in (44.0, 75.0))
    assert cropped == pytest.approx(0.97 * limb_length(front, "arm"))
    assert tunic < 0.7 * limb_length(front, "arm")


def test_a_dress_may_be_longer_for_its_long_sleeves(front: BodyFront) -> None:
    dress, tunic = (sleeve_length(front, top(40.0, length=62.0), METRES, c) for c in ("dress", "top"))
    assert dress == pytest.approx(0.97 * limb_length(front, "arm"))
    assert tunic < 0.7 * limb_length(front, "arm")
