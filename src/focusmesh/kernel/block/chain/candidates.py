"""Blocks before they are decided: made and judged in layers over the store, written when it is known which are final.

Whoever reads the store, this process or another, sees decided blocks alone. What was made or judged on a branch that is
left is kept by its id, and carried out once more when somebody goes on there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import BlockError
from focusmesh.kernel.block.chain.chain import Chain
from focusmesh.kernel.block.chain.decisions import (
    OPEN_MAX,
    check_decision,
    check_turn,
    write_decision,
)
from focusmesh.kernel.block.records import read_recovery
from focusmesh.kernel.block.succession import epoch_of_header
from focusmesh.kernel.focus import no_time
from focusmesh.kernel.state import HeldStore, LayeredStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from focusmesh.kernel.block.block import Block
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.block.inclusion import Inclusion
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Parameters, Store, Writer
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.signal import SignedSignal
    from focusmesh.protocol.world import Checker

    Choice = Callable[[Chain, Sequence[SignedSignal]], Sequence[SignedSignal]]
    """Which of the signals that a cut brings the block after the last one of a chain is to be made of."""


def _all_of(chain: Chain, signals: Sequence[SignedSignal]) -> Sequence[SignedSignal]:
    return signals


TAKEN_MAX, TAKEN_BYTES_MAX = 64, 1 << 26
"""So many blocks that were taken and not decided are kept, and of so many bytes; more only while they are layers."""
JUDGED_MAX, JUDGED_BYTES_MAX = 256, 1 << 28
"""And so many that were made or judged here: rounds that nobody decides have a block each."""


class _Open(NamedTuple):
    """A block that was carried out once, what came with its signals, and the ids of those that it was to be made of."""

    block: Block
    contents: Mapping[bytes, bytes] | None
    offered: frozenset[bytes] | None


class Candidates:
    """The undecided blocks of the chain in ``store``, which nobody else writes. Not for several threads at once.

    A block is known by its id from when it was made or judged until it, or one that excludes it, is decided, at most
    one a round since the last decision. Above JUDGED_MAX of them, or JUDGED_BYTES_MAX, the oldest that no other here
    follows is let go of: what the last rounds follow is never that. If it is decided all the same, it comes as a block
    that this node missed. Of what others say is decided, and turned out not to be, TAKEN_MAX are kept.
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        checker: Checker | None = None,
        timer: Callable[[], float] = no_time,
    ) -> None:
        """Raises as ``Chain``."""
        self.store, self.registry = store, registry
        self.decided = Chain(store, registry, checker, timer)
        """The chain as far as it is decided; it is never behind."""
        self._layers = LayeredStore(store)
        self._chain = Chain(self._layers, registry, checker, timer)
        self._open: dict[bytes, _Open] = {}
        self._path: list[bytes] = []
        """The ids of the blocks that are layers, lowest first."""

    @property
    def final(self) -> Header:
        """The header of the last decided block."""
        return self.decided.tip

    @property
    def parameters(self) -> Parameters:
        """What the network agrees on."""
        return self.decided.parameters

    @property
    def portion_bytes(self) -> int:
        """About how many bytes of signals a block has room for."""
        return self._chain.portion_bytes

    def block(self, block_id: bytes) -> Block | None:
        """An undecided block that was made or judged here."""
        found = self._open.get(block_id)
        return None if found is None else found.block

    def make(
        self,
        parent_id: bytes,
        signals: Sequence[SignedSignal],
        time: int,
        key: SigningKey,
        contents: Mapping[bytes, bytes] | None = None,
        *,
        empty: bool = True,
        choose: Choice = _all_of,
    ) -> Inclusion:
        """The block after ``parent_id`` of all of ``signals``, whose signatures were checked, that can be in one.

        ``choose`` says which of them it is for. It is made even of none, unless it may not be ``empty``. Raises
        BlockError: "absent" for a parent that is not known here, "too-large" or "body" where not all fit a block,
        "proposer", and what ``choose`` raises.
        """
        self._go_to(parent_id)
        self._check_epoch()
        chosen = choose(self._chain, signals)
        made = self._chain.propose(chosen, time, key, contents, whole=True, empty=empty)
        if made.block is not None:
            self._took(made.block, contents, signals)
            self._forget_judged()
        return made

    def judge(
        self,
        block: Block,
        parent_id: bytes,
        signals: Sequence[SignedSignal],
        contents: Mapping[bytes, bytes] | None = None,
        *,
        choose: Choice = _all_of,
    ) -> None:
        """Raises BlockError unless it is the block that all of these signals, whose signatures were checked, make.

        ``choose`` says which of them it is for, and may raise. Of those a signal that can be carried out may not be
        left out, and none be in it besides. Its time is only held against
        that of its parent: whoever asks has a clock.
        """
        known = self._open.get(block.id)
        if known is not None and known.offered == _ids(signals):
            return
        if block.header.parent != parent_id:
            raise BlockError("parent", f"{block!r} does not follow {parent_id.hex()[:16]}")
        self._go_to(parent_id)
        self._check_epoch()
        self._chain.accept(block, contents, offered=choose(self._chain, signals))
        self._took(block, contents, signals)
        self._forget_judged()

    def decide(self, block_id: bytes, decision: bytes = b"") -> list[Block]:
        """Writes a block and those before it, oldest first: nobody goes back behind them any more.

        Nothing for one that is decided already. Raises BlockError: "absent" where it was neither made nor judged here,
        "decision" unless its validators decided it; StoreError where it cannot be written, and it can be done again
        then.
        """
        if block_id == self.final.id:
            return []
        header = self._find_open(block_id).block.header
        self._recover()
        if block_id not in self._path:
            self._go_to(block_id)
        self._check(header, decision)
        return self._settle(block_id, decision)

    def take(
        self, run: Sequence[tuple[Block, Mapping[bytes, bytes] | None]], decision: bytes = b""
    ) -> list[Block]:
        """Carries out blocks that others decided, which follow ``final``, each with the contents that came along.

        The decision is that of the last one. Raises BlockError as ``Chain.accept`` and ``decide``; nothing is decided
        then.
        """
        if not 0 < len(run) <= OPEN_MAX:
            raise BlockError(
                "decision", f"{len(run)} blocks came at once; 1 to {OPEN_MAX} are allowed"
            )
        last = run[-1][0]
        parent = self.final.id
        for block, _ in run:
            if block.header.parent != parent:
                raise BlockError(
                    "parent", f"block {block.header.height} does not follow the one before it"
                )
            parent = block.id
        self._check(last.header, decision)
        for block, contents in run:
            self._carry(block, contents)
        self._go_to(last.id)
        return self._settle(last.id, decision)

    def beyond(
        self, run: Sequence[tuple[Block, Mapping[bytes, bytes] | None]]
    ) -> tuple[int, Chain]:
        """How many of these blocks, which follow ``final``, are right, and the chain as far as that.

        Nothing is decided. The chain is there for a look, and good until anything else is asked here.
        """
        last, count = self.final.id, 0
        for block, contents in run:
            if block.header.parent != last:
                break
            try:
                self._carry(block, contents)
            except BlockError:
                break
            last, count = block.id, count + 1
        self._go_to(last)
        return count, self._chain

    def at(self, block_id: bytes) -> Chain:
        """The chain up to a block that is open, or the last decided one: for a look, as of ``beyond``.

        Raises BlockError ("absent").
        """
        self._go_to(block_id)
        return self._chain

    def hold(self, block_id: bytes) -> HeldStore:
        """The records up to such a block, as they are until they are closed. Raises BlockError ("absent")."""
        self._go_to(block_id)
        return HeldStore(self._layers)

    def abandon(self) -> None:
        """Forgets all that is not decided."""
        self._back_to(0)
        self._open.clear()

    def _check_epoch(self) -> None:
        """Raises BlockError ("epoch") where the block below ends an epoch and is not decided: nobody goes on there."""
        chain = self._chain
        if chain.parameters.can_change and self._path and chain.tip.ends_epoch:
            raise BlockError(
                "epoch",
                f"block {chain.height} ends epoch {chain.tip.epoch} and is not decided: no block follows it before",
            )

    def _check(self, header: Header, decision: bytes) -> None:
        """Whether the validators who decide the next block decided this one."""
        validator_set, parameters = self.decided.validator_set, self.parameters
        if validator_set is None:
            return
        if epoch_of_header(header, parameters) != self.decided.epoch:
            raise BlockError(
                "decision",
                f"block {header.height} is of a later epoch: that of this one ends first",
            )
        check_decision(decision, header, validator_set, parameters)
        with self.store.read() as reader:
            check_turn(decision, header, read_recovery(reader))

    def _settle(self, block_id: bytes, decision: bytes) -> list[Block]:
        count = self._path.index(block_id) + 1
        blocks = [self._open[each].block for each in self._path[:count]]
        is_voted = self.parameters.agreement is not None

        def more(writer: Writer) -> None:
            if is_voted:
                write_decision(writer, blocks[-1].header.height, decision)

        self._layers.settle(count, more)
        self._chain.settle()
        del self._path[:count]
        self.decided.follow()
        kept = {self.final.id}
        later = sorted(self._open.items(), key=lambda item: item[1].block.header.height)
        self._open = {}
        for name, open_ in later:
            if open_.block.header.parent in kept:
                kept.add(name)
                self._open[name] = open_
        return blocks

    def _carry(self, block: Block, contents: Mapping[bytes, bytes] | None) -> None:
        """One block of others, whose parent is known here."""
        if block.id in self._open:
            return
        self._go_to(block.header.parent)
        self._chain.accept(block, contents)
        self._took(block, contents, None)
        self._forget_taken()

    def _forget_taken(self) -> None:
        """Lets go of the oldest blocks that are no layers, that no other here follows, and that nobody moved here."""
        taken = [name for name, each in self._open.items() if each.offered is None]
        self._forget(taken, TAKEN_MAX, TAKEN_BYTES_MAX)

    def _forget_judged(self) -> None:
        """The same of those that somebody moved here."""
        judged = [name for name, each in self._open.items() if each.offered is not None]
        self._forget(judged, JUDGED_MAX, JUDGED_BYTES_MAX)

    def _forget(self, taken: list[bytes], count_max: int, bytes_max: int) -> None:
        """O(blocks) for each that is let go of."""
        size = sum(len(self._open[name].block.body) for name in taken)
        while len(taken) > count_max or size > bytes_max:
            followed = {each.block.header.parent for each in self._open.values()}
            free = (name for name in taken if name not in self._path and name not in followed)
            name = next(free, None)
            if name is None:
                return
            taken.remove(name)
            size -= len(self._open.pop(name).block.body)

    def _took(
        self,
        block: Block,
        contents: Mapping[bytes, bytes] | None,
        signals: Sequence[SignedSignal] | None,
    ) -> None:
        offered = None if signals is None else _ids(signals)
        self._open[block.id] = _Open(block, contents, offered)
        self._path.append(block.id)

    def _find_open(self, block_id: bytes) -> _Open:
        found = self._open.get(block_id)
        if found is None:
            raise BlockError(
                "absent", f"block {block_id.hex()[:16]} is neither decided nor known here"
            )
        return found

    def _go_to(self, block_id: bytes) -> None:
        """Makes a block the newest layer; what others are above the common one is taken off."""
        self._recover()
        missing: list[_Open] = []
        at = block_id
        while at != self.final.id and at not in self._path:
            missing.append(self._find_open(at))
            at = missing[-1].block.header.parent
        self._back_to(0 if at == self.final.id else self._path.index(at) + 1)
        for open_ in reversed(missing):
            self._chain.accept(open_.block, open_.contents, is_checked=True)
            self._path.append(open_.block.id)

    def _recover(self) -> None:
        """After an interrupt between a layer and the line behind it."""
        if len(self._path) != self._layers.depth:
            self._back_to(0)
            self.decided.follow()

    def _back_to(self, depth: int) -> None:
        if self._layers.depth > depth:
            self._chain.go_back(self._layers.depth - depth)
        del self._path[depth:]


def _ids(signals: Sequence[SignedSignal]) -> frozenset[bytes]:
    return frozenset(signed.id for signed in signals)
