"""The node: signals of other processes become blocks, what cannot be in one is refused, and it ends when told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from threading import Event, Timer
from typing import TYPE_CHECKING

import pytest

import focusmesh
from focusmesh.errors import FileError, InputError, SignalError, StoreBusyError
from focusmesh.interface.node import Folder, marked_serving, serving
from focusmesh.interface.opened import OpenedChain
from focusmesh.interface.producer import PATIENCE_MS, Producer, producing
from focusmesh.interface.running import real_world, run
from focusmesh.interface.sending import ThroughNode
from focusmesh.interface.spool import Spool
from focusmesh.kernel.session import Signer, link_step, rotate_step
from focusmesh.kernel.state import LmdbStore
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, sign
from focusmesh.protocol.world import SameProcess, World
from tests.interface.cli.conftest import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from focusmesh.kernel.block import Proposed
    from focusmesh.kernel.state import Store

SECONDS = 60


class Node:
    """A producer in this process whose clock is set by hand."""

    def __init__(self, ledger: Path, key: SigningKey) -> None:
        self.shared = OpenedChain.of(Folder(ledger))
        self.chain = self.shared.writing()
        self.spool = Spool(Folder(ledger).spool)
        self.now = 5_000
        self.held = {key.public: key}
        self.producer = self.begun()

    def begun(self) -> Producer:
        """A producer that begins on what is there."""
        world = World(lambda: self.now, bytes, self._no_store, self.spool, SameProcess())
        return Producer(self.chain, self.keys, world)

    def keys(self, proposers: Collection[bytes]) -> SigningKey:
        """The first key that may make blocks and is here."""
        for neuron in proposers:
            if neuron in self.held:
                return self.held[neuron]
        raise InputError("no key here makes the blocks of this ledger")

    def _no_store(self, path: Path) -> Store:
        raise AssertionError(f"{path} is open already")

    def signed(self, key: SigningKey, nonce: int, target: str = "b") -> Packet:
        signer = Signer(key, self.chain.network, self.chain.parameters)
        steps = signer.batches([link_step("a", target, None, 1)], lambda _: False)
        (packet,) = signer.packets(steps, nonce, self.chain.height)
        return packet


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
    monkeypatch.setattr(type(node.chain), "signals_bytes_max", packets[0].size_bytes + 100)
    for nonce, packet in enumerate(packets):
        node.spool.leave(packet)
        os.utime(node.spool.waiting()[packet.id], (nonce, nonce))
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


def test_early_signals_keep_out_no_others(
    node: Node, alice: SigningKey, bob: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = [node.signed(alice, nonce, f"particle {nonce}") for nonce in range(1, 6)]
    monkeypatch.setattr(type(node.chain), "signals_bytes_max", 4 * early[0].size_bytes)
    for at, packet in enumerate([*early, node.signed(bob, 0)]):
        node.spool.leave(packet)
        os.utime(node.spool.waiting()[packet.id], (at, at))
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
    made: list[Proposed] = []
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


@pytest.fixture
def running(ledger: Path) -> Iterator[subprocess.Popen[str]]:
    """A node in a process of its own."""
    command = [*PROGRAM, "node", "start", str(ledger), "--key", "alice", "--interval", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: serving(Folder(ledger)) == process.pid)
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def until(holds: object) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_edits_go_through_the_node_that_runs(ledger: Path, running: subprocess.Popen[str]) -> None:
    with focusmesh.open(ledger) as graph, focusmesh.open(ledger, key="bob") as other:
        graph.link("a", "b", 2)
        other.update([("b", "c"), ("c", "d", 3)])
        assert graph.refresh()
        assert (graph.height, graph.link_count) == (2, 3)
        with pytest.raises(SignalError, match="of the stake are free") as refused:
            other.link("x", "y", 10**7)
        assert refused.value.code == "stake"
    busy = subprocess.run(
        [*PROGRAM, "node", "start", str(ledger), "--key", "alice"],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert busy.returncode == 4
    assert f"process {running.pid}" in busy.stderr
    running.send_signal(signal.SIGTERM)
    shown, told = running.communicate(timeout=SECONDS)
    assert running.returncode == 0, told
    lines = shown.splitlines()
    assert [line.split(" · ")[0] for line in lines] == ["block 1", "block 2", "block 3"]
    assert "1 signal (1 failed)" in lines[2]
    assert "ended at height 3" in told


def test_two_processes_of_one_key_do_not_lose_a_signal(
    ledger: Path, running: subprocess.Popen[str]
) -> None:
    script = (
        "import focusmesh, sys\n"
        f"with focusmesh.open({str(ledger)!r}) as graph:\n"
        "    for i in range(5): graph.link(f'{sys.argv[1]}{i}', 'hub')\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, name]) for name in ("one", "two")]
    assert [writer.wait(SECONDS) for writer in writers] == [0, 0]
    with focusmesh.open(ledger) as graph:
        assert graph.link_count == 10
    running.send_signal(signal.SIGINT)
    assert running.wait(SECONDS) == 0


def test_a_signal_outlives_a_node_that_is_killed(
    ledger: Path, running: subprocess.Popen[str], alice: SigningKey
) -> None:
    folder = Folder(ledger)
    running.kill()
    running.wait(SECONDS)
    until(lambda: serving(folder) is None)
    with focusmesh.open(ledger) as graph:
        graph.link("a", "b")
    node = Node(ledger, alice)
    node.spool.leave(node.signed(alice, 1, "c"))
    node.shared.release()
    again = Node(ledger, alice)
    assert again.producer.step() is not None
    assert again.chain.height == 2
    again.shared.release()


def test_a_client_is_told_when_its_node_ends(ledger: Path, alice: SigningKey) -> None:
    node = Node(ledger, alice)
    sender = ThroughNode(Folder(ledger), node.spool, node.shared.reading)
    with pytest.raises(FileError, match="ended"):
        sender.send([node.signed(alice, 0)])
    assert len(node.spool.waiting()) == 1
    node.shared.release()


def test_a_block_that_a_killed_node_has_made_counts(
    ledger: Path, alice: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node(ledger, alice)
    sender = ThroughNode(Folder(ledger), node.spool, node.shared.reading)
    packet = node.signed(alice, 0)
    leave = node.spool.leave

    def made_and_killed(left: Packet) -> None:
        leave(left)
        assert node.producer.step() is not None
        leave(left)

    monkeypatch.setattr(node.spool, "leave", made_and_killed)
    (placed,) = sender.send([packet])
    assert (placed.signal, placed.height) == (packet.id, 1)
    node.shared.release()
