"""Reader of Acclaim skeletons (ASF): a root, bones by direction and length, and a tree of their names, as text.

A bone begins where its parent ends. Its own axes stand at rest turned by C from the world's (`axis`), and a frame's angles
turn it about those: its rotation against its parent is C M C^-1. Three angles turn about fixed axes in the order in which
they are listed (Lander, "Working with Motion Capture File Formats", Game Developer, January 1998).
"""

from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np

from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import F64, I32
from manikin.tasks.poses.euler_angles import rotations_from_angles

ROOT = "root"
DEGREES_OF_FREEDOM = ("rx", "ry", "rz", "tx", "ty", "tz", "l")
ORDERS = tuple("".join(p) for p in permutations("XYZ"))

Rows = list[tuple[int, list[str]]]  # line numbers and words


@dataclass(frozen=True, slots=True)
class AcclaimSkeleton:
    """Shapes: S joints, the root first, every other where its bone begins."""

    path: Path
    names: tuple[str, ...]
    parents: I32  # (S,) parents[j] < j
    offsets: F64  # (S, 3) from the parent joint at rest, in the file's unit
    tips: F64  # (S, 3) the bone itself
    axes: F64  # (S, 3, 3) each bone's own axes at rest, as columns
    channels: tuple[tuple[str, ...], ...]  # what a frame gives of each joint, in order: degrees of freedom
    root_position: F64  # (3,) where the root stands before its translation
    length: float  # the file's unit is 1 / length of what it calls a unit (CMU: inches)
    degrees: bool  # whether angles are degrees, where a motion does not say


@dataclass(slots=True)
class _Bone:
    name: str
    tip: F64
    axes: F64
    channels: tuple[str, ...]
    line: int


def read_asf(path: Path) -> AcclaimSkeleton:
    """Return the skeleton of one ASF file.

    Raises:
        InputError: no ASF, wrong or missing numbers, names or orders, or a tree that is none; the message names the line.
    """
    sections = _sections(path)
    length, degrees = _units(sections["units"], path)
    root, position = _root(sections["root"], degrees, path)
    bones = _bones(sections["bonedata"], degrees, path) | {ROOT: root}
    parent_of = _hierarchy(sections["hierarchy"], bones, path)
    names = _tree_order(parent_of, bones, path)
    parents = np.array([names.index(parent_of[n]) if n != ROOT else -1 for n in names], np.int32)
    tips = np.array([bones[n].tip for n in names])
    return AcclaimSkeleton(
        path=path,
        names=names,
        parents=parents,
        offsets=np.where((parents >= 0)[:, None], tips[parents], 0.0),
        tips=tips,
        axes=np.array([bones[n].axes for n in names]),
        channels=tuple(bones[n].channels for n in names),
        root_position=position,
        length=length,
        degrees=degrees,
    )


def _sections(path: Path) -> dict[str, Rows]:
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as e:
        raise InputError(f"{path}: cannot be read: {e.strerror}") from e
    sections: dict[str, Rows] = {}
    rows: Rows | None = None
    for i, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].replace("(", " ( ").replace(")", " ) ").split()
        if words and words[0].startswith(":"):
            rows = sections.setdefault(words[0][1:].lower(), [])
        elif words and rows is not None:
            rows.append((i, words))
        elif words:
            raise InputError(f"{path}, line {i}: no ASF file: it begins with '{words[0][:40]}'; expected :version")
    if missing := [s for s in ("units", "root", "bonedata", "hierarchy") if s not in sections]:
        raise InputError(f"{path}: no ASF skeleton, or cut short: section :{missing[0]} is missing")
    return sections


def _units(rows: Rows, path: Path) -> tuple[float, bool]:
    length, angle = 1.0, ""
    for i, words in rows:
        if words[0] == "length":
            (length,) = _numbers(words[1:], 1, f"{path}, line {i}", "length")
            if length <= 0:
                raise InputError(f"{path}, line {i}: length {length:g}; expected a unit above 0")
        elif words[0] == "angle":
            angle = " ".join(words[1:])
            if angle not in ("deg", "rad"):
                raise InputError(f"{path}, line {i}: angle '{angle}'; expected deg or rad")
    if not angle:
        raise InputError(f"{path}: section :units lacks 'angle'; expected 'angle deg' or 'angle rad'")
    return length, angle == "deg"


def _root(rows: Rows, degrees: bool, path: Path) -> tuple[_Bone, F64]:
    given = {words[0]: (f"{path}, line {i}", words[1:]) for i, words in rows}
    if missing := [k for k in ("order", "axis", "position", "orientation") if k not in given]:
        raise InputError(f"{path}: section :root lacks '{missing[0]}'")
    where, words = given["order"]
    channels = tuple(w.lower() for w in words)
    if sorted(channels) != sorted(DEGREES_OF_FREEDOM[:6]):
        raise InputError(f"{where}: order of the root is '{' '.join(words)}'; expected each of TX TY TZ RX RY RZ once")
    where, words = given["axis"]
    order = _axis_order(words, where)
    where, words = given["orientation"]
    axes = _axes(_numbers(words, 3, where, "orientation"), order, degrees)
    where, words = given["position"]
    return _Bone(ROOT, np.zeros(3), axes, channels, rows[0][0]), np.array(_numbers(words, 3, where, "position"))


