from dataclasses import replace

import cv2
import numpy as np
import pytest

from manikin.storage.backgrounds import background_files, read_background
from manikin.tasks.clothing.cutout.segment import GarmentRejected
from manikin.tasks.clothing.library import GarmentLayer, dress_photo
from manikin.tasks.clothing.pattern.template import BodyFront

DRESSED = ("bogo01_1", "polo02", "polo03-woman")
MAGENTA = (255, 0, 255)


@pytest.fixture(params=DRESSED)
def layer(request: pytest.FixtureRequest, dressed: dict[str, GarmentLayer]) -> GarmentLayer:
    return dressed[request.param]


def magenta_of(rgb: np.ndarray) -> np.ndarray:
    """How much red and blue exceed green: 255 in pure magenta, 0 in grey."""
    return np.minimum(rgb[..., 0], rgb[..., 2]).astype(int) - rgb[..., 1]


def covers(layer: GarmentLayer, where: np.ndarray) -> np.ndarray:
    return layer.rgba[..., 3][where]


def test_what_a_layer_says_of_itself(shots, dressed: dict[str, GarmentLayer], front: BodyFront) -> None:
    for name, layer in dressed.items():
        photo = shots.read(name)
        assert layer.category == "top"
        assert layer.rgba.shape == (front.size, front.size, 4)
        assert layer.rgba.dtype == np.uint8
        assert layer.sha256 == photo.sha256
        assert photo.sha256[:12] in layer.id
        assert layer.source == photo.path.name
        assert layer.licence == "unknown"
        assert 0.65 < layer.score <= 1  # long sleeves cost some


def test_a_top_leaves_hands_head_and_feet_bare(front: BodyFront, layer: GarmentLayer) -> None:
    owned = front.atlas.triangle >= 0
    for part in ("hand", "head", "foot"):
        assert covers(layer, front.is_part(part) & owned).max() == 0, part


def test_a_top_ends_at_its_hem_and_at_the_neck(front: BodyFront, layer: GarmentLayer) -> None:
    owned, height = front.atlas.triangle >= 0, front.position[..., 1]
    trunk = owned & front.is_part("torso", "neck", "leg")
    assert layer.extent.hem is not None
    assert covers(layer, trunk & (height < layer.extent.hem - 0.01)).max() == 0
    above = 0.05 if layer.extent.collar is None else 0.09
    assert covers(layer, front.is_part("neck") & (height > front.joints["neck"][1] + above)).max() == 0


def test_no_hole_in_the_torso_in_front_or_behind(front: BodyFront, layer: GarmentLayer) -> None:
    """Between two centimetres over the hem and the armpits every texel is covered; the back up to the shoulders."""
    height, shoulder = front.position[..., 1], front.joints["arm_left"][0, 1]
    torso = front.is_part("torso") & (front.atlas.triangle >= 0) & (height > layer.extent.hem + 0.02)
    for facing in (front.facing > 0, front.facing <= 0):
        region = torso & facing & (height < shoulder - 0.06)
        assert region.sum() > 5000
        assert covers(layer, region).min() == 255
    back = torso & (front.facing < -0.3) & (height < shoulder) & (np.abs(front.position[..., 0]) < 0.1)
    assert covers(layer, back).min() == 255


