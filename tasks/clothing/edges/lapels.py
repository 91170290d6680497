"""The V that a blazer's lapels leave between them, in its photo.

Straight or slightly bent lines from either side of the collar meet in the button. All over a photo's front such pairs are
compared: the cloth changes across them, or darkens on them, on either side and all the way down, and what is between them is
less like the front's cloth than what is beside them. How deep a blazer's button sits, and that it sits in the middle,
decides where the cloth says little, as between lapels and an inner back of one black. Other fronts stand open where a lining
of another colour shows.
"""

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.clothing.edges.curves import Curves, Frame, everywhere, frame_between, normals
from manikin.tasks.clothing.edges.neck_view import NeckView, neck_view
from manikin.tasks.clothing.outline.landmarks import Landmarks

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

_UNIT = 56  # pixels of half the chest, at which lines are compared
_FRAME = (1.1, 0.25, 2.7)  # of half the chest that are looked at beside, above and below the neck's middle
_WIDTHS = (0.22, 0.3, 0.38, 0.46, 0.55)  # of half the chest, from the middle to either side
_SHIFTS, _TIPS = (-0.1, 0.0, 0.1), (-0.2, -0.1, 0.0, 0.1, 0.2)  # likewise, of both sides and of the tip from the middle
_TOPS = (0.0, 0.15, 0.3)  # likewise, under the neck's sides
_DEPTHS = np.arange(0.5, 2.3, 0.08)  # likewise, of the tip
_STEEP = (1.2, 6.0)  # depth over half width
_OVERHANG = 0.95  # of a half width, by which a tip may be off its sides' middle
_BOWS = (1.0, 1.25)  # exponent of a line's curve
_OF_TRUNK = (0.25, 0.75)  # height of a front, from the neck's sides down to the hem, at which a tip may be
_BUTTON = (0.45, 0.15)  # likewise where it mostly is, and by how much that varies
_ASIDE = (0.1, 0.15)  # half chests by which the collar's middle and the tip vary about the middle
_WEIGHT, _LESS_LIKE = 0.3, 1.5  # of these, and of how much less the inside is like the front, in folded Lab
_SAMPLES, _SPAN, _UNEVEN = 40, 0.93, 0.85
_BESIDE = 5.0  # pixels from a line at which inside and front are compared
_LIKE, _ON_CLOTH = 0.6, 0.9  # share of cloth like the front's beside a line, and of cloth
_SHOWN = 0.3  # folded Lab by which all quarters of a V must show
_CLEARLY = (1.2, 0.33)  # likewise, and how much less its inside is like the front, where fronts need not be open


def find_lapels(rgb: U8, mask: U8, landmarks: Landmarks, is_blazer: bool = True) -> F64 | None:
    """Return (n, 2) the V between a blazer's lapels, from the wearer's right to the left; None where none shows.

    Args:
        rgb: (H, W, 3).
        mask: (H, W), 255 on the blazer.
        landmarks: of a top.
        is_blazer: whether it has lapels; fronts of others may stand open, where they clearly do.
    """
    frame = _frame(landmarks)
    view = neck_view(rgb, mask, frame)
    hem = np.mean([landmarks.points[f"hem_{side}"] for side in ("right", "left")], axis=0)
    trunk = float((frame.T[:, :2] @ hem + frame.T[:, 2])[1] - frame.middle[1]) / _UNIT
    t = np.linspace(-_SPAN, _SPAN, _SAMPLES)
    t = np.sign(t) * np.abs(t) ** _UNEVEN
    form = _forms(trunk)
    if not len(form):
        return None
    lines = _lines(frame, form, t)
    less = _less_like(view, lines)
    kept = _may_be(view, lines) & (is_blazer | (less > _CLEARLY[1]))
    if not kept.any():
        return None
    form, less = form[kept], less[kept]
    score = _shows(view, _lines(frame, form, t))
    is_shown = score > (_SHOWN if is_blazer else _CLEARLY[0])
    score = np.where(is_shown, score + _LESS_LIKE * less - _WEIGHT * _unlikely(form, trunk), -np.inf)
    k = int(np.argmax(score))
    if not is_shown[k]:
        return None
    line = _lines(frame, form[k : k + 1], np.linspace(-1.0, 1.0, _SAMPLES))
    return frame.to_photo(np.stack([line.x[0], line.y[0]], axis=1))


