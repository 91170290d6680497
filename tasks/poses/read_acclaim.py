"""Reader of Acclaim motion (AMC): per frame a line for each bone, for the skeleton of the ASF file beside it.

An AMC states no frame rate, as a rule, and an ASF no unit of measure. Where neither the file nor the user says, the
conventions of the CMU Graphics Lab Motion Capture Database (mocap.cs.cmu.edu, 2003) are taken, which nearly all such files
follow, and the clip's notes say so: 120 frames per second; inches, scaled by the ASF's `length`, if that makes a person.
"""

from pathlib import Path

import numpy as np

from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import F64, Clip
from manikin.tasks.poses.euler_angles import NONE, rotations_from_angles
from manikin.tasks.poses.joint_maps import JointMap, match_joints
from manikin.tasks.poses.read_asf import AcclaimSkeleton, read_asf
from manikin.tasks.poses.standing import stand_up

CMU_FPS = 120.0
INCH_M = 0.0254
TURNS = ("rx", "ry", "rz")


def read_acclaim(
    path: Path,
    metres_per_unit: float | None = None,
    up: str | None = None,
    fps: float | None = None,
    maps: tuple[JointMap, ...] | None = None,
) -> Clip:
    """Return the motion of one AMC file on the skeleton of its ASF file, in metres with y up.

    Args:
        path: the AMC file; see `skeleton_file` for which ASF is its own.
        metres_per_unit: the unit of the ASF's numbers; inches / `length`, or else found from the legs, when None.
        up: the files' vertical axis, "y", "z" or "-y"; found from the skeleton when None.
        fps: frames per second, of a file that states none; 120 when None.
        maps: naming conventions to find legs and head by; the built-in ones when None.

    Raises:
        InputError: no ASF, or either file is wrong or cut short; the message names the line.
    """
    skeleton = read_asf(skeleton_file(path))
    lines = _read_lines(path)
    start, degrees, stated_fps = _header(lines, skeleton.degrees, path)
    values = _quick_values(lines[start:], skeleton)
    if values is None:
        values = _checked_values(lines, start, skeleton, path)
    rotations, root_positions = _motion(values, skeleton, degrees)
    clip = Clip(
        name=path.stem,
        source=str(path),
        fps=stated_fps or fps or CMU_FPS,
        joint_names=skeleton.names,
        parents=skeleton.parents,
        offsets=skeleton.offsets,
        tips=skeleton.tips,
        rotations=rotations,
        root_positions=root_positions,
        notes=_notes(skeleton, stated_fps or fps),
    )
    inches = (f"inches / {skeleton.length:g}, CMU's use of the ASF's length", INCH_M / skeleton.length)
    return stand_up(clip, match_joints(skeleton.names, str(path), maps), metres_per_unit, up, inches)


def skeleton_file(path: Path) -> Path:
    """Return the ASF of an AMC: the one beside it with the same name or the part of it before "_", or the only one.

    Raises:
        InputError: there is none, or none of several has that name; the message lists them.
    """
    beside = sorted(p for p in path.parent.iterdir() if p.suffix.lower() == ".asf")
    for stem in (path.stem, path.stem.rsplit("_", 1)[0], path.stem.split("_", 1)[0]):
        if named := [p for p in beside if p.stem.lower() == stem.lower()]:
            return named[0]
    if len(beside) == 1:
        return beside[0]
    found = f"none of {', '.join(p.name for p in beside)} is" if beside else "there is no .asf"
    raise InputError(
        f"{path}: its skeleton is missing: {found} beside it; expected {path.stem.split('_', 1)[0]}.asf, "
        f"{path.stem}.asf, or a single .asf in the folder"
    )


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_bytes().decode("utf-8-sig", errors="replace").splitlines()
    except OSError as e:
        raise InputError(f"{path}: cannot be read: {e.strerror}") from e


def _header(lines: list[str], degrees: bool, path: Path) -> tuple[int, bool, float | None]:
    """Return the index of the first line of a frame, whether angles are degrees, and the frame rate if the file states it."""
    fps = None
    for i, line in enumerate(lines):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        keyword = words[0].upper()
        if keyword in (":DEGREES", ":RADIANS"):
            degrees = keyword == ":DEGREES"
        elif keyword == ":SAMPLES-PER-SECOND":
            (fps,) = _floats(words[1:], 1, f"{path}, line {i + 1}", keyword)
            if fps <= 0:
                raise InputError(f"{path}, line {i + 1}: {line.strip()}; expected a rate above 0")
        elif not keyword.startswith(":"):
            return i, degrees, fps
    raise InputError(f"{path}: no AMC motion: it holds no frame; expected a frame's number and a line for each bone")


