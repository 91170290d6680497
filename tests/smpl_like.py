"""A body file of SMPL's family that looks human: the default body in a T-pose, thinned out to SMPL's number of vertices.

Its joints are the stand-ins of skeletons.toml, its weights the rig's, merged; the points of the face are at the vertices where
SMPL has them. It has no pose blendshapes.
"""

from typing import Any

import numpy as np

from manikin.tasks.bodies.evaluate import keypoints, pose_bodies
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.phenotypes import PHENOTYPES, target_weights
from manikin.tasks.bodies.skeletons import skeleton, skeleton_joints
from manikin.tasks.bodies.smpl_families import FAMILIES, point_vertices
from manikin.tasks.poses.anatomy import anatomy_of
from manikin.tasks.poses.angles import local_from_coordinates, set_angles, zero_coordinates
from manikin.tasks.poses.postures import Postures, pose_of, with_rhythm
from tests.smpl_files import parents

N_SHAPES = 6
_SIZES = {"smpl": 6890, "star": 6890, "smplh": 6890, "smplx": 10475}
_CENTRAL = {
    "spine03": "spine1",
    "spine02": "spine2",
    "spine01": "spine3",
    "neck": "neck",
    "head": "head",
    "eye": "head",
}
_SIDED = {
    "upperleg": "hip",
    "lowerleg": "knee",
    "foot": "ankle",
    "toe": "foot",
    "clavicle": "collar",
    "shoulder": "collar",
    "upperarm": "shoulder",
    "lowerarm": "elbow",
    "wrist": "wrist",
    "metacarpal": "wrist",
}
_FINGERS = {"finger1": "thumb", "finger2": "index", "finger3": "middle", "finger4": "ring", "finger5": "pinky"}


def smpl_like(body: BodyModel, family: str = "smpl") -> dict[str, Any]:
    """Return the arrays of such a file, made from the default body."""
    names = FAMILIES[family].joint_names
    shapes = np.concatenate([np.zeros((1, len(body.shapedirs))), _spread(body)])
    posed = pose_bodies(body, shapes, np.repeat(_t_pose(body), len(shapes), axis=0), np.zeros((len(shapes), 3)))
    vertices = posed.vertices.astype(np.float64)
    group = _thinned(vertices[0], body.faces, _SIZES[family])
    joints = _joints(body, names, posed.vertices[:1], posed.joints[:1])
    group = _with_points_in_place(body, group, posed.vertices[:1], _SIZES[family])
    count = np.bincount(group, minlength=_SIZES[family])[:, None]
    dense = np.zeros((len(group), len(names)))
    for k, rig_joint in enumerate(body.joint_names):
        weight = np.where(body.weight_idx == k, body.weights, 0).sum(axis=1)
        dense[:, names.index(_carrier(rig_joint, names))] += weight
    mean = np.stack([_summed(v, group, len(count)) / count for v in vertices])
    weights = _summed(dense, group, len(count)) / count
    faces = group[body.faces]
    whole = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return {
        "v_template": mean[0],
        "f": faces[whole].astype(np.uint32),
        "shapedirs": np.moveaxis(mean[1:] - mean[0], 0, 2),
        "posedirs": np.zeros((len(count), 3, FAMILIES[family].n_features)),
        "J_regressor": np.stack([_regressor(mean[0], joint) for joint in joints]),
        "weights": weights / weights.sum(axis=1, keepdims=True),
        "kintree_table": np.array([parents(family), range(len(names))], np.uint32),
    }


def _spread(body: BodyModel) -> np.ndarray:
    """Return one standard deviation of adults along each of the first shape directions, (N_SHAPES, K)."""
    people = np.random.default_rng(0).uniform(0.25, 0.75, (512, len(PHENOTYPES)))
    coefficients = target_weights(body.phenotype_mask, people) @ body.phenotype_projection
    return (np.diag(coefficients.std(axis=0)))[:N_SHAPES]


def _t_pose(body: BodyModel) -> np.ndarray:
    coordinates = zero_coordinates()
    for side in "LR":
        set_angles(coordinates, "shoulder", side, {"abduction": 90})
    return pose_of(
        anatomy_of(body), Postures(with_rhythm(local_from_coordinates(coordinates))[None], np.zeros((1, 2, 5)))
    )


def _thinned(points: np.ndarray, faces: np.ndarray, n: int) -> np.ndarray:
    """Return the group (V,) of each vertex, n groups: the shortest edges are drawn together, three vertices at most."""
    edges = np.unique(np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1), axis=0)
    order = np.argsort(np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1), kind="stable")
    group, members, left = np.arange(len(points)), {i: [i] for i in range(len(points))}, len(points)
    for a, b in edges[order]:
        a, b = group[a], group[b]
        if left > n and a != b and len(members[a]) + len(members[b]) <= 3:
            members[a] += members.pop(b)
            group[members[a]] = a
            left -= 1
    return np.unique(group, return_inverse=True)[1]


def _with_points_in_place(body: BodyModel, group: np.ndarray, vertices: np.ndarray, n: int) -> np.ndarray:
    """Return the groups renumbered, so that those nearest to the surface points have the numbers of SMPL's vertices."""
    at = dict(zip(body.keypoint_names, keypoints(body, vertices)[0], strict=True))
    number = np.arange(n)
    for name, wanted in point_vertices(n).items():
        nearest = number[group[np.linalg.norm(vertices[0] - at[name], axis=1).argmin()]]
        i, j = (int(np.flatnonzero(number == k)[0]) for k in (nearest, wanted))
        number[i], number[j] = number[j], number[i]
    return number[group]


def _joints(body: BodyModel, names: tuple[str, ...], vertices: np.ndarray, rig: np.ndarray) -> np.ndarray:
    smpl = skeleton("smpl24")
    at = dict(zip(smpl.joint_names, skeleton_joints(body, smpl, vertices, rig)[0].astype(np.float64), strict=True))
    for joint, place in zip(body.joint_names, rig[0].astype(np.float64), strict=True):
        at.setdefault(_carrier(joint, names, whole_hands=False), place)
    at["jaw"] = at["head"] + [0.0, -0.02, 0.02]
    at["left_eye_smplhf"], at["right_eye_smplhf"] = (rig[0, body.joint(f"eye.{s}")] for s in "LR")
    return np.stack([at[name] for name in names])


def _carrier(joint: str, names: tuple[str, ...], whole_hands: bool = True) -> str:
    base, _, side = joint.partition(".")
    word = {"L": "left_", "R": "right_"}.get(side, "")
    if base[:7] in _FINGERS:
        finger = f"{word}{_FINGERS[base[:7]]}{base[-1]}"
        return finger if finger in names or not whole_hands else f"{word}hand"
    for start, name in {**_SIDED, **_CENTRAL}.items():
        if base.startswith(start):
            return name if start in _CENTRAL else word + name
    return "pelvis"


def _regressor(points: np.ndarray, joint: np.ndarray) -> np.ndarray:
    """Return the smallest weights (V,) of the vertices around a joint that sum to 1 and make it."""
    near = np.argsort(np.linalg.norm(points - joint, axis=1))[:60]
    out = np.zeros(len(points))
    out[near] = np.linalg.pinv(np.c_[points[near] - joint, np.ones(len(near))].T) @ [0.0, 0.0, 0.0, 1.0]
    return out


def _summed(values: np.ndarray, group: np.ndarray, n: int) -> np.ndarray:
    out = np.zeros((n, values.shape[1]))
    np.add.at(out, group, values)
    return out
