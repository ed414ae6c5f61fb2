"""SuiteSparse GraphBLAS 10 called raw: its C functions through cffi, no Python layer between.

python-graphblas holds ``suitesparse-graphblas`` below 10, so the newer one lies in a folder apart in the benchmark
environment (scripts/fetch-apart), as a wheel of another Python: its cffi module uses the stable ABI and loads in any.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.peers.base import DAMPING, Engine, Rule

APART = Path(sys.prefix) / "apart"
_MODULE = APART / "suitesparse_graphblas" / "_graphblas.abi3.so"
_DONE = 0


class _Library(NamedTuple):
    """The two names of a cffi module."""

    ffi: Any
    lib: Any


class GraphBlas10(Engine):
    """The power iteration of LAGraph with weights, in the form that was fastest here.

    Rows of Aᵀ times a full vector, added to one in place (its dot4 kernel); 32-bit indices, which it chooses
    itself; sums over particles in float32, since a float64 sum of a float32 vector takes its generic path and 16
    times as long. What does not arrive along links, teleport and dangling mass, is what is missing from 1.
    """

    out_rows: Any = None
    in_rows: Any = None

    def drop(self) -> None:
        self.out_rows = self.in_rows = None

    def build(self) -> None:
        ffi, lib = _library()
        given = self.inputs
        count = given.particle_count
        ends = [np.asarray(end).astype(np.uint64) for end in (given.source, given.target)]
        parts = [ffi.from_buffer("GrB_Index[]", end) for end in ends]
        values = ffi.from_buffer("float[]", np.ascontiguousarray(given.weight))
        self.out_rows, self.in_rows = _matrix(count), _matrix(count)
        plus = lib.GrB_PLUS_FP32
        _checked(lib.GrB_Matrix_build_FP32(self.out_rows[0], *parts, values, len(given), plus))
        none = ffi.NULL
        _checked(lib.GrB_transpose(self.in_rows[0], none, none, self.out_rows[0], none))
        for matrix in (self.out_rows, self.in_rows):
            _checked(lib.GrB_Matrix_wait(matrix[0], lib.GrB_MATERIALIZE))

    def prepare(self) -> None:
        """Values of Aᵀ times the damping, divided by what their source sends out in all."""
        ffi, lib = _library()
        given, none = self.inputs, ffi.NULL
        total = np.bincount(given.source, weights=given.weight, minlength=given.particle_count)
        share = np.divide(DAMPING, total, out=np.zeros_like(total), where=total > 0)
        values = share.astype(np.float32)
        linking = np.flatnonzero(total > 0).astype(np.uint64)
        scale, self.walk = _matrix(given.particle_count), _matrix(given.particle_count)
        places = ffi.from_buffer("GrB_Index[]", linking)
        kept = np.ascontiguousarray(values[linking])
        amounts, plus = ffi.from_buffer("float[]", kept), lib.GrB_PLUS_FP32
        _checked(lib.GrB_Matrix_build_FP32(scale[0], places, places, amounts, len(linking), plus))
        times = lib.GrB_PLUS_TIMES_SEMIRING_FP32
        parts = (self.in_rows[0], scale[0], none)
        _checked(lib.GrB_mxm(self.walk[0], none, none, times, *parts))
        _checked(lib.GrB_Matrix_wait(self.walk[0], lib.GrB_MATERIALIZE))

    def solve(self, tolerance: float) -> tuple[npt.NDArray[Any], int | None]:
        ffi, lib = _library()
        count, none = self.inputs.particle_count, ffi.NULL
        x, moved = _vector(count, 1 / count), _vector(count, 0.0)
        plus, minus, times = lib.GrB_PLUS_FP32, lib.GrB_MINUS_FP32, lib.GrB_PLUS_TIMES_SEMIRING_FP32
        change, iterations = 1.0, 0
        rule = Rule(tolerance)
        while rule.goes_on(change):
            old, new = x[0], moved[0]
            _fill(new, count, 0.0)
            _checked(lib.GrB_mxv(new, none, plus, times, self.walk[0], old, none))
            rest = (1 - _total(new)) / count
            _checked(lib.GrB_Vector_apply_BinaryOp2nd_FP32(new, none, none, plus, new, rest, none))
            _checked(lib.GrB_Vector_eWiseMult_BinaryOp(old, none, none, minus, old, new, none))
            _checked(lib.GrB_Vector_apply(old, none, none, lib.GrB_ABS_FP32, old, none))
            change = _total(old)
            x, moved = moved, x
            iterations += 1
        return _entries(x, count), iterations


@cache
def _library() -> _Library:
    """The library, begun once a process. Raises ImportError where it was not fetched."""
    if not _MODULE.exists():
        raise ImportError(f"{APART} has no GraphBLAS 10: scripts/fetch-apart could not fetch it")
    loader = ExtensionFileLoader("_graphblas", str(_MODULE))
    spec = spec_from_file_location("_graphblas", _MODULE, loader=loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    library = _Library(module.ffi, module.lib)
    _checked(library.lib.GrB_init(library.lib.GrB_NONBLOCKING))
    return library


def _checked(status: int) -> None:
    assert status == _DONE, f"GraphBLAS returned {status}"


def _matrix(count: int) -> Any:
    """An empty square matrix of float32, freed with its last reference."""
    ffi, lib = _library()
    made = ffi.new("GrB_Matrix*")
    _checked(lib.GrB_Matrix_new(made, lib.GrB_FP32, count, count))
    return ffi.gc(made, lib.GrB_Matrix_free)


def _vector(count: int, value: float) -> Any:
    """A full vector of float32, freed with its last reference."""
    ffi, lib = _library()
    made = ffi.new("GrB_Vector*")
    _checked(lib.GrB_Vector_new(made, lib.GrB_FP32, count))
    _fill(made[0], count, value)
    return ffi.gc(made, lib.GrB_Vector_free)


def _fill(vector: Any, count: int, value: float) -> None:
    ffi, lib = _library()
    parts = (vector, ffi.NULL, ffi.NULL, value, lib.GrB_ALL, count, ffi.NULL)
    _checked(lib.GrB_Vector_assign_FP32(*parts))


def _total(vector: Any) -> float:
    ffi, lib = _library()
    added = ffi.new("float*")
    _checked(
        lib.GrB_Vector_reduce_FP32(added, ffi.NULL, lib.GrB_PLUS_MONOID_FP32, vector, ffi.NULL)
    )
    return float(added[0])


def _entries(vector: Any, count: int) -> npt.NDArray[np.float32]:
    ffi, lib = _library()
    values, found = np.empty(count, dtype=np.float32), ffi.new("GrB_Index*", count)
    parts = (ffi.NULL, ffi.from_buffer("float[]", values), found, vector[0])
    _checked(lib.GrB_Vector_extractTuples_FP32(*parts))
    return values
