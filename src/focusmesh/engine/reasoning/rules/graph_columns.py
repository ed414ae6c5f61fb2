"""The relations of a graph as columns of places: a join reads arrays of the snapshot, and makes no row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links import NO_TIME, columns_of
from focusmesh.engine.reasoning.rules.graph_relations import graph_rows, rows_at

if TYPE_CHECKING:
    from focusmesh.engine.links import LinkColumns, Snapshot
    from focusmesh.engine.reasoning.relations import Dictionary, Row
    from focusmesh.engine.support.arrays import IntArray, OffsetArray

COLUMNS = ("particle", "link", "axon")
"""Relations that columns are read of."""


class GraphColumns:
    """``particle``, ``link`` or ``axon`` of a snapshot, whose particles have the first places of ``dictionary``.

    Links that are alike are one row; ``len`` counts each.
    """

    def __init__(self, snapshot: Snapshot, relation: str, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self._snapshot = snapshot
        self._relation = relation
        self._links: LinkColumns | None = None
        self._columns: dict[int, OffsetArray] = {}

    def __len__(self) -> int:
        return len(self._snapshot.particles) if self._relation == "particle" else len(self._read())

    @property
    def ranks(self) -> IntArray:
        """All are 0, int (n,)."""
        return np.zeros(len(self), dtype=np.int32)

    def column(self, at: int) -> OffsetArray:
        """The places of one column, int64 (n,). O(n), and O(n log n) for numbers, when first asked for."""
        if at not in self._columns:
            self._columns[at] = self._column(at)
        return self._columns[at]

    def rows(self) -> dict[Row, int]:
        """The rows, each of rank 0. O(n)."""
        return dict.fromkeys(graph_rows(self._snapshot, self._relation), 0)

    def first(self, count: int) -> list[Row]:
        """The first ``count`` rows. O(n)."""
        return list(self.rows())[:count]

    def at(self, numbers: OffsetArray) -> list[Row]:
        """The rows of numbers, int64 (k,). O(k)."""
        if self._relation == "particle":
            return [(self._snapshot.particles[at],) for at in numbers.tolist()]
        return rows_at(self._snapshot.particles, self._read(), self._relation, numbers)

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
        if self._relation == "particle":
            return np.arange(len(self), dtype=np.int64)
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
