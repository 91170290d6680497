from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from manikin.storage.assets import locate
from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.rotations import geodesic_angle, matrix_from_axis_angle
from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import N_SEGMENTS, PARENTS, SEGMENT, anatomy_of
from manikin.tasks.poses.angles import coordinates_from_local, local_from_coordinates, set_angles
from manikin.tasks.poses.clip import Clip, compose_chain, joint_positions, rebased, turned
from manikin.tasks.poses.joint_maps import match_joints, read_joint_maps
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.postures import Postures, mirrored, pose_of, postures_of
from manikin.tasks.poses.read_clips import read_clips
from manikin.tasks.poses.retarget import limb_directions, postures_from_clip, retarget
from tests.forward_kinematics import rig_joints

LIMBS = {  # part -> where it ends, and the rig's joints at its ends
    "upper_arm": (("forearm",), "upperarm01", "lowerarm01"),
    "forearm": (("wrist", "hand"), "lowerarm01", "wrist"),
    "thigh": (("shank",), "upperleg01", "lowerleg01"),
    "shank": (("foot",), "lowerleg01", "foot"),
}
AMP = tuple(m for m in read_joint_maps() if m.name == "amp")
PARTS = [f"{part}.{s}" for part in LIMBS for s in "LR"]


@pytest.fixture(scope="module")
def clips(assets):
    return [clip for pack in ("pybullet", "isaaclab") for clip in read_clips(locate(pack, assets))[0]]


@pytest.fixture(scope="module")
def anatomy(body):
    return anatomy_of(body)


def unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def source_directions(clip):
    """Unit directions (F, 8, 3) of the source's limbs in the world, from its joints' places alone."""
    joints, places = match_joints(clip.joint_names, clip.source), joint_positions(clip)
    ends = [next(f"{e}.{p[-1]}" for e in LIMBS[p[:-2]][0] if f"{e}.{p[-1]}" in joints) for p in PARTS]
    return unit(
        np.stack([places[:, joints[e]] - places[:, joints[p]] for p, e in zip(PARTS, ends, strict=True)], axis=1)
    )


def rig_directions(anatomy, joints):
    pairs = [
        (anatomy.joint(f"{LIMBS[p[:-2]][1]}.{p[-1]}"), anatomy.joint(f"{LIMBS[p[:-2]][2]}.{p[-1]}")) for p in PARTS
    ]
    return unit(np.stack([joints[:, b] - joints[:, a] for a, b in pairs], axis=1))


def turned_onto(a, b):
    """Directions a (F, L, 3), turned about the vertical, each frame by one angle, as near to b as they get."""
    sine = (a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]).sum(axis=1)
    cosine = (a[..., 0] * b[..., 0] + a[..., 2] * b[..., 2]).sum(axis=1)
    turn = Rotation.from_rotvec(np.arctan2(sine, cosine)[:, None] * [0.0, 1.0, 0.0]).as_matrix()
    return a @ np.swapaxes(turn, 1, 2)


def degrees_between(a, b):
    return np.degrees(2 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=-1) / 2, 0, 1)))


# ---------------------------------------------------------------------------------------------------- the default motions


def test_limbs_point_where_the_sources_limbs_point(clips, body, anatomy):
    for clip in clips:
        pose = retarget(clip, body)
        assert pose.shape == (clip.n_frames, len(body.parents), 3)
        assert pose.dtype == np.float32
        found = rig_directions(anatomy, rig_joints(anatomy, pose))
        away = degrees_between(turned_onto(source_directions(clip), found), found)
        for part, angles in zip(PARTS, away.T, strict=True):
            assert np.percentile(angles, 95) < 0.5, f"{clip.name}: {part}"
        assert away.max() < 1.0, clip.name


def test_the_body_itself_has_its_limbs_there(clips, body, anatomy):
    """As above, through the evaluator that draws the people."""
    (clip,) = [c for c in clips if c.name == "humanoid3d_kick"]
    clip = replace(clip, rotations=clip.rotations[::4], root_positions=clip.root_positions[::4])
    n = clip.n_frames
    posed = pose_bodies(body, np.zeros((n, len(body.shapedirs))), retarget(clip, body), np.zeros((n, 3)))
    found = rig_directions(anatomy, posed.joints.astype(np.float64))
    assert degrees_between(turned_onto(source_directions(clip), found), found).max() < 1.0


