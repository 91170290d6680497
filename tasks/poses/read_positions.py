"""Reader of plain 3D joint places (npz) on the skeletons of Human3.6M or COCO, by inverse kinematics.

The file holds `positions` (F, 17, 3) and may say what else is to be known:

    skeleton         "h36m17" or "coco17", whose joints and order are those of tasks/bodies/skeletons.toml
    joint_names      (17) those joints' names, if they stand in another order
    fps              frames per second
    metres_per_unit  or unit = "m", "cm", "mm"
    up               "y", "z" or "-y" (a camera's axes): which way is up

What it does not say may stand in a joint_maps.toml beside it. Rate and skeleton are asked for; unit and vertical are found from
the legs and noted, where neither says. The clip's rest is the anatomical position with the median lengths of the bones.
"""

from pathlib import Path

import numpy as np

from manikin.tasks.bodies.skeletons import skeleton as named_skeleton
from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import DOWN, LEFT, SEGMENT
from manikin.tasks.poses.clip import F64, Clip, local_rotations
from manikin.tasks.poses.inverse_kinematics import SIDES, segments_from_joints
from manikin.tasks.poses.joint_places import centre
from manikin.tasks.poses.npz import array_names, finite, read_arrays, read_positive
from manikin.tasks.poses.standing import UP_CHOICES, Y_UP_FROM, axis_of_motion, unit_of_legs

SKELETONS = ("h36m17", "coco17")
UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001}
EXPECTED = f"positions (F, 17, 3) with skeleton = {' or '.join(SKELETONS)}"
LANDMARKS = {"thigh": "hip", "shank": "knee", "foot": "ankle"}
NO_LENGTH = 1e-3  # of a leg
# joint: parent and the segment that turns it; "*" is a side
TREE = {
    "pelvis": ("", "pelvis"),
    "abdomen": ("pelvis", "abdomen"),
    "chest": ("abdomen", "chest"),
    "head": ("chest", "head"),
    "*_clavicle": ("chest", "clavicle"),
    "*_upper_arm": ("*_clavicle", "upper_arm"),
    "*_forearm": ("*_upper_arm", "forearm"),
    "*_wrist": ("*_forearm", "forearm"),
    "*_thigh": ("pelvis", "thigh"),
    "*_shank": ("*_thigh", "shank"),
    "*_foot": ("*_shank", "foot"),
}
SPINE = {"abdomen": np.array([0.0, 0.1, 0.0]), "chest": np.array([0.0, 0.25, 0.0]), "head": np.array([0.0, 0.66, 0.0])}
LIMBS = (
    ("upper_arm", "forearm", "shoulder", "elbow"),
    ("forearm", "wrist", "elbow", "wrist"),
    ("thigh", "shank", "hip", "knee"),
    ("shank", "foot", "knee", "ankle"),
)


def read_positions(
    path: Path,
    metres_per_unit: float | None = None,
    up: str | None = None,
    fps: float | None = None,
    skeleton: str | None = None,
) -> Clip:
    """Return the motion of one npz of joint places, in metres with y up.

    Args:
        path: the file; what it says goes before the arguments.
        metres_per_unit: the unit; found from the length of the legs when None.
        up: the vertical axis, "y", "z" or "-y"; found from the motion when None.
        fps: frames per second.
        skeleton: "h36m17" or "coco17".

    Raises:
        InputError: no npz of that layout, a place that is not finite, a bone of no length, or no rate or skeleton.
    """
    names = array_names(path)
    fps = read_positive(path, "fps") if "fps" in names else fps
    if fps is None:
        raise InputError(
            f"{path}: no frame rate; expected fps in the file, or fps = 30 (say) in a joint_maps.toml beside it"
        )
    skeleton = _text(path, names, "skeleton", skeleton, SKELETONS)
    joint_names = _joint_names(path, names, skeleton)
    n = len(joint_names)
    positions = finite(read_arrays(path, ["positions"])["positions"], (None, n, 3), f"{path}: positions", joint_names)
    notes: list[str] = []
    at = {name: j for j, name in enumerate(joint_names)}
    _check_bones(positions, at, path)
    metres_per_unit = _unit(path, names, metres_per_unit) or unit_of_legs(_leg(positions, at), str(path), notes)
    if "up" in names or up is not None:
        up = _text(path, names, "up", up, tuple(Y_UP_FROM))
    else:
        up = axis_of_motion(positions, _landmarks(at), str(path), notes)
    positions = positions @ (metres_per_unit * Y_UP_FROM[up]).T
    return _clip(path, positions, joint_names, skeleton, fps, metres_per_unit, up, tuple(notes))


def _text(path: Path, names: tuple[str, ...], key: str, given: str | None, choices: tuple[str, ...]) -> str:
    value = str(read_arrays(path, [key])[key]) if key in names else given
    if value is None or value not in choices:
        said = f"no {key}" if value is None else f"{key} = {value:.40}"
        listed = UP_CHOICES if key == "up" else " or ".join(f"'{c}'" for c in choices)
        raise InputError(f"{path}: {said}; expected {key} = {listed}, in the file or in a joint_maps.toml beside it")
    return value


