import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.tones import find_tones

U8 = NDArray[np.uint8]
SIDE = 480
KNOWN = np.zeros((160, 160), bool)
KNOWN[10:150, 10:150] = True


def folded() -> U8:
    """Return cloth in folds of all lightness from 70 to 150."""
    x = np.arange(SIDE)
    return np.broadcast_to((70 + 80 * np.abs(x % 120 - 60) / 60)[None, :, None], (SIDE, SIDE, 3)).astype(np.uint8)


def test_folds_are_of_one_tone() -> None:
    tones = find_tones(folded(), KNOWN)
    assert tones.several == 0
    assert not tones.patches.any()


def test_a_badge_is_a_patch_and_the_rest_is_of_one_tone() -> None:
    rgb = folded()
    rgb[180:240, 180:240] = 245
    tones = find_tones(rgb, KNOWN)
    assert tones.several == 0
    assert tones.patches[62:78, 62:78].all()
    assert tones.patches.sum() < 0.04 * KNOWN.sum()


def test_half_the_cloth_in_another_tone_makes_several() -> None:
    rgb = folded()
    rgb[:240] = 245
    tones = find_tones(rgb, KNOWN)
    assert tones.several == 1
    assert not tones.patches.any()


def test_thin_stripes_all_over_are_no_patches() -> None:
    rgb = folded()
    for y in range(30, 450, 36):
        rgb[y : y + 5] = 245
    tones = find_tones(rgb, KNOWN)
    assert tones.several == 1
    assert not tones.patches.any()


def test_a_badge_does_not_make_checks_one_tone() -> None:
    y, x = np.mgrid[:SIDE, :SIDE]
    level = (50 + 60 * x / SIDE) * np.where((x // 8 + y // 8) % 2, 1.4, 1.0)
    rgb = np.repeat(level[..., None], 3, axis=2).astype(np.uint8)
    rgb[180:240, 180:240] = 255
    tones = find_tones(rgb, KNOWN)
    assert tones.patches[62:78, 62:78].all()
    assert tones.several > 0.5
