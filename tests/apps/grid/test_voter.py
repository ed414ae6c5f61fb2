"""Votes under Byzantine schedules: nobody decides otherwise than the others, and all decide once words arrive."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from focusmesh.apps.grid.opinions import PRECOMMIT, PREVOTE, Opinion, Proposal
from focusmesh.apps.grid.voter import NOTHING, Decided
from focusmesh.engine.grid.cube import CENTRAL, VERTICES
from focusmesh.kernel.consensus import Ballot, Vote, conflicts, guilty_weight, quorum
from focusmesh.protocol.identity import verify
from tests.apps.grid.council import (
    ELECTORATE,
    KEYS,
    PROPOSERS,
    QUESTION,
    Network,
    Shadowed,
    lie,
    output,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# Three bytes a step: lists of numbers take Hypothesis so long to draw that it complains on a busy machine.
SCRIPTS = st.binary(min_size=240, max_size=1_200).map(
    lambda data: [int.from_bytes(data[at : at + 3], "big") for at in range(0, len(data), 3)]
)


@pytest.fixture(scope="module", autouse=True)
def signatures_are_looked_at_once() -> Iterator[None]:
    """Nine voters look at the same signatures; the answers are kept, so that schedules may be long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quorum, "verify", lru_cache(None)(verify))
        yield


@settings(max_examples=15)
@given(st.sets(st.sampled_from(VERTICES), max_size=2), st.booleans(), SCRIPTS)
def test_no_two_decide_differently_and_all_decide_once_words_arrive(
    bad: set[str], central: bool, script: list[int]
) -> None:
    net = Network(bad | ({CENTRAL} if central else set()))
    for choice in script:
        net.act(choice)
        assert len(set(net.decisions().values())) <= 1
    net.become_timely()
    assert set(net.decisions()) == set(net.honest)
    assert len(set(net.decisions().values())) == 1
    honest = np.array([output(VERTICES.index(place)) for place in net.honest if place != CENTRAL])
    for node in net.honest.values():
        decided = node.voter.decided
        assert decided is not None
        decided.certificate.verify(ELECTORATE)
        assert len(decided.certificate.signatures) == 6
        assert np.all(decided.proposal.output >= honest.min(axis=0))
        assert np.all(decided.proposal.output <= honest.max(axis=0))


def test_schedules_do_what_they_are_for() -> None:
    """Over seeded scripts: votes that need more rounds, locks, old values proposed again, double votes, refusals."""
    seen = dict.fromkeys(("rounds", "locks", "proposed again", "double votes", "nothing"), 0)
    for seed in range(8, 14):
        rng = np.random.default_rng(seed)
        net = Network({"NEU", "SWU", CENTRAL} if seed % 2 else {"NED", "SED"})
        for choice in rng.integers(2**20, size=400).tolist():
            net.act(choice)
        net.become_timely()
        nodes = [node.voter for node in net.honest.values()]
        seen["rounds"] += max(voter.round for voter in nodes) > 0
        seen["locks"] += any(
            step == PRECOMMIT and value is not None and round_ < node.voter.round
            for node in net.honest.values()
            for step, round_, value, _ in node.said
        )
        told = [one for voter in nodes for one in voter._proposals.values()]
        seen["proposed again"] += any(one.valid_round >= 0 for one in told)
        seen["double votes"] += any(voter.tally.evidence for voter in nodes)
        seen["nothing"] += any(
            said[2] is None for node in net.honest.values() for said in node.said
        )
        assert len(set(net.decisions().values())) == 1
    assert min(seen.values()) > 0, seen


@settings(max_examples=6, phases=[Phase.generate])
@given(st.sets(st.sampled_from(VERTICES), min_size=3, max_size=3), SCRIPTS)
def test_three_bad_may_stall_a_vote_but_not_split_it(bad: set[str], script: list[int]) -> None:
    net = Network(bad)
    for choice in script:
        net.act(choice)
    net.become_timely(30)
    assert len(set(net.decisions().values())) <= 1


def proposal(
    round_: int,
    valid_round: int,
    opinions: list[Opinion],
    proof: quorum.Certificate | None = None,
) -> Proposal:
    key = next(key for key in KEYS.values() if key.public == PROPOSERS[round_])
    return Proposal.sign(QUESTION, round_, valid_round, opinions, key, proof)


def opinions() -> list[Opinion]:
    return [Opinion.sign(QUESTION, output(n), KEYS[v]) for n, v in enumerate(VERTICES)]


def votes(step: str, round_: int, value: bytes, voters: tuple[str, ...]) -> list[Vote]:
    slot = QUESTION.slot(round_, step)
    return [Vote.sign(Ballot(slot, value), KEYS[voter]) for voter in voters]


def test_four_who_vote_twice_can_split_a_vote_and_are_named() -> None:
    """More than a third: here a fork is possible, and it proves who made it."""
    ours, theirs = proposal(0, -1, opinions()[:6]), proposal(0, -1, opinions()[1:7])
    decided = []
    for told, honest in [(ours, VERTICES[4:6]), (theirs, VERTICES[6:])]:
        value = QUESTION.value(told.output)
        node = Shadowed(honest[0])
        node.start()
        node.receive(told)
        for step in (PREVOTE, PRECOMMIT):
            for vote in votes(step, 0, value, (*VERTICES[:4], *honest)):
                node.receive(vote)
        assert node.voter.decided is not None
        decided.append(node.voter.decided.certificate)
    assert decided[0].ballot.value != decided[1].ballot.value
    proofs = conflicts(*decided)
    assert {proof.first.signer for proof in proofs} == {KEYS[v].public for v in VERTICES[:4]}
    assert guilty_weight(proofs, ELECTORATE) >= ELECTORATE.veto


