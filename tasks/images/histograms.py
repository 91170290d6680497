"""Sampled people beside the published distributions they are drawn from: statures, weights and body mass indices by sex."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.populations import SEXES, adults_below
from manikin.tasks.bodies.shapes import PersonShape
from manikin.tasks.errors import InputError
from manikin.tasks.images.overlay import tile

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]

MEASURES = {  # name: (title, lowest, highest, width of a bar, distance of labels)
    "height_m": ("stature, m", 1.30, 2.05, 0.025, 0.1),
    "weight_kg": ("weight, kg", 25.0, 135.0, 2.5, 20.0),
    "bmi": ("body mass index, kg/m2", 13.0, 42.0, 0.5, 5.0),
}
_WIDTH, _HEIGHT, _MARGIN = 460, 260, 34  # pixels of one panel
_PAPER, _INK, _BARS, _LINE = (255, 255, 255), (60, 60, 60), (164, 192, 222), (196, 78, 32)


def shape_histograms(people: Sequence[PersonShape]) -> U8:
    """Return a picture: a row of panels for men, one for women; bars are the people, lines what is published of adults.

    Args:
        people: of both sexes, some thousands; adults, if bars and lines are to agree.

    Raises:
        InputError: there are no people of a sex.
    """
    panels = []
    for sex in SEXES:
        chosen = [p for p in people if p.sex == sex]
        if not chosen:
            raise InputError(f"none of the {len(people)} people is {sex}: histograms need both sexes")
        height = np.array([p.height_m for p in chosen])
        weight = np.array([p.weight_kg for p in chosen])
        values = {"height_m": height, "weight_kg": weight, "bmi": weight / height**2}
        panels += [_panel(sex, measure, values[measure]) for measure in MEASURES]
    return tile(panels, len(MEASURES), gap=0)


def _panel(sex: str, measure: str, values: F64) -> U8:
    title, low, high, step, _ = MEASURES[measure]
    edges = np.linspace(low, high, round((high - low) / step) + 1)
    bars = np.histogram(values, edges)[0] / len(values)
    published = np.diff(adults_below(sex, measure, edges))
    top = 1.15 * max(float(bars.max()), float(published.max()))
    x = _MARGIN + (edges - low) / (high - low) * (_WIDTH - 2 * _MARGIN)
    base = _HEIGHT - _MARGIN

    def y(share: F64) -> F64:
        return np.asarray(base - share / top * (base - _MARGIN))

    out = np.full((_HEIGHT, _WIDTH, 3), _PAPER, np.uint8)
    for left, right, edge in zip(x[:-1], x[1:], y(bars), strict=True):
        cv2.rectangle(out, (round(left), round(edge)), (round(right) - 1, base), _BARS, cv2.FILLED)
    line = np.stack([0.5 * (x[1:] + x[:-1]), y(published)], axis=1)
    cv2.polylines(out, [np.round(16 * line).astype(np.int32)], False, _LINE, 2, cv2.LINE_AA, 4)
    words = f"{'men' if sex == 'male' else 'women'}, {title}: n {len(values)}, mean {values.mean():.4g}, sd {values.std():.3g}"
    cv2.putText(out, words, (_MARGIN, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.4, _INK, 1, cv2.LINE_AA)
    _draw_axis(out, measure, base)
    return out


def _draw_axis(out: U8, measure: str, base: int) -> None:
    _, low, high, _, distance = MEASURES[measure]
    cv2.line(out, (_MARGIN, base), (_WIDTH - _MARGIN, base), _INK, 1)
    for tick in np.arange(np.ceil(low / distance), np.floor(high / distance) + 1) * distance:
        x = round(_MARGIN + (tick - low) / (high - low) * (_WIDTH - 2 * _MARGIN))
        cv2.line(out, (x, base), (x, base + 4), _INK, 1)
        cv2.putText(out, f"{tick:g}", (x - 10, base + 18), cv2.FONT_HERSHEY_SIMPLEX, 0.36, _INK, 1, cv2.LINE_AA)
