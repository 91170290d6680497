"""Segment rotations from the places of 17 joints, by frames of two directions each ("triads", TRIAD: Black 1964).

Pelvis and chest stand between a line across (hips, shoulders) and one along the spine; what a spine bends between the two
lines is more than they show, since each passes over some of the bend: `PELVIS_BEND`, `CHEST_BEND`. Without a joint in the
spine (COCO), the pelvis tilts with the thighs and the chest bends until the shoulders are where they are seen.

Limbs follow their bones, turned so that elbow and knee are hinges; a straight limb shows no hinge and takes that of bent
frames nearby, or swings straight from hanging. The collarbone follows the arm, and half of what the shoulder shows beyond
that. Surface landmarks (COCO) are first moved to the centres of the joints under them. Wrists and feet are not seen: hands
stay relaxed, soles level where a body may stand on them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.rotations import (
    axis_angle_from_matrix,
    frame_from_axes,
    matrix_from_axis_angle,
    rotation_between,
    slerp,
)
from manikin.tasks.poses.anatomy import DOWN, FORWARD, LEFT, N_SEGMENTS, SEGMENT
from manikin.tasks.poses.joint_places import centre, joint_places, spine_bones, to_centres
from manikin.tasks.poses.postures import clavicle_rhythm

F64 = NDArray[np.float64]

SIDES = {"L": "left", "R": "right"}
PASSES = 4  # the trunk, its shoulders, and the arms that lift them depend on each other
# of the bend between the two spine lines, about x, y, z: what pelvis and chest are beyond them (key poses and default clips)
PELVIS_BEND, CHEST_BEND = np.array([-0.9, 0.0, 0.0]), np.array([0.16, 0.0, 0.08])
PELVIS_TILT = -0.2  # with no joint in the spine: the pelvis tilts back by this share of what the thighs flex
CHEST_STEPS = 3  # then, until the spine carries the shoulders where they are seen
STRAIGHT, BENT = 0.1, 0.3  # sine of an elbow's or knee's flexion: shows no hinge, shows a clear one
HOLD_S = 0.5  # for about how long a hinge is remembered
CLAVICLE_SHARE, CLAVICLE_RANGE = 0.5, np.radians(20.0)
FLAT_HEAD, CLEAR_HEAD = 0.05, 0.25  # sine between the lines from the neck to nose and head
STANDS, LIFTED = 0.06, 0.20  # height of an ankle over the lower one, in legs
TILTED_SHANK, UPRIGHT_SHANK = 0.5, 0.8  # cosine to the vertical
SOLE_RANGE, HANGING_SOLE = np.radians([-20.0, 40.0]), np.radians(15.0)  # toes up (negative) and down


@dataclass(frozen=True, slots=True)
class _Joints:
    """Joints by name, seen (F, 3) and in the anatomical position (3,), and the body's size in default bodies."""

    at: dict[str, F64]
    rest: dict[str, F64]
    size: float


def segments_from_joints(
    positions: F64, names: tuple[str, ...], skeleton: str, fps: float
) -> tuple[F64, dict[str, F64]]:
    """Return the rotations of the segments (F, S, 3, 3) in the world, and the centres (F, 3) of the limbs' joints.

    Args:
        positions: (F, 17, 3) in any unit, y up.
        names: of the joints, as in skeletons.toml, in any order.
        skeleton: "h36m17" or "coco17".
        fps: frames per second.
    """
    seen = dict(zip(names, np.moveaxis(positions, 1, 0), strict=True))
    rest = joint_places(skeleton)
    trunk = np.median(np.linalg.norm(_middle(seen, "shoulder") - _middle(seen, "hip"), axis=-1))
    size = float(trunk / np.linalg.norm(_middle(rest, "shoulder") - _middle(rest, "hip")))
    W = np.tile(np.eye(3), (len(positions), N_SEGMENTS, 1, 1))
    joints = _Joints(dict(seen), rest, size)
    for k in range(PASSES):
        _trunk(joints, W)
        for s in SIDES:
            _arm(joints, W, s, fps)
            _leg(joints, W, s, fps)
        if k + 1 < PASSES:
            joints = _centred(seen, skeleton, size, W)
    _head(joints, W)
    for s in SIDES:
        _foot(joints, W, s)
    return W, joints.at


