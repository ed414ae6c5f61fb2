"""A whole run: a node, a second one that hears its blocks, a crowd, and a judge over all of them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from focusmesh.errors import FocusmeshError, StoreError
from focusmesh.host.node.real_time import producing
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.kernel.block import Block, Chain, Genesis, Grant, verify_chain
from focusmesh.kernel.state import Parameters
from focusmesh.protocol.identity import SigningKey
from tests.world.crowd import Crowd
from tests.world.judge import BrokenError, Judge
from tests.world.naive import digest
from tests.world.neurons import TEXTS
from tests.world.sim import (
    BEGINNING_MS,
    DISK_FULL,
    KILLED_BEFORE,
    KILLED_BEHIND,
    KilledError,
    SimNet,
    SimWorld,
)

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Collection

    from focusmesh.kernel.node import Producer

STEP_MS = 400
BETWEEN_SIGNALS_MS = 40
SETTLING_MS = 40_000
"""At the end no fault strikes for so long: all that was delayed has come, and all patience is over."""
HERE, THERE = Path("here"), Path("there")
CONTENTS = {digest(text): text for text in TEXTS}


@dataclass(frozen=True)
class Run:
    """What came of a run: what was seen, and how often each fault, kind of signal, code and operation was."""

    trace: bytes
    height: int
    faults: Counter[str]
    kinds: Counter[str]
    codes: Counter[str]
    done: Counter[str]


def genesis_of(seed: int, keys: list[SigningKey]) -> Genesis:
    """A network small enough that every limit is met: stake, balance, bandwidth, sizes."""
    random = Random(f"genesis {seed}")
    stakes = [2_000_000, 900_000, 40_000, 3_000, 900, 60]
    grants = [
        Grant(key.public, 5 * stake + 40, stake) for key, stake in zip(keys, stakes, strict=True)
    ]
    parameters = Parameters(
        weight_unit=7,
        link_burn=1,
        bandwidth_stake=50,
        bandwidth_blocks=4,
        focus_interval=random.choice([1, 1, 2, 3]),
        history_window=random.choice([0, 3, 64]),
        operations_max=20,
        signal_bytes_max=7_000,
        block_bytes_max=24_000,
        blob_bytes_max=3_000,
        proposers=(keys[0].public,),
        minters=(keys[0].public, keys[1].public),
    )
    return Genesis(
        name=f"simulated {seed}",
        time=BEGINNING_MS,
        parameters=parameters,
        grants=tuple(sorted(grants, key=lambda grant: grant.neuron)),
        operations=operations().digest,
    )


class Simulation:
    """Everything of one seed. ``run`` sends so many signals and lets the rest of them settle."""

    def __init__(self, seed: int, folder: Path | None = None) -> None:
        self.sim = SimWorld(seed, folder)
        keys = [SigningKey(digest(b"key %d %d" % (seed, number))) for number in range(6)]
        self.genesis = genesis_of(seed, keys)
        self.net = SimNet(self.sim)
        self.judge = Judge(self.sim, self.genesis)
        self.crowd = Crowd(self.sim, self.judge, self.net, keys)
        for path in (HERE, THERE):
            store = self.sim.disk.open(path)
            Chain.create(store, self.genesis, operations())
            store.close()
        self._world = self.sim.world(self.net)
        self._process = ExitStack()
        self._producer: Producer | None = None
        self._quiet = 0
        self.follower = Follower(self)

    def run(self, signals: int) -> Run:
        """Raises BrokenError at the first invariant that does not hold."""
        for number in range(signals):
            self.sim.after((number + 1) * BETWEEN_SIGNALS_MS, self.crowd.send)
        self._begin()
        self.sim.after(STEP_MS, self._step)
        self._quiet = BEGINNING_MS + signals * BETWEEN_SIGNALS_MS
        self.sim.run(self._quiet + SETTLING_MS)
        self.judge.expect("signals left waiting", len(self.net.waiting), 0)
        return self._ended()

    @property
    def chain(self) -> Chain | None:
        """The chain of the node while it runs."""
        return None if self._producer is None else self._producer.chain

    def _begin(self) -> None:
        self._producer = self._process.enter_context(producing(HERE, self._key, self._world))
        self._judge(self._producer, ended=False)

    def _judge(self, producer: Producer, *, ended: bool) -> None:
        try:
            self.judge.look(producer.chain, self.net, ended)
        except FocusmeshError as error:
            seed, height = self.sim.seed, self.judge.height
            message = f"seed {seed}: what follows block {height} cannot be read: {error}"
            raise BrokenError(message) from error

    def _end(self) -> None:
        self._producer = None
        self._process.close()

    def _key(self, proposers: Collection[bytes]) -> SigningKey:
        return next(self.crowd.keys[public] for public in proposers)

    def _step(self) -> None:
        self.sim.after(STEP_MS, self._step)
        if self._producer is None:
            return
        self._strike()
        self.net.offered = []
        try:
            made = self._producer.step()
        except KilledError:
            self._die()
            return
        except StoreError:
            # What this process tried is undone: it goes on, and tries again.
            self._judge(self._producer, ended=False)
            self.net.words = []
            return
        self._judge(self._producer, ended=True)
        if made is not None and made.block is not None:
            self.follower.send(made.block)
        if self.sim.random.random() < 0.08 and self.sim.now < self._quiet:
            self.sim.fault("restarted")
            self._end()
            self._begin()

    def _strike(self) -> None:
        if self.sim.random.random() < 0.2 and self.sim.now < self._quiet:
            kinds = [DISK_FULL, KILLED_BEFORE, KILLED_BEHIND]
            self.sim.disk.order(HERE, self.sim.random.choice(kinds))

    def _die(self) -> None:
        self._end()
        self.net.words = []
        self.sim.after(1_000, self._begin)

    def _ended(self) -> Run:
        chain = self.chain
        assert chain is not None
        self.follower.catch_up()
        self.judge.expect("second node", self.follower.chain.tip, chain.tip)
        self._end()
        self.follower.close()
        store = self.sim.disk.open(HERE)
        verify_chain(store, operations())
        store.close()
        judge = self.judge
        counts = (self.sim.faults, self.crowd.kinds, judge.codes, judge.done)
        return Run(bytes(self.sim.trace), judge.height, *counts)


class Follower:
    """A node that makes no blocks: they come over the same bad lines, some of them touched on the way."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation, self._sim = simulation, simulation.sim
        self._store = self._sim.disk.open(THERE)
        self.chain = Chain(self._store, operations())
        self._heard: dict[int, Block] = {}

    def send(self, block: Block) -> None:
        """Brings a block over a line."""
        header, proof, body = parts = block.header_bytes, block.proof, block.body
        if self._sim.random.random() < 0.4:
            touched = list(parts)
            place = self._sim.random.randrange(3)
            touched[place] = self._touched(touched[place])
            self._refuse(*touched)
        self._sim.carry("blocks", lambda: self._hear(header, proof, body))

    def catch_up(self) -> None:
        """Fetches what got lost."""
        chain = self._simulation.chain
        while chain is not None and self.chain.height < chain.height:
            self._accept(chain.block(self.chain.height + 1))

    def close(self) -> None:
        self._store.close()

    def _hear(self, header: bytes, proof: bytes, body: bytes) -> None:
        block = Block.decode(header, proof, body)
        self._heard[block.header.height] = block
        while self.chain.height + 1 in self._heard:
            self._accept(self._heard.pop(self.chain.height + 1))
        if len(self._heard) > 4:
            self._heard.clear()
            self.catch_up()
        if self._sim.random.random() < 0.08:
            self._sim.fault("second node restarted")
            self.close()
            self._store = self._sim.disk.open(THERE)
            self.chain = Chain(self._store, operations())

    def _accept(self, block: Block) -> None:
        seed = self._sim.seed
        try:
            self.chain.accept(block, self._sim.random.choice([CONTENTS, {}]))
        except FocusmeshError as error:
            message = f"seed {seed}: the second node refuses block {block.header.height}: {error}"
            raise BrokenError(message) from error
        self._sim.note("accepted", block.header.height, self.chain.state.root)

    def _touched(self, content: bytes) -> bytes:
        changed = bytearray(content)
        changed[self._sim.random.randrange(len(changed))] ^= 1 << self._sim.random.randrange(8)
        return bytes(changed)

    def _refuse(self, header: bytes, proof: bytes, body: bytes) -> None:
        before = self.chain.tip, self.chain.state.root
        try:
            self.chain.accept(Block.decode(header, proof, body))
        except FocusmeshError:
            self._sim.fault("touched")
        else:
            raise BrokenError(f"seed {self._sim.seed}: a block that was touched is accepted")
        if before != (self.chain.tip, self.chain.state.root):
            raise BrokenError(f"seed {self._sim.seed}: a refused block changed something")


def simulate(seed: int, signals: int = 1_000, folder: Path | None = None) -> Run:
    """One run, its stores in memory or in ``folder``."""
    return Simulation(seed, folder).run(signals)
