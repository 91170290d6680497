"""The program's own layers: made once, copied into each wardrobe, mended where the kept ones are damaged."""

import shutil
from pathlib import Path

import pytest
import zarr

from manikin.storage.assets import cache_folder
from manikin.tasks.bodies.model import BodyModel
from manikin.tasks.clothing.pattern.template import BodyFront, body_front
from manikin.tasks.jobs.own_layers import bring_own_layers
from manikin.tasks.jobs.shelf import STORE

BODY = "a body of this test"


@pytest.fixture(scope="module")
def front(body: BodyModel) -> BodyFront:
    return body_front(body, 256)


@pytest.fixture
def kept(body: BodyModel, front: BodyFront, tmp_path: Path):
    """The folder that keeps the layers, made by a first call."""
    before = set((cache_folder() / "learned").glob("layers-*"))
    zarr.open_group(tmp_path / "first", mode="w")
    rows = bring_own_layers(tmp_path / "first", set(), body, front, BODY, 0)
    made = set((cache_folder() / "learned").glob("layers-*")) - before
    folder = made.pop() if made else max(before, key=lambda p: p.stat().st_mtime)
    yield folder, rows, tmp_path / "first"
    shutil.rmtree(folder, ignore_errors=True)


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_copies_are_the_same_and_damage_is_mended(body, front, kept, tmp_path):
    folder, rows, first = kept
    assert {row["slot"] for row in rows} == {"bottom", "shoes", "skin", "hair", "underwear", "socks"}
    assert {f"{row['layer']}.shell" for row in rows if row["slot"] in ("bottom", "shoes")} <= {
        p.name for p in first.iterdir()
    }
    shutil.rmtree(folder / STORE / str(rows[3]["layer"]))
    zarr.open_group(tmp_path / "second", mode="w")
    assert len(bring_own_layers(tmp_path / "second", set(), body, front, BODY, 0)) == len(rows)
    assert files(tmp_path / "second") == files(first)
    zarr.open_group(tmp_path / "third", mode="w")
    worn = bring_own_layers(tmp_path / "third", {"top", "bottom"}, body, front, BODY, 0)
    assert [row["layer"] for row in worn] == [row["layer"] for row in rows if row["slot"] != "bottom"]
    assert not list((tmp_path / "third").glob("bottom-*"))
