from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from manikin.tasks.errors import InputError
from manikin.tasks.poses.clip import Clip, compose_chain, joint_positions
from manikin.tasks.poses.labels import LABELS, label_frames
from manikin.tasks.poses.read_deepmimic import SKELETON, URDF_SCALE

NAMES = tuple(s[0] for s in SKELETON)
PARENTS = np.array([NAMES.index(s[1]) if s[1] else -1 for s in SKELETON], np.int32)


def film(*frames, fps=30.0):
    """A clip of frames {joint: degrees about z, the axis to the body's right}, "height" and "x": the root's place in metres.

    Where no height is given, the lowest joint is at the ankle's height above the floor.
    """
    rotations = np.tile(np.eye(3), (len(frames), len(NAMES), 1, 1))
    places = np.zeros((len(frames), 3))
    for i, frame in enumerate(frames):
        for joint, degrees in frame.items():
            if joint not in ("height", "x"):
                rotations[i, NAMES.index(joint)] = Rotation.from_euler("z", degrees, degrees=True).as_matrix()
        places[i, 0] = frame.get("x", 0.0)
    offsets = np.array([s[2] for s in SKELETON]) * URDF_SCALE
    clip = Clip("film", "film.txt", fps, NAMES, PARENTS, offsets, np.zeros((len(NAMES), 3)), rotations, places)
    places[:, 1] = [
        f.get("height", 0.08 - low) for f, low in zip(frames, joint_positions(clip)[..., 1].min(axis=1), strict=True)
    ]
    return replace(clip, root_positions=places)


STAND: dict[str, float] = {}
SIT = {"right_hip": 90, "left_hip": 90, "right_knee": -90, "left_knee": -90}
ON_FLOOR = {"right_hip": 90, "left_hip": 90, "height": 0.12}
SQUAT = {"right_hip": 125, "left_hip": 125, "right_knee": -140, "left_knee": -140, "root": -10}
KNEEL = {"right_knee": -90, "left_knee": -90}
SUPINE = {"root": 90, "height": 0.1}
ALL_FOURS = {"root": -90, "right_hip": 90, "left_hip": 90, "right_knee": -90, "left_knee": -90}


@pytest.mark.parametrize(
    ("frame", "label"),
    [
        (STAND, "standing"),
        (SIT, "sitting"),
        (ON_FLOOR, "sitting"),
        (SQUAT, "kneeling"),
        (KNEEL, "kneeling"),
        (SUPINE, "lying"),
        (ALL_FOURS, "kneeling"),
    ],
)
def test_a_still_body(frame, label):
    standing = [STAND] * 8  # shows where the floor is
    found = label_frames(film(*standing, *[frame] * 4, fps=0.1))
    assert found[:8] == ("standing",) * 8
    assert found[-1] == label
    assert set(found) <= set(LABELS)


def test_walking_is_moving_and_stepping_slowly_is_not():
    assert set(label_frames(film(*[{"x": 0.05 * i} for i in range(10)]))) == {"moving"}
    assert set(label_frames(film(*[{"x": 0.005 * i} for i in range(10)]))) == {"standing"}


def test_waving_limbs_on_the_spot_are_moving():
    swing = [{"right_shoulder": 60 * (-1) ** i, "left_shoulder": 60 * (-1) ** i} for i in range(0, 20, 1)]
    calm = [{"right_shoulder": 2 * (-1) ** i} for i in range(20)]
    swing = [{k: v * np.sin(i) for k, v in f.items()} for i, f in enumerate(swing)]
    assert "moving" in label_frames(film(*swing))
    assert set(label_frames(film(*calm, fps=5))) == {"standing"}


def test_a_jump_is_airborne_where_it_is_off_the_floor():
    heights = [0.0] * 10 + [0.1, 0.3, 0.4, 0.3, 0.1] + [0.0] * 10
    ground = -joint_positions(film(STAND))[0, :, 1].min() + film(STAND).root_positions[0, 1] + 0.08
    found = label_frames(film(*[{"height": ground + h} for h in heights]))
    assert found[11:14] == ("airborne",) * 3
    assert "airborne" not in found[:10] + found[15:]


def test_who_stands_on_a_wall_is_not_airborne_and_a_jump_up_or_down_is():
    ground = -joint_positions(film(STAND))[0, :, 1].min() + film(STAND).root_positions[0, 1] + 0.08
    heights = [0.0] * 40 + [0.3, 0.7, 0.9, 0.95] + [0.9] * 60 + [0.95, 0.8, 0.5, 0.2] + [0.0] * 40
    frames = [{"height": ground + h} for h in heights]
    found = label_frames(film(*frames))
    assert "airborne" not in found[44:104]
    assert "airborne" not in found[:40] + found[108:]
    up = [{"height": ground + h} for h in [0.0] * 40 + [0.6, 1.2, 1.3, 1.1] + [0.9] * 60]
    assert label_frames(film(*up))[42] == "airborne"
    sat = label_frames(film(*[{**SIT, "height": ground + 0.9 - 0.35}] * 60, *frames[:40]))
    assert sat[10] == "sitting"


def test_one_frame_is_enough():
    assert label_frames(film(STAND)) == ("standing",)


def test_a_skeleton_nobody_knows_is_told():
    clip = replace(film(STAND), joint_names=tuple(f"bone{i}" for i in range(len(NAMES))))
    with pytest.raises(InputError, match="no known naming convention fits"):
        label_frames(clip)


def test_film_is_what_it_says():
    clip = film(SIT)
    knee = joint_positions(clip)[0, NAMES.index("right_knee")]
    hip = joint_positions(clip)[0, NAMES.index("right_hip")]
    assert knee[0] - hip[0] == pytest.approx(0.4215, abs=1e-3)  # forward is +x
    assert compose_chain(clip.rotations, clip.parents).shape == (1, len(NAMES), 3, 3)
