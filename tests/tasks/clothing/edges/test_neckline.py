from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.lateral import lateral_mask, within_edge
from manikin.tasks.clothing.edges.neck import neckline_points, seen_neck, worn_scoop
from manikin.tasks.clothing.edges.neckline import (
    Neckline,
    Scoop,
    contour_neckline,
    find_faint,
    find_neckline,
    front_necklines,
)
from manikin.tasks.clothing.outline.landmarks import Landmarks
from manikin.tasks.clothing.pattern.seams import half_chest, neck_ends
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.pattern.warp import Warp, fit_warp

U8 = NDArray[np.uint8]
SIZE = 400
NECK = {"neck_right": (150.0, 60.0), "neck_left": (250.0, 60.0)}


def landmarks(**changes) -> Landmarks:
    """Of a vest 200 wide and 300 high."""
    points = {"armpit_right": (100.0, 140.0), "armpit_left": (300.0, 140.0), "neck_centre": (200.0, 65.0)} | NECK
    rows = np.linspace(140.0, 360.0, 8)
    edges = {f"side_{side}": np.stack([np.full(8, x), rows], axis=1) for side, x in (("left", 300.0), ("right", 100.0))}
    edges["hem"] = np.stack([np.linspace(300.0, 100.0, 5), np.full(5, 360.0)], axis=1)
    made = Landmarks("vest", points, edges, (), {"chest_half": 100.0}, 0.95, 0.0, False)
    return replace(made, **changes)


def mask() -> U8:
    out = np.zeros((SIZE, SIZE), np.uint8)
    out[60:360, 100:300] = 255
    return out


