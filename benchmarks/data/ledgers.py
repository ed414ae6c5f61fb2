"""Ledgers to be measured: made of R-MAT links, with a thousand neurons that sign."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data.graphs import Inputs
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.ids import digest
from focusmesh.kernel.block import Body, Chain, Genesis, Grant
from focusmesh.kernel.state import LmdbStore, Parameters, sha256_rows
from focusmesh.protocol.identity import Check, SigningKey, verify_many
from focusmesh.protocol.signal import Signal, SignedSignal, parse, sign

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_NEURONS, _STAKE = 1_000, 10**12
_BLOCKS_AHEAD = 1_000
_SIGNAL_LINKS, _BLOCK_SIGNALS = 9_000, 24
RUN = "from focusmesh.interface.cli import main; main()"


class LedgerOfLinks:
    """A chain on disk that has ``links`` links to begin with; further ones come from the same R-MAT graph."""

    def __init__(self, folder: Path, scale: int, links: int) -> None:
        drawn = Inputs.named(f"rmat{scale}")
        order = np.random.default_rng(scale).permutation(len(drawn))
        self.source = drawn.source[order].tolist()
        self.target = drawn.target[order].tolist()
        self.names = [digest(b"%d" % number) for number in range(drawn.particle_count)]
        self.keys = [SigningKey.generate(number.to_bytes(32, "big")) for number in range(_NEURONS)]
        self.nonces = [0] * _NEURONS
        self.at = 0
        folder.mkdir()
        self.folder = folder
        self.store = LmdbStore(folder)
        self.chain = self._created()
        per_block = _SIGNAL_LINKS * _BLOCK_SIGNALS
        while self.at < links:
            count = min(per_block, links - self.at)
            wires = self.signals(-(-count // _SIGNAL_LINKS), _SIGNAL_LINKS, links)
            self.propose([parse(wire) for wire in wires])

    def _created(self) -> Chain:
        return Chain.create(self.store, self._genesis(), operations(), timer=time.perf_counter)

    def __enter__(self) -> LedgerOfLinks:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    @property
    def links(self) -> int:
        """Links that were put in one after the other, each another pair."""
        return self.at

    @property
    def particles(self) -> int:
        return self.chain.focus.particle_count

    def signed(self, neuron: int, listed: list[list[Any]], lasting: int = 1 << 40) -> bytes:
        """The next signal of a neuron, good for ``lasting`` blocks."""
        signal = Signal(
            network=self.chain.network,
            neuron=self.keys[neuron].public,
            nonce=self.nonces[neuron],
            expires_height=self.chain.height + lasting,
            operations=tuple(map(tuple, listed)),
        )
        self.nonces[neuron] += 1
        return sign(signal, self.keys[neuron])

    def signals(self, count: int, each: int, stop: int = 1 << 62) -> list[bytes]:
        """Signals of ``each`` new links, by one neuron after the other."""
        wires = []
        for number in range(count):
            span = range(self.at, min(self.at + each, stop))
            self.at = span.stop
            wires.append(self.signed(number % _NEURONS, [self._link(at) for at in span]))
        return wires

    def propose(self, signals: Sequence[SignedSignal]) -> dict[str, float]:
        """A block of all of them, every one carried out; seconds by stage."""
        made = self.chain.propose(signals, self.chain.tip.time + 1, self.keys[0])
        assert made.block is not None
        assert {result.code for result in made.results.values()} == {"ok"}
        self.block = made.block
        return made.seconds

    @property
    def body_bytes(self) -> int:
        """Of the last block."""
        return len(self.block.body)

    @property
    def focus_bytes(self) -> int:
        """Of the last block, before compression."""
        return len(Body.decode(self.block.body, 1 << 30).focus)

    def history_bytes_per_link(self) -> float:
        """What the last block left for going back, for each of its 10,000 links."""
        with self.store.read() as reader:
            _, record = next(reader.scan("undo", reverse=True))
        return len(record) / 10_000

    def opened_again(self) -> dict[str, float]:
        """Closes the store, as a process that was killed would leave it, and opens it: seconds until each is there."""
        self.store.close()
        begun = time.perf_counter()
        self.store = LmdbStore(self.folder)
        self.chain = Chain(self.store, operations(), timer=time.perf_counter)
        seconds = {"tip and root": time.perf_counter() - begun}
        assert self.chain.tip == self.block.header
        assert len(self.chain.focus.vector) == self.chain.focus.particle_count
        return seconds | {"focus and links in memory": time.perf_counter() - begun}

    def _link(self, at: int) -> list[Any]:
        source, target = self.names[self.source[at]], self.names[self.target[at]]
        return ["link/1", source, target, b"", 1 + at % 100]

    def _genesis(self) -> Genesis:
        return Genesis(
            name="benchmark",
            time=1,
            parameters=Parameters(proposers=(self.keys[0].public,)),
            grants=tuple(
                Grant(public, _STAKE, _STAKE) for public in sorted(key.public for key in self.keys)
            ),
            operations=operations().digest,
        )


class Traffic:
    """One-link signals of all neurons in turn: each links a pair that is there, and takes that back the next time.

    They wait at nodes, which take none that expires more than 1,024 blocks on.
    """

    def __init__(self, ledger: LedgerOfLinks, count: int) -> None:
        chosen = np.random.default_rng(count).integers(0, ledger.at, count).tolist()
        held: list[list[Any] | None] = [None] * _NEURONS
        self.wires = []
        for number, at in enumerate(chosen):
            neuron = number % _NEURONS
            before = held[neuron]
            link = ledger._link(at)
            listed = link if before is None else ["unlink/1", *before[1:4]]
            held[neuron] = link if before is None else None
            self.wires.append(ledger.signed(neuron, [listed], _BLOCKS_AHEAD))
        self._next = 0

    def batches(self, size: int) -> Iterator[list[bytes]]:
        """Batches in order, each once over all calls."""
        while self._next < len(self.wires):
            self._next += size
            yield self.wires[self._next - size : self._next]


@dataclass(frozen=True)
class ImportedLedger:
    """What an import by the command took; ``disk_bytes`` are all records, those of history included.

    Commands on ``ledger`` run in ``environment``, which names and opens its key.
    """

    ledger: Path
    edges: Path
    environment: dict[str, str]
    seconds: float
    cpu_seconds: float
    peak_mb: float
    particles: int
    disk_bytes: int


def imported_by_command(folder: Path, scale: int, links: int) -> ImportedLedger:
    """A new ledger, and a CSV file of links with whole weights that the command signs into it."""
    drawn, edges, ledger = Inputs.named(f"rmat{scale}"), folder / "edges.csv", folder / "ledger"
    order = np.random.default_rng(scale).permutation(len(drawn))[:links]
    columns = drawn.source[order], drawn.target[order], 1 + order % 100
    with edges.open("w") as file:
        file.write("source,target,weight\n")
        np.savetxt(file, np.stack(columns, axis=1), fmt="%d", delimiter=",")
    environment = {
        **os.environ,
        "FOCUSMESH_KEYS": str(folder / "keys"),
        "FOCUSMESH_PASSPHRASE": "benchmark",
    }
    for command in (["keys", "new", "importer"], ["node", "init", str(ledger)]):
        run_command(environment, *command, "--quiet")
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run_command(environment, "import", str(edges), "--ledger", str(ledger), "--quiet")
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    store = LmdbStore(ledger / "store", readonly=True)
    particles = len(Chain(store, operations()).state.digests)
    disk = store.used_bytes()
    store.close()
    return ImportedLedger(
        ledger=ledger,
        edges=edges,
        environment=environment,
        seconds=seconds,
        cpu_seconds=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        peak_mb=after.ru_maxrss / 1024,
        particles=particles,
        disk_bytes=disk,
    )


def raw_rates() -> dict[str, float]:
    """What one core does of the parts, a second."""
    key, count = SigningKey.generate(bytes(range(32))), 4_000
    digests = [digest(b"%d" % number) for number in range(count)]
    domain = b"benchmark\0"
    begun = time.perf_counter()
    signatures = [key.sign(domain, each) for each in digests]
    signing = count / (time.perf_counter() - begun)
    checks = [Check(key.public, *pair) for pair in zip(digests, signatures, strict=True)]
    begun = time.perf_counter()
    assert all(verify_many(domain, checks))
    checking = count / (time.perf_counter() - begun)
    rows = np.random.default_rng(1).integers(0, 256, (400_000, 65), np.uint8)
    sha256_rows(rows)
    begun = time.perf_counter()
    sha256_rows(rows)
    vector = len(rows) / (time.perf_counter() - begun)
    listed = [row.tobytes() for row in rows[:100_000]]
    begun = time.perf_counter()
    for each in listed:
        hashlib.sha256(each).digest()
    single = len(listed) / (time.perf_counter() - begun)
    return {
        "Ed25519 signatures, one core": signing,
        "Ed25519 checks, one core": checking,
        "tree nodes (SHA-256 of 65 bytes), hashlib": single,
        "tree nodes (SHA-256 of 65 bytes), ours": vector,
    }


def run_command(environment: dict[str, str], *arguments: str) -> float:
    """Seconds that the program took, in a process of its own."""
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - begun
