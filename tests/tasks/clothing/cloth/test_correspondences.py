import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manikin.tasks.clothing.cloth.correspondences import cut_to_length, even_sides, sleeve_points, trunk_points

SIDES = ("left", "right")


def trunk() -> dict[str, np.ndarray]:
    """The edges of a trunk that is narrowest at its waist, y up."""
    y = np.linspace(1.4, 0.7, 8)
    half = 0.2 + 0.4 * np.square(y - 1.1)
    sides = {f"side_{name}": np.stack([sign * half, y], axis=1) for name, sign in (("left", 1), ("right", -1))}
    shoulders = {
        f"shoulder_{name}": np.array([[sign * 0.1, 1.6], [sign * 0.25, 1.55]])
        for name, sign in (("left", 1), ("right", -1))
    }
    return sides | shoulders | {"hem": np.stack([np.linspace(half[-1], -half[-1], 5), np.full(5, 0.7)], axis=1)}


@settings(max_examples=20)
@given(st.lists(st.floats(-900, 900), min_size=4, max_size=4), st.lists(st.floats(-500, 500), min_size=2, max_size=2))
def test_within_a_trunk_an_affine_map_goes_on(matrix: list[float], shift: list[float]) -> None:
    A, b = np.reshape(matrix, (2, 2)), np.array(shift)
    flat, seen = trunk_points(trunk(), {name: edge @ A.T + b for name, edge in trunk().items()})
    np.testing.assert_allclose(seen, flat @ A.T + b, atol=1e-6)


def test_one_low_armpit_does_not_tilt_the_chest_and_two_lower_it() -> None:
    photo = {name: 400 * edge * [1, -1] for name, edge in trunk().items()}
    photo["side_left"][:4, 1] += np.array([60, 30, 15, 5])
    flat, seen = trunk_points(trunk(), photo)
    chest = np.isclose(flat[:, 1], 1.4)
    assert np.ptp(seen[chest, 1]) < 0.35 * 0.5 * 60  # half of it, if rows were straight
    np.testing.assert_allclose(seen[:, 0], 400 * flat[:, 0], atol=4)
    photo["side_right"] = photo["side_left"] * [-1, 1]
    _, low = trunk_points(trunk(), photo)
    assert np.ptp(low[chest, 1]) < 25
    assert (low[chest, 1] > seen[chest, 1] + 5).all()


def test_within_a_trunk_cloth_is_of_one_scale_and_its_stripes_are_straight() -> None:
    """The body has a waist and the photo's garment has none, but bumps at one side and tails at the hem."""
    photo = {name: 400 * edge * [1, -1] for name, edge in trunk().items()}
    for name, sign in (("left", 1), ("right", -1)):
        photo[f"side_{name}"][:, 0] = sign * 90
        photo[f"side_{name}"][-1, 0] = sign * 75
    photo["hem"][:, 0] = np.linspace(75, -75, 5)
    photo["side_left"][3, 0] += 8
    flat, seen = (p.reshape(5, -1, 2) for p in trunk_points(trunk(), photo))
    scale = np.diff(seen[..., 0], axis=0) / np.diff(flat[..., 0], axis=0)
    assert np.ptp(scale) < 0.02 * scale.mean()
    assert np.ptp(seen[2, :, 0]) < 3  # down the middle
    even = even_sides(trunk(), photo)
    np.testing.assert_array_equal(even["side_left"][0], photo["side_left"][0])
    assert (np.abs(even["side_left"][1:-1, 0] - scale.mean() * trunk()["side_left"][1:-1, 0]) < 5).all()
    assert even["side_left"][-1, 0] > 80
    np.testing.assert_allclose(even["hem"][[0, -1]], [even["side_left"][-1], even["side_right"][-1]], atol=1e-6)


def test_within_a_sleeve_cloth_lies_evenly_and_a_garment_without_sleeves_has_no_points() -> None:
    body = {f"sleeve_outer_{side}": np.stack([np.linspace(0, 0.4, 6), np.full(6, 0.1)], axis=1) for side in SIDES}
    body |= {f"sleeve_inner_{side}": np.stack([np.linspace(0.4, 0.1, 6), np.zeros(6)], axis=1) for side in SIDES}
    photo = {name: 300 * edge for name, edge in body.items()}
    flat, seen = sleeve_points(body, photo)
    np.testing.assert_allclose(seen, 300 * flat)
    assert len(flat) == 2 * 2 * 5
    assert ((flat[:, 1] > 0.02) & (flat[:, 1] < 0.08)).all()
    assert all(len(points) == 0 for points in sleeve_points({}, {}))


@pytest.mark.parametrize(("tall", "least", "most"), [(0.8, 0.8, 0.8), (1.1, 1.1, 1.1), (1.6, 1.05, 1.2)])
def test_of_a_trunk_far_too_long_the_lower_end_is_not_shown(tall: float, least: float, most: float) -> None:
    photo = {name: 400 * edge * [1, -tall] for name, edge in trunk().items()}
    cut = cut_to_length(trunk(), photo)
    for side in SIDES:
        np.testing.assert_allclose(cut[f"side_{side}"][0], photo[f"side_{side}"][0])
        assert least - 1e-6 <= np.ptp(cut[f"side_{side}"][:, 1]) / (400 * 0.7) <= most + 1e-6
    np.testing.assert_allclose(cut["hem"][[0, -1]], [cut["side_left"][-1], cut["side_right"][-1]])
    np.testing.assert_array_equal(cut["shoulder_left"], photo["shoulder_left"])