def _centred(seen: dict[str, F64], skeleton: str, size: float, W: F64) -> _Joints:
    """Return the joints with those of the limbs at their centres, by the segments that carry the landmarks."""
    at, rest = dict(seen), joint_places(skeleton)
    for s, side in SIDES.items():
        for joint, carriers in to_centres(skeleton, s).items():
            name = f"{side}_{joint}"
            rest[name] = centre(joint, s)
            for carrier, vector in carriers.items():
                at[name] = at[name] + W[:, SEGMENT.get(f"{carrier}.{s}", SEGMENT.get(carrier, -1))] @ (vector * size)
    return _Joints(at, rest, size)


def _middle(places: dict[str, F64], joint: str) -> F64:
    return np.asarray((places[f"left_{joint}"] + places[f"right_{joint}"]) / 2)


def _turn(primary: F64, secondary: F64, rest_primary: F64, rest_secondary: F64) -> F64:
    """Return the rotation that lays the rest's first direction onto the seen one, and the second as far as it can."""
    return np.asarray(
        frame_from_axes(primary, secondary) @ np.swapaxes(frame_from_axes(rest_primary, rest_secondary), -1, -2)
    )


def _trunk(joints: _Joints, W: F64) -> None:
    at, rest = joints.at, joints.rest
    chest = W[:, SEGMENT["chest"]]
    shoulders = {s: _shoulder(np.swapaxes(chest, -1, -2) @ W[:, SEGMENT[f"clavicle.{s}"]], s) for s in SIDES}
    hips, across = at["left_hip"] - at["right_hip"], at["left_shoulder"] - at["right_shoulder"]
    rest_hips, rest_across = rest["left_hip"] - rest["right_hip"], shoulders["L"] - shoulders["R"]
    if "spine" in at:
        lower, upper = at["spine"] - _middle(at, "hip"), at["thorax"] - at["spine"]
        below = _turn(hips, lower, rest_hips, rest["spine"] - _middle(rest, "hip"))
        above = _turn(upper, across, rest["thorax"] - rest["spine"], rest_across)
        bend = axis_angle_from_matrix(np.swapaxes(below, -1, -2) @ above)
        below = below @ matrix_from_axis_angle(PELVIS_BEND * bend)
        above = above @ matrix_from_axis_angle(CHEST_BEND * bend)
    else:
        spine = _middle(at, "shoulder") - _middle(at, "hip")
        top = (shoulders["L"] + shoulders["R"]) / 2
        below = _turn(hips, spine, rest_hips, _middle(rest, "shoulder") - _middle(rest, "hip"))
        below = below @ matrix_from_axis_angle(PELVIS_TILT * _flexion(joints, below)[:, None] * LEFT)
        above = _turn(across, spine, rest_across, top - _middle(rest, "hip"))
        for _ in range(CHEST_STEPS):
            above = rotation_between(_carried(below, above, top), spine) @ above
    W[:, SEGMENT["pelvis"]], W[:, SEGMENT["abdomen"]], W[:, SEGMENT["chest"]] = below, slerp(below, above, 0.5), above


def _carried(pelvis: F64, chest: F64, shoulders: F64) -> F64:
    """Return where a spine between pelvis and chest carries the middle of the shoulders (F, 3 in the chest's frame)."""
    place, bones = np.zeros(shoulders.shape), spine_bones()
    for share, bone in bones:
        place = place + slerp(pelvis, chest, share) @ bone
    return np.asarray(place + np.einsum("fij,fj->fi", chest, shoulders - np.sum([b for _, b in bones], axis=0)))


def _shoulder(clavicle: F64, s: str) -> F64:
    """Return where a collarbone (F, 3, 3) against the chest puts the shoulder, (F, 3) in the chest's frame."""
    return np.asarray(centre("clavicle", s) + clavicle @ (centre("shoulder", s) - centre("clavicle", s)))


