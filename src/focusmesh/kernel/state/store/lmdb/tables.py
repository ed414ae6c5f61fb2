"""One LMDB table: some of it found, some of it scanned, changed."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, cast

from focusmesh.kernel.state.store.interface import verify_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import lmdb

    Pair = tuple[bytes, bytes]
    Span = tuple[bytes, bytes | None]

_MANY = 16
_SCANNED_AT_ONCE = 1_024


def change(
    transaction: lmdb.Transaction,
    table: lmdb._Database,
    pairs: Sequence[Pair],
    gone: Sequence[bytes],
) -> None:
    """Puts ``pairs``, then removes what is there of ``gone``. Raises lmdb.MapFullError."""
    with transaction.cursor(table) as cursor:
        cursor.putmulti(pairs, append=_goes_behind(cursor, pairs))
        for key in gone:
            if cursor.set_key(key):
                cursor.delete()


def found(
    transaction: lmdb.Transaction, table: lmdb._Database, keys: Sequence[bytes]
) -> list[bytes | None]:
    """Values in the order of ``keys``."""
    get: Callable[[bytes, None, lmdb._Database], bytes | None] = cast("Any", transaction.get)
    verify_keys(keys)
    return [get(key, None, table) for key in keys]


def parts(part: Callable[[Span, int], list[Pair]], span: Span, reverse: bool) -> Iterator[Pair]:
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


def some(
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


def _goes_behind(cursor: lmdb.Cursor, pairs: Sequence[Pair]) -> bool:
    """Whether many pairs follow the last key: they then fill pages whole, where LMDB would leave them half empty."""
    if len(pairs) < _MANY:
        return False
    first = pairs[0][0]
    if cursor.last() and bytes(cursor.key()) >= first:
        return False
    return all(one < other for (one, _), (other, _) in pairwise(pairs))


def _ascending(cursor: lmdb.Cursor, start: bytes) -> Iterator[Pair]:
    found = cursor.set_range(start) if start else cursor.first()
    return cast("Iterator[Pair]", cursor.iternext()) if found else iter(())


def _descending(cursor: lmdb.Cursor, stop: bytes | None) -> Iterator[Pair]:
    at_or_after = stop is not None and cursor.set_range(stop)
    found = cursor.prev() if at_or_after else cursor.last()
    return cast("Iterator[Pair]", cursor.iterprev()) if found else iter(())
