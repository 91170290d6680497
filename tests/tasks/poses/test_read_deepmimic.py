import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from manikin.storage.assets import locate
from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import joint_positions, rest_positions
from manikin.tasks.poses.read_deepmimic import read_deepmimic

MOTIONS = "pybullet_data/data/motions"
URDF = "pybullet_data/humanoid/humanoid.urdf"
# where a frame holds each joint's rotation, as DeepMimic's documentation lists it: w x y z, or one angle about z
COLUMNS = {
    "root": (4, 8),
    "chest": (8, 12),
    "neck": (12, 16),
    "right_hip": (16, 20),
    "right_knee": (20, 21),
    "right_ankle": (21, 25),
    "right_shoulder": (25, 29),
    "right_elbow": (29, 30),
    "left_hip": (30, 34),
    "left_knee": (34, 35),
    "left_ankle": (35, 39),
    "left_shoulder": (39, 43),
    "left_elbow": (43, 44),
}
STILL = [
    1 / 30,
    0.0,
    0.85,
    0.0,
    *[1, 0, 0, 0] * 4,
    0.0,
    *[1, 0, 0, 0] * 2,
    0.0,
    *[1, 0, 0, 0],
    0.0,
    *[1, 0, 0, 0] * 2,
    0.0,
]


@pytest.fixture(scope="module")
def pack(assets):
    return locate("pybullet", assets)


def write(tmp_path, frames, **more):
    path = tmp_path / "take.txt"
    path.write_text(json.dumps({"Loop": "wrap", "Frames": frames, **more}), encoding="utf-8")
    return path


def urdf_joints(path):
    """name -> (parent, offset) of the skeleton that is shipped with the motions."""
    return {
        joint.get("name"): (
            joint.find("parent").get("link"),
            np.array([float(v) for v in joint.find("origin").get("xyz").split()]),
        )
        for joint in ET.fromstring(path.read_bytes().rstrip(b"\0")).iter("joint")
    }


def oracle(frame, skeleton):
    """name -> place, in metres, of one frame of 44 numbers on the skeleton of the urdf, which is four times life size."""
    world = {}
    for name, (parent, offset) in skeleton.items():
        local = np.eye(4)
        local[:3, 3] = offset / 4 if name != "root" else frame[1:4]
        values = frame[slice(*COLUMNS.get(name, (0, 0)))]
        if len(values) == 4:
            local[:3, :3] = Rotation.from_quat(np.roll(values, -1)).as_matrix()
        elif len(values) == 1:
            local[:3, :3] = Rotation.from_euler("z", values[0]).as_matrix()
        world[name] = world[parent] @ local if name != "root" else local
    return {name: T[:3, 3] for name, T in world.items()}


@pytest.mark.parametrize("motion", ["walk", "roll", "cartwheel"])
def test_joints_are_where_the_shipped_skeleton_puts_them(pack, motion):
    path = pack / MOTIONS / f"humanoid3d_{motion}.txt"
    clip, skeleton = read_deepmimic(path), urdf_joints(pack / URDF)
    frames = np.array(json.loads(path.read_text())["Frames"])
    assert clip.n_frames == len(frames)
    assert clip.fps == pytest.approx(1 / frames[0, 0])
    places = joint_positions(clip)
    for f in range(0, len(frames), 10):
        expected = oracle(frames[f], skeleton)
        np.testing.assert_allclose(places[f], [expected[n] for n in clip.joint_names], atol=1e-9)


def test_the_rest_is_a_person_of_a_persons_size(tmp_path):
    clip = read_deepmimic(write(tmp_path, [STILL]))
    rest = dict(zip(clip.joint_names, rest_positions(clip), strict=True))
    leg = np.linalg.norm(rest["left_hip"] - rest["left_ankle"])
    assert 0.75 < leg < 0.95
    assert rest["neck"][1] > rest["chest"][1] > rest["left_hip"][1] > rest["left_knee"][1] > rest["left_ankle"][1]
    # it faces +x, so its left is -z
    assert rest["left_hip"][2] < 0 < rest["right_hip"][2]
    assert rest["left_shoulder"][2] < 0 < rest["right_shoulder"][2]