def _flexion(joints: _Joints, pelvis: F64) -> F64:
    """Return how far (F) the thighs point forward of the trunk, on average, radians."""
    angles = []
    for side in SIDES.values():
        thigh = np.einsum("fji,fj->fi", pelvis, joints.at[f"{side}_knee"] - joints.at[f"{side}_hip"])
        angle = np.arctan2(thigh[:, 2], -thigh[:, 1])
        angles.append(np.where(angle < -np.pi / 2, angle + 2 * np.pi, angle))
    return np.asarray(np.mean(angles, axis=0))


def _arm(joints: _Joints, W: F64, s: str, fps: float) -> None:
    side, chest = SIDES[s], W[:, SEGMENT["chest"]]
    upper = joints.at[f"{side}_elbow"] - joints.at[f"{side}_shoulder"]
    fore = joints.at[f"{side}_wrist"] - joints.at[f"{side}_elbow"]
    local = np.einsum("fji,fj->fi", chest, upper)
    # swung straight from hanging, over the middle of the arm's range, as rig.py counts its twist
    to_middle = matrix_from_axis_angle(np.array([-1.0, 0.0, 1.0 if s == "L" else -1.0]) * (np.pi / 2 / np.sqrt(2.0)))
    neutral = chest @ rotation_between(to_middle @ DOWN, local) @ to_middle
    arm, W[:, SEGMENT[f"forearm.{s}"]] = _hinged(upper, fore, -np.cross(upper, fore), neutral, fps)
    W[:, SEGMENT[f"upper_arm.{s}"]] = arm
    W[:, SEGMENT[f"hand.{s}"]] = W[:, SEGMENT[f"forearm.{s}"]]
    rhythm = clavicle_rhythm(np.swapaxes(chest, -1, -2) @ arm, s)
    W[:, SEGMENT[f"clavicle.{s}"]] = chest @ _lifted(joints, chest, rhythm, s)


def _lifted(joints: _Joints, chest: F64, rhythm: F64, s: str) -> F64:
    """Return the collarbone's rotation (F, 3, 3) against the chest: the rhythm's, and a part of what the shoulder shows beyond.

    What it shows in the median of all frames is how the source defines its shoulder, not how people shrug.
    """
    if "thorax" not in joints.at:
        return rhythm
    reach = joints.at[f"{SIDES[s]}_shoulder"] - joints.at["thorax"]
    seen = np.einsum("fji,fj->fi", chest, reach) / joints.size + joints.rest["thorax"]
    excess = seen - _shoulder(rhythm, s)
    bone = _shoulder(rhythm, s) - centre("clavicle", s)
    beyond = axis_angle_from_matrix(rotation_between(bone, bone + excess - np.median(excess, axis=0)))
    angle = np.linalg.norm(beyond, axis=-1, keepdims=True)
    share = np.minimum(CLAVICLE_SHARE, CLAVICLE_RANGE / np.maximum(angle, 1e-9))
    return matrix_from_axis_angle(share * beyond) @ rhythm


def _leg(joints: _Joints, W: F64, s: str, fps: float) -> None:
    side, pelvis = SIDES[s], W[:, SEGMENT["pelvis"]]
    thigh = joints.at[f"{side}_knee"] - joints.at[f"{side}_hip"]
    shank = joints.at[f"{side}_ankle"] - joints.at[f"{side}_knee"]
    neutral = pelvis @ rotation_between(DOWN, np.einsum("fji,fj->fi", pelvis, thigh))
    hinge = np.cross(thigh, shank)
    backwards = np.einsum("fi,fi->f", hinge, neutral[..., 0]) < 0  # a knee that gives way a little, or noise
    hinge = np.where(backwards[:, None], -hinge, hinge)
    W[:, SEGMENT[f"thigh.{s}"]], W[:, SEGMENT[f"shank.{s}"]] = _hinged(thigh, shank, hinge, neutral, fps)


