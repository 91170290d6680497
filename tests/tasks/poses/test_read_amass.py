import os
import pickle

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from manikin.tasks.bodies.rotations import geodesic_angle
from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import SEGMENT
from manikin.tasks.poses.clip import compose_chain, global_rotations, joint_positions, rest_positions
from manikin.tasks.poses.postures import PARENTS
from manikin.tasks.poses.read_amass import SKELETON, read_amass
from manikin.tasks.poses.read_clips import read_clips
from manikin.tasks.poses.retarget import postures_from_clip

NAMES = list(SKELETON)
TO_Y_UP = {
    "y": np.eye(3),
    "z": Rotation.from_euler("x", -90, degrees=True).as_matrix(),
    "-y": np.diag([1.0, -1.0, -1.0]),
}


def motion(seed=0, n_frames=4, joints=52, spread=0.4, up="z"):
    """Turns (F, joints, 3) and places (F, 3) of a body that stands, more or less, in a world with that vertical."""
    rng = np.random.default_rng(seed)
    turns = rng.normal(0, spread, (n_frames, joints, 3))
    upright = Rotation.from_matrix(TO_Y_UP[up].T) * Rotation.from_rotvec(rng.normal(0, 0.1, (n_frames, 3)))
    turns[:, 0] = upright.as_rotvec()
    return turns, rng.normal(0, 1, (n_frames, 3))


def save(tmp_path, arrays, name="take.npz"):
    np.savez(tmp_path / name, **arrays)
    return tmp_path / name


def amass(turns, places, **more):
    return {
        "poses": turns.reshape(len(turns), -1),
        "trans": places,
        "betas": np.zeros(16),
        "gender": np.array("female"),
        "mocap_framerate": np.array(120.0),
        **more,
    }


def oracle(turns, places, up):
    """Joints (F, 22, 3) with y up, by the chain of transforms in the file's own world."""
    out = np.empty((len(turns), len(NAMES), 3))
    for f in range(len(turns)):
        world = {}
        for j, (name, (parent, offset)) in enumerate(SKELETON.items()):
            local = np.eye(4)
            local[:3, :3] = Rotation.from_rotvec(turns[f, j]).as_matrix()
            local[:3, 3] = offset if parent else places[f]
            world[name] = world[parent] @ local if parent else local
            out[f, j] = TO_Y_UP[up] @ world[name][:3, 3]
    return out


@pytest.mark.parametrize("joints", [22, 24, 52, 55])
def test_joints_are_where_smpls_chain_puts_them(joints, tmp_path):
    turns, places = motion(1, joints=joints)
    clip = read_amass(save(tmp_path, amass(turns, places)))
    np.testing.assert_allclose(joint_positions(clip), oracle(turns, places, "z"), atol=1e-12)
    assert (clip.fps, clip.up, clip.metres_per_unit) == (120.0, "z", 1.0)
    assert clip.notes == ("up: z (AMASS's worlds have it, by definition)",)


def test_the_keys_of_smplx_and_of_single_parts_mean_the_same(tmp_path):
    turns, places = motion(2, joints=55)
    whole = read_amass(save(tmp_path, amass(turns, places)))
    flat = turns.reshape(len(turns), -1)
    parts = {"root_orient": flat[:, :3], "pose_body": flat[:, 3:66], "pose_hand": flat[:, 75:], "trans": places}
    a = read_amass(save(tmp_path, {**parts, "mocap_frame_rate": np.array([60])}))
    np.testing.assert_array_equal(a.rotations, whole.rotations)
    assert (a.fps, a.up) == (60.0, "z")
    stacked = {"global_orient": turns[:, :1], "body_pose": turns[:, 1:24], "transl": places, "fps": np.array(25)}
    b = read_amass(save(tmp_path, stacked))
    np.testing.assert_array_equal(b.rotations, whole.rotations)
    assert (b.fps, b.up) == (25.0, "z")
    assert b.notes == ("up: z (the motion, on average, stands along it)",)


