"""Stage `poses`: one pose per image, sampled from the prior, around key poses and from motion."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from manikin.storage.stage import StageRef, data_folder
from manikin.storage.tables import column_array, read_table, write_table
from manikin.tasks.jobs import body, fit
from manikin.tasks.jobs.work import Work
from manikin.tasks.poses.anatomy import anatomy_of
from manikin.tasks.poses.collision import fit_capsules
from manikin.tasks.poses.limits import read_limits
from manikin.tasks.poses.plausibility import plausibility
from manikin.tasks.poses.sample import sample_poses

TABLE = "poses.parquet"
POSE = "axis_angle"
BLOCK = 4096  # poses drawn at once


def run(attempt: Path, work: Work) -> dict[str, Any]:
    """Sample and write the poses; return counts and how often which draw was rejected."""
    n, seed = int(work.parameters["images"]), int(work.parameters["seed"])
    model = body.load(work.upstream["body"])
    prior, examples = fit.load(work.upstream["fit"])
    measure = plausibility(anatomy_of(model), read_limits(), fit_capsules(model), examples)
    tables, poses, draws, rejected, fallbacks = [], [], 0, dict[str, int](), 0
    for first in range(0, n, BLOCK):
        batch, report = sample_poses(prior, measure, min(BLOCK, n - first), seed, first=first)
        poses.append(batch.poses)
        tables.append(
            pd.DataFrame(
                {
                    "pose": np.arange(first, first + len(batch.poses)),
                    "label": batch.labels,
                    "source": batch.source,
                    "origin": batch.origin,
                    "component": batch.component,
                    "is_fallback": batch.is_fallback,
                }
            )
        )
        draws, fallbacks = draws + report.n_draws, fallbacks + report.n_fallbacks
        for reason, count in report.n_rejected.items():
            rejected[f"pose {reason}"] = rejected.get(f"pose {reason}", 0) + count
        work.report(min(first + BLOCK, n), n)
    crc = write_table(attempt / TABLE, pd.concat(tables), {POSE: np.concatenate(poses)})
    rejected["no draw sound, so a captured or authored pose as it is"] = fallbacks
    return {"crc": crc, "poses": n, "draws": draws, "rejected": rejected}


def load_table(ref: StageRef) -> pd.DataFrame:
    """Return the table of poses: number, label, source, origin, component of the prior, whether it is a fallback."""
    return read_table(data_folder(ref) / TABLE).drop(columns=POSE)


def load_poses(ref: StageRef) -> NDArray[np.float32]:
    """Return the poses (n, J, 3), axis-angle."""
    return column_array(data_folder(ref) / TABLE, POSE)
