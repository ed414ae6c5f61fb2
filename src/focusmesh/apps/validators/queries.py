"""Who has bonded what, read from a state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.kernel.state import VALIDATOR_PREFIX, Unbonding, key_holder, read_bonds, read_pool

if TYPE_CHECKING:
    from focusmesh.kernel.state import Bond, StateView


class ValidatorRecord(msgspec.Struct, frozen=True):
    """A neuron with a bond, or that had one and voted twice.

    ``neuron`` is its first key, ``key`` the one that signs today. ``unbonding`` are amounts and when they can be
    withdrawn, in milliseconds since 1970; 0: the epoch in which they vote has not ended. ``delegated`` votes with the
    bond, and of a thousand base units of rewards the neuron keeps ``commission`` before its delegators have theirs.
    """

    neuron: bytes
    key: bytes
    bond: int
    unbonding: tuple[Unbonding, ...]
    jailed: bool
    delegated: int = 0
    commission: int = 0

    @property
    def own_share(self) -> float:
        """What part of all that would vote through it the neuron has bonded itself."""
        return self.bond / max(1, self.bond + self.delegated)


def validators(view: StateView) -> list[ValidatorRecord]:
    """All bonds of a state, the largest first, equal ones by rising key. O(bonds · log n)."""
    found = [_record(view, *each) for each in read_bonds(view.scan(VALIDATOR_PREFIX))]
    return sorted(found, key=lambda each: (-each.bond, each.neuron))


def _record(view: StateView, neuron: bytes, bond: Bond) -> ValidatorRecord:
    pool = read_pool(view.get, neuron)
    return ValidatorRecord(
        neuron=neuron,
        key=key_holder(view.get, neuron),
        bond=bond.amount,
        unbonding=bond.unbonding,
        jailed=not bond.is_electable,
        delegated=pool.stake,
        commission=pool.commission,
    )
