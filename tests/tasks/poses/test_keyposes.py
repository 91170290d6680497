from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from manikin.tasks.bodies.rotations import geodesic_angle
from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import anatomy_of
from manikin.tasks.poses.collision import fit_capsules, penetrations, self_penetration
from manikin.tasks.poses.keyposes import read_key_poses, read_postures
from manikin.tasks.poses.labels import LABELS
from manikin.tasks.poses.limits import clip_postures, clip_to_limits, limit_names, read_limits
from manikin.tasks.poses.postures import mirrored, pose_of, without_heading
from tests.forward_kinematics import rig_joints


@pytest.fixture(scope="module")
def anatomy(body):
    return anatomy_of(body)


@pytest.fixture(scope="module")
def key_poses(body):
    return read_key_poses(body)


def named_joints(anatomy, pose):
    """name -> place (N, 3) of the joints of the mean body."""
    return dict(zip(anatomy.joint_names, np.moveaxis(rig_joints(anatomy, pose), 1, 0), strict=True))


# ------------------------------------------------------------------------------------------------------ the built-in ones


def test_there_are_enough_of_every_kind(key_poses, body):
    names, labels, _ = read_postures()
    assert len(names) >= 44
    assert key_poses.names[: len(names)] == names
    assert key_poses.labels[: len(names)] == labels
    assert len(set(key_poses.names)) == len(key_poses.names) == len(key_poses.labels) == len(key_poses.poses)
    assert set(key_poses.labels) == set(LABELS)
    assert min(Counter(labels).values()) >= 3
    assert key_poses.poses.shape == (len(key_poses.names), len(body.parents), 3)
    assert key_poses.poses.dtype == np.float32
    assert np.isfinite(key_poses.poses).all()


def test_poses_are_those_of_their_postures_and_face_the_viewer(key_poses, anatomy):
    np.testing.assert_allclose(key_poses.poses, pose_of(anatomy, key_poses.postures), atol=1e-6)
    assert geodesic_angle(without_heading(key_poses.postures).local, key_poses.postures.local).max() < 1e-6


def test_every_one_sided_pose_has_its_mirror_image(key_poses, anatomy):
    names, labels, postures = read_postures()
    image = mirrored(postures)
    for i, name in enumerate(names):
        symmetric = np.abs(image.local[i] - postures.local[i]).max() < 1e-6
        symmetric &= bool(np.abs(image.curls[i] - postures.curls[i]).max() < 1e-6)
        assert symmetric or f"{name} (mirrored)" in key_poses.names, name
        if (twin := f"{name} (mirrored)") in key_poses.names:
            j = key_poses.names.index(twin)
            assert key_poses.labels[j] == labels[i]
            pair = named_joints(anatomy, key_poses.poses[[i, j]])
            for side, other in (("L", "R"), ("R", "L")):
                for joint in ("wrist", "lowerarm01", "foot", "lowerleg01", "upperarm01", "finger2-1"):
                    here, there = pair[f"{joint}.{side}"][0], pair[f"{joint}.{other}"][1]
                    np.testing.assert_allclose(here, there * [-1, 1, 1], atol=1e-3, err_msg=name)


def test_no_pose_asks_for_more_than_joints_can_do(key_poses, anatomy):
    limits = read_limits()
    _, excess = clip_postures(key_poses.postures, limits)
    for name, by in zip(key_poses.names, np.degrees(excess.max(axis=1)), strict=True):
        assert by < 6.0, name
    clipped, touched = clip_to_limits(anatomy, key_poses.poses, limits)
    assert touched.shape == (len(key_poses.names), len(limit_names()))
    assert touched.mean() < 0.005
    before, after = named_joints(anatomy, key_poses.poses), named_joints(anatomy, clipped)
    assert max(np.linalg.norm(after[n] - before[n], axis=1).max() for n in before) < 0.1


def test_no_pose_runs_through_itself(key_poses, body):
    capsules = fit_capsules(body)
    deep = penetrations(capsules, key_poses.poses)
    for name, row in zip(key_poses.names, deep, strict=True):
        first, second = capsules.pairs[row.argmax()]
        assert row.max() < 0.05, f"{name}: {capsules.names[first]} in {capsules.names[second]}"
    assert np.percentile(self_penetration(capsules, key_poses.poses), 90) < 0.03


def test_labels_say_what_the_body_does(key_poses, anatomy):
    at = named_joints(anatomy, key_poses.poses)
    lowest = np.min([v[:, 1] for v in at.values()], axis=0)
    hips = (at["upperleg01.L"] + at["upperleg01.R"])[:, 1] / 2 - lowest
    chest = at["spine01"][:, 1] - lowest
    for name, label, hip, breast in zip(key_poses.names, key_poses.labels, hips, chest, strict=True):
        if label in ("standing", "airborne"):
            assert hip > 0.6, name
        if label == "moving":
            assert hip > 0.45, name
        if label == "kneeling":
            assert hip < 0.65, name
        if label == "lying":
            assert hip < 0.5, name
            assert breast < 0.75, name


# ------------------------------------------------------------------------------------------------------ what words mean

