import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.pattern.collar import KINDS, Collar, collar_on
from manikin.tasks.clothing.pattern.extent import Extent, reach
from manikin.tasks.clothing.pattern.planes import across_neck
from manikin.tasks.clothing.pattern.template import BodyFront

LEAFY = ("fold", "hood", "lapel")


def on_neck(front: BodyFront) -> NDArray[np.float64]:
    about = front.is_flat & front.is_part("torso", "neck") & (front.position[..., 1] > 1.2)
    return front.position[about].astype(np.float64)


def made(front: BodyFront, kind: str) -> Collar:
    collar = collar_on(front, kind)
    assert collar is not None
    return collar


def test_no_collar_is_none(front: BodyFront) -> None:
    assert collar_on(front, None) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_collar_goes_higher_than_a_round_neck_behind(front: BodyFront, kind: str) -> None:
    plain, raised = (reach(front, Extent(hem=0.9, sleeve=0.2, collar=c)).distance > 0 for c in (None, kind))
    assert not (plain & ~raised)[front.facing < 0].any()
    gained = raised & ~plain & (front.facing < 0)
    assert gained.sum() > 200
    height = -across_neck(front).inside(front.position[gained])
    assert 0.03 < height.max() < 0.07


@pytest.mark.parametrize("kind", KINDS)
def test_both_sides_of_a_collar_are_alike(front: BodyFront, kind: str) -> None:
    collar, place = made(front, kind), on_neck(front)[::7]
    mirrored = place * [-1, 1, 1]
    for measure in (collar.inside, collar.leaf, collar.about):
        np.testing.assert_allclose(measure(place), measure(mirrored), atol=0.004)


@pytest.mark.parametrize("kind", KINDS)
def test_the_leaf_is_of_the_garment_and_within_what_the_collar_covers(front: BodyFront, kind: str) -> None:
    collar, place = made(front, kind), on_neck(front)
    leaf = collar.leaf(place)
    assert (leaf > 0).any() == (kind in (*LEAFY, "roll"))
    assert (collar.inside(place)[leaf > 0] > 0).all()
    assert (collar.about(place)[leaf > 0] > 0).all()


def test_a_shirts_collar_opens_in_front_and_its_points_lie_on_the_chest(front: BodyFront) -> None:
    collar, place = made(front, "fold"), on_neck(front)
    is_leaf, ahead = collar.leaf(place) > 0, place[:, 2] > collar.middle[2] + 0.03
    low = is_leaf & (across_neck(front).inside(place) > 0.02)
    assert low.any()
    assert place[low, 2].min() > collar.middle[2]
    assert np.abs(place[low, 0]).min() > 0.01
    assert collar.about(place[ahead & (np.abs(place[:, 0]) < 0.005)]).max() > 0


def test_a_hood_is_thickest_on_the_back(front: BodyFront) -> None:
    collar, place = made(front, "hood"), on_neck(front)
    is_leaf = collar.leaf(place) > 0.004
    thick = collar.thickness(place)
    behind = place[:, 2] < collar.middle[2] - 0.03
    assert thick[is_leaf & behind].max() > 0.035
    assert thick[is_leaf & ~behind & (place[:, 2] > collar.middle[2] + 0.04)].max() < 0.02
    assert (collar.thickness(place) <= 0.05).all()


def test_far_from_the_neck_there_is_no_collar(front: BodyFront) -> None:
    far = np.array([[0.0, 0.9, 0.1], [0.5, 1.3, 0.0]])
    for kind in KINDS:
        assert (made(front, kind).about(far) < -0.1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_known_how_far_beside_a_collar_points_lie_as_far_as_its_cloth_gives_way(
    front: BodyFront, kind: str
) -> None:
    collar, place = made(front, kind), on_neck(front)[::5]
    about, leaf = collar.both(place)
    beside = about > -0.11
    assert beside.sum() > 100
    assert (np.abs(collar.about(place - np.array([0, 0.002, 0])) - about)[beside] < 0.02).all()
    np.testing.assert_array_equal(leaf, collar.leaf(place))
