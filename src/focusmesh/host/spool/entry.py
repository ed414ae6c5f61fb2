"""One signal on its way into the spool: what the index keeps of it, and what its admission rests on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import SignalError
from focusmesh.host.spool.tables import ALL, KINDS, NO_NEURON, WEIGHT_MAX
from focusmesh.ids import digest
from focusmesh.kernel.admission import (
    LIMITS,
    ORDINARY,
    SHARE_ONE,
    Crowd,
    Request,
    RoomClaim,
    Waiting,
    check_room,
)
from focusmesh.protocol.signal import parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Connection

    from focusmesh.kernel.admission import AdmissionLimits, Candidate
    from focusmesh.protocol.packet import Packet

_COLUMNS = "id, neuron, nonce, expires, tip, size, ready, since, packet"


class SpoolPlace(NamedTuple):
    """A signal is early where a nonce before its own does not wait; it may take room of a reserve."""

    is_early: bool
    is_reserved: bool


class Facts(NamedTuple):
    """What a signal says of itself."""

    neuron: bytes
    nonce: int
    expires: int
    tip: int

    @classmethod
    def of(cls, packet: Packet) -> Facts:
        """Those of the signal in a packet; of no neuron where it holds none: the node says so when it reads it."""
        try:
            signal = parse(packet.wire).signal if packet.made is None else packet.made.signal
        except SignalError:
            return cls(NO_NEURON, 0, 0, 0)
        return cls(signal.neuron, signal.nonce, signal.expires_height, signal.tip)


def waiting(connection: Connection, neuron: bytes = ALL) -> Waiting:
    """How much waits, of all or of one neuron. O(log n)."""
    query = "SELECT signals, early, bytes, tips FROM totals WHERE neuron = ?"
    found = connection.execute(query, (neuron,)).fetchone()
    said = Waiting() if found is None else Waiting(*found)
    return said._replace(weight=_weight(connection, neuron) * SHARE_ONE)


def _weight(connection: Connection, neuron: bytes) -> int:
    """The weight of a neuron that has something waiting, or of all of them, in base units."""
    if neuron == ALL:
        found = connection.execute("SELECT value FROM counts WHERE name = 'weight'").fetchone()
    else:
        query = "SELECT weight FROM weights WHERE neuron = ?"
        found = connection.execute(query, (neuron,)).fetchone()
    return 0 if found is None else int(found[0])


def check_candidate(
    connection: Connection, candidate: Candidate, limits: AdmissionLimits = LIMITS
) -> SpoolPlace:
    """Where a signal may wait. O(``nonces_ahead``).

    Raises SignalError ``"nonce"`` where another signal with its nonce waits, and as ``check_room``.
    """
    signal, name = candidate.signed.signal, candidate.signed.id
    other = connection.execute(
        "SELECT id FROM signals WHERE neuron = ? AND nonce = ?", (signal.neuron, signal.nonce)
    ).fetchone()
    if other is not None:
        raise SignalError(
            "nonce",
            f"signal {name.hex()} has nonce {signal.nonce}, which another one of its neuron has that waits: "
            f"{other[0].hex()}",
        )
    (before,) = connection.execute(
        "SELECT COUNT(DISTINCT nonce) FROM signals WHERE neuron = ? AND nonce >= ? AND nonce < ?",
        (signal.neuron, candidate.account.nonce, signal.nonce),
    ).fetchone()
    is_early = bool(before < signal.nonce - candidate.account.nonce)
    size, balance = candidate.packet.size_bytes, candidate.account.balance
    kind = candidate.kind
    request = Request(name, size, is_early, signal.tip, balance, candidate.weight, kind)
    reserved = waiting(connection, KINDS[kind]) if kind in KINDS else Waiting()
    crowd, everything = Crowd(candidate.rules, reserved), waiting(connection)
    neuron = waiting(connection, signal.neuron)
    return SpoolPlace(is_early, check_room(request, neuron, everything, limits, crowd))


def keep_weight(connection: Connection, candidate: Candidate, *, is_reserved: bool) -> None:
    """Notes by what weight a signal waits that was put into the log, and in which reserve. O(log n)."""
    signal, size = candidate.signed.signal, candidate.packet.size_bytes
    weight = min(candidate.weight // SHARE_ONE, WEIGHT_MAX)
    connection.execute("INSERT OR IGNORE INTO weights VALUES (?, ?)", (signal.neuron, weight))
    if is_reserved:
        row = (candidate.signed.id, KINDS[candidate.kind], size, signal.tip)
        connection.execute("INSERT OR IGNORE INTO kinds VALUES (?, ?, ?, ?)", row)


def ready_claims(connection: Connection) -> list[RoomClaim]:
    """What each ready signal asks of a room; one in a reserve is of its kind. O(ready signals)."""
    query = (
        "SELECT id, signals.neuron, nonce, signals.size, weight, signals.tip, kind FROM signals "
        "LEFT JOIN weights ON weights.neuron = signals.neuron LEFT JOIN kinds ON kinds.signal = id "
        "WHERE ready IS NOT NULL"
    )
    names = {key: kind for kind, key in KINDS.items()}
    return [
        RoomClaim(
            signal, neuron, nonce, size, (weight or 0) * SHARE_ONE, tip, names.get(kind, ORDINARY)
        )
        for signal, neuron, nonce, size, weight, tip, kind in connection.execute(query)
    ]


def insert(connection: Connection, packet: Packet, *, is_early: bool) -> Facts:
    """Puts a signal that does not wait into the log; those of its neuron right behind it are early no more."""
    name, facts = packet.id, Facts.of(packet)
    ready = None if is_early else next_ready(connection)
    row = (name, *facts, packet.size_bytes, ready, time.time_ns() // 1_000_000, packet.encode())
    connection.execute(f"INSERT INTO signals ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    contents = {digest(content) for content in packet.contents}
    connection.executemany(
        "INSERT OR IGNORE INTO contents (signal, content) VALUES (?, ?)",
        [(name, content) for content in contents],
    )
    if not is_early:
        promote(connection, facts.neuron, facts.nonce + 1)
    return facts


def promote(connection: Connection, neuron: bytes, nonce: int) -> int:
    """The early signals of a neuron from ``nonce`` on, without a gap, are ready now; the first nonce that is not there.

    O(signals that are).
    """
    query = "SELECT id, nonce, ready FROM signals WHERE neuron = ? AND nonce >= ? ORDER BY nonce"
    for name, at, ready in connection.execute(query, (neuron, nonce)).fetchall():
        if at > nonce:
            break
        nonce = at + 1
        if ready is None:
            number = next_ready(connection)
            connection.execute("UPDATE signals SET ready = ? WHERE id = ?", (number, name))
    return nonce


def next_ready(connection: Connection) -> int:
    """A number that is greater than that of any signal so far."""
    connection.execute("UPDATE counts SET value = value + 1 WHERE name = 'ready'")
    found = connection.execute("SELECT value FROM counts WHERE name = 'ready'").fetchone()
    return int(found[0])


def delete(connection: Connection, signals: Iterable[bytes]) -> None:
    """Takes signals out of the log."""
    connection.executemany("DELETE FROM signals WHERE id = ?", [(signal,) for signal in signals])
