"""Who has bonded what, read from a state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.kernel.state import (
    PRESENCE_PREFIX,
    VALIDATOR_PREFIX,
    Presence,
    Unbonding,
    key_holder,
    read_bonds,
    read_pool,
)

if TYPE_CHECKING:
    from focusmesh.kernel.state import Bond, StateView


class ValidatorRecord(msgspec.Struct, frozen=True):
    """A neuron with a bond, or that had one and voted twice.

    ``neuron`` is its first key, ``key`` the one that signs today. ``unbonding`` are amounts and when they can be
    withdrawn, in milliseconds since 1970; 0: the epoch in which they vote has not ended. ``jailed``: it is not elected,
    either until its ``unjail/1``, which it may sign from ``jailed_until`` on, or for ever, where it is ``tombstoned``.
    ``seen``: when it was last seen at work, in milliseconds since 1970; 0 where that is not noted. ``delegated`` votes
    with the bond, and of a thousand base units of rewards the neuron keeps ``commission`` before its delegators have
    theirs.
    """

    neuron: bytes
    key: bytes
    bond: int
    unbonding: tuple[Unbonding, ...]
    jailed: bool
    jailed_until: int = 0
    tombstoned: bool = False
    seen: int = 0
    delegated: int = 0
    commission: int = 0

    @property
    def own_share(self) -> float:
        """What part of all that would vote through it the neuron has bonded itself."""
        return self.bond / max(1, self.bond + self.delegated)


def validators(view: StateView) -> list[ValidatorRecord]:
    """All bonds of a state, the largest first, equal ones by rising key. O(bonds · log n)."""
    cut = len(PRESENCE_PREFIX)
    seen = {key[cut:]: Presence.decode(value).time for key, value in view.scan(PRESENCE_PREFIX)}
    found = [
        _record(view, neuron, bond, seen.get(neuron, 0))
        for neuron, bond in read_bonds(view.scan(VALIDATOR_PREFIX))
    ]
    return sorted(found, key=lambda each: (-each.bond, each.neuron))


def _record(view: StateView, neuron: bytes, bond: Bond, seen: int) -> ValidatorRecord:
    pool = read_pool(view.get, neuron)
    return ValidatorRecord(
        neuron=neuron,
        key=key_holder(view.get, neuron),
        bond=bond.amount,
        unbonding=bond.unbonding,
        jailed=not bond.is_electable,
        jailed_until=bond.jailed_until,
        tombstoned=bond.tombstoned,
        seen=seen,
        delegated=pool.stake,
        commission=pool.commission,
    )
