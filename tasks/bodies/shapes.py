"""Bodies for people: one whose mesh really has the sex, age, stature and weight that were drawn for it.

MakeHuman's `height` and `weight` are no measures: stature is linear in `height` at each sex and age, and how much `weight`
changes the mass depends on `muscle`. So a body is found by measuring: a table of body mass indices gives the first
guess, then the mesh is measured and corrected until its stature (sole to vertex) and its mass (volume times density)
are near the drawn ones. Coefficients are linear between the ends of `height` and the middle and ends of `weight`, and so
on beyond the upper end of `weight`, which women with an index over 33 need.

Bodies of other families have principal components with unit variance and no sliders: there coefficients are drawn, and
stature and weight are what they come out as.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from manikin.tasks.bodies import kernels
from manikin.tasks.bodies.evaluate import shape_rest
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.bodies.people import Person, ShapeSettings, draw_person
from manikin.tasks.bodies.phenotypes import AGE_OF, EXTREMES, PHENOTYPES, target_weights
from manikin.tasks.bodies.populations import ADULT_AGES, SEXES, score_between
from manikin.tasks.errors import InputError

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

DENSITY = 985.0  # kg/m3 of a living body with air in its lungs

# Means of `muscle` are a choice: there is no statistic of a MakeHuman slider. Growth ends at about these ages.
MUSCLE = {"male": 0.50, "female": 0.40}
_CHILD_MUSCLE = 0.35
_GIRL_YEARS, _GIRL_GENDER = (
    (9.0, 16.0),
    (0.6, 1.0),
)  # boys and girls differ little before puberty; the mesh's child does
_GROWN_YEARS = {"male": 18.0, "female": 16.0}
_BABY_YEARS, _CHILD_YEARS, _YOUNG_YEARS, _OLD_YEARS = 1.0, 10.0, 25.0, 90.0  # of MakeHuman's targets

_MUSCLES = np.linspace(0.0, 1.0, 5)  # knots of the table
_WEIGHTS = np.linspace(0.0, 1.25, 11)
_WEIGHT_MARGIN = 0.05  # the first guess keeps this far from the slider's ends, to leave room for corrections
COMPONENTS_IGNORE = ("children_share", "elders_share", "height_range", "bmi_range", "weight_range")
_COMPONENTS, _COMPONENT_SCORES = 10, (-2.0, 2.0)  # drawn of a body without phenotypes
_STATURE_M, _MASS_KG = 0.002, 0.3  # a body this near to what was drawn is right
_MAX_CORRECTIONS = 8


@dataclass(frozen=True, slots=True)
class PersonShape:
    """One person. Stature and weight are those measured on the mesh of the coefficients."""

    sex: str  # "female" or "male"
    age_years: float
    height_m: float
    weight_kg: float
    muscle: float  # MakeHuman's slider, 0 to 1
    coefficients: F32  # (K,)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What `sample_shape` needs to know of a body model: made once by `calibrate`."""

    model: BodyModel
    projection: F64  # (N, K) target weights -> coefficients
    bmi: F64  # (2 sexes, A ages, M, W) body mass index over knots of muscle and weight
    stature: F64  # (2, A, 2) stature in metres at `height` 0 and 1


@dataclass(frozen=True, slots=True)
class Fit:
    """A body found for a person, and its measures."""

    muscle: float
    weight: float  # sliders
    height: float
    height_m: float
    weight_kg: float
    coefficients: F32  # (K,)


def _corners(model: BodyModel, projection: F64, phenotype: dict[str, float]) -> F64:
    """Return the coefficients (2, 3, K) of a phenotype at `height` 0 and 1 and `weight` 0, 0.5 and 1."""
    rows = np.array([[phenotype.get(name, 0.5) for name in PHENOTYPES]] * 6)
    rows[:, PHENOTYPES.index("height")] = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    rows[:, PHENOTYPES.index("weight")] = [0.0, 0.5, 1.0] * 2
    corners: F64 = kernels.product(target_weights(model.phenotype_mask, rows), projection).reshape(2, 3, -1)
    return corners


def _between(corners: F64, height: float, weight: float) -> F32:
    """Return the coefficients (K,) at a height and a weight; linear beyond the ends, too."""
    side = (1.0 - height) * corners[0] + height * corners[1]
    upper = int(weight > 0.5)
    mix = 2.0 * weight - upper
    return np.asarray((1.0 - mix) * side[upper] + mix * side[upper + 1], np.float32)


