"""The searches of a closure: all its rows with their ranks, from the pairs that it begins with and its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.relations import ArrayRows, distinct
from focusmesh.engine.reasoning.rules.evaluation import closure_compiled as compiled

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.relations import Dictionary, Meter
    from focusmesh.engine.support.arrays import IntArray, OffsetArray

BUDGET = 1 << 19
"""Steps that are taken between two looks at limits: some milliseconds."""

Pairs = tuple["OffsetArray", "OffsetArray"]
"""Two columns of places, int64 (n,) each."""


class Searches:
    """One search from each value of the column that stays; ``given`` pairs have rank 0, ``first`` ones rank 1."""

    def __init__(
        self, dictionary: Dictionary, moving: int, given: Pairs, first: Pairs, steps: Pairs
    ) -> None:
        """``given`` and ``first`` are columns as the relation has them; column ``moving`` moves on by ``steps``."""
        self.dictionary = dictionary
        self.moving = moving
        count = max(len(dictionary), 1)
        self.steps = _adjacency(steps, count)
        stays, moves = (
            np.concatenate((given[at], first[at])) for at in ((0, 1) if moving else (1, 0))
        )
        ranks = np.repeat([0, 1], [len(given[0]), len(first[0])])
        order = np.lexsort((ranks, stays))
        self.sources, begins = np.unique(stays[order], return_index=True)
        self.starts = np.append(begins, len(order)), moves[order], ranks[order]
        self.begins = np.zeros(len(self.sources) + 1, dtype=np.int64)
        room = 2 * count + len(order)
        self.met = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int32)
        self.state = np.array([0, 0, 0, BUDGET])
        self._stamps = np.zeros(count, dtype=np.int64)
        self.ended = False
        """Whether all went through."""

    def run(self, meter: Meter, words: str) -> None:
        """All searches; raises BudgetError at a limit, and what was found by then can be asked for.

        O(steps from all rows), and 8 bytes for each value of the dictionary.
        """
        status = compiled.PAUSED
        state = self.state
        while status != compiled.ENDED:
            before = self._size()
            status = compiled.search(
                state, self.starts, self.steps, self._stamps, self.begins, self.met
            )
            meter.infer(int(state[compiled.TAKEN]), words)
            meter.hold(self._size() - before, 2, words)
            if status == compiled.FULL:
                self._grow()
        self.ended = True

    def _size(self) -> int:
        """How many rows follow from others, of the sources that are done."""
        return int(self.state[compiled.FOUND] - self.starts[0][self.state[compiled.SOURCE]])

    @property
    def values(self) -> OffsetArray:
        """What was met, source after source."""
        return self.met[0][: self.state[compiled.FOUND]]

    @property
    def ranks(self) -> IntArray:
        """The ranks of ``values``."""
        return self.met[1][: self.state[compiled.FOUND]]

    def rows(self) -> ArrayRows:
        """What was found."""
        done = int(self.state[compiled.SOURCE])
        stays = np.repeat(self.sources[:done], np.diff(self.begins[: done + 1]))
        columns = (stays, self.values) if self.moving else (self.values, stays)
        return ArrayRows(self.dictionary, columns, self.ranks)

    def _grow(self) -> None:
        found = int(self.state[compiled.FOUND])
        values, ranks = (np.empty(2 * len(each), each.dtype) for each in self.met)
        values[:found], ranks[:found] = self.values, self.ranks
        self.met = values, ranks


def _adjacency(steps: Pairs, count: int) -> tuple[OffsetArray, OffsetArray]:
    """Where the steps from each value begin, and where they lead; equal ones once."""
    keys = distinct(steps[0] * count + steps[1])
    begins = np.searchsorted(keys, np.arange(count + 1) * count)
    return begins, keys % count
