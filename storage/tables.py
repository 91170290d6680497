"""Tables at rest: one Parquet file, or one part a shard, read into pandas.

A column that holds a small array an image (joints, matrices) is stored flat as a list of floats; the table's metadata says
its shape, so that `column_array` gives it back whole.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from manikin.storage.stage import file_crc, write_atomic

INDEX = "index"
SHAPES = b"manikin.shapes"


def write_table(path: Path, table: pd.DataFrame, arrays: Mapping[str, NDArray[Any]] | None = None) -> str:
    """Write a table and return the file's CRC-32.

    Args:
        path: the Parquet file.
        table: one row an item, plain columns.
        arrays: further columns as (n, ...) arrays.
    """
    arrays = dict(arrays or {})
    columns = pa.Table.from_pandas(table, preserve_index=False)
    for name, values in arrays.items():
        flat = pa.array(np.ascontiguousarray(values).reshape(-1))
        columns = columns.append_column(name, pa.FixedSizeListArray.from_arrays(flat, int(np.prod(values.shape[1:]))))
    shapes = {name: list(values.shape[1:]) for name, values in arrays.items()}
    columns = columns.replace_schema_metadata({**(columns.schema.metadata or {}), SHAPES: json.dumps(shapes).encode()})
    sink = io.BytesIO()
    pq.write_table(columns, sink, compression="zstd")
    write_atomic(path, sink.getvalue())
    return file_crc(path)


def part_path(folder: Path, shard: int) -> Path:
    """Return the file of one shard's rows."""
    return folder / INDEX / f"part-{shard:06d}.parquet"


def read_table(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Return a table, or the parts in a folder one after the other, as pandas reads it."""
    return _read(path, columns).to_pandas()


def column_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the array columns of a table and the shape of an item of each."""
    first = next(iter(sorted(path.glob("part-*.parquet")))) if path.is_dir() else path
    metadata = pq.read_schema(first).metadata or {}
    return {name: tuple(shape) for name, shape in json.loads(metadata.get(SHAPES, b"{}")).items()}


def column_array(path: Path, name: str) -> NDArray[Any]:
    """Return one array column of a table as (n, ...).

    Raises:
        KeyError: no such column.
    """
    return _unflatten(_read(path, [name]), name, column_shapes(path)[name])


def column_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return every array column of a table; the arrays may be written to."""
    shapes = column_shapes(path)
    table = _read(path, list(shapes))
    return {name: _unflatten(table, name, shape).copy() for name, shape in shapes.items()}


def _unflatten(table: pa.Table, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    column = table.column(name).combine_chunks()
    flat: NDArray[Any] = column.flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(column), *shape)


def _read(path: Path, columns: list[str] | None) -> pa.Table:
    files = sorted(path.glob("part-*.parquet")) if path.is_dir() else [path]
    return pa.concat_tables([pq.read_table(f, columns=columns) for f in files])
