"""What must be true of a plan before a pixel is drawn: ranges, angles, and references to what exists."""

from typing import Any

import pandas as pd

from manikin.tasks.images.composite import MODES
from manikin.tasks.scenes.outfit import SLOTS
from manikin.tasks.scenes.plan import Choices
from manikin.validation.suite import Check, require, run_suite


def plan_checks(choices: Choices) -> list[Check]:
    """Return the checks of a plan drawn from the given choices."""
    wardrobe = choices.wardrobe
    return [
        Check("image", low=0, unique=True),
        Check("pose", low=0, high=len(choices.poses) - 1),
        Check("lift_m", low=0, high=1),
        Check("sex", values=("female", "male")),
        Check("age_years", low=18, high=100),
        Check("height_m", low=1.35, high=2.2),
        Check("weight_kg", low=30, high=220),
        *(Check(slot, values=tuple(wardrobe[wardrobe["slot"] == slot]["layer"])) for slot in SLOTS),
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


def check_plan(rows: pd.DataFrame, choices: Choices) -> list[dict[str, Any]]:
    """Return what the checks found in a plan.

    Raises:
        InputError: a check failed; says the column, values, what was expected and the images.
    """
    findings = run_suite(rows, plan_checks(choices), "plan")
    require(findings, "the plan", "nothing was rendered; mend what the plan was drawn from and run again")
    return findings
