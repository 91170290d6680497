"""Learns a SCAPE model of a body: parts from its skinning weights, bending from posed examples, joints from its rig.

In each example, a triangle's deformation less its part's rotation is Q; its components are regressed, with a little ridge, on
the turns of the part's joint, its parent and the joints at the part's other ends, through the identity at rest. Terms that
change a triangle by less than a two-hundredth over the examples are left out. Sums run in a fixed order and coefficients are
multiples of 2^-10, so that the model is the same on every machine.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csgraph

from manikin.tasks.bodies import kernels
from manikin.tasks.bodies.cholesky import solve
from manikin.tasks.bodies.evaluate import shape_rest
from manikin.tasks.bodies.joint_regressor import fit_joint_regressor
from manikin.tasks.bodies.kernels import product
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.posedirs import bending_joints
from manikin.tasks.bodies.scape import Scape, multiply, sides
from manikin.tasks.bodies.sparse_cholesky import factored
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_CHUNK = 16  # poses at once
_RIDGE = 0.5  # against a sum over poses of squared radians
_LEAST_EFFECT = 0.005
_GRID = 2.0**-10
_REGRESSED_STEP = 10  # every tenth pose teaches the joint regressor


@kernel
def _inverted(a: F64, out: F32) -> None:
    """Fill out (3, 3) with the inverse of a (3, 3)."""
    det = 0.0
    for r in range(3):
        p, q = (r + 1) % 3, (r + 2) % 3
        det += a[0, r] * (a[1, p] * a[2, q] - a[1, q] * a[2, p])
    for r in range(3):
        p, q = (r + 1) % 3, (r + 2) % 3
        for c in range(3):
            s, t = (c + 1) % 3, (c + 2) % 3
            out[c, r] = (a[p, s] * a[q, t] - a[p, t] * a[q, s]) / det


@kernel
def _triangles(points: F32, faces: I32, edges: F32, inverse: F32) -> None:
    """Fill edges and inverse (T, 3, 3) of the mean body (V, 3)."""
    e = np.empty((3, 3))
    for t in range(faces.shape[0]):
        sides(points, faces, t, e)
        edges[t] = e
        _inverted(e, inverse[t])


@kernel
def _bending(points: F32, skinning: F32, faces: I32, part: I32, inverse: F32, out: F64) -> None:
    """Fill out (T, 9) with Q - I of the triangles of one posed body (V, 3)."""
    e, back, D, Q = np.empty((4, 3, 3))
    for t in range(faces.shape[0]):
        sides(points, faces, t, e)
        multiply(e, inverse[t], D)
        for r in range(3):
            for c in range(3):
                back[r, c] = skinning[part[t], c, r]
        multiply(back, D, Q)
        for k in range(9):
            out[t, k] = Q[k // 3, k % 3] - (1.0 if k % 4 == 0 else 0.0)


def parts_of(model: BodyModel) -> I32:
    """Return the joint (T,) that has the largest share of the skinning weights of each triangle's corners."""
    share = np.zeros((len(model.v_template), len(model.parents)))
    for k in range(model.weights.shape[1]):
        share[np.arange(len(share)), model.weight_idx[:, k]] += model.weights[:, k]
    of_face = share[model.faces[:, 0]] + share[model.faces[:, 1]] + share[model.faces[:, 2]]
    return np.argmax(of_face, axis=1).astype(np.int32)


def joints_beside(model: BodyModel, part: int, learned: I32) -> I32:
    """Return the learned joints at the ends of a part: its own and its parent, and the nearest down each branch."""
    found, todo = [j for j in learned if j in (part, model.parents[part])], [part]
    while todo:
        p = todo.pop()
        for child in np.flatnonzero(model.parents == p):
            if child in learned:
                found.append(child)
            elif not model.joint_names[child].startswith(("finger", "metacarpal", "toe", "eye")):
                todo.append(int(child))
    return np.array(sorted(found), np.int32)


def _ties(model: BodyModel, part: I32) -> I32:
    """Return pairs of vertices (N, 2) and a joint, from each vertex of a loose piece to the nearest of the body."""
    n, f = len(model.v_template), model.faces
    graph = coo_array((np.ones(f.size), (f.ravel(), f[:, [1, 2, 0]].ravel())), shape=(n, n))
    _, piece = csgraph.connected_components(graph, directed=False)
    body = int(np.argmax(np.bincount(piece)))
    loose, main = np.flatnonzero(piece != body), np.flatnonzero(piece == body)
    joint_of = np.zeros(n, np.int32)
    joint_of[f.ravel()] = np.repeat(part, 3)
    ties = np.zeros((len(loose), 3), np.int32)
    for i, v in enumerate(loose):
        offset = (model.v_template[main] - model.v_template[v]).astype(np.float64)
        nearest = main[np.argmin(offset[:, 0] ** 2 + offset[:, 1] ** 2 + offset[:, 2] ** 2)]
        ties[i] = v, nearest, joint_of[nearest]
    return ties