def test_the_rest_is_a_level_t_pose_that_faces_forward(tmp_path):
    clip = read_amass(save(tmp_path, amass(*motion())))
    at = dict(zip(NAMES, rest_positions(clip), strict=True))
    for s, sign in (("left", 1), ("right", -1)):
        arm = at[f"{s}_wrist"] - at[f"{s}_shoulder"]
        np.testing.assert_allclose(arm / np.linalg.norm(arm), [sign, 0, 0], atol=1e-9)
        leg = at[f"{s}_ankle"] - at[f"{s}_hip"]
        np.testing.assert_allclose(leg / np.linalg.norm(leg), [0, -1, 0], atol=1e-9)
        assert at[f"{s}_foot"][2] - at[f"{s}_ankle"][2] > 0.1
    height = at["head"][1] - at["left_foot"][1]
    assert 1.4 < height < 1.7


@pytest.mark.parametrize("s", ["left", "right"])
def test_known_turns_become_the_postures_they_are(s, tmp_path):
    """In a T-pose the elbows bend about the vertical; arms brought down by the shoulders' turn about z hang."""
    sign, side = (1, "L") if s == "left" else (-1, "R")
    turns = np.zeros((1, 24, 3))
    turns[0, NAMES.index(f"{s}_shoulder")] = [0, 0, -sign * np.pi / 2]
    turns[0, NAMES.index(f"{s}_elbow")] = [0, -sign * 1.2, 0]
    turns[0, NAMES.index(f"{s}_knee")] = [0.9, 0, 0]
    clip = read_amass(save(tmp_path, {"poses": turns.reshape(1, -1), "trans": np.zeros((1, 3))}), fps=30.0)
    local = postures_from_clip(clip).local[0]
    assert clip.up == "y"
    assert geodesic_angle(compose_chain(local[None], PARENTS)[0, SEGMENT[f"upper_arm.{side}"]], np.eye(3)) < 1e-6
    elbow = Rotation.from_matrix(local[SEGMENT[f"forearm.{side}"]]).as_rotvec()
    knee = Rotation.from_matrix(local[SEGMENT[f"shank.{side}"]]).as_rotvec()
    np.testing.assert_allclose(elbow, [-1.2, 0, 0], atol=1e-6)
    np.testing.assert_allclose(knee, [0.9, 0, 0], atol=1e-6)


@pytest.mark.parametrize("up", ["y", "z", "-y"])
def test_a_plain_file_is_asked_for_its_rate_and_its_vertical_is_found_or_given(up, tmp_path):
    turns, places = motion(3, joints=24, spread=0.1, up=up)
    plain = {"poses": turns.reshape(len(turns), -1), "trans": places}
    path = save(tmp_path, plain)
    with pytest.raises(
        InputError, match=r"no frame rate; expected mocap_framerate or .*joint_maps\.toml beside it, fps = "
    ):
        read_amass(path)
    given = read_amass(path, up=up, fps=30.0)
    np.testing.assert_allclose(joint_positions(given), oracle(turns, places, up), atol=1e-12)
    assert (given.fps, given.up, given.notes) == (30.0, up, ())
    found = read_amass(path, fps=30.0)
    np.testing.assert_array_equal(global_rotations(found), global_rotations(given))
    assert found.notes == (f"up: {up} (the motion, on average, stands along it)",)
    (tmp_path / "joint_maps.toml").write_text(f'fps = 30\nup = "{up}"\n')
    ((clip,), skipped) = read_clips(tmp_path)
    assert not skipped
    np.testing.assert_array_equal(clip.rotations, given.rotations)


def test_of_a_lying_body_the_vertical_is_asked_for(tmp_path):
    turns = np.zeros((3, 24, 3))
    turns[:, 0] = [0.0, 0.0, np.pi / 2]
    path = save(tmp_path, {"poses": turns.reshape(3, -1), "trans": np.zeros((3, 3))})
    with pytest.raises(InputError, match=r"stands along y or z .*give up = 'y', 'z', '-y'"):
        read_amass(path, fps=30.0)
    assert read_amass(path, up="y", fps=30.0).n_frames == 3


