import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manikin.storage.assets import locate
from manikin.tasks.bodies.rotations import geodesic_angle, matrix_from_axis_angle
from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import N_SEGMENTS, SEGMENT, anatomy_of
from manikin.tasks.poses.angles import coordinates_from_local, local_from_coordinates, set_angles
from manikin.tasks.poses.limits import (
    BUILT_IN,
    JOINTS,
    TOUCHED,
    clip_postures,
    clip_to_limits,
    clipped_shares,
    limit_names,
    read_limits,
)
from manikin.tasks.poses.postures import Postures, joined, mirrored, pose_of
from manikin.tasks.poses.read_clips import read_clips
from manikin.tasks.poses.retarget import postures_from_clip, retarget

seeds = st.integers(0, 2**32 - 1)
LIMITS = read_limits()


@pytest.fixture(scope="module")
def anatomy(body):
    return anatomy_of(body)


def random_postures(seed, n=16, spread=0.9):
    rng = np.random.default_rng(seed)
    local = matrix_from_axis_angle(rng.normal(0, spread, (n, N_SEGMENTS, 3)))
    return Postures(local, rng.uniform(0, 1, (n, 2, 5)))


def posture(joint, side="L", **degrees):
    coordinates = np.zeros((N_SEGMENTS, 3))
    set_angles(coordinates, joint, side, degrees)
    return Postures(local_from_coordinates(coordinates)[None], np.zeros((1, 2, 5)))


# ------------------------------------------------------------------------------------------------------------------ laws


@given(seeds)
def test_clipping_twice_is_clipping_once(seed):
    once, _ = clip_postures(random_postures(seed), LIMITS)
    twice, excess = clip_postures(once, LIMITS)
    assert excess.max() < 1e-9
    np.testing.assert_allclose(twice.local, once.local, atol=1e-9)


@given(seeds)
@settings(max_examples=10)
def test_clipping_a_rig_pose_twice_is_clipping_it_once(anatomy, seed):
    once, _ = clip_to_limits(anatomy, pose_of(anatomy, random_postures(seed)), LIMITS)
    twice, touched = clip_to_limits(anatomy, once, LIMITS)
    assert not touched.any()
    assert np.degrees(geodesic_angle(matrix_from_axis_angle(twice), matrix_from_axis_angle(once)).max()) < 0.1


@given(seeds)
def test_results_are_within_the_limits(seed):
    clipped, _ = clip_postures(random_postures(seed, spread=1.5), LIMITS)
    coordinates = coordinates_from_local(np.swapaxes(LIMITS.centre, -1, -2) @ clipped.local)
    assert (coordinates >= LIMITS.low - 1e-9).all()
    assert (coordinates <= LIMITS.high + 1e-9).all()
    swing = np.hypot(coordinates[..., 0], coordinates[..., 2])[:, LIMITS.swings]
    assert (swing <= LIMITS.reach.max(axis=1)[LIMITS.swings] + 1e-9).all()
    np.testing.assert_allclose(
        clipped.local @ np.swapaxes(clipped.local, -1, -2), np.eye(3) + 0 * clipped.local, atol=1e-9
    )


@given(seeds)
def test_poses_inside_are_untouched(seed):
    inside, _ = clip_postures(random_postures(seed), LIMITS)
    # a way towards the middle of every range, so that no rounding puts a joint outside
    middle = np.clip(0.0, LIMITS.low, LIMITS.high)
    coordinates = coordinates_from_local(np.swapaxes(LIMITS.centre, -1, -2) @ inside.local)
    coordinates = np.where(LIMITS.limited[:, None], 0.99 * coordinates + 0.01 * middle, coordinates)
    inside = Postures(LIMITS.centre @ local_from_coordinates(coordinates), inside.curls)
    same, excess = clip_postures(inside, LIMITS)
    assert (excess == 0).all()
    np.testing.assert_array_equal(same.local, inside.local)
    np.testing.assert_array_equal(same.curls, inside.curls)


@given(seeds)
def test_both_sides_have_the_same_limits(seed):
    postures = random_postures(seed)
    clipped, excess = clip_postures(postures, LIMITS)
    image, image_excess = clip_postures(mirrored(postures), LIMITS)
    np.testing.assert_allclose(mirrored(image).local, clipped.local, atol=1e-9)
    np.testing.assert_allclose(np.sort(image_excess, axis=1), np.sort(excess, axis=1), atol=1e-9)