def test_the_covered_texels_are_one_piece_on_the_body(front: BodyFront, layer: GarmentLayer) -> None:
    """No islet, as a warp that went astray would leave: covered triangles hang together over their vertices."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    shown = front.is_flat & (layer.rgba[..., 3] > 127)
    cells = np.unique(np.floor(front.position[shown] / 0.02).astype(int), axis=0)
    near = np.abs(cells[:, None] - cells[None]).max(axis=-1) <= 1
    n, label = connected_components(coo_matrix(near), directed=False)
    assert np.bincount(label).max() == len(cells), f"{n} pieces"


def test_sleeves_are_as_long_as_the_photo_shows(front: BodyFront, dressed: dict[str, GarmentLayer]) -> None:
    owned = front.atlas.triangle >= 0
    forearms = front.is_part("forearm") & owned
    assert (covers(dressed["bogo01_1"], forearms) > 127).mean() > 0.9
    assert (covers(dressed["polo02"], forearms) > 127).mean() < 0.2
    for name in DRESSED:
        for side, sign in (("left", 1), ("right", -1)):
            near = front.is_part("upper_arm") & owned & (sign * front.position[..., 0] > 0)
            near &= np.linalg.norm(front.position - front.joints[f"arm_{side}"][0], axis=-1) < 0.08
            assert covers(dressed[name], near).min() == 255


def test_the_print_is_in_front_only(front: BodyFront, dressed: dict[str, GarmentLayer]) -> None:
    """The hoodie's red box: on the chest's middle, upright, and nowhere behind."""
    rgba = dressed["bogo01_1"].rgba.astype(int)
    red = (rgba[..., 0] - np.maximum(rgba[..., 1], rgba[..., 2]) > 80) & (rgba[..., 3] > 0) & front.is_flat
    where = front.position[red & front.is_part("torso")]
    assert len(where) > 100
    assert np.abs(np.median(where[:, 0])) < 0.03
    below = front.joints["neck"][1] - np.median(where[:, 1])
    assert 0.05 < below < 0.35
    assert not (red & (front.facing < -0.3)).any()


@pytest.mark.parametrize("name", ["bogo02_1", "polo04-woman"])
def test_the_ground_never_comes_through(shots, front: BodyFront, name: str) -> None:
    """Transparent pixels have colours too: whatever hides there must not be seen, in the bled rim either.

    Half transparent ones within may make a pink print a little stronger, no more.
    """
    photo = shots.read(name)
    plain = dress_photo(photo, front)
    loud = dress_photo(replace(photo, rgb=shots.on(photo, *MAGENTA)), front)
    np.testing.assert_array_equal(loud.rgba[..., 3], plain.rgba[..., 3])
    shown = loud.rgba[..., 3] > 0
    added = np.minimum(magenta_of(loud.rgba) - magenta_of(plain.rgba), magenta_of(loud.rgba))
    assert added[shown].max() < 30
    near = cv2.dilate(shown.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0
    assert added[near].max() < 30


def test_colours_go_on_beyond_alpha(front: BodyFront, layer: GarmentLayer) -> None:
    """A smaller mip level averages over the edge: what lies there must be cloth, as bright as the cloth nearby."""
    shown = layer.rgba[..., 3] > 127
    rim = (cv2.dilate(shown.astype(np.uint8), np.ones((17, 17), np.uint8)) > 0) & ~shown
    inner = (cv2.erode(shown.astype(np.uint8), np.ones((17, 17), np.uint8)) == 0) & shown
    gap = np.abs(layer.rgba[rim][:, :3].mean(axis=0) - layer.rgba[inner][:, :3].mean(axis=0))
    assert gap.max() < 25


def test_alpha_goes_on_over_the_islands_borders(front: BodyFront, layer: GarmentLayer) -> None:
    owned = front.atlas.triangle >= 0
    np.testing.assert_array_equal(layer.rgba[..., 3], layer.rgba[..., 3].ravel()[front.atlas.nearest])
    ring = (cv2.dilate(owned.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~owned
    assert (layer.rgba[..., 3][ring] == 255).any()


@pytest.mark.parametrize("name", DRESSED)
def test_the_same_photo_gives_the_same_bytes(
    shots, front: BodyFront, dressed: dict[str, GarmentLayer], name: str
) -> None:
    cv2.setRNGSeed(4711)
    np.testing.assert_array_equal(dress_photo(shots.read(name), front).rgba, dressed[name].rgba)


def test_a_photo_without_alpha_gives_nearly_the_same_and_twice_the_same(
    shots, front: BodyFront, dressed: dict[str, GarmentLayer]
) -> None:
    photo = shots.without_alpha(shots.read("polo03-woman"), 128, 128, 128)
    first = dress_photo(photo, front)
    cv2.setRNGSeed(4711)
    second = dress_photo(photo, front)
    np.testing.assert_array_equal(first.rgba, second.rgba)
    assert first.score == second.score
    truth = dressed["polo03-woman"].rgba
    assert first.category == "top"
    both = (first.rgba[..., 3] > 127) & (truth[..., 3] > 127)
    assert both.sum() / ((first.rgba[..., 3] > 127) | (truth[..., 3] > 127)).sum() > 0.95
    assert np.abs(first.rgba[both].astype(int) - truth[both])[:, :3].mean() < 12


def test_the_label_wins_over_the_silhouette_and_over_the_photos_own(shots, front: BodyFront) -> None:
    photo = replace(shots.read("polo01"), label="T-Shirt")
    assert dress_photo(photo, front, label="Dress", licence="CC-BY-4.0").category == "dress"
    labelled = dress_photo(photo, front)
    assert labelled.category == "top"
    assert labelled.extent.sleeve is not None
    assert labelled.extent.sleeve < 0.35


def test_a_label_that_cannot_be_dressed_is_refused(shots, front: BodyFront) -> None:
    with pytest.raises(GarmentRejected, match=r'cl_polo01\.png: label "Umbrella" is no garment.*known: top, '):
        dress_photo(shots.read("polo01"), front, label="Umbrella")


@pytest.mark.parametrize("name", ["bedroom", "fjord", "skyscrapers", "mountain-road"])
def test_a_photo_without_a_garment_is_refused(shots, assets, front: BodyFront, name: str) -> None:
    file = {file.id.split("/")[-1]: file for file in background_files(assets)}[name]
    rgb = read_background(file)
    size = tuple(round(n * 1024 / max(rgb.shape[:2])) for n in rgb.shape[1::-1])
    photo = shots.picture(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), f"{name}.jpg")
    with pytest.raises(GarmentRejected, match=f"photo {name}.jpg: "):
        dress_photo(photo, front)


def test_noise_is_refused(shots, front: BodyFront) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3)).astype(np.uint8)
    with pytest.raises(GarmentRejected, match=r"photo noise\.png: no garment found"):
        dress_photo(shots.picture(noise, "noise.png"), front)


def test_a_star_is_refused(shots, front: BodyFront) -> None:
    turn = np.arange(14) * np.pi / 7
    star = 200 + np.where(np.arange(14) % 2, 40, 170)[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    alpha = cv2.fillPoly(np.zeros((400, 400), np.uint8), [np.rint(star).astype(np.int32)], 255)
    photo = replace(shots.picture(np.full((400, 400, 3), 90, np.uint8), "star.png"), alpha=alpha)
    with pytest.raises(GarmentRejected, match=r"photo star\.png: the shape .* is no .*, expected [78]\d%"):
        dress_photo(photo, front, label="skirt")
