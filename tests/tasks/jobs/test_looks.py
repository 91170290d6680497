"""Skins, hair, underwear and socks as the wardrobe has them, and who gets which."""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from manikin.tasks.clothing.pattern.template import BodyFront, body_front
from manikin.tasks.jobs import looks
from manikin.tasks.jobs.layer import Layer
from manikin.tasks.scenes.outfit import BARE, Wardrobe, sample_clothes, sample_looks, wardrobe_of


@pytest.fixture(scope="module")
def front(body) -> BodyFront:
    return body_front(body, 256)


@pytest.fixture(scope="module")
def layers(body, front: BodyFront) -> dict[str, Layer]:
    made: list[Iterator[Layer]] = [looks.skins(body, front, 7), looks.hair(body, front, 7), looks.linen(front)]
    return {layer.name: layer for some in made for layer in some}


@pytest.fixture(scope="module")
def wardrobe(layers: dict[str, Layer]) -> Wardrobe:
    names = ("slot", "category", "sex", "suits")
    rows = [{"layer": n} | {k: getattr(layer, k) for k in names} | asdict(BARE) for n, layer in layers.items()]
    return wardrobe_of(pd.DataFrame(rows).assign(varies="no"))


def people(wardrobe: Wardrobe, years: float, sex: str, n: int = 60) -> list[dict]:
    return [sample_looks(np.random.default_rng(k), wardrobe, sex, years) for k in range(n)]


def test_names_are_unique_and_all_have_a_licence(layers: dict[str, Layer]) -> None:
    slots = [layer.slot for layer in layers.values()]
    assert slots.count("skin") == 20
    assert slots.count("hair") == 8 * 8 + 4  # an afro in the colours it is seen in
    assert slots.count("underwear") == 16
    assert slots.count("socks") == 12
    for layer in layers.values():
        assert layer.licence
        assert layer.attribution
        assert layer.source


@pytest.mark.parametrize("sex", ["female", "male"])
@pytest.mark.parametrize("years", [8, 15, 22, 45, 70])
def test_everybody_has_brows_and_hair(
    layers: dict[str, Layer], wardrobe: Wardrobe, front, sex: str, years: int
) -> None:
    eyes = layers["hair-short-black"].rgba[..., 3]
    assert eyes.any()
    worn = people(wardrobe, years, sex)
    top = front.is_part("head") & (front.position[..., 1] > front.position[..., 1].max() - 0.02)
    brows = front.is_part("head") & (front.normal[..., 2] > 0.3) & (np.abs(front.position[..., 0]) < 0.05)
    brows &= np.abs(front.position[..., 1] - 1.627) < 0.006
    for name in {row["hair"] for row in worn}:
        alpha = layers[name].rgba[..., 3]
        assert alpha[top].min() > 100, "bald"
        assert (alpha[brows] > 60).sum() > 2, "no brows"
        assert layers[name].sex in (sex, "any")
    assert len({row["hair"] for row in worn}) > 8


def test_children_have_no_receding_hair_and_elders_are_grey(layers: dict[str, Layer], wardrobe: Wardrobe) -> None:
    assert not any("receding" in row["hair"] for row in people(wardrobe, 10, "male"))
    assert any("receding" in row["hair"] for row in people(wardrobe, 30, "male"))
    for sex in ("female", "male"):
        assert {row["hair"].rpartition("-")[2] for row in people(wardrobe, 75, sex)} == {"grey", "white"}
        assert not {"grey", "white"} & {row["hair"].rpartition("-")[2] for row in people(wardrobe, 30, sex)}


def test_hair_suits_the_skin(layers: dict[str, Layer], wardrobe: Wardrobe) -> None:
    for row in people(wardrobe, 30, "female", 200):
        origin, (_, style, colour) = layers[row["skin"]].category, row["hair"].split("-")
        assert colour in ("black", "dark_brown") or origin == "caucasian"
        assert style != "afro" or origin == "african"


def test_skins_come_in_all_tones(wardrobe: Wardrobe) -> None:
    count = np.bincount([row["skin_tone"] for row in people(wardrobe, 30, "male", 200)], minlength=5)
    assert count.min() > 10
    assert count.argmax() == 2


def test_nobody_is_naked_under_the_clothes(layers: dict[str, Layer], wardrobe: Wardrobe) -> None:
    for k in range(40):
        sex = ("female", "male")[k % 2]
        worn = sample_clothes(np.random.default_rng(k), wardrobe, sex, 5.0 + 2 * k, 1, 0)
        assert layers[worn["underwear"]].sex == sex
        assert layers[worn["socks"]].slot == "socks"


def test_hair_of_one_style_shares_its_mesh(layers: dict[str, Layer]) -> None:
    assert layers["hair-long-red"].shell is layers["hair-long-black"].shell is not None
    assert layers["hair-buzz-red"].shell is None