@given(seeds)
def test_the_body_may_stand_and_turn_as_it_likes(seed):
    postures = random_postures(seed)
    clipped, excess = clip_postures(postures, LIMITS)
    np.testing.assert_array_equal(clipped.local[:, SEGMENT["pelvis"]], postures.local[:, SEGMENT["pelvis"]])
    assert (excess[:, SEGMENT["pelvis"]] == 0).all()


@given(seeds)
def test_a_batch_is_its_poses_one_by_one(seed):
    postures = random_postures(seed, n=4)
    clipped, excess = clip_postures(postures, LIMITS)
    for i in range(4):
        one, own = clip_postures(postures[slice(i, i + 1)], LIMITS)
        np.testing.assert_allclose(one.local[0], clipped.local[i], atol=1e-12)
        np.testing.assert_allclose(own[0], excess[i], atol=1e-12)


# ---------------------------------------------------------------------------------------------------- joints people know


@pytest.mark.parametrize("side", ["L", "R"])
@pytest.mark.parametrize(
    ("joint", "degrees", "segment", "left_over"),
    [
        ("elbow", {"flexion": 170}, "forearm", 152),
        ("elbow", {"flexion": -40}, "forearm", -8),
        ("knee", {"flexion": -30}, "shank", -8),
        ("knee", {"flexion": 179}, "shank", 158),
        ("ankle", {"dorsiflexion": 80}, "foot", 46),
        ("wrist", {"pronation": 150}, "hand", 90),
        ("wrist", {"flexion": -100}, "hand", -85),
    ],
)
def test_hinges_stop(joint, degrees, segment, left_over, side):
    clipped, excess = clip_postures(posture(joint, side, **degrees), LIMITS)
    expected = posture(joint, side, **{next(iter(degrees)): left_over})
    s = SEGMENT[f"{segment}.{side}"]
    assert np.degrees(geodesic_angle(clipped.local[0, s], expected.local[0, s])) < 1e-6
    by = abs(next(iter(degrees.values())) - left_over)
    assert np.degrees(excess[0, s]) == pytest.approx(by)
    assert np.count_nonzero(excess) == 1


@pytest.mark.parametrize("side", ["L", "R"])
@pytest.mark.parametrize(
    ("joint", "degrees"),
    [
        ("shoulder", {"flexion": 165}),
        ("shoulder", {"abduction": 165}),
        ("shoulder", {"flexion": -45}),
        ("shoulder", {"flexion": 90, "abduction": -30}),
        ("shoulder", {"rotation": -70}),
        ("hip", {"flexion": 125}),
        ("hip", {"flexion": -15}),
        ("hip", {"abduction": 45}),
        ("hip", {"abduction": -20}),
        ("hip", {"flexion": 90, "rotation": 40}),
        ("knee", {"flexion": 150}),
        ("elbow", {"flexion": 145}),
    ],
)
def test_what_everybody_can_do_is_allowed(joint, degrees, side):
    _, excess = clip_postures(posture(joint, side, **degrees), LIMITS)
    assert np.degrees(excess.max()) < 1.0


@pytest.mark.parametrize("side", ["L", "R"])
@pytest.mark.parametrize(
    ("joint", "degrees"),
    [
        ("shoulder", {"flexion": -100}),
        ("shoulder", {"abduction": -80}),
        ("shoulder", {"flexion": 90, "abduction": -90}),
        ("shoulder", {"rotation": 130}),
        ("hip", {"flexion": -60}),
        ("hip", {"abduction": 110}),
        ("hip", {"abduction": -60}),
        ("hip", {"flexion": 170}),
        ("hip", {"rotation": 120}),
        ("clavicle", {"elevation": 60}),
        ("toes", {"extension": -70}),
    ],
)
def test_what_nobody_can_do_is_not(joint, degrees, side):
    _, excess = clip_postures(posture(joint, side, **degrees), LIMITS)
    assert np.degrees(excess.max()) > 5.0


def test_touched_joints_are_named(anatomy):
    pose = pose_of(anatomy, posture("knee", "R", flexion=-30))
    _, touched = clip_to_limits(anatomy, pose, LIMITS)
    assert np.array(limit_names())[touched[0]].tolist() == ["shank.R"]


# ---------------------------------------------------------------------------------------------------------- real motion


