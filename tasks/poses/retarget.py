"""Motion of any named skeleton to postures, and through them to a rig: rotations transferred, rest poses aligned.

A source segment's global rotation G is relative to the source's rest pose. With Z the rotation from that rest to the
anatomical position (limbs: bone and hinge laid onto the axes; trunk: hips-to-neck upright; feet: toes forward), the segment
is at W = G Zᵀ. Directions of limbs are thus carried over exactly and no inverse kinematics is needed; proportions stay the
target's own. What a source lacks is filled in: collarbones follow the arms, hands hang relaxed from the forearm.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.rotations import axis_angle_from_matrix, matrix_from_axis_angle, rotation_between, slerp
from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import (
    DOWN,
    LEFT,
    N_SEGMENTS,
    PARENTS,
    SEGMENT,
    anatomy_of,
    heading_alignment,
    limb_alignment,
)
from manikin.tasks.poses.clip import Clip, global_rotations, local_rotations, rest_positions, turned
from manikin.tasks.poses.joint_maps import JointMap, match_joints
from manikin.tasks.poses.postures import (
    RELAXED_CURLS,
    RELAXED_PRONATION,
    RELAXED_WRIST_FLEXION,
    Postures,
    clavicle_rhythm,
    pose_of,
    without_heading,
)

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

MAX_TRUNK_LEAN = np.radians(15.0)  # of a source's rest that is put down to where it has its joints
STILL_CLAVICLE = np.radians(2.0)  # a collarbone that moves less than this follows the arm instead
HINGE_SHARE, HINGE_MOTION, HINGE_AWAY = 0.85, np.radians(5.0), np.radians(45.0)


def retarget(clip: Clip, model: BodyModel, maps: tuple[JointMap, ...] | None = None) -> F32:
    """Return a clip's poses (F, J, 3), axis-angle, on a body's rig, heading removed.

    Args:
        clip: metres, y up.
        model: the body.
        maps: naming conventions; the built-in ones when None.

    Raises:
        InputError: no naming convention fits the clip's skeleton, or its rest pose has bones of no length.
    """
    return pose_of(anatomy_of(model), postures_from_clip(clip, maps)).astype(np.float32)


def postures_from_clip(clip: Clip, maps: tuple[JointMap, ...] | None = None) -> Postures:
    """Return the postures (F) of a clip, heading removed.

    Raises:
        InputError: no naming convention fits the clip's skeleton, or its rest pose has bones of no length.
    """
    joints = match_joints(clip.joint_names, clip.source, maps)
    rest = rest_positions(clip)
    clip = turned(clip, heading_alignment(np.cross(rest[joints["thigh.L"]] - rest[joints["thigh.R"]], -DOWN)))
    rest = rest_positions(clip)
    G = {k: global_rotations_of(clip, j) for k, j in joints.items()}
    return without_heading(_postures(_segments(clip, joints, rest, G)))


def global_rotations_of(clip: Clip, joint: int) -> F64:
    """Return the global rotations (F, 3, 3) of one joint."""
    R = clip.rotations[:, joint]
    parent = int(clip.parents[joint])
    while parent >= 0:
        R, parent = clip.rotations[:, parent] @ R, int(clip.parents[parent])
    return R


def _postures(W: F64) -> Postures:
    return Postures(local_rotations(W, PARENTS), np.tile(RELAXED_CURLS, (len(W), 2, 1)))


def _segments(clip: Clip, joints: dict[str, int], rest: F64, G: dict[str, F64]) -> F64:
    at = {k: rest[j] for k, j in joints.items()}
    W = np.empty((clip.n_frames, N_SEGMENTS, 3, 3))

    def put(segment: str, rotation: F64) -> None:
        W[:, SEGMENT[segment]] = rotation

    trunk = _trunk_alignment(at).T
    put("pelvis", G["pelvis"] @ trunk)
    put("chest", G["chest"] @ trunk)
    pelvis, chest = W[:, SEGMENT["pelvis"]], W[:, SEGMENT["chest"]]
    put("abdomen", G["abdomen"] @ trunk if "abdomen" in G else slerp(pelvis, chest, 0.5))
    put("head", G.get("head", chest))
    for s in "LR":
        _arm(clip, joints, at, G, W, s)
        _leg(clip, joints, at, G, W, s)
        arm = np.swapaxes(chest, -1, -2) @ W[:, SEGMENT[f"upper_arm.{s}"]]
        put(f"clavicle.{s}", chest @ clavicle_rhythm(arm, s))
        if (j := joints.get(f"clavicle.{s}")) is not None and _motion(clip.rotations[:, j]) > STILL_CLAVICLE:
            put(f"clavicle.{s}", G[f"clavicle.{s}"] @ trunk)
    return W


def _trunk_alignment(at: dict[str, F64]) -> F64:
    """Return the pitch (3, 3) that brings a rest's line from hips to neck upright."""
    top = at.get("neck", at.get("head", at["chest"]))
    up = top - (at["thigh.L"] + at["thigh.R"]) / 2
    pitch = np.clip(np.arctan2(up[2], up[1]), -MAX_TRUNK_LEAN, MAX_TRUNK_LEAN)
    return matrix_from_axis_angle([-pitch, 0.0, 0.0])


