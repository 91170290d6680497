"""How far joints bend: ranges of motion as data (limits.toml), and clipping of poses to them.

Hinges and small joints have an interval per anatomical angle. Shoulders and hips have a boundary of directions, a closed
line around the middle of the joint's range given at eight points, and an interval of rotation about the limb's length:
a swing-twist limit (Baerlocher & Boulic 2001). Everything is vectorised over poses and segments.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import N_SEGMENTS, SEGMENT, Anatomy
from manikin.tasks.poses.angles import (
    MIRROR_SIGN,
    SIDED_JOINTS,
    WORDS,
    coordinates_from_local,
    local_from_coordinates,
)
from manikin.tasks.poses.postures import Postures, pose_of, postures_of

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

BUILT_IN = Path(__file__).with_name("limits.toml")
N_DIRECTIONS = 8
TOUCHED = np.radians(0.25)  # a joint moved by less is not counted
_CENTRAL = {"abdomen": "spine", "chest": "spine", "head": "neck"}  # segment -> joint whose words it uses
_EXTRA = {  # words for what a hinge hardly does, beyond those of the key poses
    "elbow": {"carry": (2, 1), "rotation": (1, 1)},
    "knee": {"carry": (2, 1), "rotation": (1, 1)},
    "clavicle": {"axial": (0, 1)},
    "toes": {"inversion": (2, -1), "rotation": (1, 1)},
}
JOINTS = (*_CENTRAL, *SIDED_JOINTS)


@dataclass(frozen=True, slots=True)
class Limits:
    """S segments; the pelvis, free in space, has none."""

    limited: Bool  # (S,)
    low: F64  # (S, 3) radians, coordinates relative to the centre; only the twist where `reach` bounds the swing
    high: F64  # (S, 3)
    centre: F64  # (S, 3, 3)
    swings: Bool  # (S,) the swing is bounded by `reach`
    reach: F64  # (S, 8) radians


def read_limits(path: Path = BUILT_IN) -> Limits:
    """Return the ranges of motion of a toml file.

    Raises:
        InputError: the file is wrong; the message names joint and value.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise InputError(f"{path}: not a readable toml file: {e}") from e
    if unknown := set(content) - set(JOINTS):
        raise InputError(f"{path}: unknown joint {', '.join(sorted(unknown))}; expected {', '.join(JOINTS)}")
    if missing := set(JOINTS) - set(content):
        raise InputError(
            f"{path}: no limits for {', '.join(sorted(missing))}; every one of {', '.join(JOINTS)} is needed"
        )
    limits = Limits(
        limited=np.ones(N_SEGMENTS, bool),
        low=np.full((N_SEGMENTS, 3), -np.inf),
        high=np.full((N_SEGMENTS, 3), np.inf),
        centre=np.tile(np.eye(3), (N_SEGMENTS, 1, 1)),
        swings=np.zeros(N_SEGMENTS, bool),
        reach=np.full((N_SEGMENTS, N_DIRECTIONS), np.pi),
    )
    limits.limited[SEGMENT["pelvis"]] = False
    for joint in JOINTS:
        table, where = content[joint], f"{path}: [{joint}]"
        if not isinstance(table, dict):
            raise InputError(f"{where} is no table")
        for side in ("",) if joint in _CENTRAL else ("L", "R"):
            _set_limits(limits, joint, side, table, where)
    return limits


def limit_names() -> tuple[str, ...]:
    """Return the names of the segments whose limits `clip_to_limits` reports, in its order."""
    return tuple(name for name in SEGMENT if name != "pelvis")


def clip_to_limits(anatomy: Anatomy, pose: F32 | F64, limits: Limits) -> tuple[F64, Bool]:
    """Return rig poses with every joint within its range, and which joints had to move.

    Args:
        anatomy: the body's.
        pose: (N, J, 3) axis-angle.
        limits: from `read_limits`.

    Returns:
        The poses (N, J, 3), and (N, n_joints) in the order of `limit_names`.
    """
    postures = postures_of(anatomy, np.asarray(pose, np.float64))
    clipped, excess = clip_postures(postures, limits)
    return pose_of(anatomy, clipped), excess[:, limits.limited] > TOUCHED


