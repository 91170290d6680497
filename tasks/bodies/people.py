"""Who is drawn: sex, age, stature and body mass index, from public statistics and within the ranges a user sets.

Ranges cut the distributions; what is left is drawn by the inverse of its distribution function, so a range that holds
one in a million costs no more than one that holds everybody. A range of weight cuts statures and indices together:
statures are weighed by the share of indices that give such a weight at that stature.
"""

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.bodies.populations import (
    ADULT_AGES,
    CHILD_AGES,
    ELDER_AGES,
    SEXES,
    BoxCox,
    body_mass_index,
    score_between,
    share_between,
    stature,
)
from manikin.tasks.errors import InputError

F64 = NDArray[np.float64]
Range = tuple[float, float]

# What a user may set, and what is drawn from where nothing is set: what the mesh can be, and nearly everybody.
SPANS = {
    "age_range": ADULT_AGES,
    "height_range": (1.35, 2.10),
    "bmi_range": (16.0, 38.0),
    "weight_range": (25.0, 170.0),
}
UNITS = {"age_range": "years", "height_range": "m", "bmi_range": "kg/m²", "weight_range": "kg"}

_CHILD_SCORES = (-2.5, 2.5)  # ranges are of the grown up; children are cut here
_CELLS = 64  # of stature, where a range of weight couples it to the index
_NO_SHARE = 1e-300  # of people: where all shares are less, every stature is as good
_SLACK = 1e-6  # by which ranges are widened to compare statures, so that a range of one value holds somebody


@dataclass(frozen=True, slots=True)
class ShapeSettings:
    """Whom a user wants. Adults are 18 to 70, elders 70 to 90, children 6 to 17 years old.

    Raises:
        InputError: a value outside its span, an empty range, or ranges of weight, height and index that exclude each other.
    """

    female_share: float = 0.5
    children_share: float = 0.0
    elders_share: float = 0.0
    age_range: Range = SPANS["age_range"]  # years, of adults
    height_range: Range = SPANS["height_range"]  # metres, of adults and elders, as are the next
    bmi_range: Range = SPANS["bmi_range"]  # kg/m²
    weight_range: Range = SPANS["weight_range"]  # kg

    def __post_init__(self) -> None:
        for field in fields(self):
            check = _check_range if field.name in SPANS else _check_share
            check(field.name, getattr(self, field.name))
        if self.children_share + self.elders_share > 1.0:
            raise InputError(
                f"children_share {self.children_share:g} and elders_share {self.elders_share:g} are more than 1 together; "
                "the rest are adults"
            )
        low, high = _statures_for_weights(self)
        if low > high:
            weights = tuple(self.bmi_range[k] * self.height_range[k] ** 2 for k in (0, 1))
            raise InputError(
                f"weight_range {_shown(self.weight_range)} kg: height_range and bmi_range allow only weights from "
                f"{weights[0]:.1f} to {weights[1]:.1f} kg; widen one of the three"
            )


@dataclass(frozen=True, slots=True)
class Person:
    """What is drawn of one person before there is a body."""

    sex: str  # of SEXES
    years: float
    height_m: float
    bmi: float  # kg/m²


def _check_share(name: str, value: float) -> None:
    if not (isinstance(value, int | float) and 0.0 <= value <= 1.0):
        raise InputError(f"{name} is {value!r}, expected a share from 0 to 1")


def _check_range(name: str, value: Range) -> None:
    least, most = SPANS[name]
    unit = UNITS[name]
    if not (
        isinstance(value, tuple)
        and len(value) == 2
        and all(isinstance(x, int | float) and math.isfinite(x) for x in value)
    ):
        raise InputError(f"{name} is {value!r}, expected two numbers, the lowest and the highest {unit}")
    low, high = value
    if low > high:
        raise InputError(f"{name} {_shown(value)} {unit} is empty: its lower end is above its upper end")
    if low < least or high > most:
        raise InputError(
            f"{name} {_shown(value)} {unit} leaves what can be made; expected values from {least:g} to {most:g}"
        )


def _shown(value: Range) -> str:
    return f"{value[0]:g} to {value[1]:g}"


def _statures_for_weights(settings: ShapeSettings) -> Range:
    """Return the statures at which some index of its range gives a weight of its range; empty if low > high."""
    (lightest, heaviest), (leanest, stoutest) = settings.weight_range, settings.bmi_range
    low, high = settings.height_range
    return max(low, math.sqrt(lightest / stoutest)), min(high, math.sqrt(heaviest / leanest))


def draw_person(settings: ShapeSettings, rng: np.random.Generator) -> Person:
    """Return one person; takes five numbers of the stream whoever it is.

    Lengths are rounded to a tenth of a millimetre, indices and ages to a thousandth: mathematical functions differ
    between machines in their last bits.
    """
    group, is_female, age, *uv = (float(x) for x in rng.random(5))
    sex = SEXES[int(is_female < settings.female_share)]
    is_child = group < settings.children_share
    is_elder = not is_child and group < settings.children_share + settings.elders_share
    low, high = CHILD_AGES if is_child else ELDER_AGES if is_elder else settings.age_range
    years = round(low + age * (high - low), 3)
    height, bmi = stature(sex, years), body_mass_index(sex, years)
    draw = _draw_child(height, bmi, *uv) if is_child else _draw_grown(settings, height, bmi, *uv)
    return Person(sex, years, *draw)


def _draw_child(height: BoxCox, bmi: BoxCox, u: float, v: float) -> tuple[float, float]:
    return round(height.value(score_between(u, *_CHILD_SCORES)), 4), round(
        bmi.value(score_between(v, *_CHILD_SCORES)), 3
    )


def _draw_grown(settings: ShapeSettings, height: BoxCox, bmi: BoxCox, u: float, v: float) -> tuple[float, float]:
    """Return stature and index from two uniform numbers, within all ranges."""
    low, high = _statures_for_weights(settings)
    ends = height.score(np.array([low, high]))
    edges = np.linspace(ends[0], ends[1], _CELLS + 1)
    middles = height.median * (1.0 + height.variation * 0.5 * (edges[1:] + edges[:-1]))
    lean, stout = _indices(settings, middles)
    of_weight = share_between(bmi.score(lean * (1.0 - _SLACK)), bmi.score(stout * (1.0 + _SLACK)))
    share = share_between(edges[:-1], edges[1:]) * of_weight
    total = np.maximum(share, _NO_SHARE).cumsum()
    target = u * total[-1]
    cell = min(int(np.searchsorted(total, target, side="right")), _CELLS - 1)
    before = float(total[cell - 1]) if cell else 0.0
    z = score_between((target - before) / (float(total[cell]) - before), float(edges[cell]), float(edges[cell + 1]))
    stature_m = min(max(round(height.value(z), 4), low), high)
    leanest, stoutest = (float(x[0]) for x in _indices(settings, np.array([stature_m])))
    scores = bmi.score(np.array([leanest, max(leanest, stoutest)]))
    return stature_m, min(max(round(bmi.value(score_between(v, *map(float, scores))), 3), leanest), stoutest)


def _indices(settings: ShapeSettings, statures: F64) -> tuple[F64, F64]:
    """Return the lowest and the highest index that each stature may have."""
    (lightest, heaviest), (leanest, stoutest) = settings.weight_range, settings.bmi_range
    squared = statures * statures
    return np.maximum(lightest / squared, leanest), np.minimum(heaviest / squared, stoutest)
