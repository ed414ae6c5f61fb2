"""One transaction of a store on disk, reading or writing.

Whoever writes past the end of the map has it doubled: LMDB can do that only between transactions, so what the
transaction has written is kept in a list and written again. Readers of the same process are invalidated by it and
begin again; they go on if that is the moment that they were at, which it is unless a commit lies between.
"""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, cast

from focusmesh.errors import MissingExtraError, StoreError
from focusmesh.kernel.state.store.interface import verify_keys

try:
    import lmdb
except ImportError as error:
    raise MissingExtraError("ledger", "a ledger on disk") from error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from threading import Lock

    Pair = tuple[bytes, bytes]
    Change = tuple[str, Sequence[Pair], Sequence[bytes]]
    """Table, what is put, what is deleted."""
    Span = tuple[bytes, bytes | None]
    Tables = dict[str, lmdb._Database]

_MANY = 16
_SCANNED_AT_ONCE = 1_024


class Reading:
    """See Reader."""

    def __init__(
        self,
        tables: Tables,
        transaction: lmdb.Transaction,
        remapping: Lock,
        begin: Callable[[], lmdb.Transaction],
    ) -> None:
        self._tables = tables
        self._transaction = transaction
        self._moment = transaction.id()
        self._remapping = remapping
        self._begin = begin

    def get(self, table: str, key: bytes) -> bytes | None:
        return self.get_many(table, (key,))[0]

    def get_many(self, table: str, keys: Sequence[bytes]) -> list[bytes | None]:
        if table not in self._tables:
            return [None] * len(keys)
        with self._remapping:
            return _found(self._current(), self._tables[table], keys)

    def scan(
        self, table: str, start: bytes = b"", stop: bytes | None = None, reverse: bool = False
    ) -> Iterator[Pair]:
        def part(span: Span, count: int) -> list[Pair]:
            with self._remapping:
                return _some(self._current(), self._tables[table], span, reverse, count)

        return _parts(part, (start, stop), reverse) if table in self._tables else iter(())

    def count(self, table: str) -> int:
        if table not in self._tables:
            return 0
        with self._remapping:
            return int(self._current().stat(self._tables[table])["entries"])

    def end(self) -> None:
        """Gives the moment up."""
        self._transaction.abort()

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


class Writing:
    """See Writer."""

    def __init__(
        self,
        tables: Tables,
        remapping: Lock,
        begin: Callable[[], lmdb.Transaction],
        grow: Callable[[], None],
    ) -> None:
        self._tables = tables
        self._remapping = remapping
        self._begin = begin
        self._grow = grow
        self._transaction = begin()
        self._done: list[Change] = []

    def get(self, table: str, key: bytes) -> bytes | None:
        return self.get_many(table, (key,))[0]

    def get_many(self, table: str, keys: Sequence[bytes]) -> list[bytes | None]:
        return _found(self._transaction, self._tables[table], keys)

    def scan(
        self, table: str, start: bytes = b"", stop: bytes | None = None, reverse: bool = False
    ) -> Iterator[Pair]:
        def part(span: Span, count: int) -> list[Pair]:
            return _some(self._transaction, self._tables[table], span, reverse, count)

        return _parts(part, (start, stop), reverse)

    def count(self, table: str) -> int:
        return int(self._transaction.stat(self._tables[table])["entries"])

    def put(self, table: str, key: bytes, value: bytes) -> None:
        self.put_many(table, ((key, value),))

    def put_many(self, table: str, pairs: Iterable[Pair]) -> None:
        listed = list(pairs)
        verify_keys([key for key, _ in listed])
        self._do((table, listed, ()))

    def delete_many(self, table: str, keys: Iterable[bytes]) -> None:
        listed = list(keys)
        verify_keys(listed)
        self._do((table, (), listed))

    def commit(self) -> None:
        """Durable when it returns."""
        while True:
            try:
                self._transaction.commit()
                return
            except lmdb.MapFullError:
                self._write_again()

    def abort(self) -> None:
        """Nothing of it remains."""
        self._transaction.abort()

    def _do(self, change: Change) -> None:
        self._done.append(change)
        try:
            self._apply(change)
        except lmdb.MapFullError:
            self._write_again()

    def _write_again(self) -> None:
        """The whole transaction in a larger map."""
        while True:
            self._transaction.abort()
            self._grow()
            self._transaction = self._begin()
            try:
                for change in self._done:
                    self._apply(change)
                return
            except lmdb.MapFullError:
                continue

    def _apply(self, change: Change) -> None:
        name, pairs, keys = change
        with self._transaction.cursor(self._tables[name]) as cursor:
            cursor.putmulti(pairs, append=_goes_behind(cursor, pairs))
            for key in keys:
                if cursor.set_key(key):
                    cursor.delete()


def _goes_behind(cursor: lmdb.Cursor, pairs: Sequence[Pair]) -> bool:
    """Whether many pairs follow the last key: they then fill pages whole, where LMDB would leave them half empty."""
    if len(pairs) < _MANY:
        return False
    first = pairs[0][0]
    if cursor.last() and bytes(cursor.key()) >= first:
        return False
    return all(one < other for (one, _), (other, _) in pairwise(pairs))


def _found(
    transaction: lmdb.Transaction, table: lmdb._Database, keys: Sequence[bytes]
) -> list[bytes | None]:
    get: Callable[[bytes, None, lmdb._Database], bytes | None] = cast("Any", transaction.get)
    verify_keys(keys)
    return [get(key, None, table) for key in keys]


def _parts(part: Callable[[Span, int], list[Pair]], span: Span, reverse: bool) -> Iterator[Pair]:
    """A scan in parts, each with a cursor of its own: what is written between them moves no cursor."""
    count = _MANY
    while True:
        pairs = part(span, count)
        yield from pairs
        if len(pairs) < count:
            return
        last = pairs[-1][0]
        span = (span[0], last) if reverse else (last + b"\0", span[1])
        count = min(4 * count, _SCANNED_AT_ONCE)


def _some(
    transaction: lmdb.Transaction, table: lmdb._Database, span: Span, reverse: bool, count: int
) -> list[Pair]:
    """The first ``count`` pairs with start ≤ key < stop, fewer only where there are no more."""
    start, stop = span
    with transaction.cursor(table) as cursor:
        pairs = _descending(cursor, stop) if reverse else _ascending(cursor, start)
        taken = list(islice(pairs, count))
    # Keys past the other end can only be at the end of what was taken.
    while taken and (
        taken[-1][0] < start if reverse else stop is not None and taken[-1][0] >= stop
    ):
        taken.pop()
    return taken


def _ascending(cursor: lmdb.Cursor, start: bytes) -> Iterator[Pair]:
    found = cursor.set_range(start) if start else cursor.first()
    return cast("Iterator[Pair]", cursor.iternext()) if found else iter(())


def _descending(cursor: lmdb.Cursor, stop: bytes | None) -> Iterator[Pair]:
    at_or_after = stop is not None and cursor.set_range(stop)
    found = cursor.prev() if at_or_after else cursor.last()
    return cast("Iterator[Pair]", cursor.iterprev()) if found else iter(())
