"""The Prefect tasks, one per stage; the only file under `tasks/` that knows Prefect.

A task is cached under its digest. The store, not Prefect's result record, decides whether a stage is done: a record that
outlived its data is ignored. Tasks exchange references; data goes through the store.
"""

import importlib.metadata
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect import Task, get_run_logger, task
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.cache_policies import CacheKeyFnPolicy
from threadpoolctl import threadpool_limits

from manikin.storage.digest import code_digest
from manikin.storage.stage import StageRef, commit, exclusive, is_committed, is_disk_full, open_attempt
from manikin.tasks.errors import InputError
from manikin.tasks.jobs import augment, backgrounds, body, fit, plan, poses, render, textures, validate
from manikin.tasks.jobs.work import Sources, Work

Job = Callable[[Path, Work], dict[str, Any]]
Ref = dict[str, str]  # a StageRef as JSON

JOBS: Mapping[str, Job] = {
    "body": body.run,
    "fit": fit.run,
    "poses": poses.run,
    "textures": textures.run,
    "backgrounds": backgrounds.run,
    "plan": plan.run,
    "render": render.run,
    "augment": augment.run,
    "validate": validate.run,
}
SHARDED = ("render", "augment")


def stage_task(stage: str, *, again: bool, ref: StageRef) -> Task[..., Ref]:
    """Return the Prefect task of a stage.

    Args:
        stage: its name.
        again: make it although it is in the store.
        ref: where its output is, or will be.
    """
    return make_stage.with_options(
        name=stage,
        task_run_name=f"{stage} {ref.digest}",
        refresh_cache=again or not is_committed(ref),
    )


def _cache_key(_context: Any, arguments: dict[str, Any]) -> str:
    ref: StageRef = arguments["ref"]
    return f"manikin-{ref.root}-{ref.stage}-{ref.digest}"


@task(cache_policy=CacheKeyFnPolicy(cache_key_fn=_cache_key), persist_result=True, result_serializer="json")
def make_stage(
    ref: StageRef,
    parameters: dict[str, Any],
    upstream: dict[str, Ref],
    sources: Sources,
    scheduler: str | None,
    again: bool,
) -> Ref:
    """Make a stage, unless a run beside this one has made it meanwhile, and return its reference."""
    log = get_run_logger()
    with exclusive(ref):
        if is_committed(ref) and not again:
            log.info("%s %s: made by another run meanwhile", ref.stage, ref.digest)
            return asdict(ref)
        start = time.monotonic()
        work = Work(
            parameters=parameters,
            upstream={name: StageRef(**r) for name, r in upstream.items()},
            sources=sources,
            report=_progress(ref.stage),
            scheduler=scheduler,
        )
        try:
            attempt = open_attempt(ref, again=again)
            with threadpool_limits(1):  # two threads of a shared machine are slower than one, and sum in another order
                info = JOBS[ref.stage](attempt, work)
            commit(ref, attempt, {**_provenance(ref, work), **info})
        except Exception as error:
            if is_disk_full(error):
                raise InputError(
                    f"the disk is full: stage {ref.stage} could not be written under {ref.folder}. What is committed "
                    "stays: free some space, or give another --root, and run again"
                ) from error
            raise
        log.info("%s %s: made in %.1f s", ref.stage, ref.digest, time.monotonic() - start)
    return asdict(ref)


def _provenance(ref: StageRef, work: Work) -> dict[str, Any]:
    libraries = ("numpy", "numba", "opencv-python-headless", "scikit-learn", "scipy", "zarr")
    return {
        "parameters": dict(work.parameters),
        "upstream": {name: r.digest for name, r in work.upstream.items()},
        "code": code_digest(f"manikin.tasks.jobs.{ref.stage}"),
        "versions": {name: importlib.metadata.version(name) for name in ("manikin", *libraries)},
        "machine": platform.machine(),
    }


def _progress(stage: str) -> Callable[[int, int], None]:
    """Return a reporter of progress to the terminal and the UI, at most once a second."""
    log = get_run_logger()
    artifact: Any = None
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal artifact, last
        now = time.monotonic()
        if now - last < 1 and done < total:
            return
        last = now
        log.info("%s: %d of %d", stage, done, total)
        try:
            if artifact is None:
                artifact = create_progress_artifact(progress=0.0, key=f"{stage}-progress", description=stage)
            update_progress_artifact(artifact, progress=100 * done / total)
        except Exception as error:  # a server that does not answer must not end hours of work
            log.warning("%s: the progress could not be told to the server: %s", stage, error)

    return report