def _system(faces: I32, ties: I32, n: int) -> coo_array:
    """Return the matrix (V, V) of the least squares problem, vertex 0 held."""
    pairs = np.concatenate([faces[:, [0, 1]], faces[:, [0, 2]], faces[:, [1, 2]], ties[:, :2]])
    i, j = pairs[:, 0], pairs[:, 1]
    one = np.ones(len(pairs))
    rows, columns = np.concatenate([i, j, i, j, [0]]), np.concatenate([i, j, j, i, [0]])
    return coo_array((np.concatenate([one, one, -one, -one, [1.0]]), (rows, columns)), shape=(n, n)).tocsc()


def fit_scape(model: BodyModel, poses: F64, targets: F32) -> Scape:
    """Return the SCAPE model that bends the body, in these poses, as these targets.

    Args:
        model: the body.
        poses: (N, J, 3) axis-angle of at most half a turn, from `exercises`; joints other than `bending_joints` at rest.
        targets: (N, V, 3) of the mean shape, from `bending_targets`.
    """
    n, n_faces = len(poses), len(model.faces)
    rest, rest_joints = shape_rest(model, np.zeros((1, len(model.shapedirs))))
    skinning, joints = np.empty((n, *poses.shape[1:], 4), np.float32), np.empty(poses.shape, np.float32)
    kernels.kinematics(np.repeat(rest_joints, n, axis=0), poses, model.parents, np.zeros((n, 3)), skinning, joints)
    part, learned = parts_of(model), bending_joints(model)
    edges, inverse = np.empty((n_faces, 3, 3), np.float32), np.empty((n_faces, 3, 3), np.float32)
    _triangles(rest[0], model.faces, edges, inverse)

    turns = np.ascontiguousarray(poses.reshape(n, -1).T)  # (3 J, N)
    kinds = {
        int(p): (np.flatnonzero(part == p), _columns(joints_beside(model, int(p), learned))) for p in np.unique(part)
    }
    right = {p: np.zeros((len(columns), 9 * len(triangles))) for p, (triangles, columns) in kinds.items()}
    for first in range(0, n, _CHUNK):
        chunk = range(first, min(first + _CHUNK, n))
        q = np.empty((len(chunk), n_faces, 9))
        for i, one in zip(chunk, q, strict=True):
            _bending(targets[i], skinning[i], model.faces, part, inverse, one)
        for p, (triangles, columns) in kinds.items():
            if len(columns):
                x = np.ascontiguousarray(turns[columns, chunk.start : chunk.stop])
                right[p] += product(x, q[:, triangles].reshape(len(chunk), -1))
    bend = _terms(kinds, right, turns, n_faces)
    ties = _ties(model, part)
    factor = factored(_system(model.faces, ties, len(model.v_template)))
    vertex, weight = fit_joint_regressor(model, targets[::_REGRESSED_STEP], joints[::_REGRESSED_STEP])
    return Scape(
        faces=model.faces,
        part=part,
        edges=edges,
        inverse=inverse,
        bend_start=bend[0],
        bend_feature=bend[1],
        bend=bend[2],
        ties=ties,
        order=factor.order,
        start=factor.start,
        index=factor.index,
        value=factor.value,
        joint_vertex=vertex,
        joint_weight=weight,
    )


def _columns(joints: I32) -> I32:
    return (3 * joints[:, None] + np.arange(3)).ravel().astype(np.int32)


def _terms(
    kinds: dict[int, tuple[NDArray[np.intp], I32]], right: dict[int, F64], turns: F64, n_faces: int
) -> tuple[I32, I32, F32]:
    """Return where each triangle's terms begin (T + 1,), their features (E,) and their coefficients (E, 9)."""
    triangle, feature, values = [], [], []
    for p, (triangles, columns) in kinds.items():
        x = np.ascontiguousarray(turns[columns])
        gram = product(x, np.ascontiguousarray(x.T))
        found = solve(gram + _RIDGE * np.eye(len(columns)), right[p]).reshape(len(columns), len(triangles), 9)
        found = np.round(found / _GRID) * _GRID
        effect = np.abs(found).max(axis=2) * np.sqrt(np.diag(gram) / turns.shape[1])[:, None]
        c, t = np.nonzero(effect >= _LEAST_EFFECT)
        triangle.append(triangles[t])
        feature.append(columns[c])
        values.append(found[c, t])
    all_triangles, all_features = np.concatenate(triangle), np.concatenate(feature)
    order = np.lexsort((all_features, all_triangles))
    start = np.searchsorted(all_triangles[order], np.arange(n_faces + 1)).astype(np.int32)
    return start, all_features[order].astype(np.int32), np.concatenate(values)[order].astype(np.float32)
