"""Two kinds of rig as data: MakeHuman's, with half-limb bones and five toes, and SMPL's, with one bone a limb segment.

Poses, capsules and balance are written for landmarks of the body; a table here says which joint of a rig each of them is, and
what the rig has else: which bone carries a segment, where its mass is, what it can stand on. Names of joints with a side are
patterns, {s} the side.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rig:
    """What poses need to know of a kind of rig."""

    sides: Mapping[str, str]  # L and R in its names
    landmarks: Mapping[str, str]  # name -> joint
    carriers: Mapping[str, str]  # segment -> the joint that carries its whole rotation
    fingers: tuple[
        str, ...
    ]  # thumb to little finger, {k} the joint from the knuckle outwards; none for hands of one piece
    finger_flat: F64  # (5, 3) radians from rest to a flat hand
    has_bent_elbows: bool  # at rest, so that the plane of an arm shows its hinge
    forearm_twist: tuple[float, ...]  # share of the hand's twist about the forearm on each of the forearm's bones
    slabs: tuple[
        tuple[str, str, float], ...
    ]  # of the trunk: name, carrying joint, height between the hips (0) and the neck (1)
    masses: Mapping[str, float]  # joint near a part's centre of mass -> share of the body's (de Leva 1996)
    contacts: Mapping[str, float]  # joint near what can touch the ground -> distance of the skin, metres

    def joint_name(self, landmark: str) -> str:
        """Return the name of the joint at a landmark, such as neck or elbow.L."""
        base, _, side = landmark.partition(".")
        return self.landmarks[base].format(s=self.sides.get(side, ""))

    def on_both_sides(self, table: Mapping[str, float]) -> dict[str, float]:
        """Return a table of joint patterns with the names of both sides written out, in order."""
        return {n.format(s=s): v for n, v in table.items() for s in (self.sides.values() if "{s}" in n else ("",))}


MAKEHUMAN = Rig(
    sides={"L": "L", "R": "R"},
    landmarks={
        "pelvis": "root",
        "spine": "spine03",
        "neck": "neck01",
        "head": "head",
        "shoulder": "upperarm01.{s}",
        "elbow": "lowerarm01.{s}",
        "wrist": "wrist.{s}",
        "index": "finger2-1.{s}",
        "middle": "finger3-1.{s}",
        "ring": "finger4-1.{s}",
        "little": "finger5-1.{s}",
        "grip": "finger3-2.{s}",
        "hip": "upperleg01.{s}",
        "knee": "lowerleg01.{s}",
        "ankle": "foot.{s}",
        "ball": "toe2-1.{s}",
        "middle_toe": "toe3-1.{s}",
    },
    carriers={
        "pelvis": "root",
        "abdomen": "spine04",
        "chest": "spine01",
        "head": "head",
        "clavicle": "clavicle.{s}",
        "upper_arm": "upperarm02.{s}",
        "hand": "wrist.{s}",
        "thigh": "upperleg02.{s}",
        "shank": "lowerleg01.{s}",
        "foot": "foot.{s}",
        "toes": "toe3-1.{s}",
    },
    fingers=("finger1-{k}.{s}", "finger2-{k}.{s}", "finger3-{k}.{s}", "finger4-{k}.{s}", "finger5-{k}.{s}"),
    finger_flat=np.radians([[-4.0, -6.0, -4.0]] + [[-8.0, -10.0, -8.0]] * 4),  # what the A-pose's hand lacks to flat
    has_bent_elbows=True,
    forearm_twist=(0.2, 0.6),
    slabs=(
        ("pelvis", "root", 0.02),
        ("belly", "spine04", 0.22),
        ("waist", "spine02", 0.42),
        ("ribs", "spine01", 0.60),
        ("chest", "spine01", 0.78),
    ),
    masses={
        "head": 0.07,
        "spine01": 0.16,
        "spine03": 0.15,
        "root": 0.12,
        "upperarm02.{s}": 0.027,
        "lowerarm02.{s}": 0.016,
        "wrist.{s}": 0.006,
        "upperleg02.{s}": 0.14,
        "lowerleg02.{s}": 0.045,
        "foot.{s}": 0.014,
    },
    contacts={
        "foot.{s}": 0.07,
        "toe1-1.{s}": 0.02,
        "toe5-1.{s}": 0.02,
        "lowerleg01.{s}": 0.06,
        "upperleg01.{s}": 0.12,
        "wrist.{s}": 0.03,
        "lowerarm01.{s}": 0.04,
        "root": 0.11,
        "spine02": 0.10,
        "head": 0.09,
    },
)
# The neck joint is some 5 cm higher than MakeHuman's, so slabs are lower on the scale to it. A limb's mass is shared between
# the joints at its ends.
SMPL = Rig(
    sides={"L": "left", "R": "right"},
    landmarks={
        "pelvis": "pelvis",
        "spine": "spine1",
        "neck": "neck",
        "head": "head",
        "shoulder": "{s}_shoulder",
        "elbow": "{s}_elbow",
        "wrist": "{s}_wrist",
        "middle": "{s}_hand",
        "grip": "{s}_hand",
        "hip": "{s}_hip",
        "knee": "{s}_knee",
        "ankle": "{s}_ankle",
        "ball": "{s}_foot",
        "middle_toe": "{s}_foot",
    },
    carriers={
        "pelvis": "pelvis",
        "abdomen": "spine1",
        "chest": "spine3",
        "head": "head",
        "clavicle": "{s}_collar",
        "upper_arm": "{s}_shoulder",
        "hand": "{s}_wrist",
        "thigh": "{s}_hip",
        "shank": "{s}_knee",
        "foot": "{s}_ankle",
        "toes": "{s}_foot",
    },
    fingers=(),
    finger_flat=np.zeros((5, 3)),
    has_bent_elbows=False,
    forearm_twist=(0.5,),
    slabs=(
        ("pelvis", "pelvis", 0.02),
        ("belly", "pelvis", 0.20),
        ("waist", "spine1", 0.385),
        ("ribs", "spine2", 0.55),
        ("chest", "spine3", 0.715),
    ),
    masses={
        "head": 0.07,
        "spine3": 0.16,
        "spine1": 0.15,
        "pelvis": 0.12,
        "{s}_shoulder": 0.0135,
        "{s}_elbow": 0.0215,
        "{s}_wrist": 0.014,
        "{s}_hip": 0.07,
        "{s}_knee": 0.0925,
        "{s}_ankle": 0.0365,
    },
    contacts={
        "{s}_ankle": 0.07,
        "{s}_foot": 0.03,
        "{s}_knee": 0.06,
        "{s}_hip": 0.12,
        "{s}_wrist": 0.03,
        "{s}_elbow": 0.04,
        "pelvis": 0.13,
        "spine2": 0.10,
        "head": 0.09,
    },
)
SMPL_WITH_FINGERS = replace(
    SMPL,
    landmarks={
        **SMPL.landmarks,
        "index": "{s}_index1",
        "middle": "{s}_middle1",
        "ring": "{s}_ring1",
        "little": "{s}_pinky1",
        "grip": "{s}_middle2",
    },
    fingers=("{s}_thumb{k}", "{s}_index{k}", "{s}_middle{k}", "{s}_ring{k}", "{s}_pinky{k}"),
)
RIGS = {  # by family of the body model
    "makehuman": MAKEHUMAN,
    "smpl": SMPL,
    "star": SMPL,
    "smplh": SMPL_WITH_FINGERS,
    "smplx": SMPL_WITH_FINGERS,
}
