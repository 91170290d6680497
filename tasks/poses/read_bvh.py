"""Reader of Biovision hierarchies (BVH): a text file with a tree of joints and, per frame, one number for each channel.

Rotations multiply in the order of the channels, so every order of axes works. BVH states neither unit nor vertical axis:
`standing.stand_up` finds both from the skeleton and writes what it found into the clip, or takes them as given.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import F64, Clip
from manikin.tasks.poses.euler_angles import NONE, rotations_from_angles
from manikin.tasks.poses.joint_maps import JointMap, match_joints
from manikin.tasks.poses.standing import stand_up

CHANNELS = tuple(f"{axis}{kind}" for kind in ("position", "rotation") for axis in "XYZ")


@dataclass(slots=True)
class _Joint:
    name: str
    parent: int
    line: int
    offset: list[float] | None = None
    channels: list[str] = field(default_factory=list)
    tip: list[float] | None = None


def read_bvh(
    path: Path,
    metres_per_unit: float | None = None,
    up: str | None = None,
    maps: tuple[JointMap, ...] | None = None,
) -> Clip:
    """Return the motion of one BVH file, in metres with y up.

    Args:
        path: the file.
        metres_per_unit: the file's unit; found from the length of the legs when None.
        up: the file's vertical axis, "y", "z" or "-y"; found from the skeleton when None.
        maps: naming conventions to find legs and head by; the built-in ones when None.

    Raises:
        InputError: the file is no BVH, is cut short, or its tree or numbers are wrong; the message names the line.
    """
    lines = _read_lines(path)
    joints, motion_line = _parse_tree(lines, path)
    interval, values = _parse_motion(lines, motion_line, joints, path)
    names = tuple(j.name for j in joints)
    rotations, positions = _split_channels(joints, values)
    offsets = np.array([j.offset for j in joints], np.float64)
    for j, place in positions.items():  # such files leave OFFSET empty and write the bone into the channels
        if j > 0 and not offsets[j].any():
            offsets[j] = np.median(place, axis=0)
    clip = Clip(
        name=path.stem,
        source=str(path),
        fps=1.0 / interval,
        joint_names=names,
        parents=np.array([j.parent for j in joints], np.int32),
        offsets=offsets,
        tips=np.array([j.tip or [0.0, 0.0, 0.0] for j in joints], np.float64),
        rotations=rotations,
        root_positions=positions.get(0, np.broadcast_to(offsets[0], (len(values), 3)).copy()),
    )
    return stand_up(clip, match_joints(names, str(path), maps), metres_per_unit, up)


def _read_lines(path: Path) -> list[str]:
    try:
        data = path.read_bytes()
    except OSError as e:
        raise InputError(f"{path}: cannot be read: {e.strerror}") from e
    lines = data.decode("utf-8-sig", errors="replace").splitlines()
    first = next((line.split()[0] for line in lines if line.split()), "")
    if first.upper() != "HIERARCHY":
        shown = repr(first[:40]) if first else "nothing"
        raise InputError(f"{path}: no BVH file: it begins with {shown}; expected HIERARCHY")
    return lines


def _parse_tree(lines: list[str], path: Path) -> tuple[list[_Joint], int]:
    """Return the joints, parents first, and the index of the MOTION line."""
    joints: list[_Joint] = []
    stack: list[int] = []  # open joints; -1 stands for an end site
    opening: int | None = None  # a joint whose { is awaited
    for i, line in enumerate(lines):
        words = line.replace("{", " { ").replace("}", " } ").split()
        while words:
            word, where = words[0].upper(), f"{path}, line {i + 1}"
            if opening is not None and word != "{":
                raise InputError(f"{where}: '{words[0]}' where '{{' was expected after a joint's name")
            if word == "HIERARCHY":
                words = words[1:]
            elif word in ("ROOT", "JOINT", "END"):
                end = words.index("{") if "{" in words else len(words)
                opening = _open_joint(word, words[:end], joints, stack, where, i + 1)
                words = words[end:]
            elif word == "{":
                if opening is None:
                    raise InputError(f"{where}: '{{' opens nothing; expected it after ROOT, JOINT or End Site")
                stack.append(opening)
                opening, words = None, words[1:]
            elif word == "}":
                if not stack:
                    raise InputError(f"{where}: '}}' closes nothing")
                stack.pop()
                words = words[1:]
            elif word == "OFFSET":
                _set_offset(words[1:], joints, stack, where)
                words = words[4:]
            elif word == "CHANNELS":
                words = _set_channels(words[1:], joints, stack, where)
            elif word == "MOTION":
                _check_tree(joints, stack, where)
                return joints, i
            else:
                raise InputError(f"{where}: '{words[0]}' is no word of a BVH hierarchy")
    inside = f" inside joint '{joints[max(stack[-1], 0)].name}'" if stack and joints else ""
    raise InputError(f"{path}: the file ends at line {len(lines)}{inside}, before MOTION: it is cut short")


def _open_joint(word: str, words: list[str], joints: list[_Joint], stack: list[int], where: str, line: int) -> int:
    """Return the index of the joint that the next brace opens, -1 for an end site."""
    if word == "END":
        if not stack or stack[-1] < 0:
            raise InputError(f"{where}: an End Site outside a joint")
        return -1
    name = " ".join(words[1:])
    if not name:
        raise InputError(f"{where}: {words[0]} without a name")
    if word == "ROOT" and joints:
        raise InputError(f"{where}: a second ROOT '{name}' beside '{joints[0].name}'; expected one skeleton")
    if word == "JOINT" and (not stack or stack[-1] < 0):
        raise InputError(f"{where}: JOINT '{name}' has no parent; expected it inside the ROOT's or a joint's braces")
    if (twin := next((j for j in joints if j.name == name), None)) is not None:
        open_names = [joints[k].name for k in stack if k >= 0]
        cyclic = " and is its own ancestor (a cyclic hierarchy)" if name in open_names else ""
        raise InputError(f"{where}: joint '{name}' stands there a second time{cyclic}; first at line {twin.line}")
    joints.append(_Joint(name, stack[-1] if stack else -1, line))
    return len(joints) - 1


def _set_offset(words: list[str], joints: list[_Joint], stack: list[int], where: str) -> None:
    if not stack:
        raise InputError(f"{where}: OFFSET outside a joint")
    offset = _numbers(words[:3], where, "OFFSET")
    if len(offset) != 3:
        raise InputError(f"{where}: OFFSET has {len(offset)} numbers; expected 3")
    if stack[-1] < 0:
        parent = next(k for k in reversed(stack) if k >= 0)
        joints[parent].tip = joints[parent].tip or offset
    else:
        joints[stack[-1]].offset = offset


def _set_channels(words: list[str], joints: list[_Joint], stack: list[int], where: str) -> list[str]:
    if not stack or stack[-1] < 0:
        raise InputError(f"{where}: CHANNELS outside a joint")
    joint = joints[stack[-1]]
    if not words or not (words[0].isascii() and words[0].isdigit()):
        raise InputError(f"{where}: CHANNELS of '{joint.name}' without a count")
    n = int(words[0])
    names = [w[0].upper() + w[1:].lower() for w in words[1 : n + 1]]
    for name in names:
        if name not in CHANNELS:
            raise InputError(f"{where}: '{name}' of joint '{joint.name}' is no channel; expected {', '.join(CHANNELS)}")
    if len(names) != n:
        raise InputError(f"{where}: CHANNELS of '{joint.name}' announces {n} names and lists {len(names)}")
    joint.channels = names
    return words[n + 1 :]


def _check_tree(joints: list[_Joint], stack: list[int], where: str) -> None:
    if not joints:
        raise InputError(f"{where}: MOTION without a hierarchy; expected a ROOT before it")
    if stack:
        name = joints[max(stack[-1], 0)].name
        raise InputError(f"{where}: MOTION inside the braces of joint '{name}'; {len(stack)} '}}' are missing")
    for joint in joints:
        if joint.offset is None:
            raise InputError(f"{where}: joint '{joint.name}' (line {joint.line}) has no OFFSET")


def _parse_motion(lines: list[str], start: int, joints: list[_Joint], path: Path) -> tuple[float, F64]:
    """Return the seconds between frames and the values (F, channels)."""
    filled = [i for i, line in enumerate(lines[start + 1 :], start + 1) if line.strip()]
    head = [(i + 1, lines[i].split()) for i in filled[:2]]
    n_frames = _header(head, 0, ("frames:",), "Frames: N", path)
    interval = _header(head, 1, ("frame", "time:"), "Frame Time: seconds", path)
    if n_frames < 1 or n_frames != int(n_frames):
        raise InputError(f"{path}, line {head[0][0]}: Frames: {n_frames:g}; expected a whole number above 0")
    if not (interval > 0 and np.isfinite(interval)):
        raise InputError(f"{path}, line {head[1][0]}: Frame Time: {interval:g}; expected seconds above 0")
    columns = [f"{c} of joint '{j.name}'" for j in joints for c in j.channels]
    values = _quick_rows([lines[i] for i in filled[2:]], (int(n_frames), len(columns)))
    if values is None:  # word by word, so that what is wrong is named with its line
        rows = [(i + 1, lines[i].split()) for i in filled[2:]]
        _check_count(rows, int(n_frames), len(columns), len(lines), path)
        values = np.array([_row(words, i, columns, path) for i, words in rows])
    return interval, values


def _quick_rows(lines: list[str], shape: tuple[int, int]) -> F64 | None:
    """Return the lines' numbers, or None if they are not of that shape, or not all of them finite numbers."""
    try:
        values = np.loadtxt(lines, comments=None, ndmin=2) if len(lines) == shape[0] else np.empty((0, 0))
    except ValueError:
        return None
    return values if values.shape == shape and np.isfinite(values).all() else None


