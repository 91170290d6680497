"""What all tests share: one thread per library, no telemetry, the asset cache, and the default body from it."""

import os
from pathlib import Path

# Set before any test module imports NumPy, Numba, Prefect or Great Expectations: they read these once, at import.
os.environ |= {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "GX_ANALYTICS_ENABLED": "false",
}

import hypothesis
import pytest

from manikin.storage.assets import cache_folder, pull
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.scape import Scape

# Machines are shared: no test may depend on a time. Derandomized, so that a failure is there again tomorrow.
hypothesis.settings.register_profile("manikin", deadline=None, derandomize=True)
hypothesis.settings.load_profile("manikin")


@pytest.fixture(scope="session")
def assets() -> Path:
    """The asset cache with every default pack in it; brings what is missing there."""
    pull()
    return cache_folder()


@pytest.fixture(scope="session")
def learned(assets: Path) -> tuple[BodyModel, Scape]:
    """The default body and its SCAPE model, learned once and kept in the asset cache."""
    from manikin.tasks.jobs.default_body import default_body

    return default_body(assets)


@pytest.fixture(scope="session")
def body(learned: tuple[BodyModel, Scape]) -> BodyModel:
    """The default body."""
    return learned[0]


@pytest.fixture(scope="session")
def scape(learned: tuple[BodyModel, Scape]) -> Scape:
    """The default body's SCAPE model."""
    return learned[1]


@pytest.fixture(scope="session")
def body_file(body: BodyModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default body as a file, for tests that start other processes."""
    path = tmp_path_factory.mktemp("body") / "body.npz"
    body.save(path)
    return path


@pytest.fixture(scope="session")
def smpl_file(body: BodyModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A body file of SMPL that looks human, made from the default body."""
    from tests.smpl_files import write_npz
    from tests.smpl_like import smpl_like

    return write_npz(tmp_path_factory.mktemp("smpl"), smpl_like(body))
