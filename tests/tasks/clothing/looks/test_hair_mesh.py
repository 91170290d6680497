from dataclasses import fields

import numpy as np
import pytest

from manikin.tasks.bodies.evaluate import pose_bodies
from manikin.tasks.bodies.people import ShapeSettings
from manikin.tasks.bodies.shapes import shape_sampler
from manikin.tasks.clothing.geometry.shell import Shell, pose_cloth
from manikin.tasks.clothing.looks.hair import HAIR_STYLES, Strands, style_hair
from manikin.tasks.clothing.looks.hair_mesh import PATCH
from manikin.tasks.clothing.pattern.atlas import vertex_normals
from manikin.tasks.clothing.pattern.template import BodyFront

STANDING = [name for name, style in HAIR_STYLES.items() if style is not None and style.volume is not None]
HANGING, TIED, SHORT = ("bob", "long"), ("ponytail", "bun"), ("short", "tousled", "receding", "afro")


@pytest.fixture(scope="module")
def styled(body, front: BodyFront) -> dict[str, Strands]:
    return {name: style_hair(front, body, name, np.random.default_rng(3)) for name in HAIR_STYLES}


def shell_of(styled: dict[str, Strands], name: str) -> Shell:
    shell = styled[name].shell
    assert shell is not None
    return shell


def at_rest(body, shell: Shell) -> np.ndarray:
    return pose_cloth(shell, body.v_template, vertex_normals(body.v_template, body.faces).astype(np.float32))


def keypoint(body, name: str) -> np.ndarray:
    return body.keypoints[body.keypoint_names.index(name)] @ body.v_template


def head_of(body, vertices: np.ndarray) -> np.ndarray:
    return vertices[np.unique(body.faces[body.part == body.part_names.index("head")])]


def test_styles_of_all_kinds_stand_off_the_head(styled: dict[str, Strands]) -> None:
    assert set(STANDING) == {*HANGING, *TIED, *SHORT}
    assert [name for name, strands in styled.items() if strands.shell is None] == ["bald", "buzz"]


@pytest.mark.parametrize("name", STANDING)
def test_a_mesh_is_whole(body, styled: dict[str, Strands], name: str) -> None:
    shell = shell_of(styled, name)
    assert shell.corner.shape == shell.weight.shape == (len(shell.offset), 3)
    assert set(np.unique(shell.faces)) == set(range(len(shell.offset)))
    assert len(shell.uv) == len(shell.faces) == len(shell.part) == len(shell.beneath) == len(shell.is_inner)
    np.testing.assert_allclose(shell.weight.sum(axis=1), 1, atol=1e-5)
    assert {body.part_names[p] for p in shell.part} == {"head"}
    assert 0 < len(shell.hides) < len(body.faces)
    assert {body.part_names[p] for p in body.part[shell.hides]} == {"head"}
    assert len(shell.faces) < 6000
    corners = at_rest(body, shell)[shell.faces]
    assert np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1).max() < 0.08  # no spikes


@pytest.mark.parametrize("name", STANDING)
def test_outer_hair_faces_outwards(body, styled: dict[str, Strands], name: str) -> None:
    shell = shell_of(styled, name)
    corners = at_rest(body, shell)[shell.faces[~shell.is_inner]].astype(float)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    head = body.J_template[body.joint("head")] + [0, 0.06, 0]
    ray = (corners.mean(axis=1) - head) * ([1, 1, 1] if name not in HANGING else [1, 0.2, 1])
    outwards = (normal * ray).sum(axis=1) > 0
    assert outwards.mean() > (0.95 if name not in TIED else 0.85)  # a tail has a side to the neck


@pytest.mark.parametrize("name", STANDING)
def test_the_crown_is_covered_and_the_face_is_bare(body, styled: dict[str, Strands], name: str) -> None:
    points = at_rest(body, shell_of(styled, name))
    head = head_of(body, body.v_template)
    assert points[:, 1].max() > head[:, 1].max() + 0.003
    eyes = 0.5 * (keypoint(body, "left_eye") + keypoint(body, "right_eye"))
    before = (np.abs(points[:, 0]) < 0.045) & (points[:, 2] > eyes[2] - 0.03)
    assert points[before][:, 1].min() > eyes[1] + 0.035  # over the brows


def test_ears_are_under_hanging_hair_only(body, styled: dict[str, Strands]) -> None:
    ear = keypoint(body, "left_ear")
    for name in STANDING:
        shell = shell_of(styled, name)
        points = at_rest(body, shell)[np.unique(shell.faces[~shell.is_inner])]
        beside = points[(np.abs(points[:, 1] - ear[1]) < 0.02) & (np.abs(points[:, 2] - ear[2]) < 0.012)]
        if name in HANGING:
            assert len(beside) > 4
            assert np.abs(beside[:, 0]).min() > np.abs(head_of(body, body.v_template)[:, 0]).max()
        else:
            assert len(beside) == 0, name


