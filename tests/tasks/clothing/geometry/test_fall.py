import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.geometry.fall import falling_tubes, holders

F64 = NDArray[np.float64]
ROUND = 60


def surface(height: F64, half: F64) -> tuple[F64, NDArray[np.int64]]:
    """An upright body of elliptic sections (Y, 2), in triangles."""
    turn = 2 * np.pi / ROUND * np.arange(ROUND)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    at = half[:, None] * ring
    points = np.stack([at[..., 0], np.broadcast_to(height[:, None], at.shape[:2]), at[..., 1]], axis=-1).reshape(-1, 3)
    i, k = (a.ravel() for a in np.meshgrid(np.arange(len(height) - 1), np.arange(ROUND), indexing="ij"))
    a, b, c, d = i * ROUND + k, i * ROUND + (k + 1) % ROUND, (i + 1) * ROUND + k, (i + 1) * ROUND + (k + 1) % ROUND
    return points, np.concatenate([np.stack([a, c, b], axis=1), np.stack([b, c, d], axis=1)])


HEIGHT = np.linspace(0, 0.6, 61)


def test_cloth_goes_round_a_cylinder_as_far_off_as_it_is_wide() -> None:
    points, faces = surface(HEIGHT, np.full((61, 2), 0.15))
    inner, outer = falling_tubes(points, faces, (0.1, 0.5), np.array([[0.1, 0.03], [0.5, 0.01]]))
    at = points[(points[:, 1] > 0.1) & (points[:, 1] < 0.5)]
    np.testing.assert_allclose(inner.above(at), 0, atol=0.001)
    np.testing.assert_allclose(outer.above(at), np.interp(at[:, 1], [0.1, 0.5], [0.03, 0.01]), atol=0.001)
    on = outer.onto(at)
    np.testing.assert_allclose(on[:, 1], at[:, 1])
    np.testing.assert_allclose(outer.above(on), 0, atol=1e-9)


def test_cloth_that_is_wide_enough_falls_straight_past_a_waist() -> None:
    half = 0.15 - 0.05 * np.exp(-(((HEIGHT - 0.3) / 0.06) ** 2))[:, None] * np.ones(2)
    points, faces = surface(HEIGHT, half)
    waist = np.array([[0.1, 0.3, 0.0]])
    radii = []
    for ease in (0.005, 0.02, 0.06):
        inner, outer = falling_tubes(points, faces, (0.05, 0.55), np.array([[0.05, ease], [0.55, ease]]))
        assert (outer.above(points[(points[:, 1] > 0.06) & (points[:, 1] < 0.54)]) > 0.004).all()
        radii.append(float(inner.at(waist)[0]))
    assert 0.10 < radii[0] < radii[1] < radii[2]
    assert radii[0] == pytest.approx(0.105, abs=0.004)
    assert radii[2] > 0.125


def test_what_stands_off_is_bound_to_both_sides_of_a_hollow() -> None:
    points, faces = surface(HEIGHT, np.full((61, 2), 0.15))
    behind = np.abs(np.arctan2(points[:, 0], -points[:, 2]))
    points[behind < 0.3, 2] += 0.04  # a furrow down the back
    inner, outer = falling_tubes(points, faces, (0.1, 0.5), np.array([[0.1, 0.01], [0.5, 0.01]]))
    off = points * [1, 0, 1]
    held = holders(points, off / np.linalg.norm(off, axis=1, keepdims=True), np.arange(len(points)), inner)
    furrow = points[(behind < 0.2) & (points[:, 1] > 0.15) & (points[:, 1] < 0.45)]
    cloth = outer.onto(furrow)
    assert np.linalg.norm(cloth - furrow, axis=1).min() > 0.03
    corner, weight, offset, miss = held.bind(cloth)
    assert miss.max() < 0.001
    assert (behind[corner] >= 0.3).all()
    np.testing.assert_allclose(offset, 0.01, atol=0.004)
    normal = off / np.linalg.norm(off, axis=1, keepdims=True)
    where = np.einsum("gk,gkc->gc", weight, points[corner])
    where += offset[:, None] * np.einsum("gk,gkc->gc", weight, normal[corner])
    np.testing.assert_allclose(where, cloth, atol=0.001)


def test_cloth_bends_over_an_edge() -> None:
    """A cone upon a cylinder: the body bends in one centimetre, cloth about it in more."""
    points, faces = surface(HEIGHT, (0.2 - np.maximum(HEIGHT - 0.3, 0.0))[:, None] * np.ones(2))
    inner, outer = falling_tubes(points, faces, (0.1, 0.5), np.array([[0.1, 0.03], [0.3, 0.03]]))
    up = np.arange(0.2, 0.4, 0.01)
    for tube in (inner, outer):
        slope = np.diff(tube.at(np.column_stack([np.full(len(up), 0.3), up, np.zeros(len(up))]))) / 0.01
        assert np.abs(np.diff(slope)).max() < 0.25
    assert (outer.above(points[(points[:, 1] > 0.12) & (points[:, 1] < 0.48)]) > 0.004).all()


def test_cloth_is_bound_only_to_skin_that_carries_it_there() -> None:
    points, faces = surface(HEIGHT, np.full((61, 2), 0.15))
    inner, outer = falling_tubes(points, faces, (0.1, 0.5), np.array([[0.1, 0.01], [0.5, 0.01]]))
    off = points * [1, 0, 1]
    upward = off / np.linalg.norm(off, axis=1, keepdims=True) + [0.0, 6.0, 0.0]
    normals = upward / np.linalg.norm(upward, axis=1, keepdims=True)
    held = holders(points, normals, np.arange(len(points)), inner)
    inside = points[(points[:, 1] > 0.15) & (points[:, 1] < 0.45)]
    cloth = outer.onto(inside) + 0.05 * off[(points[:, 1] > 0.15) & (points[:, 1] < 0.45)] / 0.15
    corner, weight, offset, miss = held.bind(cloth)
    assert miss.min() > 0.01
    where = np.einsum("gk,gkc->gc", weight, points[corner] + offset[:, None, None] * normals[corner])
    found = np.isfinite(miss)
    np.testing.assert_allclose(np.linalg.norm(where - cloth, axis=1)[found], miss[found], rtol=0.1, atol=1e-6)
