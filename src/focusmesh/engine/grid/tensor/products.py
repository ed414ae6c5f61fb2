"""Products of matrices in pieces that BLAS works on without threads of its own.

Its threads wait for each other by turning in a loop: where anything else runs on the machine, a product of a few
hundred microseconds then takes many milliseconds. Of narrow matrices a piece costs no more than its share.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support import parallel
from focusmesh.errors import ParameterError

ALONE = 1 << 18
"""Multiplications up to which OpenBLAS takes one thread."""
_NARROW = ALONE // 32
_PIECES = 64


def product(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """``left`` @ ``right``, of (…, m, k) and (k, n), or with the same leading dimensions.

    Rows are multiplied in pieces, in the threads that may work. Raises ParameterError where the sizes do not fit.
    """
    if right.ndim < 2 or left.ndim < 2 or left.shape[-1] != right.shape[-2]:
        raise ParameterError(f"{left.shape} @ {right.shape} do not fit")
    if right.ndim > 2 or right.size > _NARROW:
        try:
            return np.asarray(np.matmul(left, right))
        except ValueError as error:
            raise ParameterError(f"{left.shape} @ {right.shape} do not fit: {error}") from error
    rows = left.reshape(-1, left.shape[-1])
    found = np.empty((len(rows), right.shape[1]), dtype=np.result_type(left, right))
    piece = ALONE // max(right.size, 1)

    def work(chunk: tuple[int, int]) -> None:
        begin, end = chunk
        whole = begin + (end - begin) // piece * piece
        stack = rows[begin:whole].reshape(-1, piece, rows.shape[1])
        np.matmul(stack, right, out=found[begin:whole].reshape(-1, piece, right.shape[1]))
        np.matmul(rows[whole:end], right, out=found[whole:end])

    parallel.run(work, parallel.even_chunks(len(rows), _PIECES * piece))
    return found.reshape(*left.shape[:-1], right.shape[1])


def weights_product(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """leftᵀ @ right of (…, k) and (…, n), summed over all that stands before: the gradient by a matrix of weights."""
    rows, others = left.reshape(-1, left.shape[-1]), right.reshape(-1, right.shape[-1])
    if rows.shape[1] * others.shape[1] > _NARROW:
        return np.asarray(rows.T @ others)
    piece = ALONE // max(rows.shape[1] * others.shape[1], 1)
    whole = len(rows) // piece * piece
    found = rows[whole:].T @ others[whole:]
    if whole:
        stacks = (each[:whole].reshape(-1, piece, each.shape[1]) for each in (rows, others))
        lefts, rights = stacks
        found = found + np.matmul(lefts.swapaxes(1, 2), rights).sum(axis=0)
    return np.asarray(found)
