import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from manikin.tasks.bodies.phenotypes import AGE_OF, EXTREMES, PHENOTYPE_LABELS, PHENOTYPES, target_weights

people = arrays(np.float64, (3, len(PHENOTYPES)), elements=st.floats(0, 1))


def weight_of(labels, **phenotype):
    mask = np.array([[label in labels for label in PHENOTYPE_LABELS]], dtype=np.uint8)
    row = np.array([[phenotype.get(name, 0.5) for name in PHENOTYPES]])
    return target_weights(mask, row)[0, 0]


@given(people)
def test_the_targets_of_one_block_share_each_person(people):
    names = ("male", "female"), EXTREMES["age"], ("minmuscle", "averagemuscle", "maxmuscle")
    blocks = [(g, a, m) for g in names[0] for a in names[1] for m in names[2]]
    mask = np.array([[label in block for label in PHENOTYPE_LABELS] for block in blocks], dtype=np.uint8)
    weights = target_weights(mask, people)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)


def test_an_extreme_person_has_that_target_alone():
    assert weight_of({"female", "old"}, gender=1.0, age=1.0) == 1.0
    assert weight_of({"male", "old"}, gender=1.0, age=1.0) == 0.0


def test_ages_have_their_places():
    for name, place in AGE_OF.items():
        assert weight_of({name}, age=place) == pytest.approx(1.0)
    assert weight_of({"baby"}, age=5 / 27) == pytest.approx(4 / 9)


def test_weights_are_products_of_hats():
    assert weight_of({"maxmuscle", "minweight"}, muscle=0.75, weight=0.1) == pytest.approx(0.5 * 0.8)
    assert weight_of({"averagemuscle"}, muscle=0.5) == 1.0


def test_races_are_shares():
    assert weight_of({"asian"}, african=0.2, asian=0.6, caucasian=0.0) == pytest.approx(0.75)
    assert weight_of({"asian"}, african=0.0, asian=0.0, caucasian=0.0) == pytest.approx(1 / 3)


def test_values_outside_the_range_are_the_nearest_inside():
    assert weight_of({"maxheight"}, height=1.7) == weight_of({"maxheight"}, height=1.0)
