"""Delegations: what one neuron gave one validator to vote with, and what of it is on its way back.

A leaf at ``/kv/delegation/at/`` ‖ validator ‖ neuron (first keys), dag-cbor of the fields of ``Delegation`` in their
order; at ``/kv/delegation/of/`` ‖ neuron stands the list of its validators. A leaf is as its owner left it. Slashes and
rewards since are carried into it when somebody asks, so that neither an epoch nor a slash costs a step a delegator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.state.accounts.accounts import changed
from focusmesh.kernel.state.key_space import DELEGATION_PREFIX
from focusmesh.kernel.state.staking.exits import read_exit
from focusmesh.kernel.state.staking.leaves import move_held
from focusmesh.kernel.state.staking.periods import OWN, join_period, leave_period, periods_since
from focusmesh.kernel.state.staking.pools import RATIO_BITS, pool_account, ratio_bytes, read_pool
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.kernel.state.staking.leaves import StakeState
    from focusmesh.kernel.state.staking.periods import Slash

_AT = DELEGATION_PREFIX + b"at/"
_OF = DELEGATION_PREFIX + b"of/"


class Guest(NamedTuple):
    """``amount`` that came from ``source`` on its way out ``exit``: slashes of that validator still reach it."""

    source: bytes
    exit: int
    amount: int


class Leaving(NamedTuple):
    """``amount`` on its way back by the way out ``exit``."""

    exit: int
    amount: int


class Delegation(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a neuron gave a validator, as it was in ``period`` of its pool, paid up to ``ratio``.

    ``stake`` and ``guests`` vote and earn, ``leaving`` does neither. ``fresh`` of them came in ``epoch``: they vote
    from the next one on.
    """

    stake: int = 0
    ratio: int = 0
    period: int = 0
    fresh: int = 0
    epoch: int = 0
    guests: tuple[Guest, ...] = ()
    leaving: tuple[Leaving, ...] = ()

    @property
    def amount(self) -> int:
        """All that votes and earns, in base units."""
        return self.stake + sum(each.amount for each in self.guests)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is there, nor on its way back."""
        return not (self.amount or self.leaving)

    def voting_in(self, epoch: int) -> int:
        """What of it votes in ``epoch``, at least."""
        return max(0, self.amount - (self.fresh if self.epoch == epoch else 0))

    def with_fresh(self, amount: int, epoch: int) -> Delegation:
        """The delegation with so much more that votes from the epoch after ``epoch`` on; its stake is as before."""
        fresh = self.fresh if self.epoch == epoch else 0
        return changed(self, fresh=fresh + amount, epoch=epoch)

    def encode(self) -> bytes:
        """The leaf's value."""
        fields = msgspec.to_builtins(self, builtin_types=(bytes,))
        return encode([self.stake, ratio_bytes(self.ratio), *fields[2:]])

    @classmethod
    def decode(cls, value: bytes) -> Delegation:
        """The delegation in a leaf's value, which came out of the state."""
        stake, ratio, *others = decode(value)
        fields = [stake, int.from_bytes(ratio, "big"), *others]
        return msgspec.convert(fields, cls, builtin_types=(bytes,))


def delegation_key(validator: bytes, neuron: bytes) -> bytes:
    """Where it stands what a neuron gave a validator, by first keys."""
    return _AT + validator + neuron


def read_delegation(
    get: Callable[[bytes], bytes | None], validator: bytes, neuron: bytes
) -> Delegation | None:
    """What a neuron gave a validator as its leaf has it, None where that is nothing."""
    value = get(delegation_key(validator, neuron))
    return None if value is None else Delegation.decode(value)


def delegators_of(
    scan: Callable[[bytes], Iterator[tuple[bytes, bytes]]], validator: bytes
) -> Iterator[bytes]:
    """Who delegated to a validator, by rising first key. O(delegators · log n)."""
    prefix = _AT + validator
    for key, _ in scan(prefix):
        yield key[len(prefix) :]


