import numpy as np
import pytest

from manikin.tasks.bodies.rotations import matrix_from_axis_angle
from manikin.tasks.bodies.skeletons import skeleton
from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import joint_positions, rest_positions
from manikin.tasks.poses.joint_places import joint_places
from manikin.tasks.poses.read_clips import read_clips
from manikin.tasks.poses.read_positions import read_positions
from manikin.tasks.poses.retarget import limb_directions

SKELETONS = ("h36m17", "coco17")
LIMBS = {
    "upper_arm": ("shoulder", "elbow"),
    "forearm": ("elbow", "wrist"),
    "thigh": ("hip", "knee"),
    "shank": ("knee", "ankle"),
}
SIDES = {"L": "left", "R": "right"}


def people(name, n_frames=5, seed=0, spread=0.04):
    """Standing people whose joints are a little off, metres, y up."""
    rng = np.random.default_rng(seed)
    places = joint_places(name)
    stand = np.array([places[n] for n in skeleton(name).joint_names])
    return stand + rng.normal(0, spread, (n_frames, 17, 3)) + [0.3, 0.9, -0.2]


def save(tmp_path, positions, file="take.npz", **more):
    np.savez(tmp_path / file, positions=positions, **more)
    return tmp_path / file


def at(name, joint):
    return skeleton(name).joint_names.index(joint)


def test_the_clips_own_limbs_point_where_the_joints_are(tmp_path):
    P = people("h36m17")
    clip = read_positions(save(tmp_path, P, skeleton="h36m17", fps=25.0, unit="m", up="y"))
    joints = joint_positions(clip)
    for side in SIDES.values():
        for (a, b), (start, end) in zip(
            (("upper_arm", "forearm"), ("forearm", "wrist"), ("thigh", "shank"), ("shank", "foot")),
            LIMBS.values(),
            strict=True,
        ):
            bone = joints[:, clip.joint(f"{side}_{b}")] - joints[:, clip.joint(f"{side}_{a}")]
            seen = P[:, at("h36m17", f"{side}_{end}")] - P[:, at("h36m17", f"{side}_{start}")]
            length = np.linalg.norm(seen, axis=1)
            np.testing.assert_allclose(bone / np.linalg.norm(bone, axis=1)[:, None], seen / length[:, None], atol=1e-9)
            np.testing.assert_allclose(np.linalg.norm(bone, axis=1), np.median(length), rtol=1e-9)
    hips = (P[:, at("h36m17", "left_hip")] + P[:, at("h36m17", "right_hip")]) / 2
    np.testing.assert_allclose(clip.root_positions, hips, atol=1e-12)
    assert (clip.fps, clip.metres_per_unit, clip.up, clip.notes) == (25.0, 1.0, "y", ())


@pytest.mark.parametrize("name", SKELETONS)
def test_retargeting_keeps_the_limbs(name, tmp_path):
    """In the frame of the pelvis, limbs point as the clip's own do: nothing is lost between rest and motion."""
    P = people(name, 8)
    clip = read_positions(save(tmp_path, P, skeleton=name, fps=25.0, unit="m", up="y"))
    joints, pelvis = joint_positions(clip), clip.rotations[:, 0]
    for part, direction in limb_directions(clip).items():
        limb, s = part.split(".")
        ends = {"upper_arm": "forearm", "forearm": "wrist", "thigh": "shank", "shank": "foot"}
        bone = joints[:, clip.joint(f"{SIDES[s]}_{ends[limb]}")] - joints[:, clip.joint(f"{SIDES[s]}_{limb}")]
        world = np.einsum("fij,fj->fi", pelvis, direction)
        np.testing.assert_allclose(world, bone / np.linalg.norm(bone, axis=1)[:, None], atol=1e-9)


@pytest.mark.parametrize("name", SKELETONS)
def test_the_rest_stands_with_hanging_arms(name, tmp_path):
    clip = read_positions(save(tmp_path, people(name), skeleton=name, fps=25.0, unit="m", up="y"))
    rest = dict(zip(clip.joint_names, rest_positions(clip), strict=True))
    for s, sign in (("left", 1), ("right", -1)):
        for a, b in (("upper_arm", "forearm"), ("forearm", "wrist"), ("thigh", "shank"), ("shank", "foot")):
            bone = rest[f"{s}_{b}"] - rest[f"{s}_{a}"]
            np.testing.assert_allclose(bone / np.linalg.norm(bone), [0, -1, 0], atol=1e-12)
        assert sign * rest[f"{s}_upper_arm"][0] > 0.1
    assert rest["head"][1] > rest["chest"][1] > rest["abdomen"][1] > 0


TURNED = {"y": np.eye(3), "z": matrix_from_axis_angle([np.pi / 2, 0, 0]), "-y": np.diag([1.0, -1.0, -1.0])}


