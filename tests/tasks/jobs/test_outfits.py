"""The sheet of outfits of a small data set of people in plain colours."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from manikin.storage.stage import StageRef, commit, open_attempt
from manikin.storage.tables import write_table
from manikin.tasks.bodies.people import ShapeSettings
from manikin.tasks.bodies.shapes import shape_sampler
from manikin.tasks.clothing.cloth.oklab import to_oklab
from manikin.tasks.clothing.cloth.variation import Cloth
from manikin.tasks.errors import InputError
from manikin.tasks.images.clay import PAPER
from manikin.tasks.jobs import backgrounds, body, plan, poses, textures
from manikin.tasks.jobs.outfits import outfits_sheet
from manikin.tasks.jobs.work import Sources, Work
from manikin.tasks.scenes.plan import Choices, PlanSettings, make_plan

SIZE, GAP, ROWS = 160, 2, 4


@pytest.fixture(scope="module")
def stages(smpl_file: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, StageRef]:
    root = tmp_path_factory.mktemp("root")
    places = tmp_path_factory.mktemp("places")
    cv2.imwrite(str(places / "wall.png"), np.full((256, 256, 3), 120, np.uint8))
    sources = Sources(body=smpl_file, backgrounds=places)
    refs = {n: StageRef(str(root), n, "0") for n in ("body", "poses", "textures", "backgrounds", "plan")}
    for name, job in (("body", body), ("textures", textures), ("backgrounds", backgrounds)):
        attempt = open_attempt(refs[name])
        commit(refs[name], attempt, job.run(attempt, Work({"seed": 0, "atlas": 64}, refs, sources, lambda k, n: None)))
    model = body.load(refs["body"])
    still = np.zeros((ROWS, len(model.J_template), 3), np.float32)
    table = pd.DataFrame({"pose": range(ROWS), "label": "standing", "source": "authored", "origin": "rest"})
    attempt = open_attempt(refs["poses"])
    write_table(attempt / poses.TABLE, table, {poses.POSE: still})
    commit(refs["poses"], attempt, {})
    settings = PlanSettings(images=ROWS, size=64, seed=1, camera="eye", composite="alpha", augment=0.0)
    choices = Choices(
        poses=table,
        wardrobe=textures.load_table(refs["textures"]),
        backgrounds=backgrounds.load_table(refs["backgrounds"]),
        sample_shape=shape_sampler(model, ShapeSettings()),
    )
    rows, shapes = make_plan(settings, choices)
    attempt = open_attempt(refs["plan"])
    write_table(attempt / plan.TABLE, rows, {plan.SHAPE: shapes})
    commit(refs["plan"], attempt, {})
    return refs


def test_everybody_wears_the_colours_that_the_plan_says(stages: dict[str, StageRef]) -> None:
    sheet = outfits_sheet(stages, ROWS, columns=2, size=SIZE)
    assert sheet.shape == (2 * SIZE + GAP, 2 * SIZE + GAP, 3)
    rows, _ = plan.load(stages["plan"])
    assert rows["top_variant"].nunique() > 1
    for i, row in rows.iterrows():
        y, x = i // 2 * (SIZE + GAP), i % 2 * (SIZE + GAP)
        picture = sheet[y : y + SIZE, x : x + SIZE]
        assert np.abs(picture[-4:].astype(int) - PAPER).max() == 0
        for slot, height in (("top", 0.36), ("bottom", 0.62)):
            shown = picture[int(height * SIZE), SIZE // 4 : 3 * SIZE // 4]
            lab = to_oklab(shown[(shown != PAPER).any(axis=1)])
            dyed = Cloth(row[f"{slot}_light"], row[f"{slot}_chroma"], row[f"{slot}_hue_deg"], 1.0).lab
            even = lab / np.maximum(lab[:, :1], 0.05) * dyed[0]
            near = np.hypot(*(even - dyed)[:, 1:].T) < 0.03
            assert near.mean() > 0.3, (i, slot)


def test_the_same_plan_gives_the_same_sheet(stages: dict[str, StageRef]) -> None:
    a, b = (outfits_sheet(stages, 2, columns=2, size=SIZE) for _ in range(2))
    np.testing.assert_array_equal(a, b)


def test_more_people_than_the_plan_has_are_refused(stages: dict[str, StageRef]) -> None:
    with pytest.raises(InputError, match=r"5 people of a plan of 4 rows; ask for 1 to 4"):
        outfits_sheet(stages, 5)
