import contextlib
import gc
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from manikin.storage.assets import locate
from manikin.tasks.bodies.rotations import geodesic_angle
from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import global_rotations, joint_positions, rest_positions
from manikin.tasks.poses.read_amp import PARENTS, RIGID_M, read_amp

MOTIONS = "isaaclab/source/isaaclab_tasks/isaaclab_tasks/direct/humanoid_amp/motions"
TO_Y_UP = Rotation.from_euler("x", -90, degrees=True).as_matrix()  # the file's z is up


@pytest.fixture(scope="module")
def motions(assets):
    return locate("isaaclab", assets) / MOTIONS


@pytest.fixture(scope="module")
def walk(motions):
    with np.load(motions / "humanoid_walk.npz") as z:
        return {k: z[k] for k in ("fps", "body_names", "body_positions", "body_rotations")}


def write(tmp_path, arrays, name="take.npz"):
    path = tmp_path / name
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("motion", ["walk", "run", "dance"])
def test_joints_and_turns_are_those_of_the_file(motions, motion):
    clip = read_amp(motions / f"humanoid_{motion}.npz")
    with np.load(motions / f"humanoid_{motion}.npz") as z:
        order = [list(z["body_names"]).index(n) for n in clip.joint_names]
        places, quaternions, fps = z["body_positions"][:, order], z["body_rotations"][:, order], z["fps"]
    assert clip.fps == fps
    assert clip.n_frames == len(places)
    assert clip.up == "z"
    np.testing.assert_allclose(joint_positions(clip), places @ TO_Y_UP.T, atol=1e-3)
    turns = Rotation.from_quat(np.roll(quaternions.reshape(-1, 4), -1, axis=1)).as_matrix()
    turns = (TO_Y_UP @ turns @ TO_Y_UP.T).reshape(*places.shape[:2], 3, 3)
    assert geodesic_angle(global_rotations(clip), turns).max() < 1e-5


def test_the_rest_stands_with_hanging_arms(motions):
    clip = read_amp(motions / "humanoid_walk.npz")
    at = dict(zip(clip.joint_names, rest_positions(clip), strict=True))
    for s in ("left", "right"):
        assert at[f"{s}_thigh"][1] > at[f"{s}_shin"][1] > at[f"{s}_foot"][1]
        arm = at[f"{s}_hand"] - at[f"{s}_upper_arm"]
        assert -arm[1] / np.linalg.norm(arm) > 0.95
    assert at["head"][1] > at["torso"][1]
    assert 0.6 < at["left_thigh"][1] - at["left_foot"][1] < 1.0


@pytest.mark.parametrize("motion", ["walk", "run"])
def test_they_walk_forwards_with_knees_bent_as_people_bend_them(motions, motion):
    clip = read_amp(motions / f"humanoid_{motion}.npz")
    at = dict(zip(clip.joint_names, np.moveaxis(joint_positions(clip), 1, 0), strict=True))
    forward = np.cross(at["left_thigh"] - at["right_thigh"], [0.0, 1.0, 0.0])
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    steps = np.gradient(clip.root_positions, axis=0)
    assert np.einsum("fi,fi->f", steps, forward).sum() / np.linalg.norm(steps, axis=1).sum() > 0.8
    for s in ("left", "right"):
        knee = at[f"{s}_foot"] - at[f"{s}_shin"] - (at[f"{s}_shin"] - at[f"{s}_thigh"])
        assert np.einsum("fi,fi->f", knee, forward).mean() < 0
        assert -0.05 < at[f"{s}_foot"][:, 1].min() < 0.2


def test_the_order_of_bodies_does_not_matter(walk, tmp_path):
    order = np.random.default_rng(0).permutation(len(walk["body_names"]))
    shuffled = {k: v[order] if k == "body_names" else v[:, order] if v.ndim == 3 else v for k, v in walk.items()}
    a, b = read_amp(write(tmp_path, walk)), read_amp(write(tmp_path, shuffled))
    np.testing.assert_array_equal(joint_positions(a), joint_positions(b))
    assert a.joint_names == b.joint_names == tuple(PARENTS)


# ------------------------------------------------------------------------------------------------------ what is refused


def spoilt(walk, key, index, value):
    array = walk[key].astype(np.float64)
    array[index] = value
    return {**walk, key: array}


