"""Weights: what a validator votes with, and what of that is a delegator's own voice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.state.accounts.bounds import SHARE_SCALE
from focusmesh.kernel.state.staking.delegations import (
    carry_delegation,
    read_delegation,
    validators_of,
)
from focusmesh.kernel.state.staking.pools import read_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.kernel.state.accounts.bonds import Bond
    from focusmesh.kernel.state.accounts.staking_rules import StakingRules


def weight_limit(bonded: int, rules: StakingRules) -> int:
    """The most that votes through a validator that has bonded so much itself, its own bond included."""
    return bonded * SHARE_SCALE // rules.own_share


def validator_weight(
    get: Callable[[bytes], bytes | None], validator: bytes, bond: Bond, rules: StakingRules | None
) -> int:
    """What a validator votes with: bond and pool, capped where its own bond is too small a part. O(log n)."""
    if rules is None:
        return bond.amount
    delegated = read_pool(get, validator).stake
    return min(bond.amount + delegated, weight_limit(bond.amount, rules))


def own_voices(
    get: Callable[[bytes], bytes | None], neuron: bytes, epoch: int, electors: Mapping[bytes, int]
) -> dict[bytes, int]:
    """What a neuron's own vote takes from the weight of each of its validators, in ``epoch``.

    ``electors`` are weights by first keys. Where a weight is capped a unit of stake counts for less. O(validators of
    the neuron · log n).
    """
    voices: dict[bytes, int] = {}
    for validator in validators_of(get, neuron):
        pool, weight = read_pool(get, validator), electors.get(validator, 0)
        found = read_delegation(get, validator, neuron)
        whole = pool.bonded + pool.voting
        if not weight or not whole or found is None:
            continue
        voting = carry_delegation(get, validator, found)[0].voting_in(epoch)
        voices[validator] = min(voting * weight // whole, weight)
    return voices