def _hinged(first: F64, second: F64, hinge: F64, neutral: F64, fps: float) -> tuple[F64, F64]:
    """Return the rotations (F, 3, 3) of a limb's two segments, which turn against each other about x.

    Args:
        first: (F, 3) bone.
        second: (F, 3) bone.
        hinge: (F, 3) across both, where they are bent.
        neutral: (F, 3, 3) the first segment without twist.
        fps: frames per second.
    """
    sine = np.linalg.norm(hinge, axis=-1) / (np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1))
    local = np.einsum("fji,fj->fi", neutral, hinge)
    twist = _steady(np.arctan2(-local[:, 2], local[:, 0]), _step(sine, STRAIGHT, BENT), fps)
    across = neutral @ np.stack([np.cos(twist), np.zeros_like(twist), -np.sin(twist)], axis=-1)[..., None]
    across = across[..., 0]
    return _turn(first, across, DOWN, LEFT), _turn(second, across, DOWN, LEFT)


def _steady(angle: F64, weight: F64, fps: float) -> F64:
    """Return angles (F) where weights (F) are 1, and elsewhere those of frames nearby, fading to 0 with time."""
    time = np.arange(len(angle)) / fps
    known = np.flatnonzero(weight > 0.5)
    seen, held = np.exp(1j * angle), np.ones(len(angle), np.complex128)
    if len(known):
        near = np.interp(time, time[known], seen[known].real) + 1j * np.interp(time, time[known], seen[known].imag)
        after = np.minimum(np.searchsorted(known, np.arange(len(angle))), len(known) - 1)
        gap = np.minimum(abs(time - time[known[after]]), abs(time - time[known[np.maximum(after - 1, 0)]]))
        hold = np.exp(-((gap / HOLD_S) ** 2))
        held = hold * near + (1 - hold)
    return np.angle(weight * seen + (1 - weight) * held)


def _step(x: F64, low: float, high: float) -> F64:
    """Return a smooth step from 0 at low to 1 at high."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def _head(joints: _Joints, W: F64) -> None:
    at, rest = joints.at, joints.rest
    if "left_ear" in at:
        across, face = at["left_ear"] - at["right_ear"], at["nose"] - _middle(at, "ear")
        W[:, SEGMENT["head"]] = _turn(across, face, LEFT, rest["nose"] - _middle(rest, "ear"))
        return
    crown, nose = at["head"] - at["thorax"], at["nose"] - at["thorax"]
    across = np.cross(crown, nose)
    size = np.linalg.norm(across, axis=-1, keepdims=True)
    sine = size / (np.linalg.norm(crown, axis=-1, keepdims=True) * np.linalg.norm(nose, axis=-1, keepdims=True))
    clear = _step(sine, FLAT_HEAD, CLEAR_HEAD)
    across = clear * across / np.maximum(size, 1e-12) + (1 - clear) * W[:, SEGMENT["chest"], :, 0]
    W[:, SEGMENT["head"]] = _turn(at["head"] - at["nose"], across, rest["head"] - rest["nose"], LEFT)


def _foot(joints: _Joints, W: F64, s: str) -> None:
    """Set a foot level where the body may stand on it, within the ankle's range, and hanging a little elsewhere."""
    shank = W[:, SEGMENT[f"shank.{s}"]]
    ankle = joints.at[f"{SIDES[s]}_ankle"][:, 1]
    lower = np.minimum(joints.at["left_ankle"][:, 1], joints.at["right_ankle"][:, 1])
    leg = joints.size * -centre("ankle", s)[1]
    stands = 1.0 - _step((ankle - lower) / leg, STANDS, LIFTED)
    stands = stands * _step(shank[:, 1, 1], TILTED_SHANK, UPRIGHT_SHANK)
    toes = shank @ FORWARD
    level = np.clip(np.arctan2(toes[:, 1], shank[:, 1, 1]), *SOLE_RANGE)  # about the knee's axis, toes down positive
    pitch = stands * level + (1.0 - stands) * HANGING_SOLE
    foot = shank @ matrix_from_axis_angle(pitch[:, None] * LEFT)
    W[:, SEGMENT[f"foot.{s}"]] = W[:, SEGMENT[f"toes.{s}"]] = foot