def stretched(walk):
    places = walk["body_positions"].copy()
    hand = list(walk["body_names"]).index("left_hand")
    places[: len(places) // 3, hand, 2] += 2 * RIGID_M
    return {**walk, "body_positions": places}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda w: {k: v for k, v in w.items() if k != "fps"}, "no array fps; it holds body_names"),
        (lambda w: {k: v for k, v in w.items() if k != "body_rotations"}, "no array body_rotations"),
        (lambda w: {"poses": np.zeros(3)}, "it holds poses"),
        (lambda w: {**w, "body_names": np.char.replace(w["body_names"], "head", "skull")}, "bodies head missing"),
        (lambda w: {**w, "body_positions": w["body_positions"][1:]}, r"\(154, 15, 4\); expected \(153, 15, 4\)"),
        (lambda w: {**w, "body_positions": w["body_positions"][..., :2]}, "expected"),
        (lambda w: {**w, "body_rotations": w["body_rotations"][..., :3]}, "expected"),
        (
            lambda w: {**w, "body_positions": w["body_positions"][:0], "body_rotations": w["body_rotations"][:0]},
            "F > 0",
        ),
        (lambda w: {**w, "body_positions": np.float64(1)}, "expected"),
        (lambda w: {**w, "fps": np.array(0)}, "fps = 0; expected a number above 0"),
        (lambda w: {**w, "fps": np.array(np.nan)}, "fps = nan"),
        (lambda w: {**w, "fps": np.array([30, 60])}, r"fps = \[30 60\]"),
        (lambda w: {**w, "fps": np.array("fast")}, "fps = fast"),
        (
            lambda w: {**w, "body_names": np.array(["x", None], object)},
            "'body_names' is a pickled object, which could run code",
        ),
        (lambda w: spoilt(w, "body_positions", (3, 4, 1), np.nan), "body_positions is nan in frame 3, joint"),
        (lambda w: spoilt(w, "body_rotations", (3, 4, 1), np.inf), "body_rotations is inf in frame 3, joint"),
        (lambda w: spoilt(w, "body_rotations", (3, 4), 0.0), "not of length 1"),
        (stretched, "left_hand moves .* on its parent; expected a rigid skeleton"),
    ],
)
def test_what_is_wrong_is_told(walk, spoil, said, tmp_path):
    path = write(tmp_path, spoil(walk))
    with pytest.raises(InputError, match=said) as caught:
        read_amp(path)
    assert str(path) in str(caught.value)


def test_a_bad_file_is_closed(tmp_path):
    path = tmp_path / "take.npz"
    path.write_bytes(b"PK\x03\x04")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with contextlib.suppress(InputError):
            read_amp(path)
        gc.collect()
    assert not [w for w in seen if w.category is ResourceWarning]


def test_what_is_no_npz(tmp_path):
    path = tmp_path / "take.npz"
    for content in (b"", b"PK\x03\x04", b"hello", bytes(range(256))):
        path.write_bytes(content)
        with pytest.raises(InputError, match="not a readable npz"):
            read_amp(path)
    with path.open("wb") as f:
        np.save(f, np.zeros(3))
    with pytest.raises(InputError, match="not a readable npz"):
        read_amp(path)
    with pytest.raises(InputError):
        read_amp(tmp_path / "missing.npz")
    with pytest.raises(InputError):
        read_amp(tmp_path)


@pytest.fixture(scope="module")
def packed(walk, tmp_path_factory) -> Path:
    """A short motion, compressed."""
    path = tmp_path_factory.mktemp("amp") / "short.npz"
    np.savez_compressed(path, **{k: v[:4] if v.ndim == 3 else v for k, v in walk.items()})
    return path


@settings(max_examples=100)
@given(st.floats(0.0, 0.999))
def test_no_cut_is_read_as_a_whole_file(packed, share):
    data = packed.read_bytes()
    path = packed.with_name("cut.npz")
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(InputError):
        read_amp(path)


def test_damage_in_compressed_data_is_told(packed):
    data = packed.read_bytes()
    path = packed.with_name("damaged.npz")
    for k in range(0, len(data), 11):
        path.write_bytes(data[:k] + bytes([data[k] ^ 0xFF]) + data[k + 1 :])
        with contextlib.suppress(InputError):  # some of an archive's bytes mean nothing
            read_amp(path)
