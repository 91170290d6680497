import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import joint_positions
from manikin.tasks.poses.read_acclaim import read_acclaim
from manikin.tasks.poses.read_asf import read_asf
from manikin.tasks.poses.read_clips import read_clips

CMU = 0.0254 / 0.45  # metres
# name: parent, bone in units of CMU (y up), axes at rest, degrees of freedom; "*" stands for l and r, x for the side's sign
CENTRAL = {
    "lowerback": ("root", (0.0, 2.0, -0.1), (0.0, 0.0, 0.0), "rx ry rz"),
    "upperback": ("lowerback", (0.0, 2.0, 0.0), (0.0, 0.0, 0.0), "rz ry rx"),
    "thorax": ("upperback", (0.0, 2.1, 0.1), (5.0, 10.0, 15.0), "rx ry rz"),
    "lowerneck": ("thorax", (0.0, 1.7, 0.2), (0.0, 0.0, 0.0), "ry rx rz"),
    "head": ("lowerneck", (0.0, 1.8, 0.0), (0.0, 0.0, 0.0), ""),
}
SIDED = {
    "*hipjoint": ("root", (1.6, -1.8, 0.8), (0.0, 0.0, 0.0), ""),
    "*femur": ("*hipjoint", (2.5, -6.9, 0.0), (0.0, 0.0, 20.0), "rx ry rz"),
    "*tibia": ("*femur", (2.6, -7.1, 0.0), (0.0, 0.0, 20.0), "rx"),
    "*foot": ("*tibia", (0.2, -0.4, 2.3), (-90.0, 0.0, 20.0), "rx rz"),
    "*clavicle": ("thorax", (3.0, 0.6, 0.1), (0.0, 0.0, 0.0), "ry rz"),
    "*humerus": ("*clavicle", (5.0, 0.0, 0.0), (180.0, 30.0, -90.0), "rz rx ry"),
    "*radius": ("*humerus", (3.3, 0.0, 0.0), (180.0, 30.0, -90.0), "rx"),
    "*wrist": ("*radius", (1.6, 0.0, 0.0), (180.0, -60.0, -90.0), "ry"),
}


def side(name, s):
    parent, bone, axes, dof = SIDED[name]
    sign = 1 if s == "l" else -1
    return parent.replace("*", s), (sign * bone[0], *bone[1:]), (axes[0], sign * axes[1], sign * axes[2]), dof


BONES = {**CENTRAL, **{n.replace("*", s): side(n, s) for s in "lr" for n in SIDED}}


def asf_text(bones=BONES, hierarchy=None, length=0.45, angle="deg", order="XYZ", root="TX TY TZ RX RY RZ"):
    lines = [
        "# made up",
        ":version 1.10",
        ":name test",
        ":units",
        "  mass 1.0",
        f"  length {length}",
        f"  angle {angle}",
    ]
    lines += [
        ":documentation",
        "  none",
        ":root",
        f"  order {root}",
        "  axis XYZ",
        "  position 0 0 0",
        "  orientation 0 0 0",
    ]
    lines.append(":bonedata")
    for i, (name, (_, bone, axes, dof)) in enumerate(bones.items()):
        norm = np.linalg.norm(bone)
        turns = np.radians(axes) if angle == "rad" else axes
        lines += ["  begin", f"    id {i + 1}", f"    name {name}"]
        lines += [f"    direction {' '.join(f'{v / norm:.15g}' for v in bone)}", f"    length {norm:.15g}"]
        lines += [f"    axis {' '.join(f'{v:.15g}' for v in turns)} {order}"]
        if dof:
            lines += [
                f"    dof {dof}",
                *(f"    {'limits' if k == 0 else ''} (-180.0 180.0)" for k in range(len(dof.split()))),
            ]
        lines.append("  end")
    lines += [":hierarchy", "  begin"]
    if hierarchy is None:
        hierarchy = [
            " ".join([n, *(c for c, b in bones.items() if b[0] == n)])
            for n in ("root", *bones)
            if any(b[0] == n for b in bones.values())
        ]
    return "\n".join([*lines, *hierarchy, "  end"]) + "\n"


