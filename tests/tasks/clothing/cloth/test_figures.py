import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.figures import find_figures

U8 = NDArray[np.uint8]
SIDE = 480
KNOWN = np.zeros((160, 160), bool)
KNOWN[10:150, 10:150] = True


def creased() -> U8:
    """Return cloth whose creases are dark on one side and pale slowly on the other."""
    depth = 1 - np.arange(SIDE) % 24 / 24
    return np.broadcast_to(np.rint(200 - 110 * depth**2)[None, :, None], (SIDE, SIDE, 3)).astype(np.uint8)


def lettered(level: int) -> U8:
    rgb = np.full((SIDE, SIDE, 3), 200, np.uint8)
    for y in range(180, 300, 24):
        cv2.putText(rgb, "LETTERS", (180, y), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (level,) * 3, 2)
    return rgb


def test_lettering_is_figures_and_the_cloth_about_it_is_bare() -> None:
    where = find_figures(lettered(60), KNOWN)
    assert where[64:92, 64:100].mean() > 0.7
    assert where[20:50].max() == 0
    assert where[110:].max() == 0


def test_creases_and_faint_lettering_are_none() -> None:
    for rgb in (creased(), lettered(175)):
        assert find_figures(rgb, KNOWN)[KNOWN].max() < 0.4


def test_edges_scattered_all_over_the_cloth_are_no_figures() -> None:
    rgb = np.full((SIDE, SIDE, 3), 200, np.uint8)
    for y, x in np.random.default_rng(2).integers(40, 440, (60, 2)):
        rgb[y : y + 12, x : x + 3] = 90
    assert find_figures(rgb, KNOWN).max() < 0.4


def test_yarn_of_two_colours_is_no_figure() -> None:
    y, x = np.mgrid[:SIDE, :SIDE]
    rgb = np.where(((x // 6 + y // 6) % 2 > 0)[..., None], 190, 90).repeat(3, axis=2).astype(np.uint8)
    assert find_figures(rgb, KNOWN).max() == 0
