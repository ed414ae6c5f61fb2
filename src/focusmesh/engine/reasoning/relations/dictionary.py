"""A dictionary: the values of a model as places, numbers from 0 on, so that joins compare numbers alone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from focusmesh.engine.support.arrays import OffsetArray


class Dictionary:
    """Values by place and places by value. Each type has values of its own: 1 is not 1.0, and no text is a particle.

    ``names`` are particles, which have the first places.
    """

    def __init__(self, names: Sequence[Any] = ()) -> None:
        self._names = names
        self._more: list[Any] = []
        self._values: list[Any] | None = None
        self._places: dict[str, dict[Any, int]] = {}

    def __len__(self) -> int:
        return len(self._names) + len(self._more)

    @property
    def values(self) -> list[Any]:
        """All values by place. O(n) when first asked for."""
        if self._values is None:
            self._values = [*self._names, *self._more]
        return self._values

    def find(self, type_: str, value: Any) -> int | None:
        """The place of a value, None where it has none."""
        return self._table(type_).get(value)

    def place(self, type_: str, value: Any) -> int:
        """The place of a value, a new one where it has none."""
        table = self._table(type_)
        found = table.get(value)
        if found is None:
            value = as_float(value) if type_ == "float" else value
            found = table[value] = len(self)
            self._more.append(value)
            if self._values is not None:
                self._values.append(value)
        return found

    def places(self, type_: str, values: Iterable[Any]) -> OffsetArray:
        """The places of many values, int64 (n,)."""
        listed = list(values)
        if not listed:
            return np.zeros(0, dtype=np.int64)
        table = self._table(type_)
        found = [*map(table.get, listed)]
        if None in found:
            place = self.place
            found = [place(type_, value) for value in listed]
        return np.array(found, dtype=np.int64)

    def columns(self, types: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[OffsetArray]:
        """The places of rows by column, int64 (n,) each, also where there are no rows."""
        listed = [*zip(*rows, strict=True)] or [() for _ in types]
        return [*map(self.places, types, listed)]

    def number_places(self, type_: str, column: Any) -> OffsetArray:
        """The places of numbers in an array (n,), int64 (n,). O(n log n)."""
        values, which = np.unique(column, return_inverse=True)
        found: OffsetArray = self.places(type_, values.tolist())[which]
        return found

    def order(self, type_: str) -> OffsetArray:
        """Of each place where its value stands among those of one type in rising order; int64 (places,).

        Raises TypeError for values that have no order.
        """
        table = self._table(type_)
        order = np.zeros(max(len(self), 1), dtype=np.int64)
        order[[table[value] for value in sorted(table)]] = np.arange(len(table))
        return order

    def _table(self, type_: str) -> dict[Any, int]:
        table = self._places.get(type_)
        if table is None:
            names = self._names if type_ == "particle" else ()
            table = self._places[type_] = {name: at for at, name in enumerate(names)}
        return table


def as_float(value: Any) -> Any:
    """A whole number as the float that is equal to it; anything else, and a number that no float is, as it is."""
    if type(value) is not int or abs(value) > sys.float_info.max:
        return value
    found = float(value)
    return found if found == value else value
