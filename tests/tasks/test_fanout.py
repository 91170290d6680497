"""Shards on real worker processes, some of which die."""

import errno
import os
import signal
import sys
import types
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

from manikin.tasks import fanout
from manikin.tasks.fanout import cluster, map_shards

# Workers live in other processes: what they do must be importable there, so it is sent by value with cloudpickle.


def work(folder: Path, shard: int) -> dict[str, Any]:
    import time

    time.sleep(0.05)
    with (folder / f"{shard}.runs").open("a") as f:
        f.write("x")
    return {"images": 2, "worker": os.getpid()}


def work_with_death(folder: Path, doomed: int, always: bool, shard: int) -> dict[str, Any]:
    flag = folder / "died"
    if shard == doomed and (always or not flag.exists()):
        flag.write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return work(folder, shard)


def full_disk(shard: int) -> dict[str, Any]:
    raise OSError(errno.ENOSPC, "No space left on device", f"/data/{shard}")


@pytest.fixture(scope="module")
def client() -> Any:
    with cluster(2) as client:
        yield client


def runs(folder: Path) -> dict[int, int]:
    return {int(p.stem): len(p.read_text()) for p in folder.glob("*.runs")}


def test_every_shard_once_on_both_workers(client: Client, tmp_path: Path) -> None:
    done: dict[int, dict[str, Any]] = {}
    map_shards(client, partial(work, tmp_path), range(9), done.__setitem__)
    assert sorted(done) == list(range(9))
    assert runs(tmp_path) == dict.fromkeys(range(9), 1)
    assert len({info["worker"] for info in done.values()}) == 2


def test_death_of_a_worker_repeats_only_what_it_held(client: Client, tmp_path: Path) -> None:
    done: dict[int, dict[str, Any]] = {}
    map_shards(client, partial(work_with_death, tmp_path, 4, False), range(9), done.__setitem__)
    assert sorted(done) == list(range(9))
    again = [shard for shard, n in runs(tmp_path).items() if n > 1]
    assert len(again) <= 2


@pytest.mark.slow
def test_shard_that_always_kills_is_named_and_the_others_finish(client: Client, tmp_path: Path) -> None:
    done: dict[int, dict[str, Any]] = {}
    with pytest.raises(RuntimeError, match=r"1 shards failed: \[4\]"):
        map_shards(client, partial(work_with_death, tmp_path, 4, True), range(9), done.__setitem__)
    assert sorted(done) == [0, 1, 2, 3, 5, 6, 7, 8]


def test_full_disk_ends_the_run_at_once(client: Client) -> None:
    with pytest.raises(OSError, match="No space left on device"):
        map_shards(client, full_disk, range(3), lambda shard, info: None)


def test_a_run_without_workers_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that workers cannot load, such as code that is not installed where they run, ends them."""
    module = types.ModuleType("known_only_here")
    exec("def work(shard):\n    return {}", module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(fanout, "PATIENCE_S", 2.0)
    with cluster(1) as client, pytest.raises(RuntimeError, match="no worker is left at tcp://"):
        map_shards(client, module.work, range(3), lambda shard, info: None)
