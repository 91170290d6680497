"""A Prefect server on loopback: the one that runs, or one started here and stopped after.

A server started here dies with the process that started it, even if that is killed.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from manikin.tasks.errors import InputError

DEFAULT_PORT = 4200
START_LIMIT_S = 180.0
PR_SET_PDEATHSIG = 1

NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))

QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
}


def local_url(port: int = DEFAULT_PORT) -> str:
    """Return the address of a server's API on this machine."""
    return f"http://127.0.0.1:{port}/api"


def is_healthy(url: str) -> bool:
    """Answer whether a Prefect server answers at an address."""
    try:
        with NO_PROXY.open(f"{url}/health", timeout=3) as answer:
            return bool(answer.read(16).strip() == b"true")
    except (OSError, HTTPException, ValueError):  # nobody there, not HTTP, no address at all
        return False


def find_server(port: int = DEFAULT_PORT) -> str | None:
    """Return the address of a running server: the one PREFECT_API_URL names, else the one on a port here, else None.

    Raises:
        InputError: PREFECT_API_URL names a server that does not answer.
    """
    named = os.environ.get("PREFECT_API_URL")
    if named and not is_healthy(named):
        raise InputError(
            f"no Prefect server answers at {named}, which PREFECT_API_URL names; start it, or unset PREFECT_API_URL to "
            "have one started for each run"
        )
    url = named or (local_url(port) if port else None)
    return url if url and is_healthy(url) else None


def server_command(port: int) -> list[str]:
    """Return the command that runs a server in the foreground."""
    return [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]


@contextmanager
def running_server(port: int = DEFAULT_PORT) -> Iterator[str]:
    """Hold a Prefect server and give the address of its API.

    Args:
        port: where to look for one, and to start one; another if something else listens there. 0 for any free one.

    Raises:
        RuntimeError: a server started here did not come up; with the last lines it wrote.
    """
    url = find_server(port)
    if url:
        yield url
        return
    port = port if port and _is_free(port) else _free_port()
    with tempfile.TemporaryDirectory(prefix="manikin-server-") as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                server_command(port),
                stdout=out,
                stderr=subprocess.STDOUT,
                env=os.environ | QUIET,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        try:
            _wait_healthy(process, local_url(port), log)
            yield local_url(port)
        finally:
            _stop(process)


def _wait_healthy(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_LIMIT_S
    while not is_healthy(url):
        if process.poll() is not None or time.monotonic() > end:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise RuntimeError(f"the Prefect server did not come up at {url}; it wrote:\n{tail}")
        time.sleep(0.2)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(10)
        except ProcessLookupError:
            process.wait()
        except subprocess.TimeoutExpired:
            continue
        return


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _is_free(port: int) -> bool:
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) != 0


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
