"""Arrays of an npz file by name, numbers only: a pickled object, which could run code, is refused unopened."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.errors import InputError

PICKLED = "Object arrays"  # how NumPy's error for such an array begins


def array_names(path: Path) -> tuple[str, ...]:
    """Return the names of the arrays in an npz.

    Raises:
        InputError: the file is no npz.
    """
    return tuple(_opened(path, ()))


def read_arrays(path: Path, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Return some arrays of an npz.

    Raises:
        InputError: the file is no npz, lacks an array, or holds a pickled object in its place.
    """
    found = _opened(path, tuple(names))
    return {name: found[name] for name in names}


def read_positive(path: Path, name: str) -> float:
    """Return a number of an npz.

    Raises:
        InputError: as `read_arrays`, or it is no single finite number above 0.
    """
    value = read_arrays(path, [name])[name]
    if value.size != 1 or value.dtype.kind not in "iuf" or not 0 < value.reshape(()) < np.inf:
        raise InputError(f"{path}: {name} = {value!s:.60}; expected a number above 0")
    return float(value.reshape(()))


def finite(
    values: NDArray[Any], shape: tuple[int | None, ...], what: str, joint_names: tuple[str, ...] = ()
) -> NDArray[np.float64]:
    """Return the values as float64.

    Args:
        values: any array.
        shape: what is expected; None fits any length above 0.
        what: file and array, for the message.
        joint_names: of the second axis, for the message.

    Raises:
        InputError: another shape, no numbers, or one that is not finite, named with its place.
    """
    wanted = ", ".join("F" if n is None else str(n) for n in shape)
    if values.ndim != len(shape) or any(m != n if n else m == 0 for m, n in zip(values.shape, shape, strict=True)):
        raise InputError(
            f"{what} has shape {values.shape}; expected ({wanted}){' with F > 0' if None in shape else ''}"
        )
    if values.dtype.kind not in "iuf":
        raise InputError(f"{what} holds {values.dtype}; expected numbers")
    if not np.isfinite(values).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
        joint = f", joint '{joint_names[place[1]]}'" if joint_names else ""
        raise InputError(f"{what} is {values[place]} in frame {place[0]}{joint}; expected finite numbers")
    return np.asarray(values, np.float64)


def _opened(path: Path, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """Return all names, with the arrays of those asked for."""
    name = ""
    try:
        # opened here, since NumPy leaves a file open that is no archive
        with path.open("rb") as f, np.load(f, allow_pickle=False) as archive:
            out = dict.fromkeys(archive.files, np.empty(0))
            if missing := [n for n in names if n not in out]:
                raise InputError(f"{path}: no array {', '.join(missing)}; it holds {', '.join(out) or 'nothing'}")
            for name in names:
                out[name] = archive[name]
            return out
    except InputError:
        raise
    except Exception as e:  # damaged archives end in errors of zipfile, zlib, struct, tokenize and others
        if PICKLED in str(e):
            raise InputError(
                f"{path}: '{name}' is a pickled object, which could run code and is not opened; save plain numbers"
            ) from e
        raise InputError(f"{path}: not a readable npz of numbers: {e}") from e
