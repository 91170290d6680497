"""Segments to the rig's bones and back: spine and neck interpolated, shoulder rhythm, twist spread along the limbs.

A segment's global rotation W is relative to the anatomical position, so the bone that carries it has the global rotation
W @ zero. The bones between two segments share the way: a spine that bends in one joint breaks, a forearm that twists in the
wrist alone wrings the skin (the "candy wrapper"). A half-limb bone gives its part of the twist back about its own axis, so
the joints at its ends stay where the full rotation puts them.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.rotations import (
    axis_angle_from_matrix,
    fraction_of_rotation,
    matrix_from_axis_angle,
    rotation_between,
    slerp,
    swing_twist,
)
from manikin.tasks.poses.anatomy import DOWN, N_SEGMENTS, SEGMENT, SEGMENTS, Anatomy
from manikin.tasks.poses.clip import compose_chain
from manikin.tasks.poses.fingers import finger_pose
from manikin.tasks.poses.rigs import MAKEHUMAN

F64 = NDArray[np.float64]

SPINE = (
    ("spine05", "pelvis", "abdomen", 0.5),
    ("spine03", "abdomen", "chest", 1 / 3),
    ("spine02", "abdomen", "chest", 2 / 3),
)
NECK = (("neck01", 0.2), ("neck02", 0.45), ("neck03", 0.7))
SHOULDER_SHARE = 0.25  # of the upper arm's rotation, taken by the bone between clavicle and arm
UPPER_ARM_TWIST_BACK, THIGH_TWIST_BACK = 0.5, 0.4
SMPL_SPINE, SMPL_NECK = 0.6, 0.45  # how far spine2 is from abdomen to chest, and neck from chest to head


def pose_from_segments(anatomy: Anatomy, segments: F64, curls: F64) -> F64:
    """Return rig poses (N, J, 3), axis-angle, from the rotations of the segments and the curls of the fingers.

    Args:
        anatomy: the body's.
        segments: (N, S, 3, 3) global rotations relative to the anatomical position.
        curls: (N, 2, 5) left and right, thumb to little finger: 0 flat, 1 a fist.
    """
    bones = bone_rotations(anatomy, segments) if anatomy.rig is MAKEHUMAN else _smpl_bones(anatomy, segments)
    pose = np.zeros((len(segments), len(anatomy.parents), 3))
    globals_: dict[int, F64] = {}
    moved, local = [], []
    for j, p in enumerate(anatomy.parents):
        name = anatomy.joint_names[j]
        if name not in bones:
            if p >= 0 and p in globals_:
                globals_[j] = globals_[p]
            continue
        globals_[j] = bones[name]
        moved.append(j)
        local.append(bones[name] if p < 0 else np.swapaxes(globals_[p], -1, -2) @ bones[name])
    pose[:, moved] = axis_angle_from_matrix(np.stack(local, axis=1))
    pose[:, anatomy.finger_joints.ravel()] = finger_pose(anatomy, curls).reshape(
        len(pose), anatomy.finger_joints.size, 3
    )
    return pose


def bone_rotations(anatomy: Anatomy, segments: F64) -> dict[str, F64]:
    """Return the global rotations (N, 3, 3) of MakeHuman's main bones, by name; bones that are not named follow their parent."""
    W = {name: segments[:, i] for i, name in enumerate(SEGMENTS)}
    G = {name: W[name] @ anatomy.zero[i] for i, name in enumerate(SEGMENTS)}
    out = {"root": W["pelvis"], "spine04": W["abdomen"], "spine01": W["chest"], "head": W["head"]}
    for bone, a, b, t in SPINE:
        out[bone] = slerp(W[a], W[b], t)
    neck = axis_angle_from_matrix(np.swapaxes(W["chest"], -1, -2) @ W["head"])
    for bone, t in NECK:
        out[bone] = W["chest"] @ matrix_from_axis_angle(neck * t)
    for s in "LR":
        _arm(anatomy, G, W, out, s)
        _leg(anatomy, G, out, s)
    return out


def segments_from_pose(anatomy: Anatomy, pose: F64) -> F64:
    """Return the segments (N, S, 3, 3) that a rig pose (N, J, 3) holds: the inverse of `pose_from_segments`."""
    globals_ = compose_chain(matrix_from_axis_angle(pose), anatomy.parents)
    out = np.empty((len(pose), N_SEGMENTS, 3, 3))
    for i, name in enumerate(SEGMENTS):
        base, _, side = name.partition(".")
        if base == "forearm":  # its bones are twisted back about their own axes: undo it
            G = _untwisted_forearm(anatomy, globals_, side)
        else:
            G = globals_[:, anatomy.joint(anatomy.rig.carriers[base].format(s=anatomy.rig.sides.get(side, "")))]
        out[:, i] = G @ anatomy.zero[i].T
    return out


def _twist(R: F64, axis: F64) -> F64:
    return swing_twist(R, axis)[1]


def _about(axis: F64, angle: F64) -> F64:
    return matrix_from_axis_angle(angle[..., None] * (axis / np.linalg.norm(axis)))


