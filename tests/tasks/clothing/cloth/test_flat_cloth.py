from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.cloth.fill import Pattern, carry_on
from manikin.tasks.clothing.cloth.flat_cloth import lay_flat
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.pattern.warp import Warp, affine_warp, fit_warp

U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]
SIZE, SCALE = 700, 400.0  # pixels of the photo, and of it a metre
ALL = np.ones((SIZE, SIZE), bool)
HOLE = (20, 250, 20)


def flat_warp(front: BodyFront) -> Warp:
    """The flat body drawn as it is."""
    body = np.concatenate([line.flat[::12] for line in front.folds.values()])
    top = float(front.flat[front.is_flat][:, 1].max())
    return fit_warp(front, body, np.stack([350 + SCALE * body[:, 0], SCALE * (top - body[:, 1])], axis=1))


def wanted(front: BodyFront) -> Mask:
    return np.asarray(front.is_flat & front.is_part("torso"))


def dots() -> U8:
    y, x = np.mgrid[:SIZE, :SIZE]
    is_dot = ((x % 24) - 12) ** 2 + ((y % 24) - 12) ** 2 < 45
    return np.where(is_dot[..., None], (220, 40, 40), (40, 40, 120)).astype(np.uint8)


def shown(front: BodyFront, picture: U8, warp: Warp, where: Mask) -> NDArray[np.int64]:
    x, y = np.rint(warp.at(front.flat[where]) - 0.5).astype(int).T
    return picture[y.clip(0, len(picture) - 1), x.clip(0, picture.shape[1] - 1)].astype(int)


def chest(front: BodyFront, warp: Warp) -> tuple[Mask, Mask]:
    """Return a square of the photo on the chest, and the texels within it."""
    inside = wanted(front)
    pixels = warp.at(front.flat[inside])
    cx, cy = np.median(pixels, axis=0).astype(int)
    hole = np.zeros((SIZE, SIZE), bool)
    hole[cy - 45 : cy + 45, cx - 45 : cx + 45] = True
    within = np.zeros_like(inside)
    within[inside] = (np.abs(pixels - [cx, cy]) < 42).all(axis=1)
    return hole, within


def test_cloth_without_gaps_stays_as_it_is(front: BodyFront) -> None:
    warp, cloth = flat_warp(front), dots()
    sides, into = lay_flat(front, wanted(front), wanted(front), (cloth, cloth), Pattern(ALL, ALL), warp)
    assert sides[0] is cloth
    assert into is warp


def test_the_pattern_goes_on_where_the_photo_shows_no_cloth(front: BodyFront) -> None:
    warp, cloth = flat_warp(front), dots()
    hole, within = chest(front, warp)
    cloth[hole] = HOLE
    cloth = carry_on(cloth, ~hole)
    (seen, _), into = lay_flat(front, wanted(front), wanted(front), (cloth, cloth), Pattern(~hole, ~hole), warp)
    heart = within & (np.abs(warp.at(front.flat) - np.argwhere(hole).mean(axis=0)[::-1]) < 18).all(axis=-1)
    before, after = (shown(front, p, w, heart)[:, 0] for p, w in ((cloth, warp), (seen, into)))
    assert after.std() > 1.5 * before.std()
    assert 0.1 < (after > 150).mean() < 0.45  # about as all over
    around = wanted(front) & ~within & (front.flat[..., 1] < front.flat[within][:, 1].min() - 0.05)
    same = np.abs(shown(front, seen, into, around) - shown(front, cloth, warp, around)).max(axis=1)
    assert np.median(same) < 10


def test_stretched_cloth_is_made_anew(front: BodyFront) -> None:
    warp, cloth = flat_warp(front), dots()
    _, within = chest(front, warp)
    level = float(np.median(front.flat[within][:, 1]))
    nodes = warp.nodes.copy()
    rows = warp.origin[1] + 0.01 * np.arange(len(nodes)) > level
    nodes[rows, :, 1] = nodes[rows][0, :, 1] + 0.1 * (nodes[rows, :, 1] - nodes[rows][0, :, 1])
    warp = replace(warp, nodes=nodes)
    (seen, _), into = lay_flat(front, wanted(front), wanted(front), (cloth, cloth), Pattern(ALL, ALL), warp)
    above = within & (front.flat[..., 1] > level + 0.03)
    before, after = (shown(front, p, w, above)[:, 0] > 130 for p, w in ((cloth, warp), (seen, into)))
    x, y = (np.floor(front.flat[above][:, c] / 0.005).astype(int) for c in range(2))

    def steps(is_dot: NDArray[np.bool_]) -> float:
        """Return how often what lies 5 mm higher is of the other colour."""
        at = dict(zip(zip(x, y, strict=True), is_dot.tolist(), strict=True))
        pairs = [(v, at[i, j + 1]) for (i, j), v in at.items() if (i, j + 1) in at]
        return float(np.mean([a != b for a, b in pairs]))

    assert steps(after) > 2.5 * steps(before)


def test_an_affine_map_takes_its_corner_to_the_pictures(front: BodyFront) -> None:
    warp = flat_warp(front)
    corner = warp.origin + 0.1
    into = affine_warp(warp, corner, 200.0)
    assert np.abs(into.at(np.array([corner, corner + np.array([0.3, -0.05])])) - [[0, 0], [60, 10]]).max() < 1e-2
