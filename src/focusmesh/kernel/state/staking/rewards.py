"""The end of an epoch: what the stake that voted in it has earned, and which ways out it closes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.state.accounts.accounts import changed, key_holder
from focusmesh.kernel.state.accounts.bonds import read_bond
from focusmesh.kernel.state.accounts.bounds import SHARE_SCALE
from focusmesh.kernel.state.staking.exits import close_exits, time_exits
from focusmesh.kernel.state.staking.leaves import move_held
from focusmesh.kernel.state.staking.pools import (
    RATIO_BITS,
    pool_account,
    put_pool,
    read_pool,
    read_pools,
)
from focusmesh.protocol.signal import AMOUNT_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.kernel.state.accounts.bonds import Bond
    from focusmesh.kernel.state.accounts.epochs import EpochStart
    from focusmesh.kernel.state.accounts.staking_rules import StakingRules
    from focusmesh.kernel.state.staking.leaves import EndState
    from focusmesh.kernel.state.staking.pools import Pool

YEAR_MS = 365 * 86_400_000


class StakeEpoch(NamedTuple):
    """An ``epoch`` that ends with a block of ``time``, by which ``rules``.

    ``electors`` voted in it, by first keys, with their weights. What left a pool in it is bound for ``unbonding_ms``.
    """

    epoch: EpochStart
    time: int
    rules: StakingRules
    electors: Mapping[bytes, int]
    unbonding_ms: int

    def inflation(self, supply: int) -> int:
        """What the epoch adds to a supply at most, in base units, floored: by header time, never beyond 2⁶³ − 1."""
        elapsed = self.time - self.epoch.first_time
        minted = supply * self.rules.inflation * elapsed // (SHARE_SCALE * YEAR_MS)
        return min(minted, AMOUNT_MAX - supply)


def pay_stake(state: EndState, end: StakeEpoch) -> int:
    """Pays what the epoch adds to the supply to who voted in it, and to their delegators; returns what it paid.

    Each validator has a share by weight, floored. Who is jailed or tombstoned by now has none, and its delegators
    neither. What nobody has is never minted. O(validators · log n).
    """
    minted, total = end.inflation(state.supply()), sum(end.electors.values())
    paid = 0
    for validator, weight in sorted(end.electors.items()) if minted else ():
        bond = read_bond(state.get, validator)
        share = minted * weight // total
        if bond is not None and bond.is_electable and share:
            _pay_validator(state, end, validator, bond, share)
            paid += share
    state.add_supply(paid)
    return paid


def settle_exits(state: EndState, end: StakeEpoch) -> None:
    """The time of what left pools in the epoch begins to run, and what slashes reach no longer is let go.

    O(validators + ways out that begin or end).
    """
    for validator in [validator for validator, _ in read_pools(state.scan)]:
        time_exits(state, validator, end.time + end.unbonding_ms)
        close_exits(state, validator, end.time)


def note_votes(state: EndState, *, is_voted: bool) -> None:
    """Notes what each validator has bonded, and what votes through it, as the next epoch begins. O(validators).

    Where one key makes the blocks of that (not ``is_voted``) nothing votes, nor does a delegator of that key.
    """
    for validator, pool in list(read_pools(state.scan)):
        bond = read_bond(state.get, validator) if is_voted else None
        voting = pool.stake if is_voted else 0
        noted = changed(pool, bonded=bond.amount if bond else 0, voting=voting)
        if noted != pool:
            put_pool(state, validator, noted)


def _pay_validator(
    state: EndState, end: StakeEpoch, validator: bytes, bond: Bond, share: int
) -> None:
    """Commission comes first, then bond and delegators have their parts; what is floored is the validator's."""
    pool = read_pool(state.get, validator)
    commission = min(pool.commission_in(end.epoch.number), end.rules.commission_most)
    voting, bonded = _voting_parts(pool, bond)
    delegated = (share - share * commission // SHARE_SCALE) * voting // max(1, voting + bonded)
    if delegated:
        ratio = pool.ratio + (delegated << RATIO_BITS) // pool.stake
        put_pool(state, validator, changed(pool, ratio=ratio))
        move_held(state, pool_account(validator), balance=delegated)
    move_held(state, key_holder(state.get, validator), balance=share - delegated)


def _voting_parts(pool: Pool, bond: Bond) -> tuple[int, int]:
    """What voted through a validator: what was delegated, and its own bond.

    Both count as they were when the epoch began, or less where they are less by now: nobody has more by bonding, or
    delegating, before an epoch ends.
    """
    unbonded = sum(each.amount for each in bond.unbonding if not each.until)
    return min(pool.voting, pool.stake), min(pool.bonded, bond.amount + unbonded)
