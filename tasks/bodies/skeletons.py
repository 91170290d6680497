"""Named skeletons as data: which joints a dataset's convention has, and where on this body each of them is.

Ground truth is read from the body's own surface and rig, so a joint moves with the shape and the pose of the person
that is seen, not with a motion-capture skeleton.
"""

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from manikin.tasks.bodies import kernels
from manikin.tasks.bodies.evaluate import keypoints, shape_rest
from manikin.tasks.bodies.model import BodyModel, other_side
from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]

_GROUPS = {  # tables of skeletons_smpl.toml, a later one over an earlier
    "makehuman": (),
    "smpl": ("smpl",),
    "star": ("smpl",),
    "smplh": ("smpl", "fingers"),
    "smplx": ("smpl", "fingers"),
}


@dataclass(frozen=True, slots=True)
class Skeleton:
    """N joints of a named convention."""

    name: str
    joint_names: tuple[str, ...]  # N
    parents: tuple[int, ...]  # N; -1 for the root; a parent may come after its child
    pairs: tuple[tuple[int, int], ...]  # left and right joint that swap when a picture is mirrored
    sources: tuple[tuple[tuple[str, float], ...], ...]  # per joint: ("keypoint:NAME" or "joint:NAME", weight)
    exact: tuple[bool, ...]  # whether the body model defines this very joint or a stand-in some centimetres away


def _parsed(name: str, joints: list[dict[str, Any]]) -> Skeleton:
    names = [joint["name"] for joint in joints]
    index = {joint: i for i, joint in enumerate(names)}
    return Skeleton(
        name=name,
        joint_names=tuple(names),
        parents=tuple(index[joint["parent"]] if joint["parent"] else -1 for joint in joints),
        pairs=tuple((i, index["right" + n[4:]]) for n, i in index.items() if n.startswith("left_")),
        sources=tuple(tuple((k, float(w)) for k, w in joint["from"].items()) for joint in joints),
        exact=tuple(bool(joint["exact"]) for joint in joints),
    )


@cache
def _skeletons(family: str) -> dict[str, Skeleton]:
    known = {name: _parsed(name, table["joints"]) for name, table in _table("skeletons.toml").items()}
    for group in _GROUPS[family]:
        for name, places in _table("skeletons_smpl.toml")[group].items():
            known[name] = _moved(known[name], places)
    return known


def _table(file: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("manikin.tasks.bodies").joinpath(file).read_text(encoding="utf-8"))


def _moved(known: Skeleton, places: dict[str, Any]) -> Skeleton:
    """Return the skeleton with the joints that a family's table names where it places them."""
    sources, exact = list(known.sources), list(known.exact)
    for joint, place in places.items():
        n = known.joint_names.index(joint)
        sources[n], exact[n] = tuple((k, float(w)) for k, w in place["from"].items()), bool(place["exact"])
    return replace(known, sources=tuple(sources), exact=tuple(exact))


def skeleton_names() -> tuple[str, ...]:
    """Return the names that `skeleton` knows."""
    return tuple(_skeletons("makehuman"))


def skeleton(name: str, family: str = "makehuman") -> Skeleton:
    """Return a skeleton by name, its joints placed for bodies of a family.

    Args:
        name: one of `skeleton_names`.
        family: the body model's.

    Raises:
        InputError: another name; lists the known ones.
    """
    if name not in skeleton_names():
        raise InputError(f"unknown skeleton {name!r}; expected one of {', '.join(skeleton_names())}")
    return _skeletons(family)[name]


def rig_skeleton(model: BodyModel) -> Skeleton:
    """Return the skeleton `body`: the rig's own joints, all of them exact."""
    index = {name: i for i, name in enumerate(model.joint_names)}
    return Skeleton(
        name="body",
        joint_names=model.joint_names,
        parents=tuple(int(p) for p in model.parents),
        pairs=tuple(
            (i, index[other_side(name)]) for name, i in index.items() if name.endswith(".L") or name.startswith("left_")
        ),
        sources=tuple(((f"joint:{name}", 1.0),) for name in model.joint_names),
        exact=(True,) * len(index),
    )


def joint_regressor(model: BodyModel, skeleton: Skeleton) -> F32:
    """Return the weights (N, P + J) of the model's keypoints and then its rig joints in each joint of the skeleton.

    Raises:
        InputError: if the model lacks a keypoint or joint that the skeleton is made of.
    """
    columns = [f"keypoint:{name}" for name in model.keypoint_names] + [f"joint:{name}" for name in model.joint_names]
    index = {name: i for i, name in enumerate(columns)}
    weights = np.zeros((len(skeleton.joint_names), len(columns)), dtype=np.float32)
    for n, source in enumerate(skeleton.sources):
        for name, weight in source:
            if name not in index:
                joint = skeleton.joint_names[n]
                raise InputError(f"skeleton {skeleton.name!r} needs {name!r} for {joint!r}, which this body has not")
            weights[n, index[name]] += weight
    return weights


def skeleton_joints(model: BodyModel, skeleton: Skeleton, vertices: ArrayLike, joints: ArrayLike) -> F32:
    """Return the joints (B, N, 3) in metres of a skeleton in B bodies, in the frame of the vertices.

    Args:
        model: the body model.
        skeleton: which joints.
        vertices: (B, V, 3) posed vertices.
        joints: (B, J, 3) posed rig joints.

    Raises:
        InputError: if an array does not fit the model, or the model lacks what the skeleton is made of.
    """
    surface = keypoints(model, vertices)
    rig = np.ascontiguousarray(joints, dtype=np.float32)
    if rig.shape != (len(surface), len(model.joint_names), 3):
        raise InputError(f"joints have shape {rig.shape}, expected ({len(surface)}, {len(model.joint_names)}, 3)")
    weights = joint_regressor(model, skeleton)
    out = np.empty((len(surface), len(weights), 3), dtype=np.float32)
    kernels.regress(weights, np.concatenate([surface, rig], axis=1), out)
    return out


def joint_thickness(model: BodyModel, skeleton: Skeleton, shape: ArrayLike | None = None) -> F32:
    """Return how deep (N,) in metres each joint lies under the nearest skin of a body at rest.

    A joint is hidden when something covers it by clearly more than this. The nearest skin is the nearest vertex, which
    is right to a few millimetres.

    Args:
        model: the body model.
        skeleton: which joints.
        shape: coefficients (K,); the mean adult without.

    Raises:
        InputError: as `skeleton_joints` and `shape_rest`.
    """
    coefficients = np.zeros(len(model.shapedirs)) if shape is None else np.asarray(shape)
    vertices, joints = shape_rest(model, coefficients[None])
    depth = np.empty(len(skeleton.joint_names), dtype=np.float32)
    kernels.nearest_distance(skeleton_joints(model, skeleton, vertices, joints)[0], vertices[0], depth)
    return depth
