import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manikin.tasks.scenes.camera import NEAREST_M, place_camera, sample_camera

SIZE = 256
RNG = np.random.default_rng(0)
# Points of a person's extent: 1.8 m high, half a metre wide.
PERSON = RNG.uniform([-0.25, 0, -0.15], [0.25, 1.8, 0.15], (400, 3))


@given(seed=st.integers(0, 10_000))
def test_eye_camera_frames_the_person_as_planned(seed: int) -> None:
    plan = sample_camera(np.random.default_rng(seed), "eye")
    camera = place_camera(plan, PERSON, SIZE)
    xy, z = camera.project(PERSON)
    low, high = xy.min(0), xy.max(0)
    assert (high - low).max() / SIZE == pytest.approx(plan.fill, abs=0.02)
    np.testing.assert_allclose((low + high) / 2 / SIZE - 0.5, [plan.shift_x, plan.shift_y], atol=0.02)
    assert (low >= 0).all()
    assert (high <= SIZE).all()
    assert z.min() >= NEAREST_M
    T_world_cam = np.linalg.inv(camera.T_cam_world)
    assert T_world_cam[1, 3] == pytest.approx(plan.camera_height_m, abs=1e-6)


@given(seed=st.integers(0, 10_000))
def test_sphere_camera_shows_all_of_the_person(seed: int) -> None:
    plan = sample_camera(np.random.default_rng(seed), "sphere")
    xy, z = place_camera(plan, PERSON, SIZE).project(PERSON)
    assert (xy > -0.05 * SIZE).all()
    assert (xy < 1.05 * SIZE).all()
    assert z.min() >= 0.9 * NEAREST_M


def test_person_stands_upright_and_is_not_mirrored() -> None:
    for seed in range(20):
        plan = sample_camera(np.random.default_rng(seed), "eye")
        camera = place_camera(plan, PERSON, SIZE)
        (feet, head), _ = camera.project(np.array([[0, 0, 0], [0, 1.8, 0]]))
        assert feet[1] > head[1]
        assert np.linalg.det(camera.T_cam_world[:3, :3]) == pytest.approx(1)


def test_azimuth_0_looks_at_the_front() -> None:
    plan = sample_camera(np.random.default_rng(0), "eye")
    plan = type(plan)(**{n: getattr(plan, n) for n in plan.__slots__} | {"azimuth_deg": 0.0, "roll_deg": 0.0})
    (left, right), _ = place_camera(plan, PERSON, SIZE).project(np.array([[0.2, 1, 0], [-0.2, 1, 0]]))
    assert left[0] > right[0], "the person's left side (+x) is on the right of the picture"
    front, back = place_camera(plan, PERSON, SIZE).project(np.array([[0, 1, 0.2], [0, 1, -0.2]]))[1]
    assert front < back


def test_sphere_directions_are_uniform() -> None:
    sines = [np.sin(np.deg2rad(sample_camera(np.random.default_rng(i), "sphere").elevation_deg)) for i in range(2000)]
    assert np.mean(sines) == pytest.approx(0, abs=0.05)
    assert np.mean(np.abs(sines)) == pytest.approx(0.5, abs=0.03)
