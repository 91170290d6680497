import numpy as np
import pytest

from manikin.tasks.images.grain import add_grain

GREY = np.full((200, 240, 3), 128, np.uint8)


@pytest.mark.parametrize("sd", [0.7, 2.5, 8.0])
def test_mean_and_spread_are_what_was_asked(sd: float) -> None:
    noise = add_grain(GREY, sd, 0.5, 3).astype(float) - 128
    assert noise.mean() == pytest.approx(0, abs=0.05)
    assert noise.std() == pytest.approx(np.hypot(sd, 12**-0.5), rel=0.03)  # with that of rounding


@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
def test_channels_have_the_share_in_common(shared: float) -> None:
    noise = add_grain(GREY, 8.0, shared, 3).astype(float).reshape(-1, 3).T
    assert np.corrcoef(noise)[0, 1] == pytest.approx(shared, abs=0.03)


def test_seeds_pixels_and_rows_are_independent() -> None:
    a, b = (add_grain(GREY, 8.0, 0.0, seed).astype(float)[..., 0] - 128 for seed in (1, 2))
    for x, y in ((a, b), (a[:, 1:], a[:, :-1]), (a[1:], a[:-1])):
        assert abs(np.corrcoef(x.ravel(), y.ravel())[0, 1]) < 0.02
    np.testing.assert_array_equal(a, add_grain(GREY, 8.0, 0.0, 1)[..., 0].astype(float) - 128)


def test_large_seeds_are_taken() -> None:
    assert (add_grain(GREY, 8.0, 0.0, 2**63 - 5) != GREY).any()


def test_nothing_is_added_at_0_and_bytes_do_not_wrap() -> None:
    np.testing.assert_array_equal(add_grain(GREY, 0.0, 0.5, 1), GREY)
    assert add_grain(np.full_like(GREY, 255), 20.0, 0.0, 1).min() > 150
    assert add_grain(np.zeros_like(GREY), 20.0, 0.0, 1).max() < 100
