"""Pairs with ranks as keys: what a closure has, and what came into it and went out of it, made rows when looked at."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.reasoning.relations import ArrayRows, keep_on
from focusmesh.engine.reasoning.rules.evaluation.upkeep import ranks_compiled as compiled
from focusmesh.engine.reasoning.rules.evaluation.upkeep.upkeep_compiled import BITS, LOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.engine.reasoning.relations import Dictionary, Row
    from focusmesh.engine.support.arrays import IntArray, OffsetArray


class PairRanks:
    """Ranks by key in a table with open places; ``begun`` says of a pair whether it follows from no other one."""

    def __init__(self, keys: OffsetArray, ranks: IntArray, begun: OffsetArray) -> None:
        """Keys are distinct."""
        length = 1 << (2 * len(keys) + 64).bit_length()
        self.arrays = self._empty(length)
        self.count = len(keys)
        compiled.fill(self.arrays, keys, ranks.astype(np.int32), begun.astype(np.int8))

    def make_room(self, more: int) -> int:
        """So many pairs may come; how many in fact."""
        if 3 * (self.count + more) > 2 * len(self.arrays[0]):
            held = self.arrays[0] != compiled.EMPTY
            old = [each[held] for each in self.arrays]
            self.arrays = self._empty(1 << (2 * (self.count + more)).bit_length())
            compiled.fill(self.arrays, *old)
        return 2 * len(self.arrays[0]) // 3 - self.count

    def mark(self, keys: OffsetArray, *, begun: bool) -> None:
        """Says of pairs whether they follow from no other one."""
        compiled.mark(self.arrays, keys, int(begun))

    def items(self) -> tuple[OffsetArray, IntArray]:
        """All keys and their ranks. O(room)."""
        held = self.arrays[0] != compiled.EMPTY
        return self.arrays[0][held], self.arrays[1][held]

    @staticmethod
    def _empty(length: int) -> tuple[Any, Any, Any]:
        keys = np.full(length, compiled.EMPTY, dtype=np.int64)
        return keys, np.zeros(length, np.int32), np.zeros(length, np.int8)


def pair_rows(dictionary: Dictionary, moving: int, keys: OffsetArray, ranks: IntArray) -> ArrayRows:
    """The rows of keys whose column ``moving`` is in the lower bits."""
    stays, moves = keys >> BITS, keys & LOW
    columns = (stays, moves) if moving else (moves, stays)
    return ArrayRows(dictionary, columns, ranks)


class PairRows:
    """The rows of a closure that is kept up to date: always those that there are when they are looked at."""

    def __init__(self, dictionary: Dictionary, moving: int, pairs: PairRanks) -> None:
        self.dictionary = dictionary
        self._moving = moving
        self._pairs = pairs

    def __len__(self) -> int:
        return self._pairs.count

    @property
    def ranks(self) -> IntArray:
        """The ranks, int (n,). O(room)."""
        return self._pairs.items()[1]

    def column(self, at: int) -> OffsetArray:
        """The places of one column, int64 (n,)."""
        return self._rows().column(at)

    def rows(self, tick: Callable[[], None] = keep_on) -> dict[Row, int]:
        """The rows with their ranks. O(n log n)."""
        return self._rows().rows(tick)

    def first(self, count: int) -> list[Row]:
        """The first ``count`` rows. O(n log n)."""
        return self._rows().first(count)

    def at(self, numbers: OffsetArray) -> list[Row]:
        """The rows of numbers, int64 (k,). O(room)."""
        return self._rows().at(numbers)

    def _rows(self) -> ArrayRows:
        return pair_rows(self.dictionary, self._moving, *self._pairs.items())


class PairChange(Mapping["Row", int]):
    """Rows with their ranks, made when they are first looked at; how many there are is known."""

    def __init__(
        self, dictionary: Dictionary, moving: int, keys: OffsetArray, ranks: IntArray
    ) -> None:
        """Keys are as ``pair_rows`` takes them; the rows are made in the order of ranks."""
        self._dictionary, self._moving = dictionary, moving
        self._keys, self._ranks = keys, ranks

    def rows(self, tick: Callable[[], None] = keep_on) -> dict[Row, int]:
        """The rows, made once."""
        return self._rows

    @cached_property
    def _rows(self) -> dict[Row, int]:
        if not len(self._keys):
            return {}
        order, value = np.argsort(self._ranks, kind="stable"), self._dictionary.value
        pairs = [(value(key >> BITS), value(key & LOW)) for key in self._keys[order].tolist()]
        rows = pairs if self._moving else [(moves, stays) for stays, moves in pairs]
        return dict(zip(rows, self._ranks[order].tolist(), strict=True))

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, row: Row) -> int:
        return self._rows[row]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __contains__(self, row: object) -> bool:
        return row in self._rows
