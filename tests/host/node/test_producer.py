"""The node: signals become blocks, what cannot be in one is refused, and it goes on and ends when told."""

from __future__ import annotations

import os
import time
from threading import Event, Timer
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import InputError, StoreBusyError
from focusmesh.host.node.real_time import producing, real_world, run
from focusmesh.host.storage.ledger_folder import Folder, marked_serving, serving
from focusmesh.ids import digest
from focusmesh.kernel.node import PATIENCE_MS
from focusmesh.kernel.session import Signer, Step, put_step, rotate_step
from focusmesh.kernel.state import LmdbStore
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, sign
from focusmesh.protocol.world import SameProcess
from tests.host.nodes import Node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.kernel.block import Inclusion


@pytest.fixture
def node(ledger: Path, alice: SigningKey) -> Iterator[Node]:
    made = Node(ledger, alice)
    yield made
    made.shared.release()


def test_what_waits_becomes_a_block(node: Node, alice: SigningKey, bob: SigningKey) -> None:
    assert node.producer.step() is None
    for packet in (node.signed(alice, 0), node.signed(alice, 1, "c"), node.signed(bob, 0)):
        node.spool.leave(packet)
    made = node.producer.step()
    assert made is not None
    assert len(made.results) == 3
    assert (node.chain.height, node.chain.tip.time) == (1, 5_000)
    assert node.spool.waiting() == {}
    assert node.producer.step() is None


def test_what_a_killed_node_left_of_its_last_block_is_not_refused(
    node: Node, alice: SigningKey
) -> None:
    first = node.signed(alice, 0)
    node.spool.leave(first)
    node.producer.step()
    node.spool.leave(first)
    node.begun()
    assert node.spool.waiting() == {}
    assert node.spool.refusal(first.id) is None
    node.spool.leave(first)
    node.producer.step()
    refusal = node.spool.refusal(first.id)
    assert refusal is not None
    assert refusal.code == "nonce"


def rotated(node: Node, alice: SigningKey) -> SigningKey:
    """The key that took over from alice's in the first block."""
    fresh = SigningKey(b"fresh".ljust(32))
    signer = Signer(alice, node.chain.network, node.chain.parameters)
    step = rotate_step(node.chain.network, alice.public, fresh)
    (packet,) = signer.packets(list(signer.batches([step], lambda _: False)), 0, 0)
    node.spool.leave(packet)
    assert node.producer.step() is not None
    return fresh


def test_a_node_goes_on_with_the_key_that_its_own_was_rotated_to(
    node: Node, alice: SigningKey, bob: SigningKey
) -> None:
    fresh = rotated(node, alice)
    node.held[fresh.public] = fresh
    node.spool.leave(node.signed(bob, 0))
    assert node.producer.step() is not None
    assert node.chain.tip.proposer == fresh.public


def test_a_node_without_the_new_key_ends_and_loses_nothing(
    node: Node, alice: SigningKey, bob: SigningKey
) -> None:
    fresh, waiting = rotated(node, alice), node.signed(bob, 0)
    node.spool.leave(waiting)
    with pytest.raises(InputError, match="no key here"):
        node.producer.step()
    assert set(node.spool.waiting()) == {waiting.id}
    node.held[fresh.public] = fresh
    assert node.begun().step() is not None
    assert node.spool.waiting() == {}


