"""Colours and fabrics that clothes are sold in, and variants of a garment drawn from them.

The weights are a choice, not a count: about half of all clothes are black, white, grey or blue, and the rest is what each
category is seen in on a shop's pages. What looks like denim stays denim: indigo and its washes, black and grey.
"""

from collections.abc import Mapping

import numpy as np

from manikin.tasks.clothing.cloth.oklab import to_oklab
from manikin.tasks.clothing.cloth.variation import OWN, Cloth, Variation, as_it_is

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "black": (30, 30, 33),
    "charcoal": (66, 68, 72),
    "grey": (140, 142, 146),
    "white": (236, 236, 232),
    "cream": (228, 218, 196),
    "beige": (200, 178, 146),
    "khaki": (160, 140, 108),
    "brown": (98, 70, 50),
    "navy": (34, 44, 76),
    "blue": (56, 92, 158),
    "light blue": (160, 188, 220),
    "teal": (40, 106, 112),
    "green": (54, 104, 72),
    "olive": (88, 90, 62),
    "red": (172, 40, 46),
    "burgundy": (94, 32, 44),
    "pink": (226, 168, 180),
    "purple": (100, 74, 128),
    "yellow": (224, 184, 76),
    "orange": (206, 112, 56),
    "indigo": (42, 54, 82),
    "blue denim": (66, 86, 120),
    "washed denim": (104, 128, 162),
    "pale denim": (150, 168, 188),
}
_TOPS = {
    "black": 15, "white": 14, "grey": 9, "charcoal": 5, "navy": 10, "blue": 7, "light blue": 6, "red": 5, "burgundy": 4,
    "pink": 5, "green": 5, "olive": 3, "teal": 2, "beige": 3, "cream": 3, "brown": 2, "yellow": 2, "orange": 1, "purple": 2,
}  # fmt: skip
_BOTTOMS = {
    "indigo": 14, "blue denim": 14, "washed denim": 9, "pale denim": 3, "black": 20, "charcoal": 9, "grey": 6, "navy": 9,
    "khaki": 8, "beige": 5, "olive": 5, "brown": 4, "white": 2, "burgundy": 1,
}  # fmt: skip
_SKIRTS = {
    "black": 18, "navy": 12, "grey": 7, "charcoal": 6, "white": 5, "cream": 4, "beige": 6, "khaki": 4, "olive": 4, "brown": 4,
    "red": 6, "burgundy": 6, "pink": 5, "blue": 5, "light blue": 4, "green": 5, "teal": 3, "yellow": 3, "purple": 3,
}  # fmt: skip
_OUTERWEAR = {
    "black": 24, "navy": 16, "charcoal": 11, "grey": 9, "beige": 8, "khaki": 6, "olive": 9, "brown": 8, "burgundy": 4, "red": 3,
    "green": 2,
}  # fmt: skip
_SHOES = {"black": 30, "white": 22, "brown": 16, "grey": 9, "navy": 8, "beige": 7, "red": 4, "blue": 4}
_DENIM = {"indigo": 28, "blue denim": 28, "washed denim": 18, "pale denim": 7, "black": 13, "charcoal": 6}
SOLD: Mapping[str, Mapping[str, int]] = {
    "top": _TOPS,
    "dress": _SKIRTS,
    "skirt": _SKIRTS,
    "trousers": _BOTTOMS,
    "shorts": _BOTTOMS,
    "outerwear": _OUTERWEAR,
    "shoes": _SHOES,
}
CUT_FROM: Mapping[str, Mapping[str, int]] = {
    "top": {"jersey": 6, "stripes": 2, "check": 2, "wool": 1, "twill": 1},
    "dress": {"jersey": 4, "check": 2, "twill": 2, "stripes": 1, "wool": 1},
    "skirt": {"twill": 3, "denim": 3, "wool": 2, "check": 2, "jersey": 1},
    "trousers": {"twill": 5, "denim": 4, "wool": 3, "jersey": 2, "check": 1},
    "shorts": {"twill": 5, "denim": 3, "jersey": 2, "check": 1},
    "outerwear": {"wool": 4, "twill": 3, "denim": 1},
}
FABRIC_SHARE = 0.25  # of variants, where another fabric can be laid
PATTERN_SCALES = (0.6, 1.8)
_HUE_SPREAD_DEG, _CHROMA_SPREAD, _LIGHT_SPREAD = 8.0, 0.15, 0.03
_DENIM_HUES_DEG, _DENIM_CHROMAS, _DENIM_LIGHTS = (235, 290), (0.015, 0.10), (0.22, 0.80)
_DENIM_CATEGORIES = ("trousers", "shorts", "skirt")


def sample_variation(
    rng: np.random.Generator, variant: int, category: str, cloth: Cloth, *, any_fabric: bool
) -> Variation:
    """Return one variant of a garment; variant 0 is the garment as it is.

    Args:
        rng: the variant's stream.
        variant: its number.
        category: of the garment; one that no colours are known for is sold in those of tops.
        cloth: its main colour.
        any_fabric: whether another fabric can be laid on its cut.
    """
    if variant == 0:
        return as_it_is(cloth)
    is_denim = looks_like_denim(category, cloth)
    name = _draw(rng, _DENIM if is_denim else SOLD.get(category, _TOPS))
    light, a, b = (float(v) for v in to_oklab(np.array(COLOURS[name], np.uint8)))
    chroma = float(np.hypot(a, b) * rng.uniform(1 - _CHROMA_SPREAD, 1 + _CHROMA_SPREAD))
    hue = float((np.rad2deg(np.arctan2(b, a)) + rng.uniform(-_HUE_SPREAD_DEG, _HUE_SPREAD_DEG)) % 360)
    light += float(rng.uniform(-_LIGHT_SPREAD, _LIGHT_SPREAD))
    fabrics = CUT_FROM.get(category) if any_fabric and not is_denim and rng.random() < FABRIC_SHARE else None
    fabric = _draw(rng, fabrics) if fabrics else OWN
    scale = float(np.exp(rng.uniform(*np.log(PATTERN_SCALES)))) if fabrics else 1.0
    return Variation(variant, light, chroma, hue, fabric, scale)


def looks_like_denim(category: str, cloth: Cloth) -> bool:
    """Answer whether a garment is of a kind and a colour that jeans have."""
    spans = ((cloth.hue_deg, _DENIM_HUES_DEG), (cloth.chroma, _DENIM_CHROMAS), (cloth.light, _DENIM_LIGHTS))
    return category in _DENIM_CATEGORIES and all(low <= value <= high for value, (low, high) in spans)


def _draw(rng: np.random.Generator, weights: Mapping[str, int]) -> str:
    share = np.array(list(weights.values()), np.float64)
    return list(weights)[int(rng.choice(len(share), p=share / share.sum()))]
