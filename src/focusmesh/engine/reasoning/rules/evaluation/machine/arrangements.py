"""Arrangements: the columns of a relation that a plan asks for, sorted, so that equal beginnings are ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from focusmesh.engine.reasoning.relations import distinct, pack, unpack
from focusmesh.engine.reasoning.rules.evaluation.machine import layout as machine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.reasoning.rules.evaluation.machine.bodies import JoinAtom
    from focusmesh.engine.support.arrays import OffsetArray


class Selection(NamedTuple):
    """Rows of a relation with given places in columns and equal places in others, and the columns that are kept."""

    relation: str
    fixed: tuple[tuple[int, int], ...]
    equal: tuple[tuple[int, int], ...]
    columns: tuple[int, ...]


def selection(atom: JoinAtom, variables: list[str]) -> Selection:
    """What of a relation an atom asks for: its ``variables`` in this order."""
    fixed, equal, seen = list[tuple[int, int]](), list[tuple[int, int]](), dict[str, int]()
    for at, part in enumerate(atom.parts):
        if isinstance(part, int):
            fixed.append((at, part))
        elif part in seen:
            equal.append((seen[part], at))
        else:
            seen[part] = at
    columns = tuple(seen[name] for name in variables)
    return Selection(atom.relation, tuple(fixed), tuple(equal), columns)


class Arrangements:
    """Those of one evaluation, each made once; ``table`` tells the machine where they are."""

    def __init__(
        self,
        columns: Mapping[tuple[str, int], OffsetArray],
        sizes: Mapping[str, int],
        bits: int,
        values: int,
    ) -> None:
        """``columns`` are those that rules look at, by relation and place.

        Places have ``bits`` and are below ``values``.
        """
        self.columns = columns
        self.sizes = sizes
        self.bits = bits
        self.values = values
        self.table = np.zeros((0, machine.ARRANGEMENT_WIDTH), dtype=np.int64)
        self._numbers: dict[Selection, int] = {}
        self._kept: list[list[OffsetArray]] = []
        self._selected: dict[Selection, OffsetArray | None] = {}

    def number(self, asked: Selection) -> int:
        """The number of an arrangement."""
        if asked not in self._numbers:
            self._numbers[asked] = len(self._kept)
            self._make(asked)
        return self._numbers[asked]

    def size(self, asked: Selection) -> int:
        """How many rows are selected, before columns are left out."""
        rows = self._rows(asked)
        return self.sizes[asked.relation] if rows is None else len(rows)

    def _make(self, asked: Selection) -> None:
        rows = self._rows(asked)
        columns = [self.columns[asked.relation, at] for at in asked.columns]
        if rows is not None:
            columns = [column[rows] for column in columns]
        keys = distinct(pack(columns, self.bits))
        width = len(columns)
        made = [np.ascontiguousarray(unpack(keys, self.bits, width, at)) for at in range(width)]
        counts = np.bincount(made[0], minlength=self.values)
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        self._kept.append([offsets, *made])
        spec = np.zeros((1, machine.ARRANGEMENT_WIDTH), dtype=np.int64)
        spec[0, : width + 2] = [len(keys), *(each.ctypes.data for each in (offsets, *made))]
        self.table = np.concatenate((self.table, spec))

    def _rows(self, asked: Selection) -> OffsetArray | None:
        """The places of the rows that are selected, None where all are."""
        bare = asked._replace(columns=())
        if bare not in self._selected:
            held: Any = None
            for column, place in asked.fixed:
                fits = self.columns[asked.relation, column] == place
                held = fits if held is None else held & fits
            for first, second in asked.equal:
                fits = self.columns[asked.relation, first] == self.columns[asked.relation, second]
                held = fits if held is None else held & fits
            self._selected[bare] = None if held is None else np.flatnonzero(held)
        return self._selected[bare]
