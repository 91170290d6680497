"""What a stage's output depends on, as one hash.

digest = sha256(stage, code digest, library versions, parameters that change bytes, upstream digests). The code digest is the
hash of the sources of the stage's job and of what it imports that decides about bytes or checks, found by reading the import
statements: editing the renderer remakes pictures and leaves poses alone. Most of storage is out, so that moving a file does
not remake a data set; `FORMAT` stands for it and is raised by hand when what is written changes.
"""

import ast
import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from manikin.storage.stage import to_json

FORMAT = 1
# What decides about bytes; the rest of storage is out.
FOLLOWED = ("manikin.tasks.", "manikin.validation.", "manikin.storage.backgrounds")
LIBRARIES = ("numpy", "numba", "scipy", "scikit-learn", "opencv-python-headless")


def stage_digest(stage: str, code: str, parameters: Mapping[str, Any], upstream: Iterable[str]) -> str:
    """Return a stage's identity, 16 hex digits."""
    versions = [importlib.metadata.version(name) for name in LIBRARIES]
    identity = [FORMAT, stage, code, versions, dict(parameters), sorted(upstream)]
    return hashlib.sha256(to_json(identity)).hexdigest()[:16]


def code_digest(module: str) -> str:
    """Return the hash of a module's source, of what it imports that decides about bytes, and of the tables beside them."""
    found: dict[str, Path] = {}
    todo = [module]
    while todo:
        name = todo.pop()
        path = _source(name)
        if name in found or path is None:
            continue
        found[name] = path
        todo += [i for i in _imports(path) if i.startswith(FOLLOWED)]
    files = set(found.values())
    files |= {table for path in found.values() for table in path.parent.glob("*.toml")}
    by_place = sorted(("/".join(p.parts[-2:]), p) for p in files)
    return hashlib.sha256(b"".join(place.encode() + p.read_bytes() for place, p in by_place)).hexdigest()[:16]


def _source(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:  # `from module import name` also yields module.name, which need not be a module
        return None
    return Path(spec.origin) if spec and spec.origin else None


def _imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names
