"""Stage `body`: the user's body model or, without one, the default body with what is learned for it."""

from pathlib import Path
from typing import Any

from manikin.storage.stage import StageRef, data_folder, file_crc
from manikin.tasks.bodies.helpers import Helpers
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.read_smpl import read_smpl
from manikin.tasks.bodies.scape import Scape
from manikin.tasks.bodies.skeletons import joint_regressor, skeleton
from manikin.tasks.clothing.looks.plain import check_mapped
from manikin.tasks.errors import InputError
from manikin.tasks.jobs.default_body import default_body, default_helpers
from manikin.tasks.jobs.work import Work

FILE, SCAPE_FILE, HELPERS_FILE = "body.npz", "scape.npz", "helpers.npz"


def run(attempt: Path, work: Work) -> dict[str, Any]:
    """Write the body model and return what the manifest says of it.

    Raises:
        InputError: the user's file is no body model of SMPL's family, labels cannot be made for it, or photos of garments
            are given for a body without a texture map.
    """
    own = work.sources.body
    body, scape = (_labelled(read_smpl(own), own), None) if own else default_body()
    check_mapped(body, work.sources.garments)
    body.save(attempt / FILE)
    if scape:
        scape.save(attempt / SCAPE_FILE)
    if not own:
        default_helpers().save(attempt / HELPERS_FILE)
    return {
        "crc": file_crc(attempt / FILE),
        "family": body.family,
        "vertices": len(body.v_template),
        "joints": len(body.joint_names),
    }


def load(ref: StageRef) -> BodyModel:
    """Return the body model of a committed stage."""
    return BodyModel.load(data_folder(ref) / FILE)


def load_helpers(ref: StageRef) -> Helpers | None:
    """Return the helper geometry that clothes are cut on; None where the body is a user's, which has none."""
    path = data_folder(ref) / HELPERS_FILE
    return Helpers.load(path) if path.exists() else None


def load_scape(ref: StageRef) -> Scape:
    """Return the SCAPE model of a committed stage.

    Raises:
        InputError: the body is a user's, for which none is learned.
    """
    path = data_folder(ref) / SCAPE_FILE
    if not path.exists():
        raise InputError(
            "deform is scape, which is learned for the default body only; take lbs or dqs, or leave out --body"
        )
    return Scape.load(path)


def _labelled(body: BodyModel, path: Path) -> BodyModel:
    """Return the body if people made of it can have the labels of a picture."""
    try:
        joint_regressor(body, skeleton("coco17", body.family))
    except InputError as error:
        raise InputError(
            f"body {path}: a mesh of {len(body.v_template)} vertices, of which it is not known where the face is ({error}); "
            "expected SMPL's 6890 vertices (SMPL, SMPL-H, STAR) or SMPL-X's 10475"
        ) from error
    return body
