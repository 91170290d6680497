"""Reader of the AMP humanoid motions (npz): world places and rotations of 15 bodies, z up, facing +x.

The file carries no rest skeleton: each body's offset from its parent is the median over the frames of its place in the
parent's frame, which is constant but for rounding. All-identity rotations are an upright body with hanging arms.
"""

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import F64, Clip, local_rotations, turned

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
Y_UP_FROM_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])


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
    return turned(clip, Y_UP_FROM_Z_UP)


def _read_arrays(path: Path) -> tuple[float, list[str], F64, F64]:
    try:
        # opened here, since NumPy leaves a file open that is no archive
        with path.open("rb") as f, np.load(f, allow_pickle=False) as z:
            if missing := [k for k in KEYS if k not in z.files]:
                raise InputError(f"{path}: no AMP motion: {', '.join(missing)} missing; it holds {', '.join(z.files)}")
            fps, names = float(z["fps"]), [str(n) for n in z["body_names"]]
            positions, quaternions = z["body_positions"].astype(np.float64), z["body_rotations"].astype(np.float64)
    except InputError:
        raise
    except Exception as e:  # damaged archives end in errors of zipfile, zlib, struct, tokenize and others
        raise InputError(f"{path}: not a readable npz of numbers: {e}") from e
    if missing := [n for n in PARENTS if n not in names]:
        raise InputError(f"{path}: bodies {', '.join(missing)} missing; an AMP humanoid has {', '.join(PARENTS)}")
    n, b = quaternions.shape[0] if quaternions.ndim else 0, len(names)
    if not n or positions.shape != (n, b, 3) or quaternions.shape != (n, b, 4):
        raise InputError(
            f"{path}: body_positions {positions.shape} and body_rotations {quaternions.shape}; "
            f"expected (N, {b}, 3) and (N, {b}, 4) with N > 0"
        )
    if not (fps > 0 and np.isfinite(fps) and np.isfinite(positions).all() and np.isfinite(quaternions).all()):
        raise InputError(f"{path}: fps {fps}, or a place or rotation, is not a finite number (fps above 0)")
    if (np.linalg.norm(quaternions, axis=-1) < 0.5).any():
        raise InputError(f"{path}: a quaternion in body_rotations is not of length 1")
    rotations = Rotation.from_quat(quaternions[..., [1, 2, 3, 0]].reshape(-1, 4)).as_matrix().reshape(n, b, 3, 3)
    return fps, names, positions, rotations


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