def frames(seed=0, n_frames=3, spread=60.0, bones=BONES):
    """Per frame: name -> numbers, in degrees."""
    rng = np.random.default_rng(seed)
    return [
        {"root": rng.uniform(-spread, spread, 6)}
        | {n: rng.uniform(-spread, spread, len(b[3].split())) for n, b in bones.items() if b[3]}
        for _ in range(n_frames)
    ]


def amc_text(motion, header=(":FULLY-SPECIFIED", ":DEGREES"), first=1):
    lines = ["#!OML:ASF somewhere.ASF", *header]
    for i, frame in enumerate(motion):
        lines += [str(first + i), *(f"{n} {' '.join(f'{v:.12g}' for v in values)}" for n, values in frame.items())]
    return "\n".join(lines) + "\n"


def write(folder, asf=None, amc=None, names=("07.asf", "07_01.amc")):
    (folder / names[0]).write_text(asf_text() if asf is None else asf)
    (folder / names[1]).write_text(amc_text(frames()) if amc is None else amc)
    return folder / names[1]


def about_fixed_axes(order, degrees):
    """Turns about the axes that `order` names, each about the axis of a frame that stands still."""
    out = np.eye(3)
    for axis, angle in zip(order, degrees, strict=True):
        out = Rotation.from_euler(axis, angle, degrees=True).as_matrix() @ out
    return out


def oracle(motion, bones=BONES, axis_order="xyz"):
    """Where every bone begins and ends in every frame, in the file's units: name -> (F, 2, 3)."""
    out = {n: np.empty((len(motion), 2, 3)) for n in bones}
    for f, frame in enumerate(motion):
        turn, place = {"root": about_fixed_axes("xyz", frame["root"][3:])}, {"root": frame["root"][:3]}
        for name, (parent, bone, axes, dof) in bones.items():
            by_letter = ["xyz".index(a) for a in axis_order]
            C = about_fixed_axes(axis_order, np.array(axes)[by_letter])
            M = about_fixed_axes(dof.replace("r", "").split(), frame[name] if dof else [])
            turn[name] = turn[parent] @ C @ M @ C.T
            place[name] = place[parent] + turn[name] @ bone
            out[name][f] = place[parent], place[name]
    return out


@pytest.mark.parametrize("axis_order", ["xyz", "zyx", "yxz"])
def test_every_bone_begins_and_ends_where_the_format_puts_it(axis_order, tmp_path):
    motion = frames(1, 4)
    clip = read_acclaim(write(tmp_path, asf_text(order=axis_order.upper()), amc_text(motion)))
    joints, expected = joint_positions(clip), oracle(motion, axis_order=axis_order)
    assert clip.joint_names == ("root", *(n for n in clip.joint_names[1:]))
    assert set(clip.joint_names) == {"root", *BONES}
    for name in BONES:
        at = joints[:, clip.joint(name)]
        np.testing.assert_allclose(at, expected[name][:, 0] * CMU, atol=1e-9)
        parents = [clip.joint_names[p] if p >= 0 else "" for p in clip.parents]
        for child in (clip.joint_names[j] for j, p in enumerate(parents) if p == name):
            np.testing.assert_allclose(joints[:, clip.joint(child)], expected[name][:, 1] * CMU, atol=1e-9)


def test_unit_and_rate_of_cmu_are_taken_and_noted(tmp_path):
    clip = read_acclaim(write(tmp_path))
    assert clip.metres_per_unit == pytest.approx(CMU)
    assert (clip.fps, clip.up) == (120.0, "y")
    assert any(n.startswith("fps: 120 (the CMU database's rate, assumed") for n in clip.notes)
    assert any(n.startswith("unit: inches / 0.45") for n in clip.notes)
    given = read_acclaim(tmp_path / "07_01.amc", metres_per_unit=0.1, fps=30.0, up="y")
    assert (given.metres_per_unit, given.fps, given.notes) == (0.1, 30.0, ())
    np.testing.assert_allclose(joint_positions(given) * CMU / 0.1, joint_positions(clip), atol=1e-12)