def validators_of(get: Callable[[bytes], bytes | None], neuron: bytes) -> tuple[bytes, ...]:
    """To whom a neuron (first key) delegated, by rising first key; O(log n)."""
    value = get(_OF + neuron)
    data = b"" if value is None else value
    return tuple(data[at : at + DIGEST_BYTES] for at in range(0, len(data), DIGEST_BYTES))


def carry_delegation(
    get: Callable[[bytes], bytes | None], validator: bytes, delegation: Delegation
) -> tuple[Delegation, int]:
    """A delegation as it is now, and what it earned since it was paid, both floored at each slash.

    O(slashes since · log n). Nothing is written.
    """
    carried, ratio, earned = delegation, delegation.ratio, 0
    for period in periods_since(get, validator, delegation.period):
        earned += carried.amount * (period.ratio - ratio) >> RATIO_BITS
        ratio = period.ratio
        carried = _after_slash(carried, period.slash)
        if carried.is_empty:
            break
    pool = read_pool(get, validator)
    earned += carried.amount * (pool.ratio - ratio) >> RATIO_BITS
    return _without_old_guests(get, changed(carried, ratio=pool.ratio, period=pool.period)), earned


def take_delegation(state: StakeState, validator: bytes, neuron: bytes) -> tuple[Delegation, int]:
    """A delegation as it is now, out of its pool's periods, and what it earned, out of its pool's pot.

    Whoever takes it pays what it earned, and puts the delegation back. O(slashes since · log n).
    """
    found = read_delegation(state.get, validator, neuron)
    if found is None:
        pool = read_pool(state.get, validator)
        return Delegation(ratio=pool.ratio, period=pool.period), 0
    carried, earned = carry_delegation(state.get, validator, found)
    leave_period(state, validator, found.period)
    move_held(state, pool_account(validator), balance=-earned)
    return carried, earned


def put_delegation(
    state: StakeState, validator: bytes, neuron: bytes, delegation: Delegation
) -> None:
    """Sets a delegation that was taken, as of now; one of nothing has no leaf. O(log n)."""
    validators = set(validators_of(state.get, neuron))
    if delegation.is_empty:
        state.delete(delegation_key(validator, neuron))
        _put_validators(state, neuron, validators - {validator})
        return
    join_period(state, validator)
    state.put(delegation_key(validator, neuron), delegation.encode())
    if validator not in validators:
        _put_validators(state, neuron, validators | {validator})


def _put_validators(state: StakeState, neuron: bytes, validators: set[bytes]) -> None:
    if validators:
        state.put(_OF + neuron, b"".join(sorted(validators)))
    else:
        state.delete(_OF + neuron)


def _after_slash(delegation: Delegation, slash: Slash) -> Delegation:
    """The delegation after a slash of its validator, or of one from which guests came; what is nothing leaves."""
    is_own = slash.source == OWN
    guests = [
        each._replace(amount=slash.rest(each.amount))
        if is_own or (each.source == slash.source and each.exit >= slash.first_exit)
        else each
        for each in delegation.guests
    ]
    leaving = [
        each._replace(amount=slash.rest(each.amount))
        if is_own and each.exit >= slash.first_exit
        else each
        for each in delegation.leaving
    ]
    return changed(
        delegation,
        stake=slash.rest(delegation.stake) if is_own else delegation.stake,
        guests=tuple(each for each in guests if each.amount),
        leaving=tuple(each for each in leaving if each.amount),
    )


def _without_old_guests(get: Callable[[bytes], bytes | None], delegation: Delegation) -> Delegation:
    """Guests that slashes of their source no longer reach are stake like all other."""
    old = [each for each in delegation.guests if read_exit(get, each.source, each.exit) is None]
    return changed(
        delegation,
        stake=delegation.stake + sum(each.amount for each in old),
        guests=tuple(each for each in delegation.guests if each not in old),
    )
