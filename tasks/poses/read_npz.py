"""Reader of motion as npz, whichever kind it is by the names of its arrays: AMP, AMASS and the SMPL family, or joint places."""

from pathlib import Path

from manikin.tasks.errors import InputError
from manikin.tasks.poses import read_amass, read_amp, read_positions
from manikin.tasks.poses.clip import Clip
from manikin.tasks.poses.npz import array_names


def read_npz(
    path: Path,
    metres_per_unit: float | None = None,
    up: str | None = None,
    fps: float | None = None,
    skeleton: str | None = None,
) -> Clip:
    """Return the motion of one npz.

    Args:
        path: the file.
        metres_per_unit: the unit of joint places, of files that state none.
        up: the vertical axis, of files whose kind does not fix it and that do not state it.
        fps: frames per second, of files that state none.
        skeleton: which joints joint places are, of files that do not state it.

    Raises:
        InputError: no npz, of no known kind, or wrong; the message names what is expected.
    """
    names = array_names(path)
    if "body_positions" in names:
        return read_amp.read_amp(path)
    if read_amass.is_amass(names):
        return read_amass.read_amass(path, up, fps)
    if "positions" in names:
        return read_positions.read_positions(path, metres_per_unit, up, fps, skeleton)
    raise InputError(
        f"{path}: no known kind of motion; it holds {', '.join(names) or 'nothing'}; expected {', '.join(read_amp.KEYS)} (AMP), "
        f"{read_amass.EXPECTED} (AMASS, SMPL), or {read_positions.EXPECTED} (joint places)"
    )
