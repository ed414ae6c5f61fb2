"""Kernels of pushes over one part: mass leaves own particles along their rows; what leads elsewhere waits in a box.

Columns below the number of rows of the part are own particles, others places of the box. A row is what the part has
plus what edits changed (``keys`` rising, row in the upper half, column in the lower).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import inline, kernel

Array: TypeAlias = npt.NDArray[Any]

LANES = 8
_TOLL = 2.0


@inline
def _list_it(i: Any, seen: Array, touched: Array, count: int) -> int:
    """Lists entry ``i`` where it is new; how many are listed."""
    if seen[i] == 0:
        seen[i] = 1
        touched[count] = i
        count += 1
    return count


@inline
def _first_of(keys: Array, row: Any) -> int:
    """Where the edits of a row begin."""
    key = np.uint64(row) << np.uint64(32)
    low, high = 0, len(keys)
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def row_sum(start: Array, weight: Array, keys: Array, change: Array, row: int) -> float:
    """The weights of a row, edits included."""
    total = 0.0
    if row + 1 < len(start):
        for at in range(start[row], start[row + 1]):
            total += weight[at] if len(weight) > 0 else 1.0
    spot = _first_of(keys, row)
    while spot < len(keys) and keys[spot] >> np.uint64(32) == np.uint64(row):
        total += change[spot]
        spot += 1
    return total


@kernel
def weights_of(
    start: Array, column: Array, weight: Array, first: int, foreign: Array, pairs: Array
) -> Array:
    """What pairs (row in the upper half, column in the lower) weigh in the rows as they were made, by bisection."""
    found, base = np.zeros(len(pairs)), len(start) - 1
    for k in range(len(pairs)):
        row = int(pairs[k] >> np.uint64(32))
        wanted = int(pairs[k] & np.uint64(0xFFFFFFFF))
        if row >= base or wanted >= base + len(foreign):
            continue
        position = first + wanted if wanted < base else int(foreign[wanted - base])
        low, high = start[row], start[row + 1]
        while low < high:
            middle = (low + high) >> 1
            there = int(column[middle])
            if (first + there if there < base else int(foreign[there - base])) < position:
                low = middle + 1
            else:
                high = middle
        if low < start[row + 1] and int(column[low]) == wanted:
            found[k] = weight[low] if len(weight) > 0 else 1.0
    return found


@kernel
def spread(
    rows: tuple[Array, Array, Array],
    edits: tuple[Array, Array],
    row: int,
    share: float,
    own: tuple[Array, Array, Array, Array],
    box: tuple[Array, Array, Array],
    counts: tuple[int, int],
) -> tuple[int, int]:
    """Adds share·weight to the first lane of every column of ``row``; how many are listed, own and in the box."""
    start, column, weight = rows
    keys, change = edits
    _, left, seen, touched = own
    amount, listed, places = box
    count, waiting = counts
    base = len(start) - 1
    if row < base:
        for at in range(start[row], start[row + 1]):
            j = np.uint64(column[at])
            value = share * weight[at] if len(weight) > 0 else share
            if j < base:
                count = _list_it(j, seen, touched, count)
                left[j, 0] += value
            else:
                k = j - np.uint64(base)
                waiting = _list_it(k, listed, places, waiting)
                amount[k, 0] += value
    spot = _first_of(keys, row)
    while spot < len(keys) and keys[spot] >> np.uint64(32) == np.uint64(row):
        j = keys[spot] & np.uint64(0xFFFFFFFF)
        value = share * change[spot]
        if j < base:
            count = _list_it(j, seen, touched, count)
            left[j, 0] += value
        else:
            k = j - np.uint64(base)
            waiting = _list_it(k, listed, places, waiting)
            amount[k, 0] += value
        spot += 1
    return count, waiting


@kernel
def push(
    rows: tuple[Array, Array, Array],
    edits: tuple[Array, Array],
    out: tuple[Array, Array],
    rates: tuple[float, float],
    limits: tuple[float, int],
    own: tuple[Array, Array, Array, Array],
    box: tuple[Array, Array, Array],
    counts: tuple[int, int],
) -> tuple[int, int, int, float]:
    """Pushes what is worth it until nothing here is, or ``limits[1]`` links were visited.

    ``out``: links and totals of own particles now; ``rates``: what settles and what goes on of a unit; ``limits[0]``:
    mass for each link that makes a push worth it, of either sign. Returns what is listed, visits, and mass that landed.
    """
    settled, left, _, touched = own
    count, waiting = counts
    visits, landed, moved = 0, 0.0, True
    while moved and visits < limits[1]:
        moved = False
        for t in range(count):
            i = int(touched[t])
            mass = left[i, 0]
            if mass == 0.0 or abs(mass) < limits[0] * (out[0][i] + _TOLL):
                continue
            moved = True
            settled[i] += rates[0] * mass
            left[i, 0] = 0.0
            if out[0][i] == 0:
                landed += rates[1] * mass
                continue
            share = rates[1] * mass / out[1][i]
            count, waiting = spread(rows, edits, i, share, own, box, (count, waiting))
            visits += out[0][i]
            if visits >= limits[1]:
                break
    return count, waiting, visits, landed


@inline
def _lanes_to(
    j: Any,
    share: float,
    along: float,
    run: Array,
    base: int,
    own: tuple[Array, Array, Array, Array],
    box: tuple[Array, Array, Array],
    counts: tuple[int, int],
) -> tuple[int, int]:
    """Adds share·run to the lanes of a column, and share·along besides to the first."""
    count, waiting = counts
    if j < base:
        count = _list_it(j, own[2], own[3], count)
        for lane in range(LANES):
            own[1][j, lane] += share * run[lane]
        own[1][j, 0] += share * along
    else:
        k = j - np.uint64(base)
        waiting = _list_it(k, box[1], box[2], waiting)
        for lane in range(LANES):
            box[0][k, lane] += share * run[lane]
        box[0][k, 0] += share * along
    return count, waiting


@kernel
def _spread_lanes(
    rows: tuple[Array, Array, Array],
    edits: tuple[Array, Array],
    row: int,
    along: float,
    run: Array,
    own: tuple[Array, Array, Array, Array],
    box: tuple[Array, Array, Array],
    counts: tuple[int, int],
) -> tuple[int, int]:
    """Sends the lanes ``run``, and ``along`` besides in the first lane, over one row."""
    start, column, weight = rows
    keys, change = edits
    base = len(start) - 1
    if row < base:
        for at in range(start[row], start[row + 1]):
            share = np.float64(weight[at]) if len(weight) > 0 else 1.0
            counts = _lanes_to(np.uint64(column[at]), share, along, run, base, own, box, counts)
    spot = _first_of(keys, row)
    while spot < len(keys) and keys[spot] >> np.uint64(32) == np.uint64(row):
        j = keys[spot] & np.uint64(0xFFFFFFFF)
        counts = _lanes_to(j, change[spot], along, run, base, own, box, counts)
        spot += 1
    return counts


@inline
def _take_lanes(left: Array, i: int) -> float:
    """Takes all lanes of a particle; their mass."""
    whole = 0.0
    for lane in range(LANES):
        whole += left[i, lane]
        left[i, lane] = 0.0
    return whole


@inline
def _take_step(left: Array, i: int, runs: Array, ended: int, degree: float, run: Array) -> float:
    """Takes a particle's lanes; ``run`` gets what goes on a step, by weight of link. The mass of the first lane."""
    here: float = left[i, 0]
    for lane in range(LANES):
        following = left[i, lane + 1] if lane + 1 < ended else 0.0
        run[lane] = (runs[lane] * here + following) / degree
    for lane in range(ended):
        left[i, lane] = 0.0
    return here


