import contextlib
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import joint_positions, rest_positions
from manikin.tasks.poses.joint_maps import JointMap
from manikin.tasks.poses.read_bvh import read_bvh

# A person of 1.7 m in a T-pose, with the names and the empty extra joints of the CMU conversions: parent, metres, y up.
LIMBS = {
    "LHipJoint": ("Hips", (0.0, 0.0, 0.0)),
    "LeftUpLeg": ("LHipJoint", (0.09, -0.05, 0.0)),
    "LeftLeg": ("LeftUpLeg", (0.02, -0.42, 0.01)),
    "LeftFoot": ("LeftLeg", (0.0, -0.40, -0.01)),
    "LeftToeBase": ("LeftFoot", (0.0, -0.06, 0.13)),
    "LeftShoulder": ("Spine1", (0.01, 0.14, 0.0)),
    "LeftArm": ("LeftShoulder", (0.17, 0.02, 0.0)),
    "LeftForeArm": ("LeftArm", (0.28, 0.0, 0.0)),
    "LeftHand": ("LeftForeArm", (0.25, 0.0, 0.0)),
}
BONES = {
    "Hips": ("", (0.0, 0.0, 0.0)),
    "LowerBack": ("Hips", (0.0, 0.0, 0.0)),
    "Spine": ("LowerBack", (0.0, 0.11, 0.0)),
    "Spine1": ("Spine", (0.0, 0.12, -0.01)),
    "Neck": ("Spine1", (0.0, 0.18, 0.0)),
    "Head": ("Neck", (0.0, 0.10, 0.02)),
    **LIMBS,
    **{
        name.replace("Left", "Right").replace("LHip", "RHip"): (
            parent.replace("Left", "Right").replace("LHip", "RHip"),
            (-offset[0], *offset[1:]),
        )
        for name, (parent, offset) in LIMBS.items()
    },
}
TIP = (0.0, 0.05, 0.04)
Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])  # what a file with z up holds, of y up
ORDERS = ["".join(p) for p in permutations("XYZ")]


def axis_rotation(axis, degrees):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = {"X": (1, 2), "Y": (2, 0), "Z": (0, 1)}[axis]
    out = np.eye(3)
    out[i, i], out[j, j], out[i, j], out[j, i] = c, c, -s, s
    return out


def bvh_joints(bones=BONES):
    """The joints in the order in which a file lists them."""

    def below(name):
        return [name, *(n for child, (p, _) in bones.items() if p == name for n in below(child))]

    return below(next(iter(bones)))


def bvh_text(rows, order="ZXY", unit=1.0, world=None, interval=1 / 60, declared=None, bones=BONES, root="XYZ"):
    """A BVH file: rows of root place (metres) and degrees of every joint in the order of its channels.

    `unit` is the length of the file's unit in metres, `world` turns rest and places.
    """
    world = np.eye(3) if world is None else world
    lines = ["HIERARCHY"]

    def triple(vector):
        return " ".join(f"{v:.10g}" for v in world @ np.array(vector) / unit)

    def write(name, depth):
        tab, inner = "\t" * depth, "\t" * (depth + 1)
        places = " ".join(f"{a}position" for a in root)
        turns = " ".join(f"{a}rotation" for a in order)
        children = [child for child, (parent, _) in bones.items() if parent == name]
        lines.extend(
            [f"{tab}{'JOINT' if depth else 'ROOT'} {name}", f"{tab}{{", f"{inner}OFFSET {triple(bones[name][1])}"]
        )
        lines.append(f"{inner}CHANNELS {3 if depth else 6} {'' if depth else places + ' '}{turns}")
        for child in children:
            write(child, depth + 1)
        if not children:
            lines.extend([f"{inner}End Site", f"{inner}{{", f"{inner}\tOFFSET {triple(TIP)}", f"{inner}}}"])
        lines.append(f"{tab}}}")

    write(next(iter(bones)), 0)
    lines += ["MOTION", f"Frames: {len(rows) if declared is None else declared}", f"Frame Time: {interval:.9f}"]
    for place, degrees in rows:
        moved = world @ np.array(place) / unit
        numbers = [*(moved["XYZ".index(a)] for a in root), *np.ravel(degrees)]
        lines.append(" ".join(f"{v:.9f}" for v in numbers))
    return "\n".join(lines) + "\n"


