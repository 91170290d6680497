import cv2
import numpy as np
import pytest

from manikin.tasks.clothing.cloth.figures import find_figures
from manikin.tasks.clothing.cloth.oklab import to_oklab
from manikin.tasks.clothing.cloth.shading import even_light, lift_shade

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
    known = cv2.resize(INSIDE.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.8
    return even_light(rgb, reduced, known, find_figures(rgb, known))


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


def tint(rgb, x):
    lab = to_oklab(rgb)[200, x - 2 : x + 3].mean(axis=0)
    return lab[1:] / lab[0]


@pytest.mark.parametrize("turn", [(-0.5, 0.2, 0.2), (0.9, 0.0, -0.6)])
def test_the_depths_of_folds_have_the_hue_of_the_cloth_about_them(turn):
    light = np.cos((np.arange(W) - 150) / 30 * np.pi)  # one deep fold every 60 pixels
    light = np.broadcast_to(0.7 - 0.5 * np.clip(light, 0, 1) ** 2, (H, W))
    depth = np.minimum(light / 0.5, 1.0)[..., None] ** np.array(turn)
    rgb = lit(plain((0.55, 0.4, 0.42)) * depth, light)
    out = evened(rgb)
    before, after = (np.linalg.norm(tint(p, 150) - tint(p, 120)) for p in (rgb, out))
    assert before > 0.03
    assert after < 0.35 * before
    np.testing.assert_allclose(tint(out, 120), tint(rgb, 120), atol=0.01)


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


def test_a_sleeve_in_shade_behind_a_sharp_edge_is_nearly_as_light_as_the_trunk_and_no_lighter():
    light = folds().copy()
    light[:, :90] *= 0.45
    rgb = lit(plain((0.6, 0.62, 0.66)), light)

    def apart(p):
        level = np.log(to_oklab(p)[150:250, :, 0]).mean(axis=0)
        return level[120:180].mean() - level[35:85].mean()

    assert apart(rgb) > 0.2
    assert -0.02 < apart(evened(rgb)) < 0.5 * apart(rgb)


def test_a_badge_on_plain_cloth_stays():
    rgb = lit(plain((0.05, 0.05, 0.05)), 0.5 + folds())
    rgb[180:200, 60:80] = 230
    np.testing.assert_allclose(evened(rgb)[185:195, 65:75].astype(int), 230, atol=12)


@pytest.mark.parametrize("shade", [(0.1, 0.2, 0.15), (0.25, 0.28, 0.25)])
def test_lettering_on_plain_cloth_keeps_its_contrast(shade):
    rgb = lit(plain((0.75, 0.75, 0.72)), 0.8 + 0.1 * folds())
    for x in range(110, 190, 10):
        rgb[150:250, x : x + 5] = lit(plain(shade), 0.8 + 0.1 * folds())[150:250, x : x + 5]
    before, after = (p[200, 131:134].mean() - p[200, 136:139].mean() for p in (rgb, evened(rgb)))
    assert before < -70
    assert after == pytest.approx(before, rel=0.15)


def test_nothing_is_lifted_to_white():
    grain = 1 + np.random.default_rng(0).uniform(-1, 1, (H, W, 1)) * np.linspace(0.9, 0.05, W)[:, None]
    rgb = lit(plain((0.5, 0.5, 0.5)) * grain, np.broadcast_to(np.linspace(0.3, 1.1, W), (H, W)))
    assert rgb.max() < 245
    assert evened(rgb).max() <= rgb.max()


def test_a_wide_cast_of_coloured_light_pales_on_grey_cloth_and_a_pale_print_of_its_colour_stays():
    cast = np.broadcast_to(np.linspace(-1, 1, W)[None, :, None], (H, W, 1)) * np.array([0.2, 0.0, -0.2])
    rgb = lit(plain((0.6, 0.6, 0.6)) * (1 + cast), np.ones((H, W)))

    def apart(p):
        return np.linalg.norm(to_oklab(p)[200, 240, 1:] - to_oklab(p)[200, 60, 1:])

    assert apart(rgb) > 0.03
    assert apart(evened(rgb)) < 0.5 * apart(rgb)
    badge = lit(plain((0.6, 0.6, 0.6)), np.ones((H, W)))
    badge[150:250, 100:200] = (220, 150, 90)
    before, after = (to_oklab(p)[200, 150, 1:] for p in (badge, evened(badge)))
    np.testing.assert_allclose(after, before, atol=0.1 * np.linalg.norm(before))


def test_yellow_in_the_folds_of_cream_cloth_with_blue_stripes_pales():
    light = np.cos((np.arange(W) - 150) / 30 * np.pi)
    light = np.broadcast_to(0.8 - 0.5 * np.clip(light, 0, 1) ** 2, (H, W))
    depth = np.minimum(light / 0.5, 1.0)[..., None] ** np.array([0.0, 0.0, 0.6])
    cloth = plain((0.72, 0.72, 0.68)) * depth
    cloth[np.arange(H) % 30 < 8] *= (0.5, 0.6, 1.0)  # blue stripes
    rgb = lit(cloth, light)
    before, after = (np.linalg.norm(tint(p, 150) - tint(p, 120)) for p in (rgb, evened(rgb)))
    assert before > 0.03
    assert after < 0.6 * before


def test_a_fade_from_pink_to_grey_in_shade_keeps_its_grey():
    share = np.clip((np.arange(H)[:, None, None] - 200) / 100, 0, 1)
    rgb = lit((1 - share) * np.array([0.42, 0.27, 0.25]) + share * np.array([0.12, 0.12, 0.12]), np.ones((H, W)))
    after = evened(rgb)
    lab = to_oklab(after[340, 100:200]).mean(axis=0)
    assert np.hypot(*lab[1:]) / lab[0] < 0.02


def test_where_light_burns_red_cloth_out_its_shade_pales_no_more():
    light = np.geomspace(4, 0.2, W) * (0.8 + 0.2 * np.sin(np.arange(W) / 7))
    rgb = lit(plain((0.9, 0.4, 0.4)), np.broadcast_to(light, (H, W)))
    assert (rgb[..., 0] >= 250).mean() > 0.3
    for x in (200, 230, 255):
        before, after = (np.hypot(*tint(p, x)) for p in (rgb, evened(rgb)))
        assert after > before


def test_folds_among_fine_checks_go_and_the_checks_stay():
    y, x = np.mgrid[:H, :W]
    cloth = np.where(((x % 10 < 5) ^ (y % 10 < 5))[..., None], 0.7, 0.25) * np.ones(3)
    rgb = lit(cloth, folds()[:, (np.arange(W) // 2)])
    out = evened(rgb)

    def mean(p, at):
        return np.log(to_oklab(p)[180:220, at - 10 : at + 10, 0].mean())

    before, after = (mean(p, 120) - mean(p, 180) for p in (rgb, out))
    assert before > 0.2
    assert after < 0.75 * before
    checks = [np.std(np.log(to_oklab(p)[180:220, 110:130, 0])) for p in (rgb, out)]
    assert checks[1] > 0.8 * checks[0]


def test_shade_is_lifted_to_the_cloth_about_it_and_nothing_else_changes():
    rgb = lit(plain((0.1, 0.3, 0.6)), np.ones((H, W)))
    rgb[100:300, 100:140] //= 4
    size = (W * 192 // H, 192)
    reduced = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    known = np.ones(size[::-1], bool)
    shaded = cv2.dilate((reduced[..., 2] < 150).astype(np.uint8), np.ones((3, 3))) > 0
    out = lift_shade(rgb, reduced, known, shaded)
    assert np.abs(out[110:290, 80:160].astype(int) - rgb[50, 50]).max() < 60
    assert np.abs(out[110:290, 105:135].astype(int) - rgb[50, 50]).max() < 12
    np.testing.assert_array_equal(out[:80], rgb[:80])
    assert lift_shade(rgb, reduced, known, np.zeros_like(known)) is rgb


def test_a_picture_without_cloth_stays():
    rgb = lit(plain((0.5, 0.5, 0.5)), folds())
    assert even_light(rgb, rgb, np.zeros((H, W), bool), np.zeros((H, W), np.float32)) is rgb