def test_a_unit_that_cannot_be_inches_is_found_from_the_legs(tmp_path):
    bones = {n: (p, tuple(v * 100 * CMU for v in b), a, d) for n, (p, b, a, d) in BONES.items()}  # centimetres
    clip = read_acclaim(write(tmp_path, asf_text(bones, length=1.0)))
    assert clip.metres_per_unit == 0.01
    assert any(n.startswith("unit: centimetres") for n in clip.notes)


def test_a_stated_rate_and_radians_are_read(tmp_path):
    motion = frames(2)
    degrees = read_acclaim(write(tmp_path, amc=amc_text(motion)))
    radians = [
        {n: np.r_[v[:3], np.radians(v[3:])] if n == "root" else np.radians(v) for n, v in f.items()} for f in motion
    ]
    text = amc_text(radians, (":FULLY-SPECIFIED", ":RADIANS", ":SAMPLES-PER-SECOND 60"))
    clip = read_acclaim(write(tmp_path, asf_text(angle="rad"), text))
    np.testing.assert_allclose(clip.rotations, degrees.rotations, atol=1e-10)
    assert clip.fps == 60.0
    assert not any("fps" in n for n in clip.notes)
    neither = read_acclaim(write(tmp_path, asf_text(angle="rad"), amc_text(radians, ())))  # the skeleton's unit counts
    np.testing.assert_allclose(neither.rotations, clip.rotations, atol=1e-12)


def test_the_roots_numbers_are_in_the_order_it_states(tmp_path):
    motion = frames(3)
    plain = read_acclaim(write(tmp_path, amc=amc_text(motion)))
    moved = [f | {"root": f["root"][[3, 4, 5, 2, 1, 0]]} for f in motion]
    clip = read_acclaim(write(tmp_path, asf_text(root="RX RY RZ TZ TY TX"), amc_text(moved)))
    np.testing.assert_allclose(joint_positions(clip), joint_positions(plain), atol=1e-12)


def test_unusual_layouts_are_read_as_the_usual_one(tmp_path):
    """Another order of bones in each frame, comments, blank lines, another first number: the slow way, the same values."""
    motion = frames(4)
    plain = read_acclaim(write(tmp_path, amc=amc_text(motion)))
    mixed = [dict(reversed(f.items())) if i else f for i, f in enumerate(motion)]
    text = amc_text(mixed, first=17).replace("\n18\n", "\n# a comment\n\n18\n")
    np.testing.assert_array_equal(read_acclaim(write(tmp_path, amc=text)).rotations, plain.rotations)


def test_a_clip_of_one_frame_is_a_clip(tmp_path):
    clip = read_acclaim(write(tmp_path, amc=amc_text(frames(5, 1))))
    assert clip.n_frames == 1
    ((same,), skipped) = read_clips(tmp_path)
    assert not skipped
    np.testing.assert_array_equal(same.rotations, clip.rotations)


def test_translations_of_bones_are_left_out_and_noted(tmp_path):
    bones = BONES | {"head": (*BONES["head"][:3], "tx rx l")}
    motion = frames(6, bones=bones)
    clip = read_acclaim(write(tmp_path, asf_text(bones), amc_text(motion)))
    assert any(n == "left out: translations and changes of length of head" for n in clip.notes)
    turn = Rotation.from_euler("x", motion[0]["head"][1], degrees=True).as_matrix()
    np.testing.assert_allclose(clip.rotations[0, clip.joint("head")], turn, atol=1e-10)