def _header(rows: list[tuple[int, list[str]]], k: int, words: tuple[str, ...], expected: str, path: Path) -> float:
    if len(rows) <= k:
        raise InputError(f"{path}: the file ends after MOTION, before '{expected}': it is cut short")
    line, found = rows[k]
    if tuple(w.lower() for w in found[: len(words)]) != words or len(found) != len(words) + 1:
        raise InputError(f"{path}, line {line}: '{' '.join(found)[:60]}' where '{expected}' was expected")
    return _numbers(found[-1:], f"{path}, line {line}", expected)[0]


def _check_count(rows: list[tuple[int, list[str]]], declared: int, n_columns: int, n_lines: int, path: Path) -> None:
    whole = sum(len(words) == n_columns for _, words in rows)
    if len(rows) < declared or (len(rows) == declared and rows and len(rows[-1][1]) < n_columns):
        part = " and a part of one" if rows and len(rows[-1][1]) < n_columns else ""
        raise InputError(
            f"{path}: the file is cut short: {declared} frames were declared, {whole}{part} stand there "
            f"(it ends at line {n_lines}); get the whole file, or correct 'Frames:'"
        )
    if len(rows) > declared:
        raise InputError(
            f"{path}, line {rows[declared][0]}: more rows than frames: {declared} were declared, {len(rows)} stand there"
        )


