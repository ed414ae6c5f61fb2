"""Stores of format 1, to read only: every table is one of LMDB's, contents too.

What is read here was written by a focusmesh of before; this file stays as it is for as long as that is upgraded.
"""

from __future__ import annotations

from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from focusmesh.errors import MissingExtraError, StoreError
from focusmesh.kernel.state.store.lmdb.audit import verify_pages
from focusmesh.kernel.state.store.lmdb.pages import PageFile
from focusmesh.kernel.state.store.lmdb.tables import found, parts, some

try:
    import lmdb
except ImportError as error:
    raise MissingExtraError("ledger", "a ledger on disk") from error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from focusmesh.kernel.state.store.interface import Reader
    from focusmesh.kernel.state.store.lmdb.tables import Pair, Span

_TABLES = (
    *("meta", "buckets", "nodes", "keys", "particles", "digests", "rows"),
    *("contents", "undo", "headers", "bodies", "proofs", "vectors"),
)


@contextmanager
def read_format_1(path: Path) -> Iterator[Reader]:
    """The store at ``path`` while nobody writes to it; not a byte of it changes.

    Raises StoreError, for a damaged page too: every one is looked at before LMDB follows it, some 100 MB a second.
    """
    with PageFile(path / "data.mdb") as file:
        verify_pages(file, file.moments()[0])
    try:
        # Without LMDB's own lock, for which it would make a file: who upgrades holds the writer's.
        with (
            closing(
                lmdb.open(str(path), readonly=True, lock=False, max_dbs=len(_TABLES))
            ) as opened,
            opened.begin() as transaction,
        ):
            yield _Moment(opened, transaction)
    except lmdb.Error as error:
        raise StoreError(f"{path} cannot be read: {error}") from error


class _Moment:
    """See Reader."""

    def __init__(self, opened: lmdb.Environment, transaction: lmdb.Transaction) -> None:
        self._transaction = transaction
        self._tables = {}
        for name in _TABLES:
            with suppress(lmdb.NotFoundError):
                self._tables[name] = opened.open_db(name.encode(), transaction, create=False)

    def get(self, table: str, key: bytes) -> bytes | None:
        return self.get_many(table, (key,))[0]

    def get_many(self, table: str, keys: Sequence[bytes]) -> list[bytes | None]:
        if table not in self._tables:
            return [None] * len(keys)
        return found(self._transaction, self._tables[table], keys)

    def scan(
        self, table: str, start: bytes = b"", stop: bytes | None = None, reverse: bool = False
    ) -> Iterator[Pair]:
        def part(span: Span, count: int) -> list[Pair]:
            return some(self._transaction, self._tables[table], span, reverse, count)

        return parts(part, (start, stop), reverse) if table in self._tables else iter(())

    def count(self, table: str) -> int:
        if table not in self._tables:
            return 0
        return int(self._transaction.stat(self._tables[table])["entries"])
