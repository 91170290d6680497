from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.looks.plain import SIDE, SKINS, check_mapped, corner_uv, plain_layers
from manikin.tasks.errors import InputError
from manikin.tasks.images.texture import Texture
from manikin.tasks.scenes.outfit import SLOTS

LAYERS = {layer.name: layer for layer in plain_layers()}


@pytest.fixture(scope="module")
def bare(body: BodyModel) -> BodyModel:
    """The default body without its texture map."""
    return replace(body, uv=np.zeros((0, 2), np.float32), faces_uv=np.zeros((0, 3), np.int32))


def colours(bare: BodyModel, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return colour (F, 3) and alpha (F,) of a layer in the middle of each triangle."""
    x, y = (corner_uv(bare).mean(axis=1) * SIDE).astype(int).T
    texels = LAYERS[name].rgba[y, x]
    return texels[:, :3], texels[:, 3]


def covered(bare: BodyModel, name: str) -> set[str]:
    """Return the parts that a layer covers, the torso above and below the waist told apart."""
    alpha = colours(bare, name)[1]
    height = bare.v_template[bare.faces, 1].mean(axis=1)
    waist = bare.J_template[0, 1]
    found = set()
    for k, part in enumerate(bare.part_names):
        places = {"": bare.part == k}
        if part == "torso":
            places = {
                " up": (bare.part == k) & (height > waist + 0.01),
                " low": (bare.part == k) & (height < waist - 0.01),
            }
        for place, faces in places.items():
            if faces.any() and alpha[faces].any():
                assert alpha[faces].all(), f"{part}{place} is half covered by {name}"
                found.add(part.removeprefix("left_").removeprefix("right_") + place)
    return found


def test_garments_cover_what_such_garments_cover(bare):
    assert covered(bare, "plain-long-sleeves-0") == {"torso up", "upper_arm", "forearm"}
    assert covered(bare, "plain-short-sleeves-1") == {"torso up", "upper_arm"}
    assert covered(bare, "plain-trousers-0") == {"torso low", "upper_leg", "lower_leg"}
    assert covered(bare, "plain-shorts-0") == {"torso low", "upper_leg"}
    assert covered(bare, "plain-shoes-0") == {"foot"}
    assert covered(bare, "plain-no-hair") == set()
    assert colours(bare, "plain-skin-3")[1].all()
    np.testing.assert_array_equal(np.unique(colours(bare, "plain-skin-3")[0], axis=0), [SKINS[3]])


def test_there_is_something_for_every_slot(bare):
    assert {layer.slot for layer in LAYERS.values()} == set(SLOTS) - {"underwear", "socks"}
    assert len({layer.rgba.tobytes() for layer in LAYERS.values()}) == len(LAYERS)
    for layer in LAYERS.values():
        assert Texture.from_rgba(layer.rgba).size == SIDE


def test_every_triangle_stays_in_the_square_of_its_part(bare):
    uv = corner_uv(bare)
    assert uv.shape == (len(bare.faces), 3, 2)
    square = (uv * 4).astype(int)
    np.testing.assert_array_equal(square[..., 0] + 4 * square[..., 1], np.repeat(bare.part[:, None], 3, axis=1))


def test_the_waist_is_level(bare):
    uv = corner_uv(bare)
    torso = bare.part == bare.part_names.index("torso")
    heights = bare.v_template[bare.faces, 1][torso]
    below = uv[torso][..., 1] * 4 % 1 > 0.5
    np.testing.assert_array_equal(below, heights < bare.J_template[0, 1])


def test_a_body_with_a_map_keeps_it(body):
    np.testing.assert_array_equal(corner_uv(body), body.uv[body.faces_uv])
    check_mapped(body, Path("photos"))


def test_photos_on_a_body_without_a_map_are_refused(bare):
    check_mapped(bare, None)
    with pytest.raises(
        InputError, match=r"--garments photos with this body: it has no texture map .* leave --garments out"
    ):
        check_mapped(bare, Path("photos"))
