"""What is learned from the asset packs, kept beside them: it takes tens of seconds and is the same every time.

    <cache>/learned/<name>-<digest>/   the files of one thing, renamed into place when all are written

The digest stands for the code and the packs that decide about every byte, so nothing is ever out of date; what is damaged is
made again. A cache that cannot be written costs the time, and nothing else.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from manikin.storage.assets import cache_folder
from manikin.storage.unpack import sync_folder
from manikin.tasks.errors import InputError

T = TypeVar("T")

KEPT = 4  # of one name; older ones belong to code that is no more


def learned(
    name: str,
    digest: str,
    make: Callable[[Path], None],
    load: Callable[[Path], T],
    cache: Path | None = None,
) -> T:
    """Return what `load` reads from the folder that `make` fills, which is made only where it is not in the cache.

    Args:
        name: of the thing.
        digest: of all that decides about it.
        make: writes its files into an empty folder.
        load: reads them; raises InputError where one is missing or damaged.
        cache: the cache folder.

    Raises:
        InputError: what `make` raises.
    """
    root = cache_folder(cache) / "learned"
    folder = root / f"{name}-{digest}"
    try:
        return load(folder)
    except InputError:
        pass  # not there yet, or damaged
    try:
        root.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".", dir=root))
    except OSError:
        with tempfile.TemporaryDirectory() as temporary:
            make(Path(temporary))
            return load(Path(temporary))
    try:
        with _lock(root / f".{name}.lock"):
            try:
                return load(folder)  # another process made it while this one waited
            except InputError:
                (aside / "new").mkdir()
                make(aside / "new")
            if folder.exists():
                folder.rename(aside / "damaged")
            (aside / "new").rename(folder)
            sync_folder(root)
            _forget_older(root, name)
            return load(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _forget_older(root: Path, name: str) -> None:
    found = sorted(root.glob(f"{name}-*"), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in found[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Let one process at a time in; the kernel frees the lock when a process dies."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
