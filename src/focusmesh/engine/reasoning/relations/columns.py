"""Rows as columns of places: what is made by the million, and made rows when it is first looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.engine.reasoning.relations.dictionary import Dictionary
    from focusmesh.engine.reasoning.relations.relation import Row
    from focusmesh.engine.support.arrays import IntArray, OffsetArray


KEY_BITS = 62
"""A key of columns of places has no more."""
READ_ROWS = 1 << 15
"""So many rows are made of columns between two looks at the clock."""


def keep_on() -> None:
    """What is called between slices where nothing stops them."""


def parts(count: int) -> Iterator[slice]:
    """``count`` rows in slices."""
    return (slice(start, start + READ_ROWS) for start in range(0, count, READ_ROWS))


class LateRows(Protocol):
    """Distinct rows with their ranks, which are made when they are asked for."""

    def rows(self, tick: Callable[[], None] = keep_on) -> dict[Row, int]:
        """The rows with their ranks; ``tick`` is called between slices, and may raise. O(n)."""


class ColumnRows(LateRows, Protocol):
    """Distinct rows with their ranks, by column."""

    @property
    def dictionary(self) -> Dictionary:
        """What places are of."""

    @property
    def ranks(self) -> IntArray:
        """Their ranks, int (n,)."""

    def __len__(self) -> int:
        """How many rows there are."""

    def column(self, at: int) -> OffsetArray:
        """The places of one column, int64 (n,)."""

    def first(self, count: int) -> list[Row]:
        """The first ``count`` rows. O(count)."""

    def at(self, numbers: OffsetArray) -> list[Row]:
        """The rows of numbers, int64 (k,). O(k)."""


@dataclass(frozen=True, slots=True)
class ArrayRows:
    """Rows as columns of places, int64 (n,) each, and their ranks, int (n,). They are made in the order of ranks."""

    dictionary: Dictionary
    columns: tuple[OffsetArray, ...]
    ranks: IntArray

    def __len__(self) -> int:
        return len(self.ranks)

    def column(self, at: int) -> OffsetArray:
        """The places of one column, int64 (n,)."""
        return self.columns[at]

    def rows(self, tick: Callable[[], None] = keep_on) -> dict[Row, int]:
        """The rows with their ranks. O(n log n)."""
        if len(self) < 2:
            return dict(zip(self._list(slice(None)), self.ranks.tolist(), strict=True))
        order = np.argsort(self.ranks, kind="stable")
        made: dict[Row, int] = {}
        for part in parts(len(self)):
            some = order[part]
            made.update(zip(self._list(some), self.ranks[some].tolist(), strict=True))
            tick()
        return made

    def first(self, count: int) -> list[Row]:
        """The first ``count`` rows. O(n log n)."""
        return self._list(np.argsort(self.ranks, kind="stable")[:count])

    def at(self, numbers: OffsetArray) -> list[Row]:
        """The rows of numbers, int64 (k,). O(k)."""
        return self._list(numbers)

    def _list(self, order: Any) -> list[Row]:
        values = self.dictionary.values.__getitem__
        return list(
            zip(*(map(values, column[order].tolist()) for column in self.columns), strict=True)
        )


@dataclass(frozen=True, slots=True)
class PackedRows:
    """Rows as keys, int64 (n,): ``width`` places of ``bits`` each, the first one in the highest bits."""

    dictionary: Dictionary
    keys: OffsetArray
    bits: int
    width: int
    ranks: IntArray

    def __len__(self) -> int:
        return len(self.keys)

    def column(self, at: int) -> OffsetArray:
        """The places of one column, int64 (n,)."""
        return unpack(self.keys, self.bits, self.width, at)

    def rows(self, tick: Callable[[], None] = keep_on) -> dict[Row, int]:
        """The rows with their ranks. O(n)."""
        return self._arrays(slice(None)).rows(tick)

    def first(self, count: int) -> list[Row]:
        """The first ``count`` rows. O(count)."""
        return self._arrays(slice(count)).first(count)

    def at(self, numbers: OffsetArray) -> list[Row]:
        """The rows of numbers, int64 (k,). O(k)."""
        return self._arrays(numbers).at(np.arange(len(numbers)))

    def _arrays(self, rows: Any) -> ArrayRows:
        keys = self.keys[rows]
        columns = tuple(unpack(keys, self.bits, self.width, at) for at in range(self.width))
        return ArrayRows(self.dictionary, columns, self.ranks[rows])


def pack(columns: list[Any], bits: int) -> OffsetArray:
    """One key of columns of places, each int64 (n,)."""
    keys: OffsetArray = columns[0].astype(np.int64)
    for column in columns[1:]:
        keys = keys << bits | column
    return keys


def distinct(keys: OffsetArray) -> OffsetArray:
    """The keys in rising order, each once."""
    ordered: OffsetArray = np.sort(keys)
    found: OffsetArray = ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]
    return found


def unpack(keys: OffsetArray, bits: int, width: int, at: int) -> OffsetArray:
    """One column of keys, int64 (n,)."""
    found: OffsetArray = keys >> bits * (width - 1 - at) & (1 << bits) - 1
    return found
