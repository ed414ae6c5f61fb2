"""One transaction of a store on disk, reading or writing.

Whoever writes past the end of the map has it doubled: LMDB can do that only between transactions, so what the
transaction has written is kept in a list and written again. Readers of the same process are invalidated by it and
begin again; they go on if that is the moment that they were at, which it is unless a commit lies between.

Values of erasable tables are in the heap (heap.py), and their places in LMDB: a writer puts a value there at once and
its place into LMDB; who writes again in a larger map writes places again, not values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import MissingExtraError, StoreError
from focusmesh.kernel.state.store.interface import ERASABLE, verify_keys
from focusmesh.kernel.state.store.lmdb.heap import HeapRecord, value_bytes
from focusmesh.kernel.state.store.lmdb.tables import change, found, parts, some

try:
    import lmdb
except ImportError as error:
    raise MissingExtraError("ledger", "a ledger on disk") from error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from threading import Lock

    from focusmesh.kernel.state.store.lmdb.heap import Heap
    from focusmesh.kernel.state.store.lmdb.tables import Pair, Span

    Change = tuple[str, Sequence[Pair], Sequence[bytes]]
    """Table, what is put, what is deleted."""
    Tables = dict[str, lmdb._Database]

RECORDS = ""
"""Where LMDB keeps its tables' names, the store keeps what it needs to know itself."""
HEAP_KEY = b"heap"
_AT_ONCE_COUNT = 1_024
_AT_ONCE_BYTES = 1 << 24


class Opened(NamedTuple):
    """The parts of a store that its transactions share. ``remapping`` is held while the map may move."""

    tables: Tables
    heap: Heap
    remapping: Lock


class _Access(ABC):
    """What reading and writing share: values of erasable tables are found in the heap, by their places in LMDB."""

    _tables: Tables
    _heap: Heap

    def get(self, table: str, key: bytes) -> bytes | None:
        return self.get_many(table, (key,))[0]

    def get_many(self, table: str, keys: Sequence[bytes]) -> list[bytes | None]:
        values = self._found(table, keys)
        return values if table not in ERASABLE else self._values(table, keys, values)

    def scan(
        self, table: str, start: bytes = b"", stop: bytes | None = None, reverse: bool = False
    ) -> Iterator[Pair]:
        if table not in self._tables:
            return iter(())

        def part(span: Span, count: int) -> list[Pair]:
            return self._some(table, span, reverse, count)

        pairs = parts(part, (start, stop), reverse)
        return pairs if table not in ERASABLE else _resolve(table, pairs, self._values)

    def _values(
        self, table: str, keys: Sequence[bytes], places: Sequence[bytes | None]
    ) -> list[bytes | None]:
        values = values_at(self._heap, places)
        for key, place, value in zip(keys, places, values, strict=True):
            if place is not None and value is None:
                self._check_erased(table, key, place)
        return values

    @abstractmethod
    def _found(self, table: str, keys: Sequence[bytes]) -> list[bytes | None]:
        """What LMDB has of ``keys``, None for the others."""

    @abstractmethod
    def _some(self, table: str, span: Span, reverse: bool, count: int) -> list[Pair]:
        """The first pairs of a span, as LMDB has them."""

    @abstractmethod
    def _check_erased(self, table: str, key: bytes, place: bytes) -> None:
        """Raises StoreError unless a commit let go of the value that is marked as erased."""


class Reading(_Access):
    """See Reader."""

    def __init__(
        self, opened: Opened, transaction: lmdb.Transaction, begin: Callable[[], lmdb.Transaction]
    ) -> None:
        self._tables, self._heap, self._remapping = opened
        self._transaction = transaction
        self._moment = transaction.id()
        self._begin = begin

    def count(self, table: str) -> int:
        if table not in self._tables:
            return 0
        with self._remapping:
            return int(self._current().stat(self._tables[table])["entries"])

    def end(self) -> None:
        """Gives the moment up."""
        self._transaction.abort()

    def _found(self, table: str, keys: Sequence[bytes]) -> list[bytes | None]:
        if table not in self._tables:
            return [None] * len(keys)
        with self._remapping:
            return found(self._current(), self._tables[table], keys)

    def _some(self, table: str, span: Span, reverse: bool, count: int) -> list[Pair]:
        with self._remapping:
            return some(self._current(), self._tables[table], span, reverse, count)

    def _check_erased(self, table: str, key: bytes, place: bytes) -> None:
        """A later commit may have let go of the value; where the last one has it still, the heap is damaged."""
        # Where another process has grown the map meanwhile, it has committed too.
        with suppress(lmdb.MapResizedError), self._remapping, self._begin() as latest:
            if found(latest, self._tables[table], (key,)) == [place]:
                raise damaged_value(table, key)

    def _current(self) -> lmdb.Transaction:
        try:
            self._transaction.id()
        except lmdb.Error:
            self._transaction = self._begin()
            if self._transaction.id() != self._moment:
                raise StoreError(
                    "the store grew and a block was committed since this was opened to read: read again"
                ) from None
        return self._transaction


