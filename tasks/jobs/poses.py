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
from manikin.tasks.poses.sample import PoseBatch, sample_evenly, sample_poses
from manikin.tasks.poses.training import Examples

TABLE = "poses.parquet"
POSE, MADE_OF = "axis_angle", "made_of"
BLOCK = 4096  # poses drawn at once
EVEN_BLOCK = 512  # poses spread at once where they fill holes
RANDOM, FILL = "random", "fill"  # coverage


def run(attempt: Path, work: Work) -> dict[str, Any]:
    """Sample and write the poses; return counts and how often which draw was rejected."""
    n, seed = int(work.parameters["images"]), int(work.parameters["seed"])
    model = body.load(work.upstream["body"])
    prior, examples = fit.load(work.upstream["fit"])
    measure = plausibility(anatomy_of(model), read_limits(), fit_capsules(model), examples)
    fills = work.parameters["coverage"] == FILL
    draw, block = (sample_evenly, EVEN_BLOCK) if fills else (sample_poses, BLOCK)
    tables, poses, made_of, draws, rejected, fallbacks = [], [], [], 0, dict[str, int](), 0
    for first in range(0, n, block):
        batch, report = draw(prior, measure, min(block, n - first), seed, first=first)
        poses.append(batch.poses)
        made_of.append(batch.made_of)
        tables.append(_table(batch, first, examples))
        draws, fallbacks = draws + report.n_draws, fallbacks + report.n_fallbacks
        for reason, count in report.n_rejected.items():
            rejected[f"pose {reason}"] = rejected.get(f"pose {reason}", 0) + count
        work.report(min(first + block, n), n)
    arrays = {POSE: np.concatenate(poses), MADE_OF: np.concatenate(made_of)}
    crc = write_table(attempt / TABLE, pd.concat(tables), arrays)
    rejected["no draw sound, so a captured or authored pose as it is"] = fallbacks
    return {"crc": crc, "poses": n, "draws": draws, "rejected": rejected, "parts": list(prior.parts)}


def load_table(ref: StageRef) -> pd.DataFrame:
    """Return the table of poses.

    Its columns: number, label, source, the example it is, varies or is nearest to (origin; clip and frame, "" and -1 for a
    key pose), and whether it is a fallback. The file also holds the arrays `axis_angle` and `made_of`: what each of the
    prior's parts (the manifest's `parts`) was taken from, a component or a row of the examples of the stage `fit`.
    """
    return read_table(data_folder(ref) / TABLE).drop(columns=[POSE, MADE_OF])


def load_poses(ref: StageRef) -> NDArray[np.float32]:
    """Return the poses (n, J, 3), axis-angle."""
    return column_array(data_folder(ref) / TABLE, POSE)


def _table(batch: PoseBatch, first: int, examples: Examples) -> pd.DataFrame:
    frame = examples.frame[batch.example]
    return pd.DataFrame(
        {
            "pose": np.arange(first, first + len(batch.poses)),
            "label": batch.labels,
            "source": batch.source,
            "origin": batch.origin,
            "clip": [
                "" if f < 0 else o.rsplit(" frame ", 1)[0] for o, f in zip(batch.origin.tolist(), frame, strict=True)
            ],
            "frame": frame,
            "is_fallback": batch.is_fallback,
        }
    )
