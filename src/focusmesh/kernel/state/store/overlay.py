"""Changes in memory over a reader: a writer that writes nothing, for looking at what would be or what was."""

from __future__ import annotations

from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from focusmesh.kernel.state.store.interface import verify_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from focusmesh.kernel.state.store.interface import Reader

Changes: TypeAlias = "dict[str, dict[bytes, bytes | None]]"
"""Table by table, what a key's value is now; None: it is gone."""


class Overlay:
    """See store.Writer; what is put here is seen here only."""

    def __init__(self, reader: Reader, changes: Changes | None = None) -> None:
        self._reader = reader
        self._changes: Changes = {} if changes is None else changes

    def get(self, table: str, key: bytes) -> bytes | None:
        """See Reader.get."""
        changes = self._changes.get(table, {})
        return changes[key] if key in changes else self._reader.get(table, key)

    def get_many(self, table: str, keys: Sequence[bytes]) -> list[bytes | None]:
        """See Reader.get_many."""
        changes = self._changes.get(table)
        if not changes:
            return self._reader.get_many(table, keys)
        below = iter(self._reader.get_many(table, [key for key in keys if key not in changes]))
        return [changes[key] if key in changes else next(below) for key in keys]

    def scan(
        self, table: str, start: bytes = b"", stop: bytes | None = None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """See Reader.scan. O(changes to the table) before the first pair."""
        own = [
            (key, value)
            for key, value in self._changes.get(table, {}).items()
            if key >= start and (stop is None or key < stop)
        ]
        own.sort(reverse=reverse)
        below = self._reader.scan(table, start, stop, reverse)
        # Of equal keys the first is taken: the merge is stable, and the own ones come first.
        both = merge(own, below, key=itemgetter(0), reverse=reverse)
        for key, pairs in groupby(both, key=itemgetter(0)):
            value = next(pairs)[1]
            if value is not None:
                yield key, value

    def count(self, table: str) -> int:
        """See Reader.count. O(changes to the table)."""
        changes = self._changes.get(table, {})
        keys = list(changes)
        below = self._reader.get_many(table, keys)
        more = sum(
            (changes[key] is not None) - (old is not None)
            for key, old in zip(keys, below, strict=True)
        )
        return self._reader.count(table) + more

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """See Writer.put."""
        self._changes.setdefault(table, {})[key] = value

    def put_many(self, table: str, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        """See Writer.put_many."""
        self._changes.setdefault(table, {}).update(pairs)

    def delete_many(self, table: str, keys: Iterable[bytes]) -> None:
        """See Writer.delete_many."""
        self._changes.setdefault(table, {}).update(dict.fromkeys(keys))


class CheckedOverlay(Overlay):
    """An overlay that takes what a store takes, and keeps copies: what it has can be written later."""

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """See Writer.put."""
        self.put_many(table, ((key, value),))

    def put_many(self, table: str, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        """See Writer.put_many."""
        changed = [(key, bytes(value)) for key, value in pairs]
        verify_keys([key for key, _ in changed])
        super().put_many(table, changed)

    def delete_many(self, table: str, keys: Iterable[bytes]) -> None:
        """See Writer.delete_many."""
        gone = list(keys)
        verify_keys(gone)
        super().delete_many(table, gone)

    @property
    def changes(self) -> Changes:
        """What was put and deleted here."""
        return self._changes