def test_a_motion_finds_its_skeleton(tmp_path):
    taller = {n: (p, tuple(1.1 * v for v in b), a, d) for n, (p, b, a, d) in BONES.items()}
    a = write(tmp_path, names=("07.asf", "07_01.amc"))
    b = write(tmp_path, asf_text(taller), names=("08.ASF", "08_01_walk.AMC"))
    leg = [np.linalg.norm(c.offsets[c.joint("ltibia")]) for c in (read_acclaim(a), read_acclaim(b))]
    assert leg[1] == pytest.approx(1.1 * leg[0])
    clips, skipped = read_clips(tmp_path)
    assert ([c.name for c in clips], skipped) == (["07_01", "08_01_walk"], [])
    (tmp_path / "dance.amc").write_text(amc_text(frames()))
    with pytest.raises(InputError, match=r"none of 07\.asf, 08\.ASF is beside it; expected dance\.asf"):
        read_acclaim(tmp_path / "dance.amc")
    (tmp_path / "07.asf").unlink()
    assert read_acclaim(tmp_path / "dance.amc").n_frames == 3  # the only one
    (tmp_path / "08.ASF").unlink()
    with pytest.raises(InputError, match=r"there is no \.asf beside it; expected 07\.asf, 07_01\.asf"):
        read_acclaim(a)


def test_a_folders_settings_hold_for_its_motions(tmp_path):
    write(tmp_path)
    (tmp_path / "joint_maps.toml").write_text('fps = 60\nmetres_per_unit = 0.1\nup = "y"\n')
    ((clip,), _) = read_clips(tmp_path)
    assert (clip.fps, clip.metres_per_unit, clip.notes) == (60, 0.1, ())
    (tmp_path / "joint_maps.toml").write_text("fps = 0\n")
    with pytest.raises(InputError, match=r"joint_maps\.toml: fps = 0; expected a number above 0"):
        read_clips(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (":version 1.10", "hello", r"line 2: no ASF file: it begins with 'hello'"),
        (":hierarchy", ":tree", "section :hierarchy is missing"),
        ("length 0.45", "length 0", "line 6: length 0; expected a unit above 0"),
        ("angle deg", "angle gon", "line 7: angle 'gon'; expected deg or rad"),
        ("  angle deg\n", "", "section :units lacks 'angle'"),
        ("RX RY RZ\n", "RX RY\n", "order of the root is 'TX TY TZ RX RY'"),
        ("dof ry rx rz", "dof ry rx rx", "dof 'ry rx rx' of bone 'lowerneck'; expected rx, ry, rz"),
        ("dof ry rx rz", "dof ry rx rq", "dof 'ry rx rq' of bone 'lowerneck'"),
        ("axis 5 10 15 XYZ", "axis 5 10 15 XYQ", "'XYQ' is no order of axes; expected one of XYZ, XZY"),
        ("axis 5 10 15 XYZ", "axis 5 10 15", "'' is no order of axes"),
        ("axis 5 10 15 XYZ", "axis 5 nan 15 XYZ", "axis of 'thorax' is '5 nan 15'; expected 3 finite numbers"),
        ("name thorax", "name upperback", "a second bone 'upperback'"),
        ("    name thorax\n", "", "the bone that ends here has no 'name'"),
        ("lowerneck head", "lowerneck nose", "'nose' in the hierarchy is no bone"),
        ("lowerneck head\n", "lowerneck\n", "bone 'head' is missing in :hierarchy"),
        ("lowerneck head\n", "lowerneck head ltibia\n", "bone 'ltibia' has two parents, 'lowerneck' and 'lfemur'"),
        ("lowerneck head\n", "lowerneck head root\n", "'root' below 'lowerneck': a cyclic hierarchy"),
        ("lowerneck head\n", "lowerneck head lowerneck\n", "'lowerneck' below 'lowerneck': a cyclic hierarchy"),
        ("root lowerback", "root", r"bone 'lowerback' is missing in :hierarchy"),
    ],
)
def test_what_is_wrong_in_a_skeleton_is_told(old, new, said, tmp_path):
    text = asf_text()
    assert old in text
    path = write(tmp_path, text.replace(old, new, 1))
    with pytest.raises(InputError, match=said) as caught:
        read_acclaim(path)
    assert "07.asf" in str(caught.value)


