"""Stage directories and their commit protocol.

A stage's output lives under `<root>/<stage>/<digest>/`. Work is written into an attempt folder beside the manifest; the
manifest, renamed into place last, names the attempt that counts, so a stage is either whole or not there. Remaking a stage
writes a new attempt and swaps the manifest: committed data is never deleted first. A shard is done when its marker stands,
and work to do is the shards without one. (After bio2zarr's create -> write partitions -> finish.)
"""

import errno
import fcntl
import json
import os
import shutil
import uuid
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manikin.tasks.errors import InputError

MANIFEST = "MANIFEST.json"


@dataclass(frozen=True, slots=True)
class StageRef:
    """Where a stage's output is, or will be: small enough to travel through Prefect and Dask."""

    root: str
    stage: str
    digest: str

    @property
    def folder(self) -> Path:
        """The stage directory."""
        return Path(self.root) / self.stage / self.digest


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that a reader, even after a power cut, sees all of it or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with aside.open("wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def to_json(value: Any) -> bytes:
    """Return canonical JSON: the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, indent=1, allow_nan=False).encode()


def file_crc(path: Path) -> str:
    """Return the CRC-32 of a file as eight hex digits."""
    crc = 0
    with path.open("rb") as f:
        while block := f.read(1 << 22):
            crc = zlib.crc32(block, crc)
    return f"{crc:08x}"


def is_committed(ref: StageRef) -> bool:
    """Answer whether a stage is whole; the only place that decides it."""
    return (ref.folder / MANIFEST).is_file()


def read_manifest(ref: StageRef) -> dict[str, Any]:
    """Return a committed stage's manifest.

    Raises:
        InputError: the stage is not committed.
    """
    try:
        manifest: dict[str, Any] = json.loads((ref.folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise InputError(
            f"stage {ref.stage} {ref.digest} is not finished: no {MANIFEST} in {ref.folder}; "
            "run `manikin synth` again with the same arguments to finish it"
        ) from None
    return manifest


def data_folder(ref: StageRef) -> Path:
    """Return the folder of a committed stage's data, found through its manifest."""
    return ref.folder / str(read_manifest(ref)["attempt"])


def open_attempt(ref: StageRef, *, again: bool = False) -> Path:
    """Return the attempt folder to write into: the one left unfinished, or a new one.

    Args:
        ref: the stage.
        again: begin anew even where an attempt was left unfinished.
    """
    current = read_manifest(ref)["attempt"] if is_committed(ref) else ""
    numbers = [int(p.name.removeprefix("attempt-")) for p in ref.folder.glob("attempt-*")]
    last = max(numbers, default=0)
    reuse = last > 0 and f"attempt-{last}" != current and not again
    attempt = ref.folder / f"attempt-{last if reuse else last + 1}"
    attempt.mkdir(parents=True, exist_ok=True)
    return attempt


def commit_shard(attempt: Path, shard: int, info: Mapping[str, Any]) -> None:
    """Mark a shard as done, after its data stands."""
    write_atomic(attempt / "_commits" / f"shard-{shard:06d}.json", to_json(dict(info)))


def committed_shards(attempt: Path) -> dict[int, dict[str, Any]]:
    """Return the markers of the shards that are done."""
    return {
        int(p.stem.removeprefix("shard-")): json.loads(p.read_bytes())
        for p in (attempt / "_commits").glob("shard-*.json")
    }


def commit(ref: StageRef, attempt: Path, info: Mapping[str, Any]) -> None:
    """Finish a stage: write the manifest that names the attempt, then clear older ones.

    The attempt that counted until now stays until the next time, for those who are reading it.
    """
    before = read_manifest(ref)["attempt"] if is_committed(ref) else ""
    write_atomic(
        ref.folder / MANIFEST,
        to_json({**info, "stage": ref.stage, "digest": ref.digest, "attempt": attempt.name}),
    )
    for other in ref.folder.glob("attempt-*"):
        if other.name not in (attempt.name, before):
            shutil.rmtree(other, ignore_errors=True)


@contextmanager
def exclusive(ref: StageRef) -> Iterator[None]:
    """Hold a stage for writing; a second run of the same stage waits here. The kernel frees it when a process dies."""
    ref.folder.mkdir(parents=True, exist_ok=True)
    with (ref.folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def check_writable(root: Path) -> None:
    """Raise InputError if nothing can be written under a root folder.

    Raises:
        InputError: naming the folder, the reason and what to do.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        write_atomic(root / ".writable", b"")
        (root / ".writable").unlink()
    except OSError as error:
        raise InputError(
            f"cannot write under root {root}: {error.strerror}; choose a folder you may write to with --root"
        ) from error


def is_disk_full(error: BaseException | None) -> bool:
    """Answer whether an error, or one that caused it, says that the disk or the quota is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False
