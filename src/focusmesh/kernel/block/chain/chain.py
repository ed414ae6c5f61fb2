"""The chain: blocks are proposed or accepted one after the other, each in one transaction of the store.

Whoever proposes and whoever checks goes the same way: signals over the working state, links into rows, rows into the
tree, the focus, its entry, the header. A checker compares what comes out with what the header says.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from focusmesh.engine.support.gc_pause import collector_at_rest
from focusmesh.errors import BlockError, SignalError
from focusmesh.kernel.block.body import Outcome, join_streams, pack_signals
from focusmesh.kernel.block.capacity import Room
from focusmesh.kernel.block.chain.block_end import (
    BlockEnd,
    BlockMoment,
    end_block,
    workers_of,
)
from focusmesh.kernel.block.chain.block_writer import write_next
from focusmesh.kernel.block.chain.genesis_block import begin_chain
from focusmesh.kernel.block.chain.header_builder import (
    certificate_of,
    focus_entry,
    header_version,
    is_focus_turn,
    proposers_after,
    signed_block,
    validators_digest,
)
from focusmesh.kernel.block.chain.stored_chain import KeptChain
from focusmesh.kernel.block.header import Header
from focusmesh.kernel.block.inclusion import Inclusion
from focusmesh.kernel.block.signal_order import order_signals, signals_root
from focusmesh.kernel.block.validation import (
    check_body,
    check_header,
    check_same,
    check_signatures,
    data_root,
    no_proposer,
    not_decided,
)
from focusmesh.kernel.focus import ChainFocus, FocusEdits, StageClock, no_time
from focusmesh.kernel.runtime import run_migration
from focusmesh.kernel.state import FOCUS_KEY, LayeredStore, read_statement
from focusmesh.protocol.world import SameProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from focusmesh.kernel.block.block import Block
    from focusmesh.kernel.block.body import Body
    from focusmesh.kernel.block.genesis import Genesis
    from focusmesh.kernel.focus import FocusStep
    from focusmesh.kernel.runtime import Registry, Result
    from focusmesh.kernel.state import BlockWrites, StateOverlay, Store
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.signal import SignedSignal
    from focusmesh.protocol.world import Checker


class Chain(KeptChain):
    """The chain in a store, open for writing. Not safe between threads.

    Where validators decide, blocks are made and accepted in a store of layers alone (candidates.py).
    """

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
        self._room: Room
        super().__init__(store, registry, timer, focus)
        self._checker = SameProcess() if checker is None else checker
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
        begin_chain(store, genesis, registry)
        return cls(store, registry, checker, timer)

    @property
    def signals_bytes_max(self) -> int:
        """What signals of one block may have together: half of a block, the rest is for results and focus."""
        return self._room.bytes_max

    @property
    def portion_bytes(self) -> int:
        """About how many bytes of signals the next block has room for: in a square they are packed."""
        return self._room.portion_bytes

    def propose(
        self,
        signals: Sequence[SignedSignal],
        time: int,
        key: SigningKey,
        contents: Mapping[bytes, bytes] | None = None,
        *,
        whole: bool = False,
        empty: bool = True,
    ) -> Inclusion:
        """Makes the next block of ``signals``, whose signatures were checked, and commits it.

        ``contents`` are what the signals publish, by digest. Signals that cannot be in the block are refused one by
        one and change nothing. Where a square has no room for what they and the focus make of a body, the block is of
        the first of them alone; the others are neither in it nor refused. Raises BlockError ("proposer") where the key
        may not propose, ("body") for signals of more than ``signals_bytes_max`` bytes, ("too-large") where one signal
        alone makes too large a body, ("agreement") where validators decide.

        A ``whole`` block is of all signals that can be in one, and is made even of none where it may be ``empty``;
        ("too-large") then says that they do not fit one.
        """
        self._check_noted()
        self._may_propose(key.public)
        self._room.check(signals)
        signals = order_signals(self.tip.id, signals)
        signals = signals if whole else self._room.first(signals)
        with collector_at_rest():
            while True:
                try:
                    at = max(time, self.tip.time)
                    return self._propose(signals, at, key, contents, whole, empty=whole and empty)
                except BlockError as error:
                    if error.code != "too-large" or len(signals) < 2 or whole:
                        raise
                    signals = signals[: len(signals) // 2]

    def _propose(
        self,
        signals: Sequence[SignedSignal],
        time: int,
        key: SigningKey,
        contents: Mapping[bytes, bytes] | None,
        whole: bool,
        *,
        empty: bool,
    ) -> Inclusion:
        clock, parent = StageClock(self._timer), self.tip
        working = self.begin_block(parent.height + 1, time, key.public)
        proposal = self.runtime.propose(working, signals, contents, alone=whole)
        clock.lap("execute")
        refused = {signed.id: error for signed, error in proposal.refused}
        if not proposal.signals and not empty:
            return Inclusion(None, {}, refused)
        wires = tuple(signed.wire for signed in proposal.signals)
        outcomes = tuple(Outcome(result.code, result.fee) for result in proposal.results)
        with ThreadPoolExecutor(1) as beside:
            # While the state moves, which does not need them; the compressor lets go of the interpreter.
            carried = beside.submit(pack_signals, wires, outcomes)
            with self._transition(working, clock) as moved:
                end = end_block(moved, self.moment(working))
                step = self._step(moved, working.height, None)
                clock.lap("focus")
                body = join_streams(carried.result(), step.delta if step else b"")
                packed_bytes = len(carried.result())
                self._room.learn(proposal.signals, packed_bytes, len(body) - packed_bytes)
                clock.lap("body")
                roots = data_root(body, self.parameters), signals_root(proposal.signals)
                header = self._header(working, moved, step, roots, end)
                clock.lap("root")
                block = signed_block(header, body, key)
                write_next(moved, block, step, self.tip, self.parameters, self.validator_set, end)
                clock.lap("write")
        clock.lap("commit")
        self._advance(header)
        results = zip(proposal.signals, proposal.results, strict=True)
        seconds = clock.seconds | {
            f"focus {name}": value for name, value in (step.seconds if step else {}).items()
        }
        return Inclusion(block, {signed.id: result for signed, result in results}, refused, seconds)

    def accept(
        self,
        block: Block,
        contents: Mapping[bytes, bytes] | None = None,
        *,
        offered: Sequence[SignedSignal] | None = None,
        is_checked: bool = False,
    ) -> None:
        """Checks a block that somebody else made, by doing all of it again, and commits it.

        Where signals are ``offered``, whose signatures were checked, the block is to be of all of them that can be in
        one. The signatures of one that ``is_checked`` were. Raises BlockError with a code for what is wrong,
        ("agreement") where validators decide; the chain is then as it was.
        """
        self._check_noted()
        self._check_layered()
        with collector_at_rest():
            self._accept(block, contents, offered, is_checked)

    def _accept(
        self,
        block: Block,
        contents: Mapping[bytes, bytes] | None,
        offered: Sequence[SignedSignal] | None,
        is_checked: bool,
    ) -> None:
        header, parent = block.header, self.tip
        check_same("header", block.header_bytes, header.encode())
        check_header(header, parent, block.proof, self.network, self.proposers)
        body, signals = check_body(block, parent.id, self.parameters, offered or ())
        working = self.begin_block(header.height, header.time, header.proposer)
        if offered is None:
            if not is_checked:
                check_signatures(signals, self._checker)
            results = self._execute(working, signals, contents)
        else:
            offered = order_signals(parent.id, offered)
            made = self.runtime.propose(working, offered, contents, alone=True)
            wires = [signed.wire for signed in made.signals]
            if list(body.signals) != wires:
                raise BlockError(
                    "signals",
                    f"block {header.height} has {len(body.signals)} signals, and not those {len(wires)} that it is "
                    "to be made of",
                )
            results = made.results
        said = [(outcome.code, outcome.fee) for outcome in body.results]
        check_same("results", said, [(result.code, result.fee) for result in results])
        self._commit(block, body, signals, working)

    def _execute(
        self,
        working: StateOverlay,
        signals: Sequence[SignedSignal],
        contents: Mapping[bytes, bytes] | None,
    ) -> list[Result]:
        try:
            return self.runtime.execute(working, signals, contents)
        except SignalError as error:
            raise BlockError("signal", f"block {working.height}: {error}") from error

    def _commit(
        self, block: Block, body: Body, signals: Sequence[SignedSignal], working: StateOverlay
    ) -> None:
        """Moves the state, and compares what comes out with what the header says."""
        header = block.header
        with self._transition(working, StageClock(self._timer)) as moved:
            end = end_block(moved, self.moment(working))
            step = self._step(moved, header.height, body.focus)
            # ``check_body`` saw that the body is the one that the header names.
            roots = header.data_root, signals_root(signals)
            made = self._header(working, moved, step, roots, end)
            for name in Header.__struct_fields__:
                check_same(name, getattr(header, name), getattr(made, name))
            write_next(moved, block, step, self.tip, self.parameters, self.validator_set, end)
        self._advance(header)

    @contextmanager
    def _transition(self, working: StateOverlay, clock: StageClock) -> Iterator[BlockWrites]:
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

    def _check_noted(self) -> None:
        """An interrupt between a commit and the line behind it leaves the tip behind the state."""
        if self.state.height != self.tip.height:
            self._reread()

    def _step(self, moved: BlockWrites, height: int, delta: bytes | None) -> FocusStep | None:
        """The focus of a block, None where it has none; solved where there is no ``delta``, else checked."""
        edits = FocusEdits.of(moved.digests, moved.source, moved.target, moved.weight)
        if not is_focus_turn(height, self.tip, self.parameters):
            if delta:
                raise BlockError("focus-delta", f"block {height} carries a focus out of turn")
            self.focus.skip(edits)
            self._stepped = True
            return None
        if not self.focus.particle_count and not len(edits.digests):
            if delta:
                raise BlockError(
                    "focus-delta", f"block {height} carries a focus, but the graph has no particles"
                )
            # A step like any other: there is one to take back for every block.
            self.focus.skip(edits)
            self._stepped = True
            return None
        step = self.focus.advance(edits) if delta is None else self.focus.check(edits, delta)
        self._stepped = True
        return step

    def moment(self, working: StateOverlay) -> BlockMoment:
        """What the end of the block depends on that ``working`` is of."""
        electorate = self.state.electorate
        at = working.height, working.time
        workers = workers_of(working)
        return BlockMoment(*at, self.rules, self.validator_set, electorate, workers)

    def begin_block(self, height: int, time: int, proposer: bytes) -> StateOverlay:
        """The changes of the next block, before its signals. Raises UpgradeRequiredError as ``check_rules``."""
        self.check_rules()
        working = self.state.begin(height, time, proposer)
        run_migration(working, self.state.scan, self.registry.migrations)
        return working

    def _follow_rules(self) -> None:
        super()._follow_rules()
        self._room = Room(self.parameters)

    def _header(
        self,
        working: StateOverlay,
        moved: BlockWrites,
        step: FocusStep | None,
        roots: tuple[bytes, bytes],
        end: BlockEnd,
    ) -> Header:
        parameters, epoch = self.parameters, self.rules.epoch
        certificate, focus_root = self.tip.focus_certificate, self.tip.focus_root
        # Of solo blocks a header names who made it; validators who give the blocks to keys name those.
        makers = self.proposers
        if self.validator_set is not None and end.validators is None:
            makers = proposers_after(moved.get, end.parameters)
        if step is not None:
            certificate, focus_root = (
                certificate_of(step, working.height, moved.root),
                step.focus_root,
            )
            moved.put_entry(FOCUS_KEY, focus_entry(certificate, focus_root))
        return Header(
            version=header_version(parameters),
            network=self.network,
            height=working.height,
            time=working.time,
            parent=self.tip.id,
            state_root=moved.root,
            focus_root=focus_root,
            data_root=roots[0],
            signals_root=roots[1],
            proposer=working.proposer,
            validators_hash=validators_digest(end.validators, makers),
            focus_certificate=certificate,
            params_hash=self.params_hash,
            extra=b"",
            epoch=0 if epoch is None else epoch.number,
            engine="" if epoch is None else parameters.kind,
            ends_epoch=epoch is not None and end.ends_epoch,
            statement=self._shown_statement(moved),
        )

    def _shown_statement(self, moved: BlockWrites) -> bytes:
        """The digest of the statement that a block shows; nothing where it shows none."""
        if not self.parameters.can_hand_over:
            return b""
        shown = read_statement(moved.get)
        return b"" if shown is None or shown == self.state.statement else shown.digest

    def _may_propose(self, public: bytes) -> None:
        self._check_layered()
        if public not in self.proposers:
            raise no_proposer(public, self.height + 1, self.proposers)

    def _check_layered(self) -> None:
        if self.validator_set is not None and not isinstance(self._store, LayeredStore):
            raise not_decided(self.height + 1)