def measure(model: BodyModel, coefficients: ArrayLike) -> tuple[float, float]:
    """Return the stature in metres (sole to vertex) and the weight in kg (volume × 985 kg/m³) of coefficients (K,)."""
    vertices, _ = shape_rest(model, np.asarray(coefficients, dtype=np.float32)[None])
    height = vertices[0, :, 1].copy()  # in a row: NumPy finds its ends faster
    return float(height.max()) - float(height.min()), DENSITY * float(kernels.volume(vertices[0], model.faces))


def calibrate(model: BodyModel) -> Calibration:
    """Return the measures of men and women of all ages over muscle and weight (0.5 s).

    Raises:
        InputError: the model has no phenotypes.
    """
    if not len(model.phenotype_mask):
        raise InputError(
            f"a body of the family {model.family!r} has no phenotypes: people of a stated sex, age, stature and weight need "
            "the default body"
        )
    projection = model.phenotype_projection.astype(np.float64)
    ages = list(AGE_OF.values())
    stature = np.empty((2, len(ages), 2))
    bmi = np.empty((2, len(ages), len(_MUSCLES), len(_WEIGHTS)))
    for sex, age, m in np.ndindex(bmi.shape[:3]):
        phenotype = {"gender": float(sex), "age": ages[age], "muscle": float(_MUSCLES[m])}
        corners = _corners(model, projection, phenotype)
        if _MUSCLES[m] == 0.5:
            stature[sex, age] = [measure(model, corners[end, 1])[0] for end in (0, 1)]
        for w, weight in enumerate(_WEIGHTS):
            height, mass = measure(model, _between(corners, 0.4, float(weight)))
            bmi[sex, age, m, w] = mass / height**2
    return Calibration(model, projection, bmi, stature)


def _at_age(table: F64, age: float) -> F64:
    """Return a table's (A, ...) values at a place on the age axis."""
    position = age * (len(EXTREMES["age"]) - 1)
    low = min(int(position), len(table) - 2)
    return np.asarray((low + 1 - position) * table[low] + (position - low) * table[low + 1])


def _first_guess(table: F64, muscle: float, bmi: float) -> tuple[float, F64]:
    """Return the muscle nearest below the wished for with which an index can be had, and its indices (W,) over weight.

    Args:
        table: (M, W) indices at the age of the person.
        muscle: wished for.
        bmi: kg/m²; where it is out of reach, muscle is 0.
    """
    row = table[0]
    for share in np.linspace(1.0, 0.0, 26):
        position = share * muscle * (len(_MUSCLES) - 1)
        low = min(int(position), len(_MUSCLES) - 2)
        row = np.maximum.accumulate((low + 1 - position) * table[low] + (position - low) * table[low + 1])
        lowest, highest = np.interp([_WEIGHT_MARGIN, 1.0 - _WEIGHT_MARGIN], _WEIGHTS, row)
        if lowest <= bmi <= highest:
            return float(share * muscle), row
    return 0.0, row


def fit_body(calibration: Calibration, phenotype: dict[str, float], height_m: float, bmi: float) -> Fit:
    """Return the body with a stature and an index, with less muscle than asked for where it must be.

    Args:
        calibration: from `calibrate`.
        phenotype: values in [0, 1] of `PHENOTYPES`; at least gender (0 male, 1 female), age and muscle.
        height_m: stature in metres.
        bmi: body mass index in kg/m²; what the mesh cannot reach comes out as near as it can.
    """
    sex, model = round(phenotype["gender"]), calibration.model
    muscle, row = _first_guess(_at_age(calibration.bmi[sex], phenotype["age"]), phenotype["muscle"], bmi)
    weight = float(np.interp(bmi, row, _WEIGHTS))
    slope = float(np.interp(weight, 0.5 * (_WEIGHTS[1:] + _WEIGHTS[:-1]), np.diff(row) / np.diff(_WEIGHTS)))
    base, top = _at_age(calibration.stature[sex], phenotype["age"])
    height = (height_m - base) / (top - base)
    corners = _corners(model, calibration.projection, {**phenotype, "muscle": muscle})
    for correction in range(_MAX_CORRECTIONS + 1):
        coefficients = _between(corners, height, weight)
        measured_m, mass = measure(model, coefficients)
        right = abs(measured_m - height_m) < _STATURE_M and abs(mass - bmi * height_m**2) < _MASS_KG
        if right or correction == _MAX_CORRECTIONS:
            break
        height += (height_m - measured_m) / (top - base)
        weight = min(max(weight + (bmi - mass / measured_m**2) / max(slope, 1.0), 0.0), float(_WEIGHTS[-1]))
    return Fit(muscle, weight, height, measured_m, mass, coefficients)


