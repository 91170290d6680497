from pathlib import Path

import cv2
import numpy as np
import pytest

from manikin.tasks.bodies.evaluate import pose_bodies, shape_rest
from manikin.tasks.bodies.helpers import Helpers
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.cutout.photo import list_garments
from manikin.tasks.clothing.geometry.mhclo import clothes_texture, fit_clothes, read_mhclo
from manikin.tasks.clothing.geometry.piece import pose_piece
from manikin.tasks.errors import InputError
from manikin.tasks.jobs.default_body import default_helpers
from manikin.tasks.poses.keyposes import read_key_poses


@pytest.fixture(scope="module")
def helpers(body: BodyModel) -> Helpers:
    return default_helpers()


@pytest.fixture(scope="module")
def chest(body: BodyModel) -> np.ndarray:
    """The body's triangles in front of the chest."""
    middle = body.v_template[body.faces].mean(axis=1)
    return np.flatnonzero((np.abs(middle[:, 0]) < 0.08) & (np.abs(middle[:, 1] - 1.25) < 0.08) & (middle[:, 2] > 0.05))


@pytest.fixture
def bib(tmp_path: Path, body: BodyModel, helpers: Helpers, chest: np.ndarray) -> Path:
    """A garment of one flat quad: two corners on base vertices of the chest, two off triangles of it."""
    numbers = helpers.body_number[body.faces[chest[[0, 20]]]]
    scale = [f"{axis}_scale {numbers[0, 0]} {numbers[1, 0]} 1.0" for axis in "xyz"]
    lines = [
        "# a bib",
        "name bib",
        "obj_file bib.obj",
        *scale,
        "verts 0",
        f"{numbers[0, 0]}",
        f"{numbers[1, 0]}",
        " ".join(map(str, numbers[0])) + " 0.5 0.25 0.25 0.0 0.0 0.1",
        " ".join(map(str, numbers[1])) + " 0.2 0.3 0.5 0.0 0.0 0.1",
        "",
        "delete_verts",
        f"{numbers[0].min()} - {numbers[0].max()}",
    ]
    (tmp_path / "bib.mhclo").write_text("\n".join(lines) + "\n", encoding="utf-8")
    obj = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 1 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nvt 1 1\nf 1/1 2/2 4/4 3/3\n"
    (tmp_path / "bib.obj").write_text(obj, encoding="utf-8")
    cv2.imwrite(str(tmp_path / "bib.png"), np.full((80, 80, 3), (10, 20, 200), np.uint8))
    return tmp_path / "bib.mhclo"