def _quick_values(lines: list[str], skeleton: AcclaimSkeleton) -> F64 | None:
    """Return the values (F, channels) of a file whose frames are all laid out as the first; None if anything is unusual."""
    lines = [stripped for line in lines if (stripped := line.strip())]
    height = next((i for i, line in enumerate(lines) if i and line.isdecimal()), len(lines))
    row_of = {line.split()[0]: i for i, line in enumerate(lines[:height])}
    n_frames, rest = divmod(len(lines), height)
    if rest or len(row_of) != height or not lines[0].isdecimal():
        return None
    if lines[::height] != [str(int(lines[0]) + k) for k in range(n_frames)]:
        return None
    moving = [
        (name, len(channels)) for name, channels in zip(skeleton.names, skeleton.channels, strict=True) if channels
    ]
    if height != 1 + len(moving) or any(name not in row_of for name, _ in moving):
        return None
    values = []
    for name, n in moving:
        rows = lines[row_of[name] :: height]
        if not all(row.startswith(f"{name} ") for row in rows):
            return None
        try:
            values.append(np.loadtxt([row[len(name) :] for row in rows], comments=None, ndmin=2))
        except ValueError:
            return None
        if values[-1].shape != (n_frames, n) or not np.isfinite(values[-1]).all():
            return None
    return np.concatenate(values, axis=1)


def _checked_values(lines: list[str], start: int, skeleton: AcclaimSkeleton, path: Path) -> F64:
    """Return the values (F, channels), line by line, so that what is wrong is named with its line."""
    channels = dict(zip(skeleton.names, skeleton.channels, strict=True))
    frames: list[dict[str, list[float]]] = []
    number = 0
    for i, line in enumerate(lines[start:], start + 1):
        words, where = line.split(), f"{path}, line {i}"
        if not words or words[0][0] in "#:":
            continue
        if len(words) == 1 and words[0].isdecimal():
            _check_frame(frames, number, channels, where)
            if frames and int(words[0]) != number + 1:
                raise InputError(f"{where}: frame {words[0]} follows frame {number}; expected {number + 1}")
            number = int(words[0])
            frames.append({})
            continue
        name = words[0]
        if not frames:
            raise InputError(f"{where}: '{line.strip()[:60]}' where the number of the first frame was expected")
        if name not in channels:
            raise InputError(f"{where}: '{name}' is no bone of {skeleton.path.name}: {', '.join(channels)}")
        if name in frames[-1]:
            raise InputError(f"{where}: bone '{name}' stands a second time in frame {number}")
        frames[-1][name] = _floats(words[1:], len(channels[name]), where, f"bone '{name}' in frame {number}")
    _check_frame(frames, number, channels, f"{path}, line {len(lines)}")
    return np.array([[v for name in channels for v in frame.get(name, [])] for frame in frames])


def _check_frame(
    frames: list[dict[str, list[float]]], number: int, channels: dict[str, tuple[str, ...]], where: str
) -> None:
    if frames and (missing := [n for n, cs in channels.items() if cs and n not in frames[-1]]):
        raise InputError(f"{where}: frame {number} ends without {', '.join(missing)}: it is cut short")


def _floats(words: list[str], n: int, where: str, what: str) -> list[float]:
    if len(words) != n:
        raise InputError(f"{where}: {what} has {len(words)} numbers; expected {n}")
    values = []
    for word in words:
        try:
            values.append(float(word))
        except ValueError:
            raise InputError(f"{where}: '{word[:40]}' of {what} is no number") from None
        if not np.isfinite(values[-1]):
            raise InputError(f"{where}: {what} holds {word}; expected a finite number")
    return values


def _motion(values: F64, skeleton: AcclaimSkeleton, degrees: bool) -> tuple[F64, F64]:
    """Return local rotations (F, S, 3, 3), C M C^-1 for each bone, and the root's places (F, 3) in the file's unit."""
    n_joints = len(skeleton.names)
    angles, axes = np.zeros((len(values), n_joints, 3)), np.full((n_joints, 3), NONE, np.int32)
    places = np.tile(skeleton.root_position, (len(values), 1))
    column = 0
    for j, channels in enumerate(skeleton.channels):
        turns = [k for k, c in enumerate(channels) if c in TURNS]
        for at, k in enumerate(reversed(turns)):  # the last listed is the last to turn, about an axis that stands still
            axes[j, at] = TURNS.index(channels[k])
            angles[:, j, at] = values[:, column + k]
        if j == 0:
            for k, c in enumerate(channels):
                if c not in TURNS:
                    places[:, "xyz".index(c[1])] += values[:, k]
        column += len(channels)
    turned = rotations_from_angles(np.radians(angles) if degrees else angles, axes, skeleton.axes)
    return np.einsum("fsij,skj->fsik", turned, skeleton.axes), places


def _notes(skeleton: AcclaimSkeleton, fps: float | None) -> tuple[str, ...]:
    notes = [] if fps else [f"fps: {CMU_FPS:g} (the CMU database's rate, assumed: the file states none)"]
    bones = zip(skeleton.names[1:], skeleton.channels[1:], strict=True)
    if stretched := [name for name, channels in bones if set(channels) - set(TURNS)]:
        notes.append(f"left out: translations and changes of length of {', '.join(stretched)}")
    return tuple(notes)
