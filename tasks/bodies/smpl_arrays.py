"""The arrays of a body file of SMPL's family, and of which family it is: read without running anything, checked once.

The family is told by the number of joints and of pose features, never by the file's name.
"""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.restricted_pickle import array_of, read_pickle
from manikin.tasks.bodies.smpl_families import FAMILIES
from manikin.tasks.errors import InputError

Arrays = dict[str, NDArray[Any]]

_KEYS = ("v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table")
_WANTED = (*_KEYS, "gender")
_WEIGHTS_OFF = 1e-3  # from 1, of the sum of a vertex's weights
_HEIGHT_RANGE_M = (0.3, 3.0)


def read_smpl_arrays(path: Path) -> tuple[str, Arrays]:
    """Return the family of a file and its arrays: v_template (V, 3), f (F, 3), shapedirs (V, 3, K), posedirs (V, 3, P),
    J_regressor (J, V), weights (V, J), kintree_table (2, J) and, if it has one, gender.

    Args:
        path: npz, or pkl, which is read without running what it asks for.

    Raises:
        InputError: the file cannot be read, is of no known family, or its arrays do not fit one another; says what was
            found and what was expected.
    """
    try:
        arrays = _npz_arrays(path) if zipfile.is_zipfile(path) else _pickled_arrays(path)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"body {path}: not read ({error}); expected a npz, or a pkl, of SMPL's family") from error
    if missing := [key for key in _KEYS if key not in arrays]:
        raise InputError(
            f"body {path}: has no {', '.join(missing)}; expected a body model of SMPL, SMPL-H, SMPL-X or STAR with "
            f"{', '.join(_KEYS)}"
        )
    family = _family_of(arrays, path)
    _check_shapes(arrays, family, path)
    _check_values(arrays, path)
    _check_tree(arrays["kintree_table"], path)
    return family, arrays


def parents_of(tree: NDArray[Any]) -> NDArray[np.int32]:
    """Return the parent (J,) of each joint, -1 for none, of a kintree_table (2, J): parents, and the joints' own numbers."""
    column = {int(joint): k for k, joint in enumerate(tree[1])}
    return np.array([column.get(int(p), -1) for p in tree[0]], np.int32)


def _npz_arrays(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as archive:
        return {key: _member(archive, key, path) for key in _WANTED if key in archive.files}


def _member(archive: Any, key: str, path: Path) -> NDArray[Any]:
    with archive.zip.open(f"{key}.npy") as f:
        version = np.lib.format.read_magic(f)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        if read_header(f)[2].hasobject:  # a sparse matrix is in a npz as a pickle
            where = f"body {path}: {key}"
            return array_of(read_pickle(f, where), where)
    array: NDArray[Any] = archive[key]
    return array


def _pickled_arrays(path: Path) -> Arrays:
    with path.open("rb") as f:
        content = read_pickle(f, f"body {path} (no npz, so taken for a pickle)")
    if not isinstance(content, dict):
        raise InputError(f"body {path}: holds a {type(content).__name__}; expected a table of {', '.join(_KEYS)}")
    return {key: array_of(content[key], f"body {path}: {key}") for key in _WANTED if key in content}


def _family_of(arrays: Arrays, path: Path) -> str:
    tree, posedirs = arrays["kintree_table"], arrays["posedirs"]
    found = tree.shape[-1] if tree.ndim == 2 else 0, posedirs.shape[-1] if posedirs.ndim == 3 else 0
    for name, family in FAMILIES.items():
        if found == (len(family.joint_names), family.n_features):
            return name
    known = "; ".join(f"{name} {len(f.joint_names)} and {f.n_features}" for name, f in FAMILIES.items())
    raise InputError(
        f"body {path}: of no family that is known: kintree_table {tree.shape} and posedirs {posedirs.shape} are {found[0]} "
        f"joints and {found[1]} pose features; expected {known}"
    )


def _check_shapes(arrays: Arrays, family: str, path: Path) -> None:
    v, j = arrays["weights"].shape[0] if arrays["weights"].ndim else 0, len(FAMILIES[family].joint_names)
    expected: dict[str, tuple[int | None, ...]] = {
        "v_template": (v, 3),
        "f": (None, 3),
        "shapedirs": (v, 3, None),
        "posedirs": (v, 3, FAMILIES[family].n_features),
        "J_regressor": (j, v),
        "weights": (v, j),
        "kintree_table": (2, j),
    }
    for key, shape in expected.items():
        array = arrays[key]
        if array.ndim != len(shape) or any(n not in (None, m) for n, m in zip(shape, array.shape, strict=True)):
            wanted = ", ".join("any" if n is None else str(n) for n in shape)
            raise InputError(
                f"body {path}: {key} has shape {array.shape}, expected ({wanted}) for {family} of {v} vertices"
            )
        if array.dtype.kind not in "iuf" or array.size == 0:
            raise InputError(f"body {path}: {key} holds {array.size} values of {array.dtype}; expected numbers")
        if not np.isfinite(array).all():
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            raise InputError(
                f"body {path}: {key} has values that are not finite, first at {where}; the file is damaged"
            )


def _check_values(arrays: Arrays, path: Path) -> None:
    template, faces, weights = arrays["v_template"], arrays["f"], arrays["weights"]
    if faces.min() < 0 or faces.max() >= len(template):
        raise InputError(
            f"body {path}: f has indices {faces.min()} to {faces.max()}; expected 0 to {len(template) - 1}"
        )
    off = np.maximum(np.abs(weights.sum(axis=1) - 1.0), np.where(weights.min(axis=1) < 0, 1.0, 0.0))
    if off.max() > _WEIGHTS_OFF:
        worst = int(off.argmax())
        raise InputError(
            f"body {path}: the weights of vertex {worst} sum to {weights[worst].sum():.4g}, the least of them is "
            f"{weights[worst].min():.4g}; expected a sum of 1 and none below 0"
        )
    height = float(np.ptp(template[:, 1]))
    if not _HEIGHT_RANGE_M[0] <= height <= _HEIGHT_RANGE_M[1]:
        low, high = _HEIGHT_RANGE_M
        raise InputError(
            f"body {path}: v_template is {height:.4g} high along y; expected y up, and {low} to {high} metres"
        )


def _check_tree(tree: NDArray[Any], path: Path) -> None:
    parents = parents_of(tree)
    wrong = [k for k, p in enumerate(parents) if (p != -1 if k == 0 else not 0 <= p < k)]
    if wrong or len(set(tree[1].tolist())) != tree.shape[1]:
        k = wrong[0] if wrong else 0
        raise InputError(
            f"body {path}: kintree_table gives joint {k} the parent {int(tree[0, k])}; expected one tree without rings from "
            "joint 0, whose parent is none (4294967295), every other parent before its child"
        )
