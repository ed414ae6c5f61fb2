"""Which format a store on disk has, and which ones this focusmesh works with.

    1   contents are in LMDB's table ``contents``; no record of the format
    2   contents are in ``contents.heap``, their places in LMDB; the format is recorded

The record is in LMDB's main database, beside the names of the tables, where no reader of tables meets it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import NewerVersionError, OlderStoreError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

    import lmdb

FORMAT = 2
"""The format that this focusmesh reads and writes; older ones it upgrades (upgrade.py)."""
_FIRST = 1
_KEY, _BYTES = b"format", 4
_ELSEWHERE = (b"contents", b"in the heap")
"""A record in the place of the table that had values in format 1: who knows that format alone stops at it."""


def read_format(transaction: lmdb.Transaction) -> int | None:
    """The format of a store, None where nothing was ever written to it. Raises StoreError for a damaged record."""
    record = transaction.get(_KEY)
    if record is None:
        return _FIRST if transaction.cursor().first() else None
    if len(record) != _BYTES:
        raise StoreError(f"the record of the store's format is damaged: {bytes(record).hex()}")
    return int.from_bytes(record, "big")


def begin_format(transaction: lmdb.Transaction) -> None:
    """Says of a new store that it has today's format."""
    if transaction.get(_KEY) is None:
        transaction.put(_KEY, FORMAT.to_bytes(_BYTES, "big"))
        transaction.put(*_ELSEWHERE)


def verify_format(found: int | None, path: Path) -> None:
    """Raises NewerVersionError, or OlderStoreError, unless a store of format ``found`` at ``path`` can be used."""
    if found is None or found == FORMAT:
        return
    if found > FORMAT:
        raise NewerVersionError(
            f"{path} has store format {found}; this focusmesh works with {FORMAT}: install a newer focusmesh"
        )
    raise OlderStoreError(
        f"{path} has store format {found}; this focusmesh works with {FORMAT}: "
        f"run `focusmesh node upgrade {path.parent}`, which keeps the old store until you discard it"
    )
