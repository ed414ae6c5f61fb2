"""Sweeps over vectors of particles in chunks that stay in cache, on all cores.

The chunks (chunks.py) are the same on any number of cores and their sums are added exactly, so results are too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from focusmesh.engine.focus.operator.chunks import chunk_spans
from focusmesh.engine.support.parallel import run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.engine.focus.operator.reduction import Reduction
    from focusmesh.engine.support.arrays import FloatArray, IndexArray

_INLINE_CHUNKS = 8

Result = TypeVar("Result")


def sweep(chunks: Sequence[tuple[int, int]], function: Callable[[slice], Result]) -> list[Result]:
    """``function`` of the slice of every chunk of a vector, results in order.

    A few chunks stay in the calling thread: handing them over would take longer than the work.
    """
    if len(chunks) <= _INLINE_CHUNKS:
        return [function(slice(*span)) for span in chunks]
    return run(lambda span: function(slice(*span)), chunks)


def zeros(shape: int | tuple[int, int], kind: Any = np.float64) -> Any:
    """An array of zeros that were written, not asked for.

    Memory that the system hands out zeroed comes in small pages; gathering from those takes half as long again.
    """
    made = np.empty(shape, dtype=kind)
    made.fill(0)
    return made


def rearrange(values: FloatArray, places: IndexArray) -> FloatArray:
    """``values[places]``."""
    found = np.empty(len(places))

    def take(part: slice) -> None:
        np.take(values, places[part], out=found[part], mode="clip")

    sweep(chunk_spans(len(places)), take)
    return found


def total(values: FloatArray, reduction: Reduction) -> float:
    """Sum of all entries."""
    chunks = reduction.spans(len(values))
    return reduction.chunk_sum(sweep(chunks, lambda part: float(values[part].sum())))


def step_between(
    x: FloatArray, image: FloatArray, reduction: Reduction
) -> tuple[FloatArray, float]:
    """``image − x`` and its L1 norm."""
    step = np.empty_like(x)

    def subtract(part: slice) -> float:
        np.subtract(image[part], x[part], out=step[part])
        return float(np.abs(step[part]).sum())

    return step, reduction.chunk_sum(sweep(reduction.spans(len(x)), subtract))


def project(x: FloatArray, floor: FloatArray, reduction: Reduction) -> FloatArray:
    """``x`` raised to ``floor``, which the fixed point respects, and scaled to mass 1."""
    raised, chunks = np.empty_like(x), reduction.spans(len(x))

    def lift(part: slice) -> float:
        np.maximum(x[part], floor[part], out=raised[part])
        return float(raised[part].sum())

    mass = reduction.chunk_sum(sweep(chunks, lift))

    def scale(part: slice) -> None:
        raised[part] /= mass

    sweep(chunks, scale)
    return raised
