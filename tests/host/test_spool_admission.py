"""Admitted signals in the spool: quotas by neuron, early signals and their turn, promises, many who post at once."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import SignalError, StoreError
from focusmesh.host.spool import Spool, SpoolReview, count_promises, entry
from focusmesh.host.spool import database as databases
from focusmesh.host.spool import spool as module
from focusmesh.kernel.admission import LIMITS, AdmissionLimits, admit, verify_promise
from focusmesh.kernel.block import Chain
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.packet import Packet
from tests.kernel.block.ledger import KEYS, Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.kernel.admission import Candidate

NODE = SigningKey(b"node".ljust(32))
ANN, BOB = KEYS[1], KEYS[2]
SMALL = AdmissionLimits(
    signals=10, early=4, neuron_signals=4, neuron_early=2, neuron_bytes=1 << 20, patience_ms=1_000
)


class Door:
    """A chain in memory, and a spool on the disk."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger()
        self.spool = Spool(folder / "spool")
        self.now = 0
        self.review = SpoolReview(self.spool, self.ledger.chain, lambda: self.now, SMALL)

    def candidate(self, key: SigningKey, nonce: int, name: object = "", tip: int = 0) -> Candidate:
        link = ["link/1", bytes([nonce + 1]) * 32, b"\xff" * 32, b"", 1 + len(str(name))]
        height = self.ledger.chain.height + 100
        signed = self.ledger.signed(key, link, nonce=nonce, tip=tip, expires_height=height)
        return admit(self.ledger.chain, Packet(signed.wire))

    def post(self, key: SigningKey, nonce: int, name: object = "", tip: int = 0) -> bytes | None:
        return self.spool.admit(self.candidate(key, nonce, name, tip), NODE)

    def refused(self, key: SigningKey, nonce: int, name: object = "", tip: int = 0) -> str:
        with pytest.raises(SignalError) as refused:
            self.post(key, nonce, name, tip)
        return refused.value.code

    def nonces(self) -> list[int]:
        """Of the signals that the node is given, in its order."""
        return [entry.Facts.of(packet).nonce for packet in self.spool.read(1 << 20)]


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr(module, "LIMITS", SMALL)
    monkeypatch.setattr("focusmesh.host.spool.entry.time.time_ns", lambda: 0)
    return Door(tmp_path)


def test_one_neuron_cannot_fill_the_spool_for_all(door: Door) -> None:
    for nonce in range(SMALL.neuron_signals):
        door.post(ANN, nonce)
    assert door.refused(ANN, SMALL.neuron_signals) == "quota"
    assert door.post(BOB, 0) is not None
    door.spool.remove([door.spool.read(1 << 20)[0].id])
    door.ledger.propose(door.candidate(ANN, 0).signed)
    assert door.post(ANN, SMALL.neuron_signals) is not None


