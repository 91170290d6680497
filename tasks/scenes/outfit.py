"""What a person looks like and wears: skin, hair and a layer in each slot of clothes, that suit one another and the wearer.

In each slot the layers are put in an order drawn for the outfit, and the first that suits the wearer is worn: one outfit on
several people is the same garments wherever they suit.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.variation import Cloth, Variation, as_it_is
from manikin.tasks.clothing.looks.tone import N_TONES
from manikin.tasks.errors import InputError
from manikin.tasks.randomness import Stream, rng_for
from manikin.tasks.scenes.shop import sample_variation

# From the skin outwards; a later slot covers an earlier one.
SLOTS = ("skin", "underwear", "socks", "shoes", "bottom", "top", "hair")
LOOKS = ("skin", "hair")  # a person's own
CLOTHES = tuple(slot for slot in SLOTS if slot not in LOOKS)
VARIED = ("shoes", "bottom", "top")  # slots whose layers come in variants
VARIES = ("no", "colour", "fabric")  # what a layer comes in: as it is; other colours; other fabrics too
ANYBODY = "any"
AGE_GROUPS = ((0, "young"), (40, "middleage"), (60, "old"))  # from so many years
NOTHING = "nothing"  # the empty layer: under a dress, and in a slot that the wardrobe has nothing for
CHILD_YEARS = 16  # younger than this: no bald head, and no man's skin, which has stubble and body hair
TONE_SHARES = (0.15, 0.2, 0.3, 0.2, 0.15)  # of the people of a skin, light to dark
NOT_ON_CHILDREN = ("bald", "receding")
BARE = Cloth(0.5, 0.0, 0.0, 0.0)  # the main colour of nothing
NOT_ON_MEN = ("dress", "skirt")  # unless there is nothing else

Strings = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Rail:
    """The layers of one slot, column by column, (n,) each."""

    layer: Strings
    category: Strings
    sex: Strings  # female, male or any
    suits: Strings  # any, an age group, or the category of a skin
    varies: Strings  # of `VARIES`
    cloth: tuple[Cloth, ...]  # main colours


Wardrobe = Mapping[str, Rail]


def wardrobe_of(table: pd.DataFrame) -> Wardrobe:
    """Return a wardrobe's table by slots.

    Args:
        table: `layer`, `slot`, `category`, `sex`, `suits`, `varies`, and the main colour: `light`, `chroma`, `hue_deg`, `share`.
    """
    rails = {}
    for slot in SLOTS:
        rows = table[table["slot"] == slot]
        names = ("layer", "category", "sex", "suits", "varies")
        cloth = tuple(Cloth(*map(float, c)) for c in rows[list(Cloth.__dataclass_fields__)].to_numpy(np.float64))
        rails[slot] = Rail(**{name: rows[name].to_numpy(object) for name in names}, cloth=cloth)
    return rails


def sample_looks(rng: np.random.Generator, wardrobe: Wardrobe, sex: str, age_years: float) -> dict[str, Any]:
    """Return the skin, its tone and the hair of a person; a boy has the smooth skin of a young woman.

    Args:
        rng: the person's stream.
        wardrobe: at least one skin for each sex.
        sex: female or male.
        age_years: of the person.
    """
    age, is_child = _age_group(age_years), age_years < CHILD_YEARS
    skins, hairs = wardrobe["skin"], wardrobe["hair"]
    skin = _first(rng, skins, "female" if is_child else sex, age, ())
    if skin is None:
        raise InputError(
            f"the wardrobe has no skin for a {sex} of {age_years:.0f} years; make the stage textures again"
        )
    who = age if age == "old" else str(skins.category[skin])
    hair = _first(rng, hairs, sex, who, NOT_ON_CHILDREN if is_child else ())
    tone = int(rng.choice(N_TONES, p=TONE_SHARES))
    return {"skin": str(skins.layer[skin]), "skin_tone": tone, "hair": _name(hairs, hair)}


def sample_clothes(
    rng: np.random.Generator, wardrobe: Wardrobe, sex: str, age_years: float, variants: int, seed: int
) -> dict[str, Any]:
    """Return the layer worn in each slot of `CLOTHES`, and for `VARIED` its variation, as columns of a plan.

    Args:
        rng: the outfit's stream.
        wardrobe: what there is to wear.
        sex: of the wearer, female or male.
        age_years: of the wearer.
        variants: how many each garment comes in, from 1.
        seed: of the run, for what the variants are.
    """
    age, worn = _age_group(age_years), {}
    for slot in CLOTHES:
        worn[slot] = _first(rng, wardrobe[slot], sex, age, NOT_ON_MEN if sex == "male" else ())
    top = worn["top"]
    if top is not None and wardrobe["top"].category[top] == "dress":
        worn["bottom"] = None
    outfit: dict[str, Any] = {slot: _name(wardrobe[slot], k) for slot, k in worn.items()}
    for slot in VARIED:
        variant = int(rng.integers(variants))
        for name, value in asdict(variation(wardrobe[slot], worn[slot], variant, seed)).items():
            outfit[f"{slot}_{name}"] = value
    return outfit


def variation(rail: Rail, k: int | None, variant: int, seed: int) -> Variation:
    """Return a variant of the k-th layer of a slot: the same in every plan of a seed, whatever else is in the wardrobe."""
    if k is None or rail.varies[k] == "no":
        return as_it_is(BARE if k is None else rail.cloth[k])
    name = hashlib.sha256(f"{rail.layer[k]}/{variant}".encode()).digest()
    rng = rng_for(seed, Stream.VARIATION, int.from_bytes(name[:8], "big"))
    return sample_variation(rng, variant, str(rail.category[k]), rail.cloth[k], any_fabric=rail.varies[k] == "fabric")


def _age_group(age_years: float) -> str:
    return next(name for years, name in reversed(AGE_GROUPS) if age_years >= years)


def _name(rail: Rail, k: int | None) -> str:
    return NOTHING if k is None else str(rail.layer[k])


def _first(rng: np.random.Generator, rail: Rail, sex: str, who: str, unsuited: tuple[str, ...]) -> int | None:
    """Return the first layer, in an order drawn, that suits best; None if none is of the wearer's sex."""
    order = rng.random(len(rail.layer))
    fits = np.isin(rail.sex, (sex, ANYBODY))
    decent = fits & ~np.isin(rail.category, unsuited)
    suits = decent & np.isin(rail.suits, (who, ANYBODY))
    elders = decent & (rail.suits == "old") & (who == "old")  # white and grey hair before any other
    for choice in (elders, suits, decent, fits):
        if choice.any():
            return int(np.argmax(np.where(choice, order, -1.0)))
    return None
