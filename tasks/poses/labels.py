"""What a body does, in six words: told from a motion's heights, its trunk and its speed, or given with a key pose.

"kneeling" is every low posture on the knees or the balls of the feet, squatting included; "moving" is a standing body under
way: walking, running, kicking, dancing.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.poses.clip import Clip, joint_positions
from manikin.tasks.poses.joint_maps import JointMap, match_joints

F64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

LABELS = ("standing", "sitting", "lying", "kneeling", "moving", "airborne")
# shares of the leg's length above the floor, the floor being where the lowest joint usually is
AIRBORNE, KNEE_DOWN, ON_FLOOR, LOW, CROUCHED = 0.15, 0.22, 0.15, 0.45, 0.6
RAISED = 0.25  # a floor that high above the usual one is a step, a bench, a wall
LEGS_UP = 0.08  # feet that far above the hips
FLIGHT_S = 0.6  # half of the longest jump, nearly
BEHIND_FEET = 0.35  # of the leg, level: hips so far from the feet rest on something
LYING_TRUNK = np.cos(np.radians(60.0))
WALKING_M_PER_S, WAVING_M_PER_S = 0.4, 0.8


def label_frames(clip: Clip, maps: tuple[JointMap, ...] | None = None) -> tuple[str, ...]:
    """Return one of `LABELS` for each of a clip's frames.

    Raises:
        InputError: no naming convention fits the clip's skeleton.
    """
    joints = match_joints(clip.joint_names, clip.source, maps)
    places = joint_positions(clip)
    at = {k: places[:, j] for k, j in joints.items()}
    leg = float(sum(np.linalg.norm(clip.offsets[joints[f"{part}.L"]]) for part in ("shank", "foot")))
    height = places[..., 1] / leg
    lowest = height.min(axis=1)
    usual = float(np.percentile(lowest, 10))
    ground = _ground(lowest, usual, clip.fps)
    height = height - np.where(ground > usual + RAISED, ground, usual)[:, None]
    hips = (height[:, joints["thigh.L"]] + height[:, joints["thigh.R"]]) / 2
    knee = np.minimum(height[:, joints["shank.L"]], height[:, joints["shank.R"]])
    trunk = at.get("neck", at.get("head", at["chest"])) - (at["thigh.L"] + at["thigh.R"]) / 2
    upright = trunk[:, 1] / np.linalg.norm(trunk, axis=1)
    label = np.where(_is_moving(clip, places), "moving", "standing").astype(object)
    feet_to_hips = (at["foot.L"] + at["foot.R"] - at["thigh.L"] - at["thigh.R"])[:, [0, 2]] / 2
    on_seat = np.linalg.norm(feet_to_hips, axis=1) / leg > BEHIND_FEET
    label[hips < CROUCHED] = "kneeling"
    label[(hips < CROUCHED) & on_seat | (hips < ON_FLOOR)] = "sitting"
    label[(knee < KNEE_DOWN) & (hips >= ON_FLOOR)] = "kneeling"
    down = (upright < LYING_TRUNK) & (hips < LOW)
    label[down & ((knee >= KNEE_DOWN) | (hips < LOW / 2))] = "lying"
    feet = np.minimum(height[:, joints["foot.L"]], height[:, joints["foot.R"]])
    label[(feet > hips + LEGS_UP) & (hips < CROUCHED)] = "lying"  # rolling, or legs in the air
    label[lowest > ground + AIRBORNE] = "airborne"
    return tuple(str(v) for v in label)


def _ground(lowest: F64, usual: float, fps: float) -> F64:
    """Return how high (F,) the ground is, by the lowest joints shortly before and shortly after.

    The higher of the two counts: who stands on a wall comes from below or goes there, who jumps does both. Before the first
    and after the last frame the ground is the usual.
    """
    n = max(1, round(FLIGHT_S * fps))
    outside = np.full(n, usual)
    before = np.lib.stride_tricks.sliding_window_view(np.concatenate([outside, lowest]), n + 1).min(axis=1)
    after = np.lib.stride_tricks.sliding_window_view(np.concatenate([lowest, outside]), n + 1).min(axis=1)
    return np.maximum(np.maximum(before, after), usual)


def _is_moving(clip: Clip, places: F64) -> Bool:
    """Return for each frame whether the body travels, or its joints move quickly on average."""
    if clip.n_frames < 2:
        return np.zeros(clip.n_frames, bool)
    velocity = np.gradient(places, axis=0) * clip.fps
    travel = np.linalg.norm(velocity[:, 0, [0, 2]], axis=-1)
    return (travel > WALKING_M_PER_S) | (np.linalg.norm(velocity, axis=-1).mean(axis=1) > WAVING_M_PER_S)
