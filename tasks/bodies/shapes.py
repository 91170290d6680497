"""Adults as they are: sex, age, stature and weight from public statistics, and a body that really has them.

MakeHuman's `height` and `weight` are no measures: stature is linear in `height` for each sex, and how much `weight`
changes the mass depends on `muscle`. So a body is found by measuring: a table of body mass indices gives the first
guess, then the mesh is measured and corrected until its stature (sole to vertex) and its mass (volume times density)
are the drawn ones.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from manikin.tasks.bodies import kernels
from manikin.tasks.bodies.evaluate import shape_rest
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.phenotypes import PHENOTYPES, target_weights

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

DENSITY = 985.0  # kg/m3 of a living body with air in its lungs
SEXES = ("male", "female")  # in the order of MakeHuman's gender axis


@dataclass(frozen=True, slots=True)
class Population:
    """Stature is normal, cut at three standard deviations; the body mass index is log-normal, cut to a range."""

    stature_mean: float
    stature_sd: float
    log_bmi_mean: float
    log_bmi_sd: float
    bmi_range: tuple[float, float]
    muscle_mean: float


# Mean stature of adults born in 1996, worldwide: NCD-RisC, eLife 5:e13410 (2016). Standard deviations within a
# population: Jelenkovic et al., eLife 5:e20320 (2016), as summarized by Our World in Data. Body mass index worldwide in
# 2014: the log-normals with the prevalences of NCD-RisC, Lancet 387:1377 (2016): below 18.5, men 8.8 % and women 9.7 %;
# from 30, men 10.8 % and women 14.9 %. The published means, 24.2 and 24.4, are theirs to 0.3. The ranges are what the
# mesh reaches. The means of `muscle` are a choice: there is no statistic of a MakeHuman slider.
POPULATIONS = {
    "male": Population(1.71, 0.076, 3.170, 0.187, (16.0, 36.0), 0.50),
    "female": Population(1.59, 0.071, 3.186, 0.207, (16.0, 31.5), 0.40),
}
AGE_RANGE = (18.0, 70.0)
_YOUNG_YEARS, _OLD_YEARS = 25.0, 90.0  # the ages of MakeHuman's young and old targets

_KNOTS = np.linspace(0.0, 1.0, 9)  # of muscle and of weight in the table
_WEIGHT_MARGIN = 0.04  # the first guess keeps this far from the ends of the slider, to leave room for corrections
_STATURE_M, _MASS_KG = 0.0005, 0.1  # a body this near to what was drawn is right
_MAX_CORRECTIONS = 8


@dataclass(frozen=True, slots=True)
class AdultShape:
    """One person. Stature and weight are those measured on the mesh of the coefficients."""

    sex: str  # "female" or "male"
    age_years: float
    height_m: float
    weight_kg: float
    muscle: float  # MakeHuman's slider, 0 to 1
    coefficients: F32  # (K,)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What `sample_adult` needs to know of a body model: made once by `calibrate`."""

    model: BodyModel
    bmi: F64  # (2 sexes, 2 ages, M, W) body mass index over knots of muscle and weight, young and old
    stature: F64  # (2, 2) stature in metres of each sex at `height` 0 and 1


def _coefficients(model: BodyModel, phenotype: dict[str, float]) -> F32:
    """Return the coefficients (K,) of one phenotype; what is not named is average."""
    row = np.array([[phenotype.get(name, 0.5) for name in PHENOTYPES]])
    weights = target_weights(model.phenotype_mask, row)
    coefficients: F64 = kernels.product(weights, model.phenotype_projection.astype(np.float64))[0]
    return coefficients.astype(np.float32)


def measure(model: BodyModel, coefficients: ArrayLike) -> tuple[float, float]:
    """Return the stature in metres (sole to vertex) and the weight in kg (volume × 985 kg/m³) of coefficients (K,)."""
    vertices, _ = shape_rest(model, np.asarray(coefficients, dtype=np.float32)[None])
    height = vertices[0, :, 1]
    return float(height.max()) - float(height.min()), DENSITY * float(kernels.volume(vertices[0], model.faces))


def calibrate(model: BodyModel) -> Calibration:
    """Return the measures of young and old men and women over muscle and weight (0.3 s)."""
    bmi = np.empty((2, 2, len(_KNOTS), len(_KNOTS)))
    stature = np.empty((2, 2))
    for sex in range(2):
        for end in range(2):
            stature[sex, end] = measure(model, _coefficients(model, {"gender": sex, "age": 0.0, "height": end}))[0]
        typical = (POPULATIONS[SEXES[sex]].stature_mean - stature[sex, 0]) / (stature[sex, 1] - stature[sex, 0])
        for age, m, w in np.ndindex(bmi.shape[1:]):
            phenotype = {"gender": sex, "age": age, "muscle": _KNOTS[m], "weight": _KNOTS[w], "height": typical}
            height, mass = measure(model, _coefficients(model, phenotype))
            bmi[sex, age, m, w] = mass / height**2
    return Calibration(model, bmi, stature)


