"""Names of a gazetteer as they lie in a file: in parts by their first words, of which a question needs a few.

Without msgspec, whose import would take longer than all that is read here.
"""

from __future__ import annotations

import json
import operator
import struct
from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterator

Table: TypeAlias = "dict[str, int | tuple[int, ...]]"
Lengths: TypeAlias = "dict[str, tuple[int, ...]]"
Part: TypeAlias = "tuple[Table, Lengths]"
"""Names by their keys, and by first words how many words names have that begin with them."""

_PARTS = 1_024
_HEAD = struct.Struct(f"<Q{_PARTS + 1}Q")
"""How many names are not sought, and where parts begin and the last one ends."""


class StoredNames:
    """What ``dump_names`` wrote. A part is read when a word of it is first asked for; threads may ask at once."""

    def __init__(self, content: bytes | memoryview) -> None:
        """Raises ValueError for what is no such thing."""
        try:
            self.unsought, *self._bounds = _HEAD.unpack_from(content)
        except struct.error as error:
            raise ValueError(f"no names of a gazetteer: {error}") from error
        if self._bounds[0] != _HEAD.size or self._bounds[-1] != len(content):
            raise ValueError("names of a gazetteer that were cut")
        self._content = content
        self._read: dict[int, Part] = {}

    def part_of(self, first_word: str) -> Part:
        """The part with the names that begin with a word, among others; empty where it cannot be read."""
        at = _part_number(first_word)
        if at not in self._read:
            self._read[at] = self._decode(at)
        return self._read[at]

    def parts(self) -> Iterator[Part]:
        """All of them. O(names)."""
        return map(self._decode, range(_PARTS))

    def _decode(self, at: int) -> Part:
        start, stop = self._bounds[at : at + 2]
        try:
            table, lengths = json.loads(bytes(self._content[start:stop]))
            named = {key: _number_or_numbers(value) for key, value in table.items()}
            return named, {key: _numbers(value) for key, value in lengths.items()}
        except (ValueError, TypeError, AttributeError):
            return {}, {}


def dump_names(unsought: int, table: Table, lengths: Lengths) -> bytes:
    """All names, for ``StoredNames``. O(characters)."""
    parts: list[Part] = [({}, {}) for _ in range(_PARTS)]
    for key, held in table.items():
        parts[_part_number(key.split(" ", 1)[0])][0][key] = held
    for first_word, each in lengths.items():
        parts[_part_number(first_word)][1][first_word] = each
    written = [json.dumps(part).encode("ascii") for part in parts]
    bounds = accumulate(map(len, written), initial=_HEAD.size)
    return _HEAD.pack(unsought, *bounds) + b"".join(written)


def _number_or_numbers(value: object) -> int | tuple[int, ...]:
    return _numbers(value) if isinstance(value, list) else operator.index(value)  # type: ignore[arg-type]


def _numbers(values: list[object]) -> tuple[int, ...]:
    return tuple(map(operator.index, values))  # type: ignore[arg-type]


def _part_number(first_word: str) -> int:
    return crc32(first_word.encode("utf-8", "surrogatepass")) % _PARTS
