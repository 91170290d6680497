"""A tube laid flat is known exactly: half its circumference wide, front on back."""

import numpy as np
import pytest

from manikin.tasks.clothing.pattern.flatten import SplitMesh, facing, flatten, split_at_zero

N_AROUND, N_ALONG, RADIUS, HEIGHT = 48, 25, 0.1, 0.6


@pytest.fixture(scope="module")
def tube() -> tuple[np.ndarray, np.ndarray]:
    """Vertices and outward faces of an open tube about the y axis."""
    turn = (np.arange(N_AROUND) + 0.3) * 2 * np.pi / N_AROUND
    y = np.linspace(0, HEIGHT, N_ALONG)
    ring = RADIUS * np.stack([np.sin(turn), 0 * turn, np.cos(turn)], axis=1)
    vertices = (ring[None] + np.array([0, 1, 0]) * y[:, None, None]).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(N_ALONG - 1), np.arange(N_AROUND), indexing="ij")
    a, b = i * N_AROUND + j, i * N_AROUND + (j + 1) % N_AROUND
    c, d = a + N_AROUND, b + N_AROUND
    faces = np.concatenate([np.stack(t, axis=-1).reshape(-1, 3) for t in ((a, b, d), (a, d, c))])
    return vertices, faces


@pytest.fixture(scope="module")
def split(tube) -> SplitMesh:
    vertices, faces = tube
    return split_at_zero(vertices, vertices[faces], faces, facing(vertices, faces))


def test_facing_is_one_in_front_and_minus_one_behind(tube) -> None:
    vertices, faces = tube
    np.testing.assert_allclose(facing(vertices, faces), vertices[:, 2] / RADIUS, atol=0.2)


def test_every_triangle_is_on_one_side_of_the_cut(split: SplitMesh) -> None:
    field = split.field[split.faces]
    assert (field[split.is_front] >= 0).all()
    assert (field[~split.is_front] <= 0).all()
    cut = split.vertices[(split.field == 0) & (np.abs(split.vertices[:, 1] - HEIGHT / 2) < 0.15)]  # away from the rims
    np.testing.assert_allclose(cut[:, 2], 0, atol=0.004)


def test_cutting_keeps_the_surface_and_what_the_corners_carry(tube, split: SplitMesh) -> None:
    vertices, faces = tube

    def area(points: np.ndarray) -> np.ndarray:
        return np.linalg.norm(np.cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]), axis=1) / 2

    parts = np.bincount(split.parent, area(split.vertices[split.faces]), len(faces))
    np.testing.assert_allclose(parts, area(vertices[faces]), rtol=1e-9)
    np.testing.assert_allclose(split.corners, split.vertices[split.faces], atol=1e-12)


def test_cutting_keeps_the_triangles_turned_as_they_were(split: SplitMesh) -> None:
    a, b, c = split.vertices[split.faces].transpose(1, 0, 2)
    normal, middle = np.cross(b - a, c - a), (a + b + c) / 3
    assert ((normal * (middle * [1, 0, 1])).sum(axis=1) > 0).all()


def test_a_tube_laid_flat_is_half_its_circumference_wide(split: SplitMesh) -> None:
    flat = flatten(split)
    used = np.unique(split.faces)
    chord = N_AROUND * 2 * RADIUS * np.sin(np.pi / N_AROUND)  # the polygon's, not the circle's circumference
    assert np.ptp(flat[used, 0]) == pytest.approx(chord / 2, rel=0.02)
    assert np.ptp(flat[used, 1]) == pytest.approx(HEIGHT, rel=0.02)


def test_front_lies_on_back(split: SplitMesh) -> None:
    flat = flatten(split)
    middle = np.abs(split.vertices[:, 1] - HEIGHT / 2) < 0.01
    turn = np.arctan2(split.vertices[:, 0], split.vertices[:, 2])
    along = np.where(np.abs(turn) > np.pi / 2, np.sign(turn) * np.pi - turn, turn)
    np.testing.assert_allclose(flat[middle, 0], RADIUS * along[middle], atol=0.004)


def test_nothing_to_cut_is_kept() -> None:
    triangle = np.array([[0.0, 0, 1], [1, 0, 1], [0, 1, 1]])
    split = split_at_zero(triangle, triangle[None], np.array([[0, 1, 2]]), np.ones(3))
    np.testing.assert_array_equal(split.faces, [[0, 1, 2]])
    assert split.is_front.all()
