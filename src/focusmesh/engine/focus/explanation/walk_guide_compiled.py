"""Kernel of the guide: expected visits to one particle, pushed back along the links that lead there."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]


@kernel
def push_back(
    ins: tuple[Array, Array, Array],
    out_total: Array,
    follow: float,
    starts: Array,
    limits: tuple[float, float, int],
    total: Array,
    term: Array,
    seen: Array,
    touched: Array,
) -> tuple[int, int]:
    """Moves what stands in ``term`` to ``total`` and ``follow`` of it to the sources of its in-links.

    R. Andersen et al., Internet Mathematics 5 (2008) 23: local computation of PageRank contributions. The largest
    terms come first, by thresholds that halve, until what may follow, ``limits[0]`` times the largest term, is at
    most ``limits[1]`` times what was found at the best of ``starts``, or ``limits[2]`` links were visited. ``touched``
    begins with the target, which ``seen`` marks. Returns how many particles were touched and links visited.
    """
    start, source, weight = ins
    count, visits, largest = 1, np.int64(0), term[touched[0]]
    while visits < limits[2] and largest > 0.0:
        t = 0
        while t < count:
            i = np.uint64(touched[t])
            t += 1
            mass = term[i]
            if mass <= 0.5 * largest:
                continue
            total[i] += mass
            term[i] = 0.0
            first, stop = np.uint64(start[i]), np.uint64(start[i + np.uint64(1)])
            for entry in range(first, stop):
                j = np.uint64(source[entry])
                if seen[j] == 0:
                    seen[j] = 1
                    touched[count] = j
                    count += 1
                share = np.float64(weight[entry]) if len(weight) > 0 else 1.0
                term[j] += follow * mass * share / out_total[j]
            visits += np.int64(stop - first)
        largest, found = 0.0, 0.0
        for t in range(count):
            largest = max(largest, term[touched[t]])
        for k in range(len(starts)):
            found = max(found, total[starts[k]] + term[starts[k]])
        if limits[0] * largest <= limits[1] * found:
            break
    return count, int(visits)
