import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from manikin.tasks.bodies.people import SPANS, ShapeSettings, draw_person
from manikin.tasks.bodies.populations import adults_below, body_mass_index
from manikin.tasks.errors import InputError


def drawn(n=2000, **settings):
    people = [draw_person(ShapeSettings(**settings), np.random.default_rng([i, 3])) for i in range(n)]
    columns = {name: np.array([getattr(p, name) for p in people]) for name in ("sex", "years", "height_m", "bmi")}
    return columns | {"weight_kg": columns["bmi"] * columns["height_m"] ** 2}


@pytest.fixture(scope="module")
def adults():
    return drawn(5000)


@pytest.mark.parametrize("sex", ["male", "female"])
@pytest.mark.parametrize("measure", ["height_m", "bmi", "weight_kg"])
def test_adults_are_distributed_as_published(adults, sex, measure):
    # Kolmogorov and Smirnov: 2,500 draws deviate by less than 0.031 in 99 of 100 cases; the cut ends hold 0.02 at most.
    values = adults[measure][adults["sex"] == sex]
    deviation = stats.kstest(values, lambda x: adults_below(sex, measure, x)).statistic
    assert deviation < 0.04


def test_stature_and_weight_go_together_as_they_do_and_index_and_stature_do_not(adults):
    men = adults["sex"] == "male"
    assert 0.35 < np.corrcoef(adults["height_m"][men], adults["weight_kg"][men])[0, 1] < 0.5
    assert abs(np.corrcoef(adults["height_m"][men], adults["bmi"][men])[0, 1]) < 0.05


def test_sexes_are_even_and_ages_adult(adults):
    assert (adults["sex"] == "female").mean() == pytest.approx(0.5, abs=0.02)
    assert stats.kstest(adults["years"], stats.uniform(18, 52).cdf).pvalue > 0.01


def test_shares_are_kept():
    people = drawn(children_share=0.3, elders_share=0.2, female_share=0.25)
    years = people["years"]
    assert (years < 18).mean() == pytest.approx(0.3, abs=0.03)
    assert (years >= 70).mean() == pytest.approx(0.2, abs=0.03)
    assert (people["sex"] == "female").mean() == pytest.approx(0.25, abs=0.03)
    assert years.min() >= 6
    assert years.max() <= 90


def test_children_alone_and_elders_alone():
    assert drawn(200, children_share=1.0)["years"].max() <= 18
    assert drawn(200, elders_share=1.0)["years"].min() >= 70
    assert set(drawn(200, female_share=0.0)["sex"]) == {"male"}


def test_one_stream_is_one_person():
    a, b = (draw_person(ShapeSettings(), np.random.default_rng(5)) for _ in range(2))
    assert a == b
    assert a != draw_person(ShapeSettings(), np.random.default_rng(6))


def test_a_group_does_not_change_who_the_others_are():
    few, many = (
        [draw_person(ShapeSettings(children_share=share), np.random.default_rng([i, 1])) for i in range(100)]
        for share in (0.0, 0.2)
    )
    same = sum(a == b for a, b in zip(few, many, strict=True))
    assert same == sum(p.years >= 18 for p in many)


@st.composite
def ranges(draw):
    settings = {}
    for name, (low, high) in SPANS.items():
        a, b = sorted(draw(st.tuples(*[st.floats(low, high)] * 2)))
        settings[name] = (a, b)
    return settings


@given(ranges(), st.integers(0, 2**32))
def test_whoever_is_drawn_is_within_all_ranges(settings, seed):
    try:
        wanted = ShapeSettings(**settings)
    except InputError:  # ranges that exclude each other
        return
    person = draw_person(wanted, np.random.default_rng(seed))
    weight = person.bmi * person.height_m**2
    assert wanted.age_range[0] - 5e-4 <= person.years <= wanted.age_range[1] + 5e-4
    for value, (low, high) in (
        (person.height_m, wanted.height_range),
        (person.bmi, wanted.bmi_range),
        (weight, wanted.weight_range),
    ):
        assert low * (1 - 1e-9) <= value <= high * (1 + 1e-9)


def test_a_range_cuts_and_does_not_bend():
    tall = drawn(height_range=(1.70, 2.10), female_share=1.0)["height_m"]
    expected = stats.truncnorm((1.70 - 1.59) / 0.071, (2.10 - 1.59) / 0.071, 1.59, 0.071)
    assert stats.kstest(tall, expected.cdf).pvalue > 0.01


def test_a_range_of_weight_weighs_statures_by_how_many_have_it():
    rng, bmi = np.random.default_rng(1), body_mass_index("male", 35.0)
    heights = rng.normal(1.71, 0.076, 400_000)
    weights = bmi.median * np.exp(bmi.variation * rng.normal(size=400_000)) * heights**2
    possible = (weights > 16 * heights**2) & (weights < 38 * heights**2)
    heights, weights = heights[possible], weights[possible]
    men = {"female_share": 0.0, "age_range": (35.0, 35.0)}
    light = drawn(weight_range=(45.0, 55.0), **men)
    assert light["height_m"].mean() == pytest.approx(heights[(weights > 45) & (weights < 55)].mean(), abs=0.006)
    one = drawn(500, weight_range=(60.0, 60.0), **men)
    np.testing.assert_allclose(one["weight_kg"], 60, rtol=1e-9)
    assert one["height_m"].mean() == pytest.approx(heights[np.abs(weights - 60) < 0.5].mean(), abs=0.012)


def test_a_single_value_is_a_range():
    people = drawn(50, height_range=(1.8, 1.8), bmi_range=(22.0, 22.0), age_range=(40.0, 40.0))
    assert set(people["height_m"]) == {1.8}
    assert set(people["bmi"]) == {22.0}
    assert set(people["years"]) == {40.0}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"female_share": 1.5}, r"female_share is 1.5, expected a share from 0 to 1"),
        ({"children_share": -0.1}, r"children_share is -0.1, expected a share"),
        ({"elders_share": float("nan")}, r"elders_share is nan, expected a share"),
        (
            {"children_share": 0.7, "elders_share": 0.4},
            r"children_share 0.7 and elders_share 0.4 are more than 1 together",
        ),
        ({"height_range": (1.9, 1.7)}, r"height_range 1.9 to 1.7 m is empty: its lower end is above"),
        (
            {"height_range": (170, 180)},
            r"height_range 170 to 180 m leaves what can be made; expected values from 1.35 to 2.1",
        ),
        ({"age_range": (10.0, 30.0)}, r"age_range 10 to 30 years leaves .* from 18 to 70"),
        ({"bmi_range": (16.0, float("inf"))}, r"bmi_range is \(16.0, inf\), expected two numbers"),
        ({"bmi_range": 22.0}, r"bmi_range is 22.0, expected two numbers, the lowest and the highest kg/m²"),
        ({"weight_range": (60.0,)}, r"weight_range is \(60.0,\), expected two numbers"),
        (
            {"weight_range": (120.0, 130.0), "height_range": (1.5, 1.6)},
            r"weight_range 120 to 130 kg: height_range and bmi_range allow only weights from 36.0 to 97.3 kg; widen",
        ),
        ({"weight_range": (25.0, 30.0), "bmi_range": (22.0, 25.0)}, r"allow only weights from 40.1 to 110.2 kg"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        ShapeSettings(**settings)