def test_hips_and_trunk_lean_as_the_sources_do(clips, body, anatomy):
    for clip in clips:
        joints = match_joints(clip.joint_names, clip.source)
        source, found = joint_positions(clip), rig_joints(anatomy, retarget(clip, body))
        thighs = [(source[:, joints[f"thigh.{s}"]], found[:, anatomy.joint(f"upperleg01.{s}")]) for s in "LR"]
        across = [unit(thighs[0][k] - thighs[1][k]) for k in (0, 1)]
        np.testing.assert_allclose(across[0][:, 1], across[1][:, 1], atol=0.01, err_msg=clip.name)
        top = "neck" if "neck" in joints else "head"
        trunks = [
            unit(neck - (thighs[0][k] + thighs[1][k]) / 2)
            for k, neck in enumerate((source[:, joints[top]], found[:, anatomy.joint("neck01")]))
        ]
        lean = np.degrees(np.abs(np.arcsin(trunks[0][:, 1]) - np.arcsin(trunks[1][:, 1])))
        assert np.percentile(lean, 95) < 20, clip.name  # spines bend in other places


def test_walkers_face_the_viewer(clips, body, anatomy):
    for clip in clips:
        if clip.name.rsplit("_", 1)[1] not in ("walk", "run", "jump"):
            continue
        joints = rig_joints(anatomy, retarget(clip, body))
        left = joints[:, anatomy.joint("upperleg01.L")] - joints[:, anatomy.joint("upperleg01.R")]
        facing = unit(np.cross(left, [0.0, 1.0, 0.0]))
        assert facing[:, 2].min() > np.cos(np.radians(10)), clip.name
        feet = joints[:, [anatomy.joint(f"foot.{s}") for s in "LR"], 1]
        assert (joints[:, anatomy.joint("head"), 1] > feet.max(axis=1) + 0.5).all()


def test_no_bone_flips_from_frame_to_frame(clips, body):
    for clip in clips:
        turns = matrix_from_axis_angle(retarget(clip, body))
        steps = np.degrees(geodesic_angle(turns[1:, 1:], turns[:-1, 1:]).max())
        own = np.degrees(geodesic_angle(clip.rotations[1:, 1:], clip.rotations[:-1, 1:]).max())
        assert steps < 1.5 * own + 5, clip.name


def test_limb_directions_are_those_of_the_joints(clips):
    for clip in clips[::3]:
        told, found = limb_directions(clip), source_directions(clip)
        inner = np.einsum("fai,fbi->fab", *[np.stack([told[p] for p in PARTS], axis=1)] * 2)
        np.testing.assert_allclose(inner, np.einsum("fai,fbi->fab", found, found), atol=1e-3)


# ------------------------------------------------------------------------------------------------------------------ laws


def mirror_image(clip):
    """The clip as a mirror before the body shows it; both default skeletons face +x."""
    mirror = np.diag([1.0, 1.0, -1.0])
    other = {"left": "right", "right": "left"}
    names = [n.replace(n.split("_")[0], other.get(n.split("_")[0], n.split("_")[0]), 1) for n in clip.joint_names]
    order = [clip.joint(n) for n in names]
    return replace(
        clip,
        offsets=clip.offsets[order] @ mirror,
        tips=clip.tips[order] @ mirror,
        rotations=mirror @ clip.rotations[:, order] @ mirror,
        root_positions=clip.root_positions @ mirror,
    )


def same(a, b, atol=1e-6):
    assert geodesic_angle(a.local, b.local).max() < atol
    np.testing.assert_allclose(a.curls, b.curls, atol=atol)


def test_the_mirror_image_of_a_motion_gives_mirror_images(clips):
    for clip in clips:
        same(mirrored(postures_from_clip(mirror_image(clip))), postures_from_clip(clip))


@pytest.mark.parametrize("yaw", [-2.5, 0.7, np.pi / 2])
def test_where_the_world_faces_does_not_matter(clips, yaw):
    for clip in clips[::3]:
        same(postures_from_clip(turned(clip, matrix_from_axis_angle([0.0, yaw, 0.0]))), postures_from_clip(clip))


def test_size_and_place_do_not_matter(clips):
    for clip in clips[::3]:
        other = replace(
            clip, offsets=1.7 * clip.offsets, tips=1.7 * clip.tips, root_positions=1.7 * clip.root_positions + 9.0
        )
        same(postures_from_clip(other), postures_from_clip(clip))


def test_frames_do_not_depend_on_their_order(clips):
    for clip in clips[::4]:
        back = replace(clip, rotations=clip.rotations[::-1], root_positions=clip.root_positions[::-1])
        same(postures_from_clip(back)[slice(None, None, -1)], postures_from_clip(clip), atol=1e-5)


