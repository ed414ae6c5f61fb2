"""An index over rows that lie in columns: the rows of a value are made when it is first asked for."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.reasoning.relations.columns import pack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.reasoning.relations.columns import ColumnRows
    from focusmesh.engine.reasoning.relations.relation import Row
    from focusmesh.engine.support.arrays import OffsetArray

_NONE = np.zeros(0, dtype=np.int64)


class ColumnIndex:
    """Rows by the values of ``columns`` (one: its value; several: a tuple), as ``Index`` has them.

    Keys in rising order find them: O(n log n) to make; then O(log n + rows of the value), O(1) for one that was asked
    for before.
    """

    def __init__(self, base: ColumnRows, columns: Sequence[int], types: Sequence[str]) -> None:
        """``types`` are those of all columns of ``base``."""
        self._base = base
        self._types = [types[at] for at in columns]
        self.value_of = itemgetter(*columns)
        read = [base.column(at) for at in columns]
        self._bits = base.dictionary.bits
        keys = pack(read, self._bits)
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]
        self._made: dict[Any, dict[Row, None]] = {}

    def __len__(self) -> int:
        """How many values have been asked for and found, or changed."""
        return len(self._made)

    def __contains__(self, value: Any) -> bool:
        return bool(self.get(value, None))

    def get(self, value: Any, default: Any) -> Any:
        """The rows of a value, ``default`` where there are none."""
        found = self._made.get(value)
        if found is None:
            numbers = self.numbers(value)
            if not len(numbers):
                return default
            found = self._made[value] = dict.fromkeys(self._base.at(numbers))
        return found or default

    def put(self, row: Row) -> None:
        """Takes in a row."""
        self._rows(row)[row] = None

    def remove(self, row: Row) -> None:
        """Lets go of a row that is there."""
        del self._rows(row)[row]

    def numbers_of(self, row: Row) -> OffsetArray:
        """Which of the columns' rows may be ``row``: those of its value, int64 (k,)."""
        return self.numbers(self.value_of(row))

    def numbers(self, value: Any) -> OffsetArray:
        """The numbers of the columns' rows that have a value, int64 (k,)."""
        find, key = self._base.dictionary.find, 0
        for type_, part in zip(
            self._types, value if len(self._types) > 1 else (value,), strict=True
        ):
            place = find(type_, part)
            if place is None or place >> self._bits:
                return _NONE
            key = key << self._bits | place
        begin = self._keys.searchsorted(key)
        return self._order[begin : self._keys.searchsorted(key, "right")]

    def _rows(self, row: Row) -> dict[Row, None]:
        value = self.value_of(row)
        found = self._made.get(value)
        if found is None:
            found = self._made[value] = dict.fromkeys(self._base.at(self.numbers(value)))
        return found
