"""What a delegator does: it gives stake to a validator, takes it back, moves it on, and has what it earned.

Each returns what was earned so far, which it took out of the pot: whoever calls pays it. Nothing here asks whether it
is allowed. Neurons and validators are named by first keys, amounts are in base units, and each costs O(slashes of the
validator since the delegation was last touched · log n).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.state.accounts.accounts import changed
from focusmesh.kernel.state.staking.delegations import (
    Guest,
    Leaving,
    put_delegation,
    take_delegation,
)
from focusmesh.kernel.state.staking.exits import BACK, add_exit, put_exit, read_exit
from focusmesh.kernel.state.staking.leaves import move_held
from focusmesh.kernel.state.staking.pools import pool_account, put_pool, read_pool

if TYPE_CHECKING:
    from focusmesh.kernel.state.staking.delegations import Delegation
    from focusmesh.kernel.state.staking.leaves import StakeState


class Claimed(NamedTuple):
    """What a claim gives: ``earned`` for the balance, ``returned`` for the stake."""

    earned: int
    returned: int


def delegate(state: StakeState, validator: bytes, neuron: bytes, amount: int, epoch: int) -> int:
    """Adds an amount, which the caller took from the neuron, to what votes through a validator from now on."""
    delegation, earned = take_delegation(state, validator, neuron)
    added = changed(delegation, stake=delegation.stake + amount).with_fresh(amount, epoch)
    _add_stake(state, validator, amount)
    move_held(state, pool_account(validator), stake=amount)
    put_delegation(state, validator, neuron, added)
    return earned


def undelegate(state: StakeState, validator: bytes, neuron: bytes, amount: int) -> int:
    """Sends an amount, at most the stake of the delegation, on its way back."""
    delegation, earned = take_delegation(state, validator, neuron)
    _add_stake(state, validator, -amount)
    number = add_exit(state, validator, BACK, amount)
    leaving = dict(delegation.leaving)
    leaving[number] = leaving.get(number, 0) + amount
    left = changed(
        delegation,
        stake=delegation.stake - amount,
        leaving=tuple(Leaving(*each) for each in leaving.items()),
    )
    put_delegation(state, validator, neuron, left)
    return earned


def redelegate(
    state: StakeState, source: bytes, target: bytes, neuron: bytes, amount: int, epoch: int
) -> int:
    """Moves an amount, at most the stake of the delegation, to another validator; it is a guest there at first."""
    delegation, earned = take_delegation(state, source, neuron)
    _add_stake(state, source, -amount)
    number = add_exit(state, source, target, amount)
    put_delegation(state, source, neuron, changed(delegation, stake=delegation.stake - amount))
    move_held(state, pool_account(source), stake=-amount)
    there, earned_there = take_delegation(state, target, neuron)
    _add_stake(state, target, amount)
    move_held(state, pool_account(target), stake=amount)
    guests = {(each.source, each.exit): each.amount for each in there.guests}
    guests[source, number] = guests.get((source, number), 0) + amount
    came = changed(there, guests=tuple(Guest(*way, held) for way, held in guests.items()))
    put_delegation(state, target, neuron, came.with_fresh(amount, epoch))
    return earned + earned_there


def claim(state: StakeState, validator: bytes, neuron: bytes, time: int) -> Claimed:
    """Gives what was earned, and of what is on its way back all that slashes no longer reach at ``time``."""
    delegation, earned = take_delegation(state, validator, neuron)
    due = [each for each in delegation.leaving if _collect(state, validator, each, time)]
    returned = sum(each.amount for each in due)
    waiting = tuple(each for each in delegation.leaving if each not in due)
    move_held(state, pool_account(validator), stake=-returned)
    put_delegation(state, validator, neuron, changed(delegation, leaving=waiting))
    return Claimed(earned, returned)


def due_at(state: StakeState, validator: bytes, delegation: Delegation, time: int) -> int:
    """What of a delegation, carried to now, a claim at ``time`` would give back to the stake."""
    return sum(
        each.amount
        for each in delegation.leaving
        if (way := read_exit(state.get, validator, each.exit)) is None or 0 < way.until <= time
    )


def _collect(state: StakeState, validator: bytes, leaving: Leaving, time: int) -> bool:
    """Whether an amount on its way back is due; then the next slash does not count it."""
    way = read_exit(state.get, validator, leaving.exit)
    if way is None:
        return True
    if not 0 < way.until <= time:
        return False
    put_exit(state, validator, leaving.exit, way, way.amount - leaving.amount)
    return True


def _add_stake(state: StakeState, validator: bytes, amount: int) -> None:
    pool = read_pool(state.get, validator)
    put_pool(state, validator, changed(pool, stake=pool.stake + amount))