def locked_on(value_of: Proposal) -> Shadowed:
    """A voter that is locked on a value in round 0, and has come to round 1."""
    node = Shadowed("SWD")
    node.start()
    node.receive(value_of)
    value = QUESTION.value(value_of.output)
    for vote in votes(PREVOTE, 0, value, VERTICES[:6]):
        node.receive(vote)
    for vote in votes(PRECOMMIT, 0, NOTHING, VERTICES[:6]):
        node.receive(vote)
    while node.voter.round == 0:
        node.tick()
    return node


def last_vote(node: Shadowed) -> tuple[str, int, bytes | None]:
    return node.said[-1][:3]


def test_a_lock_holds_until_a_later_quorum() -> None:
    first, second = proposal(0, -1, opinions()[:6]), proposal(1, -1, opinions()[1:7])
    node = locked_on(first)
    node.receive(second)
    assert last_vote(node) == (PREVOTE, 1, None)
    again = locked_on(first)
    again.receive(proposal(1, 0, opinions()[:6]))
    assert last_vote(again) == (PREVOTE, 1, QUESTION.value(first.output))


def test_without_the_lock_it_would_vote_for_another_value() -> None:
    """The twin of the test above: what one had decided on, the others would overturn."""
    node = locked_on(proposal(0, -1, opinions()[:6]))
    node.voter._locked, node.model.locked = (-1, NOTHING), (-1, None)
    second = proposal(1, -1, opinions()[1:7])
    node.receive(second)
    assert last_vote(node) == (PREVOTE, 1, QUESTION.value(second.output))


def test_an_old_value_is_proved_to_who_heard_another_vote_first() -> None:
    """Two tell another voter v and this one nothing, so that it lacks a quorum for ever; a long campaign found it."""
    old = proposal(0, -1, opinions()[:6])
    value = QUESTION.value(old.output)
    prevotes = votes(PREVOTE, 0, value, VERTICES[:6])
    pairs = sorted((vote.signer, vote.signature) for vote in prevotes)
    proof = quorum.Certificate(prevotes[0].ballot, tuple(pairs))
    few = quorum.Certificate(prevotes[0].ballot, tuple(pairs[:5]))
    for shown, said in ((proof, value), (few, None), (None, None)):
        node = Shadowed("SWD")
        node.start()
        node.receive(old)
        for vote in [*votes(PREVOTE, 0, NOTHING, ("NEU", "SED")), *prevotes]:
            node.receive(vote)
        for vote in votes(PRECOMMIT, 0, NOTHING, VERTICES[:6]):
            node.receive(vote)
        while node.voter.round == 0:
            node.tick()
        assert node.voter._locked[0] == -1
        node.receive(proposal(1, 0, opinions()[:6], shown))
        for _ in range(12):
            node.tick()
        assert (PREVOTE, 1, said, KEYS["SWD"].public) in node.said


def test_a_proposal_that_does_not_hold_gets_no_vote() -> None:
    again = Opinion.sign(QUESTION, lie(250), KEYS["NEU"])
    broken = Opinion(output(3), opinions()[0].vote)
    stranger = Opinion.sign(QUESTION, output(3), KEYS[CENTRAL])
    few, twice = opinions()[:5], [*opinions()[:6], again]
    for bundle in (few, twice, [*opinions()[:6], broken], [*opinions()[:6], stranger]):
        node = Shadowed("SWD")
        node.start()
        node.receive(proposal(0, -1, bundle))
        for _ in range(8):
            node.tick()
        assert node.said == [(PREVOTE, 0, None, KEYS["SWD"].public)]


def test_only_whose_turn_it_is_proposes() -> None:
    node = Shadowed("SWD")
    node.start()
    wrong = Proposal.sign(QUESTION, 0, -1, opinions(), KEYS["NEU"])
    unsigned = Proposal(0, -1, wrong.opinions, PROPOSERS[0], wrong.signature)
    for word in (wrong, unsigned):
        assert node.receive(word) == []
    assert node.voter.refused == 2
    assert node.said == []


def test_words_on_other_questions_are_refused() -> None:
    node = Shadowed("SWD")
    node.start()
    other = QUESTION._replace(height=2)
    old = Vote.sign(Ballot(other.slot(0, PREVOTE), NOTHING), KEYS["NEU"])
    opinion = Opinion.sign(other, output(1), KEYS["NEU"])
    late = Vote.sign(Ballot(QUESTION.slot(2_000, PREVOTE), NOTHING), KEYS["NEU"])
    for word in (old, opinion, late):
        assert node.receive(word) == []
    assert node.voter.refused == 3


def test_a_decision_convinces_who_missed_it_and_a_wrong_one_does_not() -> None:
    net = Network(())
    net.become_timely()
    decided = net.honest["NEU"].voter.decided
    assert decided is not None
    late = Shadowed("SWD")
    late.start()
    for wrong in (
        Decided(proposal(0, -1, opinions()[1:7]), decided.certificate),
        Decided(decided.proposal, votes_for_nothing()),
    ):
        assert late.receive(wrong) == []
        assert late.voter.decided is None
    late.receive(decided)
    assert late.voter.decided == decided


def votes_for_nothing() -> quorum.Certificate:
    said = votes(PRECOMMIT, 0, NOTHING, VERTICES[:6])
    pairs = sorted((vote.signer, vote.signature) for vote in said)
    return quorum.Certificate(said[0].ballot, tuple(pairs))