def _row(words: list[str], line: int, columns: list[str], path: Path) -> list[float]:
    if len(words) != len(columns):
        raise InputError(f"{path}, line {line}: {len(words)} numbers; the hierarchy has {len(columns)} channels")
    try:
        values = [float(w) for w in words]
    except ValueError:
        values = _numbers(words, f"{path}, line {line}", "a frame")
    if not np.isfinite(values).all():
        k = int(np.argmin(np.isfinite(values)))
        raise InputError(f"{path}, line {line}: {columns[k]} is {words[k]}; expected a finite number")
    return values


def _numbers(words: list[str], where: str, what: str) -> list[float]:
    values = []
    for word in words:
        try:
            value = float(word)
        except ValueError:
            raise InputError(f"{where}: '{word[:40]}' in {what} is no number") from None
        if not np.isfinite(value):
            raise InputError(f"{where}: {what} holds {word}; expected a finite number")
        values.append(value)
    return values


def _split_channels(joints: list[_Joint], values: F64) -> tuple[F64, dict[int, F64]]:
    """Return local rotations (F, S, 3, 3) and, for each joint with three position channels, its places (F, 3)."""
    angles = np.zeros((len(values), len(joints), max(len(j.channels) for j in joints)))
    axes = np.full(angles.shape[1:], NONE, np.int32)
    positions: dict[int, F64] = {}
    column = 0
    for j, joint in enumerate(joints):
        place = {}
        for k, channel in enumerate(joint.channels):
            axis = "XYZ".index(channel[0])
            if channel.endswith("rotation"):
                axes[j, k], angles[:, j, k] = axis, values[:, column]
            else:
                place[axis] = values[:, column]
            column += 1
        if len(place) == 3:
            positions[j] = np.stack([place[a] for a in range(3)], axis=1)
    return rotations_from_angles(np.radians(angles), axes), positions
