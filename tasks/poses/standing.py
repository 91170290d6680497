"""Unit and vertical axis of a skeleton whose file states neither, and a rest pose that stands upright.

The unit is the one of the common ones that makes the legs most nearly those of a 1.7 m person. The vertical axis is the one
along which the rest skeleton stands, or, where the rest is no standing body, along which the motion stands on average. In
the latter case the most upright frame becomes the rest. All of it is written into the clip's notes.
"""

from dataclasses import replace

import numpy as np

from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import F64, Clip, joint_positions, rebased, rest_positions, turned

UNITS = {  # metres
    "metres": 1.0,
    "feet": 0.3048,
    "decimetres": 0.1,
    "CMU units of inches / 0.45": 0.0254 / 0.45,
    "inches": 0.0254,
    "centimetres": 0.01,
    "millimetres": 0.001,
}
HEIGHT_M, HEIGHT_RANGE_M = 1.7, (0.9, 2.4)
LEG_SHARE = 0.48  # hip joint to ankle joint, of a person's height (Drillis & Contini 1966: 0.530 - 0.039)
UPRIGHT_COS = float(np.cos(np.radians(35.0)))
STANDING_COS = 0.5  # of trunk, thighs and shanks, on average
Y_UP_FROM = {
    "y": np.eye(3),
    "z": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),
    "-y": np.diag([1.0, -1.0, -1.0]),  # a camera's axes
}
UP_CHOICES = ", ".join(f"'{up}'" for up in Y_UP_FROM)


def stand_up(
    clip: Clip,
    landmarks: dict[str, int],
    metres_per_unit: float | None,
    up: str | None,
    likely_unit: tuple[str, float] | None = None,
) -> Clip:
    """Return the clip in metres, y up, with a standing rest pose.

    Args:
        clip: in the file's units and axes.
        landmarks: landmark -> joint, from `match_joints`.
        metres_per_unit: the unit, or None to find it.
        up: "y", "z" or "-y", or None to find it.
        likely_unit: a name and metres, taken before the common units if the skeleton then has a person's height.

    Raises:
        InputError: a limb has no length, unit or axis cannot be found, or no frame stands upright where one is needed.
    """
    _check_limbs(clip, landmarks)
    notes: list[str] = list(clip.notes)
    if metres_per_unit is None:
        bones = [np.linalg.norm(clip.offsets[landmarks[f"{part}.{s}"]]) for s in "LR" for part in ("shank", "foot")]
        metres_per_unit = unit_of_legs(2 * float(np.mean(bones)), clip.source, notes, likely_unit)
    if up is None:
        up = _find_up(clip, landmarks, notes)
    if up not in Y_UP_FROM:
        raise InputError(f"{clip.source}: up = {up!r}; expected {UP_CHOICES}")
    clip = replace(
        clip,
        offsets=clip.offsets * metres_per_unit,
        tips=clip.tips * metres_per_unit,
        root_positions=clip.root_positions * metres_per_unit,
    )
    if up != "y":
        clip = turned(clip, Y_UP_FROM[up])
    if uprightness(rest_positions(clip)[None], landmarks)[0, 1] < UPRIGHT_COS:
        clip = _rebase_upright(clip, landmarks, notes)
    return replace(clip, metres_per_unit=metres_per_unit, up=up, notes=tuple(notes))


def uprightness(positions: F64, landmarks: dict[str, int]) -> F64:
    """Return how well a body stands along each axis: (F, 3), the cosine of its worst limb (trunk, thighs, shanks).

    Args:
        positions: (F, S, 3) joints.
        landmarks: landmark -> joint.
    """
    return np.asarray(_directions(positions, landmarks).min(axis=0))


def _directions(positions: F64, landmarks: dict[str, int]) -> F64:
    """Return the unit vectors (5, F, 3) up the trunk, thighs and shanks."""
    at = {k: positions[:, j] for k, j in landmarks.items()}
    hips = (at["thigh.L"] + at["thigh.R"]) / 2
    segments = [at.get("neck", at.get("head", at["chest"])) - hips]
    segments += [at[f"{a}.{s}"] - at[f"{b}.{s}"] for s in "LR" for a, b in (("thigh", "shank"), ("shank", "foot"))]
    lengths = [np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9) for v in segments]
    return np.array([v / n for v, n in zip(segments, lengths, strict=True)])


