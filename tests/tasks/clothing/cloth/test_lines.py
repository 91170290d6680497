import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.fill import Pattern
from manikin.tasks.clothing.cloth.lines import find_lines, lay_lines
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.pattern.warp import Warp, fit_warp

U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]
SIZE, SCALE = 1000, 600.0  # pixels of the photo, and of it a metre
WHOLE = Pattern(np.ones((SIZE, SIZE), bool), np.ones((SIZE, SIZE), bool))
Y, X = np.mgrid[:SIZE, :SIZE].astype(np.float32)
LIGHT, DARK = np.array([220, 215, 200]), np.array([40, 60, 140])
STEP = 14  # pixels from a stripe to the next


def flat_warp(front: BodyFront) -> Warp:
    """The flat body drawn as it is."""
    body = np.concatenate([line.flat[::12] for line in front.folds.values()])
    top = float(front.flat[front.is_flat][:, 1].max())
    return fit_warp(front, body, np.stack([500 + SCALE * body[:, 0], SCALE * (top - body[:, 1])], axis=1))


def worn(front: BodyFront) -> Mask:
    return np.asarray(front.is_flat & front.is_part("torso", "arm"))


def painted(share: NDArray[np.floating]) -> U8:
    return (LIGHT + (DARK - LIGHT) * share[..., None]).astype(np.uint8)


def stripes(along: NDArray[np.floating]) -> NDArray[np.bool_]:
    return np.asarray(along % STEP < STEP / 2)


def down() -> U8:
    """Stripes that lean and waver."""
    return painted(stripes(X + 0.08 * Y + 2.5 * np.sin(Y / 60)))


def shown(front: BodyFront, picture: U8, warp: Warp, where: Mask) -> NDArray[np.int64]:
    x, y = np.rint(warp.at(front.flat[where]) - 0.5).astype(int).T
    return picture[y.clip(0, len(picture) - 1), x.clip(0, picture.shape[1] - 1)].astype(int)


@pytest.mark.parametrize("is_down", [True, False])
def test_stripes_are_found_one_way_at_their_distance(front: BodyFront, is_down: bool) -> None:
    cloth = down() if is_down else painted(stripes(Y - 0.05 * X))
    lines = find_lines(front, worn(front), cloth, WHOLE, flat_warp(front))
    assert lines is not None
    found, none = (lines.across, lines.down) if is_down else (lines.down, lines.across)
    assert none is None
    assert found is not None
    assert found.distance == pytest.approx(STEP / SCALE, rel=0.03)
    assert np.ptp(found.colours[:, 0]) > 0.7 * np.ptp([LIGHT[0], DARK[0]])


def test_checks_are_found_both_ways(front: BodyFront) -> None:
    cloth = painted(0.5 * stripes(X) + 0.5 * stripes(Y * STEP / 20))
    lines = find_lines(front, worn(front), cloth, WHOLE, flat_warp(front))
    assert lines is not None
    assert lines.across is not None
    assert lines.down is not None
    assert lines.across.distance == pytest.approx(STEP / SCALE, rel=0.03)
    assert lines.down.distance == pytest.approx(20 / SCALE, rel=0.03)


def test_dots_plain_cloth_and_panels_are_no_lines(front: BodyFront) -> None:
    dots = painted(((X % 40 - 20) ** 2 + (Y % 40 - 20) ** 2 < 100) * 1.0)
    plain = np.full((SIZE, SIZE, 3), LIGHT, np.uint8)
    panels = np.where((X > 500)[..., None], down(), (160, 60, 60)).astype(np.uint8)
    for cloth in (dots, plain, panels):
        assert find_lines(front, worn(front), cloth, WHOLE, flat_warp(front)) is None


def spread(red: NDArray[np.int64], along: NDArray[np.floating]) -> float:
    """Return how far colours of one place along an axis are from each other, of how far all are."""
    place = (along / 0.001).astype(int)
    place -= place.min()
    mean = (np.bincount(place, red) / np.maximum(np.bincount(place), 1))[place]
    return float((red - mean).std() / red.std())


def test_lines_are_drawn_straight_and_along_the_arms(front: BodyFront) -> None:
    warp, cloth = flat_warp(front), down()
    lines = find_lines(front, worn(front), cloth, WHOLE, warp)
    assert lines is not None
    assert lines.across is not None
    (picture, behind), into = lay_lines(front, worn(front), lines, (cloth, cloth), warp)
    assert (picture == behind).all()
    trunk = worn(front) & front.is_part("torso") & (np.abs(front.flat[..., 0]) < 0.1)

    x = front.flat[trunk][:, 0]
    assert spread(shown(front, cloth, warp, trunk)[:, 0], x) > 0.8
    assert spread(shown(front, picture, into, trunk)[:, 0], x) < 0.35
    arm = front.is_flat & front.is_part("left_upper_arm")
    line = front.folds["arm_left"].flat
    way = line[-1] - line[len(line) // 2]
    turns = np.arange(0, 180, 3)
    across = np.stack([-np.sin(np.radians(turns)), np.cos(np.radians(turns))])
    red = shown(front, picture, into, arm)[:, 0]
    least = int(turns[np.argmin([spread(red, front.flat[arm] @ a) for a in across.T])])
    assert abs((least - np.degrees(np.arctan2(way[1], way[0])) + 90) % 180 - 90) < 12


def test_what_sits_on_the_lines_stays(front: BodyFront) -> None:
    warp, cloth = flat_warp(front), down()
    x, y = np.median(warp.at(front.flat[worn(front) & front.is_part("torso")]), axis=0).astype(int)
    cloth[y - 12 : y + 12, x - 12 : x + 12] = (230, 40, 30)
    lines = find_lines(front, worn(front), cloth, WHOLE, warp)
    assert lines is not None
    (picture, _), into = lay_lines(front, worn(front), lines, (cloth, cloth), warp)
    near = np.abs(warp.at(front.flat) - (x, y)).max(axis=-1)
    print_, beside = (worn(front) & at for at in (near < 9, (near > 18) & (near < 40)))
    assert (np.abs(shown(front, picture, into, print_) - (230, 40, 30)).max(axis=1) < 40).mean() > 0.9
    assert (np.abs(shown(front, picture, into, beside) - (230, 40, 30)).max(axis=1) > 60).all()


def test_bands_of_many_kinds_go_straight_across_the_trunk_and_sleeves_stay(front: BodyFront) -> None:
    warp = flat_warp(front)
    kinds = np.random.default_rng(4).integers(0, 256, (60, 3))
    cloth = kinds[((Y + 4 * np.sin(X / 40)) / 17).astype(int)].astype(np.uint8)
    lines = find_lines(front, worn(front), cloth, WHOLE, warp)
    assert lines is not None
    assert lines.bands is not None
    (picture, _), into = lay_lines(front, worn(front), lines, (cloth, cloth), warp)
    trunk = worn(front) & front.is_part("torso") & (np.abs(front.flat[..., 0]) < 0.1)
    y = front.flat[trunk][:, 1]
    assert spread(shown(front, picture, into, trunk)[:, 0], y) < 0.5 * spread(shown(front, cloth, warp, trunk)[:, 0], y)
    arm = front.is_flat & front.is_part("left_forearm")
    off = np.abs(shown(front, picture, into, arm) - shown(front, cloth, warp, arm)).max(axis=1)
    assert np.median(off) < 12
