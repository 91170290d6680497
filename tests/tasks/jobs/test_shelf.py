"""The stored wardrobe, read back: layers as they are, in variants, and each variant always the same."""

from pathlib import Path

import numpy as np
import pytest
import zarr

from manikin.storage.stage import StageRef, commit, open_attempt
from manikin.tasks.clothing.cloth.variation import OWN, Cloth, Variation
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.errors import InputError
from manikin.tasks.images.texture import Texture
from manikin.tasks.images.vary import PLACE_M, vary
from manikin.tasks.jobs.layer import Layer
from manikin.tasks.jobs.shelf import PLACES, STORE, LayerShelf, write_layer

SIDE = 64
GREEN = (0.46, 0.08, 155.0)  # OKLCh


def cloth(shade: int) -> np.ndarray:
    rgba = np.zeros((SIDE, SIDE, 4), np.uint8)
    rgba[:, :40] = (30 + shade, 40, 90, 255)
    return rgba


@pytest.fixture(scope="module")
def places() -> np.ndarray:
    grid = np.mgrid[:SIDE, :SIDE][::-1].transpose(1, 2, 0) * 0.5 / SIDE
    return np.rint(grid / PLACE_M).astype(np.int16)


@pytest.fixture(scope="module")
def stored(places: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> tuple[StageRef, list[dict]]:
    ref = StageRef(str(tmp_path_factory.mktemp("root")), "textures", "0")
    attempt = open_attempt(ref)
    group = zarr.open_group(attempt / STORE, mode="w")
    known = ("photo", "CC0-1.0", "somebody")
    layers = [Layer(f"top-{k}", "top", "top", cloth(4 * k), *known, extent=Extent(hem=0.9)) for k in range(4)]
    layers += [Layer("shoes", "shoes", "shoes", cloth(0), *known), Layer("skin", "skin", "asian", cloth(9), *known)]
    rows = [write_layer(group, layer) for layer in layers]
    group.create_array(PLACES, data=places, chunks=places.shape)
    commit(ref, attempt, {})
    return ref, rows


def test_the_table_says_the_main_colour_and_what_a_layer_comes_in(stored) -> None:
    _, rows = stored
    assert [row["varies"] for row in rows] == ["fabric"] * 4 + ["colour", "no"]
    for row in rows[:4]:
        assert row["share"] == 1.0
        assert row["light"] == pytest.approx(0.30, abs=0.03)
        assert 255 < row["hue_deg"] < 290


@pytest.mark.parametrize("fabric", [OWN, "check"])
def test_a_variant_is_made_from_what_is_stored(stored, places: np.ndarray, fabric: str) -> None:
    ref, rows = stored
    look = Variation(3, *GREEN, fabric, 1.0)
    main = Cloth(*(rows[0][name] for name in Cloth.__dataclass_fields__))
    expected = vary(Texture.from_rgba(cloth(0)), main, look, places)
    shelf = LayerShelf(ref)
    np.testing.assert_array_equal(shelf.worn("top-0", look).texels, expected.texels)
    np.testing.assert_array_equal(shelf["top-0"].texels, Texture.from_rgba(cloth(0)).texels)
    assert shelf.worn("top-0", Variation(0, *GREEN, OWN, 1.0)) is shelf["top-0"]


def test_a_variant_is_the_same_after_it_had_to_leave(stored) -> None:
    ref, _ = stored
    small, look = LayerShelf(ref, capacity=2), Variation(1, *GREEN, OWN, 1.0)
    first = small.worn("top-0", look)
    assert small.worn("top-0", look) is first
    others = [small.worn(f"top-{k}", look).texels for k in (1, 2, 3)]
    again = small.worn("top-0", look)
    assert again is not first
    np.testing.assert_array_equal(again.texels, first.texels)
    assert not any((other == first.texels).all() for other in others)


def test_a_fabric_on_another_atlas_is_refused(stored, tmp_path: Path) -> None:
    ref = StageRef(str(tmp_path), "textures", "0")
    attempt = open_attempt(ref)
    group = zarr.open_group(attempt / STORE, mode="w")
    write_layer(group, Layer("top", "top", "top", cloth(0), "painted", "CC0-1.0", "Manikin"))
    commit(ref, attempt, {})
    with pytest.raises(
        InputError, match="wool on a texture of side 64 needs the places of its texels, but none are given"
    ):
        LayerShelf(ref).worn("top", Variation(1, *GREEN, "wool", 1.0))