@pytest.mark.parametrize("motion", ["walk", "run"])
def test_they_walk_forwards_with_knees_and_elbows_bent_as_people_bend_them(pack, motion):
    clip = read_deepmimic(pack / MOTIONS / f"humanoid3d_{motion}.txt")
    at = dict(zip(clip.joint_names, np.moveaxis(joint_positions(clip), 1, 0), strict=True))
    forward = np.cross(at["left_hip"] - at["right_hip"], [0.0, 1.0, 0.0])
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    way = clip.root_positions[-1] - clip.root_positions[0]
    assert forward.mean(axis=0) @ way / np.linalg.norm(way) > 0.9
    for s in ("left", "right"):
        knee = at[f"{s}_ankle"] - (
            2 * at[f"{s}_knee"] - at[f"{s}_hip"]
        )  # the foot, seen from where a straight leg ends
        elbow = at[f"{s}_wrist"] - (2 * at[f"{s}_elbow"] - at[f"{s}_shoulder"])
        assert np.einsum("fi,fi->f", knee, forward).mean() < 0
        assert np.einsum("fi,fi->f", elbow, forward).mean() > 0
        lowest = at[f"{s}_ankle"][:, 1].min()
        assert -0.05 < lowest < 0.2  # the ground is at zero


def test_quaternions_need_no_exact_length(tmp_path):
    longer = list(STILL)
    longer[4:8] = [1.01 * v for v in (np.cos(0.3), 0.0, np.sin(0.3), 0.0)]
    clip = read_deepmimic(write(tmp_path, [longer]))
    np.testing.assert_allclose(clip.rotations[0, 0], Rotation.from_euler("y", 0.6).as_matrix(), atol=1e-12)


# ------------------------------------------------------------------------------------------------------ what is refused


def changed(k, value):
    frame = list(STILL)
    frame[k] = value
    return frame


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ([STILL, STILL[:-1]], "frame 1 holds 43 numbers; a DeepMimic humanoid has 44"),
        ([STILL, [*STILL, 0.0]], "frame 1 holds 45 numbers"),
        ([STILL, 7], "frame 1 holds a int"),
        ([STILL, changed(20, float("nan"))], "frame 1, number 20 is nan"),
        ([STILL, changed(43, float("inf"))], "frame 1, number 43 is inf"),
        ([STILL, changed(20, "straight")], "no number"),
        ([STILL, changed(20, None)], "None|nan|no number"),
        ([STILL, changed(20, [0.0, 1.0])], "no number"),
        ([STILL, STILL, changed(8, 0.0)], "frame 2, chest: quaternion .* is not of length 1"),
        ([changed(0, 0.0)], "frame 0 lasts 0.0 s"),
        ([changed(0, -0.1)], "frame 0 lasts -0.1 s"),
        ([], "non-empty list 'Frames'"),
        ({}, "non-empty list 'Frames'"),
        (None, "non-empty list 'Frames'"),
    ],
)
def test_what_is_wrong_in_a_frame_is_told(frames, said, tmp_path):
    path = write(tmp_path, frames)
    with pytest.raises(InputError, match=said) as caught:
        read_deepmimic(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "7", '"Frames"', "null", '{"Frames": [[1, 2', "<xml/>", "LICENSE\n"])
def test_what_is_no_motion(text, tmp_path):
    path = tmp_path / "take.txt"
    path.write_text(text)
    with pytest.raises(InputError, match="no DeepMimic motion"):
        read_deepmimic(path)


def test_what_is_no_text(tmp_path):
    path = tmp_path / "take.txt"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="no DeepMimic motion"):
        read_deepmimic(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_deepmimic(tmp_path / "missing.txt")


def test_a_cut_motion_is_told(pack, tmp_path):
    text = (pack / MOTIONS / "humanoid3d_run.txt").read_text()
    path = tmp_path / "cut.txt"
    for cut in (1, len(text) // 3, len(text) // 2, len(text) - 5):
        path.write_text(text[:cut])
        with pytest.raises(InputError, match="not JSON"):
            read_deepmimic(path)


def test_brackets_without_end_are_told(tmp_path):
    path = tmp_path / "take.txt"
    path.write_text("[" * 200_000)
    with pytest.raises(InputError):
        read_deepmimic(path)


def test_a_number_beyond_all_floats_is_told(tmp_path):
    with pytest.raises(InputError):
        read_deepmimic(write(tmp_path, [changed(2, 10**400)]))


@pytest.mark.parametrize("frame", [changed(2, "0.85"), [[v] for v in STILL]], ids=["a text", "a list a number"])
def test_a_number_in_other_clothes_is_told(frame, tmp_path):
    with pytest.raises(InputError):
        read_deepmimic(write(tmp_path, [frame]))