def _bones(rows: Rows, degrees: bool, path: Path) -> dict[str, _Bone]:
    bones: dict[str, _Bone] = {}
    start = 0
    for k, (i, words) in enumerate(rows):
        if words[0] == "begin":
            start = k + 1
        elif words[0] == "end":
            bone = _bone(rows[start:k], i, degrees, path)
            if bone.name in bones or bone.name == ROOT:
                raise InputError(f"{path}, line {bone.line}: a second bone '{bone.name}'; expected every name once")
            bones[bone.name] = bone
    if not bones:
        raise InputError(f"{path}: section :bonedata holds no bone; a root alone is no skeleton")
    if rows[-1][1][0] != "end":
        raise InputError(f"{path}, line {rows[-1][0]}: the last bone has no 'end': the file is cut short")
    return bones


def _bone(rows: Rows, end: int, degrees: bool, path: Path) -> _Bone:
    given = {words[0]: (f"{path}, line {i}", words[1:]) for i, words in rows}
    if missing := [k for k in ("name", "direction", "length", "axis") if k not in given]:
        raise InputError(f"{path}, line {end}: the bone that ends here has no '{missing[0]}'")
    where, name = given["name"][0], " ".join(given["name"][1])
    where, words = given["direction"]
    direction = np.array(_numbers(words, 3, where, f"direction of '{name}'"))
    where, words = given["length"]
    (length,) = _numbers(words, 1, where, f"length of '{name}'")
    norm = float(np.linalg.norm(direction))
    if length < 0 or (length > 0 and norm < 1e-6):
        raise InputError(
            f"{where}: bone '{name}' of length {length:g} and direction of length {norm:g}; expected both > 0"
        )
    where, words = given["axis"]
    axes = _axes(_numbers(words[:3], 3, where, f"axis of '{name}'"), _axis_order(words[3:], where), degrees)
    where, words = given.get("dof", ("", []))
    channels = tuple(w.lower() for w in words)
    for c in channels:
        if c not in DEGREES_OF_FREEDOM or channels.count(c) > 1:
            raise InputError(
                f"{where}: dof '{' '.join(words)}' of bone '{name}'; expected {', '.join(DEGREES_OF_FREEDOM)}, each once"
            )
    return _Bone(name, direction / max(norm, 1e-6) * length, axes, channels, rows[0][0])


def _axis_order(words: list[str], where: str) -> str:
    order = "".join(words).upper()
    if order not in ORDERS:
        raise InputError(f"{where}: '{' '.join(words)}' is no order of axes; expected one of {', '.join(ORDERS)}")
    return order


def _axes(angles: list[float], order: str, degrees: bool) -> F64:
    """Return the rotation (3, 3) by angles about the world's x, y and z, the order's first letter first."""
    backwards = np.array([["XYZ".index(a) for a in reversed(order)]], np.int32)
    turns = np.array(angles)[backwards][None]
    return rotations_from_angles(np.radians(turns) if degrees else turns, backwards)[0, 0]


def _hierarchy(rows: Rows, bones: dict[str, _Bone], path: Path) -> dict[str, str]:
    """Return bone -> parent."""
    parent_of: dict[str, str] = {}
    for i, words in rows:
        if words in (["begin"], ["end"]):
            continue
        for name in words:
            if name not in bones:
                raise InputError(f"{path}, line {i}: '{name}' in the hierarchy is no bone of :bonedata")
        for child in words[1:]:
            if child in (ROOT, words[0]):
                raise InputError(f"{path}, line {i}: '{child}' below '{words[0]}': a cyclic hierarchy")
            if child in parent_of:
                raise InputError(
                    f"{path}, line {i}: bone '{child}' has two parents, '{parent_of[child]}' and '{words[0]}'"
                )
            parent_of[child] = words[0]
    return parent_of


def _tree_order(parent_of: dict[str, str], bones: dict[str, _Bone], path: Path) -> tuple[str, ...]:
    """Return the names, parents first, children in the order of the hierarchy."""
    children: dict[str, list[str]] = {}
    for child, parent in parent_of.items():
        children.setdefault(parent, []).append(child)
    names: list[str] = []
    waiting = [ROOT]
    while waiting:
        names.append(waiting.pop())
        waiting += reversed(children.get(names[-1], []))
    for name, bone in bones.items():
        if name not in names and name not in parent_of:
            raise InputError(
                f"{path}, line {bone.line}: bone '{name}' is missing in :hierarchy; expected it below a parent"
            )
    if lost := [n for n in bones if n not in names]:
        raise InputError(
            f"{path}: bones {', '.join(lost)} do not hang on the root (a cyclic hierarchy, or a lost branch)"
        )
    return tuple(names)


def _numbers(words: list[str], n: int, where: str, what: str) -> list[float]:
    try:
        values = [float(w) for w in words]
    except ValueError:
        raise InputError(f"{where}: {what} is '{' '.join(words)[:60]}'; expected {n} numbers") from None
    if len(values) != n or not np.isfinite(values).all():
        raise InputError(f"{where}: {what} is '{' '.join(words)[:60]}'; expected {n} finite numbers")
    return values
