"""A relation whose rows came as columns: changes lie beside them, and no row is made that nobody looks at."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.relations.column_index import ColumnIndex
from focusmesh.engine.reasoning.relations.columns import KEY_BITS, keep_on
from focusmesh.engine.reasoning.relations.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from focusmesh.engine.reasoning.relations.columns import ColumnRows
    from focusmesh.engine.reasoning.relations.dictionary import Dictionary
    from focusmesh.engine.reasoning.relations.relation import Index, Row
    from focusmesh.engine.support.arrays import IntArray, OffsetArray

_ASKED_SHARE = 16
"""Once an index has made the rows of one value in so many, rows of all are made: a dictionary is faster then."""
_ASKED_FEW = 4_096


class ColumnRelation(Relation):
    """Rows of rank 0 that no rule derives: ``columns`` without those that are gone, and what came since.

    ``len`` counts rows that the columns have twice each time.
    """

    def __init__(self, name: str, types: tuple[str, ...], columns: ColumnRows) -> None:
        super().__init__(name, types)
        self._base: ColumnRows | None = columns
        self._gone: dict[Row, int] = {}
        self._more: dict[Row, int] = {}
        self._found: dict[tuple[int, ...], ColumnIndex] = {}

    def __len__(self) -> int:
        if self._base is None:
            return len(self._ranks)
        return len(self._base) - sum(self._gone.values()) + len(self._more)

    def __contains__(self, row: object) -> bool:
        """Whether a row is there. O(log n + rows that have its first two values)."""
        if self._base is None:
            return row in self._ranks
        locator = self._locator()
        return isinstance(row, tuple) and row in locator.get(locator.value_of(row), ())

    @property
    def members(self) -> Container[Row]:
        return self._ranks if self._base is None else self

    @property
    def ranks(self) -> dict[Row, int]:
        """All rows, each of rank 0; they are made when they are first looked at. O(n)."""
        self.make_rows(keep_on)
        return self._ranks

    def make_rows(self, tick: Callable[[], None]) -> None:
        if self._base is not None:
            rows = self._base.rows(tick)
            for row in self._gone:
                rows.pop(row, None)
            rows.update(self._more)
            self._ranks, self._base = rows, None
            self._gone, self._more, self._found = {}, {}, {}

    def rank(self, row: Row) -> int:
        return 0 if row in self else self._ranks[row]

    def first(self, count: int) -> list[Row]:
        if self._base is None or self._gone or self._more:
            return list(islice(self.ranks, count))
        return self._base.first(count)

    def column(self, at: int, dictionary: Dictionary) -> OffsetArray:
        base = self._base
        if base is None or base.dictionary is not dictionary:
            return super().column(at, dictionary)
        column = base.column(at)
        if self._gone:
            column = np.delete(column, self._gone_numbers())
        if self._more:
            more = dictionary.places(self.types[at], [row[at] for row in self._more])
            column = np.concatenate((column, more))
        return column

    def rank_array(self) -> IntArray:
        return np.zeros(len(self), dtype=np.int32)

    def fill(self, columns: ColumnRows) -> None:
        self._ranks, self._base = {}, columns
        self._gone, self._more, self._found = {}, {}, {}
        self._indexes.clear()

    def put(self, rows: Iterable[Row], rank: int) -> list[Row]:
        made = {row: rank for row in dict.fromkeys(rows) if row not in self}
        self.restore(made)
        return list(made)

    def restore(self, ranks: Mapping[Row, int]) -> None:
        """Takes in rows that are not there. O(rows · indexes)."""
        if self._base is None:
            super().restore(ranks)
            return
        for row in ranks:
            if self._gone.pop(row, None) is None:
                self._more[row] = 0
            for index in self._found.values():
                index.put(row)

    def remove(self, rows: Iterable[Row]) -> dict[Row, int]:
        """Lets go of those of ``rows`` that are there, and returns them. O(rows · indexes)."""
        if self._base is None:
            return super().remove(rows)
        gone = {row: 0 for row in dict.fromkeys(rows) if row in self}
        for row in gone:
            if self._more.pop(row, None) is None:
                self._gone[row] = len(self._numbers(row))
            for index in self._found.values():
                index.remove(row)
        return gone

    def index(
        self, columns: tuple[int, ...], tick: Callable[[], None] = keep_on
    ) -> Index | ColumnIndex:
        """Rows by the values of ``columns``. O(n log n) when first asked for."""
        if self._base is not None and self._has_keys(self._base, columns):
            found = self._column_index(self._base, columns)
            if len(found) <= max(_ASKED_FEW, len(self._base) // _ASKED_SHARE):
                return found
        return super().index(columns, tick)

    def _has_keys(self, base: ColumnRows, columns: tuple[int, ...]) -> bool:
        """Whether values of ``columns`` are keys. Columns that are read number values, for which keys need bits."""
        if columns not in self._found:
            for at in columns:
                base.column(at)
        return base.dictionary.bits * len(columns) <= KEY_BITS

    def _column_index(self, base: ColumnRows, columns: tuple[int, ...]) -> ColumnIndex:
        """The index by ``columns``, made of ``base`` and what changed since when it is first asked for."""
        found = self._found.get(columns)
        if found is None:
            found = ColumnIndex(base, columns, self.types)
            for row in self._gone:
                found.remove(row)
            for row in self._more:
                found.put(row)
            self._found[columns] = found
        return found

    def _locator(self) -> ColumnIndex:
        """The index that tells whether a row is there."""
        assert self._base is not None
        return self._column_index(self._base, tuple(range(min(2, len(self.types)))))

    def _numbers(self, row: Row) -> list[int]:
        """Where the columns have a row."""
        assert self._base is not None
        numbers = self._locator().numbers_of(row)
        if len(numbers) == 1:
            return [int(numbers[0])]
        rows = self._base.at(numbers)
        return [at for at, there in zip(numbers.tolist(), rows, strict=True) if there == row]

    def _gone_numbers(self) -> list[int]:
        return [at for row in self._gone for at in self._numbers(row)]
