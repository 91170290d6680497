"""Shards over Dask workers: a bounded window of submissions, each released when done.

One Dask task is one whole shard. A worker that dies takes only the shards it held; they run again elsewhere. A shard whose
worker dies again and again is tried once more alone, so that it is not blamed for a neighbour, and then named in the error.
Settings that Dask reads only when a scheduler starts are set before it does. (Why not prefect-dask: one worker's death re-ran
finished tasks, and a poison task hung the run.)
"""

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, cast

import dask
from distributed import Client, Future, LocalCluster, wait
from distributed.scheduler import KilledWorker

from manikin.storage.stage import is_disk_full

WINDOW_PER_WORKER = 2
POLL_S = 1.0
PATIENCE_S = 30.0  # so long without any worker is for ever; one that died is back in a few seconds
THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
ONE_THREAD = dict.fromkeys(THREAD_SETTINGS, "1")
# The arrays of a batch are made anew for each: to give their memory back and ask for it again costs a sixth of posing (glibc).
KEEP_MEMORY = dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(1 << 30))

Done = Callable[[int, dict[str, Any]], None]


@contextmanager
def cluster(workers: int) -> Iterator[Client]:
    """Hold the Dask client of worker processes started here and stopped after.

    Args:
        workers: processes to start.
    """
    settings = {
        "distributed.scheduler.worker-saturation": 1.0,
        "distributed.scheduler.allowed-failures": 2,
        "distributed.nanny.pre-spawn-environ": ONE_THREAD | KEEP_MEMORY,
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=0,  # a worker that Dask pauses for its size is never woken: it holds the same data for all shards
        ) as local,
        Client(local) as client,
    ):
        yield client
        # Idle workers with much loaded take seconds to leave; what they made is committed, so they may be killed.
        logging.getLogger("distributed.nanny").setLevel(logging.ERROR)


def map_shards(client: Client, work: Callable[[int], dict[str, Any]], shards: Iterable[int], done: Done) -> None:
    """Run work(shard) for every shard on the workers and report each as it ends.

    Args:
        client: the Dask client.
        work: a picklable function that writes and commits a shard and returns what it says of itself.
        shards: the shards to do.
        done: called here with each shard and what it returned.

    Raises:
        OSError: the disk is full.
        RuntimeError: naming the shards that failed and why.
    """
    failed = _run(client, work, list(shards), done)
    suspects = [shard for shard, error in failed.items() if isinstance(error, KilledWorker)]
    for shard in suspects:
        del failed[shard]
        failed |= _run(client, work, [shard], done)
    if failed:
        shard, error = min(failed.items())
        raise RuntimeError(
            f"{len(failed)} shards failed: {sorted(failed)}; the first, shard {shard}: {error!r}. "
            "What is committed stays; run again to do the rest"
        ) from error


def _run(client: Client, work: Callable[[int], dict[str, Any]], shards: list[int], done: Done) -> dict[int, Exception]:
    waiting, failed = iter(shards), dict[int, Exception]()
    window = WINDOW_PER_WORKER * max(1, len(client.nthreads()))
    running = {client.submit(work, shard, pure=False, retries=0): shard for shard in islice(waiting, window)}
    while running:
        for future in _next_ended(client, list(running)):
            shard = running.pop(future)
            try:
                info = future.result()
            except Exception as error:
                if is_disk_full(error):  # every other shard would fail as well
                    raise
                failed[shard] = error
            else:
                done(shard, info)
            future.release()
            for following in islice(waiting, 1):
                running[client.submit(work, following, pure=False, retries=0)] = following
    return failed


def _next_ended(client: Client, futures: list[Future]) -> Iterable[Future]:
    """Return the futures that have ended, as soon as there is one.

    Raises:
        RuntimeError: no worker is left to run them; Dask itself would wait for ever.
    """
    last_seen = time.monotonic()
    while True:
        try:
            return cast(Iterable[Future], wait(futures, timeout=POLL_S, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            if client.nthreads():
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > PATIENCE_S:
                raise RuntimeError(
                    f"no worker is left at {client.scheduler.address}; the lines above, or the workers' own logs, say why. "
                    "What is committed stays; run again to do the rest"
                ) from None


def default_workers() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0))