def clip_postures(postures: Postures, limits: Limits) -> tuple[Postures, F64]:
    """Return postures within the limits, and by how many radians (N, S) each segment was beyond."""
    coordinates = coordinates_from_local(np.swapaxes(limits.centre, -1, -2) @ postures.local)
    inside = np.clip(coordinates, limits.low, limits.high)
    swing = np.hypot(coordinates[..., 0], coordinates[..., 2])
    bound = np.where(limits.swings, _reach(coordinates, limits.reach), np.inf)
    scale = np.where(swing > bound, bound / np.maximum(swing, 1e-9), 1.0)[..., None]
    inside = np.where(limits.swings[:, None] & [True, False, True], inside * scale, inside)
    excess = np.where(limits.limited, np.abs(inside - coordinates).max(axis=-1), 0.0)
    local = np.where((excess > 0)[..., None, None], limits.centre @ local_from_coordinates(inside), postures.local)
    return Postures(local, postures.curls), excess


def clipped_shares(excess: F64) -> dict[str, float]:
    """Return for each of `JOINTS` the share of poses, both sides counted, that its limits move by more than `TOUCHED`.

    Args:
        excess: (N, S) from `clip_postures`; N at least 1.
    """
    touched = excess > TOUCHED
    sides = {j: [j] if j in _CENTRAL else [f"{SIDED_JOINTS[j]}.{s}" for s in "LR"] for j in JOINTS}
    return {j: float(touched[:, [SEGMENT[s] for s in segments]].mean()) for j, segments in sides.items()}


def _reach(coordinates: F64, reach: F64) -> F64:
    """Return how far (N, S) each limb may swing in its direction: (N, S, 3) coordinates, (S, 8) radii."""
    direction = np.arctan2(coordinates[..., 2], -coordinates[..., 0]) * (N_DIRECTIONS / (2 * np.pi))
    below = np.floor(direction)
    fraction = direction - below
    k = below.astype(np.int64) % N_DIRECTIONS
    s = np.arange(reach.shape[0])
    return reach[s, k] * (1.0 - fraction) + reach[s, (k + 1) % N_DIRECTIONS] * fraction


def _set_limits(limits: Limits, joint: str, side: str, table: dict[str, object], where: str) -> None:
    words = {**WORDS[_CENTRAL.get(joint, joint)], **_EXTRA.get(joint, {})}
    s = SEGMENT[f"{SIDED_JOINTS[joint]}.{side}"] if side else SEGMENT[joint]
    mirror = MIRROR_SIGN if side == "R" else np.ones(3)
    table = {k: v for k, v in table.items() if k != "source"}
    if "reach" in table:
        limits.swings[s] = True
        reach = np.radians(_numbers(table.pop("reach"), N_DIRECTIONS, 0.0, 180.0, f"{where} reach"))
        # the compass turns from forward to outward, which is +z on the left only
        limits.reach[s] = reach if side != "R" else reach[(-np.arange(N_DIRECTIONS)) % N_DIRECTIONS]
        limits.centre[s] = _centre(table.pop("centre", None), joint, s, mirror, where)
        words = {"rotation": words["rotation"]}
    if unknown := set(table) - set(words):
        raise InputError(f"{where}: unknown {', '.join(sorted(unknown))}; expected {', '.join(words)}")
    if missing := set(words) - set(table):
        raise InputError(f"{where}: {', '.join(sorted(missing))} missing; expected an interval for {', '.join(words)}")
    for word, (component, sign) in words.items():
        least, most = _numbers(table[word], 2, -180.0, 180.0, f"{where} {word}")
        if least > most:
            raise InputError(f"{where} {word} = [{least:g}, {most:g}]; expected [least, most]")
        ends = np.radians(sorted([least * sign * mirror[component], most * sign * mirror[component]]))
        limits.low[s, component], limits.high[s, component] = ends


def _centre(value: object, joint: str, segment: int, mirror: F64, where: str) -> F64:
    if not isinstance(value, dict) or set(value) - set(WORDS[joint]):
        raise InputError(f"{where} centre = {value!r}; expected angles such as {{ flexion = 45, abduction = 10 }}")
    coordinates = np.zeros((N_SEGMENTS, 3))
    for word, degrees in value.items():
        component, sign = WORDS[joint][word]
        (angle,) = _numbers([degrees], 1, -180.0, 180.0, f"{where} centre.{word}")
        coordinates[segment, component] = np.radians(angle) * sign * mirror[component]
    return local_from_coordinates(coordinates)[segment]


def _numbers(value: object, n: int, least: float, most: float, where: str) -> list[float]:
    if not (
        isinstance(value, list)
        and len(value) == n
        and all(isinstance(v, int | float) and not isinstance(v, bool) and least <= v <= most for v in value)
    ):
        raise InputError(f"{where} = {value!r}; expected {n} numbers of degrees between {least:g} and {most:g}")
    return [float(v) for v in value]
