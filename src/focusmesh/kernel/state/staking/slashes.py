"""Slashes: what a validator's misconduct takes of those who vote through it, and of those who did so lately."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from focusmesh.kernel.state.accounts.accounts import changed
from focusmesh.kernel.state.staking.exits import BACK, amount_now, put_exit, read_exit
from focusmesh.kernel.state.staking.leaves import move_held
from focusmesh.kernel.state.staking.periods import OWN, Slash, end_period
from focusmesh.kernel.state.staking.pools import pool_account, put_pool, read_pool

if TYPE_CHECKING:
    from focusmesh.kernel.state.staking.exits import Exit
    from focusmesh.kernel.state.staking.leaves import StakeState


def slash_pool(state: StakeState, validator: bytes, numerator: int, denominator: int) -> int:
    """Takes ``numerator`` of ``denominator`` of all that is delegated to a validator (first key), or left it lately.

    What left is what was undelegated or redelegated, as long as it is bound. Returns the base units that it took out of
    the accounts of pools, rounded up; the supply is for the caller to change. 0 ≤ numerator ≤ denominator. Reads and
    writes leaves under POOL_PREFIX and ACCOUNT_PREFIX. O(ways out · log n), however many delegators there are.
    """
    pool = read_pool(state.get, validator)
    slash = Slash(numerator, denominator, OWN, pool.first_exit)
    ways: list[tuple[int, Exit]] = []
    for number in range(pool.first_exit, pool.exits):
        way = read_exit(state.get, validator, number)
        assert way is not None, "what slashes reach stands in the state"
        ways.append((number, way))
    taken = _slash_stake(state, validator, slash)
    taken += _slash_undelegated(state, validator, slash, ways)
    if taken:
        end_period(state, validator, slash)
        move_held(state, pool_account(validator), stake=-taken)
    return taken + _slash_redelegated(state, validator, slash, ways)


def _slash_stake(state: StakeState, validator: bytes, slash: Slash) -> int:
    pool = read_pool(state.get, validator)
    left = slash.rest(pool.stake)
    if left != pool.stake:
        put_pool(state, validator, changed(pool, stake=left))
    return pool.stake - left


def _slash_undelegated(
    state: StakeState, validator: bytes, slash: Slash, ways: list[tuple[int, Exit]]
) -> int:
    taken = 0
    for number, way in ways:
        if way.target == BACK and way.amount:
            left = slash.rest(way.amount)
            put_exit(state, validator, number, way, left)
            taken += way.amount - left
    return taken


def _slash_redelegated(
    state: StakeState, validator: bytes, slash: Slash, ways: list[tuple[int, Exit]]
) -> int:
    """What went to other validators is taken from their pools, and only from who came with it."""
    lost: Counter[bytes] = Counter()
    left: list[tuple[int, Exit, int]] = []
    for number, way in ways:
        if way.target != BACK:
            amount = amount_now(state.get, way)
            left.append((number, way, slash.rest(amount)))
            lost[way.target] += amount - left[-1][2]
    for target, amount in lost.items():
        if amount:
            pool = read_pool(state.get, target)
            put_pool(state, target, changed(pool, stake=pool.stake - amount))
            end_period(state, target, slash._replace(source=validator))
            move_held(state, pool_account(target), stake=-amount)
    for number, way, amount in left:
        put_exit(state, validator, number, way, amount)
    return sum(lost.values())