HANDS = "[hands]\nrelaxed = [0.25, 0.22, 0.28, 0.33, 0.38]\nfist = [1.0, 1.0, 1.0, 1.0, 1.0]\n"


def file_of(tmp_path, body_text, name="a pose", label="standing"):
    path = tmp_path / "keyposes.toml"
    path.write_text(f'{HANDS}[[pose]]\nname = "{name}"\nlabel = "{label}"\n{body_text}\n', encoding="utf-8")
    return path


# text, the joints at the limb's ends, the way it then points (x to the body's left, y up, z forward)
WORDS = [
    ("left.shoulder = { flexion = 90 }", "upperarm01.L", "wrist.L", (0, 0, 1)),
    ("right.shoulder = { flexion = 90 }", "upperarm01.R", "wrist.R", (0, 0, 1)),
    ("left.shoulder = { abduction = 90 }", "upperarm01.L", "wrist.L", (1, 0, 0)),
    ("right.shoulder = { abduction = 90 }", "upperarm01.R", "wrist.R", (-1, 0, 0)),
    ("left.shoulder = { flexion = 180 }", "upperarm01.L", "wrist.L", (0, 1, 0)),
    ("elbow = { flexion = 90 }", "lowerarm01.L", "wrist.L", (0, 0, 1)),
    ("elbow = { flexion = 90 }", "lowerarm01.R", "wrist.R", (0, 0, 1)),
    ("shoulder = { rotation = 90 }\nelbow = { flexion = 90 }", "lowerarm01.L", "wrist.L", (1, 0, 0)),
    ("shoulder = { rotation = 90 }\nelbow = { flexion = 90 }", "lowerarm01.R", "wrist.R", (-1, 0, 0)),
    ("wrist = { flexion = 80 }", "wrist.L", "finger3-1.L", (-0.98, -0.17, 0)),
    ("wrist = { pronation = 90, flexion = 80 }", "wrist.L", "finger3-1.L", (0, -0.17, -0.98)),
    ("left.hip = { flexion = 90 }", "upperleg01.L", "foot.L", (0, 0, 1)),
    ("right.hip = { abduction = 45 }", "upperleg01.R", "foot.R", (-0.7071, -0.7071, 0)),
    ("hip = { flexion = 90, rotation = 30 }\nknee = { flexion = 90 }", "lowerleg01.L", "foot.L", (-0.5, -0.866, 0)),
    ("hip = { flexion = 90, rotation = 30 }\nknee = { flexion = 90 }", "lowerleg01.R", "foot.R", (0.5, -0.866, 0)),
    ("knee = { flexion = 90 }", "lowerleg01.L", "foot.L", (0, 0, -1)),
    ("pelvis = { tilt = 90 }", "root", "neck01", (0, 0, 1)),
    ("pelvis = { tilt = -90 }", "root", "neck01", (0, 0, -1)),
    ("pelvis = { lean = 90 }", "root", "neck01", (1, 0, 0)),
]


@pytest.mark.parametrize(("text", "start", "end", "way"), WORDS)
def test_words_point_limbs_where_they_say(body, anatomy, tmp_path, text, start, end, way):
    at = named_joints(anatomy, read_key_poses(body, file_of(tmp_path, text)).poses[:1])
    limb = (at[end] - at[start])[0]
    # the trunk's joints do not stand exactly one above the other
    allowed = 15.0 if start == "root" else 1.5
    assert limb @ way / np.linalg.norm(limb) / np.linalg.norm(way) > np.cos(np.radians(allowed))


@pytest.mark.parametrize(
    ("text", "joint", "way"),
    [
        ("neck = { bend = 30 }", "head", (0, -1, 2)),
        ("neck = { lean = 30 }", "head", (1, 0, 0)),
        ("spine = { bend = 40 }", "head", (0, -0.5, 1)),
        ("spine = { lean = 20 }", "head", (1, 0, 0)),
        ("spine = { turn = 30 }", "upperarm01.L", (0, 0, -1)),
        ("clavicle = { elevation = 20 }", "upperarm01.L", (0, 1, 0)),
        ("clavicle = { protraction = 20 }", "upperarm01.R", (0, 0, 1)),
        ("ankle = { dorsiflexion = 20 }", "toe2-1.L", (0, 1, 0)),
        ("ankle = { rotation = 20 }", "toe2-1.R", (-1, 0, 0)),
        ("toes = { extension = 40 }", "toe2-3.L", (0, 1, 0)),
        ('hand = "fist"', "finger3-3.L", (0, 1, 0)),
        ("wrist = { deviation = 20 }", "finger3-1.L", (0, 0, 1)),
    ],
)
def test_words_move_parts_as_they_say(body, anatomy, tmp_path, text, joint, way):
    still = named_joints(anatomy, read_key_poses(body, file_of(tmp_path, "")).poses[:1])
    moved = named_joints(anatomy, read_key_poses(body, file_of(tmp_path, text)).poses[:1])
    step = (moved[joint] - still[joint])[0]
    assert np.linalg.norm(step) > 0.005
    assert step @ way / np.linalg.norm(step) / np.linalg.norm(way) > 0.8


