"""Reader of a folder of motions: BVH, DeepMimic's text files and AMP's npz, each by its ending, one bad file never the end.

A file `joint_maps.toml` in the folder adds naming conventions (see joint_maps.py) and may state `up` and `metres_per_unit`
of the BVH files.
"""

import tomllib
from collections.abc import Callable
from functools import partial
from math import inf
from pathlib import Path

from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import Clip, first_frame
from manikin.tasks.poses.joint_maps import JointMap, read_joint_maps
from manikin.tasks.poses.read_amp import read_amp
from manikin.tasks.poses.read_bvh import read_bvh
from manikin.tasks.poses.read_deepmimic import read_deepmimic
from manikin.tasks.poses.retarget import postures_from_clip

SETTINGS = "joint_maps.toml"


def read_clips(folder: Path) -> tuple[list[Clip], list[tuple[Path, str]]]:
    """Return the motions under a folder, sorted by path, and the files that were skipped, each with the reason.

    Args:
        folder: searched with its subfolders for *.bvh, *.txt (DeepMimic) and *.npz (AMP).

    Raises:
        InputError: the folder is none, or holds no readable motion; or its joint_maps.toml is wrong.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected one with motion files (*.bvh, *.txt, *.npz)")
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
        raise InputError(f"{folder}: no readable motion among {len(files)} files *.bvh, *.txt, *.npz{why}")
    return clips, skipped


def folder_maps(folder: Path) -> tuple[JointMap, ...]:
    """Return the naming conventions for a folder's motions: those of its own joint_maps.toml first, then the built-in ones."""
    own = folder / SETTINGS
    return (*(read_joint_maps(own) if own.is_file() else ()), *read_joint_maps())


def _readers(folder: Path) -> dict[str, Callable[[Path], Clip]]:
    maps, settings = folder_maps(folder), {}
    if (own := folder / SETTINGS).is_file():
        settings = tomllib.loads(own.read_text(encoding="utf-8"))
    unit, up = settings.get("metres_per_unit"), settings.get("up")
    if unit is not None and (isinstance(unit, bool) or not isinstance(unit, int | float) or not 0 < unit < inf):
        raise InputError(f"{own}: metres_per_unit = {unit!r}; expected a number above 0")
    if up not in (None, "y", "z"):
        raise InputError(f"{own}: up = {up!r}; expected 'y' or 'z'")
    bvh = partial(read_bvh, metres_per_unit=unit, up=up, maps=maps)
    return {".bvh": bvh, ".txt": read_deepmimic, ".npz": read_amp}
