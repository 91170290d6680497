import numpy as np
import pytest

from manikin.tasks.clothing.outline.collars import collar_of, rises
from manikin.tasks.clothing.outline.landmarks import Landmarks

UNIT = 100.0
POINTS = {
    "neck_left": (240.0, 100.0),
    "neck_right": (160.0, 100.0),
    "hem_left": (300.0, 380.0),
    "hem_right": (100.0, 380.0),
}


def landmarks(kind: str = "top", has_hood: bool = False) -> Landmarks:
    return Landmarks(kind, dict(POINTS), {}, (), {"chest_half": UNIT}, 0.95, 0.0, has_hood)


def drawn(rise: float, dip: float = 0.0) -> np.ndarray:
    """A trunk whose cloth goes on above the neck's sides, in shares of half the chest, or dips between them."""
    mask = np.zeros((400, 400), np.uint8)
    mask[100:380, 100:300] = 255
    mask[100 - round(rise * UNIT) : 100, 160:241] = 255
    mask[100 : 100 + round(dip * UNIT), 160:241] = 0
    return mask


@pytest.mark.parametrize("rise", [0.0, 0.1, 0.5])
def test_a_rise_is_measured_above_the_necks_sides(rise: float) -> None:
    np.testing.assert_allclose(rises(drawn(rise), landmarks()), rise, atol=0.03)


def test_a_dip_is_measured_below_them() -> None:
    np.testing.assert_allclose(rises(drawn(0.0, 0.3), landmarks()), -0.3, atol=0.03)


def test_a_turned_photo_shows_the_same() -> None:
    points = {n: (400 - y, x) for n, (x, y) in POINTS.items()}
    turned = Landmarks("top", points, {}, (), {"chest_half": UNIT}, 0.95, 0.0, False)
    np.testing.assert_allclose(rises(np.rot90(drawn(0.2), -1), turned), 0.2, atol=0.03)


@pytest.mark.parametrize(
    ("label", "rise", "kind"),
    [
        ("Shirt", 0.0, "fold"),
        ("polo", 0.0, "fold"),
        ("Blazer", 0.0, "lapel"),
        ("Hoodie", 0.0, "hood"),
        ("Blouse", 0.1, "fold"),
        ("Blouse", 0.0, None),
        ("jacket", 0.0, "stand"),
        ("coat", 0.5, "hood"),
        ("Longsleeve", 0.3, "roll"),
        ("Dress", 0.15, None),
        ("T-Shirt", 0.1, None),
        ("Longsleeve", 0.0, None),
        ("T-Shirt", 0.05, None),
        (None, 0.3, "roll"),
        (None, 0.12, "fold"),
        ("Longsleeve", 0.12, None),
        (None, 0.0, None),
    ],
)
def test_names_and_rises_tell_the_collar(label: str | None, rise: float, kind: str | None) -> None:
    assert collar_of(label, drawn(rise), landmarks()) == kind


def test_a_hoods_outline_is_a_hood_without_a_name_and_a_stand_by_another() -> None:
    hooded = landmarks(has_hood=True)
    assert collar_of(None, drawn(0.1), hooded) == "hood"
    assert collar_of("Longsleeve", drawn(0.1), hooded) == "stand"


def test_a_coat_open_at_the_neck_has_lapels() -> None:
    assert collar_of("coat", drawn(0.0, 0.2), landmarks()) == "lapel"


@pytest.mark.parametrize("kind", ["skirt", "trousers"])
def test_bottoms_have_no_collar(kind: str) -> None:
    assert collar_of("Shirt", drawn(0.3), landmarks(kind)) is None


@pytest.mark.parametrize(
    ("label", "rise", "dip", "kind"),
    [
        ("jacket", 0.05, 0.0, "hood"),
        ("jacket", 0.25, 0.0, "stand"),
        ("coat", 0.0, 0.2, "lapel"),
        ("Dress", 0.0, 0.0, None),
    ],
)
def test_a_hood_that_lies_behind_fills_a_jackets_wide_neck(label: str, rise: float, dip: float, kind: str) -> None:
    wide = landmarks()
    wide.points.update(neck_left=(246.0, 100.0), neck_right=(154.0, 100.0))
    assert collar_of(label, drawn(rise, dip), wide) == kind


def test_a_pointed_collar_is_one_whatever_the_label_says() -> None:
    mask = drawn(0.0)
    for k in range(30):  # narrower the higher
        mask[100 - k, 162 + k // 2 : 239 - k // 2] = 255
    assert rises(mask, landmarks()).min() < 0.16
    assert collar_of("Undershirt", mask, landmarks()) == "fold"
