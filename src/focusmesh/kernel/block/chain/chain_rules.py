"""The rules that hold for the next block, as a state says them: parameters, epoch, set of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.block.records import read_genesis
from focusmesh.kernel.runtime import migrations_left
from focusmesh.kernel.state import (
    MIGRATION_KEY,
    OPERATIONS_KEY,
    PARAMETERS_KEY,
    EpochStart,
    Parameters,
    read_epoch,
)
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.block.genesis import Genesis
    from focusmesh.kernel.state import StateView


class ChainRules(NamedTuple):
    """``data`` are the bytes of ``parameters`` in the state; ``epoch`` is None where the network cannot change.

    ``operations`` is the digest of the set, ``release`` the first that has it where it is not that of the genesis.
    ``migrations`` are still to be run.
    """

    parameters: Parameters
    data: bytes
    epoch: EpochStart | None
    operations: bytes
    release: str
    migrations: tuple[str, ...]


def read_rules(
    get: Callable[[bytes], bytes | None], genesis: Genesis, before: ChainRules | None
) -> ChainRules:
    """The rules after a state of which ``get`` gives values; ``before`` held for another state. O(log n)."""
    data = get(PARAMETERS_KEY) or b""
    if before is not None and before.data == data:
        parameters = before.parameters
    else:
        parameters = Parameters.decode(data) if data else genesis.parameters
    if not parameters.can_change:
        return ChainRules(parameters, data, None, genesis.operations, "", ())
    said = get(OPERATIONS_KEY)
    operations, release = decode(said) if said else (genesis.operations, "")
    left = migrations_left(get(MIGRATION_KEY))
    return ChainRules(parameters, data, read_epoch(get), operations, release, left)


def parameters_of_view(view: StateView) -> Parameters:
    """What holds for the block after the state of a ledger that is looked at. O(log n)."""
    return read_rules(view.get, read_genesis(view.reader), None).parameters
