"""Sweeps over vectors of particles in chunks that stay in cache, on all cores.

The chunks have a fixed size and their sums are added exactly, so results do not depend on the number of cores.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from focusmesh.engine.parallel import even_chunks, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.arrays import FloatArray, IndexArray

CHUNK = 1 << 15
_INLINE_CHUNKS = 8

Result = TypeVar("Result")


def sweep(count: int, function: Callable[[slice], Result]) -> list[Result]:
    """``function`` of every slice of a vector of ``count`` entries, results in order.

    A few chunks stay in the calling thread: handing them over would take longer than the work.
    """
    spans = even_chunks(count, CHUNK)
    if len(spans) <= _INLINE_CHUNKS:
        return [function(slice(*span)) for span in spans]
    return run(lambda span: function(slice(*span)), spans)


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
    return math.fsum(sweep(len(values), lambda part: float(values[part].sum())))


def step_between(x: FloatArray, image: FloatArray) -> tuple[FloatArray, float]:
    """``image − x`` and its L1 norm."""
    step = np.empty_like(x)

    def subtract(part: slice) -> float:
        np.subtract(image[part], x[part], out=step[part])
        return float(np.abs(step[part]).sum())

    return step, math.fsum(sweep(len(x), subtract))


def projected(x: FloatArray, floor: FloatArray) -> FloatArray:
    """``x`` raised to ``floor``, which the fixed point respects, and scaled to mass 1."""
    raised = np.empty_like(x)

    def lift(part: slice) -> float:
        np.maximum(x[part], floor[part], out=raised[part])
        return float(raised[part].sum())

    mass = math.fsum(sweep(len(x), lift))

    def scale(part: slice) -> None:
        raised[part] /= mass

    sweep(len(x), scale)
    return raised