def test_hair_is_as_long_as_it_is_called(body, styled: dict[str, Strands]) -> None:
    lowest = {name: at_rest(body, shell_of(styled, name))[:, 1].min() for name in STANDING}
    chin, neck = keypoint(body, "nose")[1] - 0.06, body.J_template[body.joint("neck01")][1]
    assert lowest["long"] < neck - 0.04
    assert lowest["long"] < lowest["bob"] < chin
    assert lowest["ponytail"] < lowest["bun"] - 0.05
    volume = {name: np.median(shell_of(styled, name).offset) for name in SHORT}
    assert volume["receding"] < volume["short"] < volume["tousled"] < volume["afro"]
    assert volume["afro"] > 0.025


@pytest.mark.parametrize("name", [*HANGING, *TIED, "afro"])
def test_hair_turns_with_the_head(body, styled: dict[str, Strands], name: str) -> None:
    shell, joint = shell_of(styled, name), body.joint("head")
    pose = np.zeros((2, len(body.joint_names), 3), np.float32)
    pose[1, joint] = (0.25, 0.4, 0.1)
    posed = pose_bodies(body, np.zeros((2, len(body.shapedirs)), np.float32), pose, np.zeros((2, 3), np.float32))
    still, turned = (pose_cloth(shell, posed.vertices[k], posed.normals[k]).astype(float) for k in (0, 1))
    a, b = still - still.mean(axis=0), turned - turned.mean(axis=0)
    u, _, vt = np.linalg.svd(a.T @ b)
    off = np.linalg.norm(a @ u @ vt - b, axis=1)
    assert np.median(off) < 0.003
    assert off.max() < 0.03  # at the nape, where the neck bends
    angle = np.arccos((np.trace(u @ vt) - 1) / 2)
    assert angle == pytest.approx(np.linalg.norm(pose[1, joint]), abs=0.03)


@pytest.fixture(scope="module")
def people(body) -> list[tuple[np.ndarray, np.ndarray]]:
    """Vertices and normals of children and elders at rest."""
    samplers = [shape_sampler(body, ShapeSettings(**{f"{who}_share": 1.0})) for who in ("children", "elders")]
    shapes = [sample(np.random.default_rng(k)).coefficients for sample in samplers for k in range(3)]
    still = np.zeros((len(shapes), 3), np.float32)
    pose = np.zeros((len(shapes), len(body.joint_names), 3), np.float32)
    posed = pose_bodies(body, np.stack(shapes).astype(np.float32), pose, still)
    return list(zip(posed.vertices, posed.normals, strict=True))


@pytest.mark.parametrize("name", STANDING)
def test_hair_fits_heads_of_all_ages(body, people, styled: dict[str, Strands], name: str) -> None:
    shell = shell_of(styled, name)
    for vertices, normals in people:
        points, head = pose_cloth(shell, vertices, normals), head_of(body, vertices)
        assert points[:, 1].max() > head[:, 1].max() + 0.002
        assert np.ptp(points[:, 0]) < np.ptp(head[:, 0]) + 0.12
        edges = points[shell.faces] - points[np.roll(shell.faces, 1, axis=1)]
        assert np.linalg.norm(edges, axis=-1).max() < 0.08


def test_strands_are_painted_where_no_island_is(front: BodyFront, styled: dict[str, Strands]) -> None:
    u0, v0, u1, v1 = PATCH
    rows, columns = (slice(int(a * front.size), int(np.ceil(b * front.size))) for a, b in ((v0, v1), (u0, u1)))
    assert (front.atlas.triangle[rows, columns] < 0).all()
    for name in STANDING:
        uv = shell_of(styled, name).uv
        assert uv.reshape(-1, 2).min(axis=0).tolist() > [u0, v0]
        assert (uv.reshape(-1, 2).max(axis=0) < [u1, v1]).all()
        at = (uv.reshape(-1, 2)[:, ::-1] * front.size).astype(int)
        assert styled[name].alpha[at[:, 0], at[:, 1]].min() == 255


def test_the_rng_decides(body, front: BodyFront, styled: dict[str, Strands]) -> None:
    again = style_hair(front, body, "short", np.random.default_rng(3)).shell
    other = style_hair(front, body, "short", np.random.default_rng(4)).shell
    assert again is not None
    assert other is not None
    for field in fields(again):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(shell_of(styled, "short"), field.name))
    assert (again.offset != other.offset).any()
