"""Epochs end with a decided block, the next electorate goes on after it, and whoever has decisions alone can follow."""

from __future__ import annotations

from typing import Any

import pytest

from focusmesh.errors import ParameterError, ProofError
from focusmesh.kernel.consensus import Anchor, Decision, Follower, TrustTerms, ValidatorSet
from tests.kernel.consensus.scheduling import NETWORK, ROOT, Net, calm, key, stormy, validator_set

DAY = 86_400_000
TERMS = TrustTerms(10 * DAY, 20 * DAY)


def epoch(weights: Any, number: int, root: Anchor, last_height: int, *, storm: bool = False) -> Net:
    net = Net(weights, number, epoch=number, root=root, last_height=last_height)
    net.link = stormy(net.rng, 3_000) if storm else calm(net.rng)
    net.begin()
    net.run(60_000, lambda: all(node.engine.is_over for node in net.honest))  # type: ignore[attr-defined]
    assert all(node.engine.is_over for node in net.honest)  # type: ignore[attr-defined]
    assert not net.is_forked
    return net


@pytest.mark.parametrize("storm", [False, True])
def test_an_epoch_ends_with_its_last_block_and_the_next_goes_on(storm: bool) -> None:
    first = epoch((1,) * 4, 0, ROOT, 5, storm=storm)
    lasts = {
        (node.decisions[-1].proposal.height, node.decisions[-1].proposal.subject)
        for node in first.honest
    }
    ((height, subject),) = lasts
    assert height == 5
    assert all(node.engine.deadline is None for node in first.honest)
    second = epoch((2, 1, 1, 3, 2), 1, Anchor(height, subject), 8, storm=storm)
    assert {node.height for node in second.honest} == {8}


def followed(weights: Any = (1,) * 4) -> tuple[Follower, Net]:
    net = epoch(weights, 0, ROOT, 5)
    return Follower(NETWORK, net.validator_set, ROOT, 0, terms=TERMS), net


def code_of(follower: Follower, decision: Decision, time: int = 1, now: int = DAY) -> str:
    with pytest.raises(ProofError) as refused:
        follower.follow(decision, time, now)
    return refused.value.code


def test_decisions_and_what_they_commit_to_are_enough_to_follow() -> None:
    follower, first = followed()
    validators = validator_set((2, 1, 1, 3, 2))
    last = first.nodes["0"].decisions[-1]
    follower.follow(last, 5, DAY)
    follower.hand_over(validators.digest(), validators)
    second = epoch((2, 1, 1, 3, 2), 1, Anchor(5, last.proposal.subject), 8)
    for decision in second.nodes["4"].decisions:
        follower.follow(Decision.from_bytes(decision.to_bytes()), decision.proposal.height, DAY)
    assert (follower.epoch, follower.height) == (1, 8)
    assert len(last.to_bytes()) < 700


def test_what_is_not_next_is_refused() -> None:
    follower, net = followed()
    decisions = net.nodes["0"].decisions
    other = validator_set((1, 1, 1, 1, 1))
    with pytest.raises(ProofError):
        follower.hand_over(other.digest(), net.validator_set)
    assert code_of(follower, decisions[0], now=10 * DAY) == "stale"
    assert code_of(follower, decisions[0], now=-11_000) == "clock"
    follower.follow(decisions[-1], 5, DAY)
    assert code_of(follower, decisions[0], time=9) == "epoch"
    assert code_of(follower, decisions[-1], time=4) == "epoch"
    twin = epoch((1,) * 4, 0, Anchor(0, b"\7" * 32), 5).nodes["0"].decisions[-1]
    assert code_of(follower, twin, time=9) == "conflict"
    stranger = Follower(NETWORK, ValidatorSet({key(9).public: 1}), ROOT, 0, terms=TERMS)
    assert code_of(stranger, decisions[0]) == "certificate"
    follower.hand_over(other.digest(), other)
    assert code_of(follower, decisions[-1], time=9) == "epoch"


def test_a_block_of_the_future_is_refused_and_clocks_may_differ_by_seconds() -> None:
    follower, net = followed()
    first, second = net.nodes["0"].decisions[:2]
    assert code_of(follower, first, time=DAY + 10_001, now=DAY) == "clock"
    follower.follow(first, DAY + 10_000, DAY)
    follower.follow(second, DAY + 10_000, DAY)
    with pytest.raises(ProofError, match="11 seconds ahead of this machine's clock"):
        follower.follow(second, DAY + 10_000, DAY - 1_000)


def test_how_old_trust_is_comes_in_words() -> None:
    for now, words in ((10 * DAY, "10 days old"), (30 * DAY + 5, "30 days old")):
        with pytest.raises(ProofError, match=f"{words}, less than 10 days is relied on"):
            TERMS.check_age(0, now)


def test_trust_ages_before_stake_is_free() -> None:
    for wrong in (TrustTerms(20, 20), TrustTerms(21, 20), TrustTerms(0, 1), TrustTerms(1, 2, -1)):
        with pytest.raises(ParameterError):
            Follower(NETWORK, validator_set([1]), ROOT, 0, terms=wrong)
