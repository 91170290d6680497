"""The twenty segments of a body in anatomical terms, and how the rig's rest pose stands to the anatomical position.

All poses, authored, captured or drawn, pass through one small skeleton whose zero is the anatomical position: upright, arms
hanging with straight elbows, palms towards the thighs, legs straight down, feet forward. There every segment's frame is the
world's (x to the body's left, y up, z forward), so that limbs point down -y and hinges turn about x. The rig's rest is an
A-pose with bent elbows or, in SMPL's family, a T-pose with straight ones and palms down; `Anatomy.zero` holds, per segment,
the rotation from that rest to the anatomical position, found from the rest joints: a segment's bone and its hinge (elbow
plane, knee axis, knuckles) are laid onto the axes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.model import BodyModel, other_side
from manikin.tasks.bodies.rotations import frame_from_axes, matrix_from_axis_angle, rotation_between
from manikin.tasks.errors import InputError
from manikin.tasks.poses.rigs import RIGS, Rig

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_SIDED = {
    "clavicle": "chest",
    "upper_arm": "chest",  # not the clavicle: the range of a shoulder is stated against the trunk
    "forearm": "upper_arm",
    "hand": "forearm",
    "thigh": "pelvis",
    "shank": "thigh",
    "foot": "shank",
    "toes": "foot",
}
_CENTRAL = {"pelvis": "", "abdomen": "pelvis", "chest": "abdomen", "head": "chest"}
SEGMENTS: tuple[str, ...] = (*_CENTRAL, *(f"{s}.{side}" for side in "LR" for s in _SIDED))
N_SEGMENTS = len(SEGMENTS)
SEGMENT = {name: i for i, name in enumerate(SEGMENTS)}


def _parent(name: str) -> int:
    base, _, side = name.partition(".")
    parent = _CENTRAL[base] if not side else _SIDED[base]
    return -1 if not parent else SEGMENT.get(f"{parent}.{side}", SEGMENT.get(parent, -1))


PARENTS: I32 = np.array([_parent(s) for s in SEGMENTS], np.int32)
_OTHER = {"L": "R", "R": "L"}
MIRRORED: I32 = np.array([SEGMENT[s[:-1] + _OTHER[s[-1]] if "." in s else s] for s in SEGMENTS], np.int32)

DOWN, LEFT, FORWARD = -np.eye(3)[1], np.eye(3)[0], np.eye(3)[2]


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What poses need to know of a body model: its rig, and the rig's way to the anatomical position."""

    rig: Rig
    joint_names: tuple[str, ...]
    parents: I32  # (J,)
    rest: F64  # (J, 3) metres, the mean body's joints
    zero: F64  # (S, 3, 3) from the rig's rest to the anatomical position, per segment
    finger_joints: (
        I32  # (2, 5, 3) left and right, thumb first, from the knuckle outwards; (2, 0, 3) for hands of one piece
    )
    finger_axes: F64  # (2, 5, 3, 3) or (2, 0, 3, 3), axis at rest about which each finger joint flexes
    mirrored: I32  # (J,) the joint on the other side

    def joint(self, name: str) -> int:
        """Return the index of a rig joint by name."""
        return self.joint_names.index(name)

    def landmark(self, name: str) -> int:
        """Return the index of the rig joint at a landmark, such as neck or elbow.L; any of the rig's."""
        return self.joint_names.index(self.rig.joint_name(name))

    def bone(self, a: str, b: str) -> F64:
        """Return the vector from one rig joint to another at rest, (3,) metres."""
        return np.asarray(self.rest[self.joint(b)] - self.rest[self.joint(a)])


