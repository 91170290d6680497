"""The deployments, served as a user serves them and run from another terminal."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from manikin.storage.dataset import open_dataset
from tests.flows.conftest import manikin_command

pytestmark = pytest.mark.slow

DEPLOYMENTS = ("full", "preview")


@pytest.fixture(scope="module")
def served(server: str, root: Path) -> Iterator[str]:
    process = subprocess.Popen(
        manikin_command("serve"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=root
    )
    try:
        for name in DEPLOYMENTS:
            _wait_for_deployment(server, name, process)
        yield server
    finally:
        process.terminate()
        process.communicate(timeout=60)


def _deployment(server: str, name: str) -> dict[str, object] | None:
    try:
        with urllib.request.urlopen(f"{server}/deployments/name/synth/{name}", timeout=10) as answer:
            found: dict[str, object] = json.load(answer)
            return found
    except urllib.error.HTTPError:
        return None


def _wait_for_deployment(server: str, name: str, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 120
    while _deployment(server, name) is None:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end, f"no deployment synth/{name} after two minutes"
        time.sleep(0.5)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "prefect", "deployment", "run", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_defaults_of_the_deployments(served: str) -> None:
    preview, full = (_deployment(served, name) for name in ("preview", "full"))
    assert preview is not None
    assert full is not None
    assert preview["parameters"]["images"] == 64  # type: ignore[index]
    assert full["parameter_openapi_schema"]["properties"]["images"]["default"] == 10_000  # type: ignore[index]


def test_a_deployment_makes_a_data_set(served: str, root: Path) -> None:
    small = {"images": 5, "size": 64, "shard": 3, "workers": 1, "root": str(root), "name": "deployed"}
    options = [part for key, value in small.items() for part in ("-p", f"{key}={json.dumps(value)}")]
    done = _run("synth/preview", *options, "--watch")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(open_dataset(root, "deployed")) == 5


def test_a_bad_value_is_refused_before_a_run_exists(served: str) -> None:
    before = _count_runs(served)
    done = _run("synth/preview", "-p", "images=0")
    assert done.returncode != 0
    said = " ".join((done.stdout + done.stderr).split())
    assert "field 'images'" in said
    assert "0 is less than the minimum of 1" in said
    assert _count_runs(served) == before


def _count_runs(server: str) -> int:
    request = urllib.request.Request(
        f"{server}/flow_runs/count", data=b"{}", headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(answer.read())