def test_a_clip_of_one_frame_is_a_clip(tmp_path):
    save(tmp_path, amass(*motion(n_frames=1)))
    ((clip,), skipped) = read_clips(tmp_path)
    assert (clip.n_frames, skipped) == (1, [])


# ------------------------------------------------------------------------------------------------------ what is refused


class Trap:
    """Runs a program when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_pickle_that_would_run_code_does_not(tmp_path):
    sprung = tmp_path / "sprung"
    trap = np.array([Trap(sprung)], object)
    turns, places = motion()
    path = save(tmp_path, amass(turns, places, poses=trap))
    with pytest.raises(InputError, match="'poses' is a pickled object, which could run code and is not opened"):
        read_amass(path)
    # what is not read cannot do harm
    assert read_amass(save(tmp_path, amass(turns, places, gender=trap), "b.npz")).n_frames == 4
    (tmp_path / "c.npz").write_bytes(pickle.dumps(Trap(sprung)))
    clips, skipped = read_clips(tmp_path)
    assert [c.name for c in clips] == ["b"]
    assert [(p.name, "pickled" in reason) for p, reason in skipped] == [("c.npz", True), ("take.npz", True)]
    assert not sprung.exists()
    with np.load(path, allow_pickle=True) as z:  # the trap is one
        assert z["poses"].shape == (1,)
    assert sprung.is_dir()


def spoilt(key, index, value):
    def spoil(arrays):
        array = arrays[key].copy()
        array[index] = value
        return {**arrays, key: array}

    return spoil


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoilt("poses", (2, 14), np.nan), "poses is nan in frame 2, joint 'left_knee'"),
        (spoilt("trans", (1, 0), np.inf), "trans is inf in frame 1; expected finite"),
        (
            lambda a: {**a, "poses": a["poses"][:, :100]},
            r"poses \(4, 100\); expected F > 0 rows of 66 .*165 \(SMPL-X\)",
        ),
        (lambda a: {**a, "poses": a["poses"][:0], "trans": a["trans"][:0]}, r"poses \(0, 156\); expected F > 0"),
        (lambda a: {**a, "poses": np.float64(1)}, r"poses \(\); expected F > 0"),
        (lambda a: {**a, "poses": a["poses"].astype(str)}, "poses holds <U.*; expected numbers"),
        (lambda a: {**a, "trans": a["trans"][:3]}, "4 poses and 3 places; expected as many"),
        (lambda a: {**a, "trans": a["trans"][:, :2]}, r"trans has shape \(4, 2\); expected \(F, 3\)"),
        (lambda a: {k: v for k, v in a.items() if k != "trans"}, "no places of the body; .*it holds poses, betas"),
        (lambda a: {**a, "mocap_framerate": np.array(0.0)}, "mocap_framerate = 0.0; expected a number above 0"),
        (lambda a: {**a, "mocap_framerate": np.array(np.nan)}, "mocap_framerate = nan"),
    ],
)
def test_what_is_wrong_is_told(spoil, said, tmp_path):
    path = save(tmp_path, spoil(amass(*motion())))
    with pytest.raises(InputError, match=said) as caught:
        read_amass(path)
    assert str(path) in str(caught.value)


def test_what_is_neither_kind_is_told_with_both(tmp_path):
    save(tmp_path, {"verts": np.zeros((2, 3)), "faces": np.zeros(3)})
    with pytest.raises(
        InputError, match=r"no known kind of motion; it holds verts, faces; expected fps, body_names.*AMASS"
    ):
        read_clips(tmp_path)
    with pytest.raises(InputError, match="no motion of the SMPL family; expected poses or root_orient"):
        read_amass(tmp_path / "take.npz")