def test_real_motion_is_hardly_touched(body, anatomy, assets):
    poses = [retarget(c, body) for p in ("pybullet", "isaaclab") for c in read_clips(locate(p, assets))[0]]
    poses = np.concatenate(poses)[::3].astype(np.float64)
    clipped, touched = clip_to_limits(anatomy, poses, LIMITS)
    assert touched.any(axis=1).mean() < 0.08
    assert touched.mean() < 0.005
    untouched = ~touched.any(axis=1)
    away = np.degrees(geodesic_angle(matrix_from_axis_angle(clipped), matrix_from_axis_angle(poses)))
    assert away[untouched].max() < 0.5
    assert np.percentile(away, 99.9) < 10


# ------------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[knee]", "[tail]", "unknown joint tail; expected"),
        ("[elbow]\nflexion = [-8, 152]", "[elbow]", r"\[elbow\]: flexion missing"),
        ("flexion = [-8, 152]", "flexion = [152, -8]", r"\[elbow\] flexion = \[152, -8\]; expected \[least, most\]"),
        ("flexion = [-8, 152]", "flexion = [-8]", r"\[elbow\] flexion = \[-8\]; expected 2 numbers"),
        ("flexion = [-8, 152]", "flexion = [-8, 190]", r"\[elbow\] flexion = \[-8, 190\]"),
        ("flexion = [-8, 152]", "flexion = [-8, nan]", r"\[elbow\] flexion"),
        ("flexion = [-8, 152]", "flexion = [false, true]", r"\[elbow\] flexion"),
        ("flexion = [-8, 152]", 'flexion = "free"', r"\[elbow\] flexion = 'free'"),
        ("flexion = [-8, 152]", "flexion = [-8, 152]\nbend = [0, 1]", r"\[elbow\]: unknown bend"),
        ("reach = [95, 100,", "reach = [100,", r"\[shoulder\] reach .* expected 8 numbers"),
        ("reach = [95, 100,", "reach = [-95, 100,", r"\[shoulder\] reach .* between 0 and 180"),
        ("centre = { flexion = 45, abduction = 10 }", "centre = { bend = 45 }", r"\[hip\] centre = "),
        ("centre = { flexion = 45, abduction = 10 }", "centre = { flexion = 300 }", r"\[hip\] centre\.flexion"),
        ("centre = { flexion = 45, abduction = 10 }", "", r"\[hip\] centre = None"),
        ("[toes]", "[toes", "not a readable toml"),
    ],
)
def test_what_is_wrong_in_the_limits_is_told(old, new, said, tmp_path):
    text = BUILT_IN.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "limits.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        read_limits(path)
    assert str(path) in str(caught.value)


def test_a_joint_without_limits_is_told(tmp_path):
    text = BUILT_IN.read_text(encoding="utf-8")
    path = tmp_path / "limits.toml"
    path.write_text(text[: text.index("[toes]")], encoding="utf-8")
    with pytest.raises(InputError, match="no limits for toes"):
        read_limits(path)
    path.write_text("toes = 3\n" + text[: text.index("[toes]")], encoding="utf-8")
    with pytest.raises(InputError, match=r"\[toes\] is no table"):
        read_limits(path)
    with pytest.raises(InputError, match="not a readable toml"):
        read_limits(tmp_path / "missing.toml")


# ------------------------------------------------------------------------------------------------------- how often it moves


def test_shares_count_both_sides_and_only_what_moves():
    excess = np.zeros((10, N_SEGMENTS))
    excess[:3, SEGMENT["forearm.L"]] = 0.1
    excess[2:4, SEGMENT["forearm.R"]] = 0.2
    excess[5, SEGMENT["chest"]] = 1.0
    excess[6, SEGMENT["head"]] = TOUCHED / 2
    shares = clipped_shares(excess)
    assert tuple(shares) == JOINTS
    assert {joint: share for joint, share in shares.items() if share} == {
        "elbow": pytest.approx(0.25),
        "chest": pytest.approx(0.1),
    }


def test_no_joint_of_real_motion_is_moved_often(assets):
    """Of the default motions, dances, kicks and rolls, no joint but the ankle is moved in one frame of a hundred."""
    clips = [clip for pack in ("pybullet", "isaaclab") for clip in read_clips(locate(pack, assets))[0]]
    frames = joined([postures_from_clip(clip)[:: max(1, round(clip.fps / 12))] for clip in clips])
    excess = clip_postures(frames, read_limits())[1]
    shares = clipped_shares(excess)
    assert max(share for joint, share in shares.items() if joint != "ankle") < 0.01
    assert shares["ankle"] < 0.03
    assert np.mean(excess > TOUCHED) < 0.005


def test_every_range_names_its_source():
    for joint, table in tomllib.loads(BUILT_IN.read_text(encoding="utf-8")).items():
        assert len(table["source"]) > 10, joint
