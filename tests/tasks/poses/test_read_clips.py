import shutil

import numpy as np
import pytest

from manikin.storage.assets import locate
from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import joint_positions
from manikin.tasks.poses.read_bvh import read_bvh
from manikin.tasks.poses.read_clips import folder_maps, read_clips

# parent, centimetres; just enough of a body
BONES = {
    "Hips": ("", (0, 0, 0)),
    "Spine": ("Hips", (0, 20, 0)),
    "Neck": ("Spine", (0, 30, 0)),
    **{
        f"{side}{name}": (parent.replace("*", side), (sign * x, y, 0))
        for side, sign in (("Left", 1), ("Right", -1))
        for name, parent, x, y in (
            ("UpLeg", "Hips", 9, -5),
            ("Leg", "*UpLeg", 0, -41),
            ("Foot", "*Leg", 0, -40),
            ("Arm", "Spine", 18, 25),
            ("ForeArm", "*Arm", 28, 0),
            ("Hand", "*ForeArm", 25, 0),
        )
    },
}


def bvh(n_frames=2, bones=BONES):
    lines = ["HIERARCHY"]

    def write(name):
        lines.append(f"{'JOINT' if bones[name][0] else 'ROOT'} {name}")
        lines.append("{ OFFSET " + " ".join(str(v) for v in bones[name][1]))
        lines.append("CHANNELS 3 Zrotation Yrotation Xrotation")
        for child, (parent, _) in bones.items():
            if parent == name:
                write(child)
        lines.append("}")

    write(next(iter(bones)))
    lines += ["MOTION", f"Frames: {n_frames}", "Frame Time: 0.04", *[" ".join(["0"] * 3 * len(bones))] * n_frames]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def packs(assets):
    return [locate("pybullet", assets), locate("isaaclab", assets)]


def test_the_default_motions_are_all_read(packs):
    clips, skipped = read_clips(packs[0])
    assert len(clips) == 15
    assert sum(c.n_frames for c in clips) == 1620
    assert all(path.name == "LICENSE.txt" for path, _ in skipped)
    clips, skipped = read_clips(packs[1])
    assert {c.name: c.n_frames for c in clips} == {"humanoid_dance": 902, "humanoid_run": 82, "humanoid_walk": 154}
    assert not skipped


def test_all_formats_of_a_folder_are_read_in_the_order_of_their_paths(packs, tmp_path):
    (tmp_path / "a" / "deep").mkdir(parents=True)
    shutil.copy(next(packs[0].rglob("humanoid3d_run.txt")), tmp_path / "c.txt")
    shutil.copy(next(packs[1].rglob("humanoid_run.npz")), tmp_path / "a" / "deep" / "b.npz")
    (tmp_path / "b.BVH").write_text(bvh())
    (tmp_path / "notes.md").write_text("no motion")
    (tmp_path / "folder.bvh").mkdir()
    clips, skipped = read_clips(tmp_path)
    assert [c.name for c in clips] == ["b", "b", "c"]
    assert [c.source for c in clips] == [str(tmp_path / p) for p in ("a/deep/b.npz", "b.BVH", "c.txt")]
    assert skipped == []


def test_one_bad_file_is_named_and_not_the_end(tmp_path):
    (tmp_path / "good.bvh").write_text(bvh())
    bad = {
        "cut.bvh": bvh(5)[:-60],
        "empty.bvh": "",
        "readme.txt": "hello",
        "wrong.npz": "hello",
        "other.bvh": bvh().replace("LeftUpLeg", "Wing"),
    }
    for name, text in bad.items():
        (tmp_path / name).write_text(text)
    clips, skipped = read_clips(tmp_path)
    assert [c.name for c in clips] == ["good"]
    assert [path for path, _ in skipped] == sorted(tmp_path / name for name in bad)
    for path, reason in skipped:
        assert str(path) in reason
    assert "5 frames were declared" in dict(skipped)[tmp_path / "cut.bvh"]


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(InputError, match="no readable motion among 0 files") as caught:
        read_clips(tmp_path)
    assert str(tmp_path) in str(caught.value)
    with pytest.raises(InputError, match="no such folder"):
        read_clips(tmp_path / "missing")
    (tmp_path / "take.bvh").write_text(bvh())
    with pytest.raises(InputError, match="no such folder"):
        read_clips(tmp_path / "take.bvh")


def test_a_folder_of_bad_files_is_told_with_the_first_of_them(tmp_path):
    (tmp_path / "a.bvh").write_text("nothing")
    (tmp_path / "b.bvh").write_text("nothing")
    with pytest.raises(InputError, match=r"among 2 files.*skipped 2, the first: .*a\.bvh: no BVH file"):
        read_clips(tmp_path)


OWN = """
[own]
sides = ["Links", "Rechts"]
pelvis = "Hips"
chest = "Spine"
neck = "Neck"
upper_arm = "*Arm"
forearm = "*ForeArm"
hand = "*Hand"
thigh = "*UpLeg"
shank = "*Leg"
foot = "*Foot"
"""


def german(name):
    return name.replace("Left", "Links").replace("Right", "Rechts")


def test_a_folders_own_names_unit_and_axis(tmp_path):
    text = bvh(bones={german(n): (german(p), o) for n, (p, o) in BONES.items()})
    (tmp_path / "take.bvh").write_text(text)
    with pytest.raises(InputError, match="no known naming convention"):
        read_clips(tmp_path)
    (tmp_path / "joint_maps.toml").write_text(OWN)
    ((found,), skipped) = read_clips(tmp_path)
    assert not skipped
    assert found.metres_per_unit == pytest.approx(0.01)
    assert found.up == "y"
    assert folder_maps(tmp_path)[0].name == "own"
    assert len(folder_maps(tmp_path)) == len(folder_maps(tmp_path / "a")) + 1
    (tmp_path / "joint_maps.toml").write_text('up = "y"\nmetres_per_unit = 0.02\n' + OWN)
    ((given,), _) = read_clips(tmp_path)
    assert given.metres_per_unit == 0.02
    np.testing.assert_allclose(joint_positions(given), 2 * joint_positions(found), atol=1e-12)


def test_a_folders_files_are_read_as_by_themselves(tmp_path):
    (tmp_path / "take.bvh").write_text(bvh())
    ((clip,), _) = read_clips(tmp_path)
    np.testing.assert_array_equal(joint_positions(clip), joint_positions(read_bvh(tmp_path / "take.bvh")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("metres_per_unit = 0", "metres_per_unit = 0; expected a number above 0"),
        ("metres_per_unit = -0.01", "metres_per_unit = -0.01"),
        ('metres_per_unit = "cm"', "metres_per_unit = 'cm'"),
        ("metres_per_unit = nan", "metres_per_unit = nan"),
        ("metres_per_unit = inf", "metres_per_unit = inf"),
        ("metres_per_unit = true", "metres_per_unit = True"),
        ('up = "x"', "up = 'x'; expected 'y', 'z', '-y'"),
        ("up = 1", "up = 1"),
        ("up = ", "not a readable toml"),
        ("[own]", r"\[own\] sides"),
    ],
)
def test_what_is_wrong_in_a_folders_settings_is_told(text, said, tmp_path):
    (tmp_path / "take.bvh").write_text(bvh())
    (tmp_path / "joint_maps.toml").write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        read_clips(tmp_path)
    assert "joint_maps.toml" in str(caught.value)
