"""Body files of SMPL's family with the real keys, shapes and types, and random content: nobody may hand out the real ones."""

from pathlib import Path
from typing import Any

import numpy as np

from manikin.tasks.bodies.smpl_families import FAMILIES

NO_PARENT = 2**32 - 1
_BODY_PARENTS = (0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
_FINGERS = [(20 + s, f) for s in (0, 1) for f in range(5)]


def parents(family: str) -> list[int]:
    """Return the parents of a family's joints, the root's 2^32 - 1 as in the files."""
    out = [NO_PARENT, *_BODY_PARENTS[1:]]
    if family in ("smpl", "star"):
        return [*out, 20, 21]
    out += [15, 15, 15] if family == "smplx" else []
    for wrist, _ in _FINGERS:
        out += [wrist, len(out), len(out) + 1]
    return out


def random_arrays(family: str, rng: np.random.Generator, n_vertices: int = 400, n_shapes: int = 10) -> dict[str, Any]:
    """Return the arrays of a body file: a cloud of person's size, joints somewhere in it, everything else random."""
    tree, described = parents(family), FAMILIES[family]
    n_joints = len(tree)
    weights = rng.random((n_vertices, n_joints)) ** 8
    weights[np.arange(n_vertices)[:, None], np.argsort(weights, axis=1)[:, :-4]] = 0.0  # four a vertex, as in the files
    regressor = rng.random((n_joints, n_vertices)) * (rng.random((n_joints, n_vertices)) < 0.1)
    posedirs = rng.normal(0, 0.003, (n_vertices, 3, described.n_features))
    posedirs[rng.random(n_vertices) < 0.3] = 0.0
    arrays: dict[str, Any] = {
        "v_template": rng.uniform([-0.8, -1.2, -0.2], [0.8, 0.6, 0.2], (n_vertices, 3)),
        "f": rng.integers(0, n_vertices, (2 * n_vertices, 3)).astype(np.uint32),
        "shapedirs": rng.normal(0, 0.01, (n_vertices, 3, n_shapes)),
        "posedirs": posedirs,
        "J_regressor": regressor / regressor.sum(axis=1, keepdims=True),
        "weights": weights / weights.sum(axis=1, keepdims=True),
        "kintree_table": np.array([tree, range(n_joints)], np.uint32 if family != "star" else np.int64),
    }
    if family in ("smplh", "smplx"):
        arrays |= {f"hands_mean{s}": rng.normal(0, 0.2, 45) for s in "lr"}
        arrays |= {f"hands_components{s}": rng.normal(0, 0.2, (45, 45)) for s in "lr"}
    if family == "smplx":
        arrays["joint2num"] = np.array({n: i for i, n in enumerate(described.joint_names)}, dtype=object)
        arrays["part2num"] = np.array({"torso": 0}, dtype=object)
    return arrays


def write_npz(folder: Path, arrays: dict[str, Any], name: str = "body.npz") -> Path:
    """Return the path of a npz that holds the arrays."""
    np.savez(folder / name, **arrays)
    return folder / name
