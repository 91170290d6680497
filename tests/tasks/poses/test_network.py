import numpy as np
import pytest

from manikin.tasks.poses.controls import N_CONTROLS
from manikin.tasks.poses.network import (
    COLUMNS,
    HOLDS,
    NOISE,
    PARTS,
    TELLING,
    fit_network,
    mutual_information,
    network,
    structure,
)
from manikin.tasks.poses.prior import draw_freely

N = 600
ARM, LEG, HEAD = PARTS.index("upper_arm.L"), PARTS.index("shank.L"), PARTS.index("head")


@pytest.fixture(scope="module")
def controls():
    """Controls of which only two parts that do not hang together depend on each other."""
    out = np.random.default_rng(1).normal(size=(N, N_CONTROLS)) * 0.3
    out[:, COLUMNS[LEG]] = out[:, COLUMNS[ARM]][:, :1] + 0.03 * np.random.default_rng(2).normal(size=(N, 1))
    return out


@pytest.fixture(scope="module")
def prior(controls):
    return network(np.tile(np.eye(3), (7, 1, 1)), controls, np.full(N, 1 / N), *structure(mutual_information(controls)))


def test_columns_share_out_all_controls():
    assert sorted(i for c in COLUMNS for i in range(c.start, c.stop)) == list(range(N_CONTROLS))
    assert [PARTS[i] for i in range(len(PARTS)) if COLUMNS[i].stop - COLUMNS[i].start == 1] == [
        "forearm.L",
        "shank.L",
        "toes.L",
        "forearm.R",
        "shank.R",
        "toes.R",
    ]


def test_parts_hang_as_bodies_do():
    hold = {p: PARTS[h] for p, h in zip(PARTS, HOLDS, strict=True) if h >= 0}
    assert set(PARTS) - set(hold) == {"pelvis"}
    assert hold["chest"] == hold["thigh.R"] == "pelvis"
    assert hold["head"] == hold["upper_arm.L"] == "chest"
    assert hold["hand.R"] == "forearm.R"
    assert hold["toes.L"] == "foot.L"


def test_information_is_that_of_gaussians(controls):
    """Two numbers of correlation r tell -log(1 - r^2) / 2 of each other, less for the ridge; others nothing."""
    information = mutual_information(controls)
    np.testing.assert_array_equal(information, information.T)
    assert 1.0 < information[ARM, LEG] < -0.5 * np.log(1 - 0.995**2)
    others = np.delete(information.ravel(), [ARM * len(PARTS) + LEG, LEG * len(PARTS) + ARM])
    assert others.max() < TELLING / 2


def test_information_does_not_see_monotone_changes(controls):
    changed = controls.copy()
    changed[:, COLUMNS[LEG]] = np.exp(5 * controls[:, COLUMNS[LEG]])
    np.testing.assert_allclose(mutual_information(changed), mutual_information(controls), atol=1e-4)


def test_parents_are_what_a_part_hangs_on_and_what_tells_of_it(prior):
    assert PARTS[prior.order[0]] == "pelvis"
    place = {int(p): i for i, p in enumerate(prior.order)}
    for p in prior.order[1:]:
        assert prior.parents[p, 0] == HOLDS[p]
        assert all(place[int(q)] < place[int(p)] for q in prior.parents[p] if q >= 0)
    pair = {tuple(sorted((int(p), int(q)))) for p in range(len(PARTS)) for q in prior.parents[p, 1:] if q >= 0}
    assert pair == {tuple(sorted((ARM, LEG)))}


def test_ties_go_to_the_first_part():
    order, parents = structure(np.zeros((len(PARTS), len(PARTS))))
    assert [PARTS[i] for i in order[:3]] == ["pelvis", "chest", "head"]
    assert (parents[:, 1:] == -1).all()


def test_what_belongs_together_stays_together_and_the_rest_is_composed(prior):
    draws = draw_freely(prior, 800, np.random.default_rng(3))
    leg, arm = draws.controls[:, COLUMNS[LEG]][:, 0], draws.controls[:, COLUMNS[ARM]][:, 0]
    assert np.corrcoef(leg, arm)[0, 1] > 0.75
    assert abs(np.corrcoef(leg, draws.controls[:, COLUMNS[HEAD]][:, 0])[0, 1]) < 0.15
    assert np.mean([len(set(row)) for row in draws.made_of]) > 5


def test_parts_are_those_of_the_examples_they_name(prior):
    draws = draw_freely(prior, 200, np.random.default_rng(4))
    for p, columns in enumerate(COLUMNS):
        away = np.linalg.norm(draws.controls[:, columns] - prior.controls[draws.made_of[:, p], columns], axis=1)
        assert away.max() < 4.5 * NOISE * prior.spreads[p]


def test_mirror_images_lead_to_a_mirrored_structure(body):
    """Ties between left and right are decided by order, not by the last bits of a sum."""
    from manikin.tasks.poses.anatomy import anatomy_of
    from manikin.tasks.poses.collision import fit_capsules
    from manikin.tasks.poses.keyposes import read_key_poses
    from manikin.tasks.poses.limits import read_limits
    from manikin.tasks.poses.training import gather_examples

    keys = read_key_poses(body)
    examples = gather_examples([], keys, anatomy_of(body), read_limits(), fit_capsules(body), np.random.default_rng(1))
    found = fit_network(examples)
    turned = fit_network(examples[np.random.default_rng(2).permutation(len(examples))])
    np.testing.assert_array_equal(found.parents, turned.parents)
    np.testing.assert_array_equal(found.order, turned.order)
