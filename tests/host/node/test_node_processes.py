"""Nodes and their clients as processes: edits go through the node that runs, and nothing is lost when it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import focusmesh
from focusmesh.errors import FileError, SignalError, StoreError
from focusmesh.host.ledger.submission import ThroughNode
from focusmesh.host.storage.ledger_folder import Folder, serving
from focusmesh.protocol.packet import Packet
from tests.host.nodes import SECONDS, Node, until
from tests.interface.cli.conftest import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.kernel.admission import Candidate
    from focusmesh.protocol.identity import SigningKey


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


def test_what_waits_for_a_node_that_ended_comes_first_when_another_process_writes(
    ledger: Path, alice: SigningKey
) -> None:
    """A signal of one nonce and an edit that knows nothing of it: both are in the ledger."""
    node = Node(ledger, alice)
    waiting = node.signed(alice, 0, "c")
    early = node.signed(alice, 7, "d")
    node.spool.leave(waiting)
    node.spool.leave(early)
    node.shared.release()
    with focusmesh.open(ledger) as graph:
        graph.link("a", "b")
        assert (graph.height, graph.link_count) == (2, 2)
        assert not node.spool.has(waiting.id)
        assert node.spool.has(early.id)
        assert node.spool.refusal(waiting.id) is None


def test_what_waits_behind_signals_that_are_refused_comes_first_too(
    ledger: Path, alice: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("focusmesh.kernel.node.producer.portion_bytes", lambda _: 1)
    node = Node(ledger, alice)
    forged = [_forged(node.signed(alice, 0, f"e{number}")) for number in range(3)]
    waiting = node.signed(alice, 0, "c")
    for packet in (*forged, waiting):
        node.spool.leave(packet)
    node.shared.release()
    with focusmesh.open(ledger) as graph:
        graph.link("a", "b")
        assert (graph.height, graph.link_count) == (2, 2)
    assert node.spool.refusal(waiting.id) is None


def _forged(packet: Packet) -> Packet:
    """Signed by nobody."""
    return Packet(bytes(64) + packet.wire[64:], packet.contents)


def test_what_waits_comes_first_after_an_edit_that_failed(
    ledger: Path, alice: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node(ledger, alice)
    waiting = node.signed(alice, 0, "c")
    node.spool.leave(waiting)
    node.shared.release()

    def failing(*_: object) -> None:
        raise StoreError("no room")

    with focusmesh.open(ledger) as graph:
        with monkeypatch.context() as patched:
            patched.setattr("focusmesh.host.node.take_in", failing)
            with pytest.raises(StoreError, match="no room"):
                graph.link("a", "b")
        graph.link("a", "b")
        assert (graph.height, graph.link_count) == (2, 2)


def test_a_client_is_not_stopped_by_what_is_no_signal(ledger: Path, alice: SigningKey) -> None:
    node = Node(ledger, alice)
    node.spool.leave(Packet(bytes(64) + b"no signal"))
    node.spool.leave(node.signed(alice, 0))
    sender = ThroughNode(Folder(ledger), node.spool, node.shared.reading)
    assert sender.next_nonce(alice.public) == 1
    node.shared.release()


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

    def made_and_killed(left: Candidate) -> None:
        node.spool.leave(left.packet)
        assert node.producer.step() is not None
        node.spool.leave(left.packet)

    monkeypatch.setattr(node.spool, "admit", made_and_killed)
    (placed,) = sender.send([packet])
    assert (placed.signal, placed.height) == (packet.id, 1)
    node.shared.release()
