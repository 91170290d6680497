import math

import cv2
import numpy as np
import pytest

from manikin.tasks.clothing.outline.search import (
    _CREASED,
    PULL,
    Target,
    _cost,
    _covered,
    _place,
    _sine,
    drawing,
    habits,
    search,
)
from manikin.tasks.clothing.outline.silhouettes import SKIRT, TOP, TROUSERS, VEST, Silhouette

KINDS = {kind.name: kind for kind in (TOP, VEST, TROUSERS, SKIRT)}
ROWS = 96
UNIT = 60.0


def drawn_at_random(kind: Silhouette, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    values = {n: usual + 0.7 * spread * rng.normal() for n, (usual, spread) in kind.parameters.items()}
    return values | {"y": -0.4}


def as_target(mask: np.ndarray, creases: np.ndarray | None = None) -> Target:
    sums = np.pad(np.cumsum(mask, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    creases = np.zeros((*mask.shape, 4), np.float32) if creases is None else creases
    return Target(sums, float(mask.sum()), creases, UNIT)


def scratch(points: int, corners: int) -> tuple[np.ndarray, ...]:
    return (
        np.empty((points, 2)),
        np.empty((ROWS, corners)),
        np.empty((ROWS, corners, 2)),
        np.empty((2, ROWS), np.int64),
    )


def test_the_sine_is_the_sine() -> None:
    for x in np.linspace(-20, 20, 4001):
        assert _sine(float(x)) == pytest.approx(math.sin(x), abs=1e-10)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_points_are_those_of_the_silhouette(name: str, seed: int) -> None:
    kind = KINDS[name]
    values = drawn_at_random(kind, seed)
    outline = drawing(kind)
    points = np.empty((outline.linear.shape[0], 2))
    _place(outline, np.array(list(values.values())), points)
    np.testing.assert_allclose(points, list(kind.points(values).values()), atol=1e-9)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_spans_cover_what_polygons_drawn_by_hand_cover(name: str, seed: int) -> None:
    kind, fine = KINDS[name], 16
    values = drawn_at_random(kind, seed)
    outline = drawing(kind)
    points, *rest = scratch(outline.linear.shape[0], len(outline.corners))
    _place(outline, np.array(list(values.values())), points)
    mask = np.zeros((ROWS, ROWS), np.uint8)
    cv2.circle(mask, (50, 45), 28, 1, -1)
    common, area, twice = _covered(as_target(mask), outline, True, points, *rest)
    layers = []
    for polygon in np.split(points[outline.corners], outline.stops[:-1]):
        layer = np.zeros((fine * ROWS, fine * ROWS), np.uint8)
        corners = fine * (polygon * UNIT + ROWS / 2) - 0.5
        cv2.fillPoly(layer, [np.rint(corners * 256).astype(np.int32)], 1, shift=8)
        layers.append(layer)
    count = np.sum(layers, axis=0)
    large = np.kron(mask, np.ones((fine, fine), np.uint8)) > 0
    expected = [(count > 0).sum(), ((count > 0) & large).sum(), np.maximum(count - 1.0, 0).sum()]
    # one scanline a row against sixteen: corners and edges nearly level differ by pixels, of a thousand and more
    np.testing.assert_allclose([area, common, twice], np.array(expected) / fine**2, atol=12)


def test_an_outline_finds_itself() -> None:
    kind = TOP
    usual = np.array([v for v, _ in kind.parameters.values()])
    usual[list(kind.parameters).index("y")] = -0.4
    outline, spreads = drawing(kind), np.array([s for _, s in kind.parameters.values()])
    moved = usual.copy()
    moved[list(kind.parameters).index("hem_half")] += 0.05
    points, *_ = scratch(outline.linear.shape[0], len(outline.corners))
    _place(outline, moved, points)
    mask = np.zeros((ROWS, ROWS), np.uint8)
    for polygon in np.split(points[outline.corners], outline.stops[:-1])[:3]:
        cv2.fillPoly(mask, [np.rint((polygon * UNIT + ROWS / 2 - 0.5) * 16).astype(np.int32)], 1, shift=4)
    found = usual.copy()
    cost, overlap = search(as_target(mask), outline, habits(kind, usual), found, spreads, 40, 0.3)
    assert overlap > 0.96
    assert cost < 0.05
    assert found[list(kind.parameters).index("hem_half")] > usual[list(kind.parameters).index("hem_half")] + 0.02


def test_unlike_sleeves_and_unusual_values_are_strain_and_creases_a_gain() -> None:
    kind = TOP
    names = list(kind.parameters)
    usual = np.array([v for v, _ in kind.parameters.values()])
    usual[names.index("y")] = -0.4
    outline = drawing(kind)
    mask = np.ones((ROWS, ROWS), np.uint8)

    def cost(values: np.ndarray, form: float = 1.0) -> float:
        creases = np.full((ROWS, ROWS, 4), [form, 0, form, 1], np.float32)
        rest = scratch(outline.linear.shape[0], len(outline.corners))
        total, overlap = _cost(as_target(mask, creases), outline, habits(kind, usual), values, *rest)
        return total - (1 - overlap)

    base = cost(usual)
    one, both = usual.copy(), usual.copy()
    for values, sides in ((one, ("left",)), (both, ("left", "right"))):
        values[[names.index(f"sleeve_length1_{side}") for side in sides]] += 0.15
    assert cost(one) - base > 4 * PULL
    assert cost(one) > cost(both)
    length = sum(np.linalg.norm(np.diff(_ends(usual, side), axis=0), axis=1).sum() for side in ("left", "right"))
    assert base - cost(usual, 4.0) == pytest.approx(_CREASED * length, rel=1e-6)


def _ends(values: np.ndarray, side: str) -> np.ndarray:
    points = TOP.points(dict(zip(TOP.parameters, values, strict=True)))
    return np.array([points[f"{n}_{side}"] for n in ("cuff_outer", "cuff_inner", "elbow_inner", "armpit")])


@pytest.mark.parametrize("name", KINDS)
def test_habits_are_of_their_own_start(name: str) -> None:
    kind = KINDS[name]
    first, second = (np.array(list(drawn_at_random(kind, seed).values())) for seed in (1, 2))
    usual = habits(kind, first).usual.copy()
    own = [k for k, is_limit in enumerate(habits(kind, first).is_limit) if not is_limit and usual[k] in first]
    assert len(own) >= len(first)
    habits(kind, second)
    again = habits(kind, first)
    np.testing.assert_array_equal(again.usual, usual)
    for value, parameter in zip(again.usual[own], again.parameters[own, 0], strict=True):
        assert value == first[parameter]
