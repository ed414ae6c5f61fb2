"""Closures in compiled code: breadth-first searches from one source after the other."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from focusmesh.engine.support.compiled import kernel, part

Array: TypeAlias = npt.NDArray[Any]

ENDED, PAUSED, FULL = 0, 1, 2
SOURCE, FOUND, TAKEN, BUDGET = 0, 1, 2, 3


@part
def _visit(
    value: int, rank: int, source: int, stamps: Array, found: int, met: tuple[Array, Array]
) -> int:
    """Takes down a value that the source has not met; how many there are then."""
    if stamps[value] == source + 1:
        return found
    stamps[value] = source + 1
    met[0][found] = value
    met[1][found] = rank
    return found + 1


@kernel
def search(
    state: Array,
    starts: tuple[Array, Array, Array],
    steps: tuple[Array, Array],
    stamps: Array,
    begins: Array,
    met: tuple[Array, Array],
) -> int:
    """Goes on from where ``state`` stands: the values that each source meets and their ranks, part after part.

    ``starts`` are where those of each source begin (sources + 1,), values and ranks, rising within a source. ``steps``
    are where those from each value begin, and where they lead. Pauses between sources once the budget is spent.
    """
    source, found, taken = state[SOURCE], state[FOUND], 0
    status = ENDED
    while source < len(begins) - 1:
        if taken >= state[BUDGET]:
            status = PAUSED
            break
        if found + len(stamps) > len(met[0]):
            status = FULL
            break
        at = begins[source] = found
        start, end = starts[0][source], starts[0][source + 1]
        while start < end and starts[2][start] == 0:
            found = _visit(starts[1][start], 0, source, stamps, found, met)
            start += 1
        given = found
        while True:
            # Rows of rank 1 follow from no other row, or from those that are given.
            if at >= given:
                while start < end:
                    found = _visit(starts[1][start], 1, source, stamps, found, met)
                    start += 1
            if at >= found:
                break
            value, rank = met[0][at], met[1][at] + 1
            for step in range(steps[0][value], steps[0][value + 1]):
                found = _visit(steps[1][step], rank, source, stamps, found, met)
            taken += steps[0][value + 1] - steps[0][value] + 1
            at += 1
        source += 1
    begins[source] = found
    state[SOURCE], state[FOUND], state[TAKEN] = source, found, taken
    return status
