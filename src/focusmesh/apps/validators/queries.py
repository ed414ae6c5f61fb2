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
)

if TYPE_CHECKING:
    from focusmesh.kernel.state import StateView


class ValidatorRecord(msgspec.Struct, frozen=True):
    """A neuron with a bond, or that had one and voted twice.

    ``neuron`` is its first key, ``key`` the one that signs today. ``unbonding`` are amounts and when they can be
    withdrawn, in milliseconds since 1970; 0: the epoch in which they vote has not ended. ``jailed``: it is not elected,
    either until its ``unjail/1``, which it may sign from ``jailed_until`` on, or for ever, where it is ``tombstoned``.
    ``seen``: when it was last seen at work, in milliseconds since 1970; 0 where that is not noted.
    """

    neuron: bytes
    key: bytes
    bond: int
    unbonding: tuple[Unbonding, ...]
    jailed: bool
    jailed_until: int = 0
    tombstoned: bool = False
    seen: int = 0


def validators(view: StateView) -> list[ValidatorRecord]:
    """All bonds of a state, the largest first, equal ones by rising key. O(bonds · log n)."""
    cut = len(PRESENCE_PREFIX)
    seen = {key[cut:]: Presence.decode(value).time for key, value in view.scan(PRESENCE_PREFIX)}
    found = [
        ValidatorRecord(
            neuron,
            key_holder(view.get, neuron),
            bond.amount,
            bond.unbonding,
            not bond.is_electable,
            bond.jailed_until,
            bond.tombstoned,
            seen.get(neuron, 0),
        )
        for neuron, bond in read_bonds(view.scan(VALIDATOR_PREFIX))
    ]
    return sorted(found, key=lambda each: (-each.bond, each.neuron))
