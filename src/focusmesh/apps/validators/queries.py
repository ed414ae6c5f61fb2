"""Who has bonded what, read from a state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.kernel.state import VALIDATOR_PREFIX, Unbonding, key_holder, read_bonds

if TYPE_CHECKING:
    from focusmesh.kernel.state import StateView


class ValidatorRecord(msgspec.Struct, frozen=True):
    """A neuron with a bond, or that had one and voted twice.

    ``neuron`` is its first key, ``key`` the one that signs today. ``unbonding`` are amounts and when they can be
    withdrawn, in milliseconds since 1970; 0: the epoch in which they vote has not ended.
    """

    neuron: bytes
    key: bytes
    bond: int
    unbonding: tuple[Unbonding, ...]
    jailed: bool


def validators(view: StateView) -> list[ValidatorRecord]:
    """All bonds of a state, the largest first, equal ones by rising key. O(bonds · log n)."""
    found = [
        ValidatorRecord(
            neuron, key_holder(view.get, neuron), bond.amount, bond.unbonding, not bond.is_electable
        )
        for neuron, bond in read_bonds(view.scan(VALIDATOR_PREFIX))
    ]
    return sorted(found, key=lambda each: (-each.bond, each.neuron))
