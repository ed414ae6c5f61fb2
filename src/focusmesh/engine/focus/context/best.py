"""The best entries of a dense vector, without sorting it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS, even_chunks, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.support.arrays import FloatArray, IndexArray, OffsetArray

_WIDE = 1 << 17
INSERTED_MAX = 1_024
"""Up to so many are found by insertion into a list, which costs their number at each."""

Result = TypeVar("Result")


def best_of(scores: FloatArray, order: IndexArray, wanted: int) -> tuple[OffsetArray, FloatArray]:
    """The ``wanted`` best of ``scores`` (solver order) with their values, best first, ties by particle."""
    if wanted <= INSERTED_MAX and len(scores) >= COMPILED_FROM_LINKS:
        candidates = _best_of_chunks(scores, order, wanted)
    elif 0 < wanted < len(scores):
        least = np.partition(scores, len(scores) - wanted)[len(scores) - wanted]
        candidates = np.flatnonzero(scores >= least)
    else:
        candidates = np.arange(len(scores))
    ranked = candidates[np.lexsort((order[candidates], -scores[candidates]))][:wanted]
    return ranked, scores[ranked]


def _best_of_chunks(scores: FloatArray, order: IndexArray, wanted: int) -> OffsetArray:
    """The best of every chunk, among which are the best of all."""
    from focusmesh.engine.focus.context.answer_compiled import best_of_rows

    def best_of(rows: slice) -> OffsetArray:
        best, values = np.zeros(wanted, np.int64), np.zeros(wanted)
        filled = best_of_rows(scores, order, (rows.start, rows.stop), best, values)
        return best[:filled]

    return np.concatenate(sweep_widely(len(scores), best_of))


def sweep_widely(count: int, function: Callable[[slice], Result]) -> list[Result]:
    """``function`` of slices that are wide, for what reads more than a cache holds anyway: there are fewer of them."""
    return run(lambda span: function(slice(*span)), even_chunks(count, _WIDE))
