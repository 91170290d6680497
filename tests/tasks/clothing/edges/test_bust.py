from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.edges.bust import find_bust_edge, held_front
from manikin.tasks.clothing.edges.neckline import Neckline, Scoop
from manikin.tasks.clothing.outline.landmarks import Landmarks, Straps
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.clothing.pattern.seams import half_chest, held_between
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.pattern.warp import fit_warp

U8 = NDArray[np.uint8]
SIZE = 400
HELD = Extent(hem=0.8, sleeve=0.0, neck=0.13, strap=0.19, bust=1.3, strap_at=0.14, strap_width=0.01)


def landmarks(**changes) -> Landmarks:
    """Of a camisole 200 wide and 260 high, whose straps begin 70 beside its middle."""
    points = {"shoulder_right": (120.0, 80.0), "shoulder_left": (280.0, 80.0)}
    made = Landmarks("vest", points, {}, (), {"chest_half": 100.0}, 0.95, 0.0, False, Straps(0.7, 0.05))
    return replace(made, **changes)


def mask() -> U8:
    out = np.zeros((SIZE, SIZE), np.uint8)
    out[80:340, 100:300] = 255
    return out


def camisole(depth: float, bow: float, stripe: int = 0, inner: tuple[int, int, int] = (120, 130, 150)) -> U8:
    """One whose front's upper edge hangs so deep and round; above it shows its inner back."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    rgb = np.full((SIZE, SIZE, 3), (190, 200, 215), np.uint8)
    if stripe:
        rgb[(y + x) % (2 * stripe) < stripe] = (120, 130, 150)
    t = np.clip((x - 200) / 72, -1, 1)
    rgb[(y < 80 + depth * (1 - np.abs(t) ** bow)) & (np.abs(t) < 1)] = inner
    noise = np.random.default_rng(0).normal(0, 3, (SIZE, SIZE, 1))
    return np.clip(cv2.GaussianBlur(rgb, (0, 0), 1) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("bow", [1.0, 2.1])
@pytest.mark.parametrize("depth", [35.0, 60.0])
def test_the_fronts_edge_is_found_where_it_hangs_below_the_backs(depth: float, bow: float) -> None:
    found = find_bust_edge(camisole(depth, bow), mask(), landmarks())
    assert found is not None
    t = np.clip((found.line[:, 0] - 200) / 72, -1, 1)
    inner = np.abs(t) < 0.7
    assert np.abs(found.line[:, 1] - 80 - depth * (1 - np.abs(t) ** bow))[inner].mean() < 6


def test_there_is_none_on_even_cloth_and_in_patterns_and_where_no_strap_holds() -> None:
    assert find_bust_edge(camisole(0.0, 1.0), mask(), landmarks()) is None
    assert find_bust_edge(camisole(50.0, 1.5, 9), mask(), landmarks()) is None
    seen = camisole(50.0, 1.5)
    assert find_bust_edge(seen, mask(), landmarks()) is not None
    for straps in (None, Straps(0.0, 0.0)):
        assert find_bust_edge(seen, mask(), landmarks(straps=straps)) is None


def test_the_front_is_cut_along_its_edge_but_covers_the_bust(front: BodyFront) -> None:
    body = np.concatenate([line.flat[::12] for line in front.folds.values()])
    half, high = held_between(front, HELD)
    warp = fit_warp(front, body, np.stack([200 + 400 * body[:, 0], 100 + 400 * (high - body[:, 1])], axis=1))
    t = np.linspace(-1, 1, 30)

    def cut(depth: float, bow: float) -> tuple[float, U8]:
        line = np.stack([200 + 400 * half * t, 100 + 400 * depth * (1 - np.abs(t) ** bow)], axis=1)
        neck = held_front(front, (SIZE, SIZE), warp, Neckline(line, Scoop(0.5, bow)), HELD)
        assert neck.scoop is not None
        assert neck.above is not None
        return neck.scoop.depth * half_chest(front), neck.above

    depth, above = cut(0.06, 1.0)
    assert depth == pytest.approx(0.06, abs=0.005)
    assert above[100 + 20, 200] == 255
    assert above[100 + 30, 200] == 0
    assert cut(0.2, 1.0)[0] == pytest.approx(0.104, abs=1e-9)
    assert cut(0.2, 2.0)[0] == pytest.approx(0.078, abs=1e-9)


def test_where_no_edge_is_sure_nothing_is_cut(front: BodyFront) -> None:
    body = np.concatenate([line.flat[::12] for line in front.folds.values()])
    neck = held_front(front, (SIZE, SIZE), fit_warp(front, body, 400 * body), None, HELD)
    assert neck.scoop is None
    assert neck.above is None
    assert not neck.throat.any()
