"""The default body, its helper geometry and all that is learned for it, made once from its asset pack and kept in its cache."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from manikin.storage.assets import locate
from manikin.storage.digest import code_digest, stage_digest
from manikin.storage.learned import learned
from manikin.storage.packs import read_packs
from manikin.tasks.bodies.deltamush import bending_targets
from manikin.tasks.bodies.export import export_body_and_helpers
from manikin.tasks.bodies.helpers import Helpers
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.posedirs import bending_joints, fit_posedirs
from manikin.tasks.bodies.scape import Scape
from manikin.tasks.bodies.scape_fit import fit_scape
from manikin.tasks.poses.exercises import exercises

F64 = NDArray[np.float64]

PACK = "anny"
BODY_FILE, SCAPE_FILE, HELPERS_FILE = "body.npz", "scape.npz", "helpers.npz"
N_RANDOM = 400  # poses beside the key poses; twice as many change the blendshapes by a twentieth of a millimetre


def default_body(cache: Path | None = None) -> tuple[BodyModel, Scape]:
    """Return the default body, with pose blendshapes, and its SCAPE model.

    Args:
        cache: the asset cache.

    Raises:
        InputError: the body's pack is not in the cache.
    """
    body, scape, _ = _default(cache)
    return body, scape


def default_helpers(cache: Path | None = None) -> Helpers:
    """Return the default body's helper geometry; the same argument and error as `default_body`."""
    return _default(cache)[2]


def _default(cache: Path | None) -> tuple[BodyModel, Scape, Helpers]:
    digest = stage_digest(
        "learned", code_digest(__name__), {pack.name: pack.digest for pack in read_packs() if pack.name == PACK}, []
    )

    def make(folder: Path) -> None:
        model, helpers = export_body_and_helpers(locate(PACK, cache))
        poses = exercise_poses(model, N_RANDOM, np.random.default_rng(0))
        targets = bending_targets(model, np.zeros(len(model.shapedirs), np.float32), poses)
        fit_posedirs(model, poses, targets).save(folder / BODY_FILE)
        fit_scape(model, poses, targets).save(folder / SCAPE_FILE)
        helpers.save(folder / HELPERS_FILE)

    def load(folder: Path) -> tuple[BodyModel, Scape, Helpers]:
        return (
            BodyModel.load(folder / BODY_FILE),
            Scape.load(folder / SCAPE_FILE),
            Helpers.load(folder / HELPERS_FILE),
        )

    return learned("body", digest, make, load, cache)


def exercise_poses(model: BodyModel, n_random: int, rng: np.random.Generator) -> F64:
    """Return poses (N, J, 3) to learn bending from: exercises with all joints at rest but those that are learned."""
    poses, bending = exercises(model, n_random, rng), bending_joints(model)
    out = np.zeros_like(poses)
    out[:, bending] = poses[:, bending]
    return out
