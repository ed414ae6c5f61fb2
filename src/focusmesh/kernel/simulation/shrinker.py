"""The smallest schedule that still shows a violation: delta debugging over the list of faults.

A. Zeller, R. Hildebrandt: Simplifying and isolating failure-inducing input. IEEE Transactions on Software Engineering
28(2), 2002: ddmin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.simulation.schedule import Fault

RUNS_MAX = 200


def shrunk(
    faults: Sequence[Fault], fails: Callable[[Sequence[Fault]], bool], runs_max: int = RUNS_MAX
) -> tuple[Fault, ...]:
    """A part of ``faults`` that fails still, and would not with any one of them left out if the runs sufficed.

    ``fails`` says whether a run with these faults fails in the same way; it is true of all of them, and asked at most
    ``runs_max`` times, O(n²) in the worst case.
    """
    asked = 0

    def still(part: Sequence[Fault]) -> bool:
        nonlocal asked
        asked += 1
        return asked <= runs_max and fails(part)

    left, pieces = tuple(faults), 2
    if still(()):
        return ()
    while len(left) > 1 and asked < runs_max:
        size = -(-len(left) // pieces)
        parts = [left[at : at + size] for at in range(0, len(left), size)]
        found = next((part for part in parts if still(part)), None)
        if found is not None:
            left, pieces = found, 2
            continue
        rests = [_without(left, at, size) for at in range(0, len(left), size)]
        found = next((rest for rest in rests if len(parts) > 2 and still(rest)), None)
        if found is not None:
            left, pieces = found, max(pieces - 1, 2)
        elif size == 1:
            break
        else:
            pieces = min(2 * pieces, len(left))
    return left


def _without(faults: tuple[Fault, ...], at: int, count: int) -> tuple[Fault, ...]:
    return faults[:at] + faults[at + count :]
