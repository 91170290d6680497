"""Whole runs of the flow, as a user starts them: a real server, real workers, real assets, few and small images."""

import json
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

import manikin as package
from manikin.storage.dataset import Dataset, open_dataset
from manikin.storage.stage import read_manifest
from manikin.tasks.errors import InputError
from manikin.tasks.images.camera import Camera
from manikin.tasks.images.renderer import Lights, Mesh, renderer
from manikin.tasks.images.texture import Texture
from tests.flows.conftest import SMALL, Manikin, manikin_command

ARRAYS = ("images", "mask", "depth", "part")


@pytest.fixture(scope="module")
def dataset(root: Path) -> Dataset:
    return open_dataset(root, "small")


def assert_same_bytes(a: Dataset, b: Dataset) -> None:
    for name in ARRAYS:
        np.testing.assert_array_equal(np.asarray(a.arrays[name][:]), np.asarray(b.arrays[name][:]))  # type: ignore[index]
    for name in a.columns:
        np.testing.assert_array_equal(a.labels(name), b.labels(name))
    assert a.index.equals(b.index)


def attempts(root: Path, name: str) -> dict[str, str]:
    return {stage: str(read_manifest(ref)["attempt"]) for stage, ref in open_dataset(root, name).stages.items()}


def test_dataset_has_what_it_promises(root: Path) -> None:
    dataset = package.open_dataset(root, "small")
    assert len(dataset) == len(dataset.index) == 6
    assert dataset.images.shape == (6, 64, 64, 3)
    assert dataset.images.dtype == np.uint8
    assert dataset.labels("coco17_xy").shape == (6, 17, 2)
    assert dataset.labels("body_world").shape[2] == 3
    assert {"skin", "top", "bottom", "background", "height_m", "box_x"} <= set(dataset.index.columns)
    for i in range(6):
        mask, depth = np.asarray(dataset.mask[i]), np.asarray(dataset.depth[i])
        assert (mask >= 128).mean() > 0.01
        assert (depth[mask == 255] > 0).all()
        assert np.asarray(dataset.images[i]).std() > 3


def test_unknown_names_list_the_known(root: Path) -> None:
    with pytest.raises(InputError, match=r"there are: .*small"):
        open_dataset(root, "smal")
    with pytest.raises(InputError, match="coco17_xy"):
        open_dataset(root, "small").labels("coco18_xy")


@pytest.mark.parametrize("stage", ["render", "augment"])
def test_a_marker_put_at_a_joint_is_drawn_where_the_label_says(root: Path, stage: str) -> None:
    """The strongest predicate: rasterise a small ball at each joint with the stored camera; its centre is the 2D label."""
    dataset = open_dataset(root, "small", stage=stage)  # type: ignore[arg-type]
    K, T = dataset.labels("K"), dataset.labels("T_cam_world")
    world, xy = dataset.labels("coco17_world"), dataset.labels("coco17_xy")
    draw = renderer()
    checked = 0
    for i in range(len(dataset)):
        camera = Camera(K=K[i], T_cam_world=T[i], width=64, height=64)
        for joint in range(17):
            if not (xy[i, joint] > 4).all() or not (xy[i, joint] < 60).all():
                continue  # a ball cut off by the border has its centre elsewhere
            radius = 2.5 * camera.to_camera(world[i, joint])[2] / K[i, 0, 0]
            alpha = draw.render(*ball(world[i, joint], radius), camera, LIGHTS).mask.astype(float)
            y, x = np.mgrid[:64, :64] + 0.5
            centre = np.array([(x * alpha).sum(), (y * alpha).sum()]) / alpha.sum()
            np.testing.assert_allclose(centre, xy[i, joint], atol=0.5)
            checked += 1
    assert checked > 40


LIGHTS = Lights(directions=np.array([[0.0, 1, 0]]), colours=np.ones((1, 3)), ambient=np.ones(3), shadow=False)


