from dataclasses import replace

import numpy as np
import pytest

from manikin.tasks.bodies.evaluate import PosedBodies, pose_bodies
from manikin.tasks.bodies.helpers import Helpers
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.geometry.drape import _nearest
from manikin.tasks.clothing.geometry.piece import Piece, pose_piece
from manikin.tasks.clothing.geometry.shell import Shell, make_shell, pose_cloth
from manikin.tasks.clothing.geometry.skirt import SkirtCut, cut_skirt
from manikin.tasks.clothing.geometry.slack import Slack
from manikin.tasks.clothing.pattern.extent import Extent, reach
from manikin.tasks.clothing.pattern.template import body_front
from manikin.tasks.errors import InputError
from manikin.tasks.jobs.default_body import default_helpers
from manikin.tasks.poses.keyposes import KeyPoses, read_key_poses

DRESS = SkirtCut(np.array([1.18, 0.9, 0.45]), np.array([1.0, 1.2, 1.5]), 0.012)
KNEE = SkirtCut(np.array([1.0, 0.9, 0.45]), np.array([0.9, 1.0, 1.2]), 0.005)
HARD = ("standing at ease", "sprinting", "sitting, tying a shoe", "kneeling on one knee", "squatting", "star jump")


@pytest.fixture(scope="module")
def helpers(body: BodyModel) -> Helpers:
    return default_helpers()


@pytest.fixture(scope="module")
def skirt(body: BodyModel, helpers: Helpers) -> Piece:
    return cut_skirt(body, helpers, KNEE)


@pytest.fixture(scope="module")
def bodice(body: BodyModel) -> Shell:
    """The cloth that the dress is sewn to, to a little under where it begins."""
    front = body_front(body, 512)
    return make_shell(body, front, reach(front, Extent(hem=1.13, sleeve=0.2)), Slack(hem=0.03), is_bottom=False)


@pytest.fixture(scope="module")
def dress(body: BodyModel, helpers: Helpers, bodice: Shell) -> Piece:
    return cut_skirt(body, helpers, DRESS, bodice)


@pytest.fixture(scope="module")
def key_poses(body: BodyModel) -> KeyPoses:
    return read_key_poses(body)


def worn(piece: Piece, body: BodyModel, pose: np.ndarray, shape: np.ndarray) -> tuple[np.ndarray, PosedBodies]:
    """The cloth's outside (B, G, 3) and the bodies, tucked in."""
    still = np.zeros((len(pose), 3))
    bodies = pose_bodies(body, shape, pose, still)
    vertices, _ = pose_piece(piece, body, shape, pose, still, bodies)
    return vertices[:, : len(piece.v_template)], bodies


def depth_of_skin(cloth: np.ndarray, piece: Piece, skin: np.ndarray) -> np.ndarray:
    """How far (M,) that skin of (N, 3) lies beneath the nearest triangle of cloth within 5 cm, the hem's excepted."""
    corners = cloth[piece.faces].astype(np.float64)
    middle = corners.mean(axis=1)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    distance = np.linalg.norm(skin[:, None] - middle[None], axis=-1)
    near = distance.argmin(axis=1)
    close = (distance.min(axis=1) < 0.05) & (near < len(piece.faces) - 72)
    return ((middle[near] - skin) * normal[near]).sum(axis=1)[close]


def test_a_skirt_is_a_tube_open_at_waist_and_hem(skirt: Piece) -> None:
    edges = np.sort(np.concatenate([skirt.faces[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))]), axis=1)
    _, count = np.unique(edges, axis=0, return_counts=True)
    n = len(skirt.v_template)
    assert set(count) == {1, 2}
    assert (count == 1).sum() == 72  # two rims of 36
    assert n - len(count) + len(skirt.faces) == 0  # Euler's number of a tube


