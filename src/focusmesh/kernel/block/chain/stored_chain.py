"""The chain that a store holds: its blocks and its state, where it is, and who makes or decides the next block."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, InputError, UpgradeRequiredError
from focusmesh.ids import digest
from focusmesh.kernel.block.chain.chain_rules import read_rules
from focusmesh.kernel.block.chain.decisions import read_decision
from focusmesh.kernel.block.chain.genesis_block import focus_of_state, operations_of
from focusmesh.kernel.block.chain.header_builder import parameters_bytes, proposers_after
from focusmesh.kernel.block.chain.rotations import read_makers
from focusmesh.kernel.block.chain.rule_records import epoch_at, first_height_of, parameters_at
from focusmesh.kernel.block.chain.validator_sets import (
    NOBODY,
    epoch_end,
    epoch_of,
    has_validator_sets,
    read_validator_set,
    validator_set_at,
)
from focusmesh.kernel.block.records import (
    read_block,
    read_genesis,
    read_header,
    read_vector,
    root_after,
)
from focusmesh.kernel.focus import no_time
from focusmesh.kernel.runtime import Runtime
from focusmesh.kernel.state import LayeredStore, State, base_of, read_statement

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from focusmesh.engine.support.arrays import MassArray
    from focusmesh.kernel.block.block import Block
    from focusmesh.kernel.block.chain.chain_rules import ChainRules
    from focusmesh.kernel.block.genesis import Genesis
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.consensus import ValidatorSet
    from focusmesh.kernel.focus import ChainFocus
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Parameters, Reader, Store

UNDO_DEPTH = 8
"""So many undecided blocks are taken back quickly; for more the focus is read again."""


class KeptChain:
    """What ``Chain`` has besides making and accepting blocks. Not safe between threads."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        timer: Callable[[], float] = no_time,
        focus: ChainFocus | None = None,
    ) -> None:
        """See ``Chain``."""
        self._store = store
        self._timer = timer
        with store.read() as reader:
            self.genesis: Genesis = read_genesis(reader)
        self.registry = registry
        """All that this focusmesh knows, other sets than that of the next block too."""
        self.runtime = Runtime(operations_of(self.genesis, registry), self.network)
        self.state = State(store, self.genesis.parameters, partial(root_after, store))
        self.rules: ChainRules
        """What holds for the next block."""
        self.params_hash: bytes
        """The digest of the parameters that hold for the next block."""
        self._read_rules: ChainRules | None = None
        self._focus: ChainFocus | None = None
        self.tip: Header
        self.proposers: tuple[bytes, ...]
        """The keys that may make the next block."""
        self.validator_set: ValidatorSet | None = None
        """Who votes on the next block; None where one key makes it."""
        self._validators = b""
        self._advance(self.header(self.state.height))
        self._focus = focus
        self._follow_focus()

    @property
    def network(self) -> bytes:
        """The id of the network."""
        return self.genesis.network

    @property
    def parameters(self) -> Parameters:
        """What the network agrees on for the next block; ``parameters_of`` those of others."""
        return self.rules.parameters

    def parameters_of(self, height: int) -> Parameters:
        """What held for the block of a height, or holds for the next one. O(log n)."""
        if height > self.height:
            return self.parameters
        with self._store.read() as reader:
            return parameters_at(reader, height, self.genesis.parameters)

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
            depth = UNDO_DEPTH if isinstance(self._store, LayeredStore) else 1
            self._focus = focus_of_state(self._store, self.state, self._timer, depth)
        return self._focus

    @property
    def epoch(self) -> int:
        """The epoch of the next block. Raises ParameterError where nobody votes, and nothing can change."""
        return self.epoch_of(self.height + 1)

    def epoch_of(self, height: int) -> int:
        """The epoch of a block up to the next one. Raises ParameterError as ``epoch``. O(log n)."""
        with self._store.read() as reader:
            found = epoch_at(reader, height)
        return epoch_of(height, self.genesis.parameters) if found is None else found[0]

    def epoch_start(self, epoch: int) -> int:
        """The height of the first block of an epoch, the one of the next block or an earlier one.

        Raises ParameterError as ``epoch``. O(epochs since).
        """
        with self._store.read() as reader:
            found = first_height_of(reader, epoch)
        return epoch_end(epoch - 1, self.genesis.parameters) + 1 if found is None else found

    @property
    def epoch_end_most(self) -> int | None:
        """The height at which this epoch ends at the latest; None where it ends by time alone."""
        agreement = self.parameters.agreement
        if agreement is None:
            return None
        return self.epoch_start(self.epoch) + agreement.epoch_blocks - 1

    def check_rules(self) -> None:
        """Raises UpgradeRequiredError where the next block needs operations, or a migration, that are unknown here."""
        rules = self.rules
        found = self.registry.of(rules.operations)
        lacks = [name for name in rules.migrations if name not in self.registry.migrations]
        if found is not None and not lacks:
            return
        what = f"the migration {lacks[0]}" if found is not None else "another set of operations"
        raise UpgradeRequiredError(
            rules.release,
            f"from block {self.height + 1} on network {self.network.hex()[:16]} needs {what}: install focusmesh "
            f"{rules.release} and start again; the ledger is whole",
        )

    def validator_set_of(self, height: int) -> ValidatorSet:
        """Who voted, or votes, on a block from 1 to the next. Raises BlockError ("height") for others."""
        with self._store.read() as reader:
            data = validator_set_at(reader, height)
        if not data or not 1 <= height <= self.height + 1:
            raise BlockError(
                "height", f"block {height} of this ledger needs no votes: one key made it"
            )
        return read_validator_set(data)

    def makers_of(self, height: int) -> tuple[bytes, ...]:
        """The keys that could make a block from 1 to the next; none where validators decide it. Raises BlockError.

        O(blocks since those keys changed), O(1) for the next block.
        """
        if height > self.height:
            return () if self.parameters.agreement is not None else self.proposers
        with self._store.read() as reader:
            if validator_set_at(reader, height):
                return ()
            return read_makers(reader, height, self.parameters_of(height))

    @property
    def was_voted_on(self) -> bool:
        """Whether validators decide, or decided, some of its blocks."""
        with self._store.read() as reader:
            return has_validator_sets(reader)

    def decision_of(self, height: int) -> bytes:
        """The decision for a block; nothing where one for a later block stands for it too."""
        with self._store.read() as reader:
            return read_decision(reader, height)

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

    def go_back(self, count: int) -> None:
        """Forgets the last ``count`` blocks, which are layers. Raises InputError for more than those.

        O(1) for a few of them, else the focus is read again when it is asked for.
        """
        store = self._store
        if not isinstance(store, LayeredStore):
            raise InputError("blocks that are in the store cannot be removed")
        store.drop(count)
        if self._focus is not None and self._focus.undoable >= count:
            for _ in range(count):
                self._focus.undo()
        else:
            self._focus = None
        self.follow()

    def settle(self) -> None:
        """Nobody goes back behind the layers that there are."""
        if self._focus is not None and isinstance(self._store, LayeredStore):
            self._focus.settle(self._store.depth)

    def follow(self) -> None:
        """Goes on from where the store is, whoever wrote to it; the focus is not looked at."""
        self.state.refresh()
        self._advance(self.header(self.state.height))

    def _reread(self) -> None:
        """Goes on from what the store holds."""
        self._focus = None
        self.follow()

    def _advance(self, tip: Header) -> None:
        # The tip comes last: as long as it is behind the state, ``_check_noted`` reads both again.
        self.rules = read_rules(self.state.get, self.genesis, self._read_rules)
        if self.rules != self._read_rules:
            self._follow_rules()
            self._read_rules = self.rules
        if self.parameters.can_hand_over:
            self.state.statement = read_statement(self.state.get)
        if self.parameters.agreement is None:
            self.validator_set, self._validators = None, NOBODY
            self.proposers = proposers_after(self.state.get, self.parameters)
            self.state.electorate = dict.fromkeys(self.proposers, 1)
        else:
            self._elect(tip.height + 1)
        self.tip = tip

    def _follow_rules(self) -> None:
        """What works by the rules of the next block is told of others."""
        before, rules = self._read_rules, self.rules
        if before is None or before.parameters is not rules.parameters:
            self.state.parameters = rules.parameters
            self.params_hash = digest(parameters_bytes(rules.parameters))
            self._follow_focus()
        found = self.registry.of(rules.operations)
        if found is not None and found is not self.runtime.registry:
            self.runtime = Runtime(found, self.network)

    def _follow_focus(self) -> None:
        parameters, focus = self.parameters, self._focus
        if focus is not None and focus.has_trace != parameters.has_trace:
            self._focus = None
        elif focus is not None:
            focus.follow(parameters.operator, parameters.residual_limit)

    def _elect(self, height: int) -> None:
        with self._store.read() as reader:
            data = validator_set_at(reader, height)
        if data != self._validators:
            self.validator_set, self._validators = read_validator_set(data), data
            self.proposers = tuple(self.validator_set.weights)
            self.state.electorate = self.validator_set.weights
