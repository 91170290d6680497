import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from manikin.flows.server import running_server

SynthRun = subprocess.CompletedProcess[str]
Manikin = Callable[..., SynthRun]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Prefect server with a database of its own; the command line finds it by PREFECT_API_URL."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
    patch.delenv("PREFECT_API_URL", raising=False)
    with running_server(0) as url:
        patch.setenv("PREFECT_API_URL", url)
        yield url
    patch.undo()


def manikin_command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "manikin.flows.cli", *map(str, arguments)]


@pytest.fixture(scope="session")
def manikin(server: str, assets: Path) -> Manikin:
    """Run the command line as a user does, in a process of its own."""

    def run(*arguments: object, expect: int = 0) -> SynthRun:
        done = subprocess.run(
            manikin_command(*arguments), capture_output=True, text=True, timeout=300, env=os.environ, check=False
        )
        assert done.returncode == expect, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


SMALL = ("--images", 6, "--size", 64, "--shard", 3, "--workers", 2)


@pytest.fixture(scope="session")
def root(manikin: Manikin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stage store of one whole small run, named `small`."""
    root = tmp_path_factory.mktemp("runs")
    manikin("synth", *SMALL, "--root", root, "--name", "small")
    return root
