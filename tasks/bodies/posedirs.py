"""Pose blendshapes learned from how skin should bend, so that linear blend skinning of the corrected rest bends like it.

What linear skinning lacks to the target of `deltamush` is turned back into the rest pose, and regressed, with a little ridge,
on R - I of the joints near each vertex (Loper et al. 2015, eq. 9, made sparse as by Osman et al. 2020). Joints whose mean
effect on a vertex over the exercises is less than 0.3 mm are left out there. Sums run in a fixed order and the result is a
multiple of 2^-17 m, so it is the same on every machine.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies import kernels
from manikin.tasks.bodies.cholesky import solve
from manikin.tasks.bodies.evaluate import shape_rest
from manikin.tasks.bodies.kernels import product
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.kernel import kernel

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
Bool = NDArray[np.bool_]

BENDING = (  # joints that pose blendshapes follow, by the start of their names; fingers and toes are too small to show it
    "spine",
    "neck",
    "head",
    "clavicle",
    "shoulder",
    "upperarm",
    "lowerarm",
    "wrist",
    "upperleg",
    "lowerleg",
    "foot",
)
_WIDTH = 9  # features a joint
_RIDGE = 2.0  # against a sum over poses of squared features
_DAMPING = 1e-2  # where skinning flattens the skin, nothing can be turned back
_NEAR_WEIGHT = 0.005  # a joint with this skinning weight is near a vertex, and so are its parent and children
_LEAST_EFFECT_M = 3e-4
_GRID_M = 2.0**-17


def bending_joints(model: BodyModel) -> I32:
    """Return the joints that pose blendshapes follow."""
    return np.array([j for j, name in enumerate(model.joint_names) if name.startswith(BENDING)], np.int32)


def without_posedirs(model: BodyModel) -> BodyModel:
    """Return the body without pose blendshapes."""
    none = np.zeros(0, np.int32)
    return replace(
        model,
        posedirs=np.zeros((0, _WIDTH, 3), np.float32),
        posedir_vertex=none,
        posedir_start=np.zeros(len(model.parents) + 1, np.int32),
    )


@kernel
def _turn_back(skinning: F32, weights: F32, joints: I32, rest: F32, target: F32, out: F32) -> None:
    """Fill out (V, 3) with what must be added to rest (V, 3) so that skinning (J, 3, 4) takes it to target (V, 3)."""
    m, a, d = np.empty((3, 4)), np.empty((3, 3)), np.empty(3)
    for v in range(rest.shape[0]):
        m[:] = 0.0
        for k in range(weights.shape[1]):
            for r in range(3):
                for c in range(4):
                    m[r, c] += weights[v, k] * skinning[joints[v, k], r, c]
        for r in range(3):
            d[r] = target[v, r] - (m[r, 0] * rest[v, 0] + m[r, 1] * rest[v, 1] + m[r, 2] * rest[v, 2] + m[r, 3])
        x = y = z = 0.0
        for r in range(3):
            x, y, z = x + m[r, 0] * d[r], y + m[r, 1] * d[r], z + m[r, 2] * d[r]
        for r in range(3):
            for c in range(3):
                a[r, c] = m[0, r] * m[0, c] + m[1, r] * m[1, c] + m[2, r] * m[2, c] + (_DAMPING if r == c else 0.0)
        # Cramer's rule on the symmetric a
        p, q, s = (
            a[1, 1] * a[2, 2] - a[1, 2] ** 2,
            a[0, 2] * a[1, 2] - a[0, 1] * a[2, 2],
            a[0, 1] * a[1, 2] - a[0, 2] * a[1, 1],
        )
        det = a[0, 0] * p + a[0, 1] * q + a[0, 2] * s
        t, u, w = (
            a[0, 0] * a[2, 2] - a[0, 2] ** 2,
            a[0, 1] * a[0, 2] - a[0, 0] * a[1, 2],
            a[0, 0] * a[1, 1] - a[0, 1] ** 2,
        )
        out[v, 0], out[v, 1], out[v, 2] = (
            (p * x + q * y + s * z) / det,
            (q * x + t * y + u * z) / det,
            (s * x + u * y + w * z) / det,
        )


def _corrections(model: BodyModel, poses: F64, targets: F32) -> F32:
    """Return what to add (N, V, 3) to the mean body's rest in each pose."""
    n = len(poses)
    rest, rest_joints = shape_rest(model, np.zeros((1, len(model.shapedirs))))
    skinning, joints = np.empty((n, *poses.shape[1:], 4), np.float32), np.empty(poses.shape, np.float32)
    kernels.kinematics(np.repeat(rest_joints, n, axis=0), poses, model.parents, np.zeros((n, 3)), skinning, joints)
    out = np.empty(targets.shape, np.float32)
    for i in range(n):
        _turn_back(skinning[i], model.weights, model.weight_idx, rest[0], targets[i], out[i])
    return out