def _arm(anatomy: Anatomy, G: dict[str, F64], W: dict[str, F64], out: dict[str, F64], s: str) -> None:
    clavicle, upper, fore, hand = (G[f"{part}.{s}"] for part in ("clavicle", "upper_arm", "forearm", "hand"))
    axis = anatomy.bone(f"upperarm01.{s}", f"lowerarm01.{s}")
    back = np.swapaxes(clavicle, -1, -2)
    raised = rotation_between(axis, (back @ upper) @ axis)
    out[f"clavicle.{s}"] = clavicle
    out[f"shoulder01.{s}"] = clavicle @ fraction_of_rotation(raised, SHOULDER_SHARE)
    rest = anatomy.zero[SEGMENT[f"upper_arm.{s}"]].T
    twist = shoulder_twist(back @ W[f"upper_arm.{s}"], s) - shoulder_twist(rest, s)
    own = anatomy.bone(f"upperarm01.{s}", f"upperarm02.{s}")
    # the twist is counted about y, from the elbow to the shoulder, the bone runs the other way: + gives it back
    out[f"upperarm01.{s}"] = upper @ _about(own, UPPER_ARM_TWIST_BACK * twist)
    out[f"upperarm02.{s}"] = upper
    axis = anatomy.bone(f"lowerarm01.{s}", f"wrist.{s}")
    twist = _twist(np.swapaxes(fore, -1, -2) @ hand, axis)
    for bone, end, share in zip(
        ("lowerarm01", "lowerarm02"), ("lowerarm02", "wrist"), anatomy.rig.forearm_twist, strict=True
    ):
        out[f"{bone}.{s}"] = fore @ _about(anatomy.bone(f"{bone}.{s}", f"{end}.{s}"), share * twist)
    out[f"wrist.{s}"] = hand


def shoulder_twist(arm: F64, side: str) -> F64:
    """Return the turn (...) of upper arms (..., 3, 3) about their own length, in [-pi, pi], left arm outwards positive.

    It is counted from the arm that swings straight from hanging over the middle of its range, half-way between forward and
    sideways: from there no natural direction is half a turn away, so the angle does not jump, as it would overhead.
    """
    to_middle = matrix_from_axis_angle(np.array([-1.0, 0.0, 1.0 if side == "L" else -1.0]) * (np.pi / 2 / np.sqrt(2.0)))
    middle = to_middle @ DOWN
    straight = rotation_between(middle, arm @ DOWN) @ to_middle
    turn = np.swapaxes(straight, -1, -2) @ arm
    return np.asarray(np.arctan2(turn[..., 0, 2], turn[..., 0, 0]))


def _untwisted_forearm(anatomy: Anatomy, globals_: F64, s: str) -> F64:
    """Return the forearm's rotation (N, 3, 3): its first bone = forearm @ twist(share of the hand's twist about the forearm)."""
    elbow, wrist = anatomy.landmark(f"elbow.{s}"), anatomy.landmark(f"wrist.{s}")
    first, hand = globals_[:, elbow], globals_[:, wrist]
    halves = len(anatomy.rig.forearm_twist) > 1
    end = anatomy.joint(f"lowerarm02.{s}") if halves else wrist
    axis, own = (anatomy.rest[j] - anatomy.rest[elbow] for j in (wrist, end))
    share = anatomy.rig.forearm_twist[0]
    twist = _twist(np.swapaxes(first, -1, -2) @ hand, axis) / (1.0 - share)
    return first @ _about(own, -share * twist)


def _leg(anatomy: Anatomy, G: dict[str, F64], out: dict[str, F64], s: str) -> None:
    thigh = G[f"thigh.{s}"]
    axis = anatomy.bone(f"upperleg01.{s}", f"lowerleg01.{s}")
    twist = _twist(np.swapaxes(out["root"], -1, -2) @ thigh, axis)
    own = anatomy.bone(f"upperleg01.{s}", f"upperleg02.{s}")
    out[f"upperleg01.{s}"] = thigh @ _about(own, -THIGH_TWIST_BACK * twist)
    out[f"upperleg02.{s}"] = thigh
    out[f"lowerleg01.{s}"] = G[f"shank.{s}"]
    out[f"foot.{s}"] = G[f"foot.{s}"]
    for toe in range(1, 6):
        out[f"toe{toe}-1.{s}"] = G[f"toes.{s}"]


def _smpl_bones(anatomy: Anatomy, segments: F64) -> dict[str, F64]:
    """Return the global rotations (N, 3, 3) of the bones of SMPL's family, by name; hands, jaw and eyes follow their parent.

    Each limb segment is one bone, so a twist of the upper arm or thigh stays in its joint, where pose blendshapes expect it;
    the elbow takes its share of the hand's.
    """
    W = {name: segments[:, i] for i, name in enumerate(SEGMENTS)}
    neck = axis_angle_from_matrix(np.swapaxes(W["chest"], -1, -2) @ W["head"])
    out = {
        "spine2": slerp(W["abdomen"], W["chest"], SMPL_SPINE),
        "neck": W["chest"] @ matrix_from_axis_angle(neck * SMPL_NECK),
    }
    for i, name in enumerate(SEGMENTS):
        base, _, side = name.partition(".")
        if base != "forearm":
            out[anatomy.rig.carriers[base].format(s=anatomy.rig.sides.get(side, ""))] = W[name] @ anatomy.zero[i]
    for s in "LR":
        elbow, wrist = anatomy.rig.joint_name(f"elbow.{s}"), anatomy.rig.joint_name(f"wrist.{s}")
        fore = W[f"forearm.{s}"] @ anatomy.zero[SEGMENT[f"forearm.{s}"]]
        axis = anatomy.bone(elbow, wrist)
        twist = _twist(np.swapaxes(fore, -1, -2) @ out[wrist], axis)
        out[elbow] = fore @ _about(axis, anatomy.rig.forearm_twist[0] * twist)
    return out