def edited(path: Path, before: str, after: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return path


def test_what_a_file_says_is_read(bib: Path) -> None:
    clothes = read_mhclo(bib)
    assert clothes.name == "bib"
    np.testing.assert_allclose(clothes.weight.sum(axis=1), 1)
    np.testing.assert_array_equal(clothes.corner[0], np.repeat(clothes.corner[0, 0], 3))
    np.testing.assert_array_equal(clothes.faces, [[0, 1, 3], [0, 3, 2]])
    np.testing.assert_array_equal(clothes.uv[0], [[0, 1], [1, 1], [1, 0]])  # v down
    assert len(clothes.deleted) == clothes.deleted[-1] - clothes.deleted[0] + 1
    assert [s[2] for s in clothes.scale if s] == [1, 1, 1]


def test_it_lies_where_it_is_bound_in_every_shape(
    body: BodyModel, helpers: Helpers, chest: np.ndarray, bib: Path
) -> None:
    piece = fit_clothes(read_mhclo(bib), body, helpers)
    shape = np.zeros((3, len(body.shapedirs)), np.float32)
    shape[1:, 0], shape[1:, 1] = (2, -2), (1, 2)
    skin, _ = shape_rest(body, shape)
    corners = skin[:, body.faces[chest[[0, 20]]]].astype(np.float64)
    cloth = piece.v_template + np.einsum("bk,kgc->bgc", shape, piece.shapedirs)
    np.testing.assert_allclose(cloth[:, :2], corners[:, :, 0], atol=2e-6)
    off = 0.1 * np.abs(corners[:, 0, 0] - corners[:, 1, 0])  # as long as the body is at its two vertices
    off[:, :2] = 0
    places = np.einsum("k,bkc->bc", [0.5, 0.25, 0.25], corners[:, 0])
    np.testing.assert_allclose(cloth[:, 2], places + off, atol=2e-6)


def test_it_follows_every_pose(body: BodyModel, helpers: Helpers, chest: np.ndarray, bib: Path) -> None:
    piece = fit_clothes(read_mhclo(bib), body, helpers)
    poses = read_key_poses(body).poses[[0, 80]]
    shape, still = np.zeros((2, len(body.shapedirs))), np.zeros((2, 3))
    bodies = pose_bodies(body, shape, poses, still)
    before = bodies.vertices.copy()
    cloth, _ = pose_piece(piece, body, shape, poses, still, bodies)
    np.testing.assert_allclose(cloth[:, :2], bodies.vertices[:, body.faces[chest[[0, 20]], 0]], atol=0.01)
    np.testing.assert_array_equal(bodies.vertices, before)  # what it covers is hidden, not moved


def test_what_it_covers_is_hidden(body: BodyModel, helpers: Helpers, bib: Path) -> None:
    clothes = read_mhclo(bib)
    piece = fit_clothes(clothes, body, helpers)
    hidden = np.isin(helpers.body_number[body.faces], clothes.deleted).all(axis=1)
    assert hidden.sum() > 0
    np.testing.assert_array_equal(piece.hides, np.flatnonzero(hidden))


def test_its_texture_lies_beside_it(bib: Path) -> None:
    texture = clothes_texture(bib, 64)
    assert texture.shape == (64, 64, 4)
    np.testing.assert_array_equal(texture[0, 0], [200, 20, 10, 255])
    (bib.parent / "bib.png").rename(bib.parent / "red.png")
    with pytest.raises(InputError, match=r"bib\.mhclo: no texture; expected bib\.png beside it, or a material"):
        clothes_texture(bib, 64)
    (bib.parent / "bib.mhmat").write_text("diffuseTexture red.png\n", encoding="utf-8")
    edited(bib, "name bib", "name bib\nmaterial bib.mhmat")
    np.testing.assert_array_equal(clothes_texture(bib, 64), texture)


def test_its_picture_is_no_photo_of_a_garment(bib: Path) -> None:
    assert list_garments(bib.parent) == []
    (bib.parent / "shirt.png").write_bytes((bib.parent / "bib.png").read_bytes())
    assert [g.path.name for g in list_garments(bib.parent)] == ["shirt.png"]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (" 0.5 0.25 0.25 ", " 0.5 0.25 ", r"line 10: .*8 numbers; expected 'v0 v1 v2 w0 w1 w2 dx dy dz'"),
        (
            " 0.5 0.25 0.25 ",
            " 0.5 0.25 0.9 ",
            r"line 10: .*weights 0.5 0.25 0.9; expected three finite numbers that sum",
        ),
        (" 0.5 0.25 0.25 ", " 0.5 0.25 o.25 ", r"line 10: .*could not convert string to float: 'o.25'"),
        (" 0.5 0.25 0.25 ", " 0.5 0.25 nan ", r"line 10: .*expected three finite numbers"),
        ("verts 0", "vertices 0", r"bib\.mhclo: no bindings; expected a line 'verts 0'"),
        ("obj_file bib.obj", "obj bib.obj", r"no line 'obj_file NAME\.obj' says which mesh"),
        ("obj_file bib.obj", "obj_file ../../bob.obj", r"bob\.obj: no such file"),
        (" 1.0\nverts", " 0.0\nverts", r"line 6: .*distance 0\.0; expected one above 0"),
        ("x_scale ", "x_scale one ", r"line 4: .*invalid literal for int"),
        ("delete_verts\n", "delete_verts\n90 - 3\n", r"line 14: .*range 90 - 3; expected it to rise"),
    ],
)
def test_a_wrong_line_is_named(bib: Path, before: str, after: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_mhclo(edited(bib, before, after))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("f 1/1 2/2 4/4 3/3", "f 1/1 2/2 5/4 3/3", r"bib\.obj line 9: .*names a vertex beyond the 4 that are bound"),
        ("f 1/1 2/2 4/4 3/3", "f 1 2 4 3", r"bib\.obj line 9: .*each 'vertex/place'"),
        ("f 1/1 2/2 4/4 3/3", "", r"4 vertices and 0 triangles; expected the 4 vertices"),
        ("v 0 0 0\n", "", r"3 vertices and 2 triangles; expected the 4 vertices that are bound"),
    ],
)
def test_a_wrong_mesh_is_named(bib: Path, before: str, after: str, message: str) -> None:
    edited(bib.parent / "bib.obj", before, after)
    with pytest.raises(InputError, match=message):
        read_mhclo(bib)


def test_a_vertex_that_the_base_mesh_has_not_is_named(body: BodyModel, helpers: Helpers, bib: Path) -> None:
    with pytest.raises(InputError, match=r"clothes bib: base vertex 19158; the base mesh has 0\.\.19157"):
        fit_clothes(read_mhclo(edited(bib, "delete_verts\n", "delete_verts\n19158\n")), body, helpers)


def test_what_is_no_text_is_refused(bib: Path) -> None:
    bib.write_bytes(b"\xff\xfe\x00verts")
    with pytest.raises(InputError, match=r"bib\.mhclo: no text .*expected MakeHuman's \.mhclo"):
        read_mhclo(bib)
