import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.fill import Cloth, broad, carry_on, cover_hidden, spread_cloth
from manikin.tasks.clothing.cloth.quilt import pull_push
from manikin.tasks.clothing.cutout.colours import fit_colours, folded_lab
from manikin.tasks.clothing.edges.neck import Neck
from manikin.tasks.clothing.edges.neckline import Scoop

U8 = NDArray[np.uint8]
SIZE = 300
CLOTH = np.array([60, 110, 160])


def shirt() -> U8:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[40:270, 60:240] = 255
    return mask


def cloth(seed: int = 0) -> U8:
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 14, (SIZE, SIZE, 1)).astype(np.float32), (0, 0), 1)
    return np.clip(CLOTH + noise.reshape(SIZE, SIZE, 1), 0, 255).astype(np.uint8)


def nowhere() -> U8:
    return np.zeros((SIZE, SIZE), np.uint8)


def spread(
    rgb: U8,
    mask: U8,
    opening: U8 | None = None,
    throat: U8 | None = None,
    above: U8 | None = None,
    scoop: Scoop | None = None,
    is_open: bool = False,
) -> Cloth:
    """The cloth of a top without sleeves, whose sides are the 25 pixels within its outline."""
    neck = Neck(nowhere() if opening is None else opening, nowhere() if throat is None else throat, above, scoop)
    sides = mask.copy()
    sides[:, 85:215] = 0
    trunk = nowhere()
    trunk[60:250, 80:220] = mask[60:250, 80:220]
    return spread_cloth(rgb, mask, neck, sides, trunk, (), is_open)


def test_the_ground_is_nowhere_in_the_cloth() -> None:
    rgb = np.where(shirt()[..., None] > 0, cloth(), np.uint8([255, 0, 255])).astype(np.uint8)
    made = spread(rgb, shirt())
    for side in (made.front, made.back):
        assert np.abs(side.astype(int) - CLOTH).max() < 60


def test_well_inside_the_front_is_the_photo_in_softer_light() -> None:
    rgb = cloth()
    rgb = (rgb * np.linspace(1.2, 0.6, SIZE)[:, None, None]).astype(np.uint8)
    front, photo = (p[60:250, 80:220].astype(float) for p in (spread(rgb, shirt()).front, rgb))
    detail = [(p - cv2.GaussianBlur(p, (0, 0), 3)).ravel() for p in (front, photo)]
    assert np.corrcoef(*detail)[0, 1] > 0.9
    steps = [p[:80].mean() - p[110:].mean() for p in (front, photo)]
    assert 0.2 * steps[1] < steps[0] < 0.6 * steps[1]


def test_the_back_has_no_print() -> None:
    rgb = cloth()
    rgb[110:180, 110:190] = (220, 40, 40)
    made = spread(rgb, shirt())
    np.testing.assert_array_equal(made.front[145, 150], (220, 40, 40))
    assert np.abs(made.back[100:190, 100:200].astype(int) - CLOTH).max() < 60


def test_the_back_keeps_its_grain_where_the_print_was() -> None:
    rgb = cloth()
    rgb[110:180, 110:190] = (220, 40, 40)
    back = spread(rgb, shirt()).back.astype(float)
    assert back[120:170, 120:180].std() > 0.5 * back[200:250, 90:210].std()


