"""Delegation on a chain: who votes with whose stake, what that earns, how it comes back, and who is refused."""

from __future__ import annotations

import random
from typing import Any

import pytest

from focusmesh.apps.delegation import ClaimStake, DelegateStake
from focusmesh.errors import SignalError
from focusmesh.kernel.block import verify_chain
from focusmesh.kernel.block.chain import block_end
from focusmesh.kernel.state import EndState, MemoryStore, Parameters, read_pool
from focusmesh.kernel.state.votes import vote_count
from tests.apps.delegation.network import (
    ANN,
    BOB,
    CEM,
    DAN,
    DELEGATORS,
    EVE,
    FAY,
    REGISTRY,
    UNBONDING_MS,
    YEAR_MS,
    Staking,
    staking_genesis,
)
from tests.apps.validators.test_validators import twice
from tests.kernel.block.changing import Solo, proposal
from tests.kernel.block.ledger import PROPOSER
from tests.kernel.block.voted import BALANCE, BOND, STAKE, VALIDATORS

GRANTED = 6 * (BALANCE + STAKE)


def shared(reward: int, stake: int, whole: int) -> int:
    """What a stake has of a reward: the ratio is floored to parts of 2⁶⁴, and what it gives to units."""
    return stake * ((reward << 64) // whole) >> 64


def test_what_is_delegated_votes_from_the_next_epoch_on() -> None:
    network = Staking()
    assert network.code(EVE, "delegate/1", ANN.public, 2_000) == "ok"
    assert network.account(EVE.public).stake == STAKE - 2_000
    assert network.locked(ANN) == 2_000
    assert network.weights == dict.fromkeys([key.public for key in VALIDATORS], BOND)
    network.end_epoch()
    assert network.weights[ANN.public] == BOND + 2_000
    assert network.weights[BOB.public] == BOND
    assert network.supply == network.whole == GRANTED


def test_another_node_comes_to_the_same_and_the_chain_can_be_verified() -> None:
    network, other = Staking(inflation=100), Staking(inflation=100)
    network.code(EVE, "delegate/1", ANN.public, 2_000)
    network.end_epoch_at(YEAR_MS // 10)
    network.code(EVE, "claim/1", ANN.public)
    network.end_epoch()
    network.copies(other)
    assert other.chain.tip.id == network.chain.tip.id
    verify_chain(network.store, REGISTRY)


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (["delegate/1", ANN.public, STAKE + 1], "bond"),
        (["delegate/1", ANN.public, 9 * BOND + 1], "bond"),
        (["delegate/1", ANN.public, 9 * BOND], "ok"),
        (["delegate/1", ANN.public, 9], "delegation"),
        (["delegate/1", EVE.public, 10], "absent"),
        (["undelegate/1", ANN.public, 1], "delegation"),
        (["redelegate/1", ANN.public, BOB.public, 1], "delegation"),
        (["redelegate/1", ANN.public, ANN.public, 1], "redelegation"),
        (["claim/1", ANN.public], "nothing"),
        (["set_commission/1", 10], "absent"),
    ],
)
def test_who_is_refused(operation: list[Any], code: str) -> None:
    network = Staking(delegation_least=10)
    key = FAY if operation[1] == EVE.public else EVE
    assert network.code(key, *operation) == code
    assert network.supply == network.whole == GRANTED


def test_nobody_delegates_to_itself_or_what_it_has_not() -> None:
    network = Staking()
    assert network.code(ANN, "delegate/1", ANN.public, 10) == "delegation"
    network.code(EVE, "unstake/1", STAKE - 100)
    assert network.code(EVE, "delegate/1", ANN.public, 101) == "stake"
    assert network.code(EVE, "delegate/1", ANN.public, 100) == "ok"


def test_nobody_delegates_to_who_is_jailed() -> None:
    network = Staking()
    network.code(EVE, "delegate/1", BOB.public, 100)
    assert network.code(CEM, "accuse/1", twice(ANN, network.chain.network)) == "ok"
    assert network.code(EVE, "delegate/1", ANN.public, 100) == "jailed"
    assert network.code(EVE, "redelegate/1", BOB.public, ANN.public, 100) == "jailed"


