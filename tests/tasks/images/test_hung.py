from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.geometry.piece import Piece
from manikin.tasks.clothing.geometry.shell import Shell, make_shell
from manikin.tasks.clothing.geometry.skirt import SkirtCut, cut_skirt
from manikin.tasks.clothing.geometry.slack import Slack
from manikin.tasks.clothing.looks.plain import corner_uv
from manikin.tasks.clothing.pattern.extent import Extent, reach
from manikin.tasks.clothing.pattern.template import body_front
from manikin.tasks.images.clay import orbit_camera
from manikin.tasks.images.dressed import dress, dressed_layers
from manikin.tasks.images.hung import hang, hung_layers, pose_hung
from manikin.tasks.images.poking import measure_hung_poking
from manikin.tasks.images.renderer import Lights, Mesh, renderer
from manikin.tasks.images.texture import Texture
from manikin.tasks.jobs.default_body import default_helpers
from manikin.tasks.poses.keyposes import read_key_poses

LIGHTS = Lights(np.zeros((0, 3)), np.zeros((0, 3)), np.ones(3), hemisphere=0.0, shadow=False)
SKIN, SHIRT, CLOTH = (255, 0, 0), (0, 0, 255), (0, 255, 0)


@pytest.fixture(scope="module")
def skirt(body: BodyModel) -> Piece:
    return cut_skirt(body, default_helpers(), SkirtCut(np.array([1.0, 0.4]), np.array([0.9, 1.2]), 0.005))


@pytest.fixture(scope="module")
def shirt(body: BodyModel) -> Shell:
    front = body_front(body, 512)
    return make_shell(body, front, reach(front, Extent(hem=0.86, sleeve=0.2)), Slack(0.012, 0.01, 0.02, 0.03), False)


def drawn(
    body: BodyModel, piece: Piece, shells: list[Shell], pose: NDArray[np.float32], azimuth: float = 0.0
) -> NDArray[np.uint8]:
    """The colours (H, W, 3) of a person, level, each surface in a plain one, before black."""
    plain = [Texture.from_rgba(np.array([[[*c, 255]]], np.uint8)) for c in (SKIN, SHIRT, CLOTH)]
    still, shape = np.zeros(3, np.float32), np.zeros(len(body.shapedirs), np.float32)
    posed = pose_bodies(body, shape[None], pose[None], still[None])
    dressed = dress(Mesh(body.faces, corner_uv(body), body.part), len(body.v_template), shells, 1)
    layers = dressed_layers(plain[:1], plain[1:2] if shells else [])
    mesh = hang(dressed, body, [piece], len(layers))
    vertices, normals = pose_hung(dressed, [piece], body, shape, pose, still, posed.vertices[0], posed.normals[0])
    camera = orbit_camera(posed.vertices[0], 200, azimuth, 0.0)
    frame = renderer("numba").render(mesh, vertices, normals, layers + hung_layers(plain[2:]), camera, LIGHTS)
    return frame.rgba[..., :3] * (frame.rgba[..., 3:] > 250)


def shares(picture: NDArray[np.uint8]) -> dict[str, NDArray[np.bool_]]:
    colour = picture.argmax(axis=-1)
    shown = picture.max(axis=-1) > 60
    return {name: shown & (colour == k) for k, name in enumerate(("skin", "cloth", "shirt"))}