def ball(centre: np.ndarray, radius: float) -> tuple[Mesh, np.ndarray, np.ndarray, list[Texture]]:
    import trimesh

    sphere = trimesh.creation.icosphere(subdivisions=2)
    faces = sphere.faces.astype(np.int32)
    mesh = Mesh(faces, np.zeros((len(faces), 3, 2), np.float32), np.ones(len(faces), np.uint8))
    normals = np.asarray(sphere.vertices, np.float32)
    white = Texture.from_rgba(np.full((4, 4, 4), 255, np.uint8))
    return mesh, (centre + radius * normals).astype(np.float32), normals, [white]


def test_one_worker_and_other_shards_give_the_same_bytes(manikin: Manikin, root: Path, dataset: Dataset) -> None:
    manikin("synth", *SMALL[:4], "--shard", 4, "--workers", 1, "--root", root, "--name", "other")
    assert_same_bytes(dataset, open_dataset(root, "other"))
    assert_same_bytes(open_dataset(root, "small", "render"), open_dataset(root, "other", "render"))


def test_a_row_does_not_depend_on_how_many_there_are(manikin: Manikin, root: Path, dataset: Dataset) -> None:
    manikin("synth", *SMALL, "--images", 4, "--root", root, "--name", "fewer")
    fewer = open_dataset(root, "fewer")
    for name in ARRAYS:
        np.testing.assert_array_equal(np.asarray(fewer.arrays[name][:]), np.asarray(dataset.arrays[name][:4]))  # type: ignore[index]


def test_a_second_run_makes_nothing(manikin: Manikin, root: Path) -> None:
    before = attempts(root, "small")
    again = manikin("synth", *SMALL, "--root", root, "--name", "small")
    assert "made in" not in again.stderr + again.stdout
    assert (again.stderr + again.stdout).count("Cached") == len(before)
    assert attempts(root, "small") == before


def test_refresh_makes_that_stage_alone_again(manikin: Manikin, root: Path, dataset: Dataset) -> None:
    before = attempts(root, "small")
    images = np.asarray(dataset.images[:])
    out = manikin("synth", *SMALL, "--root", root, "--name", "small", "--refresh", "augment")
    after = attempts(root, "small")
    assert {stage for stage in before if before[stage] != after[stage]} == {"augment"}
    assert (out.stderr + out.stdout).count("made in") == 1
    np.testing.assert_array_equal(np.asarray(open_dataset(root, "small").images[:]), images)


def test_a_killed_run_goes_on_where_it_stopped(manikin: Manikin, root: Path) -> None:
    arguments = (
        "synth",
        "--images",
        48,
        "--size",
        64,
        "--shard",
        2,
        "--workers",
        1,
        "--root",
        root,
        "--name",
        "killed",
    )
    before = set((root / "render").iterdir())
    run = subprocess.Popen(manikin_command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    commits: list[Path] = []
    end = time.monotonic() + 240
    while len(commits) < 3:
        assert run.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < end
        time.sleep(0.02)
        fresh = set((root / "render").iterdir()) - before
        commits = sorted(p for d in fresh for p in d.glob("attempt-1/_commits/*.json"))
    run.send_signal(signal.SIGKILL)
    run.communicate()
    commits = sorted(commits[0].parent.glob("*.json"))
    assert 3 <= len(commits) < 24
    written = {p: p.stat().st_mtime_ns for p in commits}
    manikin(*arguments)
    assert {p: p.stat().st_mtime_ns for p in commits} == written, "a committed shard was made again"
    assert len(list(commits[0].parent.glob("*.json"))) == 24
    assert len(open_dataset(root, "killed")) == 48


def test_manifest_says_how_it_was_made(dataset: Dataset) -> None:
    manifest = read_manifest(dataset.stages["render"])
    assert manifest["parameters"]["images"] == 6
    assert manifest["versions"]["manikin"] == package.__version__
    assert [s["shard"] for s in manifest["shards"]] == [0, 1]
    json.dumps(manifest)
