"""Reads the arrays of a pickle without running anything that the pickle asks for.

A pickle is a program: it names functions and calls them. SMPL's old files are pickles of NumPy arrays, SciPy matrices and
chumpy expressions, written by Python 2. Here each name on a short list is answered with a record of our own that only keeps
what it is given, and every other name is refused; no code of NumPy, SciPy or chumpy is called by the file. `arrays_of` then
makes arrays of the records, checking sizes. Format: Python's `pickletools`; NumPy's `ndarray.__reduce__`; chumpy 0.70.
"""

import math
import pickle
from collections.abc import Mapping
from types import MappingProxyType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from manikin.tasks.errors import InputError

_KINDS = frozenset("biufcSUO")  # of numbers, text and objects; no records, whose fields could hold anything
_REFUSED = (
    pickle.UnpicklingError,
    TypeError,
    ValueError,
    AttributeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
)
_DAMAGED = (ImportError, UnicodeError, RecursionError, MemoryError, AssertionError)


class Record:
    """What an object of a class that is not loaded was given: a chumpy expression, a sparse matrix, a set."""

    state: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, *_given: Any) -> None: ...

    def __setstate__(self, state: Any) -> None:
        self.state = state if isinstance(state, dict) else {}


class _Chumpy(Record):
    """`Ch` holds its values as x; `Select` takes the values idxs of a, in the shape preferred_shape."""


class _Sparse(Record):
    """A column-wise (or, as _SparseRows, row-wise) matrix: data, indices, indptr, shape."""


class _SparseRows(_Sparse):
    pass


class _Reconstructed:
    """copyreg's way to make an object of a class: one of ours, empty."""

    def __new__(cls, kind: Any, *_given: Any) -> Any:
        """Return an empty record of one of the classes above."""
        if not (isinstance(kind, type) and issubclass(kind, Record)):
            raise pickle.UnpicklingError("it makes an object of something that is no class on the list")
        return kind()

    def __setstate__(self, _state: Any) -> None: ...


class _Bytes:
    """Python 3's way to write bytes for Python 2."""

    def __new__(cls, text: str, *_encoding: Any) -> Any:
        """Return the bytes of a text that was written as Latin-1."""
        return str(text).encode("latin1")

    def __setstate__(self, _state: Any) -> None: ...


class _Type:
    """A NumPy data type: code such as f8, then its byte order."""

    def __init__(self, code: Any = "f8", *_flags: Any) -> None:
        self.dtype = np.dtype(str(code))
        if self.dtype.kind not in _KINDS:
            raise pickle.UnpicklingError(f"it has an array of type {code!r}")

    def __setstate__(self, state: Any) -> None:
        if state[1] in ("<", ">") and self.dtype.kind in "iufcU":
            self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """A NumPy array: shape, type, order, and its bytes or, of objects, a list."""

    values: Any = None

    def __init__(self, *_given: Any) -> None: ...

    def __setstate__(self, state: Any) -> None:
        *_version, shape, kind, is_fortran, data = state
        self.values = _array(data, kind, shape, "F" if is_fortran else "C")


class _Buffer(_Array):
    """An array as Python 3.8 and newer write it: bytes, type, shape, order."""

    def __init__(self, data: Any, kind: Any, shape: Any, order: Any = "C", *_axes: Any) -> None:
        self.values = _array(data, kind, shape, "F" if order == "F" else "C")


class _Scalar(_Array):
    """A NumPy number: type, bytes."""

    def __init__(self, kind: Any, data: Any = b"") -> None:
        self.values = _array(data, kind, (), "C")


def _array(data: Any, kind: Any, shape: Any, order: Any) -> Any:
    dtype = kind.dtype
    if dtype.hasobject:
        return list(data)
    raw = data.encode("latin1") if isinstance(data, str) else bytes(data)
    shape = tuple(int(n) for n in shape)
    if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != len(raw):
        raise pickle.UnpicklingError(f"an array of shape {shape} has {len(raw)} bytes, not its own number")
    return np.frombuffer(raw, dtype).reshape(shape, order=order)


