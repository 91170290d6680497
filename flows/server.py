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
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEFAULT_PORT = 4200
START_LIMIT_S = 180.0
PR_SET_PDEATHSIG = 1

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
        with urllib.request.urlopen(f"{url}/health", timeout=3) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def find_server(port: int = DEFAULT_PORT) -> str | None:
    """Return the address of a running server: the one PREFECT_API_URL names, or the one on a port here."""
    for url in (os.environ.get("PREFECT_API_URL"), local_url(port) if port else None):
        if url and is_healthy(url):
            return url
    return None


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