def _arm(clip: Clip, joints: dict[str, int], at: dict[str, F64], G: dict[str, F64], W: F64, s: str) -> None:
    upper = _bone(clip, at, f"upper_arm.{s}", f"forearm.{s}")
    fore = _forearm(clip, joints, at, s)
    # with the arm swung straight back to hanging, the elbow's axis lies across the body
    rule = rotation_between(DOWN, upper) @ LEFT
    hinge = _observed_hinge(clip.rotations[:, joints[f"forearm.{s}"]], rule)
    upper_zero = limb_alignment(upper, hinge)
    fore_zero = limb_alignment(fore, rotation_between(upper, fore) @ hinge)
    W[:, SEGMENT[f"upper_arm.{s}"]] = G[f"upper_arm.{s}"] @ upper_zero.T
    W[:, SEGMENT[f"forearm.{s}"]] = G[f"forearm.{s}"] @ fore_zero.T
    if f"hand.{s}" in G:
        W[:, SEGMENT[f"hand.{s}"]] = G[f"hand.{s}"] @ fore_zero.T
        return
    sign = 1.0 if s == "L" else -1.0
    relaxed = matrix_from_axis_angle([0.0, -sign * RELAXED_PRONATION, 0.0]) @ matrix_from_axis_angle(
        [0.0, 0.0, -sign * RELAXED_WRIST_FLEXION]
    )
    W[:, SEGMENT[f"hand.{s}"]] = W[:, SEGMENT[f"forearm.{s}"]] @ relaxed


def _leg(clip: Clip, joints: dict[str, int], at: dict[str, F64], G: dict[str, F64], W: F64, s: str) -> None:
    for part, end in (("thigh", "shank"), ("shank", "foot")):
        zero = limb_alignment(_bone(clip, at, f"{part}.{s}", f"{end}.{s}"), LEFT)
        W[:, SEGMENT[f"{part}.{s}"]] = G[f"{part}.{s}"] @ zero.T
    toes = at[f"toes.{s}"] - at[f"foot.{s}"] if f"toes.{s}" in at else clip.tips[joints[f"foot.{s}"]]
    zero = heading_alignment(toes) if np.hypot(toes[0], toes[2]) > 1e-3 else np.eye(3)
    W[:, SEGMENT[f"foot.{s}"]] = G[f"foot.{s}"] @ zero.T
    W[:, SEGMENT[f"toes.{s}"]] = G.get(f"toes.{s}", G[f"foot.{s}"]) @ zero.T


def _bone(clip: Clip, at: dict[str, F64], a: str, b: str) -> F64:
    bone = at[b] - at[a]
    if np.linalg.norm(bone) < 1e-3:
        raise InputError(f"{clip.source}: the bone from {a} to {b} has no length at rest; expected the joints apart")
    return bone


def _forearm(clip: Clip, joints: dict[str, int], at: dict[str, F64], s: str) -> F64:
    for end in (f"wrist.{s}", f"hand.{s}"):
        if end in at:
            return _bone(clip, at, f"forearm.{s}", end)
    tip = clip.tips[joints[f"forearm.{s}"]]
    if np.linalg.norm(tip) < 1e-3:
        raise InputError(f"{clip.source}: the forearm ({s}) has neither a hand, a wrist nor an end site")
    return tip


def _motion(local: F64) -> float:
    """Return the root mean square angle by which a joint's rotations (F, 3, 3) leave their first."""
    turns = axis_angle_from_matrix(local[0].T @ local)
    return float(np.sqrt((turns**2).sum(axis=-1).mean()))


def _observed_hinge(local: F64, rule: F64) -> F64:
    """Return the axis about which an elbow (F, 3, 3) turns, if it turns about one not far from the rule's, else the rule's."""
    turns = axis_angle_from_matrix(local)
    moments = turns.T @ turns / len(turns)
    values, axes = np.linalg.eigh(moments)
    axis = axes[:, 2] * np.sign(axes[:, 2] @ rule)
    one = values[2] > HINGE_SHARE * values.sum() and values[2] > HINGE_MOTION**2
    return axis if one and axis @ rule > np.cos(HINGE_AWAY) else rule


def limb_directions(clip: Clip, maps: tuple[JointMap, ...] | None = None) -> dict[str, F64]:
    """Return the unit direction (F, 3) of each upper arm, forearm, thigh and shank, in the frame of the source's pelvis.

    For checks: the retargeted body's limbs must point the same way in its own pelvis' frame.
    """
    joints = match_joints(clip.joint_names, clip.source, maps)
    rest = rest_positions(clip)
    clip = turned(clip, heading_alignment(np.cross(rest[joints["thigh.L"]] - rest[joints["thigh.R"]], -DOWN)))
    at = {k: rest_positions(clip)[j] for k, j in joints.items()}
    G = global_rotations(clip)
    pelvis = G[:, joints["pelvis"]] @ _trunk_alignment(at).T
    out = {}
    for s in "LR":
        bones = {"thigh": at[f"shank.{s}"] - at[f"thigh.{s}"], "shank": at[f"foot.{s}"] - at[f"shank.{s}"]}
        bones["upper_arm"] = at[f"forearm.{s}"] - at[f"upper_arm.{s}"]
        bones["forearm"] = _forearm(clip, joints, at, s)
        for part, bone in bones.items():
            world = G[:, joints[f"{part}.{s}"]] @ (bone / np.linalg.norm(bone))
            out[f"{part}.{s}"] = np.einsum("fji,fj->fi", pelvis, world)
    return out
