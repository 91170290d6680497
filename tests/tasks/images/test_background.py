import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manikin.tasks.errors import InputError
from manikin.tasks.images.background import crop_background

WHOLE = (0.0, 0.0, 1.0, 1.0)


def ramp(h: int, w: int) -> np.ndarray:
    y, x = np.mgrid[:h, :w]
    return np.stack([255 * x / (w - 1), 255 * y / (h - 1), 0 * x + 77], -1).round().astype(np.uint8)


def test_the_whole_photo_at_its_own_size_is_the_photo() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    np.testing.assert_array_equal(crop_background(photo, WHOLE, False, (30, 40)), photo)
    np.testing.assert_array_equal(crop_background(photo, WHOLE, True, (30, 40)), photo[:, ::-1])


def test_a_box_is_what_its_fractions_say() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (40, 80, 3)).astype(np.uint8)
    np.testing.assert_array_equal(crop_background(photo, (0.25, 0.5, 0.5, 0.25), False, (10, 40)), photo[20:30, 20:60])


def test_shrinking_is_the_mean_of_what_a_pixel_covers() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    mean = photo.reshape(16, 4, 24, 4, 3).mean((1, 3))
    assert np.abs(crop_background(photo, WHOLE, False, (16, 24)) - mean).max() <= 0.51


@given(h=st.integers(2, 60), w=st.integers(2, 60))
def test_resampling_shifts_nothing(h: int, w: int) -> None:
    """The centre of a ramp stays its centre at any size."""
    out = crop_background(ramp(120, 100), WHOLE, False, (h, w)).astype(float)
    assert out[..., 0].mean() == pytest.approx(127.5, abs=1)
    assert out[..., 1].mean() == pytest.approx(127.5, abs=1)
    assert (out[..., 2] == 77).all()


def test_enlarging_one_pixel() -> None:
    photo = ramp(10, 10)
    out = crop_background(photo, (0.55, 0.55, 0.01, 0.01), False, (8, 8))
    assert (out == out[0, 0]).all()


@pytest.mark.parametrize("box", [(0.5, 0, 0.6, 1), (-0.1, 0, 1, 1), (0, 0, 0, 1), (0, 0.2, 1, 0.9), (np.nan, 0, 1, 1)])
def test_a_box_that_leaves_the_photo_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(InputError, match="background box"):
        crop_background(ramp(10, 10), box, False, (8, 8))


@pytest.mark.parametrize("photo", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3))])
def test_what_is_no_photo_is_refused(photo: np.ndarray) -> None:
    with pytest.raises(InputError, match="expected uint8"):
        crop_background(photo, WHOLE, False, (8, 8))
