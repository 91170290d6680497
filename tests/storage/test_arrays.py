from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from manikin.storage.arrays import ARRAYS, create_arrays, open_arrays, read_slice, shard_object, write_shard

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


@pytest.mark.parametrize("spec", ARRAYS, ids=lambda s: s.name)
def test_flipped_byte_is_noticed(tmp_path: Path, spec: Any) -> None:
    fill(tmp_path, 4, 4, some_arrays(4))
    path = shard_object(tmp_path, spec, 0)
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0x10
    path.write_bytes(bytes(data))
    with pytest.raises((ValueError, RuntimeError)):
        open_arrays(tmp_path)[spec.name][:]  # type: ignore[index]
