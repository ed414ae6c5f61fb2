"""A relation: a set of rows, each with its rank, and indexes by columns."""

from __future__ import annotations

from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.reasoning.relations.columns import READ_ROWS, keep_on

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from focusmesh.engine.reasoning.relations.column_index import ColumnIndex
    from focusmesh.engine.reasoning.relations.columns import ColumnRows, LateRows
    from focusmesh.engine.reasoning.relations.dictionary import Dictionary
    from focusmesh.engine.support.arrays import IntArray, OffsetArray

Row = tuple[Any, ...]
Index = dict[Any, dict[Row, None]]


class Relation:
    """Rows by rank: 0 for those that hold without a rule, else more than each row of its stratum that they follow from.

    ``blocking`` are rows that count for absences besides: while changes are taken in, those that have gone and those
    that are yet to come.
    """

    def __init__(self, name: str, types: tuple[str, ...]) -> None:
        self.name = name
        self.types = types
        self._ranks: dict[Row, int] = {}
        self._columns: ColumnRows | None = None
        self.blocking: Relation | None = None
        self._indexes: dict[tuple[int, ...], tuple[Callable[[Row], Any], Index]] = {}

    def __len__(self) -> int:
        return len(self._ranks) if self._columns is None else len(self._columns)

    @property
    def ranks(self) -> dict[Row, int]:
        """All rows with their ranks; those that came as columns are made rows when they are first looked at."""
        if self._columns is not None:
            self.make_rows(keep_on)
        return self._ranks

    def make_rows(self, tick: Callable[[], None]) -> None:
        """Makes the rows that ``ranks`` has; ``tick`` is called between slices, and may raise. O(n)."""
        if self._columns is not None:
            self._ranks, self._columns = self._columns.rows(tick), None

    @property
    def members(self) -> Container[Row]:
        """What tells whether a row is there."""
        return self.ranks

    def rank(self, row: Row) -> int:
        """The rank of a row; raises KeyError where it is not there."""
        return self.ranks[row]

    def first(self, count: int) -> list[Row]:
        """The first ``count`` rows. O(count)."""
        columns = self._columns
        return list(islice(self._ranks, count)) if columns is None else columns.first(count)

    def column(self, at: int, dictionary: Dictionary) -> OffsetArray:
        """The places of one column in ``dictionary``, int64 (n,). O(n) where rows did not come as columns of it."""
        if self._columns is not None and self._columns.dictionary is dictionary:
            return self._columns.column(at)
        return dictionary.places(self.types[at], [row[at] for row in self.ranks])

    def rank_array(self) -> IntArray:
        """The ranks in the order of ``column``, int (n,)."""
        if self._columns is not None:
            return self._columns.ranks
        return np.fromiter(self.ranks.values(), np.int32, len(self.ranks))

    def amend(self, went: LateRows, moved: LateRows, came: LateRows) -> None:
        """Follows columns that have changed, where rows were made of them: ``moved`` have other ranks now."""
        if self._columns is None:
            self.remove(went.rows())
            self._ranks.update(moved.rows())
            self.restore(came.rows())

    def fill(self, columns: ColumnRows) -> None:
        """Takes these rows in place of all that there were."""
        self._ranks, self._columns = {}, columns
        self._indexes.clear()

    def put(self, rows: Iterable[Row], rank: int) -> list[Row]:
        """Takes in the rows that are new, with ``rank``, and returns them. O(rows · indexes)."""
        made = dict.fromkeys(rows, rank)
        if len(self):
            made = {row: rank for row in made if row not in self.ranks}
        self.restore(made)
        return list(made)

    def restore(self, ranks: Mapping[Row, int]) -> None:
        """Takes in rows that are not there, each with its rank. O(rows · indexes)."""
        self.ranks.update(ranks)
        for key, index in self._indexes.values():
            for row in ranks:
                index.setdefault(key(row), {})[row] = None

    def remove(self, rows: Iterable[Row]) -> dict[Row, int]:
        """Lets go of those of ``rows`` that are there, and returns them with their ranks. O(rows · indexes)."""
        gone = {row: self.ranks.pop(row) for row in dict.fromkeys(rows) if row in self.ranks}
        for key, index in self._indexes.values():
            for row in gone:
                value = key(row)
                alike = index[value]
                del alike[row]
                if not alike:
                    del index[value]
        return gone

    def index(
        self, columns: tuple[int, ...], tick: Callable[[], None] = keep_on
    ) -> Index | ColumnIndex:
        """Rows by the values of ``columns`` (one: its value; several: a tuple). O(n) when first asked for.

        ``tick`` is called between slices, and may raise.
        """
        known = self._indexes.get(columns)
        if known is None:
            self.make_rows(tick)
            key, index = itemgetter(*columns), Index()
            for number, row in enumerate(self.ranks):
                index.setdefault(key(row), {})[row] = None
                if not number % READ_ROWS:
                    tick()
            known = self._indexes[columns] = key, index
        return known[1]
