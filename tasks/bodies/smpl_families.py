"""The bodies of SMPL's family as data: their joints, their pose features, and which vertices and triangles are what.

Loper et al. 2015 (SMPL), Romero et al. 2017 (SMPL-H), Pavlakos et al. 2019 (SMPL-X), Osman et al. 2020 (STAR).
"""

from dataclasses import dataclass

from manikin.tasks.bodies.skinning import PART_NAMES

_BODY = (
    *("pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle"),
    *("spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head"),
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
)
_HANDS = ("left_hand", "right_hand")
_FINGERS = tuple(
    f"{s}_{f}{k}" for s in ("left", "right") for f in ("index", "middle", "pinky", "ring", "thumb") for k in (1, 2, 3)
)


@dataclass(frozen=True, slots=True)
class Family:
    """What tells one family from the others."""

    joint_names: tuple[str, ...]
    features_a_joint: int  # but the root: 9 of R - I by rows, or 4 of a quaternion x, y, z, w - 1
    more_features: int = 0  # at the end

    @property
    def n_features(self) -> int:
        """Return the number of pose features."""
        return (len(self.joint_names) - 1) * self.features_a_joint + self.more_features


FAMILIES = {
    "smpl": Family((*_BODY, *_HANDS), 9),
    "star": Family((*_BODY, *_HANDS), 4, more_features=1),
    "smplh": Family((*_BODY, *_FINGERS), 9),
    "smplx": Family((*_BODY, "jaw", "left_eye_smplhf", "right_eye_smplhf", *_FINGERS), 9),
}
_PART_OF_JOINT = {  # by the end of its name; what is not named is the torso
    "head": "head",
    "jaw": "head",
    "eye_smplhf": "head",
    "neck": "neck",
    "shoulder": "upper_arm",
    "elbow": "forearm",
    "wrist": "hand",
    "hand": "hand",
    "hip": "upper_leg",
    "knee": "lower_leg",
    "ankle": "foot",
    "foot": "foot",
}
# Vertices that stand for surface points, by the size of the mesh: the ids that the field uses for COCO and OpenPose, as
# `vertex_ids` of the package smplx lists them: the nose, the left side, the right side.
_POINTS = ("eye", "ear", "big_toe", "small_toe", "heel")
_VERTICES = {
    6890: (332, (2800, 583, 3216, 3226, 3387), (6260, 4071, 6617, 6624, 6787)),
    10475: (9120, (9448, 6, 5770, 5780, 8846), (9929, 616, 8463, 8474, 8635)),
}


def part_of(joint: str) -> str:
    """Return the body part, of `PART_NAMES`, that a joint of any of the families carries."""
    side, _, base = joint.partition("_") if joint.startswith(("left_", "right_")) else ("", "", joint)
    part = "hand" if joint in _FINGERS else _PART_OF_JOINT.get(base, "torso")
    return part if part in PART_NAMES else f"{side}_{part}"


def point_vertices(n_vertices: int) -> dict[str, int]:
    """Return the vertex of each surface point, by name, of a mesh of so many vertices; none for a mesh that is not known."""
    if n_vertices not in _VERTICES:
        return {}
    nose, *sides = _VERTICES[n_vertices]
    named = {
        f"{s}_{p}": v
        for s, ids in zip(("left", "right"), sides, strict=True)
        for p, v in zip(_POINTS, ids, strict=True)
    }
    return {"nose": nose, **named}