def test_a_block_takes_no_more_than_the_network_allows(
    node: Node, alice: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    packets = [node.signed(alice, nonce, f"particle {nonce}") for nonce in range(3)]
    monkeypatch.setattr(type(node.chain), "portion_bytes", packets[0].size_bytes + 100)
    for packet in packets:
        node.spool.leave(packet)
    for height in (1, 2, 3):
        assert node.producer.step() is not None
        assert node.chain.height == height
    assert node.spool.waiting() == {}


def test_one_that_no_block_has_room_for_is_refused(
    node: Node, alice: SigningKey, bob: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    large, small = node.signed(alice, 0), node.signed(bob, 0)
    monkeypatch.setattr(type(node.chain), "signals_bytes_max", len(large.wire) - 1)
    node.spool.leave(large)
    assert node.producer.step() is None
    refused = node.spool.refusal(large.id)
    assert refused is not None
    assert refused.code == "size"
    monkeypatch.undo()
    node.spool.leave(small)
    assert node.producer.step() is not None


def test_fields_of_wrong_sizes_end_no_node(node: Node, alice: SigningKey) -> None:
    """Links that operations ask for are read before their fields are looked at."""
    source, target = bytes(32), bytes(range(32))
    for wrong in (["unlink/1", source, target, b"short"], ["forget/1", source, bytes(95)]):
        fields = {"network": node.chain.network, "neuron": alice.public, "nonce": 0}
        signal = Signal(**fields, expires_height=9, operations=(tuple(wrong),))
        packet = Packet(sign(signal, alice))
        node.spool.leave(packet)
        assert node.producer.step() is None
        refused = node.spool.refusal(packet.id)
        assert refused is not None
        assert refused.code == "malformed"


def test_what_no_block_can_have_is_refused(node: Node, alice: SigningKey) -> None:
    good = node.signed(alice, 0)
    forged = Packet(bytes(64) + good.wire[64:])
    node.spool.leave(forged)
    assert node.producer.step() is None
    refused = node.spool.refusal(forged.id)
    assert refused is not None
    assert refused.code == "signature"
    garbage = Packet(bytes(64) + b"no signal")
    node.spool.leave(garbage)
    node.spool.leave(good)
    assert node.producer.step() is not None
    refused = node.spool.refusal(garbage.id)
    assert refused is not None
    assert refused.code == "malformed"
    node.spool.leave(good)
    assert node.producer.step() is None
    replayed = node.spool.refusal(good.id)
    assert replayed is not None
    assert replayed.code == "nonce"


def test_a_signal_waits_for_those_before_it_but_not_for_ever(node: Node, alice: SigningKey) -> None:
    early = node.signed(alice, 1, "c")
    node.spool.leave(early)
    assert node.producer.step() is None
    assert node.spool.has(early.id)
    node.spool.leave(node.signed(alice, 0))
    assert node.producer.step() is not None
    node.now += 1
    assert not node.spool.has(early.id) or node.producer.step() is not None
    assert node.chain.height in (1, 2)
    lost = node.signed(alice, 9)
    node.spool.leave(lost)
    assert node.producer.step() is None
    node.now += PATIENCE_MS
    assert node.producer.step() is None
    refused = node.spool.refusal(lost.id)
    assert refused is not None
    assert refused.code == "nonce"
    node.spool.leave(lost)
    assert node.producer.step() is None
    assert node.spool.has(lost.id)


def test_early_signals_keep_out_no_others(
    node: Node, alice: SigningKey, bob: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = [node.signed(alice, nonce, f"particle {nonce}") for nonce in range(1, 6)]
    monkeypatch.setattr(type(node.chain), "portion_bytes", 4 * early[0].size_bytes)
    for packet in [*early, node.signed(bob, 0)]:
        node.spool.leave(packet)
    assert node.producer.step() is None
    assert node.producer.step() is not None
    assert len(node.spool.waiting()) == 5
    node.spool.leave(node.signed(alice, 0))
    heights = []
    while node.spool.waiting():
        assert node.producer.step() is not None
        heights.append(node.chain.height)
    assert heights == [2, 3, 4]
    assert not any(node.spool.refusal(packet.id) for packet in early)


def test_the_loop_ends_when_it_is_told(node: Node, alice: SigningKey) -> None:
    stop = Event()
    made: list[Inclusion] = []
    node.spool.leave(node.signed(alice, 0))
    Timer(0.3, stop.set).start()
    run(node.producer, 0.0, stop, made.append)
    assert len(made) == 1


def test_one_node_a_folder(ledger: Path) -> None:
    folder = Folder(ledger)
    assert serving(folder) is None
    with marked_serving(folder):
        assert serving(folder) == os.getpid()
        with pytest.raises(StoreBusyError, match=str(os.getpid())), marked_serving(folder):
            pass
    assert serving(folder) is None


def test_a_node_opens_its_world(ledger: Path, alice: SigningKey) -> None:
    folder = Folder(ledger)
    world = real_world(folder, SameProcess())
    assert len(world.rng(16)) == 16
    assert abs(world.clock() - 1_000 * time.time()) < 60_000
    with producing(folder.store, lambda _: alice, world) as producer:
        assert producer.step() is None
        with pytest.raises(StoreBusyError, match=str(os.getpid())):
            LmdbStore(folder.store)
    with producing(folder.store, lambda _: alice, world) as producer:
        assert producer.chain.height == 0


def carrying(node: Node, key: SigningKey, nonce: int, *contents: bytes) -> Packet:
    signer = Signer(key, node.chain.network, node.chain.parameters)
    batches = signer.batches([put_step(content) for content in contents], lambda _: False)
    (packet,) = signer.packets(list(batches), nonce, node.chain.height)
    return packet


@pytest.mark.parametrize("killed", [False, True])
def test_what_is_forgotten_goes_from_what_waits(
    node: Node, alice: SigningKey, bob: SigningKey, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    node.spool.leave(carrying(node, alice, 0, b"a secret"))
    node.producer.step()
    early = carrying(node, bob, 1, b"a secret", b"more")
    other = carrying(node, bob, 2, b"something else")
    signer = Signer(alice, node.chain.network, node.chain.parameters)
    step = Step(("forget/1", digest(b"a secret"), b""))
    (forgets,) = signer.packets(list(signer.batches([step], lambda _: False)), 1, 1)
    for packet in (early, other, forgets):
        node.spool.leave(packet)
    if killed:
        monkeypatch.setattr(node.spool, "fail", died)
        with pytest.raises(KeyboardInterrupt):
            node.producer.step()
        monkeypatch.undo()
        assert node.spool.has(early.id)
        node.begun()
    else:
        node.producer.step()
    assert node.chain.height == 2
    assert set(node.spool.waiting()) == {other.id}
    refusal = node.spool.refusal(early.id)
    assert refusal is not None
    assert refusal.code == "content"


def died(_: object) -> None:
    raise KeyboardInterrupt
