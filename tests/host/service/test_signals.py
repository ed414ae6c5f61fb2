"""The way in for signals: what may not wait is refused at once with its code, what waits is promised on the disk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from typing import TYPE_CHECKING

import msgspec
import pytest

from focusmesh.errors import SignalError, StoreError, StoreFullError
from focusmesh.host.node.network_node import node_key
from focusmesh.host.service import (
    UnavailableError,
    problem_of,
    waiting_room,
    weight_answer,
)
from focusmesh.host.service.signals import Signals
from focusmesh.host.spool import Spool
from focusmesh.host.storage.ledger_folder import Folder, marked_serving
from focusmesh.interface.server.shared.problems import document, headers_of
from focusmesh.kernel.admission import LIMITS, AdmissionLimits, LinkWeights, verify_promise
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, parse, sign
from tests.host.nodes import Node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey


class Served:
    """A ledger whose node runs when the test says so, and its door."""

    def __init__(self, ledger: Path, alice: SigningKey) -> None:
        self.node = Node(ledger, alice)
        self.folder = Folder(ledger)
        self.signals = Signals(self.folder, self.node.shared)

    def status(self, packet: Packet) -> tuple[int, str]:
        """That of HTTP, and the code."""
        try:
            return 202, self.signals.leave(packet.encode()).code
        except SignalError as error:
            problem = problem_of(error)
            return problem.status, problem.code


@pytest.fixture
def served(ledger: Path, alice: SigningKey) -> Iterator[Served]:
    made = Served(ledger, alice)
    with marked_serving(made.folder):
        yield made
    made.node.shared.release()


def changed(packet: Packet, key: SigningKey, **fields: int) -> Packet:
    signal: Signal = msgspec.structs.replace(parse(packet.wire).signal, **fields)
    return Packet(sign(signal, key), packet.contents)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, (202, "waiting")),
        ({"nonce": 3}, (202, "waiting")),
        ({"nonce": LIMITS.nonces_ahead}, (409, "nonce")),
        ({"expires_height": 1 << 40}, (400, "horizon")),
        ({"expires_height": 0}, (409, "expired")),
        ({"tip": 1 << 40}, (409, "tip")),
    ],
)
def test_what_may_not_wait_is_told_at_once(
    served: Served, bob: SigningKey, fields: dict[str, int], said: tuple[int, str]
) -> None:
    packet = changed(served.node.signed(bob, 0), bob, **fields)
    assert served.status(packet) == said
    assert served.signals.spool.totals().signals == (said[0] == 202)


def test_too_many_of_one_neuron_are_told_to_wait(served: Served, bob: SigningKey) -> None:
    early = [served.node.signed(bob, nonce) for nonce in range(1, LIMITS.neuron_early + 2)]
    assert {served.status(packet) for packet in early[:-1]} == {(202, "waiting")}
    assert served.status(early[-1]) == (429, "quota")


def test_a_forged_signature_is_what_it_was(served: Served, bob: SigningKey) -> None:
    packet = served.node.signed(bob, 0)
    assert served.status(Packet(bytes(64) + packet.wire[64:])) == (422, "signature")


def test_the_answer_has_the_promise_of_this_node(served: Served, bob: SigningKey) -> None:
    packet = served.node.signed(bob, 0)
    left = served.signals.leave(packet.encode())
    assert left.promise is not None
    promise = verify_promise(bytes.fromhex(left.promise), node_key(served.folder).public)
    assert (promise.signal, promise.by) == (packet.id, 256)
    assert served.signals.placement(left.id) == left
    assert served.signals.promises() == (0, 0, 1)
    assert served.node.producer.step() is not None
    assert served.signals.promises() == (1, 0, 0)
    assert served.signals.leave(packet.encode()).promise is None
    early = served.signals.leave(served.node.signed(bob, 5).encode())
    assert (early.code, early.promise) == ("waiting", None)


def test_one_signal_of_several_clients_never_fails(served: Served, bob: SigningKey) -> None:
    packets = [served.node.signed(bob, nonce, f"p{nonce}").encode() for nonce in range(6)]
    stop = Event()

    def make_blocks() -> None:
        while not stop.wait(0.001):
            with served.node.shared.lock:
                served.node.producer.step()

    node = Thread(target=make_blocks)
    node.start()
    try:
        for packet in packets:
            with ThreadPoolExecutor(8) as clients:
                codes = set(clients.map(lambda p: served.signals.leave(p).code, [packet] * 40))
            assert codes <= {"waiting", "ok"}
    finally:
        stop.set()
        node.join()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StoreFullError("signals.sqlite cannot be written: make room"), "its disk is full"),
        (StoreError("/data/full/spool cannot be used"), "its spool cannot be written"),
        (StoreError("memory ran out: all of it is full"), "its spool cannot be written"),
    ],
)
def test_a_full_disk_is_told_by_its_kind_and_not_by_words(
    served: Served,
    bob: SigningKey,
    error: StoreError,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> bytes:
        raise error

    monkeypatch.setattr(Spool, "admit", fail)
    with pytest.raises(UnavailableError, match=words):
        served.signals.leave(served.node.signed(bob, 0).encode())


def test_a_spool_without_room_on_its_disk_says_so(served: Served, bob: SigningKey) -> None:
    database = served.signals.spool.database
    pages = database.read(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
    database.change(
        lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}"), durable=False
    )
    large = Packet(bytes(64) + bytes(100_000))
    with pytest.raises(StoreFullError, match="make room, and it continues"):
        served.signals.spool.leave(large)
    database.change(
        lambda connection: connection.execute("PRAGMA max_page_count = 1000000"), durable=False
    )
    served.signals.spool.leave(large)
    assert served.signals.spool.has(large.id)


def test_where_room_is_short_the_problem_names_what_would_do(
    served: Served, alice: SigningKey, bob: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 with the weight, before a 202; what had one waits on, and the query says how it stands."""
    small = AdmissionLimits(signals=10, early=4, neuron_signals=10, neuron_early=4)
    monkeypatch.setattr("focusmesh.host.spool.spool.LIMITS", small)
    monkeypatch.setattr("focusmesh.host.service.signals.LIMITS", small)
    monkeypatch.setattr("focusmesh.host.service.weights.LIMITS", small)
    packets = [served.node.signed(alice, nonce) for nonce in range(8)]
    assert {served.status(packet) for packet in packets[:7]} == {(202, "waiting")}
    assert served.status(packets[7]) == (429, "outweighed")
    with pytest.raises(SignalError) as refused:
        # The first one would have the reserve of newcomers, were that a whole signal of ten.
        served.signals.leave(served.node.signed(bob, 0).encode())
    problem = problem_of(refused.value)
    assert (problem.status, problem.code, problem.retry_seconds) == (429, "outweighed", 5)
    assert problem.weight is not None
    assert document(problem).weight == problem.weight
    assert headers_of(problem) == {"Retry-After": "5"}
    assert served.signals.spool.totals().signals == 7
    chain = served.node.chain
    found = weight_answer(
        chain, alice.public, LinkWeights(), waiting_room(served.folder, alice.public)
    )
    assert (found.used, found.crowded, found.waiting) == (700, 700, 7)
    assert found.weight == found.stake + (found.links or 0)
