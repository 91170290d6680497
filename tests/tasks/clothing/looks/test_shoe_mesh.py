import numpy as np
import pytest

from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.clothing.geometry.shell import Shell, pose_cloth
from manikin.tasks.clothing.looks.shoe_mesh import shoe_shell
from manikin.tasks.clothing.pattern.atlas import vertex_normals
from manikin.tasks.clothing.pattern.template import BodyFront


@pytest.fixture(scope="module")
def shoes(body, front: BodyFront) -> Shell:
    return shoe_shell(body, front)


def at_rest(body, shell: Shell) -> np.ndarray:
    return pose_cloth(shell, body.v_template, vertex_normals(body.v_template, body.faces).astype(np.float32))


def test_shoes_are_two_on_the_ground_and_end_at_the_ankle(body, front: BodyFront, shoes: Shell) -> None:
    points = at_rest(body, shoes)
    ankle = front.joints["leg_left"][2][1]
    assert body.v_template[:, 1].min() - 0.002 < points[:, 1].min() < 0.003
    assert ankle < points[:, 1].max() < ankle + 0.06
    left, right = (points[sign * points[:, 0] > 0] for sign in (1, -1))
    assert len(left) == pytest.approx(len(right), rel=0.02)
    assert np.ptp(left, axis=0) == pytest.approx(np.ptp(right, axis=0), abs=0.005)
    np.testing.assert_allclose(shoes.weight.sum(axis=1), 1, atol=1e-5)
    assert {body.part_names[p][-4:] for p in body.part[shoes.hides]} <= {"foot", "_leg"}


def test_no_toe_shows_outside_the_shoe(body, shoes: Shell) -> None:
    """Against the convex hull of the shoe's front, in which the foot's front lies wholly, and on which it is drawn."""
    from scipy.spatial import ConvexHull

    points = at_rest(body, shoes)
    for side, sign in (("left", 1), ("right", -1)):
        foot = body.v_template[np.unique(body.faces[body.part == body.part_names.index(f"{side}_foot")])]
        toes = foot[foot[:, 2] > foot[:, 2].max() - 0.07]
        hull = ConvexHull(points[(sign * points[:, 0] > 0) & (points[:, 2] > foot[:, 2].max() - 0.12)])
        assert (toes @ hull.equations[:, :3].T + hull.equations[:, 3]).max() < 0.002
        box = points[(sign * points[:, 0] > 0) & (points[:, 2] > foot[:, 2].max() - 0.06)]
        depth = -(box @ hull.equations[:, :3].T + hull.equations[:, 3]).max(axis=1)
        assert np.median(depth) < 0.002  # bridged: a foot's own skin goes 5 mm and more in between toes
        bare = -(toes @ hull.equations[:, :3].T + hull.equations[:, 3]).max(axis=1)
        assert np.quantile(depth, 0.95) < 0.5 * np.quantile(bare, 0.95)


def test_shoes_go_with_the_foot(body, shoes: Shell) -> None:
    pose = np.zeros((2, len(body.joint_names), 3), np.float32)
    pose[1, body.joint("foot.L")] = (0.4, 0, 0)
    posed = pose_bodies(body, np.zeros((2, len(body.shapedirs)), np.float32), pose, np.zeros((2, 3), np.float32))
    still, bent = (pose_cloth(shoes, posed.vertices[k], posed.normals[k]) for k in (0, 1))
    left = still[:, 0] > 0
    assert np.abs(still - bent)[~left].max() < 1e-4
    tips = left & (still[:, 2] > still[left][:, 2].max() - 0.03)
    assert (still - bent)[tips][:, 1].min() > 0.04
    edges = bent[shoes.faces] - bent[np.roll(shoes.faces, 1, axis=1)]
    assert np.linalg.norm(edges, axis=-1).max() < 0.06
