"""What was made from single files, kept beside the asset packs, so that a folder with one more file costs that file only.

    <cache>/kept/<name>/<digest>/<key>.npz   one result: a record and arrays

The digest stands for the code and all else that decides about every result, the key for the contents of the files it was made
from, so nothing is ever out of date. A file is renamed into place when it is whole; one that is damaged counts as missing. The
results of a few digests stay, and so many of each, those used last. A cache that cannot be written costs the time, and nothing
else.
"""

import io
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manikin.storage.assets import cache_folder
from manikin.storage.stage import to_json, write_atomic

DIGESTS = 3  # of one name; others belong to code and bodies that are no more
RESULTS = 10_000  # of one digest; a megabyte or two each
_RECORD = "record.json"
_PACKED = 1  # deflate level: four times as fast as the usual, a tenth larger


@dataclass(frozen=True, slots=True)
class Result:
    """What was made: plain values by name, and arrays."""

    record: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Kept:
    """The results of one digest."""

    folder: Path

    def get(self, key: str) -> Result | None:
        """Return a result, None where it is not kept or is damaged."""
        path = self.folder / f"{key}.npz"
        try:
            with zipfile.ZipFile(path) as file:
                record = json.loads(file.read(_RECORD))
                names = [n for n in file.namelist() if n != _RECORD]
                arrays = {n.removesuffix(".npy"): _array(file.read(n)) for n in names}
            os.utime(path)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error, EOFError):
            return None
        return Result(record, arrays)

    def put(self, key: str, result: Result) -> None:
        """Keep a result."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_PACKED) as file:
            file.writestr(_RECORD, to_json(dict(result.record)))
            for name, values in result.arrays.items():
                file.writestr(f"{name}.npy", _bytes(values))
        try:
            write_atomic(self.folder / f"{key}.npz", out.getvalue())
        except OSError:
            return
        _keep_newest(self.folder, "*.npz", RESULTS)


def open_kept(name: str, digest: str, cache: Path | None = None) -> Kept:
    """Return the results of a digest, and forget those of digests that were not used for long.

    Args:
        name: of the kind of results.
        digest: of all that decides about each of them, but the files they are made from.
        cache: the cache folder.
    """
    root = cache_folder(cache) / "kept" / name
    folder = root / digest
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
    except OSError:
        return Kept(folder)
    _keep_newest(root, "*", DIGESTS)
    return Kept(folder)


def _keep_newest(folder: Path, pattern: str, n: int) -> None:
    found = [(_used(path), path) for path in folder.glob(pattern)]
    for _, old in sorted(found, reverse=True)[n:]:
        if old.is_dir():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.unlink(missing_ok=True)


def _used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process forgot it
        return 0.0


def _bytes(values: NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, values, allow_pickle=False)
    return out.getvalue()


def _array(data: bytes) -> NDArray[Any]:
    return np.asarray(np.lib.format.read_array(io.BytesIO(data), allow_pickle=False))
