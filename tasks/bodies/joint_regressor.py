"""Where a body's joints are, from its skin alone: each joint as a weighted mean of the vertices around it.

The weights are those which find the joints of the shape basis, and of posed bodies, by least squares, with a ridge towards
the plain mean and no weight that makes up for a far one: a joint then follows the skin also where forward kinematics does not
say where the skin is, as in SCAPE. As `J_regressor` in SMPL (Loper et al. 2015, section 4), but fitted to a rig that is there.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.cholesky import solve
from manikin.tasks.bodies.kernels import product
from manikin.tasks.bodies.model import BodyModel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_IN_SECTOR = 3  # vertices in each of the 26 directions around a joint
N_VERTICES = 26 * _IN_SECTOR
_OWN_WEIGHT = 0.02  # what moves skin
_RIDGE_M2 = 2e-6  # against a sum of squares in metres
_POSED_WEIGHT = 0.15  # of a posed body's equation; the shape basis must fit nearly exactly
_SUM_WEIGHT = 1e4
_GRID = 2.0**-16


def _around(model: BodyModel, j: int) -> I32:
    """Return vertices (M,) that stand around a joint: in each direction the nearest that its own bone or the next ones move."""
    family = [j, int(model.parents[j]), *np.flatnonzero(model.parents == j)]
    moved = np.isin(model.weight_idx, family) & (model.weights >= _OWN_WEIGHT)
    vertices = np.flatnonzero(moved.any(axis=1))
    offset = model.v_template[vertices].astype(np.float64) - model.J_template[j]
    distance = np.maximum(np.sqrt(offset[:, 0] ** 2 + offset[:, 1] ** 2 + offset[:, 2] ** 2), 1e-9)
    x, y, z = np.rint(np.clip(1.5 * offset / distance[:, None], -1.0, 1.0)).astype(np.int64).T + 1
    sector = 9 * x + 3 * y + z  # 26 of them
    by_sector = np.lexsort((distance, sector))
    rank = np.arange(len(sector)) - np.searchsorted(sector[by_sector], sector[by_sector])
    return np.sort(vertices[by_sector[rank < _IN_SECTOR]]).astype(np.int32)


def fit_joint_regressor(model: BodyModel, vertices: F32, joints: F32) -> tuple[I32, F32]:
    """Return vertices (J, M) and their weights (J, M), which sum to 1.

    Args:
        model: the body; its shape basis must give its joints.
        vertices: (N, V, 3) posed bodies of the mean shape.
        joints: (N, J, 3) their joints.
    """
    n_joints = len(model.parents)
    index, weight = np.zeros((n_joints, N_VERTICES), np.int32), np.zeros((n_joints, N_VERTICES), np.float32)
    shaped = np.concatenate([model.v_template[None], model.shapedirs]).astype(np.float64)
    shaped_joints = np.concatenate([model.J_template[None], model.J_shapedirs]).astype(np.float64)
    for j in range(n_joints):
        near = _around(model, j)
        m = len(near)
        a = np.concatenate([shaped[:, near], _POSED_WEIGHT * vertices[:, near].astype(np.float64)])  # (S, M, 3)
        b = np.concatenate([shaped_joints[:, j], _POSED_WEIGHT * joints[:, j].astype(np.float64)])  # (S, 3)
        offsets = a - b[:, None]  # weights that sum to 1 must take them to zero
        rows = np.ascontiguousarray(offsets.transpose(1, 0, 2)).reshape(m, -1)
        gram = product(rows, np.ascontiguousarray(rows.T)) + _RIDGE_M2 * np.eye(m) + _SUM_WEIGHT
        right = np.full((m, 1), _RIDGE_M2 / m + _SUM_WEIGHT)
        found = np.round(solve(gram, right)[:, 0] / _GRID) * _GRID
        found[np.argmax(found)] += 1.0 - found.cumsum()[-1]
        index[j, :m], weight[j, :m] = near, found
    return index, weight
