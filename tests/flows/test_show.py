from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from manikin.flows.cli import app
from manikin.tasks.errors import InputError


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["show", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_motion_stands_beside_its_own_skeleton(assets: Path, tmp_path: Path) -> None:
    out = tmp_path / "motion.png"
    said = run("motion", "--frames", 3, "--out", out)
    sheet = cv2.imread(str(out))
    height, width = sheet.shape[:2]
    assert width == 3 * 4 * (height + 2) - 2  # three frames in a row, each two views of sticks and body
    assert f"{width}x{height} pixels" in said
    cells = [sheet[:, k * (height + 2) : k * (height + 2) + height] for k in range(12)]
    assert all(cell.std() > 5 for cell in cells)


def test_poses_of_a_prior_and_what_was_rejected(assets: Path, tmp_path: Path) -> None:
    said = run("poses", "--prior", "replay", "--count", 9, "--out", tmp_path / "poses.png")
    assert "draws for 9 poses; rejected:" in said
    assert cv2.imread(str(tmp_path / "poses.png")).shape[0] > 2 * 192  # two rows of eight


def test_a_user_s_body_takes_the_poses(smpl_file: Path, tmp_path: Path) -> None:
    run("motion", "--frames", 1, "--body", smpl_file, "--out", tmp_path / "smpl.png")
    assert (tmp_path / "smpl.png").exists()


def test_a_folder_that_is_not_there(assets: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--out .*nowhere.*cannot be written; give a PNG in a folder that exists"):
        run("motion", "--frames", 1, "--out", tmp_path / "nowhere" / "x.png")
    with pytest.raises(InputError, match="no such folder; expected one with motion files"):
        run("motion", "--mocap", tmp_path / "none", "--out", tmp_path / "x.png")
