"""Stage `plan`: one row per image, checked before a pixel is drawn."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from manikin.storage.stage import StageRef, data_folder
from manikin.storage.tables import column_array, read_table, write_table
from manikin.tasks.bodies.people import ShapeSettings
from manikin.tasks.bodies.shapes import shape_sampler
from manikin.tasks.errors import InputError
from manikin.tasks.jobs import backgrounds, body, poses, textures
from manikin.tasks.jobs.work import Work
from manikin.tasks.scenes.plan import Choices, PlanSettings, make_plan
from manikin.validation.plan import check_plan

TABLE = "plan.parquet"
SHAPE = "shape"


def run(attempt: Path, work: Work) -> dict[str, Any]:
    """Draw, check and write the plan.

    Of the parameters, `shapes` are those of `ShapeSettings`; the others are those of `PlanSettings`.

    Raises:
        InputError: the plan breaks a rule; says which, where and by how much.
    """
    model = body.load(work.upstream["body"])
    parameters = dict(work.parameters)
    people = shape_settings(parameters.pop("shapes"))
    choices = Choices(
        poses=poses.load_table(work.upstream["poses"]),
        wardrobe=textures.load_table(work.upstream["textures"]),
        backgrounds=backgrounds.load_table(work.upstream["backgrounds"]),
        sample_shape=shape_sampler(model, people),
    )
    rows, shapes = make_plan(PlanSettings(**parameters), choices)
    checks = check_plan(rows, choices, people if len(model.phenotype_mask) else None)
    crc = write_table(attempt / TABLE, rows, {SHAPE: shapes})
    return {"crc": crc, "rows": len(rows), "checks": checks}


def shape_settings(parameters: Mapping[str, Any]) -> ShapeSettings:
    """Return the settings that parameters of a stage describe; what is not named has its default.

    Raises:
        InputError: a value is out of its span, or there is no such setting.
    """
    known = ShapeSettings.__dataclass_fields__
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise InputError(f"shapes has no setting {unknown[0]!r}; it has {', '.join(known)}")
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in parameters.items()}
    return ShapeSettings(**values)


def load(ref: StageRef) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """Return the plan's table and the shape coefficients (n, K) of its people."""
    path = data_folder(ref) / TABLE
    shapes = column_array(path, SHAPE)
    return read_table(path).drop(columns=SHAPE), shapes
