"""The files of one moment of a store as streams of bytes, while others go on writing to it."""

from __future__ import annotations

import os
from contextlib import closing
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import StoreError
from focusmesh.kernel.state.store.lmdb.access import heap_record
from focusmesh.kernel.state.store.lmdb.heap import HEAP_FILE, PLACE_BYTES, value_bytes, value_offset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import lmdb

    from focusmesh.kernel.state.store.interface import Reader
    from focusmesh.kernel.state.store.lmdb.access import Opened

DATA_FILE = "data.mdb"
STORE_FILES = (DATA_FILE, HEAP_FILE)
"""What the records of a store are in; whatever else is in its folder are locks."""
_PIECE_BYTES = 1 << 20
_TOGETHER_BYTES, _TOGETHER_COUNT = 1 << 23, 1_024


class _Placed(NamedTuple):
    """A value of the heap, whose key it is, and its bytes; ``value`` is None where it was erased meanwhile."""

    place: bytes
    key: bytes
    value: bytes | None


class Snapshot:
    """One moment of a store on disk: its records through ``reader``, and the files that a store of them has.

    ``erased`` are keys of contents that somebody erased after that moment and before they were copied: the copy
    has zeros for them, and its records are to let go of them.
    """

    def __init__(
        self,
        path: Path,
        environment: lmdb.Environment,
        transaction: lmdb.Transaction,
        opened: Opened,
        reader: Reader,
    ) -> None:
        self.reader = reader
        self.erased: list[bytes] = []
        self._path = path
        self._environment = environment
        self._transaction = transaction
        self._opened = opened
        self._record = heap_record(transaction, opened.tables)

    def files(self) -> dict[str, Iterator[bytes]]:
        """The bytes of each file of STORE_FILES, to be read one file after the other."""
        return {DATA_FILE: self._data(), HEAP_FILE: self._heap()}

    def verify_heap(self, is_right: Callable[[bytes, bytes], bool]) -> None:
        """Reads the heap; ``is_right`` says whether a key has the right value.

        Raises StoreError for the first value that is damaged, and for bytes where no value is, with the place in the
        file. O(bytes), memory for the keys.
        """
        at, pending = 0, dict.fromkeys(self._record.places())
        for placed in self._place(list(pending)):
            offset = value_offset(placed.place)
            if placed.value is not None and not is_right(placed.key, placed.value):
                raise self._wrong(
                    offset, f"the value of {placed.key.hex()} is not what was written"
                )
            self._verify_nothing(at, offset)
            at = offset + 1 + value_bytes(placed.place)
        self._verify_nothing(at, self._record.end)

    def _data(self) -> Iterator[bytes]:
        """LMDB's pages, free ones left out."""
        failed: list[BaseException] = []
        source, sink = os.pipe()

        def copy() -> None:
            try:
                self._environment.copyfd(sink, compact=True, txn=self._transaction)
            except BaseException as error:
                failed.append(error)
            finally:
                os.close(sink)

        # LMDB writes to the pipe without the interpreter's lock; a reader that goes away ends it.
        copier = Thread(target=copy, name="store copy")
        copier.start()
        try:
            with closing(os.fdopen(source, "rb", buffering=0)) as stream:
                while piece := stream.read(_PIECE_BYTES):
                    yield piece
        finally:
            copier.join()
        if failed:
            raise StoreError(f"{self._path} cannot be copied: {failed[0]}") from failed[0]

    def _heap(self) -> Iterator[bytes]:
        """The values of the moment, each at its place, and zeros for all that is between them."""
        at = 0
        for placed in self._place([]):
            offset, length = value_offset(placed.place), 1 + value_bytes(placed.place)
            yield from _zeros(offset - at)
            at = offset + length
            if placed.value is None:
                self.erased.append(placed.key)
                yield from _zeros(length)
            else:
                yield b"\1" + placed.value
        yield from _zeros(self._record.end - at)

    def _place(self, gone: list[bytes]) -> Iterator[_Placed]:
        """What the moment has in the heap by its place, and ``gone``, places of what it erased."""
        listed = sorted([*self._list_pairs(), *((place, b"") for place in gone)])
        at = 0
        for place, _ in listed:
            offset = value_offset(place)
            if offset < at:
                raise self._wrong(offset, "two values are said to be there")
            at = offset + 1 + value_bytes(place)
            if at > self._record.end:
                raise self._wrong(offset, "a value is said to be behind the end")
        for group in _groups(listed):
            values = self._opened.heap.read([place for place, _ in group])
            for (place, key), value in zip(group, values, strict=True):
                if value is None and key:
                    # Raises StoreError unless somebody has let go of it meanwhile.
                    self.reader.get_many("contents", (key,))
                yield _Placed(place, key, value if key else None)

    def _list_pairs(self) -> Iterator[tuple[bytes, bytes]]:
        places = self._opened.tables.get("contents")
        if places is None:
            return
        with self._transaction.cursor(places) as cursor:
            for key, place in cursor:
                if len(place) != PLACE_BYTES:
                    raise StoreError(
                        f"{self._path} is damaged: record {key.hex()} of table 'places' is malformed: "
                        "restore a backup, or import an exported chain"
                    )
                yield bytes(place), bytes(key)

    def _verify_nothing(self, start: int, stop: int) -> None:
        """Raises StoreError unless there are zeros from ``start`` to ``stop``."""
        for first in range(start, stop, _PIECE_BYTES):
            data = self._opened.heap.read_copy(first, min(_PIECE_BYTES, stop - first))
            if data.strip(b"\0"):
                at = first + len(data) - len(data.lstrip(b"\0"))
                raise self._wrong(at, "there are bytes that belong to no content")

    def _wrong(self, offset: int, what: str) -> StoreError:
        return StoreError(
            f"{self._path / HEAP_FILE} is damaged at byte {offset:,}: {what}; "
            "restore a backup, or import an exported chain"
        )


def _groups(listed: list[tuple[bytes, bytes]]) -> Iterator[list[tuple[bytes, bytes]]]:
    """``listed`` cut where values are many or large together."""
    group: list[tuple[bytes, bytes]] = []
    size = 0
    for pair in listed:
        group.append(pair)
        size += value_bytes(pair[0])
        if size >= _TOGETHER_BYTES or len(group) == _TOGETHER_COUNT:
            yield group
            group, size = [], 0
    yield group


def _zeros(count: int) -> Iterator[bytes]:
    for at in range(0, count, _PIECE_BYTES):
        yield bytes(min(_PIECE_BYTES, count - at))
