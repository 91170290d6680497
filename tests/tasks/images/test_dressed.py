from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.people import ShapeSettings
from manikin.tasks.bodies.shapes import shape_sampler
from manikin.tasks.bodies.skeletons import joint_thickness, skeleton, skeleton_joints
from manikin.tasks.clothing.geometry.shell import Shell, make_shell
from manikin.tasks.clothing.geometry.slack import Slack
from manikin.tasks.clothing.looks.plain import corner_uv
from manikin.tasks.clothing.pattern.extent import Extent, reach
from manikin.tasks.clothing.pattern.planes import limb_length
from manikin.tasks.clothing.pattern.template import body_front
from manikin.tasks.clothing.sizes.measure import waist_height
from manikin.tasks.images.annotate import Visibility, label_joints
from manikin.tasks.images.clay import orbit_camera
from manikin.tasks.images.dressed import Dressed, cloth_at_joints, dress, dressed_layers, pose_dressed
from manikin.tasks.images.poking import covered_textures, measure_poking
from manikin.tasks.images.renderer import Frame, Lights, Mesh, Renderer, renderer
from manikin.tasks.images.texture import Texture
from manikin.tasks.poses.keyposes import read_key_poses

LIGHTS = Lights(np.zeros((0, 3)), np.zeros((0, 3)), np.ones(3), hemisphere=0.0, shadow=False)
POSES = (
    "standing at ease", "kneeling upright", "sitting upright, hands on thighs", "squatting", "cheering",
    "bending down with straight legs", "sprinting", "sitting cross-legged on the floor",
)  # fmt: skip


@dataclass(frozen=True)
class Wardrobe:
    bare: Mesh
    top: Shell
    bottom: Shell
    insides: tuple[NDArray[np.bool_], NDArray[np.bool_]]  # well inside bottom and top


@pytest.fixture(scope="module")
def wardrobe(body: BodyModel) -> Wardrobe:
    front = body_front(body, 512)
    bottom = reach(front, Extent(waist=waist_height(front), leg=limb_length(front, "leg")))
    top = reach(front, Extent(hem=0.86, sleeve=0.97 * limb_length(front, "arm")))
    return Wardrobe(
        Mesh(body.faces, corner_uv(body), body.part),
        make_shell(body, front, top, Slack(0.01, 0.01, 0.03, 0.03), is_bottom=False),
        make_shell(body, front, bottom, Slack(end=0.03), is_bottom=True),
        (bottom.distance > 0.004, top.distance > 0.004),
    )


@pytest.fixture(scope="module")
def both(body: BodyModel, wardrobe: Wardrobe) -> Dressed:
    return dress(wardrobe.bare, len(body.v_template), [wardrobe.bottom, wardrobe.top], 1)


@pytest.fixture(scope="module")
def draw() -> Renderer:
    return renderer("numba")


def _plain(*colours: tuple[int, int, int]) -> list[Texture]:
    return [Texture.from_rgba(np.uint8([[[*colour, 255]]])) for colour in colours]


def _at_rest(body: BodyModel) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    still = np.zeros((1, len(body.joint_names), 3))
    posed = pose_bodies(body, np.zeros((1, len(body.shapedirs))), still, np.zeros((1, 3)))
    return posed.vertices[0], posed.normals[0]


def _draw(draw: Renderer, body: BodyModel, dressed: Dressed, layers: list[Texture], azimuth: float = 0.0) -> Frame:
    vertices, normals = _at_rest(body)
    camera = orbit_camera(vertices, 200, azimuth)
    return draw.render(dressed.mesh, *pose_dressed(dressed, vertices, normals), layers, camera, LIGHTS)


def test_without_cloth_the_body_is_as_it_was(draw: Renderer, body: BodyModel, wardrobe: Wardrobe) -> None:
    dressed = dress(wardrobe.bare, len(body.v_template), [], 2)
    layers = _plain((200, 150, 120), (10, 20, 30))
    vertices, normals = _at_rest(body)
    camera = orbit_camera(vertices, 128)
    bare = draw.render(wardrobe.bare, vertices, normals, layers, camera, LIGHTS)
    frame = draw.render(dressed.mesh, *pose_dressed(dressed, vertices, normals), layers, camera, LIGHTS)
    np.testing.assert_array_equal(frame.rgba, bare.rgba)
    np.testing.assert_array_equal(frame.depth, bare.depth)


