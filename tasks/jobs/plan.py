"""Stage `plan`: one row per image, checked before a pixel is drawn."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from manikin.storage.stage import StageRef, data_folder
from manikin.storage.tables import column_array, read_table, write_table
from manikin.tasks.bodies.shapes import calibrate, sample_adult
from manikin.tasks.jobs import backgrounds, body, poses, textures
from manikin.tasks.jobs.work import Work
from manikin.tasks.scenes.plan import Choices, PlanSettings, make_plan
from manikin.validation.plan import check_plan

TABLE = "plan.parquet"
SHAPE = "shape"


def run(attempt: Path, work: Work) -> dict[str, Any]:
    """Draw, check and write the plan.

    Raises:
        InputError: the plan breaks a rule; says which, where and by how much.
    """
    model = body.load(work.upstream["body"])
    choices = Choices(
        poses=poses.load_table(work.upstream["poses"]),
        wardrobe=textures.load_table(work.upstream["textures"]),
        backgrounds=backgrounds.load_table(work.upstream["backgrounds"]),
        sample_shape=partial(sample_adult, calibrate(model)),
    )
    rows, shapes = make_plan(PlanSettings(**work.parameters), choices)
    checks = check_plan(rows, choices)
    crc = write_table(attempt / TABLE, rows, {SHAPE: shapes})
    return {"crc": crc, "rows": len(rows), "checks": checks}


def load(ref: StageRef) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """Return the plan's table and the shape coefficients (n, K) of its people."""
    path = data_folder(ref) / TABLE
    shapes = column_array(path, SHAPE)
    return read_table(path).drop(columns=SHAPE), shapes
