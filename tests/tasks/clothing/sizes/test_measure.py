from dataclasses import replace

import numpy as np
import pytest

from manikin.tasks.clothing.geometry.slack import photo_slack
from manikin.tasks.clothing.outline.landmarks import Landmarks
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.clothing.pattern.planes import limb_length
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.sizes.measure import measure

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
    category, extent = measure(front, trousers(43.0), "trousers")
    assert category == "trousers"
    assert 0.5 * leg < (extent.leg or 0) < 0.8 * leg
    lengths = []
    for inseam in (8.0, 20.0, 35.0):
        category, extent = measure(front, trousers(inseam))
        assert category == "shorts"
        lengths.append(extent.leg or 0)
    assert 0.2 * leg < lengths[0] < lengths[1] < lengths[2] < 0.65 * leg


def with_legs(knee: float, end: float, inseam: float = 78.0) -> Landmarks:
    """Trousers whose legs, a little apart, have these flat widths in centimetres halfway down and at their ends."""
    low, edges = RISE + inseam, dict(trousers(inseam).edges)
    for side, s in (("left", 1), ("right", -1)):
        inner = np.array([0.0, 3.0, 6.0])
        outer = inner + np.array([0.5 * HIP, knee, end])
        height = np.array([RISE, 0.5 * (RISE + low), low])
        edges[f"side_{side}"] = np.column_stack([np.append(s * 0.5 * HIP, s * outer), np.append(0.0, height)])
        edges[f"inseam_{side}"] = np.column_stack([s * inner, height])[::-1]
        edges[f"ankle_{side}"] = np.array([[s * outer[2], low], [s * inner[2], low]])
    return replace(trousers(inseam), edges=edges)


def test_legs_are_as_wide_as_in_the_photo_halfway_and_at_their_ends(front: BodyFront) -> None:
    leg = Extent(leg=limb_length(front, "leg"))
    slim, straight, flared, wide = (
        photo_slack(front, with_legs(*widths), "trousers", leg) for widths in ((15, 12), (22, 20), (20, 28), (29, 29))
    )
    assert slim.joint is not None
    assert straight.joint is not None
    assert slim.joint < 0.012
    assert slim.end < 0.012
    assert straight.end == pytest.approx(slim.end + 0.015, abs=0.01)
    assert flared.end > straight.end + 0.02
    assert flared.joint == pytest.approx(straight.joint, abs=0.007)
    assert (wide.joint or 0) > straight.joint + 0.015


def test_legs_that_lie_over_one_another_share_their_width(front: BodyFront) -> None:
    leg = Extent(leg=limb_length(front, "leg"))
    apart = with_legs(22, 20)
    inner = {f"inseam_{s}": apart.edges[f"inseam_{s}"] - [t * 16, 0] for s, t in (("left", 1), ("right", -1))}
    ends = {f"ankle_{s}": apart.edges[f"ankle_{s}"] - [[0, 0], [t * 16, 0]] for s, t in (("left", 1), ("right", -1))}
    over = photo_slack(front, replace(apart, edges=apart.edges | inner | ends), "trousers", leg)
    alone = photo_slack(front, apart, "trousers", leg)
    assert over.end < alone.end + 0.025
    assert (over.joint or 0) < (alone.joint or 0) + 0.02


def test_shorts_stand_off_the_thigh_however_narrow(front: BodyFront) -> None:
    leg = Extent(waist=1.0, leg=0.3)
    narrow, wide = (photo_slack(front, with_legs(22, width), "shorts", leg).end for width in (20, 38))
    assert 0.015 < narrow < wide
    assert photo_slack(front, with_legs(22, 20), "trousers", leg).end < narrow
