"""A relation: a set of rows, each with its rank, and indexes by columns."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

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
        self.ranks: dict[Row, int] = {}
        self.blocking: Relation | None = None
        self._indexes: dict[tuple[int, ...], tuple[Callable[[Row], Any], Index]] = {}

    def __len__(self) -> int:
        return len(self.ranks)

    def put(self, rows: Iterable[Row], rank: int) -> list[Row]:
        """Takes in the rows that are new, with ``rank``, and returns them. O(rows · indexes)."""
        new = [row for row in dict.fromkeys(rows) if row not in self.ranks]
        self.restore(dict.fromkeys(new, rank))
        return new

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

    def index(self, columns: tuple[int, ...]) -> Index:
        """Rows by the values of ``columns`` (one: its value; several: a tuple). O(n) when first asked for."""
        known = self._indexes.get(columns)
        if known is None:
            key, index = itemgetter(*columns), Index()
            for row in self.ranks:
                index.setdefault(key(row), {})[row] = None
            known = self._indexes[columns] = key, index
        return known[1]
