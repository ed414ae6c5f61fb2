"""The chain: blocks are proposed or accepted one after the other, each in one transaction of the store.

Whoever proposes and whoever checks goes the same way: signals over the working state, links into rows, rows into the
tree, the focus, its entry, the header. A checker compares what comes out with what the header says.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from focusmesh.engine.collecting import collector_at_rest
from focusmesh.errors import BlockError, SignalError
from focusmesh.kernel.block.block import Block
from focusmesh.kernel.block.body import Outcome, joined, packed
from focusmesh.kernel.block.checking import (
    check_body,
    check_header,
    check_same,
    check_signatures,
    data_root,
    no_proposer,
)
from focusmesh.kernel.block.header import Header
from focusmesh.kernel.block.making import (
    certificate_of,
    first_header,
    focus_entry,
    parameters_bytes,
    proposers_after,
    signed_block,
    validators_hash,
)
from focusmesh.kernel.block.ordering import ordered, signals_root
from focusmesh.kernel.block.proposed import Proposed
from focusmesh.kernel.block.records import (
    CHECKPOINT_BLOCKS,
    read_block,
    read_genesis,
    read_header,
    read_vector,
    root_after,
    write_block,
    write_genesis,
    write_vector,
)
from focusmesh.kernel.block.room import Room
from focusmesh.kernel.block.rotations import write_rotation
from focusmesh.kernel.focus import ChainFocus, FocusEdits, StageClock, no_time
from focusmesh.kernel.runtime import Runtime
from focusmesh.kernel.state import FOCUS_KEY, PARAMETERS_KEY, State, base_of, endow
from focusmesh.protocol.world import SameProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from focusmesh.engine.arrays import MassArray
    from focusmesh.kernel.block.genesis import Genesis
    from focusmesh.kernel.focus import FocusStep
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Moved, Parameters, Reader, Store, Working
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.signal import SignedSignal
    from focusmesh.protocol.world import Checker


class Chain:
    """The chain in a store, open for writing. Not safe between threads."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        checker: Checker | None = None,
        timer: Callable[[], float] = no_time,
        focus: ChainFocus | None = None,
    ) -> None:
        """Raises StoreError where the store holds no chain, BlockError ("operations") where it has other operations.

        ``checker`` checks the signatures of blocks that are accepted; by default this process does.
        ``timer`` gives seconds, for the reports of blocks; ``focus`` is the committed one where that is known.
        """
        self._store = store
        self._timer = timer
        self._checker = SameProcess() if checker is None else checker
        with store.read() as reader:
            self.genesis: Genesis = read_genesis(reader)
        self._room = Room(self.parameters)
        self.runtime = Runtime(_operations(self.genesis, registry), self.network)
        self.state = State(store, self.parameters, partial(root_after, store))
        self.tip: Header
        self.proposers: tuple[bytes, ...]
        """The keys that may make the next block."""
        self._advance(self.header(self.state.height))
        self._focus = focus
        self._stepped = False

    @classmethod
    def create(
        cls,
        store: Store,
        genesis: Genesis,
        registry: Registry,
        checker: Checker | None = None,
        timer: Callable[[], float] = no_time,
    ) -> Chain:
        """The chain of a new network with its first block. Raises BlockError ("genesis") where there is one."""
        genesis.verify()
        _operations(genesis, registry)
        with store.read() as reader:
            if reader.count("meta"):
                raise BlockError("genesis", "this store holds a ledger already")
        state = State(store, genesis.parameters)
        working = state.begin(0, genesis.time, b"")
        endow(working, [(grant.neuron, grant.balance, grant.stake) for grant in genesis.grants])
        working.put(PARAMETERS_KEY, parameters_bytes(genesis.parameters))
        with state.transition(working) as moved:
            header = first_header(genesis, moved.root)
            write_genesis(moved.writer, genesis)
            write_block(moved.writer, Block(header, header.encode(), b"", b""))
        return cls(store, registry, checker, timer)

    @property
    def network(self) -> bytes:
        """The id of the network."""
        return self.genesis.network

    @property
    def parameters(self) -> Parameters:
        """What the network agrees on."""
        return self.genesis.parameters

    @property
    def signals_bytes_max(self) -> int:
        """What signals of one block may have together: half of a block, the rest is for results and focus."""
        return self._room.bytes_max

    @property
    def portion_bytes(self) -> int:
        """About how many bytes of signals the next block has room for: in a square they are packed."""
        return self._room.portion_bytes

    @property
    def height(self) -> int:
        """Height of the last block; 0 is the genesis."""
        return self.tip.height

    @property
    def base(self) -> int:
        """The first height whose body and state can be here: 0, or where the chain began with a snapshot."""
        with self._store.read() as reader:
            return base_of(reader)

    @property
    def focus(self) -> ChainFocus:
        """The committed focus, in memory. Read at first use, O(n log n + m)."""
        if self._focus is None:
            self._focus = self._read_focus()
        return self._focus

    def header(self, height: int) -> Header:
        """Raises BlockError ("height") where there is no such block."""
        with self._store.read() as reader:
            return read_header(reader, height)

    def block(self, height: int) -> Block:
        """Raises BlockError ("height") where there is no such block."""
        with self._store.read() as reader:
            return read_block(reader, height)

    def reading(self) -> AbstractContextManager[Reader]:
        """One moment of the store, for what reads records by itself."""
        return self._store.read()

    def vector(self, height: int) -> MassArray:
        """The vector that holds at ``height``, in the order of digests; within the history window."""
        with self._store.read() as reader:
            return read_vector(reader, height, self.state.digests, self.parameters)

    def propose(
        self,
        signals: Sequence[SignedSignal],
        time: int,
        key: SigningKey,
        contents: Mapping[bytes, bytes] | None = None,
    ) -> Proposed:
        """Makes the next block of ``signals``, whose signatures were checked, and commits it.

        ``contents`` are what the signals publish, by digest. Signals that cannot be in the block are refused one by
        one and change nothing. Where a square has no room for what they and the focus make of a body, the block is of
        the first of them alone; the others are neither in it nor refused. Raises BlockError ("proposer") where the key
        may not propose, ("body") for signals of more than ``signals_bytes_max`` bytes, ("too-large") where one signal
        alone makes too large a body.
        """
        self._check_noted()
        self._may_propose(key.public)
        self._room.check(signals)
        signals = self._room.first(ordered(self.tip.id, signals))
        with collector_at_rest():
            while True:
                try:
                    return self._propose(signals, max(time, self.tip.time), key, contents)
                except BlockError as error:
                    if error.code != "too-large" or len(signals) < 2:
                        raise
                    signals = signals[: len(signals) // 2]

    def _propose(
        self,
        signals: Sequence[SignedSignal],
        time: int,
        key: SigningKey,
        contents: Mapping[bytes, bytes] | None,
    ) -> Proposed:
        clock, parent = StageClock(self._timer), self.tip
        working = self.state.begin(parent.height + 1, time, key.public)
        proposal = self.runtime.propose(working, signals, contents)
        clock.lap("execute")
        refused = {signed.id: error for signed, error in proposal.refused}
        if not proposal.signals:
            return Proposed(None, {}, refused)
        wires = tuple(signed.wire for signed in proposal.signals)
        outcomes = tuple(Outcome(result.code, result.fee) for result in proposal.results)
        with ThreadPoolExecutor(1) as beside:
            # While the state moves, which does not need them; the compressor lets go of the interpreter.
            carried = beside.submit(packed, wires, outcomes)
            with self._transition(working, clock) as moved:
                step = self._step(moved, working.height, None)
                clock.lap("focus")
                body = joined(carried.result(), step.delta if step else b"")
                packed_bytes = len(carried.result())
                self._room.learn(proposal.signals, packed_bytes, len(body) - packed_bytes)
                clock.lap("body")
                header = self._header(working, moved, step, body, signals_root(proposal.signals))
                clock.lap("root")
                block = signed_block(header, body, key)
                self._write(moved, block, step)
                clock.lap("write")
        clock.lap("commit")
        self._advance(header)
        results = zip(proposal.signals, proposal.results, strict=True)
        seconds = clock.seconds | {
            f"focus {name}": value for name, value in (step.seconds if step else {}).items()
        }
        return Proposed(block, {signed.id: result for signed, result in results}, refused, seconds)

    def accept(self, block: Block, contents: Mapping[bytes, bytes] | None = None) -> None:
        """Checks a block that somebody else made, by doing all of it again, and commits it.

        Raises BlockError with a code for what is wrong; the chain is then as it was.
        """
        self._check_noted()
        with collector_at_rest():
            self._accept(block, contents)

    def _accept(self, block: Block, contents: Mapping[bytes, bytes] | None) -> None:
        header, parent = block.header, self.tip
        check_same("header", block.header_bytes, header.encode())
        check_header(header, parent, block.proof, self.network, self.proposers)
        body, signals = check_body(block, parent.id, self.parameters)
        check_signatures(signals, self._checker)
        working = self.state.begin(header.height, header.time, header.proposer)
        try:
            results = self.runtime.execute(working, signals, contents)
        except SignalError as error:
            raise BlockError("signal", f"block {header.height}: {error}") from error
        check_same(
            "results",
            [(outcome.code, outcome.fee) for outcome in body.results],
            [(result.code, result.fee) for result in results],
        )
        with self._transition(working, StageClock(self._timer)) as moved:
            step = self._step(moved, header.height, body.focus)
            made = self._header(working, moved, step, block.body, signals_root(signals))
            for name in Header.__struct_fields__:
                check_same(name, getattr(header, name), getattr(made, name))
            self._write(moved, block, step)
        self._advance(header)

    @contextmanager
    def _transition(self, working: Working, clock: StageClock) -> Iterator[Moved]:
        """A transition of the state; the focus goes back with it when it fails."""
        focus, self._stepped = self.focus, False
        try:
            with self.state.transition(working) as moved:
                clock.lap("rows and tree")
                yield moved
        except BlockError:
            if self._stepped:
                focus.undo()
            raise
        except BaseException:
            # Interrupted or failed somewhere, perhaps after the commit: only the store knows.
            self._reread()
            raise

    def _reread(self) -> None:
        """Goes on from what the store holds."""
        self._focus = None
        self.state.refresh()
        self._advance(self.header(self.state.height))

    def _advance(self, tip: Header) -> None:
        # The tip comes last: as long as it is behind the state, ``_check_noted`` reads both again.
        self.proposers = proposers_after(self.state.get, self.parameters)
        self.tip = tip

    def _check_noted(self) -> None:
        """An interrupt between a commit and the line behind it leaves the tip behind the state."""
        if self.state.height != self.tip.height:
            self._reread()

    def _step(self, moved: Moved, height: int, delta: bytes | None) -> FocusStep | None:
        """The focus of a block, None where it has none; solved where there is no ``delta``, else checked."""
        edits = FocusEdits.of(moved.digests, moved.source, moved.target, moved.weight)
        if height % self.parameters.focus_interval:
            if delta:
                raise BlockError("focus-delta", f"block {height} carries a focus out of turn")
            self.focus.skip(edits)
            self._stepped = True
            return None
        if not self.focus.particle_count and not len(edits.digests):
            if delta:
                raise BlockError("focus-delta", f"block {height} carries a focus of no particles")
            return None
        step = self.focus.advance(edits) if delta is None else self.focus.check(edits, delta)
        self._stepped = True
        return step

    def _header(
        self,
        working: Working,
        moved: Moved,
        step: FocusStep | None,
        body: bytes,
        root: bytes,
    ) -> Header:
        certificate, focus_root = self.tip.focus_certificate, self.tip.focus_root
        if step is not None:
            certificate, focus_root = (
                certificate_of(step, working.height, moved.root),
                step.focus_root,
            )
            moved.put_entry(FOCUS_KEY, focus_entry(certificate, focus_root))
        return Header(
            version=1,
            network=self.network,
            height=working.height,
            time=working.time,
            parent=self.tip.id,
            state_root=moved.root,
            focus_root=focus_root,
            data_root=data_root(body, self.parameters),
            signals_root=root,
            proposer=working.proposer,
            validators_hash=validators_hash(self.proposers),
            focus_certificate=certificate,
            params_hash=self.tip.params_hash,
            extra=b"",
        )

    def _write(self, moved: Moved, block: Block, step: FocusStep | None) -> None:
        write_block(moved.writer, block)
        write_rotation(moved.writer, moved, block.header, self.parameters)
        height, parameters = block.header.height, self.parameters
        turn = height // parameters.focus_interval % CHECKPOINT_BLOCKS == 0
        if step is not None and (turn or self.tip.focus_certificate is None):
            write_vector(moved.writer, height, step.vector, parameters.history_window)

    def _may_propose(self, public: bytes) -> None:
        if public not in self.proposers:
            raise no_proposer(public, self.height + 1, self.proposers)

    def _read_focus(self) -> ChainFocus:
        digests = self.state.digests
        edits = FocusEdits.of(digests, *self.state.axons())
        with self._store.read() as reader:
            vector = read_vector(reader, self.height, digests, self.parameters)
        return ChainFocus.of(
            self.parameters.operator, self.parameters.residual_limit, edits, vector, self._timer
        )


def _operations(genesis: Genesis, registry: Registry) -> Registry:
    """The network's own set of operations, be it an earlier one than ``registry``."""
    found = registry.of(genesis.operations)
    if found is None:
        name = genesis.network.hex()[:16]
        raise BlockError(
            "operations", f"network {name} has other operations than this focusmesh knows"
        )
    return found
