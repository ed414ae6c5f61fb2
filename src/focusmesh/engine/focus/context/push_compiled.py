"""Kernels of the forward push: mass leaves the seeds along links, the heaviest for their links first.

R. Andersen, F. Chung, K. Lang, FOCS 2006, with two changes: thresholds that halve until a budget of link visits is
spent, and, for the full operator, eight lanes beside each particle, of which lane k holds the mass that has k
undirected steps to go. Only entries that are touched are ever written, and ``touched`` lists them.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import inline, kernel

Array: TypeAlias = npt.NDArray[Any]

LANES = 8
_FIRST_THRESHOLD = 0.1
_LAST_THRESHOLD = 1e-30
_TOLL = 2.0


@inline
def _touch(i: Any, seen: Array, touched: Array, count: int) -> int:
    """Lists particle ``i`` where it is new; how many are listed."""
    if seen[i] == 0:
        seen[i] = 1
        touched[count] = i
        count += 1
    return count


@kernel
def sow(seeds: Array, shares: Array, left: Array, seen: Array, touched: Array) -> int:
    """Puts the seeds' shares in the first lane; how many particles are touched."""
    count = 0
    for k in range(len(seeds)):
        count = _touch(seeds[k], seen, touched, count)
        left[seeds[k], 0] += shares[k]
    return count


@kernel
def join(
    work: tuple[Array, Array, Array, Array],
    other: tuple[Array, Array, Array, Array],
    counts: tuple[int, int],
    weight: float,
) -> int:
    """Adds ``weight`` times another workspace; how many particles are touched."""
    settled, left, seen, touched = work
    count = counts[0]
    for t in range(counts[1]):
        i = np.uint64(other[3][t])
        count = _touch(i, seen, touched, count)
        settled[i] += weight * other[0][i]
        for lane in range(left.shape[1]):
            left[i, lane] += weight * other[1][i, lane]
    return count


@kernel
def push(
    links: tuple[Array, Array, Array],
    out_total: Array,
    linking: int,
    absorb: float,
    limits: tuple[int, float],
    work: tuple[Array, Array, Array, Array],
    count: int,
) -> tuple[int, int, float]:
    """Pushes along links only. ``limits``: link visits and the mass at which to stop; ``work``: p, left, seen, touched.

    Returns how many particles are touched, the link visits, and the mass that dangling particles sent to u0.
    """
    start, target, weight = links
    settled, left, seen, touched = work
    visits, landed, rest, least = 0, 0.0, 1.0, _FIRST_THRESHOLD
    while visits < limits[0] and rest > limits[1] and least > _LAST_THRESHOLD:
        for t in range(count):
            i = np.uint64(touched[t])
            mass = left[i, 0]
            # Most have too little for any number of links, and need no look at how many they have.
            if mass < least * _TOLL:
                continue
            first, stop = np.uint64(start[i]), np.uint64(start[i + np.uint64(1)])
            if mass < least * (np.float64(stop - first) + _TOLL) or mass == 0.0:
                continue
            settled[i] += absorb * mass
            left[i, 0] = 0.0
            if i >= linking:
                landed += (1.0 - absorb) * mass
                rest -= mass
                continue
            rest -= absorb * mass
            amount = (1.0 - absorb) * mass / out_total[i]
            for entry in range(first, stop):
                j = np.uint64(target[entry])
                count = _touch(j, seen, touched, count)
                left[j, 0] += amount * weight[entry] if len(weight) > 0 else amount
            visits += int(stop - first)
            if visits >= limits[0]:
                break
        least *= 0.5
    return count, visits, landed + _land(absorb, linking, settled, left, touched, count)


@inline
def _land(
    absorb: float, linking: int, settled: Array, left: Array, touched: Array, count: int
) -> float:
    """Settles what stands at dangling particles, which costs no visit; the mass that goes on to u0."""
    landed = 0.0
    for t in range(count):
        i = np.uint64(touched[t])
        if i >= linking:
            settled[i] += absorb * left[i, 0]
            landed += (1.0 - absorb) * left[i, 0]
            left[i, 0] = 0.0
    return landed


@inline
def _spread(
    row: tuple[Array, Array, int, int],
    along: float,
    run: Array,
    left: Array,
    seen: Array,
    touched: Array,
    count: int,
) -> int:
    """Sends the lanes ``run``, and ``along`` besides in the first lane, over one row; how many are touched."""
    other, weight, first, stop = row
    for entry in range(np.uint64(first), np.uint64(stop)):
        j = np.uint64(other[entry])
        count = _touch(j, seen, touched, count)
        share = np.float64(weight[entry]) if len(weight) > 0 else 1.0
        for lane in range(LANES):
            left[j, lane] += share * run[lane]
        left[j, 0] += share * along
    return count


@inline
def _take(i: Any, runs: Array, ended: int, degree: float, left: Array, run: Array) -> float:
    """Takes the mass of particle ``i`` out of its lanes; ``run`` gets what goes on a step, by weight of link.

    Runs longer than there are lanes wait in the last one: from lane ``ended`` on nothing is taken.
    """
    mass: float = left[i, 0]
    for lane in range(LANES):
        following = left[i, lane + 1] if lane + 1 < ended else 0.0
        run[lane] = (runs[lane] * mass + following) / degree
    for lane in range(ended):
        left[i, lane] = 0.0
    return mass


@kernel
def push_lanes(
    ins: tuple[Array, Array, Array],
    outs: tuple[Array, Array, Array],
    totals: tuple[Array, Array],
    rates: tuple[float, float, Array, int],
    limits: tuple[int, float],
    work: tuple[Array, Array, Array, Array],
    count: int,
) -> tuple[int, int, float]:
    """Pushes along links and on runs of undirected steps. ``totals``: o and d; ``rates``: absorb, follow, runs, ended.

    Particles without links keep no mass: what stands there must be settled before. Returns as ``push`` does.
    """
    in_start, in_source, in_weight = ins
    out_start, out_target, out_weight = outs
    absorb, follow, runs, ended = rates
    settled, left, seen, touched = work
    run = np.zeros(LANES)
    visits, landed, rest, least = 0, 0.0, 1.0, _FIRST_THRESHOLD
    while visits < limits[0] and rest > limits[1] and least > _LAST_THRESHOLD:
        for t in range(count):
            i = np.uint64(touched[t])
            mass = 0.0
            for lane in range(ended):
                mass += left[i, lane]
            # Most have too little for any number of links, and need no look at how many they have.
            if mass < least * _TOLL:
                continue
            out_first, out_stop = out_start[i], out_start[i + np.uint64(1)]
            in_first, in_stop = in_start[i], in_start[i + np.uint64(1)]
            cost = out_stop - out_first + in_stop - in_first
            if mass < least * (cost + _TOLL) or mass == 0.0:
                continue
            here = _take(i, runs, ended, totals[1][i], left, run)
            settled[i] += absorb * here
            rest -= absorb * here
            along = 0.0
            if out_stop > out_first:
                along = follow * here / totals[0][i]
            else:
                landed += follow * here
                rest -= follow * here
            row = (out_target, out_weight, out_first, out_stop)
            count = _spread(row, along, run, left, seen, touched, count)
            row = (in_source, in_weight, in_first, in_stop)
            count = _spread(row, 0.0, run, left, seen, touched, count)
            visits += cost
            if visits >= limits[0]:
                break
        least *= 0.5
    return count, visits, landed
