from collections import Counter

import numpy as np
import pytest

from manikin.tasks.clothing.cloth.fabric import PALETTES
from manikin.tasks.clothing.cloth.oklab import to_oklab
from manikin.tasks.clothing.cloth.variation import OWN, Cloth
from manikin.tasks.scenes.shop import (
    COLOURS,
    CUT_FROM,
    FABRIC_SHARE,
    PATTERN_SCALES,
    SOLD,
    looks_like_denim,
    sample_variation,
)

RED_TOP = Cloth(0.5, 0.15, 25.0, 0.9)
JEANS = Cloth(0.43, 0.06, 262.0, 0.9)


def drawn(category: str, cloth: Cloth, n: int = 600, any_fabric: bool = True) -> list:
    return [
        sample_variation(np.random.default_rng(k), 1 + k % 7, category, cloth, any_fabric=any_fabric) for k in range(n)
    ]


def test_tables_name_colours_and_fabrics_that_there_are():
    assert all(set(sold) <= set(COLOURS) for sold in SOLD.values())
    assert all(set(fabrics) <= set(PALETTES) for fabrics in CUT_FROM.values())


@pytest.mark.parametrize("category", sorted(SOLD))
def test_every_variant_is_near_a_colour_of_its_category(category):
    palette = to_oklab(np.uint8([COLOURS[name] for name in SOLD[category]]))
    for look in drawn(category, RED_TOP, 200):
        lab = Cloth(look.light, look.chroma, look.hue_deg, 1.0).lab
        assert np.abs(palette - lab).max(axis=1).min() < 0.05


def test_half_of_the_tops_are_neutral_or_blue():
    looks = drawn("top", RED_TOP, 2000)
    quiet = np.mean([look.chroma < 0.03 or 230 < look.hue_deg < 290 for look in looks])
    assert 0.55 < quiet < 0.80
    assert np.std([look.light for look in looks]) > 0.2


def test_jeans_stay_jeans():
    assert looks_like_denim("trousers", JEANS)
    assert not looks_like_denim("top", JEANS)
    assert not looks_like_denim("trousers", Cloth(0.43, 0.06, 90.0, 0.9))
    for look in drawn("trousers", JEANS):
        assert look.fabric == OWN
        assert look.chroma < 0.015 or 235 < look.hue_deg < 285
        assert look.chroma < 0.09


def test_a_quarter_is_of_another_fabric_where_one_can_be_laid():
    looks = drawn("top", RED_TOP, 2000)
    other = [look for look in looks if look.fabric != OWN]
    assert len(other) / len(looks) == pytest.approx(FABRIC_SHARE, abs=0.03)
    assert set(Counter(look.fabric for look in other)) == set(CUT_FROM["top"])
    scales = [look.pattern_scale for look in other]
    assert PATTERN_SCALES[0] <= min(scales) < 0.8 < 1.4 < max(scales) <= PATTERN_SCALES[1]
    assert all(look.fabric == OWN and look.pattern_scale == 1 for look in drawn("top", RED_TOP, 300, any_fabric=False))
    assert all(look.fabric == OWN for look in drawn("shoes", RED_TOP, 300))


def test_variant_0_is_the_garment_as_it_is():
    look = sample_variation(np.random.default_rng(0), 0, "top", RED_TOP, any_fabric=True)
    assert (look.variant, look.light, look.chroma, look.hue_deg, look.fabric) == (0, 0.5, 0.15, 25.0, OWN)
