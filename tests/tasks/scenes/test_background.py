import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from manikin.tasks.images.camera import Camera
from manikin.tasks.scenes.background import BackgroundPlan, crop_box, sample_background


@given(seed=st.integers(0, 10_000), width=st.integers(128, 4000), height=st.integers(128, 4000))
def test_crop_is_square_and_inside(seed: int, width: int, height: int) -> None:
    plan = sample_background(np.random.default_rng(seed), "b", width, height)
    assert plan.crop_x >= 0
    assert plan.crop_y >= 0
    assert plan.crop_x + plan.crop_w <= 1 + 1e-9
    assert plan.crop_y + plan.crop_h <= 1 + 1e-9
    np.testing.assert_allclose(plan.crop_w * width, plan.crop_h * height)


def level_camera(pitch: float) -> Camera:
    """Return a camera 1.5 m above the ground that looks along world -z, tilted down."""
    c, s = np.cos(pitch), np.sin(pitch)
    R = np.array([[1, 0, 0], [0, -c, s], [0, -s, -c]])
    T = np.eye(4)
    T[:3, :3] = R
    T[:3, 3] = -R @ np.array([0, 1.5, 0])
    return Camera(K=np.array([[200.0, 0, 128], [0, 200, 128], [0, 0, 1]]), T_cam_world=T, width=256, height=256)


@given(pitch=st.floats(-0.2, 0.3))
def test_horizons_meet(pitch: float) -> None:
    plan = BackgroundPlan("b", 0.1, 0.0, 0.4, 0.4, False, 0.5)
    camera = level_camera(pitch)
    _, top, _, height = crop_box(plan, camera)
    far_away = camera.project(np.array([[0, 1.5, -1e6]]))[0][0, 1]
    np.testing.assert_allclose(top + height * far_away / 256, plan.horizon, atol=1e-6)


@given(pitch=st.floats(-1.57, 1.57), crop=st.floats(0.3, 1), horizon=st.floats(0, 1))
def test_crop_stays_in_the_photo(pitch: float, crop: float, horizon: float) -> None:
    plan = BackgroundPlan("b", 0.0, 0.0, crop, crop, False, horizon)
    _, top, _, height = crop_box(plan, level_camera(pitch))
    assert 0 <= top <= 1 - height + 1e-12