def _near(model: BodyModel, learned: I32) -> Bool:
    """Return which of the learned joints (V, D) bend the skin at each vertex."""
    n = len(model.parents)
    own = np.zeros((len(model.v_template), n), bool)
    vertex, k = np.nonzero(model.weights >= _NEAR_WEIGHT)
    own[vertex, model.weight_idx[vertex, k]] = True
    out = own.copy()
    for j, p in enumerate(model.parents):
        if p >= 0:
            out[:, j] |= own[:, p]
            out[:, p] |= own[:, j]
    return out[:, learned]


def fit_posedirs(model: BodyModel, poses: F64, targets: F32) -> BodyModel:
    """Return the body with pose blendshapes that take it, in these poses, near these targets.

    Args:
        model: the body.
        poses: (N, J, 3) axis-angle, from `exercises`; joints other than `bending_joints` at rest.
        targets: (N, V, 3) of the mean shape, from `bending_targets`.
    """
    learned = bending_joints(model)
    corrections = _corrections(model, poses, targets)
    features = np.empty((len(model.parents), _WIDTH, len(poses)), np.float32)
    kernels.pose_features(poses, features)
    x = features[learned].reshape(-1, len(poses)).astype(np.float64)  # (9 D, N)
    gram = product(x, np.ascontiguousarray(x.T))
    near = _near(model, learned)
    directions = np.zeros((len(learned), len(near), _WIDTH, 3))
    kinds, kind = np.unique(near, axis=0, return_inverse=True)
    for i, joints in enumerate(kinds):
        vertices, columns = np.flatnonzero(kind.ravel() == i), np.flatnonzero(np.repeat(joints, _WIDTH))
        if not len(columns):
            continue
        y = corrections[:, vertices].reshape(len(poses), -1).astype(np.float64)
        a = gram[np.ix_(columns, columns)] + _RIDGE * np.eye(len(columns))
        found = solve(a, product(x[columns], y)).reshape(joints.sum(), _WIDTH, len(vertices), 3)
        directions[np.ix_(np.flatnonzero(joints), vertices)] = found.transpose(0, 2, 1, 3)
    return _pruned(model, learned, np.round(directions / _GRID_M) * _GRID_M, gram / len(poses))


def _pruned(model: BodyModel, learned: I32, directions: F64, moment: F64) -> BodyModel:
    """Return the body with the directions (D, V, 9, 3) that matter; moment (9 D, 9 D) is the features' mean square."""
    parts, vertices, counts = [], [], np.zeros(len(model.parents), np.int64)
    for d, j in enumerate(learned):
        own = moment[_WIDTH * d : _WIDTH * (d + 1), _WIDTH * d : _WIDTH * (d + 1)]
        squared = np.zeros(len(directions[d]))
        for a in range(_WIDTH):
            for b in range(_WIDTH):
                for c in range(3):
                    squared += own[a, b] * directions[d, :, a, c] * directions[d, :, b, c]
        kept = np.flatnonzero(squared >= _LEAST_EFFECT_M**2)
        parts.append(directions[d, kept].astype(np.float32))
        vertices.append(kept.astype(np.int32))
        counts[j] = len(kept)
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return replace(model, posedirs=np.concatenate(parts), posedir_vertex=np.concatenate(vertices), posedir_start=start)