_CORES = ("numpy.core", "numpy._core")  # before and since NumPy 2
_ALLOWED: dict[tuple[str, str], type] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    **{(f"{core}.multiarray", "_reconstruct"): _Array for core in _CORES},
    **{(f"{core}.multiarray", "scalar"): _Scalar for core in _CORES},
    **{(f"{core}.numeric", "_frombuffer"): _Buffer for core in _CORES},
    **{(f"scipy.sparse.{m}", "csc_matrix"): _Sparse for m in ("csc", "_csc")},
    **{(f"scipy.sparse.{m}", "csr_matrix"): _SparseRows for m in ("csr", "_csr")},
    **{(m, "_reconstructor"): _Reconstructed for m in ("copy_reg", "copyreg")},
    **{(m, n): Record for m in ("__builtin__", "builtins") for n in ("object", "set")},
    ("_codecs", "encode"): _Bytes,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return our class for a name on the list.

        Raises:
            UnpicklingError: any other name.
        """
        if module.split(".")[0] == "chumpy" and "." not in name:
            return _Chumpy
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(
                f"it wants to run {module}.{name}, which is none of what arrays are made of; nothing of it was run"
            )
        return _ALLOWED[module, name]


def read_pickle(stream: IO[bytes], where: str) -> Any:
    """Return what a pickle holds, arrays and matrices as records for `array_of`, without running its code.

    Args:
        stream: open at the pickle's start.
        where: the file, for messages.

    Raises:
        InputError: it is no pickle, is damaged, or names something that is not on the list.
    """
    try:
        return _Unpickler(stream, encoding="latin1").load()
    except (*_REFUSED, *_DAMAGED) as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise InputError(
            f"{where}: not read as a pickle of arrays: {said}. Take the file from where its makers publish it, or save its "
            "arrays as a npz with numpy.savez where you trust it"
        ) from error


def array_of(value: Any, where: str) -> NDArray[Any]:
    """Return an array, sparse ones filled with zeros, from what `read_pickle` returned in its place.

    Raises:
        InputError: it is none; says what it is.
    """
    try:
        return _dense(value)
    except (*_REFUSED, *_DAMAGED) as error:
        raise InputError(f"{where}: no array of numbers ({error}); expected one, or a sparse matrix") from error


def _dense(value: Any) -> NDArray[Any]:
    if isinstance(value, _Array):
        value = value.values
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Record):
        value = value[0]  # an array of no dimension around one object
    if isinstance(value, _Chumpy):
        return _expression(value.state)
    if isinstance(value, _Sparse):
        return _matrix(value.state, by_rows=isinstance(value, _SparseRows))
    array = np.asarray(value)
    if array.dtype.kind not in "biufSU":
        raise TypeError(f"found {type(value).__name__} of {array.dtype}")
    return array


def _expression(state: Mapping[str, Any]) -> NDArray[Any]:
    if "x" in state:
        return _dense(state["x"])
    if "a" in state and "idxs" in state:
        chosen = _dense(state["a"]).ravel()[_dense(state["idxs"]).astype(np.int64)]
        return chosen.reshape([int(n) for n in state["preferred_shape"]]) if "preferred_shape" in state else chosen
    raise TypeError(f"found a chumpy expression of {', '.join(sorted(map(str, state))) or 'nothing'}")


def _matrix(state: Mapping[str, Any], by_rows: bool) -> NDArray[Any]:
    n_rows, n_columns = (int(n) for n in state["_shape"])
    data, indices, starts = (_dense(state[k]) for k in ("data", "indices", "indptr"))
    n_lines, length = (n_rows, n_columns) if by_rows else (n_columns, n_rows)
    if len(starts) != n_lines + 1 or len(data) != len(indices) or (indices >= length).any() or (indices < 0).any():
        raise ValueError(f"a sparse matrix of shape {(n_rows, n_columns)} has indices beyond it")
    out = np.zeros((n_lines, length), data.dtype)
    np.add.at(out, (np.repeat(np.arange(n_lines), np.diff(starts)), indices), data)
    return out if by_rows else out.T
