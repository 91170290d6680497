"""The graph of stages: what each depends on, and so what each is called.

Every digest follows from parameters, code and the assets' hashes alone, so all of them are known before anything runs.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from manikin.flows.config import Stage, SynthConfig
from manikin.storage.digest import code_digest, stage_digest
from manikin.storage.packs import read_packs
from manikin.storage.stage import StageRef, is_committed
from manikin.tasks.errors import InputError

UPSTREAM: Mapping[Stage, tuple[Stage, ...]] = {
    Stage.BODY: (),
    Stage.FIT: (Stage.BODY,),
    Stage.POSES: (Stage.BODY, Stage.FIT),
    Stage.TEXTURES: (Stage.BODY,),
    Stage.BACKGROUNDS: (),
    Stage.PLAN: (Stage.BODY, Stage.POSES, Stage.TEXTURES, Stage.BACKGROUNDS),
    Stage.RENDER: (Stage.BODY, Stage.POSES, Stage.TEXTURES, Stage.BACKGROUNDS, Stage.PLAN),
    Stage.AUGMENT: (Stage.PLAN, Stage.RENDER),
    Stage.VALIDATE: (
        Stage.FIT,
        Stage.POSES,
        Stage.TEXTURES,
        Stage.BACKGROUNDS,
        Stage.PLAN,
        Stage.RENDER,
        Stage.AUGMENT,
    ),
}

ATLAS_SIZE = 1024  # texels; 1.8 mm a texel on the body


def plan_graph(config: SynthConfig) -> dict[Stage, tuple[StageRef, dict[str, Any]]]:
    """Return for each stage where its output is, or will be, and the parameters that change its bytes.

    Raises:
        InputError: a folder the user gave cannot be read or holds no file.
    """
    parameters = _parameters(config)
    graph: dict[Stage, tuple[StageRef, dict[str, Any]]] = {}
    for stage, upstream in UPSTREAM.items():
        digest = stage_digest(
            stage,
            code_digest(f"manikin.tasks.jobs.{stage}"),
            parameters[stage],
            [graph[u][0].digest for u in upstream],
        )
        graph[stage] = StageRef(str(config.root.resolve()), stage.value, digest), parameters[stage]
    return graph


def is_finished(config: SynthConfig, graph: Mapping[Stage, tuple[StageRef, Any]]) -> bool:
    """Answer whether there is nothing to do: every stage stands and none is to be made again."""
    return not config.refresh and all(is_committed(ref) for ref, _ in graph.values())


def _parameters(config: SynthConfig) -> dict[Stage, dict[str, Any]]:
    packs = read_packs()

    def default(role: str) -> dict[str, str]:
        return {pack.name: pack.digest for pack in packs if pack.role == role}

    def given(folder: Path | None, role: str) -> Any:
        return folder_digest(folder, role) if folder else default(role)

    n, seed = config.images, config.seed
    return {
        Stage.BODY: {"file": file_digest(config.body)} if config.body else default("body"),
        Stage.FIT: {"prior": config.prior.value, "seed": seed, "mocap": given(config.mocap, "mocap")},
        Stage.POSES: {"images": n, "seed": seed, "coverage": config.coverage.value},
        Stage.TEXTURES: {
            "atlas": ATLAS_SIZE,
            "seed": seed,
            "garments": given(config.garments, "garments"),
            "skins": default("skins"),
        },
        Stage.BACKGROUNDS: {"backgrounds": given(config.backgrounds, "backgrounds")},
        Stage.PLAN: {
            "images": n,
            "size": config.size,
            "seed": seed,
            "camera": config.camera.value,
            "composite": config.composite.value,
            "augment": config.augment,
            "shapes": config.shapes,
            "people": config.people,
            "outfits": config.outfits,
            "variants": config.variants,
        },
        Stage.RENDER: {"images": n, "size": config.size, "shard": config.shard, "deform": config.deform.value},
        Stage.AUGMENT: {"images": n, "size": config.size, "shard": config.shard},
        Stage.VALIDATE: {"images": n, "size": config.size},
    }


def file_digest(path: Path) -> str:
    """Return the hash of a user's body file.

    Raises:
        InputError: no such file.
    """
    try:
        with path.open("rb") as f:
            return hashlib.file_digest(f, "sha256").hexdigest()[:16]
    except OSError as error:
        raise InputError(
            f"--body {path} cannot be read: {error.strerror}; give a body model file (npz or pkl)"
        ) from error


def folder_digest(folder: Path, option: str) -> str:
    """Return the hash of what a user's folder holds: names and contents.

    Raises:
        InputError: no such folder, or nothing in it.
    """
    if not folder.is_dir():
        raise InputError(f"--{option} {folder} is no folder; give a folder of files")
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    if not files:
        raise InputError(f"--{option} {folder} is empty; put files into it or leave the option out for the default")
    total = hashlib.sha256()
    for path in files:
        total.update(str(path.relative_to(folder)).encode() + b"\0")
        with path.open("rb") as f:
            total.update(hashlib.file_digest(f, "sha256").digest())
    return total.hexdigest()[:16]