def shirt(depth: float, bow: float, inner: tuple[int, int, int]) -> U8:
    """A shirt whose front neckline is a curve so deep and round; above it shows its inside."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    t = np.clip((x - 200) / 50, -1, 1)
    rgb = np.full((SIZE, SIZE, 3), (60, 110, 160), np.uint8)
    rgb[(y < 60 + depth * (1 - np.abs(t) ** bow)) & (np.abs(x - 200) < 50)] = inner
    noise = np.random.default_rng(0).normal(0, 3, (SIZE, SIZE, 1))
    return np.clip(cv2.GaussianBlur(rgb, (0, 0), 1) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("bow", [1.0, 2.0])
@pytest.mark.parametrize("depth", [30.0, 50.0])
@pytest.mark.parametrize("inner", [(40, 80, 120), (200, 190, 160)])
def test_a_neckline_is_found_where_it_is(depth: float, bow: float, inner: tuple[int, int, int]) -> None:
    found = find_neckline(shirt(depth, bow, inner), mask(), landmarks())
    assert found is not None
    line = found.line
    assert found.scoop.depth == pytest.approx(depth / 100, abs=0.08)
    assert line[0, 0] < 165
    assert line[-1, 0] > 235
    t = (line[:, 0] - 200) / 50
    inner_part = np.abs(t) < 0.9
    truth = 60 + depth * (1 - np.abs(t) ** bow)
    miss = np.abs(line[:, 1] - truth)[inner_part]
    assert np.median(miss) < 6  # a centimetre and a half
    assert miss.max() < 13  # at the tip of a V


def test_plain_cloth_stripes_and_prints_have_no_neckline() -> None:
    plain = shirt(0.0, 2.0, (0, 0, 0))
    stripes = plain.copy()
    stripes[::12] = stripes[1::12] = stripes[2::12] = 230
    printed = plain.copy()
    printed[90:200, 150:250] = np.random.default_rng(1).integers(0, 255, (110, 100, 3))
    for rgb in (plain, printed):
        assert find_neckline(rgb, mask(), landmarks()) is None
    found = find_neckline(stripes, mask(), landmarks())
    assert found is None or found.scoop.depth < 0.15  # above the body's own neck


def test_an_edge_on_one_side_is_no_neckline_and_a_labels_a_shallow_one() -> None:
    plain, cut = shirt(0.0, 2.0, (0, 0, 0)), shirt(50.0, 2.0, (200, 190, 160))
    assert find_neckline(cut, mask(), landmarks()) is not None
    half = np.where((np.arange(SIZE) >= 200)[None, :, None], plain, cut)
    label = plain.copy()
    label[60:85, 193:207] = 230
    assert find_neckline(half, mask(), landmarks()) is None
    shallow = find_neckline(label, mask(), landmarks())
    assert shallow is None or shallow.scoop.depth < 0.3


def test_labels_and_hangers_within_a_neckline_hide_none_of_it() -> None:
    rgb = shirt(50.0, 2.0, (40, 80, 120))
    rgb[75:82, 160:240] = 20
    rgb[70:100, 195:220] = 240
    found = find_neckline(rgb, mask(), landmarks())
    assert found is not None
    assert found.scoop.depth == pytest.approx(0.5, abs=0.08)


def opened(depth: float, tip: float, inner: tuple[int, int, int]) -> U8:
    """A jacket whose collar ends shallowly behind and whose fronts leave a V so deep, to the tip's place across."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    rgb, down = shirt(12.0, 2.0, (20, 20, 20)), np.clip((y - 60) / depth, 0, 1)
    rgb[(np.abs(x - (200 + down * (tip - 200))) < 40 * (1 - down)) & (y > 72)] = inner
    noise = np.random.default_rng(2).normal(0, 3, (SIZE, SIZE, 1))
    return np.clip(cv2.GaussianBlur(rgb, (0, 0), 1) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("depth", [70.0, 100.0])
@pytest.mark.parametrize("tip", [200.0, 208.0])
def test_open_fronts_leave_a_deep_v_below_the_collar(depth: float, tip: float) -> None:
    found = find_neckline(opened(depth, tip, (130, 80, 70)), mask(), landmarks())
    assert found is not None
    assert found.scoop.depth == pytest.approx(depth / 100, abs=0.15)  # narrow at its tip
    assert found.line[np.argmax(found.line[:, 1]), 0] == pytest.approx(tip, abs=6)


def test_a_print_below_a_neckline_is_no_v_of_open_fronts() -> None:
    rgb = shirt(25.0, 2.0, (40, 80, 120))
    printed, striped = rgb.copy(), rgb.copy()
    printed[110:190, 150:250] = np.random.default_rng(1).integers(0, 255, (80, 100, 3))
    striped[60:360:8] = striped[61:360:8] = striped[62:360:8] = 230
    for cloth in (rgb, printed, striped):
        found = find_neckline(cloth, mask(), landmarks())
        assert found is None or found.scoop.depth < 0.4


def test_the_contour_is_a_neckline_where_both_sides_of_it_are_alike() -> None:
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    t = np.clip((x - 200) / 50, -1, 1)
    scooped, bitten = mask(), mask()
    scooped[y < 60 + 45 * (1 - t**2)] = 0
    bitten[60:120, 160:190] = 0
    found = contour_neckline(scooped, landmarks())
    assert found is not None
    assert found.scoop.depth == pytest.approx(0.45, abs=0.05)
    assert found.line[18, 1] == pytest.approx(105, abs=5)
    for other in (mask(), bitten):
        plain = contour_neckline(other, landmarks())
        assert plain is None or plain.scoop.depth < 0.1


def test_where_the_neck_is_not_known_nothing_is_found() -> None:
    rgb = shirt(50.0, 2.0, (40, 80, 120))
    assert find_neckline(rgb, mask(), landmarks(has_hood=True)) is None
    flat = landmarks().points | {"neck_left": NECK["neck_right"]}
    assert find_neckline(rgb, mask(), landmarks(points=flat)) is None


def test_what_is_above_the_neckline_is_what_lies_on_the_throat(front: BodyFront) -> None:
    body = np.concatenate([line.flat[::12] for line in front.folds.values()])
    top = float(front.folds["arm_left"].flat[0, 1])
    warp = fit_warp(front, body, np.stack([200 + 400 * body[:, 0], 60 + 400 * (top - body[:, 1])], axis=1))
    rgb, made = shirt(50.0, 2.0, (40, 80, 120)), landmarks()
    neck = seen_neck(front, rgb.shape, made, warp, front_necklines(rgb, mask(), made))
    assert neck.above is not None
    assert neck.above[90, 200] == 255
    assert neck.above[125, 200] == neck.above[90, 120] == 0
    assert neck.throat[75:100, 190:210].all()
    assert neck.throat[60:, :100].max() == neck.throat[160:].max() == 0
    made = landmarks(kind="trousers")
    assert front_necklines(rgb, mask(), made) == ()
    trousers = seen_neck(front, rgb.shape, made, warp, ())
    assert trousers.above is None
    assert trousers.throat.max() == trousers.opening.max() == 0


def test_the_warp_keeps_within_the_sides_and_meets_their_ends() -> None:
    made = landmarks()
    for side, inward in (("left", -1), ("right", 1)):
        edge = made.edges[f"side_{side}"]
        moved = within_edge(made, f"side_{side}")
        np.testing.assert_array_equal(moved[[0, -1]], edge[[0, -1]])
        np.testing.assert_allclose((moved - edge)[1:-1], np.tile([inward * 5.0, 0.0], (6, 1)), atol=1e-9)
    np.testing.assert_array_equal(within_edge(made, "hem"), made.edges["hem"])


def test_the_sides_are_looked_at_but_not_the_hem() -> None:
    sides = lateral_mask(landmarks(), (SIZE, SIZE))
    assert (sides[150:320, [90, 100, 110, 290, 310]] == 255).all()
    assert sides[:, 200].max() == 0
    assert sides[345:].max() == 0


def test_of_a_narrow_sleeve_the_middle_is_no_side() -> None:
    made = landmarks()
    rows = np.linspace(150.0, 300.0, 6)
    sleeve = {
        f"sleeve_{edge}_left": np.stack([np.full(6, x), rows], axis=1) for edge, x in (("outer", 380), ("inner", 340))
    }
    sides = lateral_mask(replace(made, edges=made.edges | sleeve), (SIZE, SIZE))
    assert (sides[170:280, [342, 378]] == 255).all()
    assert sides[170:280, 352:368].max() == 0


@pytest.fixture(scope="module")
def upright(front: BodyFront) -> Warp:
    """The flat body at 400 pixels a metre, its neck's sides 60 pixels down."""
    body = np.concatenate([line.flat[::12] for line in front.folds.values()])
    high = float(np.mean([p[1] for p in neck_ends(front, None)]))
    return fit_warp(front, body, np.stack([200 + 400 * body[:, 0], 60 + 400 * (high - body[:, 1])], axis=1))


@pytest.mark.parametrize("depth", [0.1, 0.25])
def test_a_line_is_cut_where_the_warp_shows_it(front: BodyFront, upright: Warp, depth: float) -> None:
    half = neck_ends(front, None)[0][0]
    t = np.linspace(-1, 1, 30)
    line = np.stack([200 + 400 * half * t, 60 + 400 * depth * (1 - np.abs(t))], axis=1)
    scoop = worn_scoop(front, upright, None, line, 1.0)
    assert scoop.bow == 1.0
    assert scoop.depth * half_chest(front) == pytest.approx(depth, abs=0.004)


def test_what_buttons_up_is_not_cut_deep(front: BodyFront, upright: Warp) -> None:
    rgb = opened(100.0, 200.0, (130, 80, 70))
    lines = front_necklines(rgb, mask(), landmarks())
    deep, polo = (
        seen_neck(front, rgb.shape, landmarks(), upright, lines, label=word).scoop for word in ("Outwear", "Polo")
    )
    assert deep is not None
    assert polo is not None
    assert deep.depth * half_chest(front) > 0.15
    assert polo.depth * half_chest(front) == pytest.approx(0.12, abs=1e-9)


def test_the_warp_keeps_to_shallow_necklines_alone(front: BodyFront) -> None:
    (half, high), chest = neck_ends(front, None)[0], half_chest(front)
    t = np.linspace(-1, 1, 41)
    for depth, bow in ((0.3, 2.0), (1.5, 1.0)):
        line = np.stack([200 + 50 * t, 60 + 100 * depth * (1 - np.abs(t) ** bow)], axis=1)
        flat, photo = neckline_points(front, None, (Neckline(line, Scoop(depth, bow)),))
        if depth > 1:
            assert flat.shape == photo.shape == (0, 2)
            continue
        found = np.stack([flat[:, 0] / half, (high - flat[:, 1]) / chest], axis=1)
        np.testing.assert_allclose(found, (photo - (200, 60)) / (50, 100), atol=0.01)  # the sides differ by millimetres
    assert neckline_points(front, None, ())[0].shape == (0, 2)


def test_deep_round_necklines_are_found_but_on_what_lies_close_about_the_neck() -> None:
    rgb = shirt(75.0, 3.2, (200, 190, 160))
    for label, is_found in (("Undershirt", True), (None, True), ("T-Shirt", False), ("Polo", False)):
        lines = front_necklines(rgb, mask(), landmarks(), label)
        assert any(n.scoop.bow > 2 and n.scoop.depth > 0.6 for n in lines) == is_found, label


def test_ground_that_shows_through_a_deep_v_is_its_neckline() -> None:
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    cut = mask()
    cut[y < 60 + 130 * (1 - np.abs(x - 200) / 50)] = 0
    found = contour_neckline(cut, landmarks())
    assert found is not None
    assert found.scoop.bow == 1.0
    assert found.scoop.depth == pytest.approx(1.3, abs=0.06)


def test_a_blazers_lapels_are_its_neckline() -> None:
    made = landmarks()
    made = replace(made, points=made.points | {f"{n}_{s}": p for n, s, p in (
        ("shoulder", "right", (105.0, 75.0)), ("shoulder", "left", (295.0, 75.0)),
        ("hem", "right", (100.0, 360.0)), ("hem", "left", (300.0, 360.0)),
    )})  # fmt: skip
    rgb = opened(130.0, 200.0, (130, 80, 70))
    (line,) = front_necklines(rgb, mask(), made, "Blazer")
    assert line.scoop.depth == pytest.approx(1.3, abs=0.2)
    assert line.line[np.argmax(line.line[:, 1]), 0] == pytest.approx(200, abs=8)
    hidden = landmarks(has_hood=True, points=made.points)  # its neck is not looked at
    (line,) = front_necklines(rgb, mask(), hidden, "Outwear")
    assert line.scoop.depth == pytest.approx(1.3, abs=0.2)
    assert front_necklines(rgb, mask(), hidden, "T-Shirt") == ()


def test_tags_beside_lapels_lie_in_the_throat(front: BodyFront, upright: Warp) -> None:
    lines = (Neckline(np.array([[150.0, 60.0], [200.0, 190.0], [250.0, 60.0]]), Scoop(1.3, 1.0)),)
    plain, lapelled = (
        seen_neck(front, (SIZE, SIZE), landmarks(), upright, lines, label=word).throat for word in (None, "Blazer")
    )
    assert plain[185, 200] == 0
    assert lapelled[185, 212] == 255
    assert lapelled[185, 240] == 0
    assert (lapelled >= plain).all()


def faint(depth: float, bow: float, seen: float = 1.0) -> U8:
    """A shirt whose front neckline is a line little darker than the cloth, seen from its left side over a share of it."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    t = np.clip((x - 200) / 50, -1, 1)
    slope = depth * bow * np.abs(t) ** (bow - 1) / 50
    away = np.abs(y - 60 - depth * (1 - np.abs(t) ** bow)) / np.sqrt(1 + slope**2)
    rgb = np.full((SIZE, SIZE, 3), (60.0, 110.0, 160.0))
    rgb[(away < 2.5) & (np.abs(t) < 1) & (t < 2 * seen - 1)] -= 8
    noise = np.random.default_rng(0).normal(0, 1, (SIZE, SIZE, 1))
    return np.clip(cv2.GaussianBlur(rgb, (0, 0), 1) + noise, 0, 255).astype(np.uint8)


def test_a_sleeveless_garments_deep_neckline_may_show_little_but_shows_everywhere() -> None:
    seen = faint(75.0, 2.1)
    found = find_faint(seen, mask(), landmarks())
    assert found is not None
    assert found.scoop.depth == pytest.approx(0.75, abs=0.1)
    assert find_faint(faint(75.0, 2.1, 0.6), mask(), landmarks()) is None
    assert find_faint(faint(0.0, 2.1), mask(), landmarks()) is None
    assert find_faint(seen, mask(), landmarks(has_hood=True)) is None
    deepest = {
        (kind, label): max(
            (n.scoop.depth for n in front_necklines(seen, mask(), landmarks(kind=kind), label)), default=0
        )
        for kind, label in (("vest", "Undershirt"), ("vest", "Polo"), ("top", "Top"))
    }
    assert deepest.pop(("vest", "Undershirt")) == found.scoop.depth
    assert max(deepest.values()) < 0.4
