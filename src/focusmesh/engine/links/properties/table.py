"""Properties of particles, or of links: for each key its values, a column for each kind of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.links.properties.column import PropertyColumn
from focusmesh.engine.links.properties.values import KINDS, PropertyValue, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import IndexArray


class PropertyTable:
    """Typed values by key and owner; an owner has one value of a key at most. Nothing in it changes.

    ``columns`` has for each key, ascending, the columns of its kinds, none of them empty.
    """

    def __init__(self, columns: Mapping[str, tuple[PropertyColumn, ...]] | None = None) -> None:
        self.columns = {key: columns[key] for key in sorted(columns)} if columns else {}

    @staticmethod
    def of(values: Mapping[str, Mapping[int, PropertyValue]]) -> PropertyTable:
        """A table of checked values by key and owner. O(values · log)."""
        made: dict[str, tuple[PropertyColumn, ...]] = {}
        for key, by_owner in values.items():
            kinds: dict[str, dict[int, PropertyValue]] = {}
            for owner, value in by_owner.items():
                kinds.setdefault(kind_of(value), {})[owner] = value
            if kinds:
                made[key] = tuple(
                    PropertyColumn.of(kind, kinds[kind]) for kind in KINDS if kind in kinds
                )
        return PropertyTable(made)

    def __bool__(self) -> bool:
        return bool(self.columns)

    def __len__(self) -> int:
        """Number of values."""
        return sum(len(column) for columns in self.columns.values() for column in columns)

    @property
    def keys(self) -> list[str]:
        """All keys, ascending."""
        return list(self.columns)

    def get(self, owner: int, key: str) -> PropertyValue | None:
        """The value of a key, None where the owner has none. O(log n)."""
        for column in self.columns.get(key, ()):
            at = column.place(owner)
            if at is not None:
                return column.value(at)
        return None

    def of_owner(self, owner: int) -> dict[str, PropertyValue]:
        """All properties of an owner, keys ascending. O(keys · log n)."""
        found = {key: self.get(owner, key) for key in self.columns}
        return {key: value for key, value in found.items() if value is not None}

    def owners_of(self, key: str, value: PropertyValue) -> IndexArray:
        """Owners whose value of ``key`` equals ``value``, ascending: 2 equals 2.0, and True nothing but True.

        O(log n + found) but for the first question about a key, which makes its index.
        """
        found = [
            column.owners_of(alike)
            for column in self.columns.get(key, ())
            for alike in _as_kind(value, column.kind)
        ]
        joined = np.concatenate(found) if found else np.empty(0, dtype=np.uint32)
        return np.sort(joined) if len(found) > 1 else joined

    def rows(self, key: str) -> Iterator[tuple[int, PropertyValue]]:
        """Owners of a key and their values."""
        for column in self.columns.get(key, ()):
            yield from column.items()

    def by_owner(self) -> dict[int, dict[str, PropertyValue]]:
        """All properties by owner. O(values)."""
        found: dict[int, dict[str, PropertyValue]] = {}
        for key in self.columns:
            for owner, value in self.rows(key):
                found.setdefault(owner, {})[key] = value
        return found

    def edit(self, changes: Mapping[int, Mapping[str, PropertyValue | None]]) -> PropertyTable:
        """Another table: owner → key → value now, None for none. O(values of the keys that change)."""
        by_key: dict[str, dict[int, PropertyValue | None]] = {}
        for owner, values in changes.items():
            for key, value in values.items():
                by_key.setdefault(key, {})[owner] = value
        columns = dict(self.columns)
        for key, edits in by_key.items():
            columns[key] = _edit_columns(columns.get(key, ()), edits)
        return PropertyTable({key: found for key, found in columns.items() if found})

    def move(self, place: npt.NDArray[np.int64]) -> PropertyTable:
        """What owner ``i`` has for owner ``place[i]``, −1 for nobody; of several values of a key the first stays."""
        moved: dict[str, tuple[PropertyColumn, ...]] = {}
        for key, columns in self.columns.items():
            kept = list[PropertyColumn]()
            for column in columns:
                found = column.move(place)
                for before in kept:
                    found = found.without(before.owners)
                kept += [found] if len(found) else []
            if kept:
                moved[key] = tuple(kept)
        return PropertyTable(moved)


def _edit_columns(
    columns: tuple[PropertyColumn, ...], edits: dict[int, PropertyValue | None]
) -> tuple[PropertyColumn, ...]:
    owners = np.array(list(edits), dtype=np.uint32)
    kept = {column.kind: column.without(owners) for column in columns}
    new: dict[str, dict[int, PropertyValue]] = {}
    for owner, value in edits.items():
        if value is not None:
            new.setdefault(kind_of(value), {})[owner] = value
    for kind, values in new.items():
        made = PropertyColumn.of(kind, values)
        kept[kind] = kept[kind].join(made) if kind in kept else made
    return tuple(kept[kind] for kind in KINDS if kind in kept and len(kept[kind]))


def _as_kind(value: PropertyValue, kind: str) -> list[PropertyValue]:
    """The value of a kind that equals ``value``, if there is one."""
    own = kind_of(value)
    if own == kind:
        return [value]
    if kind == "float" and isinstance(value, int) and own == "integer":
        near = float(value)
        return [near] if near == value else []
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        whole = int(value)
        return [whole] if -(2**63) <= whole < 2**63 else []
    return []
