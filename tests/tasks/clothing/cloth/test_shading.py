import cv2
import numpy as np
import pytest

from manikin.tasks.clothing.cloth.oklab import to_oklab
from manikin.tasks.clothing.cloth.shading import even_light

H, W = 400, 300
INSIDE = np.zeros((H, W), bool)
INSIDE[30:370, 30:270] = True


def lit(cloth, light):
    """Return (H, W, 3) cloth's linear colours in a light (H, W)."""
    linear = cloth * light[..., None]
    return np.rint(255 * np.clip(linear, 0, 1) ** (1 / 2.2)).astype(np.uint8)


def evened(rgb):
    size = (W * 192 // H, 192)
    reduced = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return even_light(rgb, reduced, cv2.resize(INSIDE.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.8)


def contrast(rgb, where):
    """Return the difference of the mean log lightness of two places (y, x)."""
    lab = to_oklab(rgb)[..., 0]
    a, b = (np.log(lab[y - 4 : y + 5, x - 4 : x + 5].mean()) for y, x in where)
    return a - b


def folds():
    """Return (H, W) light that is brightest at x = 120, darkest at x = 150, and all between as often."""
    return np.broadcast_to(0.25 + 0.5 * np.abs(np.arange(W) % 60 - 30) / 30, (H, W))


def plain(colour):
    return np.broadcast_to(np.array(colour), (H, W, 3)).copy()


@pytest.mark.parametrize("colour", [(0.9, 0.9, 0.88), (0.1, 0.4, 0.25), (0.6, 0.2, 0.2)])
def test_folds_of_plain_cloth_keep_about_half_of_their_contrast(colour):
    rgb = lit(plain(colour), folds())
    places = ((200, 120), (200, 150))
    before, after = contrast(rgb, places), contrast(evened(rgb), places)
    assert before > 0.2
    assert 0.2 * before < after < 0.5 * before


def test_a_side_in_shadow_is_lit_and_the_cloth_stays_as_light_as_most_of_it_was():
    rgb = lit(plain((0.5, 0.3, 0.2)), np.broadcast_to(np.linspace(0.9, 0.2, W), (H, W)))
    out = evened(rgb)
    assert contrast(out, ((200, 60), (200, 240))) < 0.5 * contrast(rgb, ((200, 60), (200, 240)))
    np.testing.assert_allclose(np.median(out[INSIDE], axis=0), np.median(rgb[INSIDE], axis=0), atol=6)


def test_hues_stay_as_they_are():
    rgb = lit(plain((0.1, 0.4, 0.25)), folds())
    before, after = to_oklab(rgb)[200, 60:240], to_oklab(evened(rgb))[200, 60:240]
    hue = [np.arctan2(lab[:, 2], lab[:, 1]) for lab in (before, after)]
    np.testing.assert_allclose(hue[1], hue[0], atol=np.deg2rad(4))


def test_shade_that_what_is_around_tints_pales_to_the_cloths_own_colour():
    light = folds()[..., None] ** np.array([0.8, 1.0, 1.3])  # warm shade
    rgb = lit(plain((0.8, 0.8, 0.8)) * light, np.ones((H, W)))
    before, after = (
        np.hypot(*to_oklab(p)[200, 150, 1:]) - np.hypot(*to_oklab(p)[200, 120, 1:]) for p in (rgb, evened(rgb))
    )
    assert before > 0.02
    assert abs(after) < 0.7 * before


@pytest.mark.parametrize("period", [16, 60])
def test_black_and_white_stripes_stay(period):
    cloth = plain((0.8, 0.8, 0.8))
    cloth[(np.arange(H) // (period // 2)) % 2 == 0] = 0.06
    rgb = lit(cloth, np.ones((H, W)))
    np.testing.assert_allclose(evened(rgb)[INSIDE].astype(int), rgb[INSIDE], atol=8)


def test_soft_stripes_of_one_hue_across_stay():
    stripes = 0.35 + 0.3 * np.abs(np.arange(H) % 60 - 30) / 30
    rgb = lit(plain((0.8, 0.8, 0.8)) * stripes[:, None, None], np.ones((H, W)))
    places = ((180, 150), (210, 150))
    assert contrast(evened(rgb), places) > 0.7 * contrast(rgb, places) > 0.1


def test_a_print_of_the_cloths_own_hue_stays_and_folds_about_it_go():
    cloth = plain((0.3, 0.3, 0.32))
    cloth[150:250, 100:200] = 0.05
    rgb = lit(cloth, folds())
    out = evened(rgb)
    across = ((200, 120), (280, 120))
    assert abs(contrast(out, across) - contrast(rgb, across)) < 0.15 * abs(contrast(rgb, across))
    aside = ((300, 120), (300, 150))
    assert contrast(out, aside) < 0.6 * contrast(rgb, aside)


def test_soft_prints_of_another_colour_stay():
    t = np.exp(-((np.arange(W) - 150) ** 2) / (2 * 30.0**2))[None, :, None]
    rgb = lit(plain((0.7, 0.7, 0.7)) * (1 - t) + plain((0.1, 0.1, 0.6)) * t, np.ones((H, W)))
    before, after = (np.linalg.norm(to_oklab(p)[200, 150] - to_oklab(p)[200, 50]) for p in (rgb, evened(rgb)))
    assert 0.75 * before < after < 1.1 * before


def test_a_picture_without_cloth_stays():
    rgb = lit(plain((0.5, 0.5, 0.5)), folds())
    assert even_light(rgb, rgb, np.zeros((H, W), bool)) is rgb