def test_a_ring_of_bones_is_told(tmp_path):
    text = asf_text().replace("root lowerback lhipjoint", "head lowerback\nroot lhipjoint")
    with pytest.raises(InputError, match=r"bones lowerback, .*head.* do not hang on the root \(a cyclic hierarchy"):
        read_acclaim(write(tmp_path, text))


def test_a_root_alone_or_a_limb_without_length_is_no_skeleton(tmp_path):
    with pytest.raises(InputError, match="holds no bone; a root alone is no skeleton"):
        read_acclaim(write(tmp_path, asf_text({})))
    short = asf_text().splitlines()
    i = next(i for i, line in enumerate(short) if line.strip() == "name lfemur")
    for value, said in (("0", "from 'lfemur' to 'ltibia' has no length"), ("-1", "bone 'lfemur' of length -1")):
        short[i + 2] = f"length {value}"
        with pytest.raises(InputError, match=said):
            read_acclaim(write(tmp_path, "\n".join(short)))
    (tmp_path / "07.asf").write_text("\n".join(short[:30]))
    with pytest.raises(InputError, match="or cut short: section :hierarchy is missing"):
        read_asf(tmp_path / "07.asf")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: "", "no AMC motion: it holds no frame"),
        (lambda t: "\n".join(t.splitlines()[:3]), "no AMC motion: it holds no frame"),
        (lambda t: "\n".join(t.splitlines()[:-3]), "frame 3 ends without rhumerus, rradius, rwrist: it is cut short"),
        (lambda t: t.replace("\n2\n", "\n3\n"), "frame 3 follows frame 1; expected 2"),
        (lambda t: t.replace("\n1\n", "\n"), "line 4: 'root .*' where the number of the first frame was expected"),
        (lambda t: t.replace("ltibia ", "wing "), "line 11: 'wing' is no bone of 07.asf: root, lowerback"),
        (lambda t: t.replace("ltibia ", "ltibia 4 "), "line 11: bone 'ltibia' in frame 1 has 2 numbers; expected 1"),
        (lambda t: t.replace("ltibia ", "lwrist "), "bone 'lwrist' stands a second time in frame 1"),
        (lambda t: t.replace("ltibia ", "ltibia nan #"), "ltibia' in frame 1 has 2 numbers"),
        (
            lambda t: t.replace("\nltibia ", "\nltibia 1e999\n#"),
            "bone 'ltibia' in frame 1 holds 1e999; expected a finite",
        ),
        (lambda t: t.replace("\nltibia ", "\nltibia nan\n#"), "line 11: bone 'ltibia' in frame 1 holds nan"),
        (lambda t: t.replace("\nltibia ", "\nltibia x\n#"), "'x' of bone 'ltibia' in frame 1 is no number"),
        (lambda t: t.replace(":DEGREES", ":SAMPLES-PER-SECOND -1"), "line 3: :SAMPLES-PER-SECOND -1; expected a rate"),
    ],
)
def test_what_is_wrong_in_a_motion_is_told(change, said, tmp_path):
    path = write(tmp_path, amc=change(amc_text(frames())))
    with pytest.raises(InputError, match=said) as caught:
        read_acclaim(path)
    assert str(path) in str(caught.value)


def test_bones_that_no_convention_knows_are_listed(tmp_path):
    bones = {n.replace("femur", "upper"): (p.replace("femur", "upper"), *rest) for n, (p, *rest) in BONES.items()}
    write(tmp_path, asf_text(bones), amc_text(frames(bones=bones)))
    with pytest.raises(InputError, match=r"no known naming convention.*lupper.*Write a file joint_maps\.toml"):
        read_clips(tmp_path)
