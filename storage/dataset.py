"""Finished data sets: a name under a root, and what it opens.

A release is a small file `<root>/<name>.json` that names the stages of a run. It is written last, so a name that opens is a
data set that is whole and has passed its checks.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import zarr
from numpy.typing import NDArray

from manikin.storage.arrays import open_arrays
from manikin.storage.stage import StageRef, data_folder, read_manifest, to_json, write_atomic
from manikin.storage.tables import INDEX, column_array, column_shapes, read_table
from manikin.tasks.errors import InputError


@dataclass(frozen=True, slots=True)
class Dataset:
    """A finished data set of n images."""

    folder: Path
    config: Mapping[str, Any]
    stages: Mapping[str, StageRef]
    arrays: zarr.Group

    @property
    def images(self) -> zarr.Array[Any]:
        """(n, H, W, 3) uint8 sRGB; read with `dataset.images[i]` or a slice."""
        return self._array("images")

    @property
    def mask(self) -> zarr.Array[Any]:
        """(n, H, W) uint8: share of each pixel that the person covers, 255 = all."""
        return self._array("mask")

    @property
    def depth(self) -> zarr.Array[Any]:
        """(n, H, W) float32 metres along the optical axis; 0 where there is no person."""
        return self._array("depth")

    @property
    def part(self) -> zarr.Array[Any]:
        """(n, H, W) uint8: body part, index into `part_names`; 0 where there is no person."""
        return self._array("part")

    @property
    def part_names(self) -> tuple[str, ...]:
        """Names of the body parts."""
        names: Any = self.arrays.attrs["part_names"]
        return tuple(names)

    @property
    def index(self) -> pd.DataFrame:
        """One row an image: every plain value of the plan and the labels, joined with nothing left out."""
        table = read_table(self.folder / INDEX, None)
        return table.drop(columns=list(self.columns))

    @property
    def columns(self) -> dict[str, tuple[int, ...]]:
        """Names of the label arrays that `labels` gives, with the shape of one image's entry."""
        return column_shapes(self.folder / INDEX)

    def labels(self, name: str) -> NDArray[Any]:
        """Return one label of all images, (n, ...): `coco17_xy`, `body_world`, `K`, `T_cam_world`, `pose_axis_angle` ...

        Raises:
            InputError: no such label; lists those there are.
        """
        if name not in self.columns:
            raise InputError(f"no label {name!r} in this data set; there are {', '.join(sorted(self.columns))}")
        return column_array(self.folder / INDEX, name)

    def __len__(self) -> int:
        return int(self.images.shape[0])

    def _array(self, name: str) -> zarr.Array[Any]:
        array = self.arrays[name]
        assert isinstance(array, zarr.Array)
        return array


def release(root: Path, name: str, config: Mapping[str, Any], stages: Mapping[str, StageRef]) -> Path:
    """Give a finished run its name, and return the file that holds it; a name given before now means this run."""
    path = root / f"{name}.json"
    write_atomic(path, to_json({"config": dict(config), "stages": {k: asdict(v) for k, v in stages.items()}}))
    return path


def is_released(root: Path, name: str, stages: Mapping[str, StageRef]) -> bool:
    """Answer whether a name already means a run's stages."""
    path = root / f"{name}.json"
    if not path.is_file():
        return False
    record = json.loads(path.read_bytes())["stages"]
    return bool({k: v["digest"] for k, v in record.items()} == {k: ref.digest for k, ref in stages.items()})


def open_dataset(root: str | Path, name: str, stage: Literal["augment", "render"] = "augment") -> Dataset:
    """Return a finished data set.

    Args:
        root: folder of the stage store.
        name: the data set's name.
        stage: `augment` for the pictures to train on, `render` for the same before augmentation.

    Raises:
        InputError: no such data set; lists those there are.
    """
    path = Path(root) / f"{name}.json"
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in Path(root).glob("*.json"))) or "none"
        raise InputError(
            f"no data set {name!r} under {root}; there are: {there}. `manikin synth --name {name}` makes one"
        )
    record = json.loads(path.read_bytes())
    # The store may have been moved: stages are looked up beside the release file.
    stages = {k: StageRef(str(path.parent), v["stage"], v["digest"]) for k, v in record["stages"].items()}
    read_manifest(stages[stage])
    folder = data_folder(stages[stage])
    return Dataset(folder=folder, config=record["config"], stages=stages, arrays=open_arrays(folder))
