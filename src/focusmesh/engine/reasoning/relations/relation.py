"""A relation: a set of rows, each with its rank, and indexes by columns."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Row = tuple[Any, ...]
Index = dict[Any, list[Row]]


class Relation:
    """Rows by rank: 0 for those that hold without a rule, else one more than the greatest of those they follow from."""

    def __init__(self, name: str, types: tuple[str, ...]) -> None:
        self.name = name
        self.types = types
        self.ranks: dict[Row, int] = {}
        self._indexes: dict[tuple[int, ...], tuple[Callable[[Row], Any], Index]] = {}

    def __len__(self) -> int:
        return len(self.ranks)

    def put(self, rows: Iterable[Row], rank: int) -> list[Row]:
        """Takes in the rows that are new, with ``rank``, and returns them. O(rows · indexes)."""
        new = [row for row in dict.fromkeys(rows) if row not in self.ranks]
        self.ranks.update(dict.fromkeys(new, rank))
        for key, index in self._indexes.values():
            for row in new:
                index.setdefault(key(row), []).append(row)
        return new

    def index(self, columns: tuple[int, ...]) -> Index:
        """Rows by the values of ``columns`` (one: its value; several: a tuple). O(n) when first asked for."""
        known = self._indexes.get(columns)
        if known is None:
            key, index = itemgetter(*columns), Index()
            for row in self.ranks:
                index.setdefault(key(row), []).append(row)
            known = self._indexes[columns] = key, index
        return known[1]
