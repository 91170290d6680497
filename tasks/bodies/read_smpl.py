"""Makes the body model of a file of SMPL, SMPL-H, SMPL-X or STAR that a user has.

Joints are regressed here, from template and shape directions; weights and pose blendshapes lose nothing but exact zeros.
Left out: the expressions of SMPL-X, the hands' principal components (fingers are posed by their joints), and shape
coefficients beyond the first few. STAR's last pose feature is the second shape coefficient, which moves the skin but not
the joints (Osman et al. 2020; `star/pytorch/star.py` of its authors): here it is part of that shape direction.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.skinning import PART_NAMES, face_parts, falling_weights
from manikin.tasks.bodies.smpl_arrays import Arrays, parents_of, read_smpl_arrays
from manikin.tasks.bodies.smpl_families import FAMILIES, part_of, point_vertices

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

N_BETAS = 16  # shape coefficients kept, as many as AMASS has


def read_smpl(path: Path, n_betas: int = N_BETAS) -> BodyModel:
    """Return the body model of a file. It has no texture map and no phenotypes; zeros are its template.

    Args:
        path: npz, or pkl, which is read without running what it asks for.
        n_betas: shape coefficients to keep at most.

    Raises:
        InputError: as `read_smpl_arrays`.
    """
    family, arrays = read_smpl_arrays(path)
    names = FAMILIES[family].joint_names
    template, directions = _shape_space(arrays, family, n_betas)
    regressor = csr_array(arrays["J_regressor"].astype(np.float64))  # sums in order, as no BLAS does
    joints, joint_directions = regressor @ template, np.stack([regressor @ d for d in directions])
    if family == "star":
        directions[1:2] += arrays["posedirs"][..., -1]
    dense_weights, faces = arrays["weights"].astype(np.float64), arrays["f"].astype(np.int32)
    weights, weight_idx = falling_weights(dense_weights)
    posedirs, posedir_vertex, posedir_start = _sparse_posedirs(arrays["posedirs"], FAMILIES[family].features_a_joint)
    keypoint_names, keypoints = _keypoints(template)
    return BodyModel(
        v_template=template.astype(np.float32),
        shapedirs=directions.astype(np.float32),
        J_template=joints.astype(np.float32),
        J_shapedirs=joint_directions.astype(np.float32),
        parents=parents_of(arrays["kintree_table"]),
        joint_names=names,
        weights=weights,
        weight_idx=weight_idx,
        faces=faces,
        uv=np.zeros((0, 2), np.float32),
        faces_uv=np.zeros((0, 3), np.int32),
        part=face_parts(dense_weights, faces, [part_of(name) for name in names]),
        part_names=PART_NAMES,
        keypoints=keypoints,
        keypoint_names=keypoint_names,
        posedirs=posedirs,
        posedir_vertex=posedir_vertex,
        posedir_start=np.concatenate([[0], posedir_start]).astype(np.int32),
        phenotype_mask=np.zeros((0, 0), np.uint8),
        phenotype_projection=np.zeros((0, len(directions)), np.float32),
        phenotype_labels=(),
        family=family,
        sex=_sex(arrays),
    )


def _shape_space(arrays: Arrays, family: str, n_betas: int) -> tuple[F64, F64]:
    """Return the template (V, 3) and the shape directions (K, V, 3), metres."""
    n = arrays["shapedirs"].shape[2]
    if family == "smplx":  # the rest are expressions: files have 300 and 100, the first ones 10 and 10
        n = 300 if n >= 300 else min(n, 10)
    directions = np.moveaxis(arrays["shapedirs"][..., : min(n, n_betas)].astype(np.float64), 2, 0)
    return arrays["v_template"].astype(np.float64), np.ascontiguousarray(directions)


def _sparse_posedirs(dense: NDArray[Any], n_features: int) -> tuple[F32, I32, I32]:
    """Return posedirs (E, C, 3), the vertices (E,) they move, and where each joint but the root starts, of (V, 3, P)."""
    blocks, vertices, start = [], [], [0]
    for first in range(0, dense.shape[2] - n_features + 1, n_features):
        block = dense[:, :, first : first + n_features]
        moved = np.flatnonzero(block.any(axis=(1, 2)))
        blocks.append(block[moved].transpose(0, 2, 1).astype(np.float32))
        vertices.append(moved.astype(np.int32))
        start.append(start[-1] + len(moved))
    return np.concatenate(blocks), np.concatenate(vertices), np.array(start, np.int32)


def _keypoints(template: F64) -> tuple[tuple[str, ...], F32]:
    """Return names and regressors (P, V): the top of the head and, where the mesh is a known one, points of face and feet."""
    vertex = {"head_top": int(template[:, 1].argmax()), **point_vertices(len(template))}
    regressors = np.zeros((len(vertex), len(template)), np.float32)
    regressors[np.arange(len(vertex)), list(vertex.values())] = 1.0
    return tuple(vertex), regressors


def _sex(arrays: Arrays) -> str:
    said = arrays["gender"].ravel()[:1] if "gender" in arrays else np.array(["neutral"])
    word = str(said.astype(str)[0]).lower() if len(said) else ""
    return word if word in ("female", "male") else "neutral"
