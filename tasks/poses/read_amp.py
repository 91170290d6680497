"""Reader of the AMP humanoid motions (npz): world places and rotations of 15 bodies, z up, facing +x.

The file carries no rest skeleton: each body's offset from its parent is the median over the frames of its place in the
parent's frame, which is constant but for rounding. All-identity rotations are an upright body with hanging arms.
"""

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import F64, Clip, local_rotations, turned
from manikin.tasks.poses.npz import finite, read_arrays, read_positive
from manikin.tasks.poses.standing import Y_UP_FROM

PARENTS = {
    "pelvis": "",
    "torso": "pelvis",
    "head": "torso",
    "right_upper_arm": "torso",
    "right_lower_arm": "right_upper_arm",
    "right_hand": "right_lower_arm",
    "left_upper_arm": "torso",
    "left_lower_arm": "left_upper_arm",
    "left_hand": "left_lower_arm",
    "right_thigh": "pelvis",
    "right_shin": "right_thigh",
    "right_foot": "right_shin",
    "left_thigh": "pelvis",
    "left_shin": "left_thigh",
    "left_foot": "left_shin",
}
KEYS = ("fps", "body_names", "body_positions", "body_rotations")
RIGID_M = 0.03  # a body that strays further from its place on the parent is not rigid: another layout


def read_amp(path: Path) -> Clip:
    """Return the motion of one npz of the AMP humanoid.

    Raises:
        InputError: no npz, missing arrays or bodies, wrong shapes, numbers that are not finite, or bodies that are not rigid.
    """
    fps, names, positions, rotations = _read_arrays(path)
    order = [names.index(n) for n in PARENTS]
    positions, globals_ = positions[:, order], rotations[:, order]
    parents = np.array([list(PARENTS).index(p) if p else -1 for p in PARENTS.values()], np.int32)
    clip = Clip(
        name=path.stem,
        source=str(path),
        fps=fps,
        joint_names=tuple(PARENTS),
        parents=parents,
        offsets=_offsets(positions, globals_, parents, path),
        tips=np.zeros((len(parents), 3)),
        rotations=local_rotations(globals_, parents),
        root_positions=positions[:, 0],
        up="z",
    )
    return turned(clip, Y_UP_FROM["z"])


def _read_arrays(path: Path) -> tuple[float, list[str], F64, F64]:
    arrays = read_arrays(path, KEYS)
    names = [str(n) for n in arrays["body_names"].reshape(-1)]
    if missing := [n for n in PARENTS if n not in names]:
        raise InputError(f"{path}: bodies {', '.join(missing)} missing; an AMP humanoid has {', '.join(PARENTS)}")
    positions = finite(arrays["body_positions"], (None, len(names), 3), f"{path}: body_positions", tuple(names))
    n = len(positions)
    quaternions = finite(arrays["body_rotations"], (n, len(names), 4), f"{path}: body_rotations", tuple(names))
    if (np.linalg.norm(quaternions, axis=-1) < 0.5).any():
        raise InputError(f"{path}: a quaternion in body_rotations is not of length 1")
    rotations = Rotation.from_quat(quaternions[..., [1, 2, 3, 0]].reshape(-1, 4)).as_matrix()
    return read_positive(path, "fps"), names, positions, rotations.reshape(n, len(names), 3, 3)


def _offsets(positions: F64, globals_: F64, parents: np.typing.NDArray[np.int32], path: Path) -> F64:
    offsets = np.zeros((len(parents), 3))
    for j, p in enumerate(parents):
        if p >= 0:
            local = np.einsum("fji,fj->fi", globals_[:, p], positions[:, j] - positions[:, p])
            offsets[j] = np.median(local, axis=0)
            if (stray := float(np.abs(local - offsets[j]).max())) > RIGID_M:
                raise InputError(
                    f"{path}: {list(PARENTS)[j]} moves {stray:.3f} m on its parent; expected a rigid skeleton"
                )
    return offsets