def test_without_the_quota_it_could(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMITS", LIMITS)
    for nonce in range(SMALL.signals):
        door.post(ANN, nonce)
    monkeypatch.setattr(module, "LIMITS", SMALL)
    assert door.refused(BOB, 0) == "full"


def test_early_signals_wait_apart_and_cost_the_node_nothing(door: Door) -> None:
    for key in (ANN, BOB):
        for nonce in (2, 3):
            assert door.post(key, nonce) is None
        assert door.refused(key, 1 + 3) == "quota"
    assert door.refused(KEYS[3], 1) == "full"
    assert (door.nonces(), door.spool.totals().early) == ([], 4)
    assert door.post(KEYS[3], 0) is not None
    assert door.nonces() == [0]


def test_early_signals_are_ready_once_those_before_them_are_here(door: Door) -> None:
    for nonce in (3, 1, 0, 2):
        door.post(ANN, nonce)
    assert door.nonces() == [0, 1, 2, 3]
    assert door.spool.totals(ANN.public).early == 0
    again = door.post(ANN, 3)
    assert again is not None
    assert verify_promise(again).nonce == 3


def test_early_signals_are_ready_once_others_brought_those_before_them(door: Door) -> None:
    assert door.post(ANN, 1) is None
    door.review.run()
    assert door.nonces() == []
    assert door.ledger.propose(door.candidate(ANN, 0, "elsewhere").signed).block is not None
    door.review.run()
    assert door.nonces() == [1]


@pytest.mark.parametrize(("waited_ms", "code"), [(999, None), (1_000, "nonce")])
def test_early_signals_wait_no_longer_than_told(
    door: Door, waited_ms: int, code: str | None
) -> None:
    door.post(ANN, 2)
    name = door.candidate(ANN, 2).signed.id
    door.now = waited_ms
    door.review.run()
    refusal = door.spool.refusal(name)
    assert (None if refusal is None else refusal.code) == code
    assert door.spool.has(name) == (code is None)


def test_early_signals_that_nobody_pays_for_any_more_are_dropped(door: Door) -> None:
    rich = door.candidate(ANN, 2, tip=9_000)
    assert door.spool.admit(rich, NODE) is None
    pays = door.ledger.signed(ANN, ["transfer/1", BOB.public, 5_000], nonce=0, expires_height=9)
    door.ledger.propose(pays)
    door.review.run()
    refusal = door.spool.refusal(rich.signed.id)
    assert refusal is not None
    assert refusal.code == "tip"


def test_a_nonce_waits_once(door: Door) -> None:
    door.post(ANN, 0)
    assert door.refused(ANN, 0, "another") == "nonce"
    assert door.post(ANN, 0) is not None


def test_tips_of_all_that_waits_are_covered(door: Door) -> None:
    door.post(ANN, 0, tip=6_000)
    assert door.refused(ANN, 1, tip=6_000) == "tip"
    assert door.post(ANN, 1, tip=4_000) is not None


def test_the_same_promise_is_given_again_and_kept(door: Door) -> None:
    first = door.post(ANN, 0)
    assert first is not None
    assert door.post(ANN, 0) == first == door.spool.promise(door.candidate(ANN, 0).signed.id)
    said = verify_promise(first, NODE.public)
    assert (said.signal, said.height, said.by) == (door.candidate(ANN, 0).signed.id, 0, 100)
    assert count_promises(door.spool.database) == (0, 0, 1)
    door.spool.remove([said.signal])
    assert count_promises(door.spool.database) == (1, 0, 0)


def test_a_session_of_this_machine_is_promised_nothing(door: Door) -> None:
    assert door.spool.admit(door.candidate(ANN, 0)) is None
    assert count_promises(door.spool.database) == (0, 0, 0)


@pytest.mark.parametrize("keeps", [True, False])
def test_promises_are_judged_when_their_block_is_there(door: Door, keeps: bool) -> None:
    mine = door.candidate(ANN, 0)
    data = door.spool.admit(mine, NODE)
    assert data is not None
    due = verify_promise(data).by
    for number in range(due):
        wanted = [mine.signed] if keeps and number == 3 else []
        other = door.ledger.signed(BOB, ["unstake/1", 1], expires_height=1_000)
        door.ledger.propose(*wanted, other)
        if number == due - 2:
            door.review.run()
            assert count_promises(door.spool.database) == (0, 0, 1)
    door.review.run()
    assert count_promises(door.spool.database) == ((1, 0, 0) if keeps else (0, 1, 0))


def test_what_was_promised_is_there_after_a_crash(door: Door, tmp_path: Path) -> None:
    data = door.post(ANN, 0)
    path = door.spool.database.path
    # What a kill leaves: the file and its log as they are, without the process that wrote them.
    copy = tmp_path / "copy" / "spool"
    copy.mkdir(parents=True)
    for part in path.parent.iterdir():
        if not part.name.endswith("-shm"):
            (copy / part.name).write_bytes(part.read_bytes())
    again = Spool(copy)
    assert again.promise(door.candidate(ANN, 0).signed.id) == data
    assert [packet.id for packet in again.read(1)] == [door.candidate(ANN, 0).signed.id]


@pytest.mark.parametrize(("key", "level"), [(NODE, 2), (None, 1)])
def test_a_promise_is_synced_before_it_is_said(
    door: Door, key: SigningKey | None, level: int
) -> None:
    """2 is FULL: SQLite syncs its log at each commit; 1 is NORMAL: it does not."""
    door.spool.admit(door.candidate(ANN, 0), key)
    assert door.spool.database._writer.execute("PRAGMA synchronous").fetchone() == (level,)


def test_one_signal_of_several_clients_at_once_never_fails(door: Door, tmp_path: Path) -> None:
    candidate = door.candidate(ANN, 0)
    spools = [door.spool, Spool(tmp_path / "spool")]
    with ThreadPoolExecutor(8) as threads:
        given = list(
            threads.map(lambda number: spools[number % 2].admit(candidate, NODE), range(200))
        )
    assert len(set(given)) == 1
    assert door.spool.totals().signals == 1


def test_one_that_is_refused_takes_none_along(door: Door) -> None:
    """Those that come at one moment go to the disk together."""
    wanted = [door.candidate(ANN, nonce) for nonce in range(SMALL.neuron_signals)]
    wanted += [door.candidate(BOB, nonce) for nonce in range(3)]
    too_many = door.candidate(ANN, SMALL.neuron_signals)

    def post(candidate: Candidate) -> str:
        try:
            door.spool.admit(candidate, NODE)
        except SignalError as error:
            return error.code
        return "waits"

    for candidate in wanted:
        post(candidate)
    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(post, [*wanted, too_many, too_many]))
    assert codes == ["waits"] * len(wanted) + ["quota"] * 2
    assert door.spool.totals().signals == len(wanted)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "the disk is full"),
        (sqlite3.SQLITE_CORRUPT, "is damaged"),
        (sqlite3.SQLITE_BUSY, "another process"),
        (sqlite3.SQLITE_IOERR, "cannot be used"),
    ],
)
def test_what_the_disk_says_is_told_and_nothing_is_half_there(
    door: Door, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    def fails(*given: object) -> bool:
        error = sqlite3.OperationalError("the disk says so")
        error.sqlite_errorcode = code
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(module, "make_promise", fails)
        with pytest.raises(StoreError, match=words):
            door.post(ANN, 0)
    assert door.spool.totals().signals == 0
    assert door.post(ANN, 0) is not None


def test_what_was_forgotten_is_in_no_file(door: Door) -> None:
    secret = b"a secret that nobody shall find" * 200
    door.spool.leave(Packet(bytes(64) + b"x", (secret,)))
    assert any(secret[:40] in path.read_bytes() for path in door.spool.folder.iterdir())
    door.spool.remove(list(door.spool.waiting()))
    door.spool.tidy()
    assert not any(secret[:40] in path.read_bytes() for path in door.spool.folder.iterdir())


def test_totals_are_those_of_the_signals_whatever_happened(door: Door) -> None:
    for key, nonces in ((ANN, (0, 2, 1)), (BOB, (5, 0))):
        for nonce in nonces:
            door.post(key, nonce)
    door.spool.remove([door.spool.read(1)[0].id])
    door.now = SMALL.patience_ms
    door.review.run()
    for neuron in (b"", ANN.public, BOB.public):
        where = "" if not neuron else "WHERE neuron = ?"
        counted = door.spool.database.rows(
            f"SELECT COUNT(*), COALESCE(SUM(ready IS NULL), 0), COALESCE(SUM(size), 0) FROM signals {where}",
            *([neuron] if neuron else []),
        )
        assert door.spool.totals(neuron)[:3] == counted[0]


def test_a_process_opens_the_file_once(door: Door, tmp_path: Path) -> None:
    assert Spool(tmp_path / "spool").database is door.spool.database
    other = databases.SpoolDatabase(door.spool.database.path)
    other.change(lambda log: entry.insert(log, Packet(bytes(65)), is_early=False), durable=True)
    assert door.spool.has(Packet(bytes(65)).id)


def test_a_chain_that_is_read_admits_too(door: Door) -> None:
    reading = Chain(door.ledger.store, door.ledger.chain.runtime.registry)
    packet = door.candidate(ANN, 0).packet
    assert admit(reading, packet).account.nonce == 0
