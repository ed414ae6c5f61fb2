"""The peeling of cores, particle by particle."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]


@kernel
def peel(start: Array, neighbour: Array, cores: Array) -> None:
    """Core numbers of symmetric rows into ``cores`` (n,): buckets by degree, the least first. O(n + m)."""
    count = len(cores)
    most = 0
    for i in range(count):
        cores[i] = start[i + 1] - start[i]
        most = max(most, cores[i])
    first = np.zeros(most + 2, dtype=np.int64)
    for i in range(count):
        first[cores[i] + 1] += 1
    for degree in range(most + 1):
        first[degree + 1] += first[degree]
    order = np.empty(count, dtype=np.int64)
    place = np.empty(count, dtype=np.int64)
    free = first.copy()
    for i in range(count):
        place[i] = free[cores[i]]
        order[place[i]] = i
        free[cores[i]] += 1
    for at in range(count):
        i = order[at]
        for link in range(start[i], start[i + 1]):
            j = neighbour[link]
            if cores[j] > cores[i]:
                # j changes places with the first of its bucket, and the bucket begins one later.
                head = first[cores[j]]
                other = order[head]
                order[place[j]], place[other] = other, place[j]
                order[head], place[j] = j, head
                first[cores[j]] += 1
                cores[j] -= 1
