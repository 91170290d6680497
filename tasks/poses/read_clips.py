"""Reader of a folder of motions, by their endings: BVH, AMC with its ASF, DeepMimic's text files, npz of several kinds.

One bad file is never the end. A file `joint_maps.toml` in the folder adds naming conventions (see joint_maps.py) and may
state, before them, what files leave out: `up` ("y", "z", "-y"), `metres_per_unit`, `fps`, `skeleton` ("h36m17", "coco17").
"""

import tomllib
from collections.abc import Callable
from functools import partial
from math import inf
from pathlib import Path

from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import Clip, first_frame
from manikin.tasks.poses.joint_maps import JointMap, read_joint_maps
from manikin.tasks.poses.read_acclaim import read_acclaim
from manikin.tasks.poses.read_bvh import read_bvh
from manikin.tasks.poses.read_deepmimic import read_deepmimic
from manikin.tasks.poses.read_npz import read_npz
from manikin.tasks.poses.read_positions import SKELETONS
from manikin.tasks.poses.retarget import postures_from_clip
from manikin.tasks.poses.standing import UP_CHOICES, Y_UP_FROM

SETTINGS = "joint_maps.toml"
ENDINGS = "*.bvh, *.amc, *.txt, *.npz"


def read_clips(folder: Path) -> tuple[list[Clip], list[tuple[Path, str]]]:
    """Return the motions under a folder, sorted by path, and the files that were skipped, each with the reason.

    Args:
        folder: searched with its subfolders for *.bvh, *.amc (with its *.asf), *.txt (DeepMimic), *.npz (see read_npz.py).

    Raises:
        InputError: the folder is none, or holds no readable motion; or its joint_maps.toml is wrong.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected one with motion files ({ENDINGS})")
    readers, maps = _readers(folder), folder_maps(folder)
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix.lower() in readers]
    clips: list[Clip] = []
    skipped: list[tuple[Path, str]] = []
    for path in files:
        try:
            clip = readers[path.suffix.lower()](path)
            postures_from_clip(first_frame(clip), maps)  # a skeleton that cannot be carried over is as bad as no motion
            clips.append(clip)
        except InputError as e:
            skipped.append((path, str(e)))
    if not clips:
        why = f"; skipped {len(skipped)}, the first: {skipped[0][1]}" if skipped else ""
        raise InputError(f"{folder}: no readable motion among {len(files)} files {ENDINGS}{why}")
    return clips, skipped


def folder_maps(folder: Path) -> tuple[JointMap, ...]:
    """Return the naming conventions for a folder's motions: those of its own joint_maps.toml first, then the built-in ones."""
    own = folder / SETTINGS
    return (*(read_joint_maps(own) if own.is_file() else ()), *read_joint_maps())


def _readers(folder: Path) -> dict[str, Callable[[Path], Clip]]:
    maps, settings = folder_maps(folder), {}
    if (own := folder / SETTINGS).is_file():
        settings = tomllib.loads(own.read_text(encoding="utf-8"))
    up = settings.get("up")
    if up is not None and up not in Y_UP_FROM:
        raise InputError(f"{own}: up = {up!r}; expected {UP_CHOICES}")
    skeleton = settings.get("skeleton")
    if skeleton not in (None, *SKELETONS):
        raise InputError(f"{own}: skeleton = {skeleton!r}; expected {' or '.join(SKELETONS)}")
    unit, fps = (_positive(settings.get(key), f"{own}: {key}") for key in ("metres_per_unit", "fps"))
    bvh = partial(read_bvh, metres_per_unit=unit, up=up, maps=maps)
    amc = partial(read_acclaim, metres_per_unit=unit, up=up, fps=fps, maps=maps)
    npz = partial(read_npz, metres_per_unit=unit, up=up, fps=fps, skeleton=skeleton)
    return {".bvh": bvh, ".amc": amc, ".txt": read_deepmimic, ".npz": npz}


def _positive(value: object, what: str) -> float | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf):
        raise InputError(f"{what} = {value!r}; expected a number above 0")
    return value
