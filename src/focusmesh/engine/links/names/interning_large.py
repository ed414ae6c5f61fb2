"""The interner for large inputs: compiled tables over a block of names. Importing this module compiles nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links.names import interning_compiled as compiled
from focusmesh.engine.links.names.interning import Tokens, verify_count
from focusmesh.engine.links.names.names import Names

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.links.names.interning import DictInterner
    from focusmesh.engine.support.arrays import IndexArray

_LONGEST_INTEGER = 20


class TableInterner:
    """Integers while every name is one, then text for good: a canonical integer and its digits stand for each other.

    A table slot takes 16 bytes for integers and 8 for text, and at most half of the slots are used.
    """

    def __init__(self) -> None:
        self._table: _IntegerTable | _TextTable = _IntegerTable()

    @classmethod
    def following(cls, small: DictInterner) -> TableInterner:
        """Goes on where the dict ended, with the same indices."""
        table = cls()
        tokens = Tokens.of(list(small.known))
        integers = small.integers()
        table.add(Tokens(tokens.buffer, tokens.starts, tokens.ends, integers))
        return table

    @property
    def all_integers(self) -> bool:
        """Whether every name so far is a canonical integer."""
        return isinstance(self._table, _IntegerTable)

    def __len__(self) -> int:
        return len(self._table)

    def add(self, tokens: Tokens) -> IndexArray:
        table = self._table
        if isinstance(table, _IntegerTable):
            integers = tokens.integers
            if integers is None:
                integers = compiled.integers_of(tokens.buffer, tokens.starts, tokens.ends)
            if len(integers) == len(tokens):
                return table.add(integers)
            table = self._table = _TextTable.of(table.decimals())
        return table.add(tokens)

    def names(self) -> Names:
        return self._table.names()


class _IntegerTable:
    """Open addressing from int64 to index; each slot is the pair (value, index + 1)."""

    def __init__(self) -> None:
        self._slots = np.zeros((1 << 10, 2), dtype=np.int64)
        self._values = np.empty(1 << 9, dtype=np.int64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, integers: npt.NDArray[np.int64]) -> IndexArray:
        self._reserve(self._count + len(integers))
        found = np.empty(len(integers), dtype=np.uint32)
        self._count = compiled.intern_integers(
            integers, self._slots, self._values, self._count, found
        )
        verify_count(self._count)
        return found

    def _reserve(self, count: int) -> None:
        self._values = _grow(self._values, self._count, count)
        if 2 * count > len(self._slots):
            self._slots = np.zeros((1 << (2 * count - 1).bit_length(), 2), dtype=np.int64)
            known = self._values[: self._count].copy()
            compiled.intern_integers(
                known, self._slots, self._values, 0, np.empty(len(known), dtype=np.uint32)
            )

    def decimals(self) -> Tokens:
        """The values as text."""
        digits = self._values[: self._count].astype(f"S{_LONGEST_INTEGER}")
        raw = digits.view(np.uint8).reshape(-1, _LONGEST_INTEGER)
        used = raw != 0
        ends = np.cumsum(used.sum(axis=1), dtype=np.int64)
        starts = np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1]))[: self._count]
        return Tokens(raw[used], starts, ends)

    def names(self) -> Names:
        return Names.integers(self._values[: self._count].copy())


class _TextTable:
    """Open addressing from UTF-8 bytes to index; each slot is the pair (tag of the hash, index + 1)."""

    def __init__(self) -> None:
        self._slots = np.zeros((1 << 10, 2), dtype=np.uint32)
        self._blob = np.empty(1 << 13, dtype=np.uint8)
        self._ends = np.empty(1 << 9, dtype=np.int64)
        self._count = 0

    @classmethod
    def of(cls, tokens: Tokens) -> _TextTable:
        table = cls()
        table.add(tokens)
        return table

    def __len__(self) -> int:
        return self._count

    def add(self, tokens: Tokens) -> IndexArray:
        used = self._used_bytes()
        # The tokens' own bytes, not the buffer's: spans may overlap in a buffer of any length.
        incoming = int((tokens.ends - tokens.starts).sum())
        self._reserve(self._count + len(tokens), used + incoming)
        found = np.empty(len(tokens), dtype=np.uint32)
        self._count, _ = compiled.intern_text(
            tokens.buffer,
            tokens.starts,
            tokens.ends,
            self._slots,
            self._blob,
            self._ends,
            self._count,
            found,
        )
        verify_count(self._count)
        return found

    def _used_bytes(self) -> int:
        return int(self._ends[self._count - 1]) if self._count else 0

    def _reserve(self, count: int, size: int) -> None:
        self._blob = _grow(self._blob, self._used_bytes(), size)
        self._ends = _grow(self._ends, self._count, count)
        if 2 * count > len(self._slots):
            self._slots = np.zeros((1 << (2 * count - 1).bit_length(), 2), dtype=np.uint32)
            compiled.refill_text(self._blob, self._ends, self._count, self._slots)

    def names(self) -> Names:
        return Names.text(self._blob[: self._used_bytes()].copy(), self._ends[: self._count].copy())


def _grow(array: npt.NDArray[Any], used: int, size: int) -> npt.NDArray[Any]:
    """``array``, or a copy of its used part with room for ``size``, half as large again at least."""
    if size <= len(array):
        return array
    larger = np.empty(max(size, len(array) * 3 // 2), dtype=array.dtype)
    larger[:used] = array[:used]
    return larger
