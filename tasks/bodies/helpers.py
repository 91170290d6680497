"""The helper geometry of MakeHuman's base mesh: what clothes are cut on, shaped and moved as the body is.

The base mesh ("hm08", CC0) holds more than the body: a skirt from waist to ankles, tights, hair, joints. It is shaped by the
same targets and moved by the same rig, so what is bound to base vertices, as MakeHuman's clothes are, fits every shape and
follows every pose. Such a garment is again a linear shape basis with skinning weights: a `Piece`, posed as a body is.
"""

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.makehuman import BaseMesh
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Helpers:
    """H helper vertices beside the body's V; both bear their numbers in the base mesh."""

    number: I32  # (H,) of each helper vertex
    body_number: I32  # (V,) of each vertex of the body
    v_template: F32  # (H, 3) metres, as the body's
    shapedirs: F32  # (K, H, 3) metres per unit coefficient of the body's shape
    weights: F32  # (H, W) falling, zero-padded, rows sum to 1
    weight_idx: I32  # (H, W) joint of each weight
    skirt: I32  # (R, C) base numbers of the skirt: R rings from waist to ankles, each from behind round the left side

    def save(self, path: Path) -> None:
        """Write the geometry as an uncompressed npz."""
        np.savez(path, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: Path) -> "Helpers":
        """Return what `save` wrote; raises InputError if the file is missing or is something else."""
        try:
            with np.load(path, allow_pickle=False) as z:
                values: dict[str, Any] = {f.name: z[f.name] for f in fields(cls)}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{path} is no helper geometry ({error}); expected a npz that Helpers.save wrote"
            ) from error
        return cls(**values)


@dataclass(frozen=True, slots=True)
class BaseShape:
    """The whole base mesh, body and helpers, as a linear shape basis with dense skinning weights."""

    v_template: F64  # (N, 3) metres
    shapedirs: F64  # (K, N, 3)
    weights: F64  # (N, J)


def base_shape(body: BodyModel, helpers: Helpers) -> BaseShape:
    """Return all N vertices of the base mesh by their numbers.

    Raises:
        InputError: the helpers are another body's.
    """
    check_same_body(body, helpers)
    n = len(helpers.number) + len(helpers.body_number)
    template, directions = np.empty((n, 3)), np.empty((len(body.shapedirs), n, 3))
    weights = np.zeros((n, len(body.joint_names)))
    for numbers, part in ((helpers.body_number, body), (helpers.number, helpers)):
        template[numbers] = part.v_template
        directions[:, numbers] = part.shapedirs
        for k in range(part.weights.shape[1]):
            weights[numbers, part.weight_idx[:, k]] += part.weights[:, k]
    return BaseShape(template, directions, weights)


def check_same_body(body: BodyModel, helpers: Helpers) -> None:
    """Raise InputError where helpers are another body's."""
    if len(helpers.body_number) != len(body.v_template) or len(helpers.shapedirs) != len(body.shapedirs):
        raise InputError(
            f"helper geometry of a body of {len(helpers.body_number)} vertices, given with one of {len(body.v_template)}; "
            "clothes with a mesh of their own fit the default body only"
        )


def skirt_rings(mesh: BaseMesh) -> I64:
    """Return the base numbers (R, C) of the skirt: rings from the waist down, each from behind round the left side.

    Raises:
        InputError: the mesh has no tube of quads in the group "helper-skirt".
    """
    quads = mesh.groups.get("helper-skirt", (np.zeros((0, 4), np.int64),))[0]
    near: dict[int, set[int]] = {}
    for quad in quads.tolist():
        for a, b in zip(quad, (*quad[1:], quad[0]), strict=True):
            near.setdefault(a, set()).add(b)
            near.setdefault(b, set()).add(a)
    rim = [v for v, others in near.items() if len(others) == 3 and mesh.vertices[v, 1] > 0]
    if not rim:
        raise InputError("the base mesh has no group 'helper-skirt' with an open waist; expected MakeHuman's base.obj")
    ring = [min(rim, key=lambda v: (mesh.vertices[v, 2], v))]  # behind
    while len(ring) < len(rim):
        onward = [v for v in near[ring[-1]] if v in set(rim) and v not in ring]
        ring.append(max(onward, key=lambda v: mesh.vertices[v, 0]))
    rings, seen = [ring], set(ring)
    while len(seen) < len(near):
        ring = [v for u in ring for v in near[u] if v not in seen]
        if len(ring) != len(rim):
            raise InputError(
                f"the skirt's ring {len(rings)} has {len(ring)} vertices; expected {len(rim)}, as its waist"
            )
        rings.append(ring)
        seen |= set(ring)
    return np.array(rings, np.int64)
