"""The forward push of the full operator without compiled kernels, with the bits of push_compiled.py.

The first questions of a process are answered by it: a fast push takes at most some hundredths of a second here, and to
load the kernels takes most of one. Every sum is made in the order in which the kernels make it, so no answer says which
of the two has worked.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from itertools import count as numbers
from itertools import repeat
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from focusmesh.engine.focus.context.workspace import LANES
from focusmesh.engine.support.gc_pause import collector_at_rest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from focusmesh.engine.focus.context.standing import Rates
    from focusmesh.engine.focus.context.workspace import Work
    from focusmesh.engine.support.arrays import ByteArray, FloatArray, IndexArray, OffsetArray

Lanes: TypeAlias = "tuple[float, float, float, float, float, float, float, float]"
"""What stands beside one particle, by the undirected steps that it has to go."""

_COMPILED_NAME = "focusmesh.engine.focus.context.push_compiled"
_FIRST_THRESHOLD = 0.1
_LAST_THRESHOLD = 1e-30
_TOLL = 2.0
_NOTHING: Lanes = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
_RESTART = 3

PLAIN_PUSHES = 8
"""So many pushes of a process take less than it takes to load the kernels."""


def kernels_for(rates: Rates, effort: str, *, dense: bool) -> tuple[ModuleType, ModuleType]:
    """The modules that push, and that turn what a push left into an answer: this one twice, or the compiled ones.

    They do the same to the bit. Compiled ones are taken where they are loaded, where much is to be pushed, where other
    than all scores are asked for (not ``dense``), and after ``PLAIN_PUSHES`` of the process.
    """
    small = dense and effort == "fast" and rates.lanes == rates.ended == LANES
    if small and not _is_loaded() and next(_pushes()) < PLAIN_PUSHES:
        return sys.modules[__name__], sys.modules[__name__]
    answers = import_module("focusmesh.engine.focus.context.answer_compiled")
    return import_module(_COMPILED_NAME), answers


def _is_loaded() -> bool:
    """Whether the compiled kernels are, whole, in this process."""
    return hasattr(sys.modules.get(_COMPILED_NAME), "push_lanes")


@cache
def _pushes() -> Iterator[int]:
    """Numbers the plain pushes of the process."""
    return numbers()


def sow(
    seeds: OffsetArray, shares: FloatArray, left: FloatArray, seen: ByteArray, touched: IndexArray
) -> int:
    """Puts the seeds' shares in the first lane; how many particles are touched."""
    np.add.at(left[:, 0], seeds, shares)
    seen[seeds] = 1
    once = list(dict.fromkeys(seeds.tolist()))
    touched[: len(once)] = once
    return len(once)


def push_lanes(
    ins: tuple[OffsetArray, IndexArray, FloatArray],
    outs: tuple[OffsetArray, IndexArray, FloatArray],
    totals: tuple[FloatArray, FloatArray],
    rates: tuple[float, float, FloatArray, int],
    limits: tuple[int, float],
    work: Work,
    count: int,
) -> tuple[int, int, float]:
    """As in push_compiled.py. Some 10⁶ link visits a second."""
    settled, left, seen, touched = work
    listed = touched[:count]
    rows = dict(zip(listed.tolist(), map(tuple, left[listed].tolist()), strict=True))
    sums = dict(zip(listed.tolist(), settled[listed].tolist(), strict=True))
    with collector_at_rest():
        visits, landed = _push(ins, outs, totals, rates, limits, rows, sums)
    places = np.fromiter(rows, dtype=np.int64, count=len(rows))
    left[places] = np.array(list(rows.values()))
    seen[places], touched[: len(places)] = 1, places
    places = np.fromiter(sums, dtype=np.int64, count=len(sums))
    settled[places] = np.fromiter(sums.values(), dtype=np.float64, count=len(sums))
    return len(rows), visits, landed


