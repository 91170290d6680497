import numpy as np
import pytest
from scipy import stats

from manikin.tasks.bodies.evaluate import shape_rest
from manikin.tasks.bodies.kernels import volume
from manikin.tasks.bodies.shapes import POPULATIONS, calibrate, fit_adult, measure, sample_adult
from manikin.tasks.randomness import Stream, rng_for


@pytest.fixture(scope="module")
def calibration(body):
    return calibrate(body)


@pytest.fixture(scope="module")
def adults(calibration):
    return [sample_adult(calibration, rng_for(7, Stream.SHAPE, i)) for i in range(300)]


def by_sex(adults, sex):
    chosen = [a for a in adults if a.sex == sex]
    return np.array([a.height_m for a in chosen]), np.array([a.weight_kg for a in chosen])


def test_sexes_are_even_and_ages_adult(adults):
    assert 115 < sum(a.sex == "female" for a in adults) < 185
    years = np.array([a.age_years for a in adults])
    assert years.min() >= 18
    assert years.max() <= 70
    assert years.mean() == pytest.approx(44, abs=3)


@pytest.mark.parametrize("sex", POPULATIONS)
def test_statures_are_those_of_the_population(adults, sex):
    heights, _ = by_sex(adults, sex)
    population = POPULATIONS[sex]
    error = population.stature_sd / np.sqrt(len(heights))
    assert heights.mean() == pytest.approx(population.stature_mean, abs=3 * error)
    assert heights.std() == pytest.approx(population.stature_sd, rel=0.2)


@pytest.mark.parametrize("sex", POPULATIONS)
def test_body_mass_indices_are_those_of_the_population(adults, sex):
    heights, weights = by_sex(adults, sex)
    logs, p = np.log(weights / heights**2), POPULATIONS[sex]
    low, high = (np.log(np.array(p.bmi_range)) - p.log_bmi_mean) / p.log_bmi_sd
    expected = stats.truncnorm(low, high, loc=p.log_bmi_mean, scale=p.log_bmi_sd)
    assert logs.mean() == pytest.approx(expected.mean(), abs=3 * expected.std() / np.sqrt(len(logs)))
    assert logs.std() == pytest.approx(expected.std(), rel=0.2)


PREVALENCES = [("male", 0.088, 0.108, 24.2), ("female", 0.097, 0.149, 24.4)]


@pytest.mark.parametrize(("sex", "underweight", "obese", "mean"), PREVALENCES)
def test_the_log_normals_have_the_published_prevalences(sex, underweight, obese, mean):
    p = POPULATIONS[sex]
    bmi = stats.lognorm(s=p.log_bmi_sd, scale=np.exp(p.log_bmi_mean))
    assert bmi.cdf(18.5) == pytest.approx(underweight, abs=0.005)
    assert bmi.sf(30.0) == pytest.approx(obese, abs=0.005)
    assert bmi.mean() == pytest.approx(mean, abs=0.35)


def test_a_body_has_the_stated_stature_and_weight(body, adults):
    vertices, _ = shape_rest(body, np.stack([a.coefficients for a in adults]))
    for adult, points in zip(adults, vertices, strict=True):
        assert np.ptp(points[:, 1]) == pytest.approx(adult.height_m, abs=1e-5)
        assert 985 * volume(points, body.faces) == pytest.approx(adult.weight_kg, abs=1e-3)


def test_the_wished_for_stature_and_index_are_met(calibration):
    rng = np.random.default_rng(0)
    for sex, name in enumerate(("male", "female")):
        for _ in range(25):
            population = POPULATIONS[name]
            stature = population.stature_mean + rng.uniform(-2.5, 2.5) * population.stature_sd
            bmi = rng.uniform(*population.bmi_range)
            phenotype = {"gender": float(sex), "age": rng.uniform(0, 0.7), "muscle": rng.uniform(0.1, 0.9)}
            _, coefficients = fit_adult(calibration, phenotype, stature, bmi)
            height_m, weight_kg = measure(calibration.model, coefficients)
            assert height_m == pytest.approx(stature, abs=0.003)
            assert weight_kg == pytest.approx(bmi * stature**2, abs=2.0)


def test_an_index_out_of_reach_comes_out_as_near_as_can_be(calibration):
    phenotype = {"gender": 1.0, "age": 0.2, "muscle": 0.5}
    fitted, coefficients = fit_adult(calibration, phenotype, 1.6, 60.0)
    height_m, weight_kg = measure(calibration.model, coefficients)
    assert height_m == pytest.approx(1.6, abs=0.003)
    assert weight_kg / height_m**2 > POPULATIONS["female"].bmi_range[1]
    assert fitted["muscle"] == 0.0
    assert fitted["weight"] == 1.0


def test_muscle_stays_where_it_can(calibration):
    fitted, _ = fit_adult(calibration, {"gender": 0.0, "age": 0.2, "muscle": 0.5}, 1.75, 22.5)
    assert fitted["muscle"] == 0.5


def test_soles_stand_on_the_floor(body, adults):
    vertices, _ = shape_rest(body, np.stack([a.coefficients for a in adults]))
    assert np.abs(vertices[..., 1].min(axis=1)).max() < 0.012


def test_bodies_stay_closed_and_symmetric(body, adults):
    vertices, joints = shape_rest(body, np.stack([a.coefficients for a in adults]))
    left, right = body.joint("lowerleg01.L"), body.joint("lowerleg01.R")
    np.testing.assert_allclose(joints[:, left] * [-1, 1, 1], joints[:, right], atol=0.002)
    assert np.abs(vertices).max() < 2.3


def test_the_same_numbers_draw_the_same_person(calibration, adults):
    again = sample_adult(calibration, rng_for(7, Stream.SHAPE, 42))
    np.testing.assert_array_equal(again.coefficients, adults[42].coefficients)
    assert (again.sex, again.age_years, again.height_m) == (adults[42].sex, adults[42].age_years, adults[42].height_m)


def test_people_differ(adults):
    assert len({a.coefficients.tobytes() for a in adults}) == 300
    spread = np.std([a.coefficients for a in adults], axis=0)
    assert spread[:10].min() > 0.2
