from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from manikin.tasks.bodies.people import ShapeSettings
from manikin.tasks.bodies.shapes import PersonShape
from manikin.tasks.errors import InputError
from manikin.tasks.scenes.background import BackgroundPlan
from manikin.tasks.scenes.camera import CameraPlan, sample_camera
from manikin.tasks.scenes.outfit import NO_BOTTOM, SLOTS
from manikin.tasks.scenes.plan import Choices, PlanSettings, make_plan, part_of_row
from manikin.validation.plan import check_plan, shape_checks

SETTINGS = PlanSettings(images=40, size=64, seed=3, camera="eye", composite="alpha", augment=1.0)

SPECIAL = [
    (NO_BOTTOM, "bottom", "any", "none", "any"),
    ("wrinkled-any", "skin", "any", "plain", "old"),
    ("white-any", "hair", "any", "short", "old"),
]


def somebody(rng: np.random.Generator) -> PersonShape:
    sex = "female" if rng.random() < 0.5 else "male"
    return PersonShape(
        sex, float(rng.choice([30.0, 65.0])), rng.normal(1.7, 0.05), 70.0, 0.5, rng.normal(size=3).astype(np.float32)
    )


@pytest.fixture
def choices() -> Choices:
    layers = [(f"{slot}-{sex}-{k}", slot, sex) for slot in SLOTS for sex in ("any", "male", "female") for k in range(3)]
    return Choices(
        poses=pd.DataFrame(
            {
                "pose": range(40),
                "label": ["standing", "airborne"] * 20,
                "source": ["prior", "mocap"] * 20,
                "origin": "walk",
            }
        ),
        wardrobe=pd.DataFrame(
            [*((*layer, "plain", "any") for layer in layers), ("gown-any", "top", "any", "dress", "any"), *SPECIAL],
            columns=["layer", "slot", "sex", "category", "suits"],
        ),
        backgrounds=pd.DataFrame({"background": ["a", "b"], "width": [640, 480], "height": [480, 640]}),
        sample_shape=somebody,
    )


def test_a_row_does_not_depend_on_how_many_there_are(choices: Choices) -> None:
    many, shapes = make_plan(SETTINGS, choices)
    fewer = PlanSettings(**{n: getattr(SETTINGS, n) for n in SETTINGS.__slots__} | {"images": 7})
    few, few_shapes = make_plan(fewer, choices)
    pd.testing.assert_frame_equal(few, many[:7])
    np.testing.assert_array_equal(few_shapes, shapes[:7])


def test_another_seed_is_another_plan(choices: Choices) -> None:
    other = PlanSettings(**{n: getattr(SETTINGS, n) for n in SETTINGS.__slots__} | {"seed": 4})
    a, b = (make_plan(s, choices)[0] for s in (SETTINGS, other))
    assert (a["azimuth_deg"] != b["azimuth_deg"]).all()


def test_parts_come_back_from_a_row(choices: Choices) -> None:
    rows, _ = make_plan(SETTINGS, choices)
    camera = part_of_row(CameraPlan, rows.iloc[5])
    assert camera.fov_deg == rows["fov_deg"][5]
    assert type(camera.fov_deg) is float
    assert type(part_of_row(BackgroundPlan, rows.iloc[5]).crop_flip) is bool


def test_people_wear_what_fits_their_sex_and_only_the_airborne_are_lifted(choices: Choices) -> None:
    rows, _ = make_plan(SETTINGS, choices)
    for slot in SLOTS:
        worn = rows[slot].str.split("-").str[1].replace("bottom", "any")
        assert ((worn == "any") | (worn == rows["sex"])).all()
    assert ((rows["lift_m"] > 0) == (rows["pose_label"] == "airborne")).all()


def test_nothing_is_worn_under_a_dress_and_only_there(choices: Choices) -> None:
    rows, _ = make_plan(SETTINGS, choices)
    dressed = rows["top"] == "gown-any"
    assert 0 < dressed.sum() < len(rows)
    assert ((rows["bottom"] == NO_BOTTOM) == dressed).all()


def test_only_the_old_have_old_skin_and_hair(choices: Choices) -> None:
    rows, _ = make_plan(SETTINGS, choices)
    for slot, layer in (("skin", "wrinkled-any"), ("hair", "white-any")):
        has = rows[slot] == layer
        assert has.any()
        assert (rows["age_years"][has] >= 60).all()


def test_children_have_smooth_skin_and_hair_on_their_heads(choices: Choices) -> None:
    def boy(rng: np.random.Generator) -> PersonShape:
        return PersonShape("male", 9.0, 1.3, 27.0, 0.3, rng.normal(size=3).astype(np.float32))

    bald = pd.DataFrame([("bald-any", "hair", "any", "bald", "any")], columns=choices.wardrobe.columns)
    boys = replace(choices, sample_shape=boy, wardrobe=pd.concat([choices.wardrobe, bald]))
    rows, _ = make_plan(SETTINGS, boys)
    assert not rows["skin"].str.contains("-male").any()
    assert rows["top"].str.contains("-male").any()
    assert not rows["hair"].str.contains("bald").any()
    with pytest.raises(InputError, match=r"age_years is 9.0, .* in 40 of 40 rows"):
        check_plan(rows, boys, ShapeSettings())


@pytest.mark.parametrize(
    ("settings", "ages", "statures", "weights"),
    [
        (ShapeSettings(height_range=(1.6, 2.0)), (18, 70), (1.59, 2.01), (21, 174)),
        (ShapeSettings(weight_range=(50.0, 100.0), age_range=(18.0, 40.0)), (18, 40), (1.34, 2.11), (46, 104)),
        (ShapeSettings(elders_share=1.0), (70, 90), (1.34, 2.11), (21, 174)),
        (ShapeSettings(children_share=0.1, height_range=(1.6, 1.7)), (6, 70), (0.9, 2.1), (9, 174)),
        (None, (18, 70), (0.5, 2.5), (5, 300)),
    ],
)
def test_checks_follow_the_settings(
    settings: ShapeSettings | None, ages: tuple[float, ...], statures: tuple[float, ...], weights: tuple[float, ...]
) -> None:
    checks = {check.column: (check.low, check.high) for check in shape_checks(settings)}
    expected = {"age_years": ages, "height_m": statures, "weight_kg": weights}
    assert checks == {name: pytest.approx(span) for name, span in expected.items()}


def test_the_plan_passes_its_checks_and_a_broken_one_is_refused(choices: Choices) -> None:
    rows, _ = make_plan(SETTINGS, choices)
    assert all(f["success"] for f in check_plan(rows, choices, ShapeSettings()))
    for column, value, message in (
        ("azimuth_deg", 400.0, "azimuth_deg is 400.0 in 1 of 40 rows"),
        ("top", "cape", "top is cape"),
        ("pose", 99, "pose is 99"),
        ("fov_deg", np.nan, "fov_deg is"),
    ):
        with pytest.raises(InputError, match=message):
            check_plan(rows.assign(**{column: [value, *rows[column][1:]]}), choices, ShapeSettings())


def test_sampled_cameras_are_stored_whole() -> None:
    plan = sample_camera(np.random.default_rng(0), "sphere")
    assert part_of_row(CameraPlan, {n: getattr(plan, n) for n in plan.__slots__}) == plan
