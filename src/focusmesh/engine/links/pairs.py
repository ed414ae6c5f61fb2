"""The links of one ordered pair of particles, from a structure or from labelled columns."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.links.edits import NO_NAME, NO_TIME, Link

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.links.columns import LinkColumns
    from focusmesh.engine.links.names.names import Names
    from focusmesh.engine.links.structure.structure import Structure
    from focusmesh.engine.support.arrays import IndexArray, OffsetArray


def plain_links(structure: Structure, pair: tuple[int, int]) -> list[Link]:
    """The link of a pair in a graph whose links have no labels."""
    source, target = (int(structure.position[particle]) for particle in pair)
    weight = structure.axon_weight(source, target)
    return [Link(weight)] if weight else []


class RowIndex:
    """Finds the rows of a pair in labelled columns; built once in O(m log m)."""

    def __init__(self, columns: LinkColumns) -> None:
        self._columns = columns

    @cached_property
    def _by_source(self) -> tuple[OffsetArray, OffsetArray]:
        columns = self._columns
        rows = np.argsort(columns.source, kind="stable")
        marks = np.arange(len(columns.particles) + 1)
        return rows, np.searchsorted(columns.source[rows], marks)

    def links(self, pair: tuple[int, int]) -> list[Link]:
        """The links of ``pair`` in order of their rows."""
        rows, start = self._by_source
        own = rows[start[pair[0]] : start[pair[0] + 1]]
        return [self._link(int(row)) for row in own[self._columns.target[own] == pair[1]]]

    def _link(self, row: int) -> Link:
        columns = self._columns
        return Link(
            weight=1.0 if columns.weight is None else float(columns.weight[row]),
            relation=_name_at(columns.relations, columns.relation, row),
            author=_name_at(columns.authors, columns.author, row),
            time=NO_TIME if columns.time is None else int(columns.time[row]),
        )


def _name_at(names: Names | None, column: IndexArray | None, row: int) -> Hashable:
    return NO_NAME if names is None or column is None else names[int(column[row])]
