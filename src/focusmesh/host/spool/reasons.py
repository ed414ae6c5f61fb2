"""Why signals were refused, or changed nothing: told to whoever left them, and bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Connection

REFUSED, FAILED = "refused", "failed"
REASONS_MAX = 1_000
"""So many of each kind are kept, the last ones."""


class Reason(NamedTuple):
    """What is told of one signal."""

    signal: bytes
    code: str
    message: str


def keep_reasons(connection: Connection, kind: str, reasons: Iterable[Reason]) -> None:
    """Keeps what is told, and lets go of the oldest beyond ``REASONS_MAX``."""
    connection.executemany(
        "INSERT OR REPLACE INTO reasons (kind, signal, code, message) VALUES (?, ?, ?, ?)",
        [(kind, *reason) for reason in reasons],
    )
    query = "SELECT number FROM reasons WHERE kind = ? ORDER BY number DESC LIMIT 1 OFFSET ?"
    oldest = connection.execute(query, (kind, REASONS_MAX)).fetchone()
    if oldest is not None:
        connection.execute("DELETE FROM reasons WHERE kind = ? AND number <= ?", (kind, *oldest))
