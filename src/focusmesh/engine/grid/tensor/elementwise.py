"""Element-wise work in pieces, one after the other or in threads; a piece stays in a processor's cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.support import parallel

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

PIECE = 1 << 16
"""Numbers in a piece: threads get none that is smaller, and sums over pieces do not depend on how many there are."""


def spread(
    function: Callable[..., npt.NDArray[Any]], *arrays: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """``function(*arrays)`` of a function that works element by element, by rows in the threads that may work.

    Arrays that the first one's shape is broadcast against are handed over whole; the function keeps the dtype.
    """
    first = arrays[0]
    if first.ndim == 0 or first.size < 2 * PIECE or any(_reshapes(first, each) for each in arrays):
        return function(*arrays)
    found = np.empty_like(first, order="C")
    along = [each.ndim == first.ndim and each.shape[0] > 1 for each in arrays]

    def work(rows: tuple[int, int]) -> None:
        cut = slice(*rows)
        given = [each[cut] if cuts else each for each, cuts in zip(arrays, along, strict=True)]
        found[cut] = function(*given)

    parallel.run(work, row_chunks(first))
    return found


def row_chunks(array: npt.NDArray[Any]) -> list[tuple[int, int]]:
    """Ranges of rows with about ``PIECE`` numbers each."""
    return parallel.even_chunks(len(array), PIECE * len(array) // max(array.size, 1))


def _reshapes(first: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    """Whether the result would have another shape or dtype than the first array."""
    if other.dtype != first.dtype or other.ndim > first.ndim:
        return True
    ours = first.shape[first.ndim - other.ndim :]
    return any(theirs not in (1, own) for own, theirs in zip(ours, other.shape, strict=True))
