"""How tall and how heavy people are, by sex and age: public statistics, read from populations.toml, where each is cited.

Adults of 18 to 70 years: the world's statures, the same at every age; the world's body mass indices, with the mean rising
and falling with age as in the United States, such that all ages together have the published distribution. Elders of 70
and more have lost stature since. Children of 6 to 18 years: the growth reference of the World Health Organization.
Stature and index are independent of each other, which gives stature and weight a correlation of 0.4.
"""

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

F64 = NDArray[np.float64]

SEXES = ("male", "female")  # in the order of MakeHuman's gender axis
CHILD_AGES, ADULT_AGES, ELDER_AGES = (6.0, 18.0), (18.0, 70.0), (70.0, 90.0)  # years

_TABLE = Path(__file__).with_name("populations.toml")


@dataclass(frozen=True, slots=True)
class BoxCox:
    """A distribution that a power makes normal (Cole & Green 1992): L, M and S of growth tables."""

    power: float  # 1 is normal, 0 log-normal
    median: float
    variation: float  # coefficient of variation

    def value(self, z: float) -> float:
        """Return the value that lies z standard deviations from the median."""
        if self.power == 0.0:
            return self.median * math.exp(self.variation * z)
        return float(self.median * max(1.0 + self.power * self.variation * z, 0.0) ** (1.0 / self.power))

    def score(self, value: F64) -> F64:
        """Return how many standard deviations positive values lie from the median."""
        if self.power == 0.0:
            return np.asarray(np.log(value / self.median) / self.variation)
        return np.asarray(((value / self.median) ** self.power - 1.0) / (self.power * self.variation))


def stature(sex: str, years: float) -> BoxCox:
    """Return the distribution of stature in metres of people of an age, 6 to 90 years."""
    if years < CHILD_AGES[1]:
        return _child(sex, "stature", years)
    power, median, variation = _table()["adults"][sex]["stature"]
    if years < ELDER_AGES[0]:
        return BoxCox(power, median, variation)
    lost = float(np.interp(years, _table()["elders"]["years"], _table()["elders"][sex]))
    return BoxCox(power, median - lost, variation * median / (median - lost))


def body_mass_index(sex: str, years: float) -> BoxCox:
    """Return the distribution of the body mass index in kg/m² of people of an age, 6 to 90 years."""
    if years < CHILD_AGES[1]:
        return _child(sex, "bmi", years)
    power, median, variation = _table()["adults"][sex]["bmi"]
    mean, variance = _of_all_ages(sex)
    by_age = float(_log_ratio(sex, np.array([years]))[0]) - mean
    return BoxCox(power, median * math.exp(by_age), math.sqrt(variation**2 - variance))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))


def _child(sex: str, measure: str, years: float) -> BoxCox:
    children = _table()["children"]
    columns = zip(*children[sex][measure], strict=True)
    return BoxCox(*(float(np.interp(years, children["years"], column)) for column in columns))


def _log_ratio(sex: str, years: F64) -> F64:
    """Return the logarithm of the mean index at ages to that of all."""
    table = _table()["adults"]["bmi_by_age"]
    return np.asarray(np.interp(years, table["years"], np.log(table[sex])))


@cache
def _of_all_ages(sex: str) -> tuple[float, float]:
    """Return mean and variance of what age alone does to the logarithm of the index of adults."""
    ratios = _log_ratio(sex, np.linspace(*ADULT_AGES, 521))
    return float(ratios.mean()), float(ratios.var())


def adults_below(sex: str, measure: str, values: F64) -> F64:
    """Return the share of adults of 18 to 70 years whose measure is below values, as published.

    Args:
        sex: of SEXES.
        measure: `height_m`, `bmi` or `weight_kg`; weight follows from the other two.
        values: positive, of any length.
    """
    adults = _table()["adults"][sex]
    height, bmi = BoxCox(*adults["stature"]), BoxCox(*adults["bmi"])
    if measure == "height_m":
        return np.asarray(ndtr(height.score(values)))
    if measure == "bmi":
        return np.asarray(ndtr(bmi.score(values)))
    edges = np.linspace(-5.0, 5.0, 401)
    statures = np.array([height.value(z) for z in 0.5 * (edges[1:] + edges[:-1])])
    below = ndtr(bmi.score(values[:, None] / statures**2))
    return np.asarray(below @ np.diff(ndtr(edges)))


def share_between(low: F64, high: F64) -> F64:
    """Return the share of the standard normal distribution between scores; exact in both tails."""
    turned = low > 0.0  # the far upper tail would be lost in 1 - 1
    return np.asarray(ndtr(np.where(turned, -low, high)) - ndtr(np.where(turned, -high, low)))


def score_between(u: float, low: float, high: float) -> float:
    """Return the score below which lies the share u of the normal distribution cut to [low, high]."""
    if low > 0.0:
        return -score_between(1.0 - u, -high, -low)
    a, b = float(ndtr(low)), float(ndtr(high))
    return float(np.clip(ndtri(a + u * (b - a)), low, high))