def _frame(landmarks: Landmarks) -> Frame:
    """Return the frame about the neck's middle, as level as the shoulders are: a collar's ends often lie askew."""
    right, left = (np.array(landmarks.points[f"neck_{side}"]) for side in ("right", "left"))
    across = np.subtract(landmarks.points["shoulder_left"], landmarks.points["shoulder_right"])
    across = max(float(np.linalg.norm(left - right)), 1.0) * across / max(float(np.linalg.norm(across)), 1e-6)
    middle = 0.5 * (left + right)
    wide, high, deep = (round(share * _UNIT) for share in _FRAME)
    scale = _UNIT / landmarks.measures["chest_half"]
    return frame_between(middle - 0.5 * across, middle + 0.5 * across, scale, (wide, high, deep))


def _forms(trunk: float) -> F64:
    """Return (n, 6) width, shift, tip, top, depth and bow of all Vs, for a front so many half chests high."""
    form = np.stack(
        [g.ravel() for g in np.meshgrid(_WIDTHS, _SHIFTS, _TIPS, _TOPS, _DEPTHS, _BOWS, indexing="ij")], axis=1
    )
    width, shift, tip, top, depth, _ = form.T
    steep, down = (depth - top) / width, depth / max(trunk, 1e-6)
    is_between = np.abs(tip - shift) < _OVERHANG * width
    return form[is_between & (steep > _STEEP[0]) & (steep < _STEEP[1]) & (down > _OF_TRUNK[0]) & (down < _OF_TRUNK[1])]


def _lines(frame: Frame, form: F64, t: F64) -> Curves:
    """Return the Vs (n, 6) at shares t (k,) from one side of the collar, -1, to the other, 1."""
    width, shift, tip, top, depth, bow = (column[:, None] for column in form.T)
    x = frame.middle[0] + _UNIT * (width * t + shift * np.abs(t) + tip * (1 - np.abs(t)))
    y = frame.middle[1] + _UNIT * (top + (depth - top) * (1 - np.abs(t) ** bow))
    return Curves(x, y, normals(x, y))


def _shows(view: NeckView, lines: Curves) -> F64:
    """Return (n,) how much the cloth changes across each V, or darkens on it, on that quarter where it does least."""
    is_cloth = lines.at(view.core, -_BESIDE) > 0.5
    return np.asarray(np.max([everywhere(c, is_cloth, 4) for c in lines.changes(view.lab)], axis=0))


def _may_be(view: NeckView, lines: Curves) -> NDArray[np.bool_]:
    on_cloth = (lines.at(view.core, 2.0) > 0.5).mean(axis=1) > _ON_CLOTH
    return np.asarray(on_cloth & (lines.at(view.like, _BESIDE).mean(axis=1) > _LIKE))


def _less_like(view: NeckView, lines: Curves) -> F64:
    """Return (n,) by how much less of what is inside each V is like the front's cloth than of what is beside it."""
    return np.asarray(lines.at(view.like, _BESIDE).mean(axis=1) - lines.at(view.like, -_BESIDE).mean(axis=1))


def _unlikely(form: F64, trunk: float) -> F64:
    """Return (n,) how far off a blazer's V each is, by where its parts are."""
    _, shift, tip, _, depth, _ = form.T
    off = np.square([shift / _ASIDE[0], tip / _ASIDE[1]]).sum(axis=0)
    return np.asarray(off + np.square((depth / trunk - _BUTTON[0]) / _BUTTON[1]))