def test_it_faces_outward_and_its_texture_runs_round_and_down(skirt: Piece) -> None:
    corners = skirt.v_template[skirt.faces].astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    away = corners.mean(axis=1) - skirt.v_template.mean(axis=0)
    assert ((normal * away)[:, [0, 2]].sum(axis=1) > 0).mean() > 0.98
    u, v = skirt.uv.mean(axis=1).T
    x, y, z = corners.mean(axis=1).T
    assert np.corrcoef(v, -y)[0, 1] > 0.99
    assert (x[np.abs(u - 0.25) < 0.1] > 0).all()  # the left side
    assert (x[np.abs(u - 0.75) < 0.1] < 0).all()
    assert z[np.abs(u - 0.5) < 0.1].mean() > z[(u < 0.1) | (u > 0.9)].mean() + 0.1


def test_at_rest_it_hangs_from_waist_to_hem_about_both_legs(body: BodyModel, skirt: Piece, helpers: Helpers) -> None:
    rings = skirt.v_template.reshape(-1, 36, 3)
    assert rings[0, :, 1].mean() == pytest.approx(1.0, abs=0.01)
    assert rings[-1, :, 1].mean() == pytest.approx(0.45, abs=0.01)
    around = np.linalg.norm(np.roll(rings[-1], -1, axis=0) - rings[-1], axis=1).sum()
    assert around == pytest.approx(1.2, rel=0.03)
    knees = [body.J_template[body.joint(f"lowerleg01.{s}"), 0] for s in "LR"]
    assert rings[-1, :, 0].max() > knees[0] + 0.04
    assert rings[-1, :, 0].min() < knees[1] - 0.04
    longer = cut_skirt(body, helpers, replace(KNEE, height=np.array([1.0, 0.9, 0.2])))
    assert longer.v_template[:, 1].min() == pytest.approx(0.2, abs=0.03)


def test_a_dress_hangs_from_the_bust(body: BodyModel, dress: Piece) -> None:
    rings = dress.v_template.reshape(-1, 36, 3)
    assert np.ptp(rings[0, :, 1]) < 0.002
    assert rings[0, :, 1].mean() == pytest.approx(1.18, abs=0.002)
    around = np.linalg.norm(np.roll(rings, -1, axis=1) - rings, axis=-1).sum(axis=1)
    at = -np.interp(-rings[..., 1].mean(axis=1), -DRESS.height, -DRESS.girth)
    assert (around < at + 0.05).all()  # never wider than the photo, less what goes into folds
    assert (np.diff(around[2:]) > -0.01).all()  # and without a waist, though the body has one
    front = rings[:, 18, 2]  # in the middle of the front
    assert front[3:8].min() > front[0] - 0.02


def test_a_dress_begins_on_the_cloth_that_it_is_sewn_to(
    body: BodyModel, dress: Piece, bodice: Shell, key_poses: KeyPoses
) -> None:
    """In any pose the first ring lies on the shell, a little over it: no step is seen and nothing shows through."""
    names = ("standing at ease", "bending down with straight legs", "sitting upright, hands on thighs")
    poses = key_poses.poses[[key_poses.names.index(n) for n in names]]
    shape = np.zeros((len(poses), len(body.shapedirs)))
    bodies = pose_bodies(body, shape, poses, np.zeros((len(poses), 3)))
    outer = np.unique(bodice.faces[~bodice.is_inner])
    for k in range(len(poses)):
        shell = pose_cloth(bodice, bodies.vertices[k], bodies.normals[k])[outer]
        first = worn(dress, body, poses[k : k + 1], shape[:1])[0][0, :36]
        assert np.linalg.norm(first[:, None] - shell, axis=-1).min(axis=1).max() < 0.02  # between the shell's vertices
        skin = bodies.vertices[k][dress.corner[:36]]
        lifted = np.linalg.norm(first - np.einsum("gk,gkc->gc", dress.weight[:36], skin), axis=1)
        assert (lifted > 0.002).all()