def test_a_side_overrides_single_angles(body, tmp_path):
    def of(text):
        return read_key_poses(body, file_of(tmp_path, text)).poses[0]

    both = of("hip = { flexion = 20, abduction = 5 }\nleft.hip = { flexion = 40 }")
    np.testing.assert_array_equal(
        both, of("left.hip = { flexion = 40, abduction = 5 }\nright.hip = { flexion = 20, abduction = 5 }")
    )


def test_a_turned_pose_faces_the_viewer_all_the_same(body, tmp_path):
    plain = read_key_poses(body, file_of(tmp_path, "")).poses[0]
    np.testing.assert_allclose(
        read_key_poses(body, file_of(tmp_path, "pelvis = { turn = 70 }")).poses[0], plain, atol=1e-6
    )


def test_symmetric_poses_have_no_twin(body, tmp_path):
    assert read_key_poses(body, file_of(tmp_path, "elbow = { flexion = 50 }")).names == ("a pose",)
    one_sided = read_key_poses(body, file_of(tmp_path, "left.elbow = { flexion = 50 }"))
    assert one_sided.names == ("a pose", "a pose (mirrored)")
    assert one_sided.labels == ("standing", "standing")


def test_hands_that_differ_make_a_twin(body, tmp_path):
    assert len(read_key_poses(body, file_of(tmp_path, 'left.hand = "fist"')).names) == 2


# ------------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tail = { flexion = 3 }", "tail: no such joint"),
        ("left.tail = { flexion = 3 }", r"left\.tail: no such joint on a side"),
        ("left.spine = { bend = 3 }", r"left\.spine: no such joint on a side"),
        ("elbow = { bend = 3 }", "elbow: 'bend' is no angle of the elbow; expected flexion"),
        ("right.knee = { flexion = 191 }", r"right\.knee: flexion = 191; expected degrees between"),
        ("knee = { flexion = -190.5 }", "knee: flexion = -190.5"),
        ("knee = { flexion = nan }", "knee: flexion = nan"),
        ("knee = { flexion = inf }", "knee: flexion = inf"),
        ("knee = { flexion = true }", "knee: flexion = True"),
        ('knee = { flexion = "much" }', "knee: flexion = 'much'"),
        ("knee = {}", r"knee = \{\}; expected degrees"),
        ("knee = 40", "knee = 40; expected degrees"),
        ("left = 40", "left = 40; expected joints"),
        ('hand = "claw"', "hand = 'claw'; expected one of the .*relaxed, fist"),
        ("right.hand = 3", r"right\.hand = 3"),
    ],
)
def test_a_wrong_angle_is_told_with_pose_joint_and_value(text, said, tmp_path):
    path = file_of(tmp_path, text, name="the wrong one")
    with pytest.raises(InputError, match=said) as caught:
        read_postures(path)
    assert f"{path}: pose 'the wrong one': " in str(caught.value)


POSE = '[[pose]]\nname = "one"\nlabel = "standing"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HANDS + POSE + POSE, "pose 'one' stands there twice"),
        (HANDS + POSE.replace("standing", "flying"), "pose 'one': label 'flying'; expected one of standing"),
        (HANDS + POSE.replace('"one"', '""'), "number 1 .*name = ''; expected text"),
        (HANDS + POSE.replace('"standing"', "3"), r"number 1 \(one\): label = 3"),
        (HANDS + '[[pose]]\nlabel = "standing"\n', r"number 1 \(unnamed\): name = None"),
        (HANDS, "no key poses"),
        (HANDS + "[pose]\n", "no key poses"),
        ("pose = []\n" + HANDS, "no key poses"),
        ("pose = [3]\n" + HANDS, "no key poses"),
        (POSE, r"no table \[hands\]"),
        ("[hands]\nfist = [1, 1, 1, 1, 1]\n" + POSE, r"at least 'relaxed'"),
        ("[hands]\nrelaxed = [1, 1, 1, 1]\n" + POSE, r"hands\.relaxed = \[1, 1, 1, 1\]"),
        ("[hands]\nrelaxed = [1, 1, 1, 1, 9]\n" + POSE, r"hands\.relaxed .* in \[-0\.5, 1\.2\]"),
        ("[hands]\nrelaxed = [1, 1, 1, 1, nan]\n" + POSE, r"hands\.relaxed"),
        (HANDS + "[legs]\n" + POSE, "unknown table legs"),
        ("hands = [", "not a readable toml"),
    ],
)
def test_a_wrong_file_is_told(text, said, tmp_path):
    path = tmp_path / "keyposes.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        read_postures(path)
    assert str(path) in str(caught.value)


def test_no_file_is_told(tmp_path, body):
    with pytest.raises(InputError, match="not a readable toml"):
        read_postures(tmp_path / "missing.toml")
    other = replace(body, joint_names=tuple(n.replace("foot", "paw") for n in body.joint_names))
    with pytest.raises(InputError, match=r"no joints foot\.L, foot\.R"):
        read_key_poses(other)
