"""The story: fit a prior to captured and authored poses, sample poses, build textures from photos, plan, render, augment, check.

One Prefect task a stage; what is in the store is not made again. Rendering and augmentation share one set of Dask workers,
which starts only if one of them has work.
"""

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.artifacts import create_link_artifact, create_markdown_artifact
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogHandler

from manikin.flows.config import Stage, SynthConfig
from manikin.flows.graph import UPSTREAM, plan_graph
from manikin.flows.options import takes_fields
from manikin.storage.assets import pull
from manikin.storage.dataset import release
from manikin.storage.stage import check_writable, data_folder, is_committed
from manikin.tasks.errors import InputError
from manikin.tasks.fanout import cluster, default_workers
from manikin.tasks.jobs.validate import CARD, CONTACT_SHEET
from manikin.tasks.jobs.work import Sources
from manikin.tasks.stages import SHARDED, stage_task


class _NoTraceback(logging.Filter):
    """What a user can mend is said in a line; a traceback would bury it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], InputError):
            record.exc_info = record.exc_text = None
        return True


for _logger in ("prefect.flow_runs", "prefect.task_runs"):
    logging.getLogger(_logger).addFilter(_NoTraceback())


@flow(name="synth", flow_run_name="{name}-{images}", log_prints=True)
@takes_fields
def synth(**options: Any) -> str:
    """Make a data set of labelled pictures of people and return the path of its release file."""
    return str(run_stages(SynthConfig(**options)))


def run_stages(config: SynthConfig) -> Path:
    """Run the graph inside a flow run and return the release file."""
    log = get_run_logger()
    check_writable(config.root)
    pull(report=lambda pack, phase, done, total: log.debug("%s %s: %d of %d bytes", pack, phase, done, total))
    graph = plan_graph(config)
    sources = Sources(config.garments, config.backgrounds, config.mocap, config.body)
    made: dict[Stage, dict[str, str]] = {}
    with ExitStack() as stack:
        address = config.scheduler
        for stage, (ref, parameters) in graph.items():
            again = stage in config.refresh
            todo = again or not is_committed(ref)
            if stage in SHARDED and todo and address is None:
                shards = -(-config.images // config.shard)
                client = stack.enter_context(cluster(min(config.workers or default_workers(), shards)))
                address = client.scheduler.address
                log.info("Dask dashboard: %s", client.dashboard_link)
            task = stage_task(stage, again=again, ref=ref)
            upstream = {u.value: made[u] for u in UPSTREAM[stage]}
            made[stage] = task(ref, parameters, upstream, sources, address, again)
    report = data_folder(graph[Stage.VALIDATE][0])
    create_markdown_artifact((report / CARD).read_text(), key="dataset-card", description=f"data set {config.name}")
    create_link_artifact((report / CONTACT_SHEET).as_uri(), key="contact-sheet", link_text="contact sheet")
    settings = config.model_dump(mode="json", exclude={"refresh", "workers", "scheduler", "root"})
    path = release(config.root, config.name, settings, {s.value: ref for s, (ref, _) in graph.items()})
    log.info("data set %s: %s", config.name, path)
    return path


def run_here(config: SynthConfig) -> None:
    """Run the flow in this process, and return when the server has all that was logged."""
    try:
        synth(**config.model_dump())
    finally:
        APILogHandler().flush()
        EventsWorker.drain_all()
