"""Properties as tables have them, a column of many rows at a time: 12 bytes a value beside the value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from focusmesh.engine.links.names.names import Names
from focusmesh.engine.links.properties.column import NUMBER_TYPES, PropertyColumn, ValueBlocks
from focusmesh.engine.links.properties.label_rows import LabelRows
from focusmesh.engine.links.properties.link_properties import KeyedLinks, LinkProperties
from focusmesh.engine.links.properties.properties import LABELS, Properties, read_labels
from focusmesh.engine.links.properties.table import PropertyTable
from focusmesh.engine.links.properties.values import (
    KINDS,
    checked_value,
    encode_value,
    is_equal,
    kind_of,
    property_key,
    verify_key,
    verify_label,
)
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from focusmesh.engine.links.columns import LinkColumns
    from focusmesh.engine.links.properties.refusals import Refusals
    from focusmesh.engine.links.properties.values import PropertyValue

    Rows = npt.NDArray[np.int64]

MORE_COLUMNS_MAX = 1_000
"""Columns without a role that an importer takes in; further ones are passed over."""


class _Part(NamedTuple):
    rows: Rows
    column: PropertyColumn


class PropertyRows:
    """Values by key and row: of particles, or of links before it is known which of them are one."""

    def __init__(self, refusals: Refusals) -> None:
        self._parts: dict[str, list[_Part]] = {}
        self._labels: dict[tuple[int, str], None] = {}
        self._refusals = refusals

    def __bool__(self) -> bool:
        return bool(self._parts or self._labels)

    def add(self, attribute: str, rows: Rows, values: Sequence[Any]) -> None:
        """The values of an attribute in ``rows``, None for none. What cannot be one is counted."""
        key = property_key(attribute)
        there = [at for at, value in enumerate(values) if value is not None]
        try:
            verify_key(key)
        except InputError as error:
            self._refusals.add(key, str(error), len(there))
            return
        kinds: dict[str, tuple[list[int], list[PropertyValue]]] = {}
        for at in there:
            try:
                value = checked_value(values[at])
            except InputError as error:
                self._refusals.add(key, str(error))
                continue
            places, found = kinds.setdefault(kind_of(value), ([], []))
            places.append(at)
            found.append(value)
        for kind, (places, found) in kinds.items():
            made: npt.NDArray[Any] | ValueBlocks = (
                np.array(found, dtype=NUMBER_TYPES[kind])
                if kind in NUMBER_TYPES
                else ValueBlocks.of(encode_value(v) for v in found if isinstance(v, str | bytes))
            )
            column = PropertyColumn(kind, np.arange(len(found), dtype=np.uint32), made)
            self._parts.setdefault(key, []).append(_Part(rows[places], column))

    def add_particles(self, attribute: str, rows: Rows, values: Sequence[Any]) -> None:
        """As ``add``; the attribute ``labels`` has labels where it is a list."""
        left = list(values)
        for at, value in enumerate(values if attribute == LABELS else ()):
            for label in read_labels(value) or ():
                left[at] = None
                try:
                    self._labels[int(rows[at]), verify_label(label)] = None
                except InputError as error:
                    self._refusals.add(LABELS, str(error))
        self.add(attribute, rows, left)

    def labels(self) -> LabelRows:
        """The labels of particles."""
        return LabelRows.of(self._labels)

    def rows(self) -> Rows:
        """Rows that have any property, ascending."""
        parts = [part.rows for parts in self._parts.values() for part in parts]
        return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)

    def table(self, place: Rows | None = None) -> PropertyTable:
        """The values of row ``i`` for owner ``place[i]`` (by default ``i``); of several the first row's stays."""
        found = {key: self._columns(key, parts, place) for key, parts in self._parts.items()}
        return PropertyTable({key: columns for key, columns in found.items() if columns})

    def _columns(
        self, key: str, parts: list[_Part], place: Rows | None
    ) -> tuple[PropertyColumn, ...]:
        rows = np.concatenate([part.rows for part in parts])
        owners = rows if place is None else place[rows]
        order = np.lexsort((np.arange(len(rows)), rows, owners))
        is_first = np.ones(len(rows), dtype=np.bool_)
        is_first[1:] = owners[order][1:] != owners[order][:-1]
        starts = np.cumsum([0, *(len(part.rows) for part in parts)])
        self._count_others(key, parts, starts, order, is_first)
        chosen = order[is_first]
        made = []
        for kind in KINDS:
            column: PropertyColumn | None = None
            for at, part in enumerate(parts):
                if part.column.kind != kind:
                    continue
                here = chosen[(chosen >= starts[at]) & (chosen < starts[at + 1])]
                some = part.column.take(here - starts[at], owners[here].astype(np.uint32))
                if len(some):
                    column = some if column is None else column.join(some)
            made += [] if column is None else [column]
        return tuple(made)

    def _count_others(
        self,
        key: str,
        parts: list[_Part],
        starts: Rows,
        order: Rows,
        is_first: npt.NDArray[np.bool_],
    ) -> None:
        """Counts values that stand behind another one of the same owner and differ."""
        groups = np.cumsum(is_first) - 1
        firsts = order[is_first]
        for at in np.flatnonzero(~is_first).tolist():
            pair = int(order[at]), int(firsts[groups[at]])
            values = [
                parts[part].column.value(each - int(starts[part]))
                for each in pair
                for part in [int(np.searchsorted(starts, each, side="right")) - 1]
            ]
            if not is_equal(values[0], values[1]):
                self._refusals.add(key, "another value was there first")


def table_properties(
    links: LinkColumns, of_links: PropertyRows, of_particles: PropertyRows
) -> Properties | None:
    """What the rows of a table say of ``links``, whose row ``i`` is row ``i``, and of particles. O(values · log)."""
    made = Properties(
        of_particles.table(), of_particles.labels(), _link_properties(links, of_links)
    )
    return made or None


def _link_properties(links: LinkColumns, of_links: PropertyRows) -> LinkProperties:
    rows = of_links.rows()
    if not len(rows):
        return LinkProperties.of({})
    named = ((links.relations, links.relation), (links.authors, links.author))
    none = np.zeros(len(rows), dtype=np.uint32)
    columns = [links.source[rows], links.target[rows]]
    columns += [none if names is None or at is None else at[rows] for names, at in named]
    keys, which = np.unique(np.stack(columns), axis=1, return_inverse=True)
    place = np.full(len(links), -1, dtype=np.int64)
    place[rows] = which.reshape(-1)
    names = [Names.of([""]) if names is None or at is None else names for names, at in named]
    listed = [np.ascontiguousarray(column) for column in keys]
    keyed = KeyedLinks(listed[0], listed[1], listed[2], listed[3], names[0], names[1])
    return LinkProperties(keyed, of_links.table(place))
