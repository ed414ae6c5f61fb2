"""A store in memory, for tests and for ledgers that are not kept."""

from __future__ import annotations

import os
from bisect import bisect_left
from contextlib import contextmanager
from threading import Lock, RLock
from typing import TYPE_CHECKING

from focusmesh.errors import StoreBusyError, StoreError
from focusmesh.kernel.state.store.interface import TABLES, verify_keys
from focusmesh.kernel.state.store.overlay import CheckedOverlay

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.kernel.state.store.interface import Reader, Writer


class MemoryStore:
    """Tables as dictionaries; a commit copies only the tables that a reader still looks at."""

    def __init__(self) -> None:
        self._tables = {name: _Table() for name in TABLES}
        self._writing = Lock()
        self._looking = RLock()  # held to count readers and to change what nobody reads
        self._closed = False

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """See Store.read."""
        with self._looking:
            self._check_open()
            tables = dict(self._tables)
            for table in tables.values():
                table.reader_count += 1
        try:
            yield _Moment(tables)
        finally:
            with self._looking:
                for table in tables.values():
                    table.reader_count -= 1

    @contextmanager
    def write(self) -> Iterator[Writer]:
        """See Store.write."""
        self._check_open()
        if not self._writing.acquire(blocking=False):
            raise StoreBusyError(
                f"process {os.getpid()} is writing to this store in memory already"
            )
        try:
            transaction = _Transaction(self._tables)
            yield transaction
            with self._looking:
                self._tables = transaction.tables_after()
        finally:
            self._writing.release()

    def used_bytes(self) -> int:
        """See Store.used_bytes."""
        return sum(table.used_bytes() for table in self._tables.values())

    def close(self) -> None:
        """See Store.close."""
        self._closed = True
        self._tables = {}

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("this store in memory is closed")


class _Table:
    """Values by key, and the keys in order once somebody has asked for it."""

    def __init__(self, values: dict[bytes, bytes] | None = None) -> None:
        self.values = {} if values is None else values
        self.reader_count = 0
        self._ordered: list[bytes] | None = None

    def ordered_keys(self) -> list[bytes]:
        if self._ordered is None:
            self._ordered = sorted(self.values)
        return self._ordered

    def between(self, start: bytes, stop: bytes | None) -> list[bytes]:
        keys = self.ordered_keys()
        last = len(keys) if stop is None else bisect_left(keys, stop)
        return keys[bisect_left(keys, start) : last]

    def with_changes(self, changes: dict[bytes, bytes | None]) -> _Table:
        table = _Table(dict(self.values)) if self.reader_count else self
        for key, value in changes.items():
            if value is None:
                table.values.pop(key, None)
            else:
                table.values[key] = value
        table._ordered = None
        return table

    def used_bytes(self) -> int:
        return sum(len(key) + len(value) for key, value in self.values.items())


class _Moment:
    """A reader of tables that nobody changes while it is there."""

    def __init__(self, tables: dict[str, _Table]) -> None:
        self._tables = tables

    def get(self, table: str, key: bytes) -> bytes | None:
        return self.get_many(table, (key,))[0]

    def get_many(self, table: str, keys: Sequence[bytes]) -> list[bytes | None]:
        verify_keys(keys)
        values = self._tables[table].values
        return [values.get(key) for key in keys]

    def scan(
        self, table: str, start: bytes = b"", stop: bytes | None = None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        keys = self._tables[table].between(start, stop)
        for key in reversed(keys) if reverse else keys:
            yield key, self._tables[table].values[key]

    def count(self, table: str) -> int:
        return len(self._tables[table].values)


class _Transaction(CheckedOverlay):
    """What is to change, over tables that stay as they are until it is committed."""

    def __init__(self, tables: dict[str, _Table]) -> None:
        super().__init__(_Moment(tables))
        self._tables = tables

    def tables_after(self) -> dict[str, _Table]:
        """The tables as they are to be."""
        return self._tables | {
            name: self._tables[name].with_changes(changes)
            for name, changes in self.changes.items()
            if changes
        }