def _joint_names(path: Path, names: tuple[str, ...], skeleton: str) -> tuple[str, ...]:
    expected = named_skeleton(skeleton).joint_names
    if "joint_names" not in names:
        return expected
    found = tuple(str(n) for n in read_arrays(path, ["joint_names"])["joint_names"].reshape(-1))
    if sorted(found) != sorted(expected):
        raise InputError(f"{path}: joint_names are {', '.join(found)}; {skeleton} has {', '.join(expected)}")
    return found


def _unit(path: Path, names: tuple[str, ...], given: float | None) -> float | None:
    if "metres_per_unit" in names:
        return read_positive(path, "metres_per_unit")
    if "unit" in names:
        unit = str(read_arrays(path, ["unit"])["unit"])
        if unit not in UNITS:
            raise InputError(f"{path}: unit = {unit:.40}; expected {', '.join(UNITS)}, or metres_per_unit")
        return UNITS[unit]
    return given


def _landmarks(at: dict[str, int]) -> dict[str, int]:
    """Return what `uprightness` asks for."""
    limbs = {f"{part}.{s}": at[f"{side}_{joint}"] for s, side in SIDES.items() for part, joint in LANDMARKS.items()}
    return limbs | {"chest": at.get("thorax", at["nose"])}


def _bone(positions: F64, at: dict[str, int], a: str, b: str) -> F64:
    """Return the lengths (F) from one joint to another."""
    return np.asarray(np.linalg.norm(positions[:, at[b]] - positions[:, at[a]], axis=-1))


def _leg(positions: F64, at: dict[str, int]) -> float:
    """Return the median length of a leg, hip to ankle."""
    bones = [_bone(positions, at, f"{s}_{a}", f"{s}_{b}") for s in SIDES.values() for *_, a, b in LIMBS[2:]]
    return float(np.median(bones, axis=1).sum() / 2)


def _check_bones(positions: F64, at: dict[str, int], path: Path) -> None:
    least = NO_LENGTH * _leg(positions, at)
    pairs = [(f"{s}_{a}", f"{s}_{b}") for s in SIDES.values() for *_, a, b in LIMBS]
    for a, b in (*pairs, ("left_hip", "right_hip"), ("left_shoulder", "right_shoulder"), ("left_hip", "left_shoulder")):
        if (short := _bone(positions, at, a, b) <= least).any():
            raise InputError(
                f"{path}: frame {int(short.argmax())}: '{a}' and '{b}' are at the same place; expected a bone between them"
            )


def _clip(
    path: Path,
    positions: F64,
    joint_names: tuple[str, ...],
    skeleton: str,
    fps: float,
    metres_per_unit: float,
    up: str,
    notes: tuple[str, ...],
) -> Clip:
    W, centres = segments_from_joints(positions, joint_names, skeleton, fps)
    tree = [
        (name.replace("*", side), parent.replace("*", side), segment, s)
        for name, (parent, segment) in TREE.items()
        for s, side in (SIDES.items() if "*" in name else (("", ""),))
    ]
    names = [name for name, *_ in tree]
    parents = np.array([names.index(parent) if parent else -1 for _, parent, _, _ in tree], np.int32)
    turning = [SEGMENT.get(f"{segment}.{s}", SEGMENT.get(segment, -1)) for _, _, segment, s in tree]
    places = _rest(centres)
    offsets = np.array([places[n] - places[p] if p else np.zeros(3) for n, p, _, _ in tree])
    tips = np.zeros(offsets.shape)
    for s, side in SIDES.items():
        tips[names.index(f"{side}_foot")] = centre("toes", s) - centre("ankle", s)
    return Clip(
        name=path.stem,
        source=str(path),
        fps=fps,
        joint_names=tuple(names),
        parents=parents,
        offsets=offsets,
        tips=tips,
        rotations=local_rotations(W[:, turning], parents),
        root_positions=(centres["left_hip"] + centres["right_hip"]) / 2,
        metres_per_unit=metres_per_unit,
        up=up,
        notes=notes,
    )


def _rest(centres: dict[str, F64]) -> dict[str, F64]:
    """Return the places (3,) of the tree's joints in the anatomical position, with the median lengths of the bones."""

    def length(a: str, b: str) -> float:
        return float(np.median(np.linalg.norm(centres[b] - centres[a], axis=-1)))

    middle = {joint: (centres[f"left_{joint}"] + centres[f"right_{joint}"]) / 2 for joint in ("hip", "shoulder")}
    trunk = float(np.median(np.linalg.norm(middle["shoulder"] - middle["hip"], axis=-1)))
    size = trunk / float(np.linalg.norm((centre("shoulder", "L") + centre("shoulder", "R")) / 2))
    places = {"pelvis": np.zeros(3), **{name: place * size for name, place in SPINE.items()}}
    for s, side in SIDES.items():
        places[f"{side}_clavicle"] = centre("clavicle", s) * size
        places[f"{side}_upper_arm"] = centre("shoulder", s) * size
        places[f"{side}_thigh"] = (LEFT if s == "L" else -LEFT) * length("left_hip", "right_hip") / 2
        for part, end, a, b in LIMBS:
            places[f"{side}_{end}"] = places[f"{side}_{part}"] + DOWN * length(f"{side}_{a}", f"{side}_{b}")
    return places