def write(tmp_path, text, name="take.bvh"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def random_rows(seed, n_frames=3, spread=70.0):
    rng = np.random.default_rng(seed)
    return [(rng.normal(0, 1, 3), rng.uniform(-spread, spread, (len(BONES), 3))) for _ in range(n_frames)]


def oracle(rows, order):
    """Joint positions (F, S, 3) in metres, y up, in the file's order of joints; the file has y up."""
    names = bvh_joints()
    out = np.empty((len(rows), len(names), 3))
    for f, (place, degrees) in enumerate(rows):
        world = {}
        for name, angles in zip(names, degrees, strict=True):
            parent, offset = BONES[name]
            local = np.eye(4)
            local[:3, 3] = offset if parent else place
            for axis, angle in zip(order, angles, strict=True):
                local[:3, :3] = local[:3, :3] @ axis_rotation(axis, angle)
            world[name] = world[parent] @ local if parent else local
        out[f] = [world[n][:3, 3] for n in names]
    return out


STILL = [(np.array([0.1, 0.95, 0.2]), np.zeros((len(BONES), 3)))] * 3


# ---------------------------------------------------------------------------------------------------------- what is read


@pytest.mark.parametrize("order", ORDERS)
def test_joints_are_where_the_files_angles_put_them(order, tmp_path):
    rows = random_rows(ORDERS.index(order))
    clip = read_bvh(write(tmp_path, bvh_text(rows, order)))
    assert list(clip.joint_names) == bvh_joints()
    np.testing.assert_allclose(joint_positions(clip), oracle(rows, order), atol=1e-7)
    assert clip.fps == pytest.approx(60.0, rel=1e-6)
    assert (clip.name, clip.source) == ("take", str(tmp_path / "take.bvh"))


def test_a_pose_is_the_same_in_every_order_of_axes(tmp_path):
    turns = Rotation.random(2 * len(BONES), np.random.default_rng(1))
    clips = {}
    for order in ORDERS:
        degrees = turns.as_euler(order, degrees=True).reshape(2, len(BONES), 3)
        text = bvh_text([(np.zeros(3), d) for d in degrees], order)
        clips[order] = read_bvh(write(tmp_path, text, f"{order}.bvh"))
        expected = turns.as_matrix().reshape(2, len(BONES), 3, 3)
        np.testing.assert_allclose(clips[order].rotations, expected, atol=1e-8)
    for clip in clips.values():
        np.testing.assert_allclose(joint_positions(clip), joint_positions(clips["ZXY"]), atol=1e-8)


def test_channels_may_stand_in_any_order_and_case(tmp_path):
    rows = random_rows(5, n_frames=1)
    straight = read_bvh(write(tmp_path, bvh_text(rows)))
    text = bvh_text(rows, root="YZX").replace("Yposition Zposition Xposition", "YPOSITION zposition Xposition")
    np.testing.assert_array_equal(joint_positions(read_bvh(write(tmp_path, text))), joint_positions(straight))


UNITS = {
    "metres": 1.0,
    "centimetres": 0.01,
    "millimetres": 0.001,
    "inches": 0.0254,
    "cmu": 0.0254 / 0.45,
    "feet": 0.3048,
}


@pytest.mark.parametrize("up", ["y", "z"])
@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_unit_and_vertical_axis_are_found(unit, up, tmp_path):
    rows = [(place, np.zeros((len(BONES), 3))) for place, _ in random_rows(2)]
    clip = read_bvh(write(tmp_path, bvh_text(rows, unit=unit, world=Z_UP if up == "z" else None)))
    assert clip.metres_per_unit == pytest.approx(unit)
    assert clip.up == up
    assert any(note.startswith("unit") for note in clip.notes)
    assert any(note.startswith("up") for note in clip.notes)
    np.testing.assert_allclose(joint_positions(clip), oracle(rows, "ZXY"), atol=1e-7)
    ends = clip.tips[[bvh_joints().index(n) for n in ("Head", "LeftHand", "RightToeBase")]]
    np.testing.assert_allclose(ends, [TIP] * 3, atol=1e-9)


def test_a_z_up_file_turns_as_its_y_up_twin(tmp_path):
    turns = Rotation.random(2 * len(BONES), np.random.default_rng(8)).as_matrix()
    clips = []
    for world in (np.eye(3), Z_UP):
        degrees = Rotation.from_matrix(world @ turns @ world.T).as_euler("ZYX", degrees=True)
        rows = [(np.array([0.3, 1.0, -0.2]), d) for d in degrees.reshape(2, len(BONES), 3)]
        clips.append(read_bvh(write(tmp_path, bvh_text(rows, "ZYX", world=world))))
    np.testing.assert_allclose(clips[1].rotations, clips[0].rotations, atol=1e-7)
    np.testing.assert_allclose(joint_positions(clips[1]), joint_positions(clips[0]), atol=1e-7)


def test_unit_and_axis_may_be_given(tmp_path):
    path = write(tmp_path, bvh_text(STILL))
    clip = read_bvh(path, metres_per_unit=0.5, up="y")
    assert (clip.metres_per_unit, clip.up) == (0.5, "y")
    np.testing.assert_allclose(joint_positions(clip), oracle(STILL, "ZXY") / 2, atol=1e-7)
    with pytest.raises(InputError, match="up = 'x'; expected 'y', 'z', '-y'"):
        read_bvh(path, up="x")


def test_a_rest_along_one_axis_gives_way_to_a_frame_that_stands(tmp_path):
    """Some exports draw every bone along x and put the standing body into the first frame's rotations."""
    names, turns, frame = bvh_joints(), {"": np.eye(3)}, []
    bones = {n: (p, tuple(np.linalg.norm(offset) * np.eye(3)[0])) for n, (p, offset) in BONES.items()}
    first = {n: next((c for c, (p, o) in BONES.items() if p == n and np.any(o)), None) for n in names}
    for name in names:  # every joint turns its x axis to where its first child lies
        parent, child = BONES[name][0], first[name]
        towards = np.array(BONES[child][1]) if child else np.array([1.0, 0.0, 0.0])
        turns[name] = Rotation.align_vectors(towards[None], [[1.0, 0.0, 0.0]])[0].as_matrix()
        frame.append(Rotation.from_matrix(turns[parent].T @ turns[name]).as_euler("ZXY", degrees=True))
    rows = [(np.zeros(3), np.array(frame)), (np.zeros(3), np.array(frame) * 0.9)]
    clip = read_bvh(write(tmp_path, bvh_text(rows, bones=bones)), up="y")
    assert any("rest: frame 0" in note for note in clip.notes)
    np.testing.assert_allclose(joint_positions(clip)[0], rest_positions(clip), atol=1e-9)
    at = dict(zip(names, rest_positions(clip), strict=True))
    shank, arm = at["LeftFoot"] - at["LeftLeg"], at["LeftForeArm"] - at["LeftArm"]
    np.testing.assert_allclose(shank, LIMBS["LeftFoot"][1], atol=1e-7)
    np.testing.assert_allclose(arm, LIMBS["LeftForeArm"][1], atol=1e-7)


def test_braces_may_stand_beside_other_words_and_lines_end_in_any_way(tmp_path):
    rows = random_rows(9)
    plain = read_bvh(write(tmp_path, bvh_text(rows)))
    for text in (
        bvh_text(rows).replace("\n", "\r\n"),
        "\ufeff" + bvh_text(rows),
        bvh_text(rows).replace("MOTION", "\n\nMOTION\n\n"),
        bvh_text(rows).replace("{\n", "{ ").replace("}\n", "} "),
    ):
        np.testing.assert_array_equal(joint_positions(read_bvh(write(tmp_path, text))), joint_positions(plain))


def test_a_brace_may_open_on_the_line_of_the_joints_name(tmp_path):
    rows = random_rows(9)
    lines = bvh_text(rows).splitlines()
    text = "\n".join(lines)
    for line in lines:
        if line.strip().startswith(("ROOT", "JOINT", "End")):
            text = text.replace(f"{line}\n", f"{line} ", 1) if line in text else text
    assert "ROOT Hips {" in text
    clip = read_bvh(write(tmp_path, text))
    np.testing.assert_allclose(joint_positions(clip), oracle(rows, "ZXY"), atol=1e-7)


def test_names_with_blanks_and_prefixes(tmp_path):
    bones = {f"mixamorig:{n}": (f"mixamorig:{p}" if p else "", o) for n, (p, o) in BONES.items() if "Joint" not in n}
    bones = {n: (p.replace("LHipJoint", "Hips").replace("RHipJoint", "Hips"), o) for n, (p, o) in bones.items()}
    rows = [(np.zeros(3), np.zeros((len(bones), 3)))]
    clip = read_bvh(write(tmp_path, bvh_text(rows, bones=bones)))
    assert "mixamorig:LeftUpLeg" in clip.joint_names


def test_a_convention_of_ones_own(tmp_path):
    def foreign(name):
        return f"bone {name[::-1]}" if name else ""

    bones = {foreign(n): (foreign(p), o) for n, (p, o) in BONES.items()}
    path = write(tmp_path, bvh_text(STILL, bones=bones))
    with pytest.raises(InputError, match=r"no known naming convention.*bone spiH.*joint_maps\.toml"):
        read_bvh(path)
    parts = {"upper_arm": "Arm", "forearm": "ForeArm", "thigh": "UpLeg", "shank": "Leg", "foot": "Foot"}
    names = {f"{k}.{s}": (foreign(w + v),) for k, v in parts.items() for s, w in (("L", "Left"), ("R", "Right"))}
    own = JointMap("own", {"pelvis": (foreign("Hips"),), "chest": (foreign("Spine1"),), **names})
    np.testing.assert_allclose(joint_positions(read_bvh(path, maps=(own,))), oracle(STILL, "ZXY"), atol=1e-7)


# ------------------------------------------------------------------------------------------------------ what is refused


def refusal(tmp_path, text):
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_bvh(path)
    message = str(caught.value)
    assert str(path) in message
    return message


def number_of(text, start):
    """The number of the line that begins so."""
    return next(i for i, line in enumerate(text.splitlines(), 1) if line.strip().startswith(start))


def test_a_file_cut_in_the_middle_of_the_motion(tmp_path):
    text = bvh_text(random_rows(1, n_frames=10))
    lines = text.splitlines()
    whole = refusal(tmp_path, "\n".join(lines[:-6]) + "\n")
    assert "cut short" in whole
    assert "10 frames were declared, 4 stand there" in whole
    assert f"line {len(lines) - 6}" in whole
    part = refusal(tmp_path, "\n".join(lines[:-6]) + "\n" + lines[-6][: len(lines[-6]) // 2])
    assert "10 frames were declared, 4 and a part of one stand there" in part
    last = refusal(tmp_path, text[: -len(lines[-1]) // 2])
    assert "10 frames were declared, 9 and a part of one stand there" in last


def test_a_file_cut_in_the_hierarchy(tmp_path):
    text = bvh_text(STILL)
    at = number_of(text, "JOINT LeftForeArm")
    message = refusal(tmp_path, "\n".join(text.splitlines()[: at + 2]))
    assert "cut short" in message
    assert "LeftForeArm" in message
    assert f"line {at + 2}" in message
    assert "before MOTION" in message


def test_a_file_cut_after_motion(tmp_path):
    text = bvh_text(STILL)
    assert "before 'Frames: N'" in refusal(tmp_path, text[: text.index("Frames")])
    assert "before 'Frame Time: seconds'" in refusal(tmp_path, text[: text.index("Frame Time")])


def test_no_cut_is_read_as_a_whole_file(tmp_path):
    text = bvh_text(random_rows(3, n_frames=2))
    last = text.rstrip().rindex(" ")
    for cut in {*range(0, last, 37), *range(last - 30, last + 1)}:
        refusal(tmp_path, text[:cut])


def test_more_rows_than_frames(tmp_path):
    text = bvh_text(random_rows(1, n_frames=4), declared=3)
    message = refusal(tmp_path, text)
    assert "3 were declared, 4 stand there" in message
    assert f"line {len(text.splitlines())}" in message


@pytest.mark.parametrize("frames", ["0", "-3", "2.5", "nan", "many"])
def test_a_count_of_frames_that_is_none(frames, tmp_path):
    text = bvh_text(STILL, declared=frames)
    message = refusal(tmp_path, text)
    assert frames in message
    assert f"line {number_of(text, 'Frames')}" in message


@pytest.mark.parametrize("interval", ["0", "-0.01", "inf", "soon"])
def test_a_frame_time_that_is_none(interval, tmp_path):
    text = bvh_text(STILL).replace("Frame Time: 0.016666667", f"Frame Time: {interval}")
    message = refusal(tmp_path, text)
    assert interval in message
    assert f"line {number_of(text, 'Frame Time')}" in message


@pytest.mark.parametrize("value", ["nan", "inf", "-Infinity"])
def test_a_number_that_is_not_finite(value, tmp_path):
    text = bvh_text(STILL)
    lines = text.splitlines()
    row = lines[-2].split()
    k = 6 + 3 * (bvh_joints().index("LeftArm") - 1) + 1
    row[k] = value
    message = refusal(tmp_path, "\n".join([*lines[:-2], " ".join(row), lines[-1]]))
    assert f"line {len(lines) - 1}" in message
    assert f"Xrotation of joint 'LeftArm' is {value}" in message


def test_a_word_among_the_numbers(tmp_path):
    lines = bvh_text(STILL).splitlines()
    message = refusal(tmp_path, "\n".join([*lines[:-1], lines[-1].replace("0.000000000", "zero", 1)]))
    assert "'zero'" in message
    assert f"line {len(lines)}" in message


@pytest.mark.parametrize("n", [-1, 1])
def test_a_row_of_another_length(n, tmp_path):
    lines = bvh_text(STILL).splitlines()
    columns = 3 + 3 * len(BONES)
    lines[-2] = " ".join(["0"] * (columns + n))
    message = refusal(tmp_path, "\n".join(lines))
    assert f"line {len(lines) - 1}: {columns + n} numbers; the hierarchy has {columns} channels" in message


def test_an_unknown_channel(tmp_path):
    text = bvh_text(STILL).replace("Zrotation", "Wrotation", 1)
    message = refusal(tmp_path, text)
    assert "'Wrotation' of joint 'Hips'" in message
    assert f"line {number_of(text, 'CHANNELS')}" in message


@pytest.mark.parametrize("count", ["5", "7"])
def test_a_wrong_count_of_channels(count, tmp_path):
    text = bvh_text(STILL).replace("CHANNELS 6", f"CHANNELS {count}")
    assert f"line {number_of(text, 'CHANNELS')}" in refusal(tmp_path, text)


@pytest.mark.parametrize(
    "count",
    [
        "",
        "three",
        "-1",
        "²",
    ],
)
def test_a_count_of_channels_that_is_none(count, tmp_path):
    text = bvh_text(STILL).replace("CHANNELS 6", f"CHANNELS {count}")
    message = refusal(tmp_path, text)
    assert "CHANNELS of 'Hips' without a count" in message
    assert f"line {number_of(text, 'CHANNELS')}" in message


def test_a_joint_that_is_its_own_ancestor(tmp_path):
    text = bvh_text(STILL).replace("JOINT LeftHand", "JOINT LeftArm")
    message = refusal(tmp_path, text)
    second = [i for i, line in enumerate(text.splitlines(), 1) if line.strip() == "JOINT LeftArm"]
    assert "cyclic" in message
    assert f"line {second[1]}: joint 'LeftArm'" in message
    assert f"first at line {second[0]}" in message


def test_a_name_that_stands_there_twice(tmp_path):
    message = refusal(tmp_path, bvh_text(STILL).replace("JOINT RightHand", "JOINT LeftHand"))
    assert "'LeftHand' stands there a second time" in message
    assert "cyclic" not in message


def test_two_roots(tmp_path):
    text = bvh_text(STILL)
    block = text[text.index("ROOT") : text.index("MOTION")]
    message = refusal(tmp_path, text.replace("MOTION", block.replace("ROOT Hips", "ROOT Other") + "MOTION"))
    assert "second ROOT 'Other' beside 'Hips'" in message


def test_a_joint_without_parent(tmp_path):
    message = refusal(tmp_path, bvh_text(STILL).replace("ROOT Hips", "JOINT Hips"))
    assert "line 2: JOINT 'Hips' has no parent" in message


def test_a_motion_without_hierarchy(tmp_path):
    text = bvh_text(STILL)
    assert "MOTION without a hierarchy" in refusal(tmp_path, "HIERARCHY\n" + text[text.index("MOTION") :])
    assert "begins with 'MOTION'; expected HIERARCHY" in refusal(tmp_path, text[text.index("MOTION") :])


# the root's own line has a test of its own; an end site (26-29) is only a hint where the hand is
@pytest.mark.parametrize("line", [i for i in range(1, 26) if i != 2])
def test_no_line_of_the_hierarchy_can_be_left_out(line, tmp_path):
    lines = bvh_text(STILL).splitlines()
    refusal(tmp_path, "\n".join(lines[: line - 1] + lines[line:]))


def test_the_root_cannot_be_left_out(tmp_path):
    refusal(tmp_path, bvh_text(STILL).replace("ROOT Hips\n", ""))


def test_braces_that_do_not_close(tmp_path):
    text = bvh_text(STILL)
    assert "are missing" in refusal(tmp_path, text.replace("}\nMOTION", "MOTION"))
    message = refusal(tmp_path, text.replace("}\nMOTION", "}\n}\nMOTION"))
    assert "closes nothing" in message


@pytest.mark.parametrize(("offset", "said"), [("0 0", "2 numbers"), ("0 nan 0", "nan"), ("0 zero 0", "'zero'")])
def test_an_offset_that_is_none(offset, said, tmp_path):
    text = bvh_text(STILL).replace("OFFSET 0 0 0", f"OFFSET {offset}", 1)
    message = refusal(tmp_path, text)
    assert said in message
    assert f"line {number_of(text, 'OFFSET')}" in message


@pytest.mark.parametrize("content", ["", "\n \n", "{}", "PNG\x00\x01", "# a comment\nHIERARCHY"])
def test_what_is_no_bvh(content, tmp_path):
    assert "no BVH file" in refusal(tmp_path, content)


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "picture.bvh"
    path.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(InputError, match="no BVH file"):
        read_bvh(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_bvh(tmp_path / "missing.bvh")
    with pytest.raises(InputError, match="cannot be read"):
        read_bvh(tmp_path)


def test_a_skeleton_of_no_persons_size(tmp_path):
    message = refusal(tmp_path, bvh_text(STILL, unit=1e-6))
    assert "give metres_per_unit" in message
    bones = {n: (p, (0.0, 0.0, 0.0)) for n, (p, _) in BONES.items()}
    assert "from 'LeftArm' to 'LeftForeArm' has no length at rest" in refusal(tmp_path, bvh_text(STILL, bones=bones))


def test_a_skeleton_that_stands_along_no_axis(tmp_path):
    lying = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    assert "give up = 'y', 'z', '-y'" in refusal(tmp_path, bvh_text(STILL, world=lying))
    path = write(tmp_path, bvh_text(STILL, world=lying))
    with pytest.raises(InputError, match="no frame does"):
        read_bvh(path, up="y")


BASE = bvh_text(random_rows(6, n_frames=2)).split(" ")


@settings(max_examples=150)
@given(
    st.integers(0, len(BASE) - 1),
    st.one_of(
        st.sampled_from(["{", "}", "nan", "-1", "JOINT", "End Site", "\n", "MOTION", "1e400"]), st.text(max_size=8)
    ),
)
def test_whatever_is_wrong_is_told_as_an_input_error(tmp_path_factory, k, word):
    path = tmp_path_factory.getbasetemp() / "fuzz.bvh"
    path.write_text(" ".join([*BASE[:k], word, *BASE[k + 1 :]]), encoding="utf-8", errors="replace")
    with contextlib.suppress(InputError):
        clip = read_bvh(path)
        np.testing.assert_allclose(np.linalg.det(clip.rotations), 1.0)
        assert np.isfinite(joint_positions(clip)).all()
