from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from manikin.tasks.bodies.rotations import geodesic_angle
from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import SEGMENT, anatomy_of
from manikin.tasks.poses.clip import Clip
from manikin.tasks.poses.collision import fit_capsules, self_penetration
from manikin.tasks.poses.glitches import GLITCHES
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.kinematics import compared_joints, joint_places
from manikin.tasks.poses.labels import LABELS
from manikin.tasks.poses.limits import TOUCHED, clip_postures, read_limits
from manikin.tasks.poses.postures import joined, mirrored, pose_of
from manikin.tasks.poses.read_deepmimic import SKELETON, URDF_SCALE
from manikin.tasks.poses.training import (
    BROKEN_BODY_M,
    SAME_POSE_M,
    Examples,
    different_rows,
    gather_examples,
    vary_fingers,
    vary_wrists,
)

NAMES = tuple(s[0] for s in SKELETON)


def walk(n=60, fps=60.0, swing=35.0, name="walk"):
    """A walk of sorts: thighs and arms swing in turn."""
    phase = np.linspace(0, 4 * np.pi, n)
    angles = {
        "right_hip": swing * np.sin(phase),
        "left_hip": -swing * np.sin(phase),
        "right_knee": -20 - 20 * np.cos(phase),
        "left_knee": -20 + 20 * np.cos(phase),
        "right_shoulder": -swing * np.sin(phase),
        "left_shoulder": swing * np.sin(phase),
        "right_elbow": np.full(n, 30.0),
        "left_elbow": np.full(n, 30.0),
    }
    rotations = np.tile(np.eye(3), (n, len(NAMES), 1, 1))
    for joint, degrees in angles.items():
        rotations[:, NAMES.index(joint)] = Rotation.from_rotvec(
            np.radians(degrees)[:, None] * [0.0, 0.0, 1.0]
        ).as_matrix()
    parents = np.array([NAMES.index(s[1]) if s[1] else -1 for s in SKELETON], np.int32)
    offsets = np.array([s[2] for s in SKELETON]) * URDF_SCALE
    places = np.stack([np.arange(n) * 0.02, np.full(n, 0.9), np.zeros(n)], axis=1)
    return Clip(name, f"{name}.txt", fps, NAMES, parents, offsets, np.zeros((len(NAMES), 3)), rotations, places)


@pytest.fixture(scope="module")
def gather(body):
    anatomy, limits, capsules, keys = anatomy_of(body), read_limits(), fit_capsules(body), read_key_poses(body)

    def of(*clips, seed=1):
        return gather_examples(clips, keys, anatomy, limits, capsules, np.random.default_rng(seed))

    return of


@pytest.fixture(scope="module")
def examples(gather):
    return gather(walk())


def test_key_poses_and_frames_are_there_with_names(examples, body):
    keys = read_key_poses(body)
    assert examples.names[examples.is_key].tolist() == list(keys.names)
    assert examples.labels[examples.is_key].tolist() == list(keys.labels)
    assert len(set(examples.names.tolist())) == len(examples)
    frames = examples.names[~examples.is_key]
    assert len(frames) >= 8
    assert all(n.startswith("walk frame ") for n in frames)
    numbers = [int(n.removesuffix(" (mirrored)").rsplit(" ", 1)[1]) for n in frames]
    assert examples.frame[~examples.is_key].tolist() == numbers
    assert (examples.frame[examples.is_key] == -1).all()
    assert set(examples.labels.tolist()) <= set(LABELS)
    assert set(examples.labels[~examples.is_key].tolist()) == {"moving"}


def test_mirror_images_share_their_clip_or_key_pose(examples):
    rows = {n: i for i, n in enumerate(examples.names.tolist())}
    twins = [(i, rows[n.removesuffix(" (mirrored)")]) for n, i in rows.items() if n.endswith(" (mirrored)")]
    assert len(twins) > 50
    image, original = np.array(twins).T
    np.testing.assert_array_equal(examples.clip[image], examples.clip[original])
    away = geodesic_angle(examples.postures[image].local, mirrored(examples.postures[original]).local)
    assert np.degrees(away).max() < 0.01
    assert (examples.clip[examples.is_key] < 0).all()
    assert (examples.clip[~examples.is_key] == 0).all()


def test_all_examples_keep_the_limits_and_no_body_runs_through_itself(examples, body):
    assert clip_postures(examples.postures, read_limits())[1].max() < TOUCHED
    depth = self_penetration(fit_capsules(body), pose_of(anatomy_of(body), examples.postures))
    assert depth.max() < BROKEN_BODY_M


