from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from manikin.tasks.bodies.people import ShapeSettings
from manikin.tasks.bodies.shapes import PersonShape
from manikin.tasks.errors import InputError
from manikin.tasks.scenes.background import BackgroundPlan
from manikin.tasks.scenes.camera import CameraPlan, sample_camera
from manikin.tasks.scenes.outfit import CLOTHES, LOOKS, NOTHING, SLOTS, VARIED, variation, wardrobe_of
from manikin.tasks.scenes.plan import Choices, PlanSettings, make_plan, part_of_row
from manikin.validation.plan import check_plan, shape_checks

SETTINGS = PlanSettings(images=40, size=64, seed=3, camera="eye", composite="alpha", augment=1.0)

SPECIAL = [
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
    table = pd.DataFrame(
        [*((*layer, "plain", "any") for layer in layers), ("gown-any", "top", "any", "dress", "any"), *SPECIAL],
        columns=["layer", "slot", "sex", "category", "suits"],
    )
    return Choices(
        poses=pd.DataFrame(
            {
                "pose": range(40),
                "label": ["standing", "airborne"] * 20,
                "source": ["prior", "mocap"] * 20,
                "origin": "walk",
            }
        ),
        wardrobe=table.assign(varies="fabric", light=0.5, chroma=0.1, hue_deg=20.0, share=0.9),
        backgrounds=pd.DataFrame({"background": ["a", "b"], "width": [640, 480], "height": [480, 640]}),
        sample_shape=somebody,
    )


def test_a_row_does_not_depend_on_how_many_there_are(choices: Choices) -> None:
    many, shapes = make_plan(SETTINGS, choices)
    few, few_shapes = make_plan(replace(SETTINGS, images=7), choices)
    pd.testing.assert_frame_equal(few, many[:7])
    np.testing.assert_array_equal(few_shapes, shapes[:7])


def test_another_seed_is_another_plan(choices: Choices) -> None:
    a, b = (make_plan(s, choices)[0] for s in (SETTINGS, replace(SETTINGS, seed=4)))
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
        worn = rows[slot].str.split("-").str[1]
        assert ((worn == "any") | (worn == rows["sex"]) | (rows[slot] == NOTHING)).all()
    assert ((rows["lift_m"] > 0) == (rows["pose_label"] == "airborne")).all()


def test_nothing_is_worn_under_a_dress_and_only_there(choices: Choices) -> None:
    rows, _ = make_plan(SETTINGS, choices)
    dressed = rows["top"] == "gown-any"
    assert 0 < dressed.sum() < len(rows)
    assert ((rows["bottom"] == NOTHING) == dressed).all()
    assert (rows["bottom_variant"][dressed] == 0).all()
    assert (rows["sex"][dressed] == "female").all()


def test_only_the_old_have_old_skin_and_hair(choices: Choices) -> None:
    rows, _ = make_plan(SETTINGS, choices)
    for slot, layer in (("skin", "wrinkled-any"), ("hair", "white-any")):
        has = rows[slot] == layer
        assert has.any()
        assert (rows["age_years"][has] >= 60).all()


def test_children_have_smooth_skin_and_hair_on_their_heads(choices: Choices) -> None:
    def boy(rng: np.random.Generator) -> PersonShape:
        return PersonShape("male", 9.0, 1.3, 27.0, 0.3, rng.normal(size=3).astype(np.float32))

    bald = choices.wardrobe[:1].assign(layer="bald-any", slot="hair", sex="any", category="bald")
    boys = replace(choices, sample_shape=boy, wardrobe=pd.concat([choices.wardrobe, bald]))
    rows, _ = make_plan(SETTINGS, boys)
    assert not rows["skin"].str.contains("-male").any()
    assert rows["top"].str.contains("-male").any()
    assert not rows["hair"].str.contains("bald").any()
    with pytest.raises(InputError, match=r"age_years is 9.0, .* in 40 of 40 rows"):
        check_plan(rows, boys, ShapeSettings())


def test_few_people_wear_many_outfits(choices: Choices) -> None:
    rows, shapes = make_plan(replace(SETTINGS, people=3), choices)
    assert list(rows["person"]) == [i % 3 for i in range(40)]
    for person, its in rows.groupby("person"):
        assert len(its[[*LOOKS, "sex", "age_years", "height_m"]].drop_duplicates()) == 1
        assert (shapes[its.index] == shapes[person]).all()
        assert len(its[list(CLOTHES)].drop_duplicates()) > 8
    assert len(rows[["height_m"]].drop_duplicates()) == 3


def test_many_people_wear_few_outfits(choices: Choices) -> None:
    rows, shapes = make_plan(replace(SETTINGS, outfits=2), choices)
    assert len(np.unique(shapes, axis=0)) == 40
    varied = [f"{slot}_{name}" for slot in VARIED for name in ("variant", "light", "fabric")]
    for _, its in rows.groupby(["outfit", "sex"]):
        assert len(its) > 5
        assert len(its[[*CLOTHES, *varied]].drop_duplicates()) == 1
    anybody = rows[~rows["top"].str.contains("male")]
    assert (anybody.groupby("outfit")["top"].nunique() <= 1).all()


def test_every_one_of_few_people_wears_every_one_of_few_outfits(choices: Choices) -> None:
    rows, _ = make_plan(replace(SETTINGS, images=24, people=4, outfits=6), choices)
    assert len(rows[["person", "outfit"]].drop_duplicates()) == 24
    few, _ = make_plan(replace(SETTINGS, images=9, people=4, outfits=6), choices)
    pd.testing.assert_frame_equal(few, rows[:9])


def test_garments_come_in_so_many_variants_and_each_is_always_the_same(choices: Choices) -> None:
    rows, _ = make_plan(replace(SETTINGS, images=300, variants=3), choices)
    assert set(rows["top_variant"]) == {0, 1, 2}
    looks = ["top_light", "top_chroma", "top_hue_deg", "top_fabric", "top_pattern_scale"]
    each = rows.groupby(["top", "top_variant"])
    assert (each[looks].nunique() == 1).all(axis=None)
    assert len(rows[["top", *looks]].drop_duplicates()) == len(each)
    as_they_are = rows[rows["top_variant"] == 0]
    assert (as_they_are["top_light"] == 0.5).all()
    assert (as_they_are["top_fabric"] == "own").all()
    plain, _ = make_plan(replace(SETTINGS, variants=1), choices)
    assert (plain[[f"{slot}_variant" for slot in VARIED]] == 0).all(axis=None)


def test_variants_do_not_depend_on_what_else_is_in_the_wardrobe(choices: Choices) -> None:
    table = choices.wardrobe
    fewer = table[~table["layer"].isin(["top-any-0", "bottom-any-1"])]
    rails = [wardrobe_of(t)["top"] for t in (table, fewer)]
    for name in ("top-any-1", "top-female-2"):
        a, b = (variation(rail, list(rail.layer).index(name), 5, seed=3) for rail in rails)
        assert a == b
        assert a != variation(rails[0], list(rails[0].layer).index(name), 5, seed=4)


def test_what_comes_as_it_is_has_no_variants(choices: Choices) -> None:
    rows, _ = make_plan(SETTINGS, replace(choices, wardrobe=choices.wardrobe.assign(varies="no")))
    assert (rows[[f"{slot}_variant" for slot in VARIED]] == 0).all(axis=None)
    rows, _ = make_plan(SETTINGS, replace(choices, wardrobe=choices.wardrobe.assign(varies="colour")))
    assert (rows["top_variant"] > 0).any()
    assert (rows["top_fabric"] == "own").all()


def test_a_slot_that_the_wardrobe_has_nothing_for_stays_bare_but_there_must_be_a_skin(choices: Choices) -> None:
    table = choices.wardrobe
    rows, _ = make_plan(SETTINGS, replace(choices, wardrobe=table[table["slot"] != "socks"]))
    assert (rows["socks"] == NOTHING).all()
    with pytest.raises(InputError, match=r"the wardrobe has no skin for a (fe)?male of \d\d years; make the stage"):
        make_plan(SETTINGS, replace(choices, wardrobe=table[table["slot"] != "skin"]))


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
    broken = {
        "azimuth_deg": (400.0, "azimuth_deg is 400.0 in 1 of 40 rows"),
        "top": ("cape", "top is cape"),
        "pose": (99, "pose is 99"),
        "fov_deg": (np.nan, "fov_deg is"),
        "skin": (NOTHING, "skin is nothing"),
        "top_fabric": ("tin", "top_fabric is tin"),
        "shoes_light": (-0.2, "shoes_light is -0.2"),
    }
    wrong = {column: [value, *rows[column][1:]] for column, (value, _) in broken.items()}
    with pytest.raises(InputError) as caught:
        check_plan(rows.assign(**wrong), choices, ShapeSettings())
    said = str(caught.value).splitlines()
    assert len(said) == len(broken) + 1
    for _, message in broken.values():
        assert any(message in line for line in said), message


def test_sampled_cameras_are_stored_whole() -> None:
    plan = sample_camera(np.random.default_rng(0), "sphere")
    assert part_of_row(CameraPlan, {n: getattr(plan, n) for n in plan.__slots__}) == plan
