"""What a stage's job is given, whatever the stage."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manikin.storage.stage import StageRef


@dataclass(frozen=True, slots=True)
class Sources:
    """Where files come from; their contents are in the digest, their places are not."""

    garments: Path | None = None
    backgrounds: Path | None = None
    mocap: Path | None = None
    body: Path | None = None  # a file


@dataclass(frozen=True, slots=True)
class Work:
    """The job of one stage: what to make, from what, and whom to tell."""

    parameters: Mapping[str, Any]
    upstream: Mapping[str, StageRef]
    sources: Sources
    report: Callable[[int, int], None]  # done, total
    scheduler: str | None = None  # address of the Dask scheduler, for stages made in shards
