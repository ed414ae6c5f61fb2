"""The heap: a file of values that can be erased, beside a database that cannot erase.

LMDB never wipes a page: what was deleted stays in free pages and in the gaps of live ones, and copies take it along.
So values that must be able to vanish are in a file of their own, and the database has their places. A value is one byte
that says it is alive, then its bytes; values follow each other and never move. To erase is to write zeros over the
value, its first byte first: whoever copied a value while it was wiped finds that byte gone when he looks again.

``HeapRecord`` is what the database commits of it: where the heap ends, and what that commit erased. Whatever
happened, ``settle`` makes the file what the record says: cut behind its end, zeros where it erased. So a value is on
disk before the commit that names its place, and wiped after the commit that lets go of it.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from focusmesh.engine.support.arrays import OffsetArray

HEAP_FILE = "contents.heap"
ALIVE, GONE = b"\1", b"\0"
"""How a value begins, and how one that was erased does."""
_PLACE = struct.Struct(">QQ")
PLACE_BYTES = _PLACE.size
_END = struct.Struct(">Q")
_AT_ONCE_BYTES = 1 << 20
"""Values that lie close together are read in pieces of about this size."""
_GAP_BYTES = 4_096
_FEW = 16


@dataclass(frozen=True, slots=True)
class HeapRecord:
    """The heap as of a commit: its ``end`` in bytes, and the places, 16 bytes each, that the commit erased."""

    end: int = 0
    erased: bytes = b""

    def places(self) -> list[bytes]:
        """What the commit erased, place by place."""
        return [
            self.erased[at : at + _PLACE.size] for at in range(0, len(self.erased), _PLACE.size)
        ]

    def encode(self) -> bytes:
        """Eight bytes, and sixteen for every place."""
        return _END.pack(self.end) + self.erased

    @classmethod
    def decode(cls, data: bytes | None) -> HeapRecord:
        """``None`` stands for a heap that nothing was written to."""
        if data is None:
            return cls()
        if len(data) < _END.size or (len(data) - _END.size) % PLACE_BYTES:
            raise StoreError(f"the record of the heap is damaged: it has {len(data)} bytes")
        return cls(_END.unpack_from(data)[0], data[_END.size :])


class Heap:
    """The file. Readers share it between threads and processes; there is one writer."""

    def __init__(self, path: Path, readonly: bool) -> None:
        """Opens the file, or makes it unless ``readonly``; raises StoreError where it cannot be."""
        self._path = path
        self._settled: HeapRecord | None = None
        try:
            flags = os.O_RDONLY if readonly else os.O_RDWR | os.O_CREAT
            self._file: int | None = os.open(path, flags | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:
            # Nothing was ever written to the store; or the file was taken away, which ``check`` tells.
            self._file = None
        except OSError as error:
            raise StoreError(f"{path} cannot be opened: {error.strerror}") from error

    def close(self) -> None:
        """Lets go of the file. Closing again does nothing."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def check(self, record: HeapRecord) -> None:
        """Raises StoreError where the file is shorter than the heap was when ``record`` was committed."""
        size = self._size_bytes()
        if size < record.end:
            raise StoreError(
                f"{self._path} has {size:,} bytes of {record.end:,}: it was cut short or taken away; "
                "restore a backup, or import an exported chain"
            )

    def settle(self, record: HeapRecord) -> None:
        """Makes the file what the record says, and its zeros durable. Again, it does nothing.

        Raises StoreError as ``check`` does, and where the record erases what is behind the end.
        """
        self.check(record)
        if any(at + 1 + length > record.end for at, length in _PLACE.iter_unpack(record.erased)):
            raise StoreError(
                f"the record of {self._path} is damaged, it erases what is behind the end: "
                "restore a backup, or import an exported chain"
            )
        if self._size_bytes() > record.end:
            self._change(lambda file: os.ftruncate(file, record.end))
        if record.erased and record != self._settled:
            for offset, length in _PLACE.iter_unpack(record.erased):
                self._erase(offset, length)
            self.sync()
        self._settled = record

    def append(self, values: Iterable[bytes], end: int) -> list[bytes]:
        """Writes values from ``end`` on; their places. Not durable before ``sync``."""
        places, piece, size = [], list[bytes](), 0
        for value in values:
            places.append(_PLACE.pack(end + size, len(value)))
            piece += (ALIVE, value)
            size += 1 + len(value)
            if size >= _AT_ONCE_BYTES:
                self._write(b"".join(piece), end)
                end, piece, size = end + size, [], 0
        self._write(b"".join(piece), end)
        return places

    def sync(self) -> None:
        """Durable when it returns."""
        self._change(os.fdatasync)

    def read(self, places: Sequence[bytes]) -> list[bytes | None]:
        """The values at places, None for what was erased. Two system calls for all that lie close together.

        Raises StoreError where the file does not have them.
        """
        if len(places) <= _FEW:
            return [self._value(*_PLACE.unpack(place)) for place in places]
        found: list[bytes | None] = [None] * len(places)
        starts, stops, order = self._ascending(places)
        for group in _groups(starts, stops):
            start, last = int(starts[group.start]), int(starts[group.stop - 1])
            copied = self.read_copy(start, int(stops[group.stop - 1]) - start)
            # Looked at after the values were copied: a value whose first byte is there now is whole in the copy.
            again = self.read_copy(start, last + 1 - start)
            begins = starts[group] - start
            marks = np.frombuffer(again, dtype=np.uint8)[begins]
            columns = (order[group], begins, stops[group] - start, marks)
            for number, begin, stop, mark in zip(*(c.tolist() for c in columns), strict=True):
                if self._is_alive(mark, start + begin):
                    found[number] = copied[begin + 1 : stop]
        return found

    def read_copy(self, offset: int, length: int) -> bytes:
        """The bytes of the file there, whatever they are; raises StoreError where it does not have them."""
        # Damaged places may ask for more than there is memory.
        there = max(0, min(length, self._size_bytes() - offset))
        try:
            data = os.pread(self._file, there, offset) if there and self._file is not None else b""
        except OSError as error:
            raise StoreError(f"{self._path} cannot be read: {error.strerror}") from error
        if len(data) != length:
            raise StoreError(
                f"{self._path} is damaged: only {len(data):,} of {length:,} bytes are at {offset}"
            )
        return data

    def _value(self, offset: int, length: int) -> bytes | None:
        copied = self.read_copy(offset, 1 + length)
        return copied[1:] if self._is_alive(self.read_copy(offset, 1)[0], offset) else None

    def _is_alive(self, mark: int, offset: int) -> bool:
        if mark == ALIVE[0]:
            return True
        if mark != GONE[0]:
            raise StoreError(f"{self._path} is damaged at {offset}: no value begins there")
        return False

    def _ascending(self, places: Sequence[bytes]) -> tuple[OffsetArray, OffsetArray, OffsetArray]:
        """Where values begin and end, by ascending offset, and their numbers among ``places``."""
        spans = np.frombuffer(b"".join(places), dtype=">u8").reshape(-1, 2).astype(np.uint64)
        order = np.argsort(spans[:, 0], kind="stable")
        offset, length, size = spans[order, 0], spans[order, 1], np.uint64(self._size_bytes())
        for wrong in np.flatnonzero((offset >= size) | (length >= size - offset)):
            self.read_copy(int(offset[wrong]), 1 + int(length[wrong]))
        starts = offset.astype(np.int64)
        return starts, starts + 1 + length.astype(np.int64), order

    def _erase(self, offset: int, length: int) -> None:
        self._write(GONE, offset)
        for at in range(0, length, _AT_ONCE_BYTES):
            self._write(bytes(min(_AT_ONCE_BYTES, length - at)), offset + 1 + at)

    def _size_bytes(self) -> int:
        return 0 if self._file is None else os.fstat(self._file).st_size

    def _write(self, data: bytes, offset: int) -> None:
        rest = memoryview(data)

        def put(file: int) -> None:
            nonlocal rest, offset
            while rest:
                written = os.pwrite(file, rest, offset)
                rest, offset = rest[written:], offset + written

        self._change(put)

    def _change(self, change: Callable[[int], None]) -> None:
        assert self._file is not None, "a heap that is written to is open"
        try:
            change(self._file)
        except OSError as error:
            raise StoreError(f"{self._path} cannot be written: {error.strerror}") from error


def value_offset(place: bytes) -> int:
    """Where the value at a place begins, with the byte that says it is alive."""
    offset: int = _PLACE.unpack(place)[0]
    return offset


def value_bytes(place: bytes) -> int:
    """How long the value at a place is, without that byte."""
    length: int = _PLACE.unpack(place)[1]
    return length


def _groups(starts: OffsetArray, stops: OffsetArray) -> Iterator[slice]:
    """Values that are read together: those that begin in one piece of the file, with small gaps between them."""
    pieces = starts // _AT_ONCE_BYTES
    cut = (pieces[1:] != pieces[:-1]) | (starts[1:] > stops[:-1] + _GAP_BYTES)
    for first, last in pairwise([0, *(np.flatnonzero(cut) + 1).tolist(), len(starts)]):
        yield slice(first, last)