def test_a_t_pose_or_hanging_arms_at_rest_are_the_same_motion(clips, body, anatomy):
    (clip,) = [c for c in clips if c.name == "humanoid3d_dance_a"]
    raised = clip.rotations[:1].copy() * 0 + np.eye(3)
    for side, sign in (("left", -1.0), ("right", 1.0)):  # the arms lifted sideways; it faces +x, its left is -z
        raised[0, clip.joint(f"{side}_shoulder")] = matrix_from_axis_angle([-sign * np.pi / 2, 0.0, 0.0])
    with_t = replace(
        clip,
        rotations=np.concatenate([raised, clip.rotations]),
        root_positions=np.concatenate([clip.root_positions[:1], clip.root_positions]),
    )
    t_pose = rebased(with_t, 0)
    at = joint_positions(t_pose)[0]
    assert abs(at[clip.joint("left_wrist"), 1] - at[clip.joint("left_shoulder"), 1]) < 1e-6
    found = rig_joints(anatomy, retarget(t_pose, body))[1:]
    expected = rig_joints(anatomy, retarget(clip, body))
    main = [anatomy.joint(f"{n}.{s}") for n in ("wrist", "lowerarm01", "foot", "lowerleg01") for s in "LR"]
    assert np.linalg.norm(found - expected, axis=-1)[:, main].max() < 0.01


def test_the_bodys_own_skeleton_gives_its_poses_back(body, anatomy):
    """Key poses, written as a motion of the body's own rig and read back by the names of its joints."""
    poses = read_key_poses(body).poses[::2].astype(np.float64)
    clip = person(body, poses)
    away = np.linalg.norm(rig_joints(anatomy, retarget(clip, body)) - rig_joints(anatomy, poses), axis=-1)
    main = [j for j, n in enumerate(anatomy.joint_names) if not n.startswith(("finger", "metacarpal"))]
    assert np.percentile(away[:, main], 95) < 0.03
    assert away[:, main].max() < 0.06


# ---------------------------------------------------------------------------------------------------- what is put right


def person(body, poses, name="self"):
    """A motion of the body's own rig: (F, J, 3) axis-angle, hips fixed in space."""
    anatomy = anatomy_of(body)
    offsets = np.where((anatomy.parents >= 0)[:, None], anatomy.rest - anatomy.rest[anatomy.parents], 0.0)
    rotations = matrix_from_axis_angle(np.asarray(poses, np.float64))
    nowhere = np.zeros((len(poses), 3))
    return Clip(
        name,
        "the body",
        30.0,
        anatomy.joint_names,
        anatomy.parents,
        offsets,
        np.zeros_like(offsets),
        rotations,
        nowhere,
    )


def standing(body, n=20, **angles):
    """A person who stands still but for the angles given: joint -> word -> degrees (n,)."""
    coordinates = np.zeros((n, N_SEGMENTS, 3))
    for joint, words in angles.items():
        for i in range(n):
            for side in ("",) if joint == "pelvis" else ("L", "R"):
                set_angles(coordinates[i], joint, side, {w: float(np.broadcast_to(v, n)[i]) for w, v in words.items()})
    return pose_of(anatomy_of(body), Postures(local_from_coordinates(coordinates), np.full((n, 2, 5), 0.3)))


def sole_tilt(postures):
    """Return by how many degrees (F, 2) the soles are off level."""
    up = compose_chain(postures.local, PARENTS)[:, [SEGMENT["foot.L"], SEGMENT["foot.R"]], 1, 1]
    return np.degrees(np.arccos(np.clip(up, -1.0, 1.0)))


@pytest.mark.parametrize("splay", [0.0, 8.0, 20.0])
@pytest.mark.parametrize("square", [True, False])
def test_soles_that_are_stood_on_are_level_whatever_the_rest(body, splay, square):
    """The rest has its legs apart, and its soles tilted with them, as CMU's, or level on the ground."""
    inward = {} if square else {"ankle": {"inversion": splay}}
    rest = standing(body, 1, hip={"abduction": splay}, **inward)
    motion = standing(body, 20, hip={"abduction": 2.0}, ankle={"inversion": 2.0}, elbow={"flexion": np.arange(20)})
    clip = person(body, np.concatenate([rest, motion]))
    clip = rebased(clip, 0)
    clip = replace(clip, rotations=clip.rotations[1:], root_positions=clip.root_positions[1:])
    assert sole_tilt(postures_from_clip(clip)).max() < 2.5


def test_soles_of_a_rest_with_splayed_legs_are_square_to_them_when_never_stood_on(body):
    clip = rebased(person(body, standing(body, 1, hip={"abduction": 20.0})), 0)
    postures = postures_from_clip(clip)
    shank, foot = (compose_chain(postures.local, PARENTS)[0, SEGMENT[f"{p}.L"]] for p in ("shank", "foot"))
    assert np.degrees(np.arccos(shank[:, 1] @ foot[:, 1])) < 3


def test_a_tiptoe_walker_stays_on_tiptoes(body):
    """What a rest may be wrong by is little; a heel that is always up is how the person stands."""
    tiptoe = person(body, standing(body, 20, ankle={"dorsiflexion": -40.0}))
    up = sole_tilt(postures_from_clip(tiptoe))
    assert up.min() > 30


