"""What a person wears: a skin, and over it a layer in each slot, that suit one another and the wearer."""

import numpy as np
import pandas as pd

# From the skin outwards; a later slot covers an earlier one.
SLOTS = ("skin", "shoes", "bottom", "top", "hair")
ANYBODY = "any"
AGE_GROUPS = ((0, "young"), (40, "middleage"), (60, "old"))  # from so many years
NO_BOTTOM = "no-bottom"  # worn under a dress
CHILD_YEARS = 16  # younger than this: no bald head, and no man's skin, which has stubble and body hair
NOT_ON_CHILDREN = ("bald", "receding")


def sample_outfit(rng: np.random.Generator, wardrobe: pd.DataFrame, sex: str, age_years: float) -> dict[str, str]:
    """Return the layer that a person wears in each slot; a boy has the smooth skin of a young woman.

    Args:
        rng: the row's outfit stream.
        wardrobe: `layer`, `slot`, `category`, `sex` (female, male or any), `suits` (any, an age group, or the category of
            a skin); at least one layer a slot for each sex.
        sex: female or male.
        age_years: of the person.
    """
    age = next(name for years, name in reversed(AGE_GROUPS) if age_years >= years)
    worn: dict[str, pd.Series] = {}
    for slot in SLOTS:
        who = age if slot == "skin" or age == "old" else worn["skin"]["category"]
        whose = "female" if slot == "skin" and age_years < CHILD_YEARS else sex
        fits = wardrobe[(wardrobe["slot"] == slot) & wardrobe["sex"].isin([whose, ANYBODY])]
        fits = fits[fits["layer"] != NO_BOTTOM]
        if age_years < CHILD_YEARS:
            fits = fits[~fits["category"].isin(NOT_ON_CHILDREN)]
        suits = fits[fits["suits"].isin([who, ANYBODY])]
        fits = suits if len(suits) else fits
        worn[slot] = fits.iloc[rng.integers(len(fits))]
    outfit = {slot: str(layer["layer"]) for slot, layer in worn.items()}
    if worn["top"]["category"] == "dress":
        outfit["bottom"] = NO_BOTTOM
    return outfit