@pytest.mark.parametrize("azimuth", [0.0, 2.2])
def test_people_show_skin_trousers_and_shirt(draw: Renderer, body: BodyModel, both: Dressed, azimuth: float) -> None:
    skin, trousers, shirt = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    frame = _draw(draw, body, both, dressed_layers(_plain(skin), _plain(trousers, shirt)), azimuth)
    whole = frame.mask == 255
    seen = frame.rgba[..., :3].argmax(axis=-1)
    parts = {name: i for i, name in enumerate(body.part_names)}
    for name, colour in (("head", 0), ("left_lower_leg", 1), ("right_upper_leg", 1), ("torso", 2), ("left_forearm", 2)):
        assert (seen[whole & (frame.part == parts[name])] == colour).mean() > 0.85, name
    for name in ("left_hand", "right_foot"):
        assert (seen[whole & (frame.part == parts[name])] == 0).mean() > 0.65, name  # a cuff reaches a little over it


def test_cloth_stands_off_the_body(draw: Renderer, body: BodyModel, wardrobe: Wardrobe, both: Dressed) -> None:
    bare = _draw(draw, body, dress(wardrobe.bare, len(body.v_template), [], 1), _plain((255, 255, 255)))
    frame = _draw(draw, body, both, dressed_layers(_plain((255, 255, 255)), _plain((0, 255, 0), (0, 0, 255))))
    cloth = (frame.mask == 255) & (bare.mask == 255) & (frame.rgba[..., 0] < 20)
    nearer = (bare.depth - frame.depth)[cloth]
    assert nearer.min() > -0.002
    assert 0.005 < np.median(nearer) < 0.03
    assert frame.mask.sum() > 1.02 * bare.mask.sum()


def test_hidden_triangles_are_left_out(body: BodyModel, wardrobe: Wardrobe, both: Dressed) -> None:
    of_body = (both.mesh.faces < len(body.v_template)).all(axis=1)
    hidden = np.union1d(wardrobe.top.hides, wardrobe.bottom.hides)
    assert of_body.sum() == len(body.faces) - len(hidden)
    assert len(hidden) > 5000
    under_shirt = np.isin(wardrobe.bottom.beneath, wardrobe.top.hides)
    assert under_shirt.sum() > 100
    n_cloth = len(wardrobe.top.faces) + len(wardrobe.bottom.faces) - under_shirt.sum()
    assert len(both.mesh.faces) == of_body.sum() + n_cloth


def test_normals_are_those_of_the_cloth(body: BodyModel, both: Dressed) -> None:
    vertices, normals = pose_dressed(both, *_at_rest(body))
    np.testing.assert_allclose(np.linalg.norm(normals[both.mesh.faces].reshape(-1, 3), axis=1), 1, atol=1e-4)
    corners = vertices[both.mesh.faces].astype(np.float64)
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    agree = (faces[:, None] * normals[both.mesh.faces]).sum(-1) > 0
    assert agree.mean() > 0.99


def test_nothing_pokes_through_in_hard_poses(
    draw: Renderer, body: BodyModel, wardrobe: Wardrobe, both: Dressed
) -> None:
    key, sample = read_key_poses(body), shape_sampler(body, ShapeSettings())
    rng = np.random.default_rng(8)
    covered = covered_textures(wardrobe.insides)
    seen = np.zeros(3)
    for name in POSES:
        pose = key.poses[key.names.index(name)]
        posed = pose_bodies(body, sample(rng).coefficients[None], pose[None], np.zeros((1, 3)))
        for azimuth in rng.uniform(0, 2 * np.pi, 2):
            camera = orbit_camera(posed.vertices[0], 160, azimuth, 0.15)
            found = measure_poking(draw, both, wardrobe.bare, posed.vertices[0], posed.normals[0], covered, camera)
            seen += [found.covered_but_seen, found.holes, found.person]
    assert seen[0] < 0.002 * seen[2]
    assert seen[1] < 0.0005 * seen[2]