def place_on_age_axis(sex: str, years: float) -> float:
    """Return MakeHuman's age, 0 to 1, of a person of 1 to 90 years: a grown-up is young until 25."""
    knots = (_BABY_YEARS, _CHILD_YEARS, _GROWN_YEARS[sex], _YOUNG_YEARS, _OLD_YEARS)
    return float(np.interp(years, knots, [AGE_OF[name] for name in ("baby", "child", "young", "young", "old")]))


def draw_phenotype(person: Person, rng: np.random.Generator) -> dict[str, float]:
    """Return what no statistic is at hand for: muscle, proportions, breasts and origins, varied around the average."""
    age = place_on_age_axis(person.sex, person.years)
    aged = max(age - AGE_OF["young"], 0.0) / (AGE_OF["old"] - AGE_OF["young"])
    grown = person.years >= ADULT_AGES[0]
    female = float(np.interp(person.years, _GIRL_YEARS, _GIRL_GENDER))
    shares = rng.dirichlet([0.6, 0.6, 0.6])  # mostly one, often mixed

    def near(mean: float, sd: float, low: float = 0.0, high: float = 1.0) -> float:
        return round(mean + sd * score_between(float(rng.random()), (low - mean) / sd, (high - mean) / sd), 4)

    return {
        "gender": female if person.sex == "female" else 0.0,
        "age": age,
        "muscle": near(MUSCLE[person.sex] - 0.1 * aged if grown else _CHILD_MUSCLE, 0.15, 0.05, 0.95),
        "proportions": near(0.5, 0.15),
        "cupsize": near(0.5, 0.2) if grown else 0.5,
        "firmness": near(0.55 - 0.2 * aged, 0.15) if grown else 0.5,
        **{name: round(float(share), 4) for name, share in zip(("african", "asian", "caucasian"), shares, strict=True)},
    }


def sample_shape(calibration: Calibration, settings: ShapeSettings, rng: np.random.Generator) -> PersonShape:
    """Return one person, drawn from public statistics within the settings, with a body that has the drawn measures.

    Muscle is lowered where the mesh cannot have the drawn index otherwise.
    """
    person = draw_person(settings, rng)
    fit = fit_body(calibration, draw_phenotype(person, rng), person.height_m, person.bmi)
    return PersonShape(person.sex, person.years, fit.height_m, fit.weight_kg, fit.muscle, fit.coefficients)


def sample_components(model: BodyModel, settings: ShapeSettings, rng: np.random.Generator) -> PersonShape:
    """Return one person of a body without phenotypes: normal coefficients of the first ten components, and their measures.

    The sex is the body's, or drawn for a neutral one; the age is drawn and has no effect; muscle is 0.5.
    """
    female, age, *uniform = (float(x) for x in rng.random(2 + _COMPONENTS))
    sex = model.sex if model.sex in SEXES else SEXES[int(female < settings.female_share)]
    years = round(settings.age_range[0] + age * (settings.age_range[1] - settings.age_range[0]), 3)
    coefficients = np.zeros(len(model.shapedirs), np.float32)
    drawn = [round(score_between(u, *_COMPONENT_SCORES), 4) for u in uniform][: len(coefficients)]
    coefficients[: len(drawn)] = drawn
    height_m, weight_kg = measure(model, coefficients)
    return PersonShape(sex, years, height_m, weight_kg, 0.5, coefficients)


def shape_sampler(model: BodyModel, settings: ShapeSettings) -> Callable[[np.random.Generator], PersonShape]:
    """Return what draws a person of a body model with a random stream.

    Raises:
        InputError: the settings ask for people that this body cannot be.
    """
    if len(model.phenotype_mask):
        return partial(sample_shape, calibrate(model), settings)
    asked = [n for n in COMPONENTS_IGNORE if getattr(settings, n) != getattr(ShapeSettings(), n)]
    if asked:
        raise InputError(
            f"{', '.join(asked)}: a body of the family {model.family!r} has no phenotypes, so its people cannot be chosen by "
            "these; leave them out or use the default body"
        )
    return partial(sample_components, model, settings)
