import pandas as pd
from typer.testing import CliRunner

from manikin.flows.prior import COLUMNS, app, draw_scores, markdown
from manikin.tasks.errors import InputError
from manikin.tasks.poses.comparison import HELD_OUT, Score
from manikin.tasks.poses.fitting import PRIORS

SCORES = [
    Score(HELD_OUT, 0.63, 1.0, 1.0, 0.0, 134.2, 201.0, 0.0, 0.029, 1.0),
    Score("gmm", 0.4, 0.9, 0.2, 255.0, 127.0, 237.0, 192.0, 0.082, 1.0),
    Score("gmm with rejection", 0.62, 0.75, 0.21, 283.0, 102.0, 144.0, 187.0, 0.0, 2.82),
]


def test_the_table_names_every_number():
    lines = markdown(SCORES).splitlines()
    assert list(COLUMNS) == list(Score.__slots__)
    assert all(line.count("|") == len(COLUMNS) + 1 for line in lines)
    assert lines[2].startswith("| held-out frames | 0.63 | 1.00 |")
    assert "| 102 | 144 | 187 | 0.0% | 2.8 |" in lines[4]


def test_the_picture_is_one(tmp_path):
    import cv2

    draw_scores(SCORES, tmp_path / "priors.png")
    picture = cv2.imread(str(tmp_path / "priors.png"))
    assert picture.shape[1] == 1440
    assert (picture.min(axis=-1) < 250).mean() > 0.02


def test_a_prior_that_is_none_is_told():
    result = CliRunner().invoke(app, ["compare", "--name", "vae"])
    assert isinstance(result.exception, InputError)
    assert str(result.exception) == f"--name vae; expected one of {', '.join(PRIORS)}"


def test_a_folder_without_motion_is_told(assets, tmp_path):
    result = CliRunner().invoke(app, ["compare", "--mocap", str(tmp_path / "none")])
    assert isinstance(result.exception, InputError)
    assert "no such folder" in str(result.exception)


def test_the_command_writes_table_and_picture(assets, tmp_path):
    result = CliRunner().invoke(app, ["compare", "--name", "replay", "--folds", "2", "--out", str(tmp_path)])
    assert result.exception is None
    table = pd.read_csv(tmp_path / "priors.csv")
    assert table["prior"].tolist() == [HELD_OUT, "replay", "replay with rejection"]
    assert (table["precision"][1:] > 0.8).all()
    assert (tmp_path / "priors.md").read_text(encoding="utf-8").count("\n") == 5
    assert (tmp_path / "priors.png").stat().st_size > 10_000
