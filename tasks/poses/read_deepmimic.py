"""Reader of DeepMimic's humanoid motions: JSON with 44 numbers a frame on a fixed 15-joint skeleton.

A frame is: its duration, root place, root quaternion (w x y z), then chest, neck, right hip (quaternions), right knee (an
angle), right ankle, right shoulder (quaternions), right elbow (an angle), and the same for the left. The skeleton faces +x,
its right is +z and its rest is upright with hanging arms (Peng et al., "DeepMimic", SIGGRAPH 2018; the offsets are those of
the `humanoid.urdf` that is shipped with the motions, which is drawn four times life size).
"""

import json
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import F64, Clip

URDF_SCALE = 0.25
N_FLOATS = 44
# name, parent, offset from the parent in the urdf's units, first float in a frame, floats (4: quaternion, 1: angle about z)
SKELETON: tuple[tuple[str, str, tuple[float, float, float], int, int], ...] = (
    ("root", "", (0.0, 0.0, 0.0), 4, 4),
    ("chest", "root", (0.0, 0.944604, 0.0), 8, 4),
    ("neck", "chest", (0.0, 0.895576, 0.0), 12, 4),
    ("right_hip", "root", (0.0, 0.0, 0.339548), 16, 4),
    ("right_knee", "right_hip", (0.0, -1.686184, 0.0), 20, 1),
    ("right_ankle", "right_knee", (0.0, -1.639480, 0.0), 21, 4),
    ("right_shoulder", "chest", (-0.0962, 0.974, 0.73244), 25, 4),
    ("right_elbow", "right_shoulder", (0.0, -1.099152, 0.0), 29, 1),
    ("right_wrist", "right_elbow", (0.0, -1.035788, 0.0), 0, 0),
    ("left_hip", "root", (0.0, 0.0, -0.339548), 30, 4),
    ("left_knee", "left_hip", (0.0, -1.686184, 0.0), 34, 1),
    ("left_ankle", "left_knee", (0.0, -1.639480, 0.0), 35, 4),
    ("left_shoulder", "chest", (-0.0962, 0.974, -0.73244), 39, 4),
    ("left_elbow", "left_shoulder", (0.0, -1.099152, 0.0), 43, 1),
    ("left_wrist", "left_elbow", (0.0, -1.035788, 0.0), 0, 0),
)


def read_deepmimic(path: Path) -> Clip:
    """Return the motion of one `humanoid3d_*.txt`.

    Raises:
        InputError: no JSON, no frames, a frame without 44 finite numbers, a quaternion of length 0, or no frame rate.
    """
    frames = _read_frames(path)
    names = tuple(s[0] for s in SKELETON)
    rotations = np.stack([_joint_rotations(frames, s[3], s[4], s[0], path) for s in SKELETON], axis=1)
    return Clip(
        name=path.stem,
        source=str(path),
        fps=float(1.0 / frames[0, 0]),
        joint_names=names,
        parents=np.array([names.index(s[1]) if s[1] else -1 for s in SKELETON], np.int32),
        offsets=np.array([s[2] for s in SKELETON]) * URDF_SCALE,
        tips=np.zeros((len(SKELETON), 3)),
        rotations=rotations,
        root_positions=frames[:, 1:4].copy(),
    )


def _read_frames(path: Path) -> F64:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise InputError(f"{path}: cannot be read: {e.strerror}") from e
    except (ValueError, RecursionError) as e:
        raise InputError(f"{path}: no DeepMimic motion: not JSON ({e})") from e
    rows = content.get("Frames") if isinstance(content, dict) else None
    if not isinstance(rows, list) or not rows:
        raise InputError(f"{path}: no DeepMimic motion: expected an object with a non-empty list 'Frames'")
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != N_FLOATS:
            found = f"{len(row)} numbers" if isinstance(row, list) else f"a {type(row).__name__}"
            raise InputError(f"{path}: frame {i} holds {found}; a DeepMimic humanoid has {N_FLOATS} numbers a frame")
        if wrong := [v for v in row if isinstance(v, bool) or not isinstance(v, int | float)]:
            raise InputError(f"{path}: frame {i} holds {wrong[0]!r:.40}, which is no number")
    try:
        frames = np.asarray(rows, np.float64)
    except OverflowError as e:
        raise InputError(f"{path}: a frame holds a number beyond all floats: {e}") from e
    if not np.isfinite(frames).all():
        i, k = np.argwhere(~np.isfinite(frames))[0]
        raise InputError(f"{path}: frame {i}, number {k} is {frames[i, k]}; expected finite numbers")
    if frames[0, 0] <= 0:
        raise InputError(f"{path}: frame 0 lasts {frames[0, 0]} s; expected a duration above 0")
    return frames


def _joint_rotations(frames: F64, first: int, n: int, joint: str, path: Path) -> F64:
    if n == 0:
        return np.tile(np.eye(3), (len(frames), 1, 1))
    values = frames[:, first : first + n]
    if n == 1:
        return np.asarray(Rotation.from_rotvec(values * [0.0, 0.0, 1.0]).as_matrix())
    norms = np.linalg.norm(values, axis=1)
    if (norms < 0.5).any():
        raise InputError(
            f"{path}: frame {int(norms.argmin())}, {joint}: quaternion {values[norms.argmin()]} is not of length 1"
        )
    return np.asarray(Rotation.from_quat(values[:, [1, 2, 3, 0]]).as_matrix())
