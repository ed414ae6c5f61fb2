"""The first block of a network, and what a chain is opened with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import BlockError
from focusmesh.kernel.block.block import Block
from focusmesh.kernel.block.chain.header_builder import first_header, parameters_bytes
from focusmesh.kernel.block.chain.rule_records import write_epoch
from focusmesh.kernel.block.chain.validator_sets import (
    first_validator_set,
    validator_set_bytes,
    write_validator_set,
)
from focusmesh.kernel.block.records import read_vector, write_block, write_genesis
from focusmesh.kernel.focus import ChainFocus, FocusEdits
from focusmesh.kernel.state import EPOCH_KEY, PARAMETERS_KEY, EpochStart, State, bond_first, endow

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.block.genesis import Genesis
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Store


def begin_chain(store: Store, genesis: Genesis, registry: Registry) -> None:
    """Writes the first block. Raises BlockError ("genesis", "operations") where there is one or that cannot be."""
    genesis.verify()
    operations_of(genesis, registry)
    with store.read() as reader:
        if reader.count("meta"):
            raise BlockError("genesis", "this store holds a ledger already")
    parameters = genesis.parameters
    state = State(store, parameters)
    working = state.begin(0, genesis.time, b"")
    endow(working, [(grant.neuron, grant.balance, grant.stake) for grant in genesis.grants])
    if parameters.agreement is not None:
        bond_first(working, parameters.agreement.voters)
    working.put(PARAMETERS_KEY, parameters_bytes(parameters))
    if parameters.can_change:
        working.put(EPOCH_KEY, EpochStart(1, 1, genesis.time).encode())
    with state.transition(working) as moved:
        header = first_header(genesis, moved.root)
        write_genesis(moved.writer, genesis)
        write_block(moved.writer, Block(header, header.encode(), b"", b""))
        if parameters.can_change:
            write_epoch(moved.writer, 1, 1)
        validators = first_validator_set(parameters)
        if validators is not None:
            write_validator_set(moved.writer, 1, validator_set_bytes(validators))


def operations_of(genesis: Genesis, registry: Registry) -> Registry:
    """The network's own set of operations, be it an earlier one than ``registry``. Raises BlockError ("operations")."""
    found = registry.of(genesis.operations)
    if found is None:
        name = genesis.network.hex()[:16]
        raise BlockError(
            "operations", f"network {name} has other operations than this focusmesh knows"
        )
    return found


def focus_of_state(
    store: Store, state: State, timer: Callable[[], float], depth: int
) -> ChainFocus:
    """The committed focus at the height of a state. O(n log n + m)."""
    parameters, digests = state.parameters, state.digests
    edits = FocusEdits.of(digests, *state.axons())
    with store.read() as reader:
        vector = read_vector(reader, state.height, digests, parameters)
    limit, trace = parameters.residual_limit, parameters.has_trace
    return ChainFocus.of(parameters.operator, limit, edits, vector, timer, depth=depth, trace=trace)
