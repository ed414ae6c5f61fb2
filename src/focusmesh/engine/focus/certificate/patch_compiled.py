"""Kernels of a patch: finding pairs in sorted rows, and copying what lies between changes."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]


@kernel
def locate(
    start: Array,
    column: Array,
    weight: Array,
    rows: Array,
    columns: Array,
    span: tuple[int, int],
    place: Array,
    before: Array,
) -> None:
    """Where each pair of a range is among the entries, or would be, and its weight, 0 where it is not."""
    for k in range(span[0], span[1]):
        low, stop = start[rows[k]], start[rows[k] + 1]
        high = stop
        while low < high:
            middle = (low + high) >> 1
            if column[middle] < columns[k]:
                low = middle + 1
            else:
                high = middle
        place[k] = low
        before[k] = weight[low] if low < stop and column[low] == columns[k] else 0


@kernel
def fill_between(
    column: Array,
    weight: Array,
    place: Array,
    present: Array,
    moved: Array,
    changed_column: Array,
    changed_weight: Array,
    span: tuple[int, int],
    new_column: Array,
    new_weight: Array,
) -> None:
    """Copies what lies before each change of a range, and the change behind it; the last is what follows them all."""
    last = len(place)
    for k in range(span[0], span[1]):
        first = place[k - 1] + np.int64(present[k - 1]) if k > 0 else np.int64(0)
        stop = place[k] if k < last else np.int64(len(column))
        by = moved[k] if k < last else np.int64(len(new_column) - len(column))
        for at in range(np.uint64(first), np.uint64(stop)):
            new_column[at + np.uint64(by)] = column[at]
        for at in range(np.uint64(first), np.uint64(stop)):
            new_weight[at + np.uint64(by)] = weight[at]
        if k < last and changed_weight[k] > 0:
            new_column[stop + by] = changed_column[k]
            new_weight[stop + by] = changed_weight[k]
