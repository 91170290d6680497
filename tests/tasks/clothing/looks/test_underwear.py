"""Underwear and socks."""

import numpy as np
import pytest

from manikin.tasks.clothing.looks.shoes import SHOES, make_shoes
from manikin.tasks.clothing.looks.socks import SOCK_COLOURS, SOCKS, make_socks, socks
from manikin.tasks.clothing.looks.underwear import UNDERWEAR, UNDERWEAR_COLOURS, make_underwear, underwear
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.sizes.measure import crotch_height
from manikin.tasks.errors import InputError


def shown(front: BodyFront, rgba: np.ndarray) -> np.ndarray:
    return (rgba[..., 3] > 127) & (front.atlas.triangle >= 0)


@pytest.mark.parametrize("style", UNDERWEAR)
def test_underwear_covers_the_pelvis(front: BodyFront, style: str) -> None:
    layer = make_underwear(front, style, "grey")
    on, crotch = shown(front, layer.rgba), crotch_height(front)
    height, aside = front.position[..., 1], np.abs(front.position[..., 0])
    loins = front.is_part("torso", "upper_leg") & (np.abs(height - crotch - 0.02) < 0.02) & (aside < 0.025)
    assert loins.sum() > 20
    assert on[loins].all()
    hips = front.is_part("torso") & (height > crotch + 0.11) & (height < crotch + 0.14)
    assert on[hips].all()
    assert np.abs(np.median(layer.rgba[on][:, :3], axis=0) - UNDERWEAR_COLOURS["grey"]).max() < 6
    assert not on[~front.is_part("torso", "upper_leg")].any()
    assert height[on].min() > front.joints["leg_left"][1][1] + 0.1  # well above the knee


def test_women_have_their_breast_covered_and_men_do_not(front: BodyFront) -> None:
    shoulder, crotch = front.joints["arm_left"][0][1], crotch_height(front)
    breast = front.is_part("torso") & (front.normal[..., 2] > 0.3) & (np.abs(front.position[..., 0]) < 0.13)
    breast &= np.abs((front.position[..., 1] - crotch) / (shoulder - crotch) - 0.72) < 0.06
    assert breast.sum() > 100
    for name, style in UNDERWEAR.items():
        on = shown(front, make_underwear(front, name, "white").rgba)
        assert on[breast].all() if style.sex == "female" else not on[breast].any()
        belly = front.is_part("torso") & (np.abs(front.position[..., 1] - crotch - 0.22) < 0.02)
        assert not on[belly].any()


def test_a_bra_hangs_on_straps(front: BodyFront) -> None:
    on = shown(front, make_underwear(front, "bra_and_briefs", "black").rgba)
    shoulder = front.joints["arm_left"][0][1]
    above = on & (front.position[..., 1] > shoulder + 0.02)
    for side in (-1, 1):
        strap = front.position[above & (side * front.position[..., 0] > 0)]
        assert np.ptp(strap[:, 2]) > 0.05  # from the front to the back
        assert np.ptp(strap[:, 0]) < 0.04


def test_every_sex_has_underwear_in_every_colour(front: BodyFront) -> None:
    made = [(sex, layer.id) for sex, layer in underwear(front)]
    assert len(set(made)) == len(made) == len(UNDERWEAR) * len(UNDERWEAR_COLOURS)
    assert {sex for sex, _ in made} == {"female", "male"}


@pytest.mark.parametrize("length", SOCKS)
def test_socks_cover_the_foot_and_end_below_the_knee(front: BodyFront, length: str) -> None:
    layer = make_socks(front, length, "navy")
    on, height = shown(front, layer.rgba), front.position[..., 1]
    foot = front.is_part("foot") & (height < 0.09)
    assert on[foot].all()
    assert not on[~front.is_part("foot", "lower_leg")].any()
    knee, ankle = front.joints["leg_left"][1][1], front.joints["leg_left"][2][1]
    top = height[on].max()
    assert ankle < top < knee - 0.05
    assert top == pytest.approx(SOCKS[length] * knee, abs=0.01)
    assert np.abs(np.median(layer.rgba[on][:, :3], axis=0) - SOCK_COLOURS["navy"]).max() < 6


def test_socks_differ(front: BodyFront) -> None:
    layers = list(socks(front))
    assert len({layer.id for layer in layers}) == len(layers) == len(SOCKS) * len(SOCK_COLOURS)
    assert SOCKS["ankle"] < SOCKS["crew"] < SOCKS["knee"] < 1


@pytest.mark.parametrize("style", SHOES)
def test_shoes_end_over_the_instep_and_show_the_sock(front: BodyFront, style: str) -> None:
    on = shown(front, make_shoes(front, style).rgba)
    height = front.position[..., 1]
    assert on[front.is_part("foot") & (height < 0.06)].all()
    assert 0.07 < height[on].max() < 0.135
    sock = shown(front, make_socks(front, "crew", "white").rgba)
    assert (sock & ~on).sum() > 100


def test_unknown_names_are_refused(front: BodyFront) -> None:
    with pytest.raises(InputError, match='underwear "thong": unknown; expected one of briefs, '):
        make_underwear(front, "thong", "white")
    with pytest.raises(InputError, match='underwear colour "mauve": unknown; expected one of white, '):
        make_underwear(front, "briefs", "mauve")
    with pytest.raises(InputError, match='socks "toe": unknown; expected one of ankle, '):
        make_socks(front, "toe", "white")
    with pytest.raises(InputError, match='sock colour "mauve": unknown; expected one of white, '):
        make_socks(front, "crew", "mauve")