def test_a_weight_is_capped_where_the_own_bond_falls() -> None:
    network = Staking()
    network.code(EVE, "delegate/1", ANN.public, 9 * BOND)
    network.end_epoch()
    assert network.weights[ANN.public] == 10 * BOND
    network.code(ANN, "unbond/1", BOND - 100)
    network.end_epoch()
    assert network.weights[ANN.public] == 1_000, "ten times a bond of 100"


def test_the_reward_of_an_epoch_goes_to_bonds_and_delegators_by_share() -> None:
    network = Staking(inflation=100)
    network.code(EVE, "delegate/1", ANN.public, 1_000)
    network.code(FAY, "delegate/1", ANN.public, 2_000)
    network.end_epoch()
    before, own = network.supply, network.account(BOB.public).balance
    start = network.chain.tip.time
    network.end_epoch_at(start + YEAR_MS // 10)
    minted = before // 100
    each = minted // 7
    share = minted * 4_000 // 7_000
    assert network.account(BOB.public).balance == own + each
    delegated = share * 3_000 // 4_000
    assert network.supply == network.whole == before + share + 3 * each
    held = network.account(EVE.public).balance
    assert network.code(EVE, "claim/1", ANN.public) == "ok"
    assert network.account(EVE.public).balance == held + shared(delegated, 1_000, 3_000)
    assert network.code(EVE, "claim/1", ANN.public) == "nothing"
    assert network.code(FAY, "claim/1", ANN.public) == "ok"
    assert network.supply == network.whole


def test_without_inflation_nothing_is_minted() -> None:
    network = Staking()
    network.code(EVE, "delegate/1", ANN.public, 1_000)
    network.end_epoch()
    network.end_epoch_at(network.chain.tip.time + YEAR_MS)
    assert network.supply == GRANTED
    assert network.code(EVE, "claim/1", ANN.public) == "nothing"


def test_who_is_jailed_when_the_epoch_ends_earns_nothing_and_nobody_has_its_share() -> None:
    network = Staking(inflation=100)
    network.end_epoch()
    network.code(CEM, "accuse/1", twice(ANN, network.chain.network))
    before, own = network.supply, network.account(ANN.public).balance
    network.end_epoch_at(network.chain.tip.time + YEAR_MS // 10)
    assert network.account(ANN.public).balance == own
    minted = network.supply - before
    assert 3 * (before // 400) - 9 <= minted <= 3 * (before // 400) + 9


def test_undelegated_stake_comes_back_after_its_time() -> None:
    network = Staking()
    network.code(EVE, "delegate/1", ANN.public, 1_000)
    network.end_epoch()
    assert network.code(EVE, "undelegate/1", ANN.public, 1_001) == "delegation"
    assert network.code(EVE, "undelegate/1", ANN.public, 600) == "ok"
    assert network.weights[ANN.public] == BOND + 1_000, "it votes until the epoch ends"
    network.end_epoch()
    end = network.chain.tip.time
    assert network.weights[ANN.public] == BOND + 400
    assert network.code(EVE, "claim/1", ANN.public, time=end + UNBONDING_MS - 1) == "nothing"
    assert network.code(EVE, "claim/1", ANN.public, time=end + UNBONDING_MS) == "ok"
    assert network.account(EVE.public).stake == STAKE - 400
    assert network.code(EVE, "undelegate/1", ANN.public, 400) == "ok"
    network.end_epoch()
    network.end_epoch_at(network.chain.tip.time + UNBONDING_MS)
    assert network.code(EVE, "claim/1", ANN.public) == "ok"
    assert network.account(EVE.public).stake == STAKE
    assert network.locked(ANN) == 0


def test_what_moved_on_does_not_move_again_before_its_source_lets_go() -> None:
    network = Staking()
    network.code(EVE, "delegate/1", ANN.public, 1_000)
    assert network.code(EVE, "redelegate/1", ANN.public, BOB.public, 600) == "ok"
    assert network.code(EVE, "redelegate/1", BOB.public, CEM.public, 100) == "redelegation"
    assert network.code(EVE, "undelegate/1", BOB.public, 100) == "redelegation"
    network.end_epoch()
    assert network.weights[BOB.public] == BOND + 600
    network.code(EVE, "delegate/1", BOB.public, 50)
    assert network.code(EVE, "redelegate/1", BOB.public, CEM.public, 51) == "redelegation"
    assert network.code(EVE, "redelegate/1", BOB.public, CEM.public, 50) == "ok"
    network.end_epoch_at(network.chain.tip.time + UNBONDING_MS)
    assert network.code(EVE, "redelegate/1", BOB.public, CEM.public, 600) == "ok"
    assert network.supply == network.whole == GRANTED


def test_a_commission_rises_step_by_step_and_holds_from_the_next_epoch_on() -> None:
    network = Staking(inflation=1_000)
    assert network.code(ANN, "set_commission/1", 201) == "commission"
    assert network.code(ANN, "set_commission/1", 100) == "ok", "nobody delegated yet"
    network.code(EVE, "delegate/1", ANN.public, 1_000)
    assert network.code(ANN, "set_commission/1", 100) == "ok"
    network.end_epoch()
    assert network.code(ANN, "set_commission/1", 111) == "commission"
    assert network.code(ANN, "set_commission/1", 110) == "ok"
    pool = read_pool(network.chain.state.get, ANN.public)
    epoch = network.chain.epoch
    assert (pool.commission_in(epoch), pool.commission_in(epoch + 1)) == (100, 110)
    assert network.code(ANN, "set_commission/1", 0) == "ok"
    network.end_epoch()
    assert network.code(ANN, "set_commission/1", 11) == "commission"


def test_commission_comes_before_what_delegators_share() -> None:
    network = Staking(inflation=100)
    network.code(ANN, "set_commission/1", 100)
    network.code(EVE, "delegate/1", ANN.public, 1_000)
    network.end_epoch()
    before, held = network.supply, network.account(EVE.public).balance
    network.end_epoch_at(network.chain.tip.time + YEAR_MS // 10)
    share = before // 100 * 2_000 // 5_000
    network.code(EVE, "claim/1", ANN.public)
    assert network.account(EVE.public).balance == held + shared(
        (share - share // 10) // 2, 1_000, 1_000
    )


def voting() -> tuple[Staking, bytes]:
    """Eve has as much with Ann as three validators have; Ann, Bob and Cem approve of a change."""
    network = Staking(agreement={"epoch_blocks": 9})
    network.code(EVE, "delegate/1", ANN.public, 3 * BOND)
    network.end_epoch()
    operation = proposal(("link_burn", 1), from_epoch=network.chain.epoch + 1)
    (signal,) = [network.signed(ANN, operation)]
    assert network.codes(signal) == ["ok"]
    from focusmesh.apps.changes import changes

    with network.chain.state.at() as view:
        (change,) = [each.id for each in changes(view)]
    return network, change


def test_a_delegator_follows_its_validator() -> None:
    network, change = voting()
    assert network.codes(network.vote(BOB, change)) == ["ok"]
    network.end_epoch()
    assert network.chain.parameters.link_burn == 1, "5 of 7"


def test_a_delegator_that_votes_takes_its_stake_along() -> None:
    network, change = voting()
    votes = network.vote(BOB, change), network.vote(EVE, change, approves=False)
    assert network.codes(*votes) == ["ok", "ok"]
    assert network.code(FAY, "vote_change/1", change, True) == "validator"
    network.end_epoch()
    assert network.chain.parameters.link_burn == 0, "2 of 7"


def test_a_delegator_may_bring_what_its_validator_does_not() -> None:
    network, change = voting()
    network.codes(network.vote(ANN, change, approves=False))
    network.codes(*(network.vote(key, change) for key in (BOB, CEM, EVE)))
    network.end_epoch()
    assert network.chain.parameters.link_burn == 1, "5 of 7"


def test_who_delegates_within_the_epoch_has_no_voice_in_it() -> None:
    network, change = voting()
    network.code(FAY, "delegate/1", BOB.public, 9 * BOND)
    votes = network.vote(FAY, change, approves=False), network.vote(BOB, change)
    assert network.codes(*votes) == ["ok", "ok"]
    network.end_epoch()
    assert network.chain.parameters.link_burn == 1, "Bob has what it had"


def test_with_no_voices_of_its_own_a_delegator_is_not_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The twin of those above."""
    monkeypatch.setattr(vote_count, "own_voices", lambda *_: {})
    network, change = voting()
    votes = network.vote(BOB, change), network.vote(EVE, change, approves=False)
    network.codes(*votes)
    network.end_epoch()
    assert network.chain.parameters.link_burn == 1


def test_networks_of_before_refuse_all_of_it() -> None:
    for parameters, code in (
        (Parameters(), "staking"),
        (staking_genesis(version=5).parameters, "staking"),
    ):
        for operation in (DelegateStake(ANN.public, 1), ClaimStake(ANN.public)):
            with pytest.raises(SignalError) as refused:
                operation.validate(parameters)
            assert refused.value.code == code
    solo = Solo(version=6, **_rules())
    with pytest.raises(SignalError) as refused:
        DelegateStake(ANN.public, 1).validate(solo.chain.parameters)
    assert refused.value.code == "agreement"
    older = Solo()
    signed = older.signed(PROPOSER, list(DelegateStake(ANN.public, 1).as_fields()))
    made = older.chain.propose([signed], older.chain.tip.time + 1, PROPOSER)
    assert made.refused[signed.id].code == "operation"


def _rules() -> dict[str, Any]:
    parameters = staking_genesis().parameters
    return {name: getattr(parameters, name) for name in ("fees", "staking", "order")}


def test_a_network_of_version_5_keeps_its_votes_to_validators() -> None:
    network = Staking(began=staking_genesis(version=5))
    network.end_epoch()
    assert network.code(EVE, "vote_change/1", bytes(32), True) == "validator"
    assert network.weights == dict.fromkeys([key.public for key in VALIDATORS], BOND)


def history(seed: int, blocks: int) -> Staking:
    """Random operations of everybody, over epochs of different lengths."""
    chance, network = random.Random(seed), Staking(inflation=200)
    keys = [*DELEGATORS, *VALIDATORS]
    for _ in range(blocks):
        key = chance.choice(keys)
        of, to = chance.sample(VALIDATORS, 2)
        amount = chance.choice([1, 7, 300, 2_000])
        operation = chance.choice(
            [
                ["delegate/1", of.public, amount],
                ["delegate/1", of.public, amount],
                ["undelegate/1", of.public, amount],
                ["redelegate/1", of.public, to.public, amount],
                ["claim/1", of.public],
                ["set_commission/1", chance.randrange(100)],
                ["bond/1", amount],
            ]
        )
        time = network.chain.tip.time + chance.choice([1, 400, YEAR_MS // 100])
        network.code(key, *operation, time=time)
        assert network.supply == network.whole
    return network


@pytest.mark.parametrize("seed", range(3))
def test_the_supply_is_what_accounts_have_all_along(seed: int) -> None:
    network = history(seed, 60)
    assert network.supply > GRANTED
    for key in VALIDATORS:
        assert network.locked(key) >= read_pool(network.chain.state.get, key.public).stake


def test_rewards_that_the_supply_does_not_count_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the one above."""

    class Silent(EndState):
        def add_supply(self, amount: int) -> None:
            assert amount >= 0

    monkeypatch.setattr(block_end, "EndState", Silent)
    with pytest.raises(AssertionError):
        history(0, 60)


def test_a_store_that_is_opened_again_goes_on() -> None:
    store = MemoryStore()
    network = Staking(store)
    network.code(EVE, "delegate/1", DAN.public, 500)
    network.end_epoch()
    from focusmesh.kernel.block import Chain

    again = Chain(store, REGISTRY)
    assert again.validator_set is not None
    assert dict(again.validator_set.weights) == network.weights
