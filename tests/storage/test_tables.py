from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from manikin.storage.tables import INDEX, column_array, column_shapes, part_path, read_table, write_table


def test_parts_read_as_one_table(tmp_path: Path) -> None:
    joints = np.random.default_rng(0).normal(size=(5, 17, 2)).astype(np.float32)
    for shard, rows in enumerate((slice(0, 3), slice(3, 5))):
        write_table(part_path(tmp_path, shard), pd.DataFrame({"image": range(5)[rows]}), {"xy": joints[rows]})
    folder = tmp_path / INDEX
    assert list(read_table(folder)["image"]) == [0, 1, 2, 3, 4]
    assert column_shapes(folder) == {"xy": (17, 2)}
    np.testing.assert_array_equal(column_array(folder, "xy"), joints)


@given(n=st.integers(1, 4), shape=st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_array_columns_come_back_whole(tmp_path_factory: object, n: int, shape: list[int]) -> None:
    path = tmp_path_factory.mktemp("t") / "t.parquet"  # type: ignore[attr-defined]
    values = np.arange(n * np.prod(shape), dtype=np.float32).reshape(n, *shape)
    write_table(path, pd.DataFrame({"i": range(n)}), {"a": values})
    np.testing.assert_array_equal(column_array(path, "a"), values)


def test_same_rows_same_bytes(tmp_path: Path) -> None:
    table = pd.DataFrame({"image": [1, 2], "name": ["a", "b"]})
    assert write_table(tmp_path / "a", table) == write_table(tmp_path / "b", table)