def test_what_pokes_through_is_found(draw: Renderer, body: BodyModel, wardrobe: Wardrobe) -> None:
    sunk = replace(wardrobe.bottom, offset=wardrobe.bottom.offset - 0.03, hides=wardrobe.bottom.hides[:0])
    dressed = dress(wardrobe.bare, len(body.v_template), [sunk], 1)
    vertices, normals = _at_rest(body)
    covered = covered_textures(wardrobe.insides[:1])
    found = measure_poking(draw, dressed, wardrobe.bare, vertices, normals, covered, orbit_camera(vertices, 160))
    assert found.covered_but_seen > 0.3 * found.person
    naked = replace(wardrobe.bottom, faces=wardrobe.bottom.faces[:0], uv=wardrobe.bottom.uv[:0])
    naked = replace(naked, part=naked.part[:0], beneath=naked.beneath[:0], is_inner=naked.is_inner[:0])
    dressed = dress(wardrobe.bare, len(body.v_template), [naked], 1)
    found = measure_poking(draw, dressed, wardrobe.bare, vertices, normals, covered, orbit_camera(vertices, 160))
    assert found.holes > 0.2 * found.person


def test_bottoms_keep_under_tops(body: BodyModel, wardrobe: Wardrobe) -> None:
    baggy = replace(wardrobe.bottom, offset=wardrobe.bottom.offset + 0.05)
    worn, over = dress(wardrobe.bare, len(body.v_template), [baggy, wardrobe.top], 1).shells
    outer = np.full(len(body.v_template), np.nan)
    on_vertex = over.weight[:, 0] == 1
    on_vertex[over.faces[over.is_inner]] = False
    outer[over.corner[on_vertex, 0]] = over.offset[on_vertex]
    room = outer[worn.corner[:, 0]] - worn.offset
    lies_on_vertex = (worn.weight[:, 0] == 1) & np.isfinite(room)
    assert lies_on_vertex.sum() > 80
    assert room[lies_on_vertex].min() > 0
    legs = [i for i, name in enumerate(body.part_names) if name.endswith("lower_leg")]
    calves = np.unique(worn.faces[np.isin(worn.part, legs)])
    np.testing.assert_array_equal(worn.offset[calves], baggy.offset[calves])


@pytest.mark.parametrize("azimuth", [0.0, 0.3, np.pi])
def test_joints_under_loose_cloth_are_seen_as_on_the_bare_body(
    draw: Renderer, body: BodyModel, wardrobe: Wardrobe, azimuth: float
) -> None:
    loose = [replace(s, offset=s.offset + 0.045 * ~np.isin(np.arange(len(s.offset)), s.faces[s.is_inner]))
             for s in (wardrobe.bottom, wardrobe.top)]  # fmt: skip
    loose = [replace(s, offset=s.offset.astype(np.float32)) for s in loose]
    joints = skeleton("coco17", body.family)
    thickness = joint_thickness(body, joints)
    vertices, normals = _at_rest(body)
    places = skeleton_joints(body, joints, vertices[None], body.J_template[None])[0]
    camera = orbit_camera(vertices, 300, azimuth)
    bare = draw.render(wardrobe.bare, vertices, normals, _plain((255, 255, 255)), camera, LIGHTS)
    dressed = dress(wardrobe.bare, len(body.v_template), loose, 1)
    layers = dressed_layers(_plain((255, 255, 255)), _plain((0, 255, 0), (0, 0, 255)))
    frame = draw.render(dressed.mesh, *pose_dressed(dressed, vertices, normals), layers, camera, LIGHTS)
    slack = cloth_at_joints(dressed.shells, body, places, thickness)
    wanted = label_joints(camera, places, thickness, bare.depth).visibility
    np.testing.assert_array_equal(label_joints(camera, places, thickness + slack, frame.depth).visibility, wanted)
    careless = label_joints(camera, places, thickness, frame.depth).visibility
    assert (careless == Visibility.VISIBLE).sum() < (wanted == Visibility.VISIBLE).sum()
    assert slack[joints.joint_names.index("nose")] == 0
    assert slack[joints.joint_names.index("left_knee")] > 0.04
