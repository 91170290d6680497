"""Motion of any named skeleton to postures, and through them to a rig: rotations transferred, rest poses aligned.

A source segment's global rotation G is relative to the source's rest pose. With Z the rotation from that rest to the
anatomical position (limbs: bone and hinge laid onto the axes; trunk: hips-to-neck upright; feet: toes forward, and level the
sole that the motion stands on), the segment is at W = G Zᵀ. Directions of limbs are thus carried over exactly and no inverse
kinematics is needed; proportions stay the target's own. What a source lacks is filled in: collarbones follow the arms, hands
hang relaxed from the forearm.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.rotations import (
    axis_angle_from_matrix,
    matrix_from_axis_angle,
    rotation_between,
    slerp,
    swing_twist,
)
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
from manikin.tasks.poses.angles import MIRROR_SIGN
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
MAX_LUMBAR = np.radians(55.0)  # captured spines, bent deep, have nearly all of it below the ribs
STILL_CLAVICLE = np.radians(2.0)  # a collarbone that moves less than this follows the arm instead
# an ankle on which a body stands is low and slow (shares of the leg, and of it per second), and below its knee
STANCE_HEIGHT, STANCE_SPEED, STANCE_SHANK = 0.04, 0.45, np.cos(np.radians(30.0))
MIN_STANCE = 3  # frames
SPLAYED = np.radians(12.0)  # legs at rest farther apart than this take their soles with them
SOLE_ERROR = np.radians(8.0)  # of a rest; more is how the person stands, as on the balls of the feet
ASKEW, ASKEW_SHARE = np.radians(35.0), 0.1  # deviation of a hand that its joint does not allow; of a clip's frames
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


def place_of(clip: Clip, joint: int) -> F64:
    """Return the places (F, 3) in metres of one joint in the world."""
    place = np.zeros((clip.n_frames, 3))
    while joint >= 0:
        parent = int(clip.parents[joint])
        offset = clip.offsets[joint] if parent >= 0 else clip.root_positions
        place = offset + np.einsum("fij,fj->fi", clip.rotations[:, joint], place)
        joint = parent
    return place


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
    put("abdomen", _lumbar(pelvis, G["abdomen"] @ trunk) if "abdomen" in G else slerp(pelvis, chest, 0.5))
    put("head", G.get("head", chest))
    for s in "LR":
        _arm(clip, joints, at, G, W, s)
        _leg(clip, at, G, W, s)
    soles = _sole_alignments(clip, joints, at, G, W)
    for s in "LR":
        _foot(clip, joints, at, G, W, soles[s], s)
        arm = np.swapaxes(chest, -1, -2) @ W[:, SEGMENT[f"upper_arm.{s}"]]
        put(f"clavicle.{s}", chest @ clavicle_rhythm(arm, s))
        if (j := joints.get(f"clavicle.{s}")) is not None and _motion(clip.rotations[:, j]) > STILL_CLAVICLE:
            put(f"clavicle.{s}", G[f"clavicle.{s}"] @ trunk)
    return W


def _lumbar(pelvis: F64, abdomen: F64) -> F64:
    """Return the abdomen (F, 3, 3) bent no farther than it can; the chest, which stays where it is, then takes the rest."""
    bend = axis_angle_from_matrix(np.swapaxes(pelvis, -1, -2) @ abdomen)
    angle = np.linalg.norm(bend, axis=-1, keepdims=True)
    return pelvis @ matrix_from_axis_angle(bend * np.minimum(1.0, MAX_LUMBAR / np.maximum(angle, 1e-9)))


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
        local = np.swapaxes(W[:, SEGMENT[f"forearm.{s}"]], -1, -2) @ G[f"hand.{s}"] @ fore_zero.T
        W[:, SEGMENT[f"hand.{s}"]] = W[:, SEGMENT[f"forearm.{s}"]] @ _straight_wrists(local)
        return
    sign = 1.0 if s == "L" else -1.0
    relaxed = matrix_from_axis_angle([0.0, -sign * RELAXED_PRONATION, 0.0]) @ matrix_from_axis_angle(
        [0.0, 0.0, -sign * RELAXED_WRIST_FLEXION]
    )
    W[:, SEGMENT[f"hand.{s}"]] = W[:, SEGMENT[f"forearm.{s}"]] @ relaxed


def _straight_wrists(local: F64) -> F64:
    """Return a hand's rotations (F, 3, 3) against the forearm with its zero set anew where it was put on askew.

    No wrist bends so far to the thumb or from it time and again: there the markers do not lie as the skeleton's hand does,
    and the hand's most usual place is taken to be straight ahead of the forearm.
    """
    back, _ = swing_twist(np.swapaxes(local, -1, -2), DOWN)  # the hand's swing, undone
    swing = -axis_angle_from_matrix(back)
    if (np.abs(swing[:, 0]) > ASKEW).mean() < ASKEW_SHARE:
        return local
    return local @ matrix_from_axis_angle(-np.median(swing, axis=0))


def _leg(clip: Clip, at: dict[str, F64], G: dict[str, F64], W: F64, s: str) -> None:
    for part, end in (("thigh", "shank"), ("shank", "foot")):
        zero = limb_alignment(_bone(clip, at, f"{part}.{s}", f"{end}.{s}"), LEFT)
        W[:, SEGMENT[f"{part}.{s}"]] = G[f"{part}.{s}"] @ zero.T


def _foot(
    clip: Clip, joints: dict[str, int], at: dict[str, F64], G: dict[str, F64], W: F64, level: F64, s: str
) -> None:
    toes = at[f"toes.{s}"] - at[f"foot.{s}"] if f"toes.{s}" in at else clip.tips[joints[f"foot.{s}"]]
    toes = level @ toes
    zero = (heading_alignment(toes) if np.hypot(toes[0], toes[2]) > 1e-3 else np.eye(3)) @ level
    W[:, SEGMENT[f"foot.{s}"]] = G[f"foot.{s}"] @ zero.T
    W[:, SEGMENT[f"toes.{s}"]] = G.get(f"toes.{s}", G[f"foot.{s}"]) @ zero.T


def _sole_alignments(
    clip: Clip, joints: dict[str, int], at: dict[str, F64], G: dict[str, F64], W: F64
) -> dict[str, F64]:
    """Return the rotation (3, 3) that lays each sole of a rest level.

    Soles at rest are level or, in rests with splayed legs, as CMU's, square to the legs: whichever comes nearer to what is
    seen where the body stands on that foot, or else on the other one. What is still missing is made up for, if it is little.
    """
    seen = {s: _seen_tilt(clip, joints, G[f"foot.{s}"], W[:, SEGMENT[f"shank.{s}"]], s) for s in "LR"}
    out = {}
    for s, other in ("LR", "RL"):
        leg = at[f"foot.{s}"] - at[f"thigh.{s}"]
        square = np.array([0.0, 0.0, np.arctan2(-leg[0], -leg[1])])
        mirrored = seen[other]
        tilt = seen[s] if seen[s] is not None else MIRROR_SIGN * mirrored if mirrored is not None else None
        if tilt is None:
            out[s] = matrix_from_axis_angle(square if abs(square[2]) > SPLAYED else np.zeros(3))
            continue
        rest = min((np.zeros(3), square), key=lambda r: float(np.linalg.norm(tilt - r)))
        missing = tilt - rest
        out[s] = matrix_from_axis_angle(rest + missing * min(1.0, SOLE_ERROR / max(np.linalg.norm(missing), 1e-9)))
    return out


def _seen_tilt(clip: Clip, joints: dict[str, int], foot: F64, shank: F64, s: str) -> F64 | None:
    """Return the turn (3,) that makes a foot (F, 3, 3) level, on average, while it stands; None if it never does."""
    if clip.n_frames < MIN_STANCE:
        return None
    leg = float(sum(np.linalg.norm(clip.offsets[joints[f"{part}.{s}"]]) for part in ("shank", "foot")))
    ankle = place_of(clip, joints[f"foot.{s}"]) / leg
    speed = np.linalg.norm(np.gradient(ankle, axis=0), axis=-1) * clip.fps
    low = ankle[:, 1] < np.percentile(ankle[:, 1], 5) + STANCE_HEIGHT
    stands = low & (speed < STANCE_SPEED) & (shank[:, 1, 1] > STANCE_SHANK)
    if stands.sum() < MIN_STANCE:
        return None
    up = np.median(foot[stands, 1], axis=0)  # the world's vertical, seen from the foot
    return axis_angle_from_matrix(rotation_between(up / np.linalg.norm(up), -DOWN))


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