class Writing(_Access):
    """See Writer."""

    def __init__(
        self, opened: Opened, begin: Callable[[], lmdb.Transaction], grow: Callable[[], None]
    ) -> None:
        self._tables, self._heap, _ = opened
        self._begin = begin
        self._grow = grow
        self._transaction = begin()
        self._done: list[Change] = []
        self._erased: list[bytes] = []
        try:
            self._record = heap_record(self._transaction, self._tables)
            self._heap.settle(self._record)
        except BaseException:
            self._transaction.abort()
            raise
        self._end = self._record.end

    def count(self, table: str) -> int:
        return int(self._transaction.stat(self._tables[table])["entries"])

    def put(self, table: str, key: bytes, value: bytes) -> None:
        self.put_many(table, ((key, value),))

    def put_many(self, table: str, pairs: Iterable[Pair]) -> None:
        listed = list(pairs)
        verify_keys([key for key, _ in listed])
        self._do((table, self._place(table, listed) if table in ERASABLE else listed, ()))

    def delete_many(self, table: str, keys: Iterable[bytes]) -> None:
        listed = list(keys)
        verify_keys(listed)
        if table in ERASABLE:
            places = dict.fromkeys(self._found(table, listed))
            self._erased += [place for place in places if place is not None]
        self._do((table, (), listed))

    @property
    def erases(self) -> bool:
        """Whether values of erasable tables were deleted or replaced."""
        return bool(self._erased)

    def commit(self) -> None:
        """Durable when it returns, and what it erased is gone; where it raises, ``give_up`` is to follow."""
        record = HeapRecord(self._end, b"".join(self._erased))
        if self._end != self._record.end:
            self._heap.sync()
        if record != self._record:
            self._do((RECORDS, ((HEAP_KEY, record.encode()),), ()))
        self._commit_tables()
        self._heap.settle(record)

    def give_up(self) -> None:
        """After a commit that failed, wherever it did: the transaction is over; the heap is left as it is."""
        with suppress(lmdb.Error):
            self._transaction.abort()

    def abort(self) -> None:
        """Nothing of it remains."""
        self._transaction.abort()
        self._heap.settle(self._record)

    def _place(self, table: str, pairs: Sequence[Pair]) -> list[Pair]:
        """Keys with the places of their values, which are in the heap now; those that are there already left out."""
        values = dict(pairs)
        fresh = []
        for key, place in zip(values, self._found(table, list(values)), strict=True):
            if place is None:
                fresh.append(key)
            elif not self._is_at(place, values[key]):
                fresh.append(key)
                self._erased.append(place)
        places = self._heap.append((values[key] for key in fresh), self._end)
        self._end += sum(1 + len(values[key]) for key in fresh)
        return list(zip(fresh, places, strict=True))

    def _is_at(self, place: bytes, value: bytes) -> bool:
        return value_bytes(place) == len(value) and self._heap.read((place,)) == [value]

    def _found(self, table: str, keys: Sequence[bytes]) -> list[bytes | None]:
        return found(self._transaction, self._tables[table], keys)

    def _some(self, table: str, span: Span, reverse: bool, count: int) -> list[Pair]:
        return some(self._transaction, self._tables[table], span, reverse, count)

    def _check_erased(self, table: str, key: bytes, place: bytes) -> None:
        """A writer is at the last moment: nobody let go of it."""
        raise damaged_value(table, key)

    def _commit_tables(self) -> None:
        while True:
            try:
                self._transaction.commit()
                return
            except lmdb.MapFullError:
                self._write_again()

    def _do(self, asked: Change) -> None:
        self._done.append(asked)
        try:
            self._apply(asked)
        except lmdb.MapFullError:
            self._write_again()

    def _write_again(self) -> None:
        """The whole transaction in a larger map."""
        while True:
            self._transaction.abort()
            self._grow()
            self._transaction = self._begin()
            try:
                for done in self._done:
                    self._apply(done)
                return
            except lmdb.MapFullError:
                continue

    def _apply(self, asked: Change) -> None:
        name, pairs, keys = asked
        change(self._transaction, self._tables[name], pairs, keys)


def heap_record(transaction: lmdb.Transaction, tables: Tables) -> HeapRecord:
    """What a moment of the store says of the heap."""
    return HeapRecord.decode(found(transaction, tables[RECORDS], (HEAP_KEY,))[0])


def values_at(heap: Heap, places: Sequence[bytes | None]) -> list[bytes | None]:
    """The values at those places that are none None; None for the others and for what was erased."""
    there = [place for place in places if place is not None]
    values = iter(heap.read(there))
    return [None if place is None else next(values) for place in places]


def damaged_value(table: str, key: bytes) -> StoreError:
    """What is said of a value that is marked as erased and was not."""
    return StoreError(
        f"the value of {key.hex()} in table {table!r} is marked as erased, and no commit erased it: "
        "restore a backup, or import an exported chain"
    )


def _resolve(
    table: str,
    pairs: Iterator[Pair],
    values: Callable[[str, Sequence[bytes], Sequence[bytes]], list[bytes | None]],
) -> Iterator[Pair]:
    """Pairs of keys and places with their values, as many at once as are small together."""
    while group := _group(pairs):
        keys = [key for key, _ in group]
        for key, value in zip(keys, values(table, keys, [p for _, p in group]), strict=True):
            if value is not None:
                yield key, value


def _group(pairs: Iterator[Pair]) -> list[Pair]:
    group: list[Pair] = []
    size = 0
    for pair in islice(pairs, _AT_ONCE_COUNT):
        group.append(pair)
        size += value_bytes(pair[1])
        if size >= _AT_ONCE_BYTES:
            break
    return group
