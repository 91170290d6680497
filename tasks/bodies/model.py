"""The body model: one SMPL-shaped record, whatever family its data came from.

A rest mesh, a linear shape basis, a skeleton whose joints move with the shape, sparse skinning weights, one UV atlas
and regressors from vertices to surface keypoints. Rest is an A-pose (SMPL's family: a T-pose), y up, facing +z, in metres.
"""

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class BodyModel:
    """Shapes: V vertices, J joints, K shape coefficients, F triangles, T texture vertices, W influences a vertex.

    Pose blendshapes are sparse: joint j, when it leaves its rest, moves the vertices posedir_vertex[a:b] by
    posedirs[a:b], (E, C, 3), times its C features, where a, b = posedir_start[j], posedir_start[j + 1]. Nine features are
    R - I by rows (SMPL), four the quaternion x, y, z, w - 1 (STAR). E is 0 for a body without.
    """

    v_template: F32  # (V, 3) metres
    shapedirs: F32  # (K, V, 3) metres per unit coefficient
    J_template: F32  # (J, 3) metres
    J_shapedirs: F32  # (K, J, 3)
    parents: I32  # (J,) parent of each joint, -1 for the root; parents[j] < j
    joint_names: tuple[str, ...]  # J names
    weights: F32  # (V, W) falling, zero-padded, rows sum to 1
    weight_idx: I32  # (V, W) joint of each weight
    faces: I32  # (F, 3) counter-clockwise seen from outside
    uv: F32  # (T, 2) in [0, 1]; u right, v DOWN: texel = (u * size, v * size); T is 0 for a body without a texture map
    faces_uv: I32  # (F, 3) into uv; (0, 3) where T is 0
    part: U8  # (F,) body part of each triangle, index into part_names; 0 is the background and never used
    part_names: tuple[str, ...]
    keypoints: F32  # (P, V) dense regressors of the surface keypoints, rows sum to 1
    keypoint_names: tuple[str, ...]
    posedirs: F32  # (E, C, 3) metres per unit feature
    posedir_vertex: I32  # (E,)
    posedir_start: I32  # (J + 1,)
    phenotype_mask: U8  # (N, L) which phenotype extremes each MakeHuman target depends on
    phenotype_projection: F32  # (N, K) target weights -> shape coefficients
    phenotype_labels: tuple[str, ...]  # L names of the extremes ("male", "young", ...)
    family: str = "makehuman"  # whose rig it has: "makehuman", "smpl", "star", "smplh" or "smplx"
    sex: str = "any"  # of the people it can be: "any" where the shape decides, else "female", "male" or "neutral"

    @property
    def has_uv(self) -> bool:
        """Whether there is a texture map; without one a body takes plain colours by part, no pictures."""
        return len(self.uv) > 0

    def joint(self, name: str) -> int:
        """Return the index of a joint by name; raises InputError for a name that the rig has not."""
        if name not in self.joint_names:
            raise InputError(f"the body model has no joint {name!r}; its joints are {', '.join(self.joint_names)}")
        return self.joint_names.index(name)

    def save(self, path: Path) -> None:
        """Write the model as an uncompressed npz."""
        arrays: dict[str, Any] = {f.name: np.asarray(getattr(self, f.name)) for f in fields(self)}
        np.savez(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> "BodyModel":
        """Return what `save` wrote; raises InputError if the file is missing or is no body model."""
        try:
            with np.load(path, allow_pickle=False) as z:
                values: dict[str, Any] = {f.name: z[f.name] for f in fields(cls)}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(f"{path} is no body model ({error}); expected a npz that BodyModel.save wrote") from error
        for name in values:
            if name.endswith(("_names", "_labels")):
                values[name] = tuple(str(s) for s in values[name])
            elif name in ("family", "sex"):
                values[name] = str(values[name])
        return cls(**values)


def other_side(name: str) -> str:
    """Return the name of the joint on the other side: of upperarm01.L or left_elbow; the name itself in the middle."""
    if name[-2:] in (".L", ".R"):
        return name[:-1] + {"L": "R", "R": "L"}[name[-1]]
    side, dash, rest = name.partition("_")
    return {"left": "right", "right": "left"}.get(side, side) + dash + rest
