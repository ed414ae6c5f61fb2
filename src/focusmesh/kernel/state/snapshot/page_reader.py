"""The bytes of a page as a stranger sends them: arrays, byte strings and nulls, walked where they stand.

A page has no other items. So none is ever made: what is none of these is refused at its first byte, and entries stay
spans of the page until somebody asks for one. Reading takes less than four times the page.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from focusmesh.errors import CodecError, ItemCountError
from focusmesh.protocol.codec import ARRAY, BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRY_BYTES_MIN = 16
"""No entry of a state is shorter, key and value with their heads; its spans take as much again."""
_NULL = 0xF6
_ONE_BYTE, _EIGHT_BYTES = 24, 27


class PageReader:
    """``at`` is the next byte to be read. All raise CodecError for anything but the canonical bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def array(self, count: int | None = None) -> int:
        """How many elements follow; they are to be ``count``, if that is known."""
        start = self.at
        found = self._argument(ARRAY)
        if count is not None and found != count:
            raise CodecError(f"an array of {found} at byte {start}, not of {count}")
        return found

    def string(self) -> bytes:
        """A byte string."""
        first, stop = self.span()
        return self.data[first:stop]

    def string_or_null(self) -> bytes | None:
        """A byte string, or None."""
        if self.data[self.at : self.at + 1] == b"\xf6":
            self.at += 1
            return None
        return self.string()

    def span(self) -> tuple[int, int]:
        """Where the bytes of a byte string begin and end."""
        length = self._argument(BYTES)
        first, self.at = self.at, self.at + length
        if self.at > len(self.data):
            raise CodecError(f"the data ends within the {length} bytes from byte {first} on")
        return first, self.at

    def entries(self) -> PageEntries:
        """Pairs of byte strings. Raises ItemCountError for more than the page has room for."""
        count = self.array()
        check_entries(count, len(self.data))
        spans = array("I")
        for _ in range(count):
            self.array(2)
            spans.extend((*self.span(), *self.span()))
        return PageEntries(self.data, spans)

    def end(self) -> None:
        """Nothing may follow."""
        if self.at != len(self.data):
            raise CodecError(f"{len(self.data) - self.at} bytes follow the page")

    def _argument(self, major: int) -> int:
        """The number in the head of an item of this kind, in its shortest form."""
        start = self.at
        first = self.data[start] if start < len(self.data) else _NULL
        short = first & 31
        if first >> 5 != major or short > _EIGHT_BYTES:
            raise CodecError(f"byte {start} begins no {'array' if major == ARRAY else 'bytes'}")
        self.at += 1
        if short < _ONE_BYTE:
            return short
        size = 1 << (short - _ONE_BYTE)
        value = int.from_bytes(self.data[self.at : self.at + size], "big")
        self.at += size
        if value < (_ONE_BYTE if size == 1 else 1 << (4 * size)):
            raise CodecError(f"{value} at byte {start} is written in more bytes than it needs")
        return value


class PageEntries:
    """Keys and values of a page, 16 bytes each beside it; bytes are made of one when it is asked for."""

    def __init__(self, data: bytes, spans: array[int]) -> None:
        self._data, self._spans = data, spans

    def __len__(self) -> int:
        return len(self._spans) // 4

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        data, spans = self._data, self._spans
        for at in range(0, len(spans), 4):
            key, key_end, value, value_end = spans[at : at + 4]
            yield data[key:key_end], data[value:value_end]


def check_entries(count: int, size: int) -> None:
    """Raises ItemCountError for more entries than a page of ``size`` bytes has room for."""
    if count * ENTRY_BYTES_MIN > size:
        raise ItemCountError(f"{size} bytes with {count} entries")
