"""One motion, written as the skeletons of CMU (cgspeed), MakeHuman and LAFAN1 would hold it, is read as the same motion."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from manikin.tasks.bodies.rotations import geodesic_angle
from manikin.tasks.poses.clip import compose_chain, joint_positions
from manikin.tasks.poses.postures import PARENTS, SEGMENT
from manikin.tasks.poses.read_clips import read_clips
from manikin.tasks.poses.retarget import limb_directions, postures_from_clip

# parent, metres from it in a T-pose with y up; "*" is a side, x for the left one
TREE = {
    "pelvis": ("", (0.0, 0.0, 0.0)),
    "abdomen": ("pelvis", (0.0, 0.1, 0.0)),
    "chest": ("abdomen", (0.0, 0.14, 0.0)),
    "neck": ("chest", (0.0, 0.22, 0.0)),
    "head": ("neck", (0.0, 0.1, 0.0)),
    "clavicle.*": ("chest", (0.03, 0.16, 0.0)),
    "upper_arm.*": ("clavicle.*", (0.14, 0.0, 0.0)),
    "forearm.*": ("upper_arm.*", (0.28, 0.0, 0.0)),
    "hand.*": ("forearm.*", (0.25, 0.0, 0.0)),
    "thigh.*": ("pelvis", (0.09, -0.08, 0.0)),
    "shank.*": ("thigh.*", (0.0, -0.42, 0.0)),
    "foot.*": ("shank.*", (0.0, -0.41, 0.0)),
    "toes.*": ("foot.*", (0.0, -0.06, 0.13)),
}
MIRROR = np.array([-1.0, 1.0, 1.0])
BONES = {
    name.replace("*", s): (parent.replace("*", s), np.array(bone) * (MIRROR if s == "R" and "*" in name else 1.0))
    for name, (parent, bone) in TREE.items()
    for s in ("LR" if "*" in name else "L")
}
# what each calls the joints, its sides, metres per unit, order of channels, joints without bones put before others
CONVENTIONS = {
    "cmu": (
        "pelvis Hips abdomen Spine chest Spine1 neck Neck head Head clavicle *Shoulder upper_arm *Arm forearm *ForeArm "
        "hand *Hand thigh *UpLeg shank *Leg foot *Foot toes *ToeBase",
        ("Left", "Right"),
        0.0254 / 0.45,
        "ZYX",
        {"thigh.L": "LHipJoint", "thigh.R": "RHipJoint", "abdomen": "LowerBack"},
    ),
    "makehuman": (
        "pelvis root abdomen spine04 chest spine01 neck neck01 head head clavicle clavicle.* upper_arm upperarm02.* "
        "forearm lowerarm01.* hand wrist.* thigh upperleg02.* shank lowerleg01.* foot foot.* toes toe2-1.*",
        ("L", "R"),
        0.1,
        "XZY",
        {"upper_arm.L": "upperarm01.L", "upper_arm.R": "upperarm01.R", "abdomen": "spine05"},
    ),
    "lafan": (
        "pelvis Hips abdomen Spine1 chest Spine2 neck Neck head Head clavicle *Shoulder upper_arm *Arm forearm *ForeArm "
        "hand *Hand thigh *UpLeg shank *Leg foot *Foot toes *Toe",
        ("Left", "Right"),
        0.01,
        "ZYX",
        {"abdomen": "Spine"},
    ),
}


def motion(n_frames=6, seed=0):
    """Turns of every joint against its parent, (F, S, 3, 3); the first frame is the T-pose."""
    turns = np.random.default_rng(seed).normal(0, 0.35, (n_frames, len(BONES), 3))
    turns[0] = 0
    turns[:, 0] *= 0.3
    return Rotation.from_rotvec(turns.reshape(-1, 3)).as_matrix().reshape(n_frames, len(BONES), 3, 3)


def along_x(name):
    """Axes (3, 3) of a joint whose bone lies along its own x, as LAFAN1 has them."""
    child = next((bone for parent, bone in BONES.values() if parent == name and bone.any()), np.array([1.0, 0, 0]))
    return Rotation.align_vectors([child], [[1.0, 0.0, 0.0]])[0].as_matrix()


def write(path, convention, local, places):
    words, sides, unit, order, extra = CONVENTIONS[convention]
    names = dict(zip(words.split()[::2], words.split()[1::2], strict=True))
    names = {n: names[n.split(".")[0]].replace("*", sides["LR".index((n + ".L").split(".")[1])]) for n in BONES}
    axes = {n: along_x(n) if convention == "lafan" else np.eye(3) for n in BONES}
    lines, columns = ["HIERARCHY"], []

    def joint(name, title, offset, depth):
        lines.append(f"{'JOINT' if depth else 'ROOT'} {title} {{ OFFSET {' '.join(f'{v:.9f}' for v in offset)}")
        turns = " ".join(f"{a}rotation" for a in order)
        lines.append(f"CHANNELS {3 if depth else 6} {'' if depth else 'Xposition Yposition Zposition '}{turns}")
        if title in extra.values():
            columns.append(np.zeros((len(local), 3)))
            joint(name, names[name], np.zeros(3), depth + 1)
        else:
            before = axes[BONES[name][0]].T if depth else np.eye(3)
            turned = Rotation.from_matrix(before @ local[:, list(BONES).index(name)] @ axes[name])
            columns.append(turned.as_euler(order, degrees=True))
            for child, (parent, bone) in BONES.items():
                if parent == name:
                    joint(child, extra.get(child, names[child]), axes[name].T @ bone / unit, depth + 1)
        lines.append("}")

    joint("pelvis", names["pelvis"], np.zeros(3), 0)
    rows = np.concatenate([places / unit, *columns], axis=1)
    lines += ["MOTION", f"Frames: {len(rows)}", "Frame Time: 0.04", *(" ".join(f"{v:.10f}" for v in r) for r in rows)]
    path.write_text("\n".join(lines))
    return names


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """The same motion by each convention: convention -> clip and names of its joints."""
    folder = tmp_path_factory.mktemp("conventions")
    local, places = motion(), np.random.default_rng(1).normal(0, 1, (6, 3))
    names = {c: write(folder / f"{c}.bvh", c, local, places) for c in CONVENTIONS}
    found, skipped = read_clips(folder)
    assert not skipped
    return {c.name: (c, names[c.name]) for c in found}, local, places


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_joints_are_where_they_were(convention, clips):
    (clip, names), local, places = clips[0][convention], *clips[1:]
    parents = np.array([list(BONES).index(p) if p else -1 for p, _ in BONES.values()])
    turns = compose_chain(local, parents)
    truth = np.zeros((len(local), len(BONES), 3))
    for j, (p, (_, bone)) in enumerate(zip(parents, BONES.values(), strict=True)):
        truth[:, j] = places if p < 0 else truth[:, p] + turns[:, p] @ bone
    found = joint_positions(clip)[:, [clip.joint(names[n]) for n in BONES]]
    np.testing.assert_allclose(found, truth, atol=1e-6)
    assert clip.metres_per_unit == pytest.approx(CONVENTIONS[convention][2])
    assert any(n.startswith("rest: frame 0") for n in clip.notes) == (convention == "lafan")


def test_all_become_the_same_postures(clips):
    (first, _), *others = clips[0].values()
    postures, limbs = postures_from_clip(first), limb_directions(first)
    W = compose_chain(postures.local, PARENTS)
    for clip, _ in others:
        for part, direction in limb_directions(clip).items():
            np.testing.assert_allclose(direction, limbs[part], atol=1e-6)
        other = compose_chain(postures_from_clip(clip).local, PARENTS)
        for part in ("pelvis", "abdomen", "chest", "head", "thigh.L", "shank.R", "upper_arm.L", "forearm.R", "hand.L"):
            assert np.degrees(geodesic_angle(other[:, SEGMENT[part]], W[:, SEGMENT[part]])).max() < 1e-3, part
