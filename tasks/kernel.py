"""How the core compiles: to machine code that gives the same bits on every x86-64.

No fast-math (it reorders sums), no threads (the caller's processes are the parallelism), the GIL released, and NumPy's
rule for division by zero: with Python's, every division costs a branch and array reference counts stay in the loops.
Kernels call no transcendental function: those differ between C libraries.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Return the function compiled by Numba on its first call and kept in its cache on disk."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inline(function: F) -> F:
    """Return the function compiled into each kernel that calls it."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")(function))