def _push(
    ins: tuple[OffsetArray, IndexArray, FloatArray],
    outs: tuple[OffsetArray, IndexArray, FloatArray],
    totals: tuple[FloatArray, FloatArray],
    rates: tuple[float, float, FloatArray, int],
    limits: tuple[int, float],
    rows: dict[int, Lanes],
    settled: dict[int, float],
) -> tuple[int, float]:
    """Link visits, and the mass that dangling particles sent to u0. The keys of ``rows`` are the touched, in order."""
    in_start, out_start = ins[0].data, outs[0].data
    out_total, degree_total = totals[0].data, totals[1].data
    in_links, out_links = (ins[1].data, ins[2].data), (outs[1].data, outs[2].data)
    absorb, follow, runs, _ = rates
    shares = cast("Lanes", tuple(runs.tolist()))
    visits, landed, rest, least = 0, 0.0, 1.0, _FIRST_THRESHOLD
    while visits < limits[0] and rest > limits[1] and least > _LAST_THRESHOLD:
        low = least * _TOLL
        for i in list(rows):
            row = rows[i]
            mass = row[0] + row[1] + row[2] + row[3] + row[4] + row[5] + row[6] + row[7]
            if mass < low:
                continue
            out_first, out_stop = out_start[i], out_start[i + 1]
            in_first, in_stop = in_start[i], in_start[i + 1]
            cost = out_stop - out_first + in_stop - in_first
            if mass < least * (cost + _TOLL) or mass == 0.0:
                continue
            here, rows[i] = row[0], _NOTHING
            settled[i] = settled.get(i, 0.0) + absorb * here
            rest -= absorb * here
            run = _run(row, shares, degree_total[i])
            if out_stop > out_first:
                along = follow * here / out_total[i]
                _spread_along(rows, _links(out_links, out_first, out_stop), run, along)
            else:
                landed += follow * here
                rest -= follow * here
            if in_stop > in_first:
                _spread(rows, _links(in_links, in_first, in_stop), run)
            visits += cost
            if visits >= limits[0]:
                break
        least *= 0.5
    return visits, landed


def _links(
    side: tuple[memoryview, memoryview], first: int, stop: int
) -> Iterator[tuple[int, float]]:
    """The other ends of one row, and the weights of its links."""
    others, weights = side
    if not len(weights):
        return zip(others[first:stop].tolist(), repeat(1.0), strict=False)
    return zip(others[first:stop].tolist(), weights[first:stop].tolist(), strict=True)


def _run(row: Lanes, shares: Lanes, degree: float) -> Lanes:
    """What goes on a step from a particle, by weight of link."""
    here, second, third, fourth, fifth, sixth, seventh, eighth = row
    s0, s1, s2, s3, s4, s5, s6, s7 = shares
    return (
        (s0 * here + second) / degree,
        (s1 * here + third) / degree,
        (s2 * here + fourth) / degree,
        (s3 * here + fifth) / degree,
        (s4 * here + sixth) / degree,
        (s5 * here + seventh) / degree,
        (s6 * here + eighth) / degree,
        (s7 * here + 0.0) / degree,
    )


def _spread(rows: dict[int, Lanes], links: Iterator[tuple[int, float]], run: Lanes) -> None:
    """Sends the lanes ``run`` over one row."""
    r0, r1, r2, r3, r4, r5, r6, r7 = run
    row_of = rows.get
    for j, w in links:
        a0, a1, a2, a3, a4, a5, a6, a7 = row_of(j, _NOTHING)
        rows[j] = (
            a0 + w * r0,
            a1 + w * r1,
            a2 + w * r2,
            a3 + w * r3,
            a4 + w * r4,
            a5 + w * r5,
            a6 + w * r6,
            a7 + w * r7,
        )


def _spread_along(
    rows: dict[int, Lanes], links: Iterator[tuple[int, float]], run: Lanes, along: float
) -> None:
    """The same, with ``along`` besides in the first lane. Written out: a call for each link would double the time."""
    r0, r1, r2, r3, r4, r5, r6, r7 = run
    row_of = rows.get
    for j, w in links:
        a0, a1, a2, a3, a4, a5, a6, a7 = row_of(j, _NOTHING)
        rows[j] = (
            a0 + w * r0 + w * along,
            a1 + w * r1,
            a2 + w * r2,
            a3 + w * r3,
            a4 + w * r4,
            a5 + w * r5,
            a6 + w * r6,
            a7 + w * r7,
        )


def weigh(
    left: FloatArray, known: FloatArray, touched: IndexArray, count: int
) -> tuple[FloatArray, FloatArray]:
    """As in answer_compiled.py."""
    places = touched[:count]
    rows = left[places]
    mass = _sum_in_order(rows)
    excess = np.maximum(0.0, rows - mass * known[places, _RESTART, None])
    return mass, _sum_in_order(excess)


def _sum_in_order(rows: FloatArray) -> FloatArray:
    """Sums over the first axis, one row after the other."""
    total: FloatArray = np.add.accumulate(rows, axis=0)[-1]
    return total


def densify(
    estimate: tuple[FloatArray, FloatArray, float, float],
    work: Work,
    rows: tuple[int, int],
    scores: FloatArray,
) -> None:
    """The estimates of a range of particles."""
    known, mix, scale, absorb = estimate
    part = slice(*rows)
    values = scale * (work[0][part] + absorb * work[1][part, 0])
    for column in range(known.shape[1]):
        values += mix[column] * known[part, column]
    scores[part] = values


def clean(work: Work, count: int) -> None:
    """Undoes every entry that was touched."""
    settled, left, seen, touched = work
    places = touched[:count]
    settled[places], left[places], seen[places] = 0.0, 0.0, 0
