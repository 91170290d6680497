from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.clothing.pattern.template import BodyFront, body_front
from manikin.tasks.errors import InputError

SIDES = (("left", 1), ("right", -1))


@pytest.fixture(scope="module")
def owned(front: BodyFront) -> NDArray[np.bool_]:
    return front.atlas.triangle >= 0


def length(line: NDArray[np.floating]) -> float:
    return float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())


def test_front_is_front(front: BodyFront) -> None:
    """What is called the torso's front looks along +z and its back the other way, texel by texel."""
    torso = front.is_flat & front.is_part("torso")
    ahead, behind = torso & (front.facing > 0.5), torso & (front.facing < -0.5)
    assert ahead.sum() > 5000
    assert behind.sum() > 5000
    assert front.normal[ahead][:, 2].min() > 0
    assert front.normal[behind][:, 2].max() < 0


def test_where_front_and_back_lie_on_each_other_the_front_is_ahead(front: BodyFront) -> None:
    torso = front.is_flat & front.is_part("torso")
    cell = np.floor(front.flat / 0.03).astype(int)
    key = cell[..., 0] * 1000 + cell[..., 1]
    depth = [
        {k: front.position[at & (key == k)][:, 2].mean() for k in np.unique(key[at])}
        for at in (torso & (front.facing > 0.3), torso & (front.facing < -0.3))
    ]
    both = depth[0].keys() & depth[1].keys()
    assert len(both) > 100
    assert all(depth[0][k] > depth[1][k] for k in both)


def test_left_is_the_bodys_left_and_up_is_up(front: BodyFront) -> None:
    chosen = front.is_flat & front.is_part("torso")
    x, y = front.flat[chosen].T
    aside = np.abs(front.position[chosen][:, 0]) > 0.03
    assert (np.sign(x) == np.sign(front.position[chosen][:, 0]))[aside].all()
    assert np.corrcoef(y, front.position[chosen][:, 1])[0, 1] > 0.99
    for side, sign in SIDES:
        assert sign * front.joints[f"arm_{side}"][2, 0] > 0.3
        hand = front.is_part("hand") & (sign * front.position[..., 0] > 0)
        names = {front.part_names[p] for p in np.unique(front.part[hand])}
        assert names == {f"{side}_hand"}


def test_what_is_laid_flat(front: BodyFront, owned: NDArray[np.bool_]) -> None:
    """Torso, arms and legs wholly, the head never; of hands and feet no more than a cuff's width."""
    assert front.is_flat[front.is_part("torso", "arm", "leg") & owned].mean() > 0.999
    assert not front.is_flat[front.is_part("head") & owned].any()
    assert front.is_flat[front.is_part("hand", "foot") & owned].mean() < 0.4
    assert not front.flat[~front.is_flat].any()
    assert not front.facing[~front.is_flat].any()
    assert np.abs(front.facing).max() <= 1


def test_lengths_are_kept_on_the_flat_body(front: BodyFront) -> None:
    same = front.atlas.triangle[:, 1:] == front.atlas.triangle[:, :-1]
    pair = front.is_flat[:, 1:] & front.is_flat[:, :-1] & same
    flat, body = (np.linalg.norm(np.diff(a, axis=1), axis=-1)[pair] for a in (front.flat, front.position))
    low, middle, high = np.quantile(flat / body, [0.05, 0.5, 0.95])
    assert 0.85 < low < middle < high < 1.15
    assert middle == pytest.approx(1, abs=0.03)
    for name, line in front.folds.items():
        # Down the middle the chest's and belly's curves are pressed flat
        assert length(line.flat) == pytest.approx(length(line.position), rel=0.14 if name == "centre" else 0.07), name


def test_fold_lines_go_from_end_to_end(front: BodyFront) -> None:
    ends = {"neck": front.joints["neck"]}
    ends |= {f"{limb}_{side}": front.joints[f"{limb}_{side}"][2] for limb in ("arm", "leg") for side, _ in SIDES}
    expected = {f"arm_{side}": ("neck", f"arm_{side}") for side, _ in SIDES}
    expected |= {f"side_{side}": (f"arm_{side}", f"leg_{side}") for side, _ in SIDES}
    expected["inseam"] = ("leg_left", "leg_right")
    for name, (first, last) in expected.items():
        line = front.folds[name]
        assert line.flat.shape == (len(line.position), 2)
        for at, end in ((0, first), (-1, last)):
            distance = {n: np.linalg.norm(line.position[at] - p) for n, p in ends.items()}
            assert min(distance, key=distance.__getitem__) == end
            assert distance[end] < 0.09


def test_the_fold_lies_where_front_turns_to_back(front: BodyFront) -> None:
    for name in ("arm_left", "side_right", "inseam"):
        line = front.folds[name]
        flat, facing = front.flat[front.is_flat], front.facing[front.is_flat]
        for point in line.flat[5:-5:15]:
            near = np.linalg.norm(flat - point, axis=1) < 0.006
            assert np.abs(facing[near]).min(initial=0.0) < 0.15
    centre = front.folds["centre"]
    np.testing.assert_allclose(centre.position[:, 0], 0, atol=1e-6)
    assert (np.diff(centre.flat[:, 1]) <= 0).all()


def test_both_sides_are_alike(front: BodyFront) -> None:
    for name in ("arm", "side"):
        left, right = (length(front.folds[f"{name}_{side}"].flat) for side, _ in SIDES)
        assert left == pytest.approx(right, rel=0.02)


def test_a_texel_spans_what_its_neighbours_distance_says(front: BodyFront, owned: NDArray[np.bool_]) -> None:
    """In metres; a texel is a square, so the mean over both directions is compared."""
    triangle = front.atlas.triangle
    inner = owned[1:, 1:] & (triangle[1:, 1:] == triangle[1:, :-1]) & (triangle[1:, 1:] == triangle[:-1, 1:])
    right = np.linalg.norm(front.position[1:, 1:] - front.position[1:, :-1], axis=-1)
    down = np.linalg.norm(front.position[1:, 1:] - front.position[:-1, 1:], axis=-1)
    ratio = (np.sqrt(right * down) / np.maximum(front.texel_size[1:, 1:], 1e-9))[inner]
    assert np.median(ratio) == pytest.approx(1, abs=0.05)
    assert not front.texel_size[~owned].any()


def test_positions_do_not_depend_on_the_atlas_size(body, front: BodyFront) -> None:
    coarse = body_front(body, 128)
    small = coarse.atlas.triangle >= 0
    shared = small & (front.atlas.triangle >= 0)[2::4, 2::4]
    gap = np.linalg.norm(coarse.position - front.position[2::4, 2::4], axis=-1)[shared]
    assert np.median(gap) < np.median(coarse.texel_size[shared])
    np.testing.assert_allclose(length(coarse.folds["arm_left"].flat), length(front.folds["arm_left"].flat))


def test_a_group_of_parts_is_all_its_parts(front: BodyFront) -> None:
    ids = [front.part_names.index(n) for n in front.part_names if n.endswith(("upper_arm", "forearm"))]
    assert len(ids) == 4
    np.testing.assert_array_equal(front.is_part("arm"), np.isin(front.part, ids))
    np.testing.assert_array_equal(front.is_part("arm", "torso"), front.is_part("arm") | front.is_part("torso"))
    assert not front.is_part("tail").any()


def test_a_body_with_another_rig_is_refused(body) -> None:
    other = replace(body, joint_names=tuple(f"joint_{k}" for k in range(len(body.joint_names))))
    with pytest.raises(InputError, match=r"no joint 'neck01'.*default rig"):
        body_front(other, 64)
