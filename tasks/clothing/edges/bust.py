"""The front's upper edge in a photo of a top or dress that straps hold, above which the inside of its back shows.

Laid flat, a camisole's front hangs lower between its straps than its back does, whose inside, lace and label then lie within
the outline. The edge is looked for as a neckline is (`neckline`), between the ends of the outline's upper edge, along curves
that hang from strap to strap; it must stand out of the cloth further down far more than that cloth's own pattern does.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.edges.curves import Frame, frame_between, normals
from manikin.tasks.clothing.edges.neck import Neck, fit_scoop
from manikin.tasks.clothing.edges.neck_view import neck_view
from manikin.tasks.clothing.edges.neckline import SAMPLES, SPAN, UNIT, Neckline, Necklines, above_line, scores
from manikin.tasks.clothing.outline.landmarks import Landmarks
from manikin.tasks.clothing.pattern.extent import Extent
from manikin.tasks.clothing.pattern.seams import half_chest, held_between
from manikin.tasks.clothing.pattern.template import BodyFront
from manikin.tasks.clothing.pattern.warp import Warp

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_FRAME = (1.1, 0.35, 1.9)  # of half the chest that are looked at beside, above and below the upper edge's middle
_WIDTHS = (0.45, 0.6, 0.72, 0.84, 0.95, 1.04)  # of half the upper edge
_SHIFTS = (-0.08, 0.0, 0.08)  # likewise
_ENDS = (0.0, 0.07)  # of half the chest, how far below the upper edge's ends a curve ends
_DEPTHS = np.arange(0.09, 0.9, 0.03)  # of half the chest, under the line from one end to the other
_BOWS = (1.0, 1.5, 2.1)  # exponent: a V, and ever rounder
_STEEP = 2.0  # depth over half width at most
_FRONT = 1.2  # of half the chest under the upper edge, where cloth is the front's
_LIKE = 0.8  # share below a curve of cloth that is like that
_SURE, _OF_WEAVE = 2.2, 1.6  # folded Lab by which the cloth changes, and of what its pattern changes by
_LOWEST = 0.052  # metres under the upper edge that a front is cut at most in the mean: it is worn to cover the bust
_OF_BEST, _NEAR = 0.5, 0.05  # share of the strongest change; and of half the chest about the deepest such edge


def find_bust_edge(rgb: U8, mask: U8, landmarks: Landmarks) -> Neckline | None:
    """Return the front's upper edge of a garment that straps hold; None where none is sure under the outline's.

    Args:
        rgb: (H, W, 3).
        mask: (H, W), 255 on the garment.
        landmarks: of the garment; those with sleeves hang off the shoulders, gathered all along their edge.
    """
    if landmarks.straps is None or landmarks.straps.width == 0 or landmarks.kind != "vest":
        return None
    right, left = (np.array(landmarks.points[f"shoulder_{side}"]) for side in ("right", "left"))
    around = [round(share * UNIT) for share in _FRAME]
    frame = frame_between(right, left, UNIT / landmarks.measures["chest_half"], (around[0], around[1], around[2]))
    y, x = np.mgrid[: frame.size[1], : frame.size[0]]
    chest = (y > frame.middle[1] + _FRONT * UNIT) & (np.abs(x - frame.middle[0]) < frame.half)
    view = neck_view(rgb, mask, frame, chest)
    curves = _curves(frame, np.linspace(-SPAN, SPAN, SAMPLES))
    (score,) = scores(view, curves, (2,))
    best = float(score.max())
    if best < max(_SURE, _OF_WEAVE * view.weave):
        return None
    deepest = curves.depth[score > max(_SURE, _OF_BEST * best)].max()
    k = int(np.argmax(np.where(curves.depth > deepest - _NEAR, score, -1.0)))
    return _curves(frame, np.linspace(-1.0, 1.0, SAMPLES)).neckline(frame, k)


def held_front(front: BodyFront, shape: tuple[int, ...], warp: Warp, line: Neckline | None, extent: Extent) -> Neck:
    """Return what a photo of such a shape shows about the front's upper edge, between the straps.

    Args:
        front: the body.
        shape: of the photo.
        warp: from the flat body into the photo.
        line: the front's upper edge there.
        extent: what the garment covers; it ends at the bust.
    """
    none = np.zeros(shape[:2], np.uint8)
    if line is None or extent.bust is None or extent.strap_at is None:
        return Neck(none, none, None)
    half, high = held_between(front, extent)
    scoop = fit_scoop(front, warp, half, high, line.line, line.scoop.bow)
    lowest = _LOWEST * (1 + 1 / scoop.bow) / half_chest(front)
    scoop = scoop._replace(depth=min(scoop.depth, lowest))
    return Neck(none, none, above_line(line.line, shape[:2]), scoop)


def _curves(frame: Frame, t: F64) -> Necklines:
    """Return all curves at shares t (k,) from the wearer's right, -1, to the left, 1."""
    grid = np.meshgrid(_WIDTHS, _SHIFTS, _ENDS, _DEPTHS, _BOWS, indexing="ij")
    width, shift, end, depth, bow = (g.reshape(-1, 1) for g in grid)
    kept = (UNIT * depth < _STEEP * frame.half * width)[:, 0]
    width, shift, end, depth, bow = (g[kept] for g in (width, shift, end, depth, bow))
    x = frame.middle[0] + frame.half * (width * t + shift)
    y = frame.middle[1] + UNIT * (end + depth * (1 - np.abs(t) ** bow))
    return Necklines(x, y, normals(x, y), (depth + end)[:, 0], bow[:, 0], np.ones(len(x), bool))