@pytest.mark.parametrize("azimuth", [0.0, 1.6, 3.14])
def test_a_skirt_covers_both_legs_and_what_is_between(body: BodyModel, skirt: Piece, azimuth: float) -> None:
    standing = read_key_poses(body).poses[0]
    at = shares(drawn(body, skirt, [], standing, azimuth))
    assert at["cloth"].sum() > 500
    rows = np.flatnonzero(at["cloth"].any(axis=1))
    for row in range(rows[0] + 4, rows[-1] - 4):
        columns = np.flatnonzero(at["cloth"][row])
        between = slice(columns[0], columns[-1])
        assert (at["cloth"] | at["skin"])[row, between].all(), row  # nothing is seen through
    low = slice((rows[0] + rows[-1]) // 2, rows[-1] - 4)
    assert not at["skin"][low][at["cloth"][low].any(axis=1)].sum() > 0.02 * at["cloth"].sum()  # but hands before it


def test_a_shirt_goes_into_the_skirt(body: BodyModel, skirt: Piece, shirt: Shell) -> None:
    key_poses = read_key_poses(body)
    for name in ("standing at ease", "sitting upright, hands on thighs", "walking, heel strike"):
        at = shares(drawn(body, skirt, [shirt], key_poses.poses[key_poses.names.index(name)], 3.14))
        waist = np.flatnonzero(at["cloth"].sum(axis=1) > 8)[0]
        assert at["shirt"].sum() > 300, name
        assert at["shirt"][waist + 6 :].sum() < 0.005 * at["cloth"].sum(), name


def test_a_shirt_is_drawn_in_at_the_waistband(body: BodyModel, skirt: Piece, shirt: Shell) -> None:
    pose, still = read_key_poses(body).poses[0], np.zeros(3, np.float32)
    shape = np.zeros(len(body.shapedirs), np.float32)
    posed = pose_bodies(body, shape[None], pose[None], still[None])
    dressed = dress(Mesh(body.faces, corner_uv(body), body.part), len(body.v_template), [shirt], 1)
    n, g = len(body.v_template), len(shirt.offset)
    off = []
    for piece in (skirt, replace(skirt, gathers=skirt.gathers[:0], slack=skirt.slack[:0])):
        points, _ = pose_hung(dressed, [piece], body, shape, pose, still, posed.vertices[0], posed.normals[0])
        skin = np.einsum("gk,gkc->gc", shirt.weight, posed.vertices[0][shirt.corner])
        off.append(np.linalg.norm(points[n : n + g] - skin, axis=1))
    outer = np.isin(np.arange(g), shirt.faces[~shirt.is_inner])
    held = shirt.corner[np.arange(g), shirt.weight.argmax(axis=1)]
    at_band = outer & np.isin(held, skirt.gathers[skirt.slack < 0.4]) & ~np.isin(held, skirt.under)
    concerned = np.isin(shirt.corner, np.union1d(skirt.gathers, skirt.under))
    far, within = outer & ~concerned.any(axis=1), outer & np.isin(shirt.corner, skirt.under).all(axis=1)
    assert at_band.sum() > 30
    assert np.median(off[0][at_band] / off[1][at_band]) < 0.45
    assert within.sum() > 30
    assert np.median(off[0][within]) < 0.8 * np.median(off[1][within])
    np.testing.assert_allclose(off[0][far], off[1][far], atol=1e-6)


def test_the_inside_is_seen_and_darker(body: BodyModel, skirt: Piece) -> None:
    lying = read_key_poses(body)
    pose = lying.poses[lying.names.index("lying on the back, knees bent")]
    picture = drawn(body, skirt, [], pose, 0.0)
    green = picture[..., 1][shares(picture)["cloth"]]
    assert (green > 240).any()
    assert ((green > 60) & (green < 240)).mean() > 0.05


def test_what_a_piece_hides_of_the_body_is_not_drawn(body: BodyModel, skirt: Piece) -> None:
    head = np.flatnonzero(body.part == body.part_names.index("head")).astype(np.int32)
    dressed = dress(Mesh(body.faces, corner_uv(body), body.part), len(body.v_template), [], 1)
    mesh = hang(dressed, body, [replace(skirt, hides=head)], 1)
    assert len(mesh.faces) == len(body.faces) - len(head) + 2 * len(skirt.faces)
    assert body.part_names.index("head") not in mesh.part
    assert mesh.layer is not None
    assert {tuple(r) for r in mesh.layer.tolist()} == {(0, 1), (1, 2), (1, 3)}


def test_a_skirt_goes_under_a_coat(body: BodyModel, skirt: Piece) -> None:
    coat = cut_skirt(body, default_helpers(), SkirtCut(np.array([1.0, 0.4]), np.array([0.9, 1.1]), 0.02))
    pose, still = read_key_poses(body).poses[0], np.zeros(3, np.float32)
    shape = np.zeros(len(body.shapedirs), np.float32)
    posed = pose_bodies(body, shape[None], pose[None], still[None])
    dressed = dress(Mesh(body.faces, corner_uv(body), body.part), len(body.v_template), [], 1)
    n = 2 * len(skirt.v_template)

    def gap(pieces: list[Piece]) -> NDArray[np.floating]:
        """How far the first piece lies beneath the last one's nearest vertices."""
        vertices, _ = pose_hung(dressed, pieces, body, shape, pose, still, posed.vertices[0], posed.normals[0])
        alone, out = pose_hung(dressed, pieces[-1:], body, shape, pose, still, posed.vertices[0], posed.normals[0])
        first, last = (
            vertices[len(body.v_template) :][:n],
            slice(len(body.v_template), len(alone) - len(coat.v_template)),
        )
        near = np.linalg.norm(first[:, None] - alone[last], axis=-1).argmin(axis=1)
        return np.asarray(((alone[last][near] - first) * out[last][near]).sum(axis=1))

    assert (gap([skirt, coat]) > 0.004).mean() > 0.97
    assert (gap([skirt, coat]) > 0.004).mean() > (gap([coat, coat]) > 0.004).mean() - 0.03


def test_what_pokes_through_a_skirt_is_found(body: BodyModel, skirt: Piece) -> None:
    """Sitting, little comes through; without the cloth's draping much does, and under the hem one may look."""
    draw, shape, still = renderer("numba"), np.zeros(len(body.shapedirs), np.float32), np.zeros(3, np.float32)
    dressed = dress(Mesh(body.faces, corner_uv(body), body.part), len(body.v_template), [], 1)
    key_poses = read_key_poses(body)
    through, beside, person, careless = 0, 0, 0, 0
    for name in ("walking, heel strike", "sitting upright, hands on thighs", "squatting"):
        pose = key_poses.poses[key_poses.names.index(name)]
        posed = pose_bodies(body, shape[None], pose[None], still[None])
        camera = orbit_camera(posed.vertices[0], 160, 0.7, 0.1)
        points, normals = pose_hung(dressed, [skirt], body, shape, pose, still, posed.vertices[0], posed.normals[0])
        found = measure_hung_poking(draw, dressed, skirt, body, points, normals, camera)
        through, beside, person = through + found.through, beside + found.beside, person + found.person
        sunk = points.copy()
        sunk[len(body.v_template) :] -= 0.03 * normals[len(body.v_template) :] * _outside(skirt)
        careless += measure_hung_poking(draw, dressed, skirt, body, sunk, normals, camera).through
    assert through < 0.005 * person
    assert beside < 0.05 * person
    assert careless > 0.03 * person


def _outside(piece: Piece) -> NDArray[np.float32]:
    """The sign (2G, 1) of normals of the outside and the inside."""
    return np.repeat(np.array([1, -1], np.float32), len(piece.v_template))[:, None]