def test_hands_put_on_askew_are_straightened(body):
    wave = 10 * np.sin(np.arange(30))
    for offset in (50.0, -45.0):
        askew = person(body, standing(body, 30, wrist={"deviation": offset + wave, "pronation": 20.0}))
        found = coordinates_from_local(postures_from_clip(askew).local)
        hands = np.degrees(found[:, [SEGMENT["hand.L"], SEGMENT["hand.R"]], 0])
        assert np.abs(np.median(hands, axis=0)).max() < 1.0
        assert np.abs(hands).max() < 13


@pytest.mark.parametrize(("word", "degrees"), [("flexion", -80.0), ("flexion", 70.0), ("deviation", 25.0)])
def test_hands_within_their_range_stay(body, word, degrees):
    postures = postures_from_clip(person(body, standing(body, 5, wrist={word: degrees})))
    expected = postures_of(anatomy_of(body), standing(body, 5, wrist={word: degrees}))
    hands = [SEGMENT["hand.L"], SEGMENT["hand.R"]]
    assert np.degrees(geodesic_angle(postures.local[:, hands], expected.local[:, hands])).max() < 9


def test_a_deep_bend_is_shared_and_the_chest_stays(clips):
    (clip,) = [c for c in clips if c.name == "humanoid_dance"]
    clip = replace(clip, joint_names=tuple("LowerBack" if n == "torso" else n for n in clip.joint_names))
    maps = tuple(replace(m, names={**m.names, "abdomen": ("LowerBack",), "chest": ("LowerBack",)}) for m in AMP)
    rotations = clip.rotations.copy()
    deep = matrix_from_axis_angle(np.linspace(0.0, np.radians(80.0), clip.n_frames)[:, None] * [0.0, 1.0, 0.0])
    rotations[:, clip.joint("LowerBack")] = deep
    local = postures_from_clip(replace(clip, rotations=rotations), maps).local
    abdomen, chest = local[:, SEGMENT["abdomen"]], local[:, SEGMENT["chest"]]
    assert np.degrees(geodesic_angle(abdomen, np.eye(3))).max() < 55.1
    assert geodesic_angle(abdomen @ chest, np.eye(3))[-1] == pytest.approx(np.radians(80.0), abs=1e-6)


# ---------------------------------------------------------------------------------------------------- what is filled in


def test_missing_hands_hang_relaxed_and_mirror_each_other(clips):
    postures = postures_from_clip(clips[0])
    hand = postures.local[:, SEGMENT["hand.L"]]
    np.testing.assert_allclose(hand, hand[:1].repeat(len(hand), axis=0), atol=1e-9)
    assert (postures.curls > 0.1).all()
    assert (postures.curls < 0.6).all()


@pytest.mark.parametrize("lean", [-8.0, 8.0])
def test_a_rest_that_leans_is_a_body_that_leans(clips, body, anatomy, lean):
    """Identity rotations mean the file's own rest; where its trunk leans, so does the person."""
    straight = next(c for c in clips if c.name == "humanoid3d_walk")
    straight = replace(straight, rotations=np.tile(np.eye(3), (1, len(straight.parents), 1, 1)))
    offsets, forward = straight.offsets.copy(), matrix_from_axis_angle([0.0, 0.0, -np.radians(lean)])  # it faces +x
    for joint in ("chest", "neck", "left_shoulder", "right_shoulder"):
        offsets[straight.joint(joint)] = forward @ offsets[straight.joint(joint)]
    tilts = []
    for clip in (straight, replace(straight, offsets=offsets)):
        joints = rig_joints(anatomy, retarget(clip, body))[0]
        trunk = joints[anatomy.joint("neck01")] - joints[anatomy.joint("root")]
        tilts.append(np.degrees(np.arctan2(trunk[2], trunk[1])))
    assert tilts[1] - tilts[0] == pytest.approx(lean, abs=1.0)


def test_an_unknown_skeleton_is_told(clips, body):
    clip = replace(clips[0], joint_names=tuple(f"bone {j}" for j in range(len(clips[0].joint_names))))
    with pytest.raises(InputError, match="no known naming convention") as caught:
        retarget(clip, body)
    assert clips[0].source in str(caught.value)


@pytest.mark.parametrize("joint", ["left_knee", "right_elbow", "left_wrist"])
def test_a_bone_of_no_length_is_told(clips, body, joint):
    clip = next(c for c in clips if c.name == "humanoid3d_walk")
    offsets = clip.offsets.copy()
    offsets[clip.joint(joint)] = 0.0
    with pytest.raises(InputError, match=r"no length at rest|neither a hand") as caught:
        retarget(replace(clip, offsets=offsets), body)
    assert clip.source in str(caught.value)
