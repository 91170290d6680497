"""Key poses of daily life, authored as anatomical angles in keyposes.toml, and their mirror images.

Motion capture at hand is thin on what people do in photographs: they sit, phone, carry, lean, fold their arms. Each pose is
a short table of degrees; see the head of the toml for the words.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.rotations import fraction_of_rotation
from manikin.tasks.errors import InputError
from manikin.tasks.poses.anatomy import SEGMENT, anatomy_of
from manikin.tasks.poses.angles import (
    CENTRAL_JOINTS,
    SIDED_JOINTS,
    WORDS,
    local_from_coordinates,
    set_angles,
    zero_coordinates,
)
from manikin.tasks.poses.labels import LABELS
from manikin.tasks.poses.postures import Postures, joined, mirrored, pose_of, with_rhythm, without_heading

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

BUILT_IN = Path(__file__).with_name("keyposes.toml")
SPINE_SHARE = 0.5  # of the spine's bend, taken below the ribs
MAX_DEGREES = 190.0


@dataclass(frozen=True, slots=True)
class KeyPoses:
    """N key poses, the authored ones first, then the mirror images of those that are not symmetric."""

    names: tuple[str, ...]
    labels: tuple[str, ...]
    poses: F32  # (N, J, 3) axis-angle on the rig
    postures: Postures


def read_key_poses(model: BodyModel, path: Path = BUILT_IN) -> KeyPoses:
    """Return the key poses of a toml file for a body's rig, heading removed, mirror images appended.

    Raises:
        InputError: the file is wrong; the message names pose, joint and value.
    """
    anatomy = anatomy_of(model)
    names, labels, postures = read_postures(path)
    image = mirrored(postures)
    moved = np.abs(image.local - postures.local).max(axis=(1, 2, 3))
    rows = np.flatnonzero((moved > 1e-6) | (np.abs(image.curls - postures.curls).max(axis=(1, 2)) > 1e-6))
    everything = joined([postures, image[rows]])
    return KeyPoses(
        names=(*names, *(f"{names[i]} (mirrored)" for i in rows)),
        labels=(*labels, *(labels[i] for i in rows)),
        poses=pose_of(anatomy, everything).astype(np.float32),
        postures=everything,
    )


def read_postures(path: Path = BUILT_IN) -> tuple[tuple[str, ...], tuple[str, ...], Postures]:
    """Return names, labels and postures of a key pose file, without the mirror images.

    Raises:
        InputError: the file is wrong; the message names pose, joint and value.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise InputError(f"{path}: not a readable toml file: {e}") from e
    hands = _read_hands(content, path)
    tables = content.get("pose")
    if not isinstance(tables, list) or not tables or not all(isinstance(t, dict) for t in tables):
        raise InputError(f"{path}: no key poses; expected [[pose]] tables")
    if unknown := set(content) - {"hands", "pose"}:
        raise InputError(f"{path}: unknown table {', '.join(sorted(unknown))}; expected [hands] and [[pose]]")
    names = [_text(t, "name", i, path) for i, t in enumerate(tables)]
    labels = [_text(t, "label", i, path) for i, t in enumerate(tables)]
    for name, label in zip(names, labels, strict=True):
        if names.count(name) > 1:
            raise InputError(f"{path}: pose '{name}' stands there twice; names must differ")
        if label not in LABELS:
            raise InputError(f"{path}: pose '{name}': label '{label}'; expected one of {', '.join(LABELS)}")
    postures = joined([_read_pose(t, hands, f"{path}: pose '{n}'") for n, t in zip(names, tables, strict=True)])
    return tuple(names), tuple(labels), without_heading(postures)


def _read_pose(table: dict[str, object], hands: dict[str, F64], where: str) -> Postures:
    coordinates = zero_coordinates()
    curls = np.stack([hands["relaxed"]] * 2)
    sides: dict[str, dict[str, object]] = {"": {}, "L": {}, "R": {}}
    for key, value in table.items():
        if key in ("name", "label"):
            continue
        if key in ("left", "right"):
            if not isinstance(value, dict):
                raise InputError(f"{where}: {key} = {value!r}; expected joints, as in {key}.elbow = {{ flexion = 90 }}")
            sides[key[0].upper()] = value
        else:
            sides[""][key] = value
    for side, joints in sides.items():
        for joint, value in joints.items():
            here = f"{where}: {'left.' if side == 'L' else 'right.' if side == 'R' else ''}{joint}"
            for s in (side,) if side or joint in CENTRAL_JOINTS else ("L", "R"):
                if joint == "hand":
                    curls["LR".index(s)] = _hand(value, hands, here)
                else:
                    set_angles(coordinates, joint, s, _angles(joint, s, value, here))
    local = local_from_coordinates(coordinates)
    chest, abdomen = SEGMENT["chest"], SEGMENT["abdomen"]
    local[abdomen] = fraction_of_rotation(local[chest], SPINE_SHARE)
    local[chest] = fraction_of_rotation(local[chest], 1.0 - SPINE_SHARE)
    return Postures(with_rhythm(local)[None], curls[None])


def _angles(joint: str, side: str, value: object, where: str) -> dict[str, float]:
    if joint not in WORDS or (side and joint not in SIDED_JOINTS):
        raise InputError(f"{where}: no such joint{' on a side' if side else ''}; expected hand, {', '.join(WORDS)}")
    words = WORDS[joint]
    if not isinstance(value, dict) or not value:
        raise InputError(f"{where} = {value!r}; expected degrees, as in {{ {next(iter(words))} = 20 }}")
    for word, degrees in value.items():
        if word not in words:
            raise InputError(f"{where}: '{word}' is no angle of the {joint}; expected {', '.join(words)}")
        if isinstance(degrees, bool) or not isinstance(degrees, int | float) or not abs(degrees) <= MAX_DEGREES:
            raise InputError(
                f"{where}: {word} = {degrees!r}; expected degrees between -{MAX_DEGREES:g} and {MAX_DEGREES:g}"
            )
    return value


def _hand(value: object, hands: dict[str, F64], where: str) -> F64:
    if not isinstance(value, str) or value not in hands:
        raise InputError(f"{where} = {value!r}; expected one of the [hands]: {', '.join(hands)}")
    return hands[value]


def _read_hands(content: dict[str, object], path: Path) -> dict[str, F64]:
    table = content.get("hands")
    if not isinstance(table, dict) or "relaxed" not in table:
        raise InputError(f"{path}: no table [hands] with at least 'relaxed'")
    for name, curls in table.items():
        if not (
            isinstance(curls, list)
            and len(curls) == 5
            and all(isinstance(c, int | float) and -0.5 <= c <= 1.2 for c in curls)
        ):
            raise InputError(
                f"{path}: hands.{name} = {curls!r}; expected 5 curls (thumb to little finger) in [-0.5, 1.2]"
            )
    return {name: np.array(curls, np.float64) for name, curls in table.items()}


def _text(table: dict[str, object], key: str, i: int, path: Path) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise InputError(
            f"{path}: [[pose]] number {i + 1} ({table.get('name', 'unnamed')}): {key} = {value!r}; expected text"
        )
    return value
