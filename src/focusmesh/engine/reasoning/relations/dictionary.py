"""A dictionary: the values of a model as places, numbers from 0 on, so that joins compare numbers alone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from focusmesh.engine.support.arrays import OffsetArray


PARTICLE = "particle"
_FEW = 256
"""One in so many particles are looked up among the names; for more, all are listed."""


class Dictionary:
    """Values by place and places by value. Each type has values of its own: 1 is not 1.0, and no text is a particle.

    ``names`` are particles, which have the first places. They are listed when many are asked for; a few are looked up
    among the names.
    """

    def __init__(self, names: Names | None = None) -> None:
        self._names = Names.of(()) if names is None else names
        self._more: list[Any] = []
        self._values: list[Any] | None = None
        self._places: dict[str, dict[Any, int]] = {}
        self._are_listed = not len(self._names)
        self._asked = 0

    def __len__(self) -> int:
        return len(self._names) + len(self._more)

    @property
    def bits(self) -> int:
        """How many bits a place takes, of those that there are by now."""
        return max(len(self) - 1, 1).bit_length()

    @property
    def values(self) -> list[Any]:
        """All values by place. O(n) when first asked for."""
        if self._values is None:
            self._values = [*self._names, *self._more]
        return self._values

    def value(self, place: int) -> Any:
        """The value at a place."""
        if self._values is None and self._are_few(1):
            known = len(self._names)
            return self._names[place] if place < known else self._more[place - known]
        return self.values[place]

    def find(self, type_: str, value: Any) -> int | None:
        """The place of a value, None where it has none."""
        return self._finder(type_, 1)(value)

    def place(self, type_: str, value: Any) -> int:
        """The place of a value, a new one where it has none."""
        found = self.find(type_, value)
        if found is None:
            value = as_float(value) if type_ == "float" else value
            found = self._table(type_)[value] = len(self)
            self._more.append(value)
            if self._values is not None:
                self._values.append(value)
        return found

    def places(self, type_: str, values: Iterable[Any]) -> OffsetArray:
        """The places of many values, int64 (n,)."""
        listed = list(values)
        if not listed:
            return np.zeros(0, dtype=np.int64)
        found = [*map(self._finder(type_, len(listed)), listed)]
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
        self._finder(type_, len(self))
        table = self._table(type_)
        order = np.zeros(max(len(self), 1), dtype=np.int64)
        order[[table[value] for value in sorted(table)]] = np.arange(len(table))
        return order

    def _table(self, type_: str) -> dict[Any, int]:
        """Places by value; of particles those that are no names, until all are listed."""
        return self._places.setdefault(type_, {})

    def _finder(self, type_: str, count: int) -> Callable[[Any], int | None]:
        """What finds the places of ``count`` values of a type."""
        if type_ == PARTICLE and not self._are_listed:
            if self._are_few(count):
                return self._find_name
            names = self.values[: len(self._names)]
            self._places[type_] = {name: at for at, name in enumerate(names)} | self._table(type_)
            self._are_listed = True
        return self._table(type_).get

    def _find_name(self, name: Any) -> int | None:
        at = self._names.find(name)
        return self._table(PARTICLE).get(name) if at is None else at

    def _are_few(self, count: int) -> bool:
        """Whether particles are few still, when ``count`` more are asked for."""
        self._asked += count
        return _FEW * self._asked < len(self._names)


def as_float(value: Any) -> Any:
    """A whole number as the float that is equal to it; anything else, and a number that no float is, as it is."""
    if type(value) is not int or abs(value) > sys.float_info.max:
        return value
    found = float(value)
    return found if found == value else value
