from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from manikin.tasks.clothing.cutout.photo import read_photo
from manikin.tasks.clothing.library import GarmentLayer, dress_photo
from manikin.tasks.clothing.outline.silhouettes import WAISTED
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.sizes.hanging import natural_waist
from manikin.tasks.clothing.sizes.measure import crotch_height, waist_height
from manikin.tasks.images.vary import PLACE_M, even_places


@pytest.fixture(scope="module")
def dress(shots, front: BodyFront) -> GarmentLayer:
    """A shirt called a dress: it reaches below the crotch."""
    return dress_photo(shots.read("polo02"), front, label="Dress")


def test_a_dress_has_a_skirt_from_where_it_is_tight_to_its_hem(front: BodyFront, dress: GarmentLayer) -> None:
    assert dress.skirt is not None
    assert waist_height(front) - 0.05 < dress.skirt.height[0] < front.joints["arm_left"][0, 1] - 0.1
    assert dress.skirt.height[-1] == dress.extent.hem < crotch_height(front)
    assert (np.diff(dress.skirt.height) < 0).all()
    assert ((dress.skirt.girth > 0.6) & (dress.skirt.girth < 2.5)).all()


def test_what_lies_on_the_body_ends_under_the_skirt(front: BodyFront, dress: GarmentLayer) -> None:
    shown = (dress.rgba[..., 3] > 127) & (front.atlas.triangle >= 0)
    trunk = shown & front.is_part("torso", "leg")
    lowest = front.position[..., 1][trunk].min()
    assert dress.skirt is not None
    assert dress.skirt.height[0] - 0.06 < lowest < dress.skirt.height[0] - 0.03


def test_its_cloth_is_opaque_and_goes_round_without_a_seam(shots, dress: GarmentLayer) -> None:
    rgba = dress.skirt_rgba
    assert rgba is not None
    assert rgba.shape[0] == rgba.shape[1] == 256
    assert (rgba[..., 3] == 255).all()
    colours = rgba[..., :3].astype(float)
    beside = np.abs(np.roll(colours, 1, axis=1) - colours).mean(axis=(0, 2))
    for column in (0, 64, 192):  # the back's middle, the flanks
        assert beside[column] < max(6.0, 3 * np.median(beside)), column
    photo = shots.read("polo02")
    cloth = np.median(photo.rgb[photo.alpha > 250], axis=0)
    assert np.abs(np.median(colours.reshape(-1, 3), axis=0) - cloth).max() < 30


def test_its_left_side_is_the_photos_right(shots, front: BodyFront) -> None:
    photo = shots.read("polo02")
    is_right = np.arange(photo.rgb.shape[1]) >= photo.rgb.shape[1] // 2
    two_coloured = np.where(is_right[:, None], [200, 40, 40], [40, 40, 200]).astype(np.uint8)
    rgb = np.where((photo.alpha > 127)[..., None], two_coloured, photo.rgb)
    layer = dress_photo(replace(photo, rgb=np.asarray(rgb, np.uint8)), front, label="Dress")
    assert layer.skirt_rgba is not None
    left, right = (layer.skirt_rgba[32:224, at - 40 : at + 40, :3].mean(axis=(0, 1)) for at in (64, 192))
    assert left[0] > 2 * left[2], left
    assert right[2] > 2 * right[0], right


def test_what_flares_from_a_waist_hangs_from_the_bodys(tmp_path: Path, front: BodyFront) -> None:
    """A red bodice and a blue skirt: the seam between them lies where the body is narrowest."""
    values = {n: usual for n, (usual, _) in WAISTED.parameters.items()} | WAISTED.starts[-1]
    corners = WAISTED.points(values)
    outline = 300 * np.array([corners[n] for n in WAISTED.outlines[0]]) + (256, 60)
    rgba = np.zeros((400, 512, 4), np.uint8)
    cv2.fillPoly(rgba, [np.rint(outline).astype(np.int32)], (40, 40, 200, 255))
    seam = round(300 * corners["waist_left"][1] + 60)
    rgba[seam:][rgba[seam:, :, 3] > 0] = (200, 40, 40, 255)
    cv2.imwrite(str(tmp_path / "dress.png"), rgba)
    layer = dress_photo(read_photo(tmp_path / "dress.png"), front, label="Dress")
    assert layer.skirt is not None
    assert layer.skirt_rgba is not None
    assert layer.skirt.height[0] == natural_waist(front)
    assert layer.skirt.girth[-1] > 1.3 * layer.skirt.girth[0]
    hanging = layer.skirt_rgba[16:, :, :3].reshape(-1, 3).mean(axis=0)
    assert hanging[2] > 2 * hanging[0]
    bodice = (
        (layer.rgba[..., 3] > 127) & front.is_part("torso") & (front.position[..., 1] > layer.skirt.height[0] + 0.03)
    )
    cloth = layer.rgba[..., :3][bodice].mean(axis=0)
    assert cloth[0] > 2 * cloth[2]


def test_tops_have_no_skirt(dressed: dict[str, GarmentLayer]) -> None:
    for layer in dressed.values():
        assert layer.skirt is None
        assert layer.skirt_rgba is None


def test_fabrics_lie_evenly_on_a_skirt() -> None:
    places = even_places(64, (1.2, 0.5)) * PLACE_M
    assert places.shape == (64, 64, 2)
    np.testing.assert_allclose(np.diff(places[..., 0], axis=1), 1.2 / 64, atol=2 * PLACE_M)
    np.testing.assert_allclose(np.diff(places[..., 1], axis=0), 0.5 / 64, atol=2 * PLACE_M)
