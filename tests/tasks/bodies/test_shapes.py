from dataclasses import replace

import numpy as np
import pytest

from manikin.tasks.bodies.evaluate import shape_rest
from manikin.tasks.bodies.kernels import volume
from manikin.tasks.bodies.people import ShapeSettings, draw_person
from manikin.tasks.bodies.phenotypes import AGE_OF
from manikin.tasks.bodies.shapes import (
    calibrate,
    fit_body,
    measure,
    place_on_age_axis,
    sample_shape,
    shape_sampler,
)
from manikin.tasks.errors import InputError
from manikin.tasks.randomness import Stream, rng_for

EVERYBODY = ShapeSettings(children_share=0.3, elders_share=0.2)
N = 300


@pytest.fixture(scope="module")
def calibration(body):
    return calibrate(body)


@pytest.fixture(scope="module")
def people(calibration):
    return [sample_shape(calibration, EVERYBODY, rng_for(7, Stream.SHAPE, i)) for i in range(N)]


@pytest.fixture(scope="module")
def rest(body, people):
    return shape_rest(body, np.stack([p.coefficients for p in people]))


def test_a_body_has_the_stated_stature_and_weight(body, people, rest):
    for person, points in zip(people, rest[0], strict=True):
        assert np.ptp(points[:, 1]) == pytest.approx(person.height_m, abs=1e-5)
        assert 985 * volume(points, body.faces) == pytest.approx(person.weight_kg, abs=1e-3)


def test_a_body_is_the_person_that_was_drawn(people):
    missed = 0
    for i, shape in enumerate(people):
        person = draw_person(EVERYBODY, rng_for(7, Stream.SHAPE, i))
        assert (shape.sex, shape.age_years) == (person.sex, person.years)
        assert shape.height_m == pytest.approx(person.height_m, abs=0.005)
        assert shape.weight_kg == pytest.approx(person.bmi * person.height_m**2, abs=3.0)
        missed += abs(shape.weight_kg - person.bmi * person.height_m**2) > 0.3
    assert missed <= 0.03 * N, "only what is at the very edge of the mesh's reach may miss its weight"


@pytest.mark.parametrize("years", [20.0, 60.0])
@pytest.mark.parametrize("sex", ["male", "female"])
def test_every_index_and_stature_of_the_spans_can_be_had(calibration, sex, years):
    phenotype = {"gender": float(sex == "female"), "age": place_on_age_axis(sex, years), "muscle": 0.5}
    for stature in (1.45, 1.65, 1.95):
        for bmi in (16.0, 22.0, 30.0, 38.0):
            fit = fit_body(calibration, phenotype, stature, bmi)
            assert fit.height_m == pytest.approx(stature, abs=0.003)
            assert fit.weight_kg == pytest.approx(bmi * stature**2, abs=2.5)


def test_an_index_out_of_reach_comes_out_as_near_as_can_be(calibration):
    fit = fit_body(calibration, {"gender": 1.0, "age": 0.75, "muscle": 0.5}, 1.6, 60.0)
    assert fit.height_m == pytest.approx(1.6, abs=0.003)
    assert fit.weight_kg / fit.height_m**2 > 38
    assert (fit.muscle, fit.weight) == (0.0, 1.25)


def test_muscle_stays_where_it_can_and_goes_before_weight_is_exaggerated(calibration):
    phenotype = {"gender": 0.0, "age": 0.75, "muscle": 0.5}
    assert fit_body(calibration, phenotype, 1.75, 22.5).muscle == 0.5
    heavy = fit_body(calibration, phenotype, 1.75, 32.0)
    assert heavy.muscle < 0.4
    assert heavy.weight <= 1.05


def test_ages_lie_where_the_targets_are():
    assert place_on_age_axis("male", 10) == AGE_OF["child"]
    assert place_on_age_axis("male", 18) == place_on_age_axis("female", 16) == AGE_OF["young"]
    assert place_on_age_axis("female", 25) == AGE_OF["young"]
    assert place_on_age_axis("female", 90) == 1.0
    assert 0 < place_on_age_axis("male", 6) < AGE_OF["child"]


def test_soles_stand_on_the_floor(rest):
    assert np.abs(rest[0][..., 1].min(axis=1)).max() < 0.012


def test_bodies_stay_symmetric_and_eyes_in_their_heads(body, rest):
    vertices, joints = rest
    left, right = body.joint("lowerleg01.L"), body.joint("lowerleg01.R")
    np.testing.assert_allclose(joints[:, left] * [-1, 1, 1], joints[:, right], atol=0.002)
    eyes = joints[:, [body.joint("eye.L"), body.joint("eye.R")]]
    head = joints[:, body.joint("head")]
    assert np.linalg.norm(eyes - head[:, None], axis=2).max() < 0.16
    assert (eyes[..., 1] > head[:, None, 1]).all()
    assert vertices[..., 1].max() < 2.1


def test_children_have_the_heads_of_children(body, people, rest):
    chin_to_top = rest[0][..., 1].max(axis=1) - rest[1][:, body.joint("head"), 1]
    share = chin_to_top / np.array([p.height_m for p in people])
    years = np.array([p.age_years for p in people])
    small, grown = share[years < 9].mean(), share[(years > 20) & (years < 70)].mean()
    assert 1.15 < small / grown < 1.6
    teens = share[(years > 13) & (years < 17)].mean()
    assert grown < teens < small


def test_the_same_numbers_draw_the_same_person(calibration, people):
    again = sample_shape(calibration, EVERYBODY, rng_for(7, Stream.SHAPE, 42))
    np.testing.assert_array_equal(again.coefficients, people[42].coefficients)
    assert replace(again, coefficients=people[42].coefficients) == people[42]


def test_people_differ(people):
    assert len({p.coefficients.tobytes() for p in people}) == N
    spread = np.std([p.coefficients for p in people], axis=0)
    assert spread[:10].min() > 0.2


def test_a_body_without_phenotypes_draws_its_components(small_body):
    other = replace(small_body, phenotype_mask=np.zeros((0, 0), np.uint8), family="smpl", sex="female")
    draw = shape_sampler(other, ShapeSettings(age_range=(30.0, 40.0)))
    shapes = [draw(np.random.default_rng(i)) for i in range(200)]
    assert {s.sex for s in shapes} == {"female"}
    coefficients = np.array([s.coefficients for s in shapes])
    assert np.abs(coefficients).max() <= 2.0
    np.testing.assert_allclose(coefficients.std(axis=0), 0.88, atol=0.12)  # a normal cut at two
    assert (shapes[3].height_m, shapes[3].weight_kg) == measure(other, shapes[3].coefficients)
    neutral = shape_sampler(replace(other, sex="neutral"), ShapeSettings())
    assert {neutral(np.random.default_rng(i)).sex for i in range(20)} == {"male", "female"}


def test_a_body_without_phenotypes_refuses_what_it_cannot_be(small_body):
    other = replace(small_body, phenotype_mask=np.zeros((0, 0), np.uint8), family="smpl")
    with pytest.raises(InputError, match=r"children_share, bmi_range: a body of the family 'smpl' has no phenotypes"):
        shape_sampler(other, ShapeSettings(children_share=0.1, bmi_range=(20.0, 25.0)))
    with pytest.raises(InputError, match=r"family 'smpl' has no phenotypes: .* need the default body"):
        calibrate(other)