@kernel
def push_lanes(
    ins: tuple[Array, Array, Array],
    outs: tuple[Array, Array, Array],
    edits: tuple[Array, Array, Array, Array],
    totals: tuple[Array, Array, Array, Array],
    rates: tuple[float, float, Array, int],
    limits: tuple[float, int],
    own: tuple[Array, Array, Array, Array],
    box: tuple[Array, Array, Array],
    counts: tuple[int, int],
) -> tuple[int, int, int, float]:
    """Pushes along links and on runs of undirected steps; lane k has the mass with k steps to go.

    ``edits``: keys and changes of out-rows, then of in-rows; ``totals``: links out and in, o and d; ``rates``: absorb,
    follow, runs, ended. Mass at particles without any link settles at once. Returns as ``push`` does.
    """
    absorb, follow, runs, ended = rates
    settled, left, _, touched = own
    run = np.zeros(LANES)
    visits, landed, moved = 0, 0.0, True
    while moved and visits < limits[1]:
        moved = False
        for t in range(counts[0]):
            i = int(touched[t])
            mass = 0.0
            for lane in range(ended):
                mass += left[i, lane]
            cost = totals[0][i] + totals[1][i]
            if mass == 0.0 or mass < limits[0] * (cost + _TOLL):
                continue
            moved = True
            if cost == 0:
                # Q keeps it here: all lanes come back to the first, and it settles in full.
                whole = _take_lanes(left, i)
                settled[i] += absorb / (absorb + follow) * whole
                landed += follow / (absorb + follow) * whole
                continue
            here = _take_step(left, i, runs, ended, totals[3][i], run)
            settled[i] += absorb * here
            along = 0.0
            if totals[0][i] > 0:
                along = follow * here / totals[2][i]
            else:
                landed += follow * here
            counts = _spread_lanes(outs, edits[:2], i, along, run, own, box, counts)
            counts = _spread_lanes(ins, edits[2:], i, 0.0, run, own, box, counts)
            visits += cost
            if visits >= limits[1]:
                break
    return counts[0], counts[1], visits, landed


@kernel
def land(at: Array, values: Array, own: tuple[Array, Array, Array, Array], count: int) -> int:
    """Adds what came from elsewhere; how many own particles are listed."""
    _, left, seen, touched = own
    for k in range(len(at)):
        i = np.uint64(at[k])
        count = _list_it(i, seen, touched, count)
        for lane in range(left.shape[1]):
            left[i, lane] += values[k, lane]
    return count
