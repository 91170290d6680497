import numpy as np
import pytest
from scipy import stats

from manikin.tasks.bodies.populations import (
    BoxCox,
    adults_below,
    body_mass_index,
    score_between,
    share_between,
    stature,
)

PREVALENCES = [("male", 0.088, 0.108, 24.2), ("female", 0.097, 0.149, 24.4)]


@pytest.mark.parametrize("power", [1.0, 0.0, -1.7, 0.4])
def test_values_and_scores_are_inverse(power):
    distribution = BoxCox(power, 16.4, 0.11)
    z = np.linspace(-2.5, 2.5, 11)
    values = np.array([distribution.value(x) for x in z])
    assert (np.diff(values) > 0).all()
    np.testing.assert_allclose(distribution.score(values), z, atol=1e-12)


@pytest.mark.parametrize(("sex", "underweight", "obese", "mean"), PREVALENCES)
def test_indices_of_all_ages_together_have_the_published_prevalences(sex, underweight, obese, mean):
    years = np.linspace(18, 69.99, 200)
    by_age = [body_mass_index(sex, y) for y in years]
    below = np.mean([stats.norm.cdf(b.score(np.array([18.5, 30.0]))) for b in by_age], axis=0)
    assert below[0] == pytest.approx(underweight, abs=0.005)
    assert 1 - below[1] == pytest.approx(obese, abs=0.005)
    assert np.mean([b.median * np.exp(b.variation**2 / 2) for b in by_age]) == pytest.approx(mean, abs=0.35)
    np.testing.assert_allclose(below, adults_below(sex, "bmi", np.array([18.5, 30.0])), atol=0.002)


def test_the_index_rises_to_the_fifties_and_falls_in_old_age():
    for sex in ("male", "female"):
        medians = [body_mass_index(sex, y).median for y in (20, 35, 45, 56)]
        assert (np.diff(medians) > 0.2).all()
        assert body_mass_index(sex, 82).median < medians[2]


def test_adult_statures_are_the_worlds_and_the_old_have_lost_some():
    assert stature("male", 30) == stature("male", 65) == BoxCox(1, 1.71, 0.04444)
    assert 1.59 - stature("female", 80).median == pytest.approx(0.08)
    assert 1.71 - stature("male", 70).median == pytest.approx(0.03)
    sd = [s.median * s.variation for s in (stature("female", 50), stature("female", 85))]
    assert sd[0] == pytest.approx(sd[1])


# Of the tables of the WHO growth reference 2007: third and ninety-seventh centiles of height, cm, and +1 SD of BMI.
@pytest.mark.parametrize(
    ("sex", "years", "low", "high", "overweight"),
    [("male", 10, 125.8, 149.8, 18.5), ("female", 10, 126.6, 150.7, 19.0), ("male", 15, 154.3, 183.6, 22.7)],
)
def test_children_are_those_of_the_growth_reference(sex, years, low, high, overweight):
    height = stature(sex, years)
    assert 100 * height.value(stats.norm.ppf(0.03)) == pytest.approx(low, abs=0.15)
    assert 100 * height.value(stats.norm.ppf(0.97)) == pytest.approx(high, abs=0.15)
    assert body_mass_index(sex, years).value(1.0) == pytest.approx(overweight, abs=0.06)


def test_children_grow_between_whole_years():
    for sex in ("male", "female"):
        medians = np.array([stature(sex, y).median for y in np.linspace(6, 17.99, 120)])
        assert (np.diff(medians) > 0).all()


@pytest.mark.parametrize("sex", ["male", "female"])
def test_weights_follow_from_statures_and_indices(sex):
    rng = np.random.default_rng(0)
    p = {"male": (1.71, 0.076, 3.170, 0.187), "female": (1.59, 0.071, 3.186, 0.207)}[sex]
    weights = np.exp(rng.normal(p[2], p[3], 200_000)) * rng.normal(p[0], p[1], 200_000) ** 2
    at = np.array([45.0, 60.0, 75.0, 100.0])
    np.testing.assert_allclose(adults_below(sex, "weight_kg", at), [(weights < x).mean() for x in at], atol=0.004)


@pytest.mark.parametrize(("low", "high"), [(-1.0, 2.0), (6.0, 6.1), (9.0, 12.0), (-30.0, -20.0), (0.5, 0.5)])
def test_cut_normals_are_drawn_by_their_distribution_however_rare(low, high):
    u = np.linspace(0.005, 0.995, 100)
    drawn = np.array([score_between(x, low, high) for x in u])
    assert ((drawn >= low) & (drawn <= high)).all()
    if low < high:
        np.testing.assert_allclose(drawn, stats.truncnorm(low, high).ppf(u), rtol=1e-6)


def test_shares_are_exact_in_both_tails():
    low, high = np.array([-9.0, 8.0, -1.0]), np.array([-8.0, 9.0, 1.0])
    tail = stats.norm.cdf(-8) - stats.norm.cdf(-9)
    np.testing.assert_allclose(share_between(low, high), [tail, tail, 0.6826894921370859], rtol=1e-12)