@pytest.mark.parametrize("name", SKELETONS)
@pytest.mark.parametrize("up", list(TURNED))
@pytest.mark.parametrize(
    ("unit", "metres", "said"), [("mm", 0.001, "millimetres"), ("cm", 0.01, "centimetres"), ("m", 1, "metres")]
)
def test_unit_and_vertical_are_stated_given_or_found(name, up, unit, metres, said, tmp_path):
    P = people(name)
    plain = read_positions(save(tmp_path, P, skeleton=name, fps=25.0, unit="m", up="y"))
    moved = P @ TURNED[up].T / metres
    stated = read_positions(save(tmp_path, moved, skeleton=name, fps=25.0, unit=unit, up=up))
    given = read_positions(save(tmp_path, moved), metres, up, 25.0, name)
    found = read_positions(save(tmp_path, moved, skeleton=name, fps=25.0))
    for clip in (stated, given, found):
        np.testing.assert_allclose(clip.rotations, plain.rotations, atol=1e-9)
        np.testing.assert_allclose(clip.root_positions, plain.root_positions, atol=1e-9)
        assert (clip.fps, clip.metres_per_unit, clip.up) == (25.0, metres, up)
    assert stated.notes == given.notes == ()
    assert found.notes[0].startswith(f"unit: {said} (the skeleton then stands about 1.")
    assert found.notes[1] == f"up: {up} (the motion, on average, stands along it)"


def test_joints_may_stand_in_any_order(tmp_path):
    P, names = people("h36m17"), np.array(skeleton("h36m17").joint_names)
    plain = read_positions(save(tmp_path, P, skeleton="h36m17", fps=25.0))
    order = np.random.default_rng(0).permutation(17)
    clip = read_positions(save(tmp_path, P[:, order], joint_names=names[order], skeleton="h36m17", fps=25.0))
    np.testing.assert_array_equal(clip.rotations, plain.rotations)


def test_a_folders_settings_say_what_files_do_not_and_a_frame_is_a_clip(tmp_path):
    P = people("coco17", 1)
    save(tmp_path, 100 * P)
    with pytest.raises(
        InputError, match=r"no frame rate; expected fps in the file, or fps = 30 \(say\) in a joint_maps"
    ):
        read_clips(tmp_path)
    (tmp_path / "joint_maps.toml").write_text("fps = 30\n")
    with pytest.raises(
        InputError, match="no skeleton; expected skeleton = 'h36m17' or 'coco17', in the file or in a joint_maps"
    ):
        read_clips(tmp_path)
    (tmp_path / "joint_maps.toml").write_text('fps = 30\nskeleton = "coco17"\nmetres_per_unit = 0.01\nup = "y"\n')
    ((clip,), skipped) = read_clips(tmp_path)
    assert not skipped
    assert (clip.n_frames, clip.fps, clip.metres_per_unit, clip.notes) == (1, 30.0, 0.01, ())
    (tmp_path / "joint_maps.toml").write_text('skeleton = "smpl24"\n')
    with pytest.raises(InputError, match=r"joint_maps\.toml: skeleton = 'smpl24'; expected h36m17 or coco17"):
        read_clips(tmp_path)


def spoilt(index, value):
    def spoil(P):
        P = P.copy()
        P[index] = value
        return {"positions": P}

    return spoil


def joined(a, b):
    def spoil(P):
        P = P.copy()
        P[3, at("h36m17", a)] = P[3, at("h36m17", b)]
        return {"positions": P}

    return spoil


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoilt((2, 6, 1), np.nan), "positions is nan in frame 2, joint 'left_ankle'; expected finite"),
        (joined("left_knee", "left_ankle"), "frame 3: 'left_knee' and 'left_ankle' are at the same place"),
        (joined("left_hip", "right_hip"), "frame 3: 'left_hip' and 'right_hip' are at the same place"),
        (lambda P: {"positions": 0 * P}, "frame 0: 'left_shoulder' and 'left_elbow' are at the same place"),
        (lambda P: {"positions": P[:, :16]}, r"positions has shape \(5, 16, 3\); expected \(F, 17, 3\)"),
        (lambda P: {"positions": P[..., :2]}, r"shape \(5, 17, 2\); expected \(F, 17, 3\)"),
        (lambda P: {"positions": P[:0]}, r"shape \(0, 17, 3\); expected \(F, 17, 3\) with F > 0"),
        (lambda P: {"positions": P.astype(str)}, "positions holds <U.*; expected numbers"),
        (lambda P: {"positions": P, "skeleton": "lsp14"}, "skeleton = lsp14; expected skeleton = 'h36m17' or 'coco17'"),
        (lambda P: {"positions": P, "fps": 0}, "fps = 0; expected a number above 0"),
        (lambda P: {"positions": P, "unit": "inches"}, "unit = inches; expected m, cm, mm, or metres_per_unit"),
        (lambda P: {"positions": P, "metres_per_unit": -1.0}, "metres_per_unit = -1.0; expected a number above 0"),
        (lambda P: {"positions": P, "up": "x"}, "up = x; expected up = 'y', 'z', '-y'"),
        (lambda P: {"positions": P, "joint_names": ["a", "b"]}, "joint_names are a, b; h36m17 has hip, right_hip"),
        (lambda P: {"positions": P * 1e-5}, "a person's height in none of .*; give metres_per_unit"),
        (lambda P: {"positions": P[..., [1, 0, 2]]}, "stands along y or z .*give up = 'y', 'z', '-y'"),
        (lambda P: {"positions": np.array([{}], object)}, "'positions' is a pickled object, which could run code"),
    ],
)
def test_what_is_wrong_is_told(spoil, said, tmp_path):
    path = tmp_path / "take.npz"
    np.savez(path, **{"skeleton": "h36m17", "fps": 25.0, **spoil(people("h36m17"))})
    with pytest.raises(InputError, match=said) as caught:
        read_positions(path)
    assert str(path) in str(caught.value)