def axis_of_motion(positions: F64, landmarks: dict[str, int], source: str, notes: list[str]) -> str:
    """Return the axis, of `Y_UP_FROM`, along which a motion's trunk and legs stand on average, and note it.

    Args:
        positions: (F, S, 3) joints.
        landmarks: landmark -> joint.
        source: the file, for the message.
        notes: gets a line.

    Raises:
        InputError: it stands along none.
    """
    x, y, z = _directions(positions, landmarks).mean(axis=(0, 1))
    cosines = {"y": y, "z": z, "-y": -y}
    axis = max(cosines, key=lambda name: cosines[name])
    if cosines[axis] > STANDING_COS:
        notes.append(f"up: {axis} (the motion, on average, stands along it)")
        return axis
    raise InputError(
        f"{source}: neither the rest skeleton nor the motion stands along y or z (the motion's trunk and legs, on average: "
        f"{x:.2f}, {y:.2f}, {z:.2f}); give up = {UP_CHOICES}"
    )


def _check_limbs(clip: Clip, landmarks: dict[str, int]) -> None:
    rest = rest_positions(clip)
    for parts in (("upper_arm", "forearm"), ("thigh", "shank"), ("shank", "foot")):
        for a, b in ((landmarks[f"{parts[0]}.{s}"], landmarks[f"{parts[1]}.{s}"]) for s in "LR"):
            if not np.linalg.norm(rest[b] - rest[a]) > 0:
                raise InputError(
                    f"{clip.source}: the bone from '{clip.joint_names[a]}' to '{clip.joint_names[b]}' has no length at rest; "
                    f"expected the joints apart"
                )


def unit_of_legs(leg: float, source: str, notes: list[str], likely_unit: tuple[str, float] | None = None) -> float:
    """Return the metres of the unit in which a leg, hip to ankle, has this length, and note it.

    Args:
        leg: length, in the unit.
        source: the file, for the message.
        notes: gets a line.
        likely_unit: a name and metres, taken before the common units if the body then has a person's height.

    Raises:
        InputError: it is a person's leg in no common unit.
    """
    height = leg / LEG_SHARE
    name, unit = min(UNITS.items(), key=lambda item: abs(np.log(max(height, 1e-9) * item[1] / HEIGHT_M)))
    if likely_unit and HEIGHT_RANGE_M[0] <= height * likely_unit[1] <= HEIGHT_RANGE_M[1]:
        name, unit = likely_unit
    if not HEIGHT_RANGE_M[0] <= height * unit <= HEIGHT_RANGE_M[1]:
        raise InputError(
            f"{source}: the skeleton stands about {height:.4g} of the file's units tall, a person's height in none of "
            f"{', '.join(UNITS)}; give metres_per_unit"
        )
    notes.append(f"unit: {name} (the skeleton then stands about {height * unit:.2f} m)")
    return unit


def _find_up(clip: Clip, landmarks: dict[str, int], notes: list[str]) -> str:
    rest = uprightness(rest_positions(clip)[None], landmarks)[0]
    axis = 1 + int(rest[2] > rest[1])
    if rest[axis] > UPRIGHT_COS:
        notes.append(f"up: {'xyz'[axis]} (the rest skeleton stands along it)")
        return "xyz"[axis]
    return axis_of_motion(joint_positions(clip), landmarks, clip.source, notes)


def _rebase_upright(clip: Clip, landmarks: dict[str, int], notes: list[str]) -> Clip:
    cosines = uprightness(joint_positions(clip), landmarks)[:, 1]
    frame = int(cosines.argmax())
    if cosines[frame] < UPRIGHT_COS:
        raise InputError(
            f"{clip.source}: the rest skeleton does not stand upright and no frame does (the best, {frame}, has a limb "
            f"{np.degrees(np.arccos(cosines[frame])):.0f} degrees off the vertical); add a frame that stands, or say which "
            f"axis is up"
        )
    notes.append(f"rest: frame {frame} (the file's own rest pose does not stand)")
    return rebased(clip, frame)
