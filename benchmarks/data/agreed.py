"""A network of validators as real processes on this machine, its graph there before they begin, and users with load."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.data.ledgers import RUN, LedgerOfLinks
from focusmesh.host.keys.keystore import Keystore
from focusmesh.host.node.network_node import network_state
from focusmesh.host.spool import Spool
from focusmesh.host.storage.ledger_folder import Folder, operations
from focusmesh.kernel.block import Candidates, Chain, Genesis, Grant
from focusmesh.kernel.consensus import (
    Anchor,
    Ballot,
    Certificate,
    Decision,
    Proposal,
    Vote,
    data_digest,
    end_slot,
)
from focusmesh.kernel.node import FINALITY_STAGES
from focusmesh.kernel.state import Agreement, Bonded, Parameters
from focusmesh.protocol.packet import Packet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.signal import SignedSignal

VALIDATORS = 4
_STAKE = 10**12
_PASSPHRASE = "of the benchmark"
_LOOK_S = 0.01
_TOLD_S = 3.0
"""A node has told by then what it knows now."""
_LOOP = """
from time import perf_counter

def loop():
    began, total = perf_counter(), 0
    for number in range(3_000_000):
        total += number
    return perf_counter() - began

print(loop())
"""


class AgreedLedger(LedgerOfLinks):
    """As ``LedgerOfLinks``, but its blocks are decided by the votes of ``validators``, in this process.

    Every ``focus_interval``-th block ranks the graph.
    """

    def __init__(
        self,
        folder: Path,
        scale: int,
        links: int,
        validators: Sequence[SigningKey],
        focus_interval: int = 1,
    ) -> None:
        self.focus_interval = focus_interval
        self.validators = validators
        super().__init__(folder, scale, links)

    def _created(self) -> Chain:
        Chain.create(self.store, self._genesis(), operations())
        self.candidates = Candidates(self.store, operations())
        root = Anchor(0, self.candidates.final.id)
        self._last: Proposal = root.proposal(1)
        return self.candidates.decided

    def propose(self, signals: Sequence[SignedSignal]) -> dict[str, float]:
        """A block of all of them, decided at once."""
        candidates, last = self.candidates, self._last
        parent = candidates.final
        made = candidates.make(parent.id, signals, parent.time + 1, self.validators[0])
        assert made.block is not None
        assert {result.code for result in made.results.values()} == {"ok"}
        network, height = self.chain.network, parent.height + 1
        proposal = Proposal(
            1, height, height, last.digest(network), made.block.id, data_digest(b"")
        )
        decision = _decided(network, proposal, self.validators)
        candidates.decide(made.block.id, decision.to_bytes())
        self._last, self.block = proposal, made.block
        return made.seconds

    def _genesis(self) -> Genesis:
        bonded = sorted(key.public for key in self.validators)
        agreement = Agreement(
            epoch_blocks=1 << 20, voters=tuple(Bonded(key, _STAKE) for key in bonded)
        )
        neurons = sorted({*bonded, *(key.public for key in self.keys)})
        return Genesis(
            name="benchmark",
            time=1,
            parameters=Parameters(
                version=4, agreement=agreement, focus_interval=self.focus_interval
            ),
            grants=tuple(Grant(public, _STAKE, _STAKE) for public in neurons),
            operations=operations().digest,
        )


def _decided(network: bytes, proposal: Proposal, validators: Sequence[SigningKey]) -> Decision:
    ballot = Ballot(end_slot(network, proposal.epoch, proposal.round), proposal.digest(network))
    votes = [Vote.sign(ballot, key) for key in validators]
    return Decision(
        proposal, Certificate(ballot, tuple(sorted((v.signer, v.signature) for v in votes)))
    )


def paces() -> list[float]:
    """Seconds of a loop of three million additions, on every core at once."""
    commands = [[sys.executable, "-c", _LOOP]] * len(os.sched_getaffinity(0))
    loops = [subprocess.Popen(each, stdout=subprocess.PIPE, text=True) for each in commands]
    return [float(each.communicate()[0]) for each in loops]


@contextmanager
def running(
    folder: Path, scale: int, links: int, focus_interval: int = 1, interval: float = 0.05
) -> Iterator[Running]:
    """The network of a ledger with so many links, while the block runs."""
    store = Keystore(folder / "keys")
    for number in range(VALIDATORS):
        store.create(f"v{number}", _PASSPHRASE)
    keys = [store.unlock(f"v{number}", _PASSPHRASE) for number in range(VALIDATORS)]
    first = folder / "node0"
    first.mkdir()
    ledger = AgreedLedger(first / "store", scale, links, keys, focus_interval)
    ledger.store.close()
    folders = [Folder(folder / f"node{number}") for number in range(VALIDATORS)]
    for other in folders[1:]:
        shutil.copytree(first, other.path)
    network = Running(ledger, folders, folder / "keys", interval)
    try:
        network.begin()
        yield network
    finally:
        network.end()


class Running:
    """``begin`` once, ``end`` always."""

    def __init__(
        self, ledger: AgreedLedger, folders: Sequence[Folder], keys: Path, interval: float
    ) -> None:
        self.ledger, self.folders = ledger, folders
        self._environment = os.environ | {
            "FOCUSMESH_KEYS": str(keys),
            "FOCUSMESH_PASSPHRASE": _PASSPHRASE,
        }
        self._interval = interval
        self.processes: list[subprocess.Popen[bytes]] = []
        self.peers: list[str] = []

    def begin(self, seconds: float = 120.0) -> None:
        """All validators, until each is connected with all others."""
        peers: list[str] = []
        for number in range(len(self.folders)):
            self.processes.append(self.start(number, peers))
            if not peers:
                state = self._state(0, seconds, lambda state: bool(state["address"]))
                peers = self.peers = ["--peer", f"{state['key']}@{state['address']}"]
        for number in range(len(self.folders)):
            self._state(number, seconds, lambda state: len(state.get("voters", ())) == VALIDATORS)

    def stage_sums(self) -> dict[str, tuple[float, int]]:
        """Of each stage, by the users' signals of all nodes since these began: seconds together, and how many."""
        time.sleep(_TOLD_S)
        sums = dict.fromkeys(FINALITY_STAGES, (0.0, 0))
        for folder in self.folders:
            state = network_state(folder)
            assert state is not None, "it ran"
            for stage, waits in state["finality"]["stages"].items():
                seconds, count = sums[stage]
                sums[stage] = seconds + waits["seconds"], count + sum(waits["counts"])
        return sums

    def kill(self, number: int) -> None:
        """Ends a node without a word."""
        self.processes[number].kill()
        self.processes[number].wait()

    def again(self, number: int) -> None:
        """Starts a node that was killed, with what its disk has."""
        self.processes[number] = self.start(number, self.peers)

    def start(self, number: int, more: Sequence[str]) -> subprocess.Popen[bytes]:
        folder = self.folders[number]
        command = ["node", "start", str(folder.path), "--key", f"v{number}", "--forget-votes"]
        command += ["--listen", "[::1]:0", "--interval", str(self._interval), *more]
        out = (folder.path / "log").open("wb")
        # Where several share the cores, a node that works on all of them at once takes more of each.
        command += ["--threads", "1"]
        return subprocess.Popen(
            [sys.executable, "-c", RUN, *command],
            env=self._environment,
            stdout=out,
            stderr=out,
        )

    def _state(self, number: int, seconds: float, holds: Any) -> dict[str, Any]:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            state = network_state(self.folders[number])
            if state is not None and holds(state):
                return state
            time.sleep(0.1)
        log = (self.folders[number].path / "log").read_text()[-2_000:]
        raise AssertionError(f"node {number} is not up after {seconds} s: {log}")

    def state(self, number: int) -> dict[str, Any]:
        return network_state(self.folders[number]) or {}

    def cpu_seconds(self) -> float:
        """Of all nodes, by now."""
        ticks = 0
        for process in self.processes:
            with suppress(OSError):
                text = Path(f"/proc/{process.pid}/stat").read_text()
                fields = text.rsplit(")", 1)[1].split()
                ticks += sum(map(int, fields[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """Ends all processes."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Load(NamedTuple):
    """What came of a load: seconds until decided of each signal, how many never were, how many were refused."""

    seconds: list[float]
    lost: int
    refused: int
    blocks: int
    cpu_share: float


def load_and_kill(
    network: Running, wires: Sequence[bytes], per_second: float, settling_s: float
) -> tuple[Load, int, int]:
    """As ``load``; after a third of it the last node is killed, and its users go to the others.

    Also how many signals waited with the dead node when it was killed, and how many of them are in no block once it is
    up again and ``settling_s`` seconds are over: none may be.
    """
    third, spools = len(wires) // 3, [Spool(folder.spool) for folder in network.folders]
    last = len(spools) - 1
    before = load(network, wires[:third], per_second, 0.0)
    network.kill(last)
    stranded = _left(spools[last])
    after = load(network, wires[third:], per_second, settling_s, without=last)
    network.again(last)
    end = time.monotonic() + settling_s + 60
    while _left(spools[last]) and time.monotonic() < end:
        time.sleep(0.2)
    blocks = before.blocks + after.blocks
    # What was not decided at the moment of the kill waits with the living, or is stranded: it is looked for there.
    found = after._replace(seconds=[*before.seconds, *after.seconds], blocks=blocks)
    return found, stranded, _left(spools[last])


def _left(spool: Spool) -> int:
    return len(spool.waiting())


def load(
    network: Running,
    wires: Sequence[bytes],
    per_second: float,
    settling_s: float,
    without: int | None = None,
) -> Load:
    """Leaves signals with their neurons' nodes at a steady rate, whatever becomes of them, and watches them go.

    None with the node ``without``, which is down.
    """
    packets = [Packet(wire) for wire in wires]
    folders = [each for at, each in enumerate(network.folders) if at != without]
    spools = [Spool(folder.spool) for folder in folders]
    left: dict[bytes, float] = {}
    waits: list[float] = []
    began, at = time.perf_counter(), 0
    height, cpu = network.state(0)["height"], network.cpu_seconds()
    end = began + len(packets) / per_second + settling_s
    while (now := time.perf_counter()) < end and (at < len(packets) or left):
        while at < len(packets) and now >= began + at / per_second:
            packet = packets[at]
            # From when it should have been left: whoever comes late has waited too.
            left[packet.id] = began + at / per_second
            spools[at % len(spools)].leave(packet)
            at += 1
        time.sleep(_LOOK_S)
        there = {signal for spool in spools for signal in spool.waiting()}
        now = time.perf_counter()
        gone = left.keys() - there
        waits += [now - left.pop(name) for name in gone]
    took = time.perf_counter() - began
    refused = sum(
        spool.refusal(packet.id, keep=True) is not None for spool in spools for packet in packets
    )
    blocks = network.state(0)["height"] - height
    return Load(waits, len(left), refused, blocks, (network.cpu_seconds() - cpu) / took)
