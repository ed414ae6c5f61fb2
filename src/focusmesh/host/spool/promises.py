"""The promises that this node gave: which are open, and how many it kept and broke."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.admission import BROKEN, KEPT, OPEN, Promise, verify_promise

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from sqlite3 import Connection

    from focusmesh.host.spool.database import SpoolDatabase
    from focusmesh.kernel.admission import Candidate
    from focusmesh.protocol.identity import SigningKey

_JUDGED_MAX = 1_024


class PromiseCounts(NamedTuple):
    """How many promises of this node are ``open``, were ``kept``, were ``broken``."""

    kept: int
    broken: int
    open: int


def make_promise(connection: Connection, candidate: Candidate, key: SigningKey) -> bytes | None:
    """The promise for a signal that waits: the one that was given before, else a new one; None where it is early."""
    name = candidate.signed.id
    query = "SELECT promise FROM promises WHERE signal = ?"
    known = connection.execute(query, (name,)).fetchone()
    if known is not None:
        return bytes(known[0])
    ready = connection.execute("SELECT ready FROM signals WHERE id = ?", (name,)).fetchone()
    if ready is None or ready[0] is None:
        return None
    promise = Promise.of(candidate.signed.signal, name, candidate.height, key.public)
    data = promise.sign(key)
    connection.execute("INSERT INTO promises VALUES (?, ?, ?)", (name, promise.by, data))
    return data


def keep_promises(connection: Connection, signals: Collection[bytes]) -> None:
    """Signals are in blocks: what was promised of them holds."""
    query = "DELETE FROM promises WHERE signal = ?"
    kept = sum(connection.execute(query, (signal,)).rowcount for signal in signals)
    _count(connection, KEPT, kept)


def judge_promises(database: SpoolDatabase, height: int, is_due: Callable[[Promise], bool]) -> None:
    """Counts the promises whose block is there: broken where the signal ``is_due`` still, else kept. O(those)."""
    query = "SELECT promise FROM promises WHERE by <= ? ORDER BY by LIMIT ?"
    due = [verify_promise(bytes(row[0])) for row in database.rows(query, height, _JUDGED_MAX)]
    broken = [promise.signal for promise in due if is_due(promise)]

    def work(connection: Connection) -> None:
        names = [(promise.signal,) for promise in due]
        connection.executemany("DELETE FROM promises WHERE signal = ?", names)
        _count(connection, BROKEN, len(broken))
        _count(connection, KEPT, len(due) - len(broken))

    if due:
        database.change(work, durable=False)


def count_promises(database: SpoolDatabase) -> PromiseCounts:
    """What became of this node's promises so far."""
    counts = dict(database.rows("SELECT name, value FROM counts"))
    ((still,),) = database.rows("SELECT COUNT(*) FROM promises")
    found = {KEPT: counts[KEPT], BROKEN: counts[BROKEN], OPEN: still}
    return PromiseCounts(**found)


def _count(connection: Connection, name: str, more: int) -> None:
    if more:
        connection.execute("UPDATE counts SET value = value + ? WHERE name = ?", (more, name))