def test_stripes_run_on_behind_the_print() -> None:
    stripes = np.where((np.arange(SIZE) // 20 % 2 == 0)[:, None, None], CLOTH, [225, 220, 210])
    rgb = np.broadcast_to(stripes, (SIZE, SIZE, 3)).astype(np.uint8).copy()
    rgb[110:180, 110:190] = (220, 40, 40)
    back = spread(rgb, shirt()).back.astype(int)
    middle, side = back[60:250, 150], back[60:250, 80]
    assert (np.abs(middle - side).max(axis=-1) < 60).mean() > 0.8


def test_the_back_of_a_patterned_jacket_has_neither_lapels_nor_where_its_front_parts() -> None:
    y, x = np.mgrid[:SIZE, :SIZE]
    motifs = np.random.default_rng(0).integers(0, 2, (SIZE // 12, SIZE // 12))[y // 12, x // 12]
    rgb = np.where(motifs[..., None] > 0, np.uint8([150, 70, 70]), np.uint8([70, 70, 150]))
    off, beside = np.abs(x - 150), 30 - 0.3 * (y - 40)
    above = np.where((off < beside) & (y < 140), 255, 0).astype(np.uint8)
    parted = (off < 0.2 * (y - 160)) & (shirt() > 0)
    rgb[parted] = (70, 70, 150)
    closed, opened = (spread(rgb, shirt(), above=above, is_open=is_open).back for is_open in (False, True))
    new = (closed != opened).any(axis=-1)
    assert new[parted].mean() > 0.3
    assert new[60:130][(off < beside + 12)[60:130]].mean() > 0.3
    assert not new[125:160, 205:235].any()
    np.testing.assert_array_equal(
        spread(rgb, shirt(), above=above).front, spread(rgb, shirt(), above=above, is_open=True).front
    )


def test_what_is_about_the_neck_is_not_on_the_back() -> None:
    rgb, opening = cloth(), nowhere()
    rgb[40:80, 130:170] = (240, 240, 240)
    opening[40:90, 120:180] = 255
    assert np.abs(spread(rgb, shirt(), opening).back[56:90, 130:170].astype(int) - CLOTH).max() < 90


def test_a_print_that_meets_the_outline_is_not_on_the_back_nor_beyond() -> None:
    rgb = cloth()
    rgb[150:190, 60:140] = (235, 235, 235)
    assert np.abs(spread(rgb, shirt()).back[140:200, 40:150].astype(int) - CLOTH).max() < 70


def test_what_few_plain_patches_are_left_cover_a_large_print() -> None:
    rgb = cloth()
    rgb[88:232, 90:210] = np.random.default_rng(1).integers(0, 256, (144, 120, 3))
    back = spread(rgb, shirt()).back[90:225, 95:205].astype(int)
    assert np.abs(back - CLOTH).max() < 90


def test_a_label_on_the_throat_is_covered_in_front() -> None:
    rgb, throat = cloth(), nowhere()
    throat[40:100, 110:190] = 255
    rgb[60:72, 140:160] = 245
    front = spread(rgb, shirt(), throat=throat).front.astype(int)
    assert np.abs(front[55:80, 130:170] - CLOTH).max() < 60


def test_a_print_that_begins_on_the_throat_stays_and_a_neckband_too() -> None:
    rgb, throat = cloth(), nowhere()
    throat[40:100, 110:190] = 255
    rgb[40:50, 100:200] = 245
    rgb[85:180, 130:170] = (220, 40, 40)
    front = spread(rgb, shirt(), throat=throat).front
    np.testing.assert_allclose(front[46:50, 110:190].astype(int), rgb[46:50, 110:190], atol=16)
    np.testing.assert_allclose(front[90:180, 130:170].astype(int), rgb[90:180, 130:170], atol=16)


def test_above_a_sure_neckline_is_cloth() -> None:
    rgb, above = cloth(), nowhere()
    above[30:80, 120:180] = 255
    rgb[above > 0] = (230, 230, 60)
    made = spread(rgb, shirt(), above=above, scoop=Scoop(0.4, 2.0))
    assert np.abs(made.front[30:80, 125:175].astype(int) - CLOTH).max() < 60
    assert made.scoop == Scoop(0.4, 2.0)


def test_dark_shade_at_the_sides_is_no_cloth_and_elsewhere_it_is() -> None:
    rgb = cloth()
    rgb[100:200, 68:76] = rgb[100:200, 68:76] // 4
    rgb[100:200, 146:154] = rgb[100:200, 146:154] // 4
    front = spread(rgb, shirt()).front.astype(int)
    assert np.abs(front[110:190, 64:80] - CLOTH).max() < 60
    np.testing.assert_allclose(front[110:190, 146:154], rgb[110:190, 146:154], atol=2)


def test_a_sliver_too_thin_to_erode_still_gives_its_colour() -> None:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[:, 150:153] = 255
    rgb = np.where(mask[..., None] > 0, CLOTH, [255, 0, 255]).astype(np.uint8)
    assert np.abs(spread(rgb, mask).front.astype(int) - CLOTH).max() < 8


@given(
    seed=st.integers(0, 10_000),
    box=st.tuples(*[st.integers(0, SIZE - 8)] * 2, *[st.integers(6, SIZE)] * 2),
    scale=st.sampled_from([1, 4, 30]),
)
@settings(max_examples=25, deadline=None)
def test_any_silhouette_and_picture_give_a_whole_cloth(seed: int, box: tuple[int, ...], scale: int) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (-(-SIZE // scale), -(-SIZE // scale), 3)).astype(np.uint8)
    rgb = np.ascontiguousarray(np.repeat(np.repeat(coarse, scale, 0), scale, 1)[:SIZE, :SIZE])
    mask, throat = nowhere(), nowhere()
    x, y, wide, tall = box
    mask[y : y + tall, x : x + wide] = 255
    throat[y : y + tall // 3, x : x + wide] = 255
    made = spread(rgb, mask, throat, throat, throat if seed % 2 else None)
    assert made.front.shape == made.back.shape == rgb.shape
    low, high = (f(rgb[mask > 0].reshape(-1, 3), axis=0) for f in (np.min, np.max))
    assert ((made.front >= 0.75 * low - 1) & (made.front <= 1.8 * high + 1)).all()  # as light may be changed


@given(seed=st.integers(0, 10_000), share=st.floats(0.02, 0.9))
def test_pull_push_keeps_what_is_known_and_stays_between(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(10, 200, (37, 53, 3)).astype(np.float32)
    known = rng.random((37, 53)) < share
    known[5, 7] = True
    filled = pull_push(values, known)
    np.testing.assert_allclose(filled[known], values[known], rtol=1e-5)
    assert (filled >= values[known].min(axis=0) - 0.01).all()
    assert (filled <= values[known].max(axis=0) + 0.01).all()


def test_carrying_on_keeps_what_is_known() -> None:
    known = shirt() > 0
    rgb = cloth(2)
    np.testing.assert_array_equal(carry_on(rgb, known)[known], rgb[known])


@pytest.mark.parametrize("k", [1, 3, 5])
def test_the_colours_of_a_flag_are_found(k: int) -> None:
    flag = np.repeat(np.uint8([[200, 30, 30], [240, 240, 240], [30, 40, 160]]), 40, axis=0)[None].repeat(20, axis=0)
    lab = folded_lab(flag)
    colours = fit_colours(lab.reshape(-1, 3), k)
    assert 1 <= len(colours.centres) <= k
    if k >= 3:
        assert colours.distance(lab).max() < 1
    assert colours.distance(folded_lab(np.full((1, 1, 3), (20, 200, 20), np.uint8))).min() > 3


def test_a_cloth_of_large_motifs_is_covered_with_its_own_colours() -> None:
    dark, bright = np.array([25, 20, 30]), np.array([230, 60, 160])
    y, x = np.mgrid[:SIZE, :SIZE]
    rgb = np.where(((x // 40 + y // 40) % 2 == 0)[..., None], dark, bright).astype(np.uint8)
    opening = nowhere()
    opening[40:130, 95:205] = 255
    back = spread(rgb, shirt(), opening).back[55:110, 115:185].astype(int)
    nearest = np.minimum(np.abs(back - dark).max(axis=-1), np.abs(back - bright).max(axis=-1))
    assert np.median(nearest) < 10


def test_what_is_narrow_is_not_carried_on() -> None:
    known = shirt() > 0
    known[60:100, 100:200] = False
    scrap = np.s_[60:100, 148:151]
    known[scrap] = True
    kept = broad(known)
    assert not kept[62:98, 148:151].any()
    assert kept[110:260, 70:230].all()
    assert not (kept & ~known).any()


def test_plain_cloth_takes_over_softly_where_a_neck_hides_the_front() -> None:
    front, plain = (np.full((SIZE, SIZE, 3), level, np.uint8) for level in (200, 100))
    hidden = shirt() > 0
    made = cover_hidden(front, plain, hidden)
    np.testing.assert_array_equal(made[~hidden], 200)
    np.testing.assert_array_equal(made[60:250, 80:220], 100)
    across = made[150, 60:80, 0].astype(int)
    assert (np.diff(across) <= 0).all()
    assert across[0] < 200
