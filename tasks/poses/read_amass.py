"""Reader of AMASS and other motion of the SMPL family (npz): an axis-angle turn for each joint, on SMPL's T-pose.

AMASS (Mahmood et al., ICCV 2019) writes `poses` (F, 156 SMPL-H or 165 SMPL-X), or `root_orient`, `pose_body`, `pose_hand`,
with `trans` and a frame rate; its worlds have z up by definition. Plain SMPL files (`poses` of 72, or `global_orient`,
`body_pose`, `transl`) state neither rate nor vertical. Twenty-two joints are read: hands, fingers, jaw and eyes are not,
nor `betas`, since poses are carried over by directions. SMPL's mean skeleton is licensed and not needed for that:
`SKELETON` is the default body's smpl24 stand-in with level arms, rounded to millimetres.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from manikin.tasks.bodies.rotations import matrix_from_axis_angle
from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import F64, Clip, joint_positions
from manikin.tasks.poses.joint_maps import match_joints
from manikin.tasks.poses.npz import array_names, finite, read_arrays, read_positive
from manikin.tasks.poses.standing import Y_UP_FROM, axis_of_motion

# joint: parent, metres from it; x to the body's left, y up, z forward
SKELETON: dict[str, tuple[str, tuple[float, float, float]]] = {
    "pelvis": ("", (0.0, 0.0, 0.0)),
    "left_hip": ("pelvis", (0.113, -0.074, 0.023)),
    "right_hip": ("pelvis", (-0.113, -0.074, 0.023)),
    "spine1": ("pelvis", (0.0, 0.136, 0.005)),
    "left_knee": ("left_hip", (0.0, -0.393, 0.0)),
    "right_knee": ("right_hip", (0.0, -0.393, 0.0)),
    "spine2": ("spine1", (0.0, 0.138, -0.008)),
    "left_ankle": ("left_knee", (0.0, -0.440, 0.0)),
    "right_ankle": ("right_knee", (0.0, -0.440, 0.0)),
    "spine3": ("spine2", (0.0, 0.060, 0.004)),
    "left_foot": ("left_ankle", (-0.007, -0.040, 0.119)),
    "right_foot": ("right_ankle", (0.007, -0.040, 0.119)),
    "neck": ("spine3", (0.0, 0.209, 0.043)),
    "left_collar": ("spine3", (0.071, 0.091, 0.049)),
    "right_collar": ("spine3", (-0.071, 0.091, 0.049)),
    "head": ("neck", (0.0, 0.071, 0.031)),
    "left_shoulder": ("left_collar", (0.112, -0.016, -0.006)),
    "right_shoulder": ("right_collar", (-0.112, -0.016, -0.006)),
    "left_elbow": ("left_shoulder", (0.263, 0.0, 0.0)),
    "right_elbow": ("right_shoulder", (-0.263, 0.0, 0.0)),
    "left_wrist": ("left_elbow", (0.234, 0.0, 0.0)),
    "right_wrist": ("right_elbow", (-0.234, 0.0, 0.0)),
}
POSES = (("poses",), ("root_orient", "pose_body"), ("global_orient", "body_pose"))
PLACES = ("trans", "transl")
AMASS_RATES = ("mocap_framerate", "mocap_frame_rate")
RATES = (*AMASS_RATES, "fps")
WIDTHS = {66: "22 joints", 72: "SMPL", 156: "SMPL-H", 165: "SMPL-X"}
EXPECTED = f"{' or '.join(' + '.join(p) for p in POSES)}, with {' or '.join(PLACES)}"


def is_amass(names: tuple[str, ...]) -> bool:
    """Return whether an npz with arrays of these names holds motion of the SMPL family."""
    return any(set(p) <= set(names) for p in POSES)


def read_amass(path: Path, up: str | None = None, fps: float | None = None) -> Clip:
    """Return the motion of one npz of AMASS or the SMPL family, in metres with y up.

    Args:
        path: the file.
        up: the world's vertical axis, "y", "z" or "-y"; when None, z in files with AMASS's frame rate, else found.
        fps: frames per second, of files that state none.

    Raises:
        InputError: missing arrays, wrong shapes, numbers that are not finite, pickled objects, or no frame rate.
    """
    names = array_names(path)
    poses, places = _poses(path, names), _places(path, names)
    if len(poses) != len(places):
        raise InputError(f"{path}: {len(poses)} poses and {len(places)} places; expected as many")
    rate = next((n for n in RATES if n in names), None)
    if rate is None and fps is None:
        raise InputError(
            f"{path}: no frame rate; expected {' or '.join(RATES)} in the file, or, in a file joint_maps.toml beside it, fps = "
            f"and the frames per second"
        )
    clip = Clip(
        name=path.stem,
        source=str(path),
        fps=read_positive(path, rate) if rate else float(fps or 0),
        joint_names=tuple(SKELETON),
        parents=np.array([list(SKELETON).index(p) if p else -1 for p, _ in SKELETON.values()], np.int32),
        offsets=np.array([offset for _, offset in SKELETON.values()]),
        tips=np.zeros((len(SKELETON), 3)),
        rotations=matrix_from_axis_angle(poses),
        root_positions=places,
    )
    notes: list[str] = []
    if up is None and rate in AMASS_RATES:
        up = "z"
        notes.append("up: z (AMASS's worlds have it, by definition)")
    elif up is None:
        landmarks = match_joints(clip.joint_names, str(path))
        up = axis_of_motion(joint_positions(clip), landmarks, str(path), notes)
    turn, rotations = Y_UP_FROM[up], clip.rotations
    rotations[:, 0] = turn @ rotations[:, 0]  # the rest has y up in any world
    return replace(clip, rotations=rotations, root_positions=places @ turn.T, up=up, notes=tuple(notes))


def _poses(path: Path, names: tuple[str, ...]) -> F64:
    """Return axis-angle turns (F, 22, 3)."""
    keys = next((p for p in POSES if set(p) <= set(names)), None)
    if keys is None:
        raise InputError(f"{path}: no motion of the SMPL family; expected {EXPECTED}; it holds {', '.join(names)}")
    arrays = read_arrays(path, keys)
    shapes = " and ".join(f"{k} {a.shape}" for k, a in arrays.items())
    rows = [a.reshape(len(a), -1) for a in arrays.values() if a.ndim > 1 and a.size]
    width = sum(r.shape[1] for r in rows)
    if len(rows) < len(keys) or len({len(r) for r in rows}) > 1 or width not in WIDTHS:
        known = ", ".join(f"{w} ({what})" for w, what in WIDTHS.items())
        raise InputError(f"{path}: {shapes}; expected F > 0 rows of {known} numbers in all")
    turns = np.concatenate(rows, axis=1)[:, : 3 * len(SKELETON)].reshape(-1, len(SKELETON), 3)
    return finite(turns, (None, len(SKELETON), 3), f"{path}: {' and '.join(keys)}", tuple(SKELETON))


def _places(path: Path, names: tuple[str, ...]) -> F64:
    key = next((p for p in PLACES if p in names), None)
    if key is None:
        raise InputError(f"{path}: no places of the body; expected {EXPECTED}; it holds {', '.join(names)}")
    return finite(read_arrays(path, [key])[key], (None, 3), f"{path}: {key}")
