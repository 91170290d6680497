import numpy as np
import pytest

from manikin.tasks.clothing.cloth.bake import bake, bleed
from manikin.tasks.clothing.cloth.fill import Cloth, Scoop
from manikin.tasks.clothing.cloth.warp import Warp, fit_warp
from manikin.tasks.clothing.pattern.extent import Extent, across_limb
from manikin.tasks.clothing.pattern.seams import armpit, between, neck_at
from manikin.tasks.clothing.pattern.template import BodyFront

SIZE = 600
GREY = np.array([120, 120, 120], np.uint8)


def flat_warp(front: BodyFront) -> Warp:
    """The flat body drawn at 300 pixels a metre."""
    body = np.concatenate([line.flat[::12] for line in front.folds.values()])
    top = float(front.flat[front.is_flat][:, 1].max())
    return fit_warp(front, body, np.stack([300 + 300 * body[:, 0], 20 + 300 * (top - body[:, 1])], axis=1))


def worn(front: BodyFront, scoop: Scoop | None = None) -> tuple[np.ndarray, Extent]:
    whole = np.full((SIZE, SIZE), 255, np.uint8)
    picture = np.broadcast_to(GREY, (SIZE, SIZE, 3)).copy()
    extent = Extent(hem=0.9, sleeve=0.3)
    return bake(front, Cloth(picture, picture // 2, whole, scoop), flat_warp(front), extent)[0], extent


def test_front_and_back_are_of_their_cloth_and_so_is_what_lies_beyond_hems_and_cuffs(front: BodyFront) -> None:
    rgba, extent = worn(front)
    owned = front.is_flat & (front.atlas.triangle >= 0)
    shown = owned & (rgba[..., 3] > 0)
    for facing, colour in ((front.facing > 0.2, GREY), (front.facing < -0.4, GREY // 2)):
        assert (np.abs(rgba[shown & facing][:, :3].astype(int) - colour) <= 1).all()
    beyond = np.zeros_like(owned)
    for side, sign in (("left", 1), ("right", -1)):
        past = -across_limb(front, "arm", side, extent.sleeve).inside(front.position)
        beyond |= front.is_part("arm") & (sign * front.position[..., 0] > 0) & (past > 0.004) & (past < 0.01)
    below = extent.hem - front.position[..., 1]
    beyond |= front.is_part("torso", "leg") & (below > 0.004) & (below < 0.01)
    beyond &= owned & (front.facing > 0.2)
    assert beyond.sum() > 200
    assert rgba[..., 3][beyond].max() == 0
    assert (np.abs(rgba[beyond][:, :3].astype(int) - GREY) <= 1).all()


@pytest.mark.parametrize("bow", [1.0, 3.0])
def test_a_neckline_opens_the_front_as_deep_as_it_is_and_not_the_back(front: BodyFront, bow: float) -> None:
    closed, _ = worn(front)
    opened, _ = worn(front, scoop=Scoop(0.8, bow))
    lost = (closed[..., 3] > 127) & (opened[..., 3] < 127) & front.is_flat
    assert lost.sum() > 300
    assert (front.facing[lost] > 0).all()
    x, y = front.flat[..., 0], front.flat[..., 1]
    at = neck_at(front, "left", None)
    side = between(front.folds["arm_left"], at, at + 1)[0]
    chest = np.abs(front.folds["side_left"].flat[armpit(front, "left")][0])
    assert np.abs(x[lost]).max() < side[0] + 0.002
    lowest = side[1] - 0.8 * chest * (1 - (np.abs(x[lost]) / side[0]) ** bow)
    assert (y[lost] - lowest).min() > -0.006
    assert y[lost].min() < side[1] - 0.7 * chest


def test_a_sleeveless_outline_is_alike_on_both_sides_and_has_no_holes_beside_the_middle(front: BodyFront) -> None:
    whole = np.full((SIZE, SIZE), 255, np.uint8)
    warp = flat_warp(front)
    shoulder = front.flat[front.is_flat & front.is_part("torso")][:, 1].max()
    at = warp.at(np.array([[-0.16, shoulder - 0.15], [0.16, shoulder - 0.15]]))
    bitten, holed, opened = whole.copy(), whole.copy(), whole.copy()
    x, y = np.rint(at[0]).astype(int)
    bitten[: y + 15, x - 9 : x + 9] = 0
    holed[y - 15 : y + 15, x - 8 : x + 8] = 0
    for x, y in np.rint(at).astype(int):
        opened[: y + 15, x - 9 : x + 9] = 0
    extent = Extent(hem=0.9, sleeve=0.0)
    picture = np.broadcast_to(GREY, (SIZE, SIZE, 3)).copy()
    closed, one, hole, both = (
        bake(front, Cloth(picture, picture, mask), warp, extent)[0][..., 3] > 127
        for mask in (whole, bitten, holed, opened)
    )
    np.testing.assert_array_equal(one, closed)
    np.testing.assert_array_equal(hole, closed)
    assert (closed & ~both).sum() > 200


def test_a_sleeveless_outlines_rags_are_evened_out(front: BodyFront) -> None:
    warp = flat_warp(front)
    shoulder = front.flat[front.is_flat & front.is_part("torso")][:, 1].max()
    row = round(float(warp.at(np.array([0.0, shoulder - 0.15]))[1]))
    straight, ragged = (np.full((SIZE, SIZE), 255, np.uint8) for _ in range(2))
    straight[:row] = 0
    ragged[: row - 4] = 0
    ragged[row - 4 : row + 4, np.arange(SIZE) % 8 < 4] = 0
    picture = np.broadcast_to(GREY, (SIZE, SIZE, 3)).copy()
    extent = Extent(hem=0.9, sleeve=0.0)
    even, torn = (bake(front, Cloth(picture, picture, mask), warp, extent)[1].closed for mask in (straight, ragged))
    edge = np.abs(even) < 0.004
    assert edge.sum() > 100
    assert np.abs(torn - even)[edge].max() < 0.006


def test_what_is_not_known_is_of_the_nearest_known_colour_and_far_away_of_the_usual(front: BodyFront) -> None:
    known = front.is_flat & front.is_part("torso")
    colours = np.where(known[..., None], GREY, 0).astype(np.uint8)
    rgba = bleed(front, colours, np.where(known, 255, 0).astype(np.uint8), known)
    np.testing.assert_array_equal(rgba[..., :3], np.broadcast_to(GREY, rgba[..., :3].shape))
    nothing = bleed(front, colours, np.zeros(known.shape, np.uint8), known)
    assert nothing.max() == 0
