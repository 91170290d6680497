"""What a user can get wrong on the command line: one clear message, exit status 2, no traceback."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from manikin.storage.assets import locate
from manikin.storage.dataset import open_dataset
from manikin.storage.stage import data_folder
from tests.flows.conftest import SMALL, Manikin


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--images", 0), "images is 0, expected greater than or equal to 1"),
        (("--images", -1), "images is -1, expected greater than or equal to 1"),
        (("--size", 17000), "size is 17000, expected less than or equal to 2048"),
        (("--refresh", "rendr"), "refresh is 'rendr', expected 'body'"),
        (("--root", "/proc/runs"), "cannot write under root /proc/runs"),
        (("--garments", "/no/such"), "--garments /no/such is no folder"),
    ],
)
def test_bad_option(manikin: Manikin, tmp_path: Path, arguments: tuple[object, ...], message: str) -> None:
    done = manikin("synth", *SMALL, "--root", tmp_path / "runs", *arguments, expect=2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize("option", ["--garments", "--backgrounds", "--mocap"])
def test_empty_folder(manikin: Manikin, tmp_path: Path, option: str) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = manikin("synth", *SMALL, "--root", tmp_path / "runs", option, empty, expect=2)
    assert f"{option} {empty} is empty" in done.stderr


def test_folder_of_nothing_usable_is_an_error_that_names_it(manikin: Manikin, root: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("these are my clothes")
    done = manikin("synth", *SMALL, "--root", root, "--name", "bad", "--garments", tmp_path, expect=2)
    assert "notes.jpg" in done.stderr
    assert "Traceback" not in done.stderr


def test_bad_photos_are_skipped_counted_and_named(manikin: Manikin, root: Path, tmp_path: Path) -> None:
    good = sorted((locate("saleor") / "saleor/static/placeholders").glob("*polo01*"))[0]
    shutil.copy(good, tmp_path / "polo.png")
    (tmp_path / "notes.jpg").write_text("these are my clothes")
    (tmp_path / "cut.png").write_bytes(good.read_bytes()[: good.stat().st_size // 3])
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "noise.png"), noise)
    manikin("synth", *SMALL, "--root", root, "--name", "mine", "--garments", tmp_path)
    dataset = open_dataset(root, "mine")
    card = (data_folder(dataset.stages["validate"]) / "card.md").read_text()
    for name in ("notes.jpg", "cut.png", "noise.png"):
        assert f"textures: {name}: " in card
    assert dataset.index["top"].nunique() == 1


def test_cut_motion_is_skipped_and_named(manikin: Manikin, root: Path, tmp_path: Path) -> None:
    (tmp_path / "walk.bvh").write_text(
        "HIERARCHY\nROOT Hips\n{\nOFFSET 0 0 0\nCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation\n"
        "End Site\n{\nOFFSET 0 10 0\n}\n}\nMOTION\nFrames: 100\nFrame Time: 0.01\n0 0 0 0 0 0\n"
    )
    done = manikin("synth", *SMALL, "--root", root, "--name", "cut", "--mocap", tmp_path, expect=2)
    assert "walk.bvh" in done.stderr
    assert "100" in done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=30m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
def test_full_disk_says_so_and_the_run_goes_on_when_there_is_space(
    manikin: Manikin, root: Path, small_disk: Path
) -> None:
    runs = small_disk / "runs"
    for stage in ("body", "fit", "textures", "backgrounds"):  # made before, and elsewhere: rendering fills the disk
        (runs / stage).mkdir(parents=True)
        for made in (root / stage).iterdir():
            (runs / stage / made.name).symlink_to(made)
    (small_disk / "filler").write_bytes(b"\0" * 22_000_000)
    arguments = ("synth", "--images", 96, "--size", 256, "--shard", 8, "--workers", 2, "--root", runs)
    done = manikin(*arguments, expect=2)
    (said,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert "the disk is full: stage render could not be written" in said
    assert "run again" in said
    written = {p: p.stat().st_mtime_ns for p in runs.glob("render/*/attempt-1/_commits/*.json")}
    assert 0 < len(written) < 12
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    manikin(*arguments)
    assert {p: p.stat().st_mtime_ns for p in written} == written
    assert len(open_dataset(runs, "synth")) == 96
