"""The links of a snapshot by their ends and types: rows of neighbours, made when they are first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.links import LinkColumns
    from focusmesh.engine.reasoning.query.sources.property_graph import Direction, Neighbours
    from focusmesh.engine.support.arrays import OffsetArray

LINK = "LINK"
"""The type of links without a relation."""
KEPT_MAX = 64
"""Kinds of rows that are kept, the newest."""


class NeighbourRows(NamedTuple):
    """Of particle ``i`` the neighbours and links from ``start[i]`` to before ``start[i + 1]``, ascending by both."""

    start: OffsetArray
    other: OffsetArray
    link: OffsetArray


class NeighbourIndex:
    """Rows of neighbours by types and direction; O(n + k log k) for the k links of a kind at the first question."""

    def __init__(self, links: LinkColumns, names: Sequence[str]) -> None:
        """``names`` has the type of each of the links' relations."""
        self._links = links
        self._codes = dict[str, list[int]]()
        for code, name in enumerate(names):
            self._codes.setdefault(name, []).append(code)
        self._kept = dict[tuple[tuple[str, ...], str], NeighbourRows]()
        self._counts = dict[tuple[str, ...], int]()

    def count(self, types: tuple[str, ...]) -> int:
        """How many links have one of the types."""
        if types not in self._counts:
            self._counts[types] = len(self._numbers(types))
        return self._counts[types]

    def neighbours(self, types: tuple[str, ...], direction: Direction) -> Neighbours:
        """The function that follows links of these types."""
        start, other, link = self._rows(tuple(sorted(set(types))), direction)

        def follow(node: int) -> Sequence[tuple[int, int]]:
            first, last = int(start[node]), int(start[node + 1])
            if first == last:
                return ()
            return list(zip(other[first:last].tolist(), link[first:last].tolist(), strict=True))

        return follow

    def _rows(self, types: tuple[str, ...], direction: Direction) -> NeighbourRows:
        key = (types, direction)
        found = self._kept.pop(key, None) or self._make(types, direction)
        self._kept[key] = found
        while len(self._kept) > KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        return found

    def _numbers(self, types: tuple[str, ...]) -> OffsetArray:
        """The numbers of the links of some types."""
        relation = self._links.relation
        if not types:
            return np.arange(len(self._links), dtype=np.int64)
        if relation is None:
            return np.arange(len(self._links) if LINK in types else 0, dtype=np.int64)
        codes = [code for each in types for code in self._codes.get(each, ())]
        return np.flatnonzero(np.isin(relation, np.array(codes, dtype=np.uint32)))

    def _make(self, types: tuple[str, ...], direction: Direction) -> NeighbourRows:
        number = self._numbers(types)
        source = self._links.source[number].astype(np.int64)
        target = self._links.target[number].astype(np.int64)
        if direction == "in":
            source, target = target, source
        elif direction == "both":
            other = source != target
            source, target = (
                np.concatenate((source, target[other])),
                np.concatenate((target, source[other])),
            )
            number = np.concatenate((number, number[other]))
        order = np.lexsort((number, target, source))
        places = np.arange(len(self._links.particles) + 1)
        start = np.searchsorted(source[order], places).astype(np.int64)
        return NeighbourRows(start, target[order], number[order])
