import numpy as np
import pytest

from manikin.storage.assets import locate
from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.rotations import geodesic_angle
from manikin.tasks.poses.anatomy import N_SEGMENTS, PARENTS, SEGMENT, anatomy_of
from manikin.tasks.poses.angles import local_from_coordinates, set_angles
from manikin.tasks.poses.clip import compose_chain
from manikin.tasks.poses.keyposes import read_key_poses
from manikin.tasks.poses.labels import label_frames
from manikin.tasks.poses.postures import Postures, pose_of
from manikin.tasks.poses.read_clips import read_clips
from manikin.tasks.poses.retarget import postures_from_clip
from manikin.tasks.poses.soles import level_soles

FEET = [SEGMENT["foot.L"], SEGMENT["foot.R"]]


def sole_heights(body, postures):
    """How high (N, 2) above the lowest point of a body each sole's highest point is, metres."""
    names, lead = np.array(body.joint_names), body.weight_idx[:, 0]
    n = len(postures)
    shape, nowhere = np.zeros((n, len(body.shapedirs))), np.zeros((n, 3))
    height = pose_bodies(body, shape, pose_of(anatomy_of(body), postures), nowhere).vertices[..., 1]
    out = np.empty((n, 2))
    for i, s in enumerate("LR"):
        foot = np.array([name.startswith(("foot", "toe")) and name.endswith(f".{s}") for name in names])[lead]
        rest = body.v_template[:, 1]
        sole = foot & (rest < rest[foot].min() + 0.012)
        out[:, i] = height[:, sole].max(axis=1) - height.min(axis=1)
    return out


def stance(**ankle):
    coordinates = np.zeros((1, N_SEGMENTS, 3))
    for s in "LR":
        set_angles(coordinates[0], "ankle", s, ankle)
    return Postures(local_from_coordinates(coordinates), np.full((1, 2, 5), 0.3))


@pytest.mark.parametrize("ankle", [{"dorsiflexion": 8.0}, {"dorsiflexion": -9.0}, {"inversion": 7.0, "rotation": 10.0}])
def test_a_sole_that_is_nearly_level_becomes_level(body, ankle):
    before, after = stance(**ankle), level_soles(stance(**ankle), np.ones(1, bool))
    assert sole_heights(body, before).max() > 0.02
    assert sole_heights(body, after).max() < 0.014  # the sole's own hollow
    others = np.delete(np.arange(N_SEGMENTS), [*FEET, SEGMENT["toes.L"], SEGMENT["toes.R"]])
    np.testing.assert_array_equal(after.local[:, others], before.local[:, others])
    turn = (
        compose_chain(after.local, PARENTS)[0, FEET][:, :, 2] - compose_chain(before.local, PARENTS)[0, FEET][:, :, 2]
    )
    assert np.abs(turn[:, 0]).max() < 0.03  # the toes point where they did


def test_heels_that_are_up_and_bodies_in_the_air_stay(body):
    tiptoe, near = stance(dorsiflexion=-30.0), stance(dorsiflexion=8.0)
    np.testing.assert_array_equal(level_soles(tiptoe, np.ones(1, bool)).local, tiptoe.local)
    np.testing.assert_array_equal(level_soles(near, np.zeros(1, bool)).local, near.local)


def test_people_who_stand_in_the_default_motions_have_a_foot_on_the_ground(body, assets):
    found = []
    for clip in read_clips(locate("isaaclab", assets))[0]:
        standing = np.array(label_frames(clip)) == "standing"
        postures = postures_from_clip(clip)[standing][::5]
        found.append(sole_heights(body, level_soles(postures, np.ones(len(postures), bool))).min(axis=1))
    assert np.percentile(np.concatenate(found), 75) < 0.02


def test_standing_key_poses_have_a_foot_flat_on_the_ground(body):
    keys = read_key_poses(body)
    rows = np.array([label == "standing" for label in keys.labels])
    height = sole_heights(body, keys.postures[rows]).min(axis=1)
    on_toes = np.array([n.startswith("reaching up to a shelf") for n in np.array(keys.names)[rows]])
    assert height[~on_toes].max() < 0.02
    assert (height[on_toes] > 0.05).all()


def test_what_is_level_stays(body):
    keys = read_key_poses(body).postures
    once = level_soles(keys, np.ones(len(keys), bool))
    twice = level_soles(once, np.ones(len(keys), bool))
    assert geodesic_angle(once.local, twice.local).max() < 1e-6