def anatomy_of(model: BodyModel) -> Anatomy:
    """Return a body model's anatomy, from the joints of its mean shape.

    Raises:
        InputError: the rig is of an unknown family or lacks joints that poses are written for.
    """
    if model.family not in RIGS:
        raise InputError(f"bodies of the family {model.family!r} cannot be posed; expected one of {', '.join(RIGS)}")
    rig, names, rest = RIGS[model.family], model.joint_names, model.J_template.astype(np.float64)
    needed = [rig.joint_name(f"{base}.{s}") for base in rig.landmarks for s in "LR"]
    if missing := sorted(set(needed) - set(names)):
        raise InputError(f"the body's rig has no joints {', '.join(missing)}; poses need those of {model.family}")
    at = {f"{base}.{s}": rest[names.index(rig.joint_name(f"{base}.{s}"))] for base in rig.landmarks for s in "LR"}
    joints = np.array(
        [[[names.index(f.format(k=k, s=side)) for k in (1, 2, 3)] for f in rig.fingers] for side in rig.sides.values()],
        np.int32,
    ).reshape(2, len(rig.fingers), 3)
    return Anatomy(
        rig=rig,
        joint_names=names,
        parents=model.parents.astype(np.int32),
        rest=rest,
        zero=_zero(at, rig),
        finger_joints=joints,
        finger_axes=np.stack([_finger_axes(at, joints[s], rest, s) for s in (0, 1)]),
        mirrored=np.array([names.index(other_side(n)) for n in names], np.int32),
    )


def limb_alignment(bone: F64, hinge: F64) -> F64:
    """Return the rotation (3, 3) that lays a limb's rest bone onto -y and its hinge axis, as far as it can, onto x."""
    return np.asarray(frame_from_axes(DOWN, LEFT) @ frame_from_axes(bone, hinge).T)


def heading_alignment(direction: F64) -> F64:
    """Return the turn about y (3, 3) that brings a direction above z."""
    return np.asarray(matrix_from_axis_angle([0.0, -np.arctan2(direction[0], direction[2]), 0.0]))


def _zero(at: dict[str, F64], rig: Rig) -> F64:
    zero = np.tile(np.eye(3), (N_SEGMENTS, 1, 1))
    for s in "LR":
        upper, fore = at[f"elbow.{s}"] - at[f"shoulder.{s}"], at[f"wrist.{s}"] - at[f"elbow.{s}"]
        if rig.has_bent_elbows:  # forward: the plane of the arm shows its hinge
            hinges = (-np.cross(upper, fore),) * 2
        else:  # with the arm swung straight back to hanging, the hinge lies across the body
            hinge = rotation_between(DOWN, upper) @ LEFT
            hinges = hinge, rotation_between(upper, fore) @ hinge
        zero[SEGMENT[f"upper_arm.{s}"]] = limb_alignment(upper, hinges[0])
        zero[SEGMENT[f"forearm.{s}"]] = limb_alignment(fore, hinges[1])
        knuckles = (
            at[f"index.{s}"] - at[f"little.{s}"] if rig.fingers else FORWARD
        )  # from the little finger: forward at zero
        palm = frame_from_axes(at[f"middle.{s}"] - at[f"wrist.{s}"], knuckles)
        zero[SEGMENT[f"hand.{s}"]] = frame_from_axes(DOWN, FORWARD) @ palm.T
        thigh, shank = at[f"knee.{s}"] - at[f"hip.{s}"], at[f"ankle.{s}"] - at[f"knee.{s}"]
        zero[SEGMENT[f"thigh.{s}"]] = limb_alignment(thigh, LEFT)
        zero[SEGMENT[f"shank.{s}"]] = limb_alignment(shank, LEFT)
        foot = heading_alignment((at[f"ball.{s}"] + at[f"middle_toe.{s}"]) / 2 - at[f"ankle.{s}"])
        zero[SEGMENT[f"foot.{s}"]] = zero[SEGMENT[f"toes.{s}"]] = foot
    return zero


def _finger_axes(at: dict[str, F64], joints: I32, rest: F64, side: int) -> F64:
    """Return the flexion axes (5, 3, 3) of one hand: across the palm for the fingers, towards the ring finger for the thumb."""
    s = "LR"[side]
    axes = np.zeros((len(joints), 3, 3))
    for f in range(len(joints)):
        knuckles = at[f"index.{s}"] - at[f"little.{s}"]
        across = -knuckles if side == 0 else knuckles
        for k in range(3):
            bone = rest[joints[f, min(k + 1, 2)]] - rest[joints[f, min(k, 1)]]
            axis = np.cross(bone, at[f"ring.{s}"] - rest[joints[f, k]]) if f == 0 else across
            axis = axis - bone * (axis @ bone) / (bone @ bone)
            axes[f, k] = axis / np.linalg.norm(axis)
    return axes
