import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from manikin.flows.server import find_server, is_healthy, running_server


def test_a_running_server_is_used_and_left_running(server: str) -> None:
    assert find_server() == server
    with running_server() as url:
        assert url == server
    assert is_healthy(server)


@pytest.mark.slow
def test_a_started_server_dies_with_a_killed_parent(tmp_path: Path) -> None:
    program = (
        "import time\nfrom manikin.flows.server import running_server\n"
        "with running_server(0) as url:\n    print(url, flush=True); time.sleep(600)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PREFECT_API_URL"}
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        env=environment | {"PREFECT_HOME": str(tmp_path)},
    )
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    assert is_healthy(url)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(300):
        if not is_healthy(url):
            return
        time.sleep(0.1)
    pytest.fail(f"the server at {url} outlived its parent")
