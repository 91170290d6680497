import errno
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from manikin.storage.stage import (
    StageRef,
    check_writable,
    commit,
    commit_shard,
    committed_shards,
    data_folder,
    exclusive,
    is_committed,
    is_disk_full,
    open_attempt,
    read_manifest,
    write_atomic,
)
from manikin.tasks.errors import InputError


@pytest.fixture
def ref(tmp_path: Path) -> StageRef:
    return StageRef(str(tmp_path), "poses", "abc")


def test_stage_is_not_there_until_committed(ref: StageRef) -> None:
    attempt = open_attempt(ref)
    (attempt / "data").write_text("x")
    assert not is_committed(ref)
    with pytest.raises(InputError, match="poses abc is not finished"):
        data_folder(ref)
    commit(ref, attempt, {"n": 3})
    assert data_folder(ref) == attempt
    assert read_manifest(ref)["n"] == 3


def test_unfinished_attempt_is_taken_up_again(ref: StageRef) -> None:
    attempt = open_attempt(ref)
    commit_shard(attempt, 2, {"images": 5})
    assert open_attempt(ref) == attempt
    assert committed_shards(attempt) == {2: {"images": 5}}


def test_remaking_keeps_the_old_data_until_the_new_is_whole(ref: StageRef) -> None:
    old = open_attempt(ref)
    (old / "data").write_text("old")
    commit(ref, old, {})
    new = open_attempt(ref)
    (new / "data").write_text("new")
    assert (data_folder(ref) / "data").read_text() == "old"
    commit(ref, new, {})
    assert (data_folder(ref) / "data").read_text() == "new"
    assert (old / "data").read_text() == "old", "somebody may be reading it"
    commit(ref, open_attempt(ref), {})
    assert not old.exists()


def test_remaking_does_not_take_up_what_was_left(ref: StageRef) -> None:
    left = open_attempt(ref)
    commit_shard(left, 0, {"images": 5})
    assert committed_shards(open_attempt(ref, again=True)) == {}


def test_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_atomic(path, b"old")
    with pytest.raises(TypeError):
        write_atomic(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def _hold(ref: StageRef, started: object) -> None:
    with exclusive(ref):
        started.set()  # type: ignore[attr-defined]
        time.sleep(60)


def test_lock_of_a_killed_process_is_free(ref: StageRef) -> None:
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    holder = context.Process(target=_hold, args=(ref, started))
    holder.start()
    assert started.wait(30)
    assert holder.pid is not None
    os.kill(holder.pid, signal.SIGKILL)
    holder.join()
    with exclusive(ref):
        pass


def test_manifest_survives_being_killed_while_writing(tmp_path: Path) -> None:
    """A process that rewrites a manifest without pause is killed at odd moments; the file is always whole."""
    program = (
        "import sys; from pathlib import Path; from manikin.storage.stage import write_atomic, to_json\n"
        "i = 0\nwhile True:\n    i += 1; write_atomic(Path(sys.argv[1]), to_json({'n': i, 'fill': 'x' * 200_000}))\n"
    )
    path = tmp_path / "MANIFEST.json"
    for delay in (0.01, 0.03, 0.07):
        writer = subprocess.Popen([sys.executable, "-c", program, str(path)])
        while not path.exists():
            time.sleep(0.01)
        time.sleep(delay)
        writer.kill()
        writer.wait()
        assert len(json.loads(path.read_bytes())["fill"]) == 200_000


def test_root_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write under root .*file/below.*--root"):
        check_writable(tmp_path / "file" / "below")


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """Root may write anywhere: be somebody else for a while."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    yield
    os.seteuid(was)


@pytest.mark.usefixtures("ordinary_user")
def test_root_without_permission_is_named() -> None:
    with pytest.raises(InputError, match=r"cannot write under root /etc/runs: Permission denied; choose a folder"):
        check_writable(Path("/etc/runs"))


def test_disk_full_is_seen_through_wrapping() -> None:
    outer = RuntimeError("shard failed")
    outer.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert is_disk_full(outer)
    assert not is_disk_full(ValueError("x"))
