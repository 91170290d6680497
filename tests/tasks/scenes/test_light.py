import numpy as np
import pytest

from manikin.tasks.scenes.light import black_body, lights_of, sample_light


def test_key_light_is_uniform_over_the_hemisphere() -> None:
    directions = np.array([lights_of(sample_light(np.random.default_rng(i))).directions[0] for i in range(2000)])
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    assert (directions[:, 1] >= 0).all()
    np.testing.assert_allclose(directions.mean(0), [0, 0.5, 0], atol=0.05)


@pytest.mark.parametrize(("kelvin", "warm"), [(3500, True), (9000, False)])
def test_low_temperatures_are_warm(kelvin: float, warm: bool) -> None:
    red, _, blue = black_body(kelvin)
    assert bool(red > blue) is warm
    assert max(red, blue) == pytest.approx(1, abs=0.01)
