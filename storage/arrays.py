"""Per-image arrays of a stage in sharded Zarr v3.

One table says what is stored. One chunk is one image; one shard is one object, written whole by one worker, so two workers
never touch the same object. A CRC-32C follows the compressor, because Zarr itself does not notice a flipped byte, and a shard
that is missing reads as zeros: what exists is told by the stage's markers alone.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, Crc32cCodec, ZstdCodec

from manikin.storage.stage import file_crc

STORE = "arrays.zarr"


@dataclass(frozen=True, slots=True)
class ArraySpec:
    """What one array holds for one image."""

    name: str
    channels: int  # 0 for (H, W), 3 for (H, W, 3)
    dtype: str
    unit: str
    meaning: str

    def shape(self, size: int) -> tuple[int, ...]:
        """Return the shape of one image's entry."""
        return (size, size, self.channels) if self.channels else (size, size)


ARRAYS = (
    ArraySpec("images", 3, "uint8", "sRGB", "the picture"),
    ArraySpec("mask", 0, "uint8", "1/255", "share of the pixel that the person covers"),
    ArraySpec("depth", 0, "float32", "metre", "distance along the optical axis, 0 where there is no person"),
    ArraySpec(
        "part", 0, "uint8", "index", "body part, index into the attribute part_names, 0 where there is no person"
    ),
)


def create_arrays(folder: Path, n: int, size: int, shard: int, attributes: Mapping[str, Any]) -> None:
    """Create the empty arrays of a stage that do not stand yet.

    Args:
        folder: the attempt folder.
        n: images.
        size: height and width, pixels.
        shard: images a shard.
        attributes: what the group says of itself (part names ...).
    """
    group = zarr.open_group(folder / STORE, mode="a")
    group.attrs.update(dict(attributes))
    for spec in ARRAYS:
        if (folder / STORE / spec.name / "zarr.json").exists():
            continue
        group.create_array(
            spec.name,
            shape=(n, *spec.shape(size)),
            dtype=spec.dtype,
            chunks=(1, *spec.shape(size)),
            shards=(shard, *spec.shape(size)),
            compressors=[_compressor(spec), Crc32cCodec()],
            fill_value=0,
            attributes={"unit": spec.unit, "meaning": spec.meaning},
            overwrite=True,  # one that was being made when its process died
        )


def _compressor(spec: ArraySpec) -> Any:
    if spec.dtype == "float32":
        return BloscCodec(cname="zstd", clevel=1, shuffle="shuffle", typesize=4)
    return ZstdCodec(level=1)


def write_shard(folder: Path, shard: int, start: int, values: Mapping[str, NDArray[Any]]) -> dict[str, str]:
    """Write one shard of every array and return the CRC-32 of each object.

    Args:
        folder: the attempt folder.
        shard: its number.
        start: the number of its first image.
        values: name -> (n, ...) array for each of ARRAYS.
    """
    crcs = {}
    for spec in ARRAYS:
        path = shard_object(folder, spec, shard)
        path.unlink(missing_ok=True)  # Zarr would read what stands there, damaged or not, to change a part of it
        array = zarr.open_array(folder / STORE / spec.name, mode="r+")
        array[start : start + len(values[spec.name])] = values[spec.name]
        with path.open("rb") as f:
            os.fsync(f.fileno())
        crcs[spec.name] = file_crc(path)
    return crcs


def is_sound(folder: Path, shard: int, crcs: Mapping[str, str]) -> bool:
    """Answer whether the objects of a shard are there and hold what was written."""
    paths = {spec.name: shard_object(folder, spec, shard) for spec in ARRAYS}
    return all(path.is_file() and file_crc(path) == crcs.get(name) for name, path in paths.items())


def shard_object(folder: Path, spec: ArraySpec, shard: int) -> Path:
    """Return the file that holds one shard of one array."""
    return folder.joinpath(STORE, spec.name, "c", str(shard), *["0"] * (3 if spec.channels else 2))


def open_arrays(folder: Path) -> zarr.Group:
    """Open a stage's arrays for reading."""
    return zarr.open_group(folder / STORE, mode="r")


def read_slice(folder: Path, start: int, stop: int) -> dict[str, NDArray[Any]]:
    """Return images start..stop of every array."""
    group = open_arrays(folder)
    return {spec.name: np.asarray(group[spec.name][start:stop]) for spec in ARRAYS}  # type: ignore[index]
