import numpy as np

from manikin.tasks.clothing.cloth.bake import _slits, bake, bleed
from manikin.tasks.clothing.cloth.fill import Cloth
from manikin.tasks.clothing.cloth.warp import Warp, fit_warp
from manikin.tasks.clothing.pattern.extent import Extent, across_limb
from manikin.tasks.clothing.pattern.template import BodyFront

SIZE = 600
GREY = np.array([120, 120, 120], np.uint8)


def flat_warp(front: BodyFront) -> Warp:
    """The flat body drawn at 300 pixels a metre."""
    body = np.concatenate([line.flat[::12] for line in front.folds.values()])
    top = float(front.flat[front.is_flat][:, 1].max())
    return fit_warp(front, body, np.stack([300 + 300 * body[:, 0], 20 + 300 * (top - body[:, 1])], axis=1))


def worn(front: BodyFront, throat: np.ndarray | None = None) -> tuple[np.ndarray, Extent]:
    whole = np.full((SIZE, SIZE), 255, np.uint8)
    picture = np.broadcast_to(GREY, (SIZE, SIZE, 3)).copy()
    extent = Extent(hem=0.9, sleeve=0.3)
    return bake(front, Cloth(picture, picture // 2, whole, throat), flat_warp(front), extent)[0], extent


def test_an_outline_cuts_from_the_neck_and_makes_no_slits_elsewhere() -> None:
    above = np.zeros((256, 256), bool)
    above[:40, 100:156] = True
    cut = np.zeros_like(above)
    cut[38:90, 120:136] = True  # a neckline
    cut[60:120, 20:24] = True  # a gap between sleeve and trunk
    slits = _slits(cut, above)
    assert not slits[38:90, 110:146].any()
    assert slits[60:120, 17:27].all()
    assert not slits[60:120, 40:].any()
    assert not _slits(np.zeros_like(cut), above).any()
    assert not _slits(cut & above, above).any()


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


def test_a_neckline_in_the_photo_opens_the_front_and_not_the_back(front: BodyFront) -> None:
    closed, _ = worn(front)
    throat = np.zeros((SIZE, SIZE), np.uint8)
    deep = float(front.joints["neck"][1]) - 0.12
    centre = front.folds["centre"]
    flat_y = float(np.interp(-deep, -centre.position[:, 1], centre.flat[:, 1]))
    top = float(front.flat[front.is_flat][:, 1].max())
    throat[: round(20 + 300 * (top - flat_y)), 285:315] = 255
    opened, _ = worn(front, throat)
    lost = (closed[..., 3] > 127) & (opened[..., 3] < 127) & front.is_flat
    assert lost.sum() > 300
    assert (front.facing[lost] > 0).all()
    assert np.abs(front.flat[lost][:, 0]).max() < 0.07
    assert front.position[..., 1][lost].min() > deep - 0.02


def test_what_is_not_known_is_of_the_nearest_known_colour_and_far_away_of_the_usual(front: BodyFront) -> None:
    known = front.is_flat & front.is_part("torso")
    colours = np.where(known[..., None], GREY, 0).astype(np.uint8)
    rgba = bleed(front, colours, np.where(known, 255, 0).astype(np.uint8), known)
    np.testing.assert_array_equal(rgba[..., :3], np.broadcast_to(GREY, rgba[..., :3].shape))
    nothing = bleed(front, colours, np.zeros(known.shape, np.uint8), known)
    assert nothing.max() == 0
