import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.storage.arrays import (
    ARRAYS,
    create_arrays,
    is_sound,
    open_arrays,
    read_slice,
    shard_object,
    write_shard,
)

SIZE = 16


def some_arrays(n: int) -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(0)
    return {s.name: rng.integers(0, 255, (n, *s.shape(SIZE))).astype(s.dtype) for s in ARRAYS}


def fill(folder: Path, n: int, shard: int, values: dict[str, NDArray[Any]]) -> None:
    create_arrays(folder, n, SIZE, shard, {})
    for k, start in enumerate(range(0, n, shard)):
        write_shard(folder, k, start, {name: v[start : start + shard] for name, v in values.items()})


@pytest.mark.parametrize("shard", [1, 3, 7, 50])
def test_any_sharding_gives_the_same_arrays(tmp_path: Path, shard: int) -> None:
    values = some_arrays(7)
    fill(tmp_path, 7, shard, values)
    read = read_slice(tmp_path, 0, 7)
    for name, value in values.items():
        np.testing.assert_array_equal(read[name], value)


def test_creating_again_keeps_what_is_written(tmp_path: Path) -> None:
    values = some_arrays(4)
    fill(tmp_path, 4, 2, values)
    create_arrays(tmp_path, 4, SIZE, 2, {})
    np.testing.assert_array_equal(read_slice(tmp_path, 0, 4)["images"], values["images"])


def test_creation_that_was_cut_off_is_finished(tmp_path: Path) -> None:
    create_arrays(tmp_path, 4, SIZE, 2, {"part_names": ["a"]})
    shutil.rmtree(tmp_path / "arrays.zarr" / "depth")
    (tmp_path / "arrays.zarr" / "part" / "zarr.json").unlink()
    values = some_arrays(4)
    fill(tmp_path, 4, 2, values)
    np.testing.assert_array_equal(read_slice(tmp_path, 0, 4)["depth"], values["depth"])


@pytest.mark.parametrize("damage", [b"", b"x" * 100])
def test_damaged_shard_is_seen_and_can_be_written_again(tmp_path: Path, damage: bytes) -> None:
    values = some_arrays(6)
    create_arrays(tmp_path, 6, SIZE, 4, {})
    for shard, rows in enumerate((slice(0, 4), slice(4, 6))):
        part = {name: v[rows] for name, v in values.items()}
        crcs = write_shard(tmp_path, shard, 4 * shard, part)
        assert is_sound(tmp_path, shard, crcs)
        shard_object(tmp_path, ARRAYS[0], shard).write_bytes(damage)
        assert not is_sound(tmp_path, shard, crcs)
        assert write_shard(tmp_path, shard, 4 * shard, part) == crcs
        shard_object(tmp_path, ARRAYS[1], shard).unlink()
        assert not is_sound(tmp_path, shard, crcs)
        write_shard(tmp_path, shard, 4 * shard, part)
    np.testing.assert_array_equal(read_slice(tmp_path, 0, 6)["images"], values["images"])


@pytest.mark.parametrize("spec", ARRAYS, ids=lambda s: s.name)
def test_flipped_byte_is_noticed(tmp_path: Path, spec: Any) -> None:
    fill(tmp_path, 4, 4, some_arrays(4))
    path = shard_object(tmp_path, spec, 0)
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0x10
    path.write_bytes(bytes(data))
    with pytest.raises((ValueError, RuntimeError)):
        open_arrays(tmp_path)[spec.name][:]  # type: ignore[index]
