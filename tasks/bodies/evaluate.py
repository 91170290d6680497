"""Shape and pose in, vertices out: a linear shape basis, forward kinematics and one of three deformations, in batches.

`lbs`, the default, is SMPL (Loper et al. 2015, eq. 2-7): linear blend skinning of a rest mesh that pose blendshapes have
corrected. `dqs` is dual quaternion skinning (Kavan et al. 2008) of the plain rest mesh, because pose blendshapes make up for
what linear blending does. `scape` is Anguelov et al. (2005); see `scape`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from manikin.tasks.bodies import dual_quaternion, kernels, lanes
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.scape import Scape, deform
from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

DEFORMATIONS = ("lbs", "dqs", "scape")


@dataclass(frozen=True, slots=True)
class PosedBodies:
    """B bodies in the world."""

    vertices: F32  # (B, V, 3) metres
    normals: F32  # (B, V, 3) unit, outward
    joints: F32  # (B, J, 3) metres


def _checked(name: str, value: ArrayLike, shape: tuple[int | None, ...], dtype: type) -> NDArray[Any]:
    """Return a contiguous array of that dtype; None in the shape fits any length."""
    array: NDArray[Any] = np.ascontiguousarray(value, dtype=dtype)
    if array.ndim != len(shape) or any(n not in (None, m) for n, m in zip(shape, array.shape, strict=True)):
        wanted = ", ".join("B" if n is None else str(n) for n in shape)
        raise InputError(f"{name} has shape {array.shape}, expected ({wanted}): it does not belong to this body model")
    if not np.isfinite(array).all():
        raise InputError(f"{name} has values that are not finite, first at index {np.argwhere(~np.isfinite(array))[0]}")
    return array


def _blend(template: F32, directions: F32, shape: F32) -> F32:
    out = np.empty((len(shape), *template.shape), dtype=np.float32)
    kernels.blend(template.ravel(), directions.reshape(len(directions), -1), shape, out.reshape(len(shape), -1))
    return out


def shape_rest(model: BodyModel, shape: ArrayLike) -> tuple[F32, F32]:
    """Return vertices (B, V, 3) and joints (B, J, 3) in metres of bodies at rest.

    Args:
        model: the body model.
        shape: coefficients (B, K); zeros are the mean adult.

    Raises:
        InputError: if the shape has not K finite coefficients a body.
    """
    coefficients = _checked("shape", shape, (None, len(model.shapedirs)), np.float32)
    return (
        _blend(model.v_template, model.shapedirs, coefficients),
        _blend(model.J_template, model.J_shapedirs, coefficients),
    )


def vertex_normals(vertices: ArrayLike, faces: I32) -> F32:
    """Return unit normals (B, V, 3), weighted by area, of meshes (B, V, 3) with counter-clockwise faces (F, 3)."""
    bodies = np.ascontiguousarray(vertices, dtype=np.float32)
    out = np.empty_like(bodies)
    for first in range(0, len(bodies), lanes.LANES):
        group = slice(first, first + lanes.LANES)
        lanes.normals(_side_by_side(bodies[group]), faces, out[group])
    return out


def _side_by_side(bodies: F32) -> F32:
    points = np.empty((*bodies.shape[1:], len(bodies)), dtype=np.float32)
    lanes.gather(bodies, points)
    return points


def _skinned(model: BodyModel, rest: F32, rotations: F64, skinning: F32, method: str) -> F32:
    """Return vertices (V, 3, L) of a group of L bodies at rest (L, V, 3), posed by skinning (L, J, 3, 4)."""
    points, n = _side_by_side(rest), len(rest)
    n_joints = skinning.shape[1]
    if method == "dqs":
        motions = np.empty((n_joints, 8, n), dtype=np.float32)
        dual_quaternion.dual_quaternions(skinning, model.parents, motions)
        dual_quaternion.skin(motions.reshape(n_joints, -1), model.weights, model.weight_idx, points)
        return points
    if len(model.posedirs):
        features = np.empty((n_joints, model.posedirs.shape[1], n), dtype=np.float32)
        kernels.pose_features(rotations, features)
        lanes.add_posedirs(features, model.posedirs, model.posedir_vertex, model.posedir_start, points)
    matrices = np.ascontiguousarray(skinning.reshape(n, n_joints, 12).transpose(1, 2, 0))
    lanes.skin(matrices.reshape(n_joints, -1), model.weights, model.weight_idx, points)
    return points


def pose_bodies(
    model: BodyModel,
    shape: ArrayLike,
    pose: ArrayLike,
    translation: ArrayLike,
    method: str = "lbs",
    scape: Scape | None = None,
) -> PosedBodies:
    """Return B posed bodies.

    Args:
        model: the body model.
        shape: coefficients (B, K).
        pose: rotation of each joint (B, J, 3), axis-angle in axis-aligned rest frames; zeros are the rest pose. Joint 0
            turns the whole body about its root joint.
        translation: metres (B, 3), added last.
        method: one of `DEFORMATIONS`.
        scape: what `scape` deforms by; no other method needs it.

    Raises:
        InputError: if an array does not fit the model or is not finite, if there is no such method, or `scape` is asked for
            without its model or with that of another mesh.
    """
    if method not in DEFORMATIONS:
        raise InputError(f"no deformation is called {method!r}; expected one of {', '.join(DEFORMATIONS)}")
    rest, rest_joints = shape_rest(model, shape)
    n_bodies, n_joints = rest_joints.shape[:2]
    rotations = _checked("pose", pose, (n_bodies, n_joints, 3), np.float64)
    offset = _checked("translation", translation, (n_bodies, 3), np.float64)
    skinning = np.empty((n_bodies, n_joints, 3, 4), dtype=np.float32)
    joints = np.empty_like(rest_joints)
    kernels.kinematics(rest_joints, rotations, model.parents, offset, skinning, joints)
    if method == "scape":
        if scape is None or len(scape.faces) != len(model.faces):
            raise InputError(
                "deformation 'scape' needs the Scape model that was learned for this very body; give scape="
            )
        vertices, joints = deform(scape, rest, rotations, skinning, joints)
        return PosedBodies(vertices, vertex_normals(vertices, model.faces), joints)
    vertices, normals = rest, np.empty_like(rest)  # the rest is not needed any more
    for first in range(0, n_bodies, lanes.LANES):
        group = slice(first, first + lanes.LANES)
        points = _skinned(model, rest[group], rotations[group], skinning[group], method)
        lanes.scatter(points, vertices[group])
        lanes.normals(points, model.faces, normals[group])
    return PosedBodies(vertices, normals, joints)


def keypoints(model: BodyModel, vertices: ArrayLike) -> F32:
    """Return the surface keypoints (B, P, 3), in the order of `model.keypoint_names`, of bodies (B, V, 3).

    Raises:
        InputError: if the vertices are not this model's.
    """
    points = _checked("vertices", vertices, (None, len(model.v_template), 3), np.float32)
    out = np.empty((len(points), len(model.keypoints), 3), dtype=np.float32)
    kernels.regress(model.keypoints, points, out)
    return out
