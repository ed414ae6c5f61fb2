"""The loops of SciPy's sparse matrices without the rest of SciPy: they load in 7 ms, ``scipy.sparse`` in 150."""

from __future__ import annotations

import sys
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import IntArray, OffsetArray

_NAME = "_sparsetools"
_INDEX_MAX = 2**31 - 1


@cache
def sparse_loop() -> Any | None:
    """``f(rows, columns, start, column, weight, x, sums)``, which adds the row sums of weight·x to ``sums``.

    ``start`` and ``column`` are int32, the others float64; nothing is checked. The loop is no promise of SciPy's: None
    where it is not there, or does not do that.
    """
    try:
        loop = _module().csr_matvec
        sums = np.ones(2)
        start, column = np.array([0, 1, 3], np.int32), np.array([1, 0, 1], np.int32)
        loop(2, 2, start, column, np.array([2.0, 3.0, 5.0]), np.array([7.0, 11.0]), sums)
    except Exception:
        return None
    return loop if sums.tolist() == [23.0, 77.0] else None


def stable_order(keys: IntArray, count: int) -> OffsetArray:
    """``np.argsort(keys, kind="stable")`` of integers in 0 … count − 1; O(len(keys) + count) where SciPy counts."""
    loop = _counting_loop()
    if loop is None or max(len(keys), count) > _INDEX_MAX:
        return np.argsort(keys, kind="stable")
    order: OffsetArray = _count(loop, keys.astype(np.int32), count).astype(np.int64)
    return order


@cache
def _counting_loop() -> Any | None:
    """The loop that sorts links by rows; None where it is not there, or does not do that."""
    try:
        loop = _module().coo_tocsr
        order = _count(loop, np.array([1, 0, 2, 1, 0], np.int32), 3)
    except Exception:
        return None
    return loop if order.tolist() == [1, 4, 0, 3, 2] else None


def _count(loop: Any, keys: Any, count: int) -> Any:
    start, column = np.empty(count + 1, np.int32), np.empty(len(keys), np.int32)
    order = np.empty(len(keys), np.int32)
    places = np.arange(len(keys), dtype=np.int32)
    loop(count, count, len(keys), keys, keys, places, start, column, order)
    return order


def _module() -> Any:
    known = sys.modules.get(f"scipy.sparse.{_NAME}")
    if known is not None:
        return known
    scipy = find_spec("scipy")
    if scipy is None or scipy.origin is None:
        raise ImportError("SciPy is not installed")
    spec = PathFinder.find_spec(_NAME, [str(Path(scipy.origin).parent / "sparse")])
    if spec is None or spec.loader is None:
        raise ImportError(f"SciPy has no {_NAME}")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
