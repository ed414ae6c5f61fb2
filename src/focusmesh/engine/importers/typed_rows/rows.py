"""Batches of rows of Python values become links, columns at a time where all their values are plain."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.importers.markup.elements import each_way, note_both_ways
from focusmesh.engine.importers.typed_rows.cells import (
    CellError,
    amount_of,
    end_of,
    label_of,
    moment_of,
    plain_cell,
    text_of,
)
from focusmesh.engine.links import DIRECTIONS, ObjectAssembly, RowLayout, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.typed_rows.cells import Cell
    from focusmesh.engine.links import LinkColumns
    from focusmesh.engine.support.arrays import IndexArray

BATCH_ROWS = 1 << 15
"""How many rows are fetched and turned into columns at a time."""
DIRECTION = "direction"
"""The role of a column that says Directed or Undirected in each row."""
_LABELS = ("relation", "author")


class TypedRows:
    """The links so far. ``places`` has the position of the column of each role, as roles_of finds them.

    Rows without a target describe their source. A bad row goes to ``reading`` with its number.
    """

    def __init__(
        self,
        places: dict[str, int],
        reading: Reading,
        decimal_comma: bool = False,
        more: Mapping[str, int] | None = None,
    ) -> None:
        """``more``: columns without a role by their names, which become properties."""
        self.link_count = 0
        self._places = places
        self._more = dict(more or {})
        self._reading = reading
        self._layout = RowLayout(decimal_comma=decimal_comma)
        self._labels = [role for role in _LABELS if role in places]
        self._assembly = ObjectAssembly(self._labels, "time" in places)
        self._undirected: list[IndexArray] = []

    def add(self, rows: Sequence[Sequence[Cell]], numbers: Sequence[int]) -> None:
        """Adds rows, all of one length; ``numbers`` are theirs in the table, for bad ones."""
        columns = self._columns(rows)
        if columns is None:
            good = self._good_rows(rows, numbers)
            columns = {role: [found[role] for found, _ in good] for role in self._places}
            rows = [row for _, row in good]
        self._assemble(columns, rows)

    def columns(self) -> LinkColumns:
        """All links; those that a column calls undirected count both ways."""
        links = self._assembly.columns()
        self._reading.warn_of(self._assembly.refusals.warnings())
        self._reading.note_names(links.particles.kind)
        if DIRECTION not in self._places or not self._undirected:
            return links
        both = np.concatenate(self._undirected).astype(np.bool_)
        note_both_ways(int(np.count_nonzero(both)), self._reading)
        return each_way(links, both & (links.source != links.target))

    def _columns(self, rows: Sequence[Sequence[Cell]]) -> dict[str, list[Any]] | None:
        """The columns of rows that are good throughout, each kind of value looked at once; None where one is not."""
        listed = list(zip(*rows, strict=True))
        columns: dict[str, list[Any]] = {}
        try:
            for role, place in self._places.items():
                columns[role] = self._column(role, listed[place])
        except CellError:
            return None
        return columns

    def _column(self, role: str, values: tuple[Cell, ...]) -> list[Any]:
        kinds = set(map(type, values))
        read = self._reader(role)
        if role == "weight" and kinds <= {int, float}:
            amounts = np.array(values, dtype=np.float64)
            if bool(((amounts >= 0) & (amounts < np.inf)).all()):
                return list((amounts + 0.0).tolist())
        if kinds <= {int, str} or kinds == {float}:
            # Values of one kind are equal only where they are the same name: each is looked at once.
            known = {value: read(value) for value in set(values)}
            return [known[value] for value in values]
        return [read(value) for value in values]

    def _reader(self, role: str) -> Callable[[Cell], Any]:
        if role == "weight":
            return lambda value: amount_of(value, self._layout)
        if role in ("source", "target"):
            return lambda value: end_of(value, role)
        readers: dict[str, Callable[[Cell], Any]] = {
            "time": moment_of,
            "text": text_of,
            DIRECTION: _is_undirected,
        }
        return readers.get(role, lambda value: label_of(value, role))

    def _good_rows(
        self, rows: Sequence[Sequence[Cell]], numbers: Sequence[int]
    ) -> list[tuple[dict[str, Any], Sequence[Cell]]]:
        """The rows that can be used, by role and whole; the others are refused, each with its first fault."""
        readers = [(role, place, self._reader(role)) for role, place in self._places.items()]
        good = []
        for number, row in zip(numbers, rows, strict=True):
            try:
                good.append(({role: read(row[place]) for role, place, read in readers}, row))
            except CellError as fault:
                self._reading.refuse(number, str(fault))
        return good

    def _assemble(self, columns: dict[str, list[Any]], rows: Sequence[Sequence[Cell]]) -> None:
        assembly, source = self._assembly, columns["source"]
        if "target" in columns:
            ends = assembly.interner("source").add(
                chain.from_iterable(zip(source, columns["target"], strict=True))
            )
            labels = {role: assembly.interner(role).add(columns[role]) for role in self._labels}
            weight = np.array(columns["weight"], np.float64) if "weight" in columns else None
            time = np.array(columns["time"], np.int64) if "time" in columns else None
            assembly.add(ends, labels, weight, time)
            self.link_count += len(source)
            particles = ends[0::2]
        else:
            particles = assembly.interner("source").add(source)
        if "text" in columns:
            assembly.describe(particles, columns["text"])
        for name, place in self._more.items() if rows else ():
            values = [plain_cell(row[place]) for row in rows]
            if "target" in columns:
                assembly.say_of_links(name, values)
            else:
                assembly.say_of_particles(name, particles, values)
        if DIRECTION in columns:
            self._undirected.append(np.array(columns[DIRECTION], dtype=np.uint32))


def _is_undirected(value: Cell) -> bool:
    said = str(value).casefold()
    if said not in DIRECTIONS:
        raise CellError(f"the type {shorten(value)} is neither Directed nor Undirected")
    return said != DIRECTIONS[0]
