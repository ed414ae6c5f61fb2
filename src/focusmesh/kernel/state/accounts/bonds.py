"""Bonds: what a validator has at stake, and what of it is on its way back.

A leaf at ``/kv/validators/`` ‖ neuron (the first key, where it was rotated), dag-cbor of ``[amount, unbonding,
tombstoned]``. ``unbonding`` are ``[amount, until]`` in the order in which they were unbonded: ``until`` is a time in
milliseconds, 0 as long as the epoch lasts in which that amount voted. The tokens lie in the stake of an account that is
nobody's key. From version 6 of the parameters on ``jailed_until``, ``guilty_epoch`` and ``since_epoch`` follow, where
one of them is not 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from focusmesh.ids import DIGEST_BYTES, digest
from focusmesh.kernel.state.accounts.accounts import changed, key_holder, read_account
from focusmesh.kernel.state.key_space import KEY_PREFIX, VALIDATOR_PREFIX
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from focusmesh.kernel.state.accounts.agreement import Agreement
    from focusmesh.protocol.codec import Value

_DOMAIN = "focusmesh/bond/1"


class Unbonding(NamedTuple):
    """``amount`` can be withdrawn at ``until``; 0: ``unbonding_ms`` after the end of the epoch."""

    amount: int
    until: int


class Bond(msgspec.Struct, frozen=True, gc=False):
    """What a neuron has bonded, and whether it may vote with that.

    Who is ``tombstoned`` never votes again. ``jailed_until`` is 0 or the time, in milliseconds, from which on
    ``unjail/1`` ends the jail; until it does nobody elects the neuron. ``guilty_epoch``: it paid for all that it signed
    in epochs up to this one. ``since_epoch``: its first bond is of this epoch; what it signed before is no concern
    of it.
    """

    amount: int = 0
    unbonding: tuple[Unbonding, ...] = ()
    tombstoned: bool = False
    jailed_until: int = 0
    guilty_epoch: int = 0
    since_epoch: int = 0

    @property
    def is_jailed(self) -> bool:
        """Whether it may vote again, but not before its ``unjail/1``: time alone ends no jail."""
        return self.jailed_until > 0 and not self.tombstoned

    @property
    def is_electable(self) -> bool:
        """Whether nothing but too small a bond keeps it from voting: neither jail nor tombstone."""
        return not (self.tombstoned or self.jailed_until)

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be lost with its leaf: no stake, and no penalty to remember."""
        return not (self.stake_at_risk or self.tombstoned or self.jailed_until or self.guilty_epoch)

    @property
    def stake_at_risk(self) -> int:
        """What a proof of misconduct takes: what is unbonding too."""
        return self.amount + sum(each.amount for each in self.unbonding)

    def due(self, time: int) -> int:
        """What can be withdrawn at ``time``."""
        return sum(each.amount for each in self.unbonding if 0 < each.until <= time)

    def encode(self) -> bytes:
        """The leaf's value."""
        unbonding: list[Value] = [list(each) for each in self.unbonding]
        later: list[Value] = [self.jailed_until, self.guilty_epoch, self.since_epoch]
        always: list[Value] = [self.amount, unbonding, int(self.tombstoned)]
        return encode([*always, *later] if any(later) else always)

    @classmethod
    def decode(cls, value: bytes) -> Bond:
        """The bond in a leaf's value, which came out of the state."""
        amount, unbonding, tombstoned, *later = decode(value)
        return cls(amount, tuple(Unbonding(*each) for each in unbonding), bool(tombstoned), *later)


def bond_key(neuron: bytes) -> bytes:
    """Where the bond of a neuron, by its first key, is in the state."""
    return VALIDATOR_PREFIX + neuron


def bond_account(neuron: bytes) -> bytes:
    """The account that holds what the neuron has bonded: no key anybody has."""
    return digest(encode([_DOMAIN, neuron]))


def read_bond(get: Callable[[bytes], bytes | None], neuron: bytes) -> Bond | None:
    """The bond of a neuron, by its first key, in a state of which ``get`` gives values."""
    value = get(bond_key(neuron))
    return None if value is None else Bond.decode(value)


def read_bonds(leaves: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, Bond]]:
    """Neurons and bonds of the leaves under ``VALIDATOR_PREFIX``."""
    for key, value in leaves:
        yield key[len(VALIDATOR_PREFIX) :], Bond.decode(value)


def first_key(get: Callable[[bytes], bytes | None], key: bytes) -> bytes:
    """The first of the chain of rotated keys that ``key`` is in: the neuron whose bond it is."""
    leaf = get(KEY_PREFIX + key)
    if leaf is not None:
        return leaf[DIGEST_BYTES:]
    account = read_account(get, key)
    return (account.origin if account else b"") or key


def voting_weights(
    get: Callable[[bytes], bytes | None],
    bonds: Iterable[tuple[bytes, Bond]],
    agreement: Agreement,
    weight: Callable[[bytes, Bond], int] | None = None,
) -> dict[bytes, int]:
    """Who votes in the epoch after a state, by the keys that sign today, with what weight.

    ``weight`` of a neuron and its bond: by default what it has bonded. Empty where nobody has bonded enough.
    Who is jailed or tombstoned is not among them. O(bonds · log bonds).
    """
    able = [
        (-(weight(neuron, bond) if weight else bond.amount), neuron)
        for neuron, bond in bonds
        if bond.amount >= agreement.bond_least and bond.is_electable
    ]
    chosen = sorted(able)[: agreement.voters_most]
    return {key_holder(get, neuron): -amount for amount, neuron in chosen}


def release_bond(bond: Bond, until: int) -> Bond:
    """The bond when an epoch has ended: the time of what was unbonded in it runs ``until`` then."""
    return changed(
        bond,
        unbonding=tuple(
            each if each.until else Unbonding(each.amount, until) for each in bond.unbonding
        ),
    )
