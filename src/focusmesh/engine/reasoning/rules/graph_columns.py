"""The relations of a graph as columns of places: a join reads arrays of the snapshot, and makes no row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links import NO_TIME, columns_of, label
from focusmesh.engine.reasoning.relations import Dictionary, keep_on, parts
from focusmesh.engine.reasoning.rules.graph_relations import (
    PAIRS,
    graph_rows,
    particle_rows,
    rows_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from focusmesh.engine.links import LinkColumns, Snapshot
    from focusmesh.engine.reasoning.relations import Row
    from focusmesh.engine.support.arrays import IntArray, OffsetArray

COLUMNS = ("particle", "name", "link", "axon")
"""Relations that columns are read of."""


class GraphBase:
    """The relations of one snapshot: those that are columns are made once, and share a dictionary."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.dictionary = Dictionary(snapshot.particles)
        self._made: dict[str, GraphColumns] = {}

    def rows(self, relation: str) -> Iterable[Row] | GraphColumns:
        """A relation, as columns where there are some."""
        if relation not in COLUMNS:
            return graph_rows(self.snapshot, relation)
        if relation not in self._made:
            self._made[relation] = GraphColumns(self.snapshot, relation, self.dictionary)
        return self._made[relation]


class GraphColumns:
    """``particle``, ``name``, ``link`` or ``axon`` of a snapshot.

    Particles have the first places of ``dictionary``. Links that are alike are one row; ``len`` counts each.
    """

    def __init__(self, snapshot: Snapshot, relation: str, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self._snapshot = snapshot
        self._relation = relation
        self._links: LinkColumns | None = None
        self._columns: dict[int, OffsetArray] = {}

    def __len__(self) -> int:
        return len(self._read()) if self._relation in PAIRS else len(self._snapshot.particles)

    @property
    def ranks(self) -> IntArray:
        """All are 0, int (n,)."""
        return np.zeros(len(self), dtype=np.int32)

    def column(self, at: int) -> OffsetArray:
        """The places of one column, int64 (n,). O(n), and O(n log n) for numbers, when first asked for."""
        if at not in self._columns:
            self._columns[at] = self._column(at)
        return self._columns[at]

    def rows(self, tick: Callable[[], None] = keep_on) -> dict[Row, int]:
        """The rows, each of rank 0. O(n)."""
        made: dict[Row, int] = {}
        names = self._names(tick)
        for part in parts(len(self)):
            numbers = np.arange(part.start, min(part.stop, len(self)))
            made.update(dict.fromkeys(self._rows_at(names, numbers), 0))
            tick()
        return made

    def first(self, count: int) -> list[Row]:
        """The first ``count`` rows. O(n)."""
        return list(self.rows())[:count]

    def at(self, numbers: OffsetArray) -> list[Row]:
        """The rows of numbers, int64 (k,). O(k)."""
        return self._rows_at(self._snapshot.particles, numbers)

    def _rows_at(self, names: Sequence[Any], numbers: OffsetArray) -> list[Row]:
        if self._relation in PAIRS:
            return rows_at(names, self._read(), self._relation, numbers)
        return [*particle_rows(self._relation, map(names.__getitem__, numbers.tolist()))]

    def _names(self, tick: Callable[[], None]) -> list[Any]:
        """The names of all particles. O(n)."""
        particles, found = self._snapshot.particles, list[Any]()
        for part in parts(len(particles)):
            found += particles[part]
            tick()
        return found

    def _read(self) -> LinkColumns:
        snapshot = self._snapshot
        if self._links is None:
            self._links = (
                snapshot.links()
                if self._relation == "link"
                else columns_of(snapshot.structure, snapshot.particles, None)
            )
        return self._links

    def _column(self, at: int) -> OffsetArray:
        if self._relation not in PAIRS:
            labels = map(label, self._snapshot.particles if at else ())
            places = self.dictionary.places("symbol", labels)
            return places if at else np.arange(len(self), dtype=np.int64)
        links = self._read()
        if at < 2:
            return (links.source, links.target)[at].astype(np.int64)
        if self._relation == "axon" or at == 4:
            weights = np.ones(len(links)) if links.weight is None else links.weight.astype(float)
            return self.dictionary.number_places("float", weights)
        if at == 5:
            times = np.zeros(len(links), np.int64) if links.time is None else links.time
            return self.dictionary.number_places("number", np.where(times == NO_TIME, 0, times))
        marks, words = ((links.relation, links.relations), (links.author, links.authors))[at - 2]
        return self._labels(marks, words, len(links))

    def _labels(self, marks: Any, words: Any, count: int) -> OffsetArray:
        if marks is None or not words:
            return np.full(count, self.dictionary.place("symbol", ""))
        found: OffsetArray = self.dictionary.places("symbol", map(str, words))[marks]
        return found