def test_full_skirts_fall(body: BodyModel, helpers: Helpers) -> None:
    """The fuller, the more of the cloth goes into folds; between waist and hem it hangs straight or bends outwards."""
    hems = []
    for girth in (1.2, 1.6, 2.4, 4.0):
        wide = SkirtCut(np.array([1.0, 0.8, 0.45]), np.array([0.9, girth, girth]), 0.005)
        rings = cut_skirt(body, helpers, wide).v_template.reshape(-1, 36, 3)
        around = np.linalg.norm(np.roll(rings, -1, axis=1) - rings, axis=-1).sum(axis=1)
        hems.append(float(around[-1]))
        assert np.diff(around, 2)[4:].min() > -0.02
    assert (np.diff(hems) > 0).all()
    assert hems[0] == pytest.approx(1.2, abs=0.02)
    assert hems[-1] < 2.2


def test_nothing_pokes_through_at_rest_nor_in_hard_poses(body: BodyModel, skirt: Piece, key_poses: KeyPoses) -> None:
    poses = key_poses.poses[[key_poses.names.index(n) for n in HARD]]
    shape = np.zeros((len(poses), len(body.shapedirs)))
    cloth, bodies = worn(skirt, body, poses, shape)
    bare = pose_bodies(body, shape, poses, np.zeros((len(poses), 3)))
    for k, name in enumerate(HARD):
        depth = depth_of_skin(cloth[k], skirt, bodies.vertices[k][skirt.under])
        assert (depth < -0.01).mean() < (0.02 if name in HARD[1:5] else 0.0005), (
            name
        )  # a fold may be nearer than what covers
        moved = np.linalg.norm(bodies.vertices[k] - bare.vertices[k], axis=1)
        assert (np.delete(moved, skirt.under) == 0).all()  # only what is beneath is tucked in
        assert np.percentile(moved[skirt.under], 95) < 0.03, name
    at_rest = depth_of_skin(cloth[0], skirt, bare.vertices[0][skirt.under])
    assert (at_rest < 0).mean() < 0.05  # the cloth goes round it before anything is tucked in


def test_it_fits_every_shape(body: BodyModel, skirt: Piece, key_poses: KeyPoses) -> None:
    shape = np.zeros((5, len(body.shapedirs)))
    shape[np.arange(1, 5), [0, 0, 1, 1]] = [2, -2, 2, -2]
    still = np.repeat(key_poses.poses[:1], 5, axis=0)
    cloth, bodies = worn(skirt, body, still, shape)
    for k in range(5):
        waist = np.unique(skirt.corner[:36])
        assert cloth[k, :36, 1].mean() == pytest.approx(bodies.vertices[k, waist, 1].mean(), abs=0.03)
        depth = depth_of_skin(cloth[k], skirt, bodies.vertices[k][skirt.under])
        assert (depth < -0.01).mean() < 0.005


def test_it_moves_with_the_whole_body(body: BodyModel, skirt: Piece, key_poses: KeyPoses) -> None:
    pose, shape = key_poses.poses[:1].astype(np.float64), np.zeros((1, len(body.shapedirs)))
    turned = pose.copy()
    turned[0, 0] = [0, np.pi / 2, 0]
    before, _ = worn(skirt, body, np.where(np.arange(pose.shape[1])[:, None] == 0, 0.0, pose), shape)
    after, _ = worn(skirt, body, turned, shape)
    root = body.J_template[0]
    quarter = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    np.testing.assert_allclose(after[0] - root, (before[0] - root) @ quarter.T, atol=2e-4)


