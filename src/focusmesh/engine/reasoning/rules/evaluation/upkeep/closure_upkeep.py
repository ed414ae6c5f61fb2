"""The upkeep of one closure: its starts and steps are kept as any stratum is, its rows in arrays of ranks.

A lost step makes candidates of what it led to, in each source that has where it stood. Within a source candidates go in
rising rank, as in ``maintenance``; sources do not touch one another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.reasoning.rules.evaluation.upkeep import upkeep_compiled as compiled
from focusmesh.engine.reasoning.rules.evaluation.upkeep.lists import Lists
from focusmesh.engine.reasoning.rules.evaluation.upkeep.pairs import (
    PairChange,
    PairRanks,
    PairRows,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from focusmesh.engine.reasoning.relations import Dictionary, Meter, Relation, Row
    from focusmesh.engine.reasoning.rules.evaluation.searches import Pairs
    from focusmesh.engine.support.arrays import OffsetArray

_BUDGET = 1 << 19
"""Steps that are taken between two looks at limits: some milliseconds."""
_NONE = np.zeros(0, dtype=np.int64)


class ClosureUpkeep:
    """The rows of ``relation``, whose column ``moving`` moves on, with the pairs that it begins with and its steps."""

    def __init__(
        self, relation: Relation, dictionary: Dictionary, moving: int, starts: Pairs, steps: Pairs
    ) -> None:
        """``starts`` are columns as the relation has them. O(rows)."""
        self.relation = relation
        self.dictionary = dictionary
        self.moving = moving
        self._room = len(dictionary) + len(dictionary) // 4 + 64
        ranks = relation.rank_array()
        keys = self._key(relation.column(0, dictionary), relation.column(1, dictionary))
        begun = self._key(*starts)
        self.pairs = PairRanks(keys, ranks, np.zeros(len(keys), dtype=np.int8))
        self.pairs.mark(begun, begun=True)
        self.starts = Lists(self._room, begun & compiled.LOW, begun >> compiled.BITS)
        self.forth = Lists(self._room, steps[0], steps[1])
        self.back = Lists(self._room, steps[1], steps[0])
        self._make_scratch()
        relation.fill(PairRows(dictionary, moving, self.pairs))
        self.highest = int(ranks.max(initial=0))
        self._stamp = 0

    def _make_scratch(self) -> None:
        room = self._room
        met, seen, queue = (np.zeros(room, dtype=np.int64) for _ in range(3))
        self._stamps = met, seen, queue
        self._sources = np.zeros(room, dtype=np.int64), np.zeros(room, dtype=np.int64)
        self._outs: list[Any] = [self._out(2 * room) for _ in range(3)]
        self._heap = np.empty(0, dtype=np.int64)

    def _out(self, length: int) -> tuple[Any, Any, Any]:
        marks = np.zeros(self._room, dtype=np.int8)
        return np.empty(length, np.int64), np.empty(length, np.int32), marks

    def _key(self, first: Any, second: Any) -> Any:
        stays, moves = (first, second) if self.moving else (second, first)
        return stays << compiled.BITS | moves

    def take(
        self,
        lost: tuple[Iterable[Row], Iterable[Row]],
        gained: tuple[Iterable[Row], Iterable[Row]],
        meter: Meter,
        words: str,
    ) -> tuple[PairChange, PairChange]:
        """Takes in starts and steps that are lost, then those that are gained; what came and went.

        Raises BudgetError at a limit; the closure is then of no use any more.
        """
        lost_places, gained_places = self._places(*lost), self._places(*gained)
        self._widen()
        went, moved = self._lose(*lost_places, meter, words)
        came = self._gain(*gained_places, meter, words)
        changes = [self._change(*each) for each in (went, moved, came)]
        self.relation.amend(*changes)
        both = np.intersect1d(went[0], came[0]) if len(went[0]) and len(came[0]) else _NONE
        if not len(both):
            return changes[2], changes[0]
        went, came = ((k[~(at := np.isin(k, both))], r[~at]) for k, r in (went, came))
        return self._change(*came), self._change(*went)

    def _change(self, keys: Any, ranks: Any) -> PairChange:
        return PairChange(self.dictionary, self.moving, keys, ranks)

    def _places(
        self, starts: Iterable[Row], steps: Iterable[Row]
    ) -> tuple[list[int], list[tuple[int, int]]]:
        types, place = self.relation.types, self.dictionary.place
        kind = types[self.moving]
        keys = [self._key(place(types[0], x), place(types[1], y)) for x, y in starts]
        return keys, [(place(kind, y), place(kind, z)) for y, z in steps]

    def _widen(self) -> None:
        if len(self.dictionary) > self._room:
            self._room = 2 * len(self.dictionary)
            for lists in (self.starts, self.forth, self.back):
                lists.widen(self._room)
            self._make_scratch()
            self._stamp = 0

    def _lose(
        self, starts: list[int], steps: list[tuple[int, int]], meter: Meter, words: str
    ) -> tuple[Any, Any]:
        if not starts and not steps:
            return (_NONE, _NONE), (_NONE, _NONE)
        table = self.pairs.arrays
        begun = np.array(starts, dtype=np.int64)
        if starts:
            self.pairs.mark(begun, begun=False)
        candidates = [begun]
        for here, there in steps:
            sources, _ = self._sources_of(here)
            candidates.append(sources << compiled.BITS | there)
        for key in starts:
            self.starts.remove(key & compiled.LOW, key >> compiled.BITS)
        for here, there in steps:
            self.forth.remove(here, there)
            self.back.remove(there, here)
        tasks = np.sort(np.concatenate(candidates))
        if not len(tasks):
            return (_NONE, _NONE), (_NONE, _NONE)
        room = len(self.forth) + self._room + len(tasks)
        if len(self._heap) < room:
            self._heap = np.empty(room + room // 4, dtype=np.int64)
        heap = self._heap
        lists = *self.forth.arrays, *self.back.arrays
        state = self._state()

        def run() -> int:
            return compiled.shrink(state, tasks, lists, table, self._outs[0], self._outs[1], heap)

        self._repeat(run, state, (0, 1), meter, words)
        gone = int(state[compiled.WENT])
        self.pairs.count -= gone
        return self._cut(0, gone), self._cut(1, int(state[compiled.MOVED]))

    def _gain(
        self, starts: list[int], steps: list[tuple[int, int]], meter: Meter, words: str
    ) -> tuple[Any, Any]:
        if not starts and not steps:
            return _NONE, _NONE
        for here, there in steps:
            self.forth.put(here, there)
            self.back.put(there, here)
        for key in starts:
            self.starts.put(key & compiled.LOW, key >> compiled.BITS)
        state = self._state()
        begun = np.array(starts, dtype=np.int64)
        if starts:
            self._grow(state, begun, np.ones(len(begun), dtype=np.int64), meter, words)
            self.pairs.mark(begun, begun=True)
        for here, there in steps:
            sources, ranks = self._sources_of(here)
            self._grow(state, sources << compiled.BITS | there, ranks + 1, meter, words)
        return self._cut(2, int(state[compiled.CAME]))

    def _grow(
        self, state: OffsetArray, keys: OffsetArray, ranks: OffsetArray, meter: Meter, words: str
    ) -> None:
        if not len(keys):
            return
        queue = self._stamps[0]
        state[compiled.TASK] = 0

        def run() -> int:
            state[compiled.ROOM] = self.pairs.make_room(self._room)
            before = int(state[compiled.CAME])
            # One source meets at most as many values as there are.
            status = compiled.grow(
                state, (keys, ranks), self.forth.arrays, self.pairs.arrays, self._outs[2], queue
            )
            self.pairs.count += int(state[compiled.CAME]) - before
            meter.hold(int(state[compiled.CAME]) - before, 2, words)
            return status

        self._repeat(run, state, (2,), meter, words)

    def _sources_of(self, value: int) -> Pairs:
        """The sources that have a value, and its ranks in them."""
        self._stamp += 1
        count = compiled.sources(
            value,
            self.back.arrays,
            self.starts.arrays,
            self.pairs.arrays,
            self._stamps,
            self._stamp,
            self._sources,
        )
        return self._sources[0][:count].copy(), self._sources[1][:count].copy()

    def _state(self) -> OffsetArray:
        return np.array([0, 0, 0, 0, 0, _BUDGET, 0, self.highest], dtype=np.int64)

    def _repeat(
        self,
        run: Callable[[], int],
        state: OffsetArray,
        outs: tuple[int, ...],
        meter: Meter,
        words: str,
    ) -> None:
        """Runs a kernel, part after part, with more room for what it puts out where it asks for that."""
        status = compiled.PAUSED
        while status != compiled.ENDED:
            status = run()
            meter.infer(int(state[compiled.TAKEN]), words)
            if status == compiled.FULL:
                for at in outs:
                    keys, ranks, marks = self._outs[at]
                    self._outs[at] = (
                        np.resize(keys, 2 * len(keys)),
                        np.resize(ranks, 2 * len(keys)),
                        marks,
                    )
        self.highest = int(state[compiled.HIGHEST])

    def _cut(self, out: int, count: int) -> tuple[Any, Any]:
        return self._outs[out][0][:count].copy(), self._outs[out][1][:count].copy()
