"""Kernels of single scores' bounds after a push: over touched particles and the heads of known vectors alone."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.focus.context.answer_compiled import score_of
from focusmesh.engine.support.compiled import inline, kernel

Array: TypeAlias = npt.NDArray[Any]

_U, _DEGREE = 0, 1
_LISTED = 2
_HERE, _WALKED = 0, 2
"""Columns of the known vectors whose restarts are u and by degree."""


@kernel
def reach_touched(
    left: Array, restarts: Array, mixes: Array, touched: Array, count: int
) -> tuple[Array, Array]:
    """For each restart that is tried the largest residual of the first lane over it; for each lane over degree."""
    reach, runs = np.zeros(len(mixes)), np.zeros(left.shape[1])
    for t in range(count):
        i = np.uint64(touched[t])
        here, degree = left[i, 0], restarts[i, _DEGREE]
        for lane in range(left.shape[1]):
            if left[i, lane] > runs[lane] * degree:
                runs[lane] = left[i, lane] / degree if degree > 0.0 else np.inf
        for row in range(len(mixes)):
            under = 0.0
            for column in range(mixes.shape[1]):
                under += mixes[row, column] * restarts[i, column]
            if here > reach[row] * under:
                reach[row] = here / under if under > 0.0 else np.inf
    return reach, runs


@kernel
def reach_rows(error: Array, restarts: Array, mixes: Array, rows: tuple[int, int]) -> Array:
    """For each restart that is tried the largest size of an error over it, in a range of particles."""
    reach = np.zeros(len(mixes))
    for i in range(np.uint64(rows[0]), np.uint64(rows[1])):
        here = abs(np.float64(error[i]))
        for row in range(len(mixes)):
            under = 0.0
            for column in range(mixes.shape[1]):
                under += mixes[row, column] * restarts[i, column]
            if here > reach[row] * under:
                reach[row] = here / under if under > 0.0 else np.inf
    return reach


@inline
def _bound(
    i: Any, restarts: Array, foci: Array, slack: Array, tops: Array, numbers: Array
) -> float:
    """``ItemBounds.at`` of one particle."""
    scale, absorb, rest, runs = numbers[0], numbers[1], numbers[2], numbers[3]
    above, half, more = numbers[4], numbers[5], numbers[6]
    walked = foci[i, _DEGREE] + slack[_DEGREE]
    here = max(walked - absorb * restarts[i, _DEGREE], 0.0)
    low = rest * here + runs * walked
    reach = np.inf
    for row in range(len(tops)):
        value = 0.0
        for column in range(tops.shape[1]):
            known = foci[i, column] + slack[column] - absorb * restarts[i, column]
            value += tops[row, column] * max(known, 0.0)
        reach = min(reach, value)
    high = reach - rest * max(here - 2.0 * slack[_DEGREE], 0.0) + above * walked
    found: float = min((1.0 + 2.0**-20) * scale * max(low, high), half) + more
    return found


@kernel
def rival_of_rows(
    scores: Array,
    bounding: tuple[Array, Array, Array, Array, Array],
    hidden: Array,
    rows: tuple[int, int],
    least: float,
) -> float:
    """The most that any particle of a range can truly have that is not ``hidden``, or ``least``."""
    restarts, foci, slack, tops, numbers = bounding
    highest, most = least, numbers[5] + numbers[6]
    for i in range(np.uint64(rows[0]), np.uint64(rows[1])):
        if scores[i] + most > highest and not hidden[i]:
            value = scores[i] + _bound(i, restarts, foci, slack, tops, numbers)
            highest = max(highest, value)
    return highest


@inline
def _cap(fixed: float, walked: float, slack: Array, tops: Array, numbers: Array) -> float:
    """What no bound exceeds of particles whose φ* and Ψ(w) are at most ``fixed`` and ``walked``."""
    here, along = fixed + slack[_U], walked + slack[_DEGREE]
    reach = np.inf
    for row in range(len(tops)):
        value = tops[row, _U] * here + tops[row, _DEGREE] * along
        for column in range(_DEGREE + 1, tops.shape[1]):
            if tops[row, column] > 0.0:
                value = np.inf
        reach = min(reach, value)
    low = (numbers[2] + numbers[3]) * along
    high = reach + numbers[4] * along
    found: float = min((1.0 + 2.0**-20) * numbers[0] * max(low, high), numbers[5]) + numbers[6]
    return found


@kernel
def rival_touched(
    estimate: tuple[Array, Array, float, float],
    bounding: tuple[Array, Array, Array, Array, Array],
    heads: tuple[Array, Array],
    work: tuple[Array, Array, Array, Array],
    count: int,
    listed: Array,
    least: float,
) -> float:
    """The most that any particle that is not ``listed`` can truly have; ``least`` is known of one of them.

    Touched particles are looked at one by one, the others as far down the heads of the known vectors as it takes.
    """
    known, mix, scale, absorb = estimate
    restarts, foci, slack, tops, numbers = bounding
    settled, left, seen, touched = work
    for k in range(len(listed)):
        seen[listed[k]] = _LISTED
    highest, most = least, numbers[5] + numbers[6]
    for t in range(count):
        i = touched[t]
        if seen[i] == _LISTED:
            continue
        value = max(score_of(i, known, mix, scale, absorb, settled, left), 0.0)
        if value + most > highest:
            value += _bound(i, restarts, foci, slack, tops, numbers)
            highest = max(highest, value)
    leading, heights = heads
    beyond = np.inf
    for rank in range(leading.shape[1]):
        above = 0.0
        for column in range(leading.shape[0]):
            above += mix[column] * heights[column, rank]
            i = leading[column, rank]
            if seen[i] == 0:
                value = max(score_of(i, known, mix, scale, absorb, settled, left), 0.0)
                if value + most > highest:
                    value += _bound(i, restarts, foci, slack, tops, numbers)
                    highest = max(highest, value)
        beyond = above + _cap(heights[_HERE, rank], heights[_WALKED, rank], slack, tops, numbers)
        if beyond <= highest:
            break
    for k in range(len(listed)):
        seen[listed[k]] = 1
    if leading.shape[1] < len(known):
        highest = max(highest, beyond)
    return highest
