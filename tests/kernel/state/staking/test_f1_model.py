"""Delegated stake agrees with a model that visits every delegator, to the unit."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.kernel.state import changed, put_pool, read_delegation, read_pool
from focusmesh.kernel.state.key_space import DELEGATION_PREFIX, POOL_PREFIX
from focusmesh.kernel.state.staking import delegations, moves, periods, slashes
from tests.kernel.state.staking.stakes import Stakes, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.state import Delegation
    from focusmesh.kernel.state.staking.leaves import StakeState
    from focusmesh.kernel.state.staking.periods import Slash

VALIDATORS, NEURONS = 4, 6
BONDS = [1_000, 50, 7, 1]
COMMISSIONS = [0, 100, 333, 1_000]
FRACTIONS = [(1, 20), (1, 3), (1, 2), (2, 3), (1, 1_000), (1, 1)]


def step(stakes: Stakes, draw: Callable[[int], int]) -> None:
    """One thing that happens; ``draw`` gives a number below another."""
    kind = draw(12)
    of, neuron = draw(VALIDATORS), draw(NEURONS)
    if kind < 3:
        stakes.delegate(of, neuron, 1 + draw(10 ** (1 + draw(6))))
    elif kind < 5:
        if held := stakes.held(of, neuron):
            stakes.undelegate(of, neuron, 1 + draw(held))
    elif kind < 7:
        if held := stakes.held(of, neuron):
            stakes.redelegate(
                of, (of + 1 + draw(VALIDATORS - 1)) % VALIDATORS, neuron, 1 + draw(held)
            )
    elif kind < 9:
        stakes.claim(of, neuron)
    elif kind < 10:
        stakes.slash(of, *FRACTIONS[draw(len(FRACTIONS))])
    else:
        stakes.end_epoch(draw(50), 1 + draw(2_000))


@given(st.data())
def test_every_step_gives_what_the_model_gives(data: st.DataObject) -> None:
    stakes = Stakes(BONDS, COMMISSIONS)
    for _ in range(data.draw(st.integers(1, 40))):
        step(stakes, lambda below: data.draw(st.integers(0, below - 1)))
        assert stakes.differences() == []


@pytest.mark.parametrize("seed", range(5))
def test_long_histories_agree(seed: int) -> None:
    assert walk(seed, 2_000).minted


@pytest.mark.soak
def test_a_million_steps_agree() -> None:
    for seed in range(100, 150):
        assert walk(seed, 20_000).minted


def walk(seed: int, steps: int) -> Stakes:
    """So many random steps, compared now and then."""
    chance, stakes = random.Random(seed), Stakes(BONDS, COMMISSIONS)
    for number in range(steps):
        step(stakes, chance.randrange)
        if not number % 50:
            assert stakes.differences() == []
    assert stakes.differences() == []
    return stakes


def test_periods_that_nobody_asks_for_are_let_go() -> None:
    stakes = walk(1, 3_000)
    for of in range(VALIDATORS):
        for neuron in range(NEURONS):
            stakes.claim(of, neuron)
            if held := stakes.held(of, neuron):
                stakes.undelegate(of, neuron, held)
    for _ in range(4):
        stakes.end_epoch(1)
    for of in range(VALIDATORS):
        for neuron in range(NEURONS):
            if held := stakes.held(of, neuron):
                stakes.undelegate(of, neuron, held)
    for _ in range(4):
        stakes.end_epoch(1)
    for of in range(VALIDATORS):
        for neuron in range(NEURONS):
            stakes.claim(of, neuron)
    assert stakes.differences() == []
    kept = [key for key in stakes.leaves.leaves if key.startswith((POOL_PREFIX, DELEGATION_PREFIX))]
    assert len(kept) == VALIDATORS, "pools stay, for their numbers; nothing else does"
    assert all(not read_pool(stakes.state.get, key_of(of)).members for of in range(VALIDATORS))


def one_delegator() -> Stakes:
    stakes = Stakes([100], [0])
    stakes.delegate(0, 0, 900)
    stakes.end_epoch(0)
    return stakes


def test_a_second_claim_gives_nothing() -> None:
    stakes = one_delegator()
    stakes.end_epoch(10)
    earned, _ = stakes.claim(0, 0)
    assert earned == 9_000_000, "9/10 of a hundredth of the supply"
    assert stakes.claim(0, 0) == (0, 0)


def test_a_claim_that_does_not_move_on_pays_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def stays(state: StakeState, validator: bytes, neuron: bytes, delegation: Delegation) -> None:
        before = read_delegation(state.get, validator, neuron)
        ratio = before.ratio if before else 0
        delegations.put_delegation(state, validator, neuron, changed(delegation, ratio=ratio))

    stakes = one_delegator()
    stakes.end_epoch(10)
    monkeypatch.setattr(moves, "put_delegation", stays)
    stakes.claim(0, 0)
    with pytest.raises(AssertionError):
        stakes.claim(0, 0)


def slash_between_rewards(stakes: Stakes) -> None:
    stakes.end_epoch(10)
    stakes.slash(0, 1, 2)
    stakes.end_epoch(10)
    assert stakes.differences() == []


def test_a_slash_takes_nothing_of_what_was_earned_before() -> None:
    stakes = one_delegator()
    slash_between_rewards(stakes)
    assert stakes.burned == 450


def test_a_slash_before_what_was_earned_earlier_disagrees(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_early(state: StakeState, validator: bytes, slash: Slash) -> None:
        pool = read_pool(state.get, validator)
        put_pool(state, validator, changed(pool, ratio=0))
        periods.end_period(state, validator, slash)
        after = read_pool(state.get, validator)
        put_pool(state, validator, changed(after, ratio=pool.ratio))

    monkeypatch.setattr(slashes, "end_period", too_early)
    with pytest.raises(AssertionError):
        slash_between_rewards(one_delegator())


def test_stake_that_moved_on_pays_for_where_it_was() -> None:
    stakes = Stakes([100, 100], [0, 0])
    stakes.delegate(0, 0, 1_000)
    stakes.delegate(1, 1, 1_000)
    stakes.redelegate(0, 1, 0, 400)
    stakes.undelegate(0, 0, 100)
    stakes.end_epoch(0)
    assert stakes.slash(0, 1, 10) == 50 + 10 + 40
    stakes.end_epoch(10)
    assert stakes.differences() == []
    assert stakes.model.validators[1].shares[0].amount == 360
    assert stakes.model.validators[1].shares[1].amount == 1_000, "only who came from there pays"
    for _ in range(3):
        stakes.end_epoch(0)
    assert stakes.slash(0, 1, 10) == 45, "its time is over"
    assert stakes.claim(0, 0)[1] == 90
    assert stakes.held(1, 0) == 360


def test_without_ways_out_who_left_pays_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slashes, "_slash_undelegated", lambda *_: 0)
    stakes = Stakes([100], [0])
    stakes.delegate(0, 0, 1_000)
    stakes.undelegate(0, 0, 500)
    with pytest.raises(AssertionError):
        stakes.slash(0, 1, 10)


def test_nothing_is_kept_for_a_slash_that_nobody_felt() -> None:
    stakes = Stakes([100], [0])
    assert stakes.slash(0, 1, 2) == 0
    assert read_pool(stakes.state.get, key_of(0)).period == 0
    assert delegations.validators_of(stakes.state.get, key_of(0, b"n")) == ()
