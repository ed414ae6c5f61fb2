"""Names of a gazetteer as they lie in a file: in parts by their first words, of which a question needs a few."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from zlib import crc32

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

Table: TypeAlias = "dict[str, int | tuple[int, ...]]"
Lengths: TypeAlias = "dict[str, tuple[int, ...]]"
Part: TypeAlias = "tuple[Table, Lengths]"
"""Names by their keys, and by first words how many words names have that begin with them."""

_PARTS = 1_024
_WHOLE = msgspec.msgpack.Decoder(tuple[int, list[memoryview]])
_PART = msgspec.msgpack.Decoder(tuple[dict[str, int | tuple[int, ...]], dict[str, tuple[int, ...]]])


class StoredNames:
    """What ``dump`` wrote. A part is read when a word of it is first asked for; threads may ask at once."""

    def __init__(self, content: bytes | memoryview) -> None:
        """Raises msgspec.DecodeError."""
        self.unsought, self._parts = _WHOLE.decode(content)
        if len(self._parts) != _PARTS:
            raise msgspec.DecodeError(f"names lie in {_PARTS} parts, not {len(self._parts)}")
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
        try:
            return _PART.decode(self._parts[at])
        except msgspec.DecodeError:
            return {}, {}


def dump_names(unsought: int, table: Table, lengths: Lengths) -> bytes:
    """All names, for ``StoredNames``. O(characters)."""
    parts: list[Part] = [({}, {}) for _ in range(_PARTS)]
    for key, held in table.items():
        parts[_part_number(key.split(" ", 1)[0])][0][key] = held
    for first_word, each in lengths.items():
        parts[_part_number(first_word)][1][first_word] = each
    return msgspec.msgpack.encode((unsought, [msgspec.msgpack.encode(part) for part in parts]))


def _part_number(first_word: str) -> int:
    return crc32(first_word.encode("utf-8", "surrogatepass")) % _PARTS
