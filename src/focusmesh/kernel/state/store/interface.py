"""Where a ledger's records are: named tables of ordered keys, snapshots to read, one transaction to write.

A store is one interface with two implementations, in memory (memory.py) and on disk through LMDB
(lmdb/lmdb_store.py); both run the same tests. Nothing here knows what the bytes mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from focusmesh.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

KEY_BYTES_MAX = 511
"""The longest key that LMDB takes."""

TABLES = (
    "meta",
    "buckets",
    "nodes",
    "keys",
    "particles",
    "digests",
    "rows",
    "contents",
    "undo",
    "headers",
    "bodies",
    "proofs",
    "vectors",
)
"""Every table of a ledger; each belongs to one module, which says what is in it."""

ERASABLE = ("contents",)
"""Tables whose values can be made to vanish.

What is deleted from one of them, or replaced in it, is in no file of the store any more when the transaction has ended,
or, where the process died in between, after the store was next opened to write. A reader of an earlier moment may
find it absent from then on. The others keep what was deleted until its room is used again.
"""


class Reader(Protocol):
    """One moment of the store. Values are bytes of the caller's own; None where there is no such key."""

    def get(self, table: str, key: bytes) -> bytes | None:
        """The value of ``key``. O(log n)."""
        ...

    def get_many(self, table: str, keys: Sequence[bytes]) -> list[bytes | None]:
        """Values in the order of ``keys``, which may repeat; ascending keys are found fastest."""
        ...

    def scan(
        self, table: str, start: bytes = b"", stop: bytes | None = None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Pairs with ``start`` ≤ key < ``stop`` (None: to the end) by ascending key, or descending."""
        ...

    def count(self, table: str) -> int:
        """How many keys the table has. O(1)."""
        ...


class Writer(Reader, Protocol):
    """The one transaction that may write; it reads what it has written itself."""

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """Sets one value."""
        ...

    def put_many(self, table: str, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        """Sets values; pairs with ascending keys are written fastest."""
        ...

    def delete_many(self, table: str, keys: Iterable[bytes]) -> None:
        """Removes keys; those that are not there are passed over."""
        ...


class Store(Protocol):
    """Tables that outlive transactions."""

    def read(self) -> AbstractContextManager[Reader]:
        """The last committed moment, which stays as it is for as long as the block runs, but for what is erased."""
        ...

    def write(self) -> AbstractContextManager[Writer]:
        """A transaction: durable when the block ends, without a trace when it is left by an exception.

        Raises StoreBusyError where this store is being written to already, StoreError when it cannot be
        written, on a full disk for example; the store is then what it was before.
        """
        ...

    def used_bytes(self) -> int:
        """Bytes that the records take, what is free for reuse left out."""
        ...

    def close(self) -> None:
        """Gives everything back; a closed store is of no further use. Closing again does nothing."""
        ...


def verify_keys(keys: Sequence[bytes]) -> None:
    """Raises StoreError unless every key has 1 to 511 bytes."""
    for length in (min(map(len, keys), default=1), max(map(len, keys), default=1)):
        if not 0 < length <= KEY_BYTES_MAX:
            raise StoreError(f"a key has 1 to {KEY_BYTES_MAX} bytes, one of these has {length}")
