"""Sweeps over vectors of particles in chunks that stay in cache, on all cores.

The chunks (chunks.py) are the same on any number of cores and their sums are added exactly, so results are too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from focusmesh.engine.focus.over_ranks import added, spans
from focusmesh.engine.parallel import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.arrays import FloatArray, IndexArray

_INLINE_CHUNKS = 8

Result = TypeVar("Result")


def sweep(count: int, function: Callable[[slice], Result]) -> list[Result]:
    """``function`` of every slice of a vector of ``count`` entries, results in order.

    A few chunks stay in the calling thread: handing them over would take longer than the work.
    """
    chunks = spans(count)
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


def rearranged(values: FloatArray, places: IndexArray) -> FloatArray:
    """``values[places]``."""
    found = np.empty(len(places))

    def take(part: slice) -> None:
        np.take(values, places[part], out=found[part], mode="clip")

    sweep(len(places), take)
    return found


def total(values: FloatArray) -> float:
    """Sum of all entries."""
    return added(sweep(len(values), lambda part: float(values[part].sum())))


def step_between(x: FloatArray, image: FloatArray) -> tuple[FloatArray, float]:
    """``image − x`` and its L1 norm."""
    step = np.empty_like(x)

    def subtract(part: slice) -> float:
        np.subtract(image[part], x[part], out=step[part])
        return float(np.abs(step[part]).sum())

    return step, added(sweep(len(x), subtract))


def projected(x: FloatArray, floor: FloatArray) -> FloatArray:
    """``x`` raised to ``floor``, which the fixed point respects, and scaled to mass 1."""
    raised = np.empty_like(x)

    def lift(part: slice) -> float:
        np.maximum(x[part], floor[part], out=raised[part])
        return float(raised[part].sum())

    mass = added(sweep(len(x), lift))

    def scale(part: slice) -> None:
        raised[part] /= mass

    sweep(len(x), scale)
    return raised
