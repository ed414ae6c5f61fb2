"""Signals that processes of this machine leave for the node: an indexed log, bounded in all and by neuron.

A signal waits until it is in a block or refused; who left it learns why it was refused, or why it changed nothing. The
folder is its owner's alone, and nothing here opens a port.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from focusmesh.errors import FileError, SignalError
from focusmesh.host.spool.database import SpoolDatabase
from focusmesh.host.spool.entry import (
    check_candidate,
    delete,
    insert,
    keep_weight,
    promote,
    ready_claims,
    waiting,
)
from focusmesh.host.spool.old_files import take_over
from focusmesh.host.spool.promises import keep_promises, make_promise
from focusmesh.host.spool.reasons import FAILED, REFUSED, Reason, keep_reasons
from focusmesh.host.spool.tables import ALL
from focusmesh.ids import digest
from focusmesh.kernel.admission import LIMITS, Request, Waiting, check_room, first_with_room
from focusmesh.kernel.state import OrderRules
from focusmesh.protocol.packet import Packet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path
    from sqlite3 import Connection

    from focusmesh.kernel.admission import Candidate
    from focusmesh.protocol.identity import SigningKey

_REASONS_A_CALL = 1_000


class Spool:
    """The folder ``spool`` of a ledger. What is in it is no part of the ledger until a block has it.

    Each call is one transaction. Raises StoreError where the disk fails or memory runs out, StoreFullError where the
    disk is full.
    """

    def __init__(self, folder: Path) -> None:
        """Makes the folder if need be, and takes over what an older focusmesh left there as files."""
        self.folder = folder
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise FileError(f"cannot make {folder}: {error.strerror}") from error
        self.database = SpoolDatabase.of(folder)
        self._ready: dict[bytes, tuple[int, int]] = {}
        """Number and size of the ready signals, as they were when somebody read last."""
        self._last = 0
        self._lock = Lock()
        take_over(folder, self.database)

    def leave(self, packet: Packet) -> None:
        """Leaves a signal that nobody admitted; again does no harm. Raises SignalError ``"full"``.

        Its node looks at it all the same. It is not synced: a power failure can take it.
        """
        self.database.change(partial(_leave, packet), durable=False)

    def admit(self, candidate: Candidate, key: SigningKey | None = None) -> bytes | None:
        """Leaves an admitted signal, if it has room; again does no harm. With a ``key``, on the disk when it returns.

        Returns the promise that was signed with the node's ``key`` for it, now or before; None for one that is early:
        a nonce before its own does not wait. Raises SignalError ``"nonce"``, ``"quota"``, ``"full"``, ``"tip"``,
        ``"outweighed"``.
        """
        return self.database.change(partial(_admit, candidate, key), durable=key is not None)

    def has(self, signal: bytes) -> bool:
        """Whether a signal waits. O(log n)."""
        return bool(self.database.rows("SELECT 1 FROM signals WHERE id = ?", signal))

    def promise(self, signal: bytes) -> bytes | None:
        """The promise that was given for a signal and is still open. O(log n)."""
        found = self.database.rows("SELECT promise FROM promises WHERE signal = ?", signal)
        return bytes(found[0][0]) if found else None

    def waiting(self) -> dict[bytes, int]:
        """Ids of the signals that wait, and their sizes in bytes."""
        return dict(self.database.rows("SELECT id, size FROM signals"))

    def totals(self, neuron: bytes = ALL) -> Waiting:
        """How much waits, of all or of one neuron. O(log n)."""
        return self.database.read(lambda connection: waiting(connection, neuron))

    def next_nonce(self, neuron: bytes, nonce: int) -> int:
        """The first nonce of a neuron from ``nonce`` on that no signal here has. O(its signals)."""
        query = "SELECT nonce FROM signals WHERE neuron = ? AND nonce >= ? ORDER BY nonce"
        for (taken,) in self.database.rows(query, neuron, nonce):
            if taken > nonce:
                break
            nonce = taken + 1
        return nonce

    def read(self, bytes_max: int, without: Collection[bytes] = ()) -> list[Packet]:
        """The ready packets, oldest first, about ``bytes_max`` bytes of them; what is no packet is removed.

        Signals ``without`` are not looked at. Where there are more bytes, those come that are first by weight. O(ready
        signals) of memory; the disk sees what is new alone, and all ready signals where there are more bytes.
        """
        found: list[Packet] = []
        left = bytes_max
        with self.database.translate_errors():
            ready = [each for each in self._ready_now() if each[0] not in without]
            if sum(size for _, (_, size) in ready) > bytes_max:
                first = self._first(bytes_max, {signal for signal, _ in ready})
                ready = [each for each in ready if each[0] in first]
            for signal, (number, size) in ready:
                if found and size > left:
                    break
                packet = self._packet(signal, number)
                if packet is not None:
                    found.append(packet)
                    left -= packet.size_bytes
        return found

    def remove(self, signals: Iterable[bytes]) -> None:
        """Takes away signals that are in a block now; promises of them are kept."""
        gone = list(signals)
        if gone:
            self.database.change(partial(_remove, gone), durable=False)
            self._let_go(gone)

    def refuse(self, signal: bytes, error: SignalError) -> None:
        """Takes away a signal that cannot be in a block, and says why."""
        self.refuse_all({signal: error})

    def refuse_all(self, errors: Mapping[bytes, SignalError]) -> None:
        """``refuse`` of each, in one transaction."""
        if errors:
            self.database.change(partial(_refuse, errors), durable=False)
            self._let_go(errors)

    def refusal(self, signal: bytes, *, keep: bool = False) -> SignalError | None:
        """Why a signal was refused, once unless it is to ``keep``; None where it was not."""
        found = self._reason(REFUSED, signal, keep=keep)
        return None if found is None else SignalError(found.code, found.message)

    def fail(self, messages: Mapping[bytes, str]) -> None:
        """Says why signals that are in a block changed nothing: the block has their codes, not the words."""
        told = [Reason(name, "", words) for name, words in list(messages.items())[:_REASONS_A_CALL]]
        self.database.change(
            lambda connection: keep_reasons(connection, FAILED, told), durable=False
        )

    def failure(self, signal: bytes, *, keep: bool = False) -> str:
        """Why a signal changed nothing, once unless it is to ``keep``; empty where nobody said."""
        found = self._reason(FAILED, signal, keep=keep)
        return "" if found is None else found.message

    def carrying(self, content: bytes) -> int:
        """How many of the signals that wait carry the content with this digest. O(log n)."""
        found = self.database.rows("SELECT COUNT(*) FROM contents WHERE content = ?", content)
        return int(found[0][0])

    def drop(self, contents: Collection[bytes], without: Collection[bytes] = ()) -> None:
        """Refuses the signals that wait with contents of these digests, but for signals ``without``.

        No file of the spool has those contents then. Nobody else may be taking signals meanwhile.
        """
        errors = {}
        for content in contents:
            query = "SELECT signal FROM contents WHERE content = ?"
            for (signal,) in self.database.rows(query, content):
                if signal not in without:
                    message = f"content {content.hex()} was forgotten while signal {signal.hex()} waited with it"
                    errors[signal] = SignalError("content", message)
        self.refuse_all(errors)
        self.database.wipe()

    def tidy(self) -> None:
        """What was deleted is in no file of the spool any more."""
        self.database.wipe()

    def promote(self, nonces: Mapping[bytes, int]) -> None:
        """The early signals of these neurons are ready that follow without a gap from the nonce of each."""

        def work(connection: Connection) -> None:
            for neuron, nonce in nonces.items():
                promote(connection, neuron, nonce)

        if nonces:
            self.database.change(work, durable=False)

    def _ready_now(self) -> list[tuple[bytes, tuple[int, int]]]:
        with self._lock:
            query = "SELECT id, ready, size FROM signals WHERE ready > ? ORDER BY ready"
            for signal, number, size in self.database.rows(query, self._last):
                self._ready[signal] = (number, size)
                self._last = number
            return list(self._ready.items())

    def _first(self, bytes_max: int, ready: Collection[bytes]) -> set[bytes]:
        """Those of ``ready`` signals that come first by weight where not all have room; all where none was weighed."""
        claims = [claim for claim in self.database.read(ready_claims) if claim.signal in ready]
        if not any(claim.weight for claim in claims):
            return set(ready)
        seed = digest(b"%d" % self._last)
        return {claims[at].signal for at in first_with_room(claims, seed, bytes_max, OrderRules())}

    def _packet(self, signal: bytes, number: int) -> Packet | None:
        query = "SELECT packet FROM signals WHERE id = ? AND ready = ?"
        found = self.database.rows(query, signal, number)
        if found:
            with suppress(SignalError):
                packet = Packet.decode(found[0][0])
                if packet.id == signal:
                    return packet
            self.remove([signal])
        self._let_go([signal])
        return None

    def _let_go(self, signals: Iterable[bytes]) -> None:
        with self._lock:
            for signal in signals:
                self._ready.pop(signal, None)

    def _reason(self, kind: str, signal: bytes, *, keep: bool) -> Reason | None:
        query = "SELECT signal, code, message FROM reasons WHERE kind = ? AND signal = ?"
        found = self.database.rows(query, kind, signal)
        if not found:
            return None
        if not keep:
            taken = "DELETE FROM reasons WHERE kind = ? AND signal = ?"
            self.database.change(
                lambda connection: connection.execute(taken, (kind, signal)).rowcount, durable=False
            )
        return Reason(*found[0])


def _leave(packet: Packet, connection: Connection) -> None:
    if not _has(connection, packet.id):
        request = Request(packet.id, packet.size_bytes)
        check_room(request, Waiting(), waiting(connection), LIMITS)
        insert(connection, packet, is_early=False)


def _admit(candidate: Candidate, key: SigningKey | None, connection: Connection) -> bytes | None:
    packet = candidate.packet
    if not _has(connection, packet.id):
        place = check_candidate(connection, candidate, LIMITS)
        insert(connection, packet, is_early=place.is_early)
        keep_weight(connection, candidate, is_reserved=place.is_reserved)
    return None if key is None else make_promise(connection, candidate, key)


def _has(connection: Connection, signal: bytes) -> bool:
    query = "SELECT 1 FROM signals WHERE id = ?"
    return connection.execute(query, (signal,)).fetchone() is not None


def _remove(signals: Collection[bytes], connection: Connection) -> None:
    delete(connection, signals)
    keep_promises(connection, signals)


def _refuse(errors: Mapping[bytes, SignalError], connection: Connection) -> None:
    reasons = [Reason(signal, error.code, str(error)) for signal, error in errors.items()]
    keep_reasons(connection, REFUSED, reasons)
    delete(connection, errors)
