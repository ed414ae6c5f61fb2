"""Finding keys among keys and merging columns, where both are sorted: one walk over each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.support.compiled import kernel

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from focusmesh.engine.support.arrays import MassArray, OffsetArray


@kernel
def find_rising(known: MassArray, keys: MassArray, found: OffsetArray) -> None:
    """``found[i]`` becomes the place of ``keys[i]`` in ``known`` or −1. Leaps where keys are far apart."""
    at = 0
    for i in range(len(keys)):
        key = keys[i]
        if at < len(known) and known[at] < key:
            step = 1
            while at + step < len(known) and known[at + step] < key:
                at += step
                step *= 2
            low, high = at + 1, min(at + step, len(known))
            while low < high:
                middle = (low + high) // 2
                if known[middle] < key:
                    low = middle + 1
                else:
                    high = middle
            at = low
        found[i] = at if at < len(known) and known[at] == key else -1


@kernel
def place_rising(
    first: MassArray, second: MassArray, from_first: OffsetArray, from_second: OffsetArray
) -> int:
    """Where each key goes in the union of both; −1 for one of ``first`` that ``second`` has too. Returns its size."""
    i, j, at = 0, 0, 0
    while i < len(first) or j < len(second):
        if j == len(second) or (i < len(first) and first[i] < second[j]):
            from_first[i] = at
            i += 1
        else:
            if i < len(first) and first[i] == second[j]:
                from_first[i] = -1
                i += 1
            from_second[j] = at
            j += 1
        at += 1
    return at


@kernel
def put_column(
    first: npt.NDArray[np.generic],
    second: npt.NDArray[np.generic],
    from_first: OffsetArray,
    from_second: OffsetArray,
    merged: npt.NDArray[np.generic],
) -> None:
    """Fills one column of the union by the places of ``place_rising``."""
    for i in range(len(first)):
        if from_first[i] >= 0:
            merged[from_first[i]] = first[i]
    for j in range(len(second)):
        merged[from_second[j]] = second[j]