def test_frames_that_say_the_same_stand_there_once(gather, examples, body):
    anatomy = anatomy_of(body)
    frames = examples[~examples.is_key]
    half = frames[np.arange(len(frames) // 2)]
    joints = compared_joints(anatomy, joint_places(anatomy, pose_of(anatomy, half.postures)))
    assert cKDTree(joints).query(joints, k=2)[0][:, 1].min() >= SAME_POSE_M
    # the same motion again adds next to nothing: only the hands differ
    twice = gather(walk(), walk(name="again"))
    assert len(twice) <= len(examples) + 2


@given(st.integers(0, 60), st.integers(0, 40), st.integers(0, 2**31))
def test_different_rows_are_different_and_leave_no_gap(n, m, seed):
    rng = np.random.default_rng(seed)
    vectors, seen = rng.random((n, 3)) * 0.2, rng.random((m, 3)) * 0.2
    rows = different_rows(vectors, seen)
    kept = np.concatenate([seen, vectors[rows]])
    if len(rows):
        distances = np.linalg.norm(vectors[rows][:, None] - kept[None], axis=-1)
        distances[np.arange(len(rows)), m + np.arange(len(rows))] = np.inf
        assert distances.min() >= SAME_POSE_M
    if n:
        assert cKDTree(kept).query(vectors)[0].max() < SAME_POSE_M


def test_broken_frames_are_dropped_and_counted(gather):
    clip = walk()
    rotations = clip.rotations.copy()
    backwards = np.radians(120.0 - 8.0 * np.arange(20))[:, None] * [0.0, 0.0, 1.0]  # a knee that bends the wrong way
    rotations[:20, NAMES.index("right_knee")] = Rotation.from_rotvec(backwards).as_matrix()
    found = gather(replace(clip, rotations=rotations))
    assert found.dropped == dict.fromkeys(GLITCHES, 0) | {"a joint far beyond its range": 3, "a body through itself": 0}
    assert not {0, 5, 10} & set(found.frame.tolist())  # of the frames taken at 12 a second


def test_glitches_are_dropped_and_counted(gather):
    clip = walk()
    rotations, places = clip.rotations.copy(), clip.root_positions.copy()
    around = Rotation.from_euler("y", 180, degrees=True).as_matrix()  # frames 10 to 16: a foot, back to front
    rotations[10:17, NAMES.index("left_ankle")] = rotations[10:17, NAMES.index("left_ankle")] @ around
    rotations[40, NAMES.index("neck")] = np.nan
    places[50:] += 0.5
    found = gather(replace(clip, rotations=rotations, root_positions=places))
    assert {r: n for r, n in found.dropped.items() if n} == {
        "a joint flips": 2,
        "not a number": 1,
        "the body leaps": 1,
    }
    assert not {10, 15, 40, 50} & set(found.frame.tolist())


def test_no_sound_frame_at_all_is_an_error(gather):
    clip = walk()
    rotations = clip.rotations.copy()
    rotations[:, NAMES.index("right_knee")] = Rotation.from_euler("z", 120, degrees=True).as_matrix()
    with pytest.raises(InputError, match="none of 12 frames of 1 clips is a sound body pose"):
        gather(replace(clip, rotations=rotations))


def test_key_poses_alone_will_do(gather):
    alone = gather()
    assert alone.is_key.all()
    assert not any(alone.dropped.values())
    assert not alone.clipped
    assert (alone.frame == -1).all()


def test_the_same_seed_gives_the_same_examples(gather, examples):
    again = gather(walk())
    np.testing.assert_array_equal(again.postures.local, examples.postures.local)
    other = gather(walk(), seed=2)
    assert not np.array_equal(other.postures.local[0], examples.postures.local[0])


def test_only_hands_vary(examples):
    varied = vary_wrists(examples.postures, np.random.default_rng(3))
    away = np.degrees(geodesic_angle(varied.local, examples.postures.local))
    hands = [SEGMENT["hand.L"], SEGMENT["hand.R"]]
    assert np.delete(away, hands, axis=1).max() == pytest.approx(0.0, abs=1e-5)
    assert 5 < away[:, hands].mean() < 30


def test_hands_are_relaxed_each_in_its_own_way_and_never_flat(examples):
    varied = vary_fingers(joined([examples.postures] * 20), np.random.default_rng(4))
    np.testing.assert_array_equal(varied.local[: len(examples)], examples.postures.local)
    curls = varied.curls
    assert curls.min() >= 0.08
    assert 0.2 < curls.mean() < 0.4
    assert (curls.std(axis=0) > 0.08).all()
    left, right = curls[:, 0].mean(axis=1), curls[:, 1].mean(axis=1)
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.2  # each hand for itself
    assert np.corrcoef(curls[:, 0, 2], curls[:, 0, 3])[0, 1] > 0.7  # but neighbouring fingers together
    frames = examples.postures[~examples.is_key].curls
    assert len(np.unique(frames[:, 0, 1].round(6))) > len(frames) / 3  # mirror images share theirs, on the other side


def test_what_is_saved_is_read(examples, tmp_path):
    examples.save(tmp_path / "examples.npz")
    again = Examples.load(tmp_path / "examples.npz")
    for name in ("labels", "names", "clip", "frame", "is_key"):
        np.testing.assert_array_equal(getattr(again, name), getattr(examples, name))
    np.testing.assert_array_equal(again.postures.local, examples.postures.local)
    np.testing.assert_array_equal(again.postures.curls, examples.postures.curls)
    assert again.dropped == examples.dropped
    assert again.clipped == examples.clipped


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_another_file_is_told(content, tmp_path):
    (tmp_path / "examples.npz").write_bytes(content)
    with pytest.raises(InputError, match="no pose examples written by manikin"):
        Examples.load(tmp_path / "examples.npz")
    np.savez(tmp_path / "examples.npz", other=np.zeros(3))
    with pytest.raises(InputError, match="no pose examples"):
        Examples.load(tmp_path / "examples.npz")