def _bmi_of_weights(calibration: Calibration, sex: int, age: float, muscle: float) -> F64:
    """Return the table's body mass index (W,) over the knots of weight, never falling."""
    table = (1.0 - age) * calibration.bmi[sex, 0] + age * calibration.bmi[sex, 1]
    position = muscle * (len(_KNOTS) - 1)
    low = min(int(position), len(_KNOTS) - 2)
    return np.maximum.accumulate((low + 1 - position) * table[low] + (position - low) * table[low + 1])


def _first_guess(calibration: Calibration, sex: int, age: float, muscle: float, bmi: float) -> tuple[float, F64]:
    """Return the muscle nearest below the wished for with which that index can be had, and its table row."""
    row = _bmi_of_weights(calibration, sex, age, muscle)
    for share in np.linspace(1.0, 0.0, 26):
        row = _bmi_of_weights(calibration, sex, age, share * muscle)
        lowest, highest = np.interp([_WEIGHT_MARGIN, 1.0 - _WEIGHT_MARGIN], _KNOTS, row)
        if lowest <= bmi <= highest:
            return float(share * muscle), row
    return 0.0, row


def fit_adult(
    calibration: Calibration, phenotype: dict[str, float], height_m: float, bmi: float
) -> tuple[dict[str, float], F32]:
    """Return the phenotype with height, weight and, where needed, less muscle than asked for, and its coefficients.

    Args:
        calibration: from `calibrate`.
        phenotype: values in [0, 1] of `PHENOTYPES`; at least gender (0 male, 1 female), age and muscle.
        height_m: stature in metres.
        bmi: body mass index in kg/m²; what the mesh cannot reach comes out as near as it can.
    """
    sex = round(phenotype["gender"])
    muscle, row = _first_guess(calibration, sex, phenotype["age"], phenotype["muscle"], bmi)
    weight = float(np.interp(bmi, row, _KNOTS))
    bmi_slope = float(np.interp(weight, 0.5 * (_KNOTS[1:] + _KNOTS[:-1]), np.diff(row) / np.diff(_KNOTS)))
    base, top = calibration.stature[sex]
    height = (height_m - base) / (top - base)
    fitted, coefficients = phenotype, np.empty(0, dtype=np.float32)
    for _ in range(_MAX_CORRECTIONS):
        fitted = {**phenotype, "muscle": muscle, "weight": weight, "height": height}
        coefficients = _coefficients(calibration.model, fitted)
        stature, mass = measure(calibration.model, coefficients)
        if abs(stature - height_m) < _STATURE_M and abs(mass - bmi * height_m**2) < _MASS_KG:
            break
        height += (height_m - stature) / (top - base)
        weight = min(max(weight + (bmi - mass / stature**2) / max(bmi_slope, 1.0), 0.0), 1.0)
    return fitted, coefficients


def _truncated_normal(rng: np.random.Generator, mean: float, sd: float, low: float, high: float) -> float:
    """Return a normal draw between two bounds, which must hold a fair share of the distribution."""
    while True:
        x = rng.normal(mean, sd)
        if low <= x <= high:
            return float(x)


def _draw_phenotype(population: Population, sex: int, age: float, rng: np.random.Generator) -> dict[str, float]:
    """Return what no statistic is at hand for: muscle, proportions, breasts and origins, varied around the average."""
    african, asian, caucasian = rng.dirichlet([0.6, 0.6, 0.6])  # mostly one, often mixed
    return {
        "gender": float(sex),
        "age": age,
        "muscle": _truncated_normal(rng, population.muscle_mean - 0.1 * age, 0.15, 0.05, 0.95),
        "proportions": _truncated_normal(rng, 0.5, 0.15, 0.0, 1.0),
        "cupsize": _truncated_normal(rng, 0.5, 0.2, 0.0, 1.0),
        "firmness": _truncated_normal(rng, 0.55 - 0.2 * age, 0.15, 0.0, 1.0),
        "african": float(african),
        "asian": float(asian),
        "caucasian": float(caucasian),
    }


def sample_adult(calibration: Calibration, rng: np.random.Generator) -> AdultShape:
    """Return one adult: sex even, age uniform from 18 to 70, stature and body mass index as in `POPULATIONS`.

    Stature and index are independent of each other and of age and origin. Muscle is lowered where the mesh cannot have
    the drawn index otherwise.
    """
    sex = int(rng.integers(2))
    population = POPULATIONS[SEXES[sex]]
    years = float(rng.uniform(*AGE_RANGE))
    age = min(max((years - _YOUNG_YEARS) / (_OLD_YEARS - _YOUNG_YEARS), 0.0), 1.0)
    mean, sd = population.stature_mean, population.stature_sd
    stature = _truncated_normal(rng, mean, sd, mean - 3.0 * sd, mean + 3.0 * sd)
    low, high = population.bmi_range
    bmi = np.exp(
        _truncated_normal(rng, population.log_bmi_mean, population.log_bmi_sd, float(np.log(low)), float(np.log(high)))
    )
    phenotype = _draw_phenotype(population, sex, age, rng)
    fitted, coefficients = fit_adult(calibration, phenotype, stature, float(bmi))
    height_m, weight_kg = measure(calibration.model, coefficients)
    return AdultShape(SEXES[sex], years, height_m, weight_kg, fitted["muscle"], coefficients)