def test_cloth_that_stands_off_falls(body: BodyModel, helpers: Helpers, key_poses: KeyPoses) -> None:
    """A full skirt's back stands off a squatting body as it was skinned; it falls towards the ground, never through it."""
    full = cut_skirt(body, helpers, replace(KNEE, girth=np.array([0.9, 1.4, 2.2])))
    poses = key_poses.poses[[key_poses.names.index(n) for n in ("squatting", "sitting upright, hands on thighs")]]
    shape = np.zeros((2, len(body.shapedirs)))
    falling, bodies = worn(full, body, poses, shape)
    skinned = pose_bodies(
        replace(
            body, v_template=full.v_template, shapedirs=full.shapedirs, weights=full.weights,
            weight_idx=full.weight_idx, faces=full.faces, posedirs=body.posedirs[:0],
            posedir_vertex=body.posedir_vertex[:0], posedir_start=np.zeros_like(body.posedir_start),
        ), shape, poses, np.zeros((2, 3)),
    ).vertices  # fmt: skip
    for k in range(2):
        hem = slice(-36, None)
        assert skinned[k, hem, 1].mean() - falling[k, hem, 1].mean() > 0.04
        assert falling[k, :, 1].min() > bodies.vertices[k, :, 1].min() - 0.02
        cut, stiff, fallen = (
            np.linalg.norm(v[full.threads[:, 0]] - v[full.threads[:, 1]], axis=1)
            for v in (full.v_template, skinned[k], falling[k])
        )
        assert np.percentile(fallen / cut, 90) < np.percentile(stiff / cut, 90) + 0.1  # it does so without stretching


def test_standing_cloth_keeps_its_shape(body: BodyModel, skirt: Piece) -> None:
    pose = np.zeros((1, len(body.joint_names), 3))
    cloth, _ = worn(skirt, body, pose, np.zeros((1, len(body.shapedirs))))
    assert np.linalg.norm(cloth[0] - skirt.v_template, axis=1).max() < 0.03


def test_the_nearest_points_are_the_nearest() -> None:
    rng = np.random.default_rng(4)
    for n, stretch in ((1, (1, 1, 1)), (2, (1, 3, 1)), (400, (5, 1, 1)), (400, (1, 1, 5))):
        places, points = (rng.normal(size=(m, 3)).astype(np.float32) * np.float32(stretch) for m in (200, n))
        apart = np.linalg.norm(places[:, None] - points, axis=-1)
        np.testing.assert_array_equal(_nearest(places, points), apart.argmin(axis=1))


def test_one_body_is_the_same_alone_and_in_a_batch(body: BodyModel, skirt: Piece, key_poses: KeyPoses) -> None:
    poses, shape = key_poses.poses[60:63], np.zeros((3, len(body.shapedirs)))
    together, _ = worn(skirt, body, poses, shape)
    for k in range(3):
        np.testing.assert_array_equal(worn(skirt, body, poses[k : k + 1], shape[:1])[0][0], together[k])


def test_both_sides_are_drawn(skirt: Piece) -> None:
    faces, uv, part = skirt.drawn_faces()
    n, h = len(skirt.v_template), len(skirt.faces)
    assert faces.shape == (2 * h, 3)
    np.testing.assert_array_equal(faces[h:, ::-1] - n, faces[:h])
    np.testing.assert_array_equal(uv[h:, ::-1], uv[:h])
    np.testing.assert_array_equal(part[h:], part[:h])


def test_the_parts_are_those_beneath(body: BodyModel, skirt: Piece) -> None:
    middle = skirt.v_template[skirt.faces].mean(axis=1)
    low = middle[:, 1] < 0.6
    for side, sign in (("left", 1), ("right", -1)):
        part = skirt.part[low & (sign * middle[:, 0] > 0.05)]
        assert {body.part_names[p] for p in part} <= {f"{side}_upper_leg", f"{side}_lower_leg"}


def test_another_bodys_helpers_are_refused(body: BodyModel, helpers: Helpers) -> None:
    other = replace(helpers, body_number=helpers.body_number[:-1])
    with pytest.raises(InputError, match=r"of a body of 13491 vertices, given with one of 13492.*default body only"):
        cut_skirt(body, other, KNEE)


def test_a_piece_of_another_model_is_refused(body: BodyModel, skirt: Piece, key_poses: KeyPoses) -> None:
    foreign = replace(skirt, shapedirs=skirt.shapedirs[:-1])
    with pytest.raises(InputError, match="43 shape coefficients does not fit a model of 44; make the stage textures"):
        worn(foreign, body, key_poses.poses[:1], np.zeros((1, len(body.shapedirs))))
