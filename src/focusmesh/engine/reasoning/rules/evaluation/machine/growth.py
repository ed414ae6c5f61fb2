"""Relations that grow while the machine runs: rows as keys, sets of them by first column, and chains by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.rules.evaluation.machine import layout as machine
from focusmesh.engine.reasoning.rules.evaluation.machine.sets_compiled import chain, take

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import OffsetArray

_ROWS = 1 << 10
"""How many rows there is room for at first."""
_CHUNK = 1 << 22
"""Sets are kept in chunks of no more numbers than these, unless one set needs more."""


class GrowingRows:
    """Rows as packed keys, in the order in which they were found; ``spec`` tells the machine where they are.

    The keys with one first column are a set of their own: what is found together lies together.
    """

    def __init__(
        self, spec: OffsetArray, width: int, bits: int, values: int, given: OffsetArray
    ) -> None:
        """``values`` is how many places there are; ``given`` are keys that the rows begin with, distinct."""
        self.spec = spec
        self.values = values
        self._chains: dict[int, list[OffsetArray]] = {}
        spec[machine.WIDTH], spec[machine.BITS], spec[machine.WIDEST] = width, bits, 4
        self.keys = np.empty(max(_ROWS, len(given)), dtype=np.int64)
        self._sets = np.zeros(3 * values, dtype=np.int64)
        self._chunks = [np.empty(4 * len(self.keys), dtype=np.int64)]
        self._tell()
        self._take(given)
        self.visible = 0
        self.ends: list[int] = []
        """How many rows there were after each round; the first one is what is given."""
        self.end_round()

    @property
    def count(self) -> int:
        """How many rows there are."""
        return int(self.spec[machine.COUNT])

    def grow(self) -> None:
        """Makes room for more rows."""
        if 2 * self.count > len(self.keys):
            self.keys = _longer(self.keys, 2 * len(self.keys))
            for column, (heads, nexts) in self._chains.items():
                self._chains[column] = [heads, _longer(nexts, len(self.keys))]
        room = max(min(2 * len(self._chunks[-1]), _CHUNK), 8 * int(self.spec[machine.WIDEST]))
        self._chunks.append(np.empty(room, dtype=np.int64))
        self.spec[machine.LACKS] = self.spec[machine.USED] = 0
        self._tell()

    def _take(self, keys: OffsetArray) -> None:
        done = take(self.spec.ctypes.data, keys, 0)
        while done < len(keys):
            self.grow()
            done = take(self.spec.ctypes.data, keys, done)

    def end_round(self) -> None:
        """What has been found is there from now on."""
        for column in self._chains:
            self._extend(column, self.visible, self.count)
        self.visible = self.count
        self.spec[machine.VISIBLE] = self.visible
        self.ends.append(self.visible)

    def number_rows(self) -> None:
        """Has the sets know the number of each row, so that rows of this round can be told from others."""
        if not self.spec[machine.HAS_IDS]:
            keys = self.keys[: self.count].copy()
            self._sets[:] = 0
            self.spec[machine.FREE :] = 0
            self.spec[machine.HAS_IDS], self.spec[machine.COUNT] = 1, 0
            self._take(keys)

    def chain(self, column: int) -> None:
        """Has the rows that are there chained by the values of a column."""
        if column not in self._chains:
            self._chains[column] = [np.full(self.values, -1), np.empty(len(self.keys), np.int64)]
            self._extend(column, 0, self.visible)
            self._tell()

    def _extend(self, column: int, begin: int, end: int) -> None:
        bits, width = int(self.spec[machine.BITS]), int(self.spec[machine.WIDTH])
        shift = bits * (width - 1 - column)
        chain(self.keys, (begin, end), shift, bits, *self._chains[column])

    def _tell(self) -> None:
        spec = self.spec
        spec[machine.ROW_KEYS], spec[machine.LIMIT] = self.keys.ctypes.data, len(self.keys)
        spec[machine.SETS] = self._sets.ctypes.data
        spec[machine.CHUNK], spec[machine.ROOM] = (
            self._chunks[-1].ctypes.data,
            len(self._chunks[-1]),
        )
        for column, (heads, nexts) in self._chains.items():
            spec[machine.HEADS + 2 * column] = heads.ctypes.data
            spec[machine.NEXTS + 2 * column] = nexts.ctypes.data


def _longer(array: OffsetArray, length: int) -> OffsetArray:
    made = np.empty(length, dtype=np.int64)
    made[: len(array)] = array
    return made
