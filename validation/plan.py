"""What must be true of a plan before a pixel is drawn: ranges, angles, and references to what exists."""

from typing import Any

import pandas as pd

from manikin.tasks.bodies.people import ShapeSettings
from manikin.tasks.bodies.populations import ADULT_AGES, CHILD_AGES, ELDER_AGES
from manikin.tasks.clothing.cloth.fabric import PALETTES
from manikin.tasks.clothing.cloth.variation import OWN
from manikin.tasks.clothing.looks.tone import N_TONES
from manikin.tasks.images.composite import MODES
from manikin.tasks.scenes.outfit import NOTHING, SLOTS, VARIED
from manikin.tasks.scenes.plan import Choices
from manikin.validation.suite import Check, require, run_suite

# What a mesh may miss of the stature and weight that were drawn for it.
STATURE_SLACK_M, WEIGHT_SLACK_KG = 0.01, 4.0
CHILD_STATURES_M, CHILD_WEIGHTS_KG = (0.9, 2.1), (9.0, 130.0)
# Of bodies without phenotypes, which have the statures and weights they come out with.
ANY_STATURE_M, ANY_WEIGHT_KG = (0.5, 2.5), (5.0, 300.0)


def shape_checks(people: ShapeSettings | None) -> list[Check]:
    """Return the checks of the people whom settings allow; without settings, of any people."""
    ages, statures, weights = [ADULT_AGES], [ANY_STATURE_M], [ANY_WEIGHT_KG]
    if people is not None:
        (short, tall), (light, heavy) = people.height_range, people.weight_range
        ages = [people.age_range] if people.children_share + people.elders_share < 1 else []
        statures = [(short - STATURE_SLACK_M, tall + STATURE_SLACK_M)]
        weights = [(light - WEIGHT_SLACK_KG, heavy + WEIGHT_SLACK_KG)]
        if people.elders_share > 0:
            ages.append(ELDER_AGES)
        if people.children_share > 0:
            ages.append(CHILD_AGES)
            statures.append(CHILD_STATURES_M)
            weights.append(CHILD_WEIGHTS_KG)
    spans = {"age_years": ages, "height_m": statures, "weight_kg": weights}
    return [Check(name, low=min(low for low, _ in s), high=max(high for _, high in s)) for name, s in spans.items()]


def plan_checks(choices: Choices, people: ShapeSettings | None) -> list[Check]:
    """Return the checks of a plan drawn from the given choices and of the given people."""
    wardrobe = choices.wardrobe
    return [
        Check("image", low=0, unique=True),
        Check("pose", low=0, high=len(choices.poses) - 1),
        Check("lift_m", low=0, high=1),
        Check("sex", values=("female", "male")),
        Check("muscle", low=0, high=1),
        *shape_checks(people),
        Check("person", low=0),
        Check("outfit", low=0),
        Check("skin_tone", low=0, high=N_TONES - 1),
        *(Check(slot, values=(*wardrobe[wardrobe["slot"] == slot]["layer"], *_bare(slot))) for slot in SLOTS),
        *(check for slot in VARIED for check in variation_checks(slot)),
        Check("camera", values=("eye", "sphere")),
        Check("azimuth_deg", low=-180, high=180),
        Check("elevation_deg", low=-90, high=90),
        Check("roll_deg", low=-30, high=30),
        Check("fov_deg", low=10, high=100),
        Check("fill", low=0.3, high=1),
        Check("shift_x", low=-0.3, high=0.3),
        Check("shift_y", low=-0.3, high=0.3),
        Check("light_azimuth_deg", low=-180, high=180),
        Check("light_elevation_deg", low=0, high=90),
        Check("light_kelvin", low=3000, high=10000),
        Check("key", low=0, high=2),
        Check("ambient", low=0, high=2),
        Check("background", values=tuple(choices.backgrounds["background"])),
        *(Check(name, low=0, high=1) for name in ("crop_x", "crop_y", "crop_w", "crop_h", "horizon")),
        Check("composite", values=MODES),
        Check("composite_strength", low=0, high=1),
        Check("ground_shadow", low=0, high=1),
        Check("grain_seed", low=0, high=2**31 - 1),
    ]


def variation_checks(slot: str) -> list[Check]:
    """Return the checks of how a slot's garment is varied."""
    return [
        Check(f"{slot}_variant", low=0),
        Check(f"{slot}_light", low=0, high=1.05),
        Check(f"{slot}_chroma", low=0, high=0.4),
        Check(f"{slot}_hue_deg", low=0, high=360),
        Check(f"{slot}_fabric", values=(OWN, *PALETTES)),
        Check(f"{slot}_pattern_scale", low=0.25, high=4),
    ]


def _bare(slot: str) -> tuple[str, ...]:
    return () if slot == "skin" else (NOTHING,)


def check_plan(rows: pd.DataFrame, choices: Choices, people: ShapeSettings | None) -> list[dict[str, Any]]:
    """Return what the checks found in a plan.

    Args:
        rows: the plan.
        choices: what it was drawn from.
        people: who may be in it; None for a body whose stature and weight cannot be chosen.

    Raises:
        InputError: a check failed; says the column, values, what was expected and the images.
    """
    findings = run_suite(rows, plan_checks(choices, people), "plan")
    require(findings, "the plan", "nothing was rendered; mend what the plan was drawn from and run again")
    return findings
