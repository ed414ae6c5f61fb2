"""Rounds that time out, one after the other without a decision: what is kept of them, and that they can be decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from focusmesh.kernel.consensus import (
    Ballot,
    BatchedEngine,
    Certificate,
    Cut,
    Pace,
    Proposal,
    Simplex,
    Tip,
    ValidationRequest,
    Vote,
)
from focusmesh.kernel.consensus.messages import ProposalMessage, SyncStatus, read, write
from focusmesh.kernel.consensus.proposal import TIME_OUT, data_digest, end_slot
from focusmesh.kernel.consensus.round_timer import leader
from focusmesh.kernel.consensus.simplex import knowledge, rounds
from focusmesh.kernel.consensus.simplex.signer import VoteSigner
from focusmesh.protocol.codec import decode
from tests.kernel.consensus.scheduling import (
    NETWORK,
    ROOT,
    Net,
    block,
    holds,
    key,
    notarise_slot,
    validator_set,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.consensus import Effects, Equivocation
    from tests.kernel.consensus.scheduling import Node

VALIDATORS = validator_set((1,) * 4)
KEYS = {key(number).public: key(number) for number in range(4)}
ME = key(0)
GENESIS = ROOT.proposal(0)
NOTHING = bytes(range(32))
"""A parent that nobody knows."""
WINDOW = 32
"""Of rounds of which all is kept, in these tests."""


@pytest.fixture(autouse=True)
def _window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge, "PASSED_ROUNDS", WINDOW)


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """No round is ever passed."""
    monkeypatch.setattr(knowledge, "PASSED_ROUNDS", 1 << 40)


class Kept(NamedTuple):
    """How much an engine keeps: proposals, verdicts about them, rounds with single votes."""

    held: int
    good: int
    asked: int
    unwanted: int
    votes: int


def kept(engine: Simplex) -> Kept:
    proposals = engine.known.proposals
    votes = sum(bool(view.tally._votes) for view in engine.known.rounds.values())
    return Kept(
        len(proposals.held),
        len(proposals.good),
        len(proposals.asked),
        len(proposals.unwanted),
        votes,
    )


def leader_of(number: int) -> bytes:
    return leader(VALIDATORS, NETWORK, 0, number)


def proposed(
    number: int, parent: Proposal | None = GENESIS, data: bytes = b"a block"
) -> ProposalMessage:
    """What the leader of a round proposes; after a parent that nobody knows, where there is none."""
    before, follows = parent or GENESIS, NOTHING if parent is None else parent.digest(NETWORK)
    subject = block(before.subject, data)
    proposal = Proposal(0, number, before.height + 1, follows, subject, data_digest(data))
    ballot = Ballot(notarise_slot(NETWORK, 0, number), proposal.digest(NETWORK))
    return ProposalMessage(proposal, data, Vote.sign(ballot, KEYS[leader_of(number)]))


def certificate(ballot: Ballot) -> Certificate:
    """Of all but this validator."""
    validators = sorted(set(KEYS) - {ME.public})
    return Certificate(
        ballot,
        tuple(
            (validator, Vote.sign(ballot, KEYS[validator]).signature) for validator in validators
        ),
    )


def timed_out(number: int) -> Certificate:
    return certificate(Ballot(end_slot(NETWORK, 0, number), TIME_OUT))


def notarised(proposal: Proposal) -> Certificate:
    slot = notarise_slot(NETWORK, 0, proposal.round)
    return certificate(Ballot(slot, proposal.digest(NETWORK)))


def final(proposal: Proposal) -> Certificate:
    return certificate(Ballot(end_slot(NETWORK, 0, proposal.round), proposal.digest(NETWORK)))


def told(engine: Simplex | BatchedEngine, said: ProposalMessage | Certificate | Vote) -> Effects:
    return engine.deliver(0, key(1).public, write(said))


def begun(make: Callable[..., Simplex] = Simplex) -> Simplex:
    engine = make(NETWORK, VALIDATORS, ROOT, ME, check=holds)
    engine.begin(0)
    return engine


def others(start: int, count: int) -> list[int]:
    """Rounds that this validator does not lead."""
    return [each for each in range(start, start + count) if leader_of(each) != ME.public]


def run_out(engine: Simplex, rounds: range, *, judge: bool = False) -> list[ProposalMessage]:
    """Each of these rounds has a proposal, of which nobody hears in time; it is judged to be none that is wanted."""
    found = []
    for number in rounds:
        if leader_of(number) != ME.public:
            found.append(proposed(number, GENESIS if judge else None))
            effects = told(engine, found[-1])
            for asked in effects.inquiries:
                engine.judge(0, asked.digest, good=True, wanted=False)
        told(engine, timed_out(number))
    assert engine.round == rounds.stop
    return found


@pytest.mark.parametrize("judge", [False, True], ids=["never asked", "judged"])
def test_a_long_run_of_rounds_that_time_out_keeps_the_same_size(judge: bool) -> None:
    engine = begun()
    for start in range(1, 6 * WINDOW, WINDOW):
        run_out(engine, range(start, start + WINDOW), judge=judge)
        size = kept(engine)
        assert size.held == len(others(start + 1, WINDOW - 1))
        assert size.votes <= WINDOW
        assert not judge or size.held == size.good == size.asked == size.unwanted


@pytest.mark.usefixtures("endless")
def test_without_the_bound_it_grows() -> None:
    """Must fail: what the test above counts is there where nothing is let go."""
    engine = begun()
    run_out(engine, range(1, 4 * WINDOW), judge=True)
    assert min(kept(engine)) > 2 * WINDOW


def test_who_proposed_in_a_passed_round_cannot_fill_it_again() -> None:
    engine = begun()
    gone = run_out(engine, range(1, 3 * WINDOW))[0]
    before = kept(engine)
    late = [number for number in others(1, WINDOW) if number != gone.proposal.round]
    for tabled in (gone, *(proposed(number, None) for number in late)):
        told(engine, tabled)
        told(engine, tabled.vote)
    assert kept(engine) == before


def with_an_old_proposal() -> tuple[Simplex, ProposalMessage, list[ProposalMessage]]:
    """The first round is notarised, and many after it time out."""
    engine, first = begun(), others(1, WINDOW)[0]
    run_out(engine, range(1, first))
    old = proposed(first)
    told(engine, old)
    told(engine, notarised(old.proposal))
    return engine, old, run_out(engine, range(first + 1, first + 3 * WINDOW))


def test_an_old_round_that_is_notarised_is_decided() -> None:
    engine, old, _ = with_an_old_proposal()
    assert engine.holds(old.proposal.digest(NETWORK))
    (decision,) = told(engine, final(old.proposal)).decisions
    assert decision.proposal == old.proposal


def test_were_notarised_proposals_let_go_none_would_be_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Must fail: the test above tells an engine that lets go of all."""
    monkeypatch.setattr(rounds.RoundView, "endorsements", lambda view: set())
    engine, old, _ = with_an_old_proposal()
    assert not engine.holds(old.proposal.digest(NETWORK))
    assert not told(engine, final(old.proposal)).decisions


def test_votes_of_a_notarised_round_count_however_late_they_come() -> None:
    engine, old, _ = with_an_old_proposal()
    ballot = final(old.proposal).ballot
    found = [
        decision
        for validator in sorted(set(KEYS) - {ME.public})
        for decision in told(engine, Vote.sign(ballot, KEYS[validator])).decisions
    ]
    assert [each.proposal for each in found] == [old.proposal]


def test_what_was_let_go_is_asked_for_once_it_is_known_to_be_notarised() -> None:
    """Others had a quorum for it in time; this one learns of it late, follows it, and decides it."""
    engine = begun()
    gone = run_out(engine, range(1, 3 * WINDOW), judge=True)[0]
    digest = gone.proposal.digest(NETWORK)
    assert not engine.holds(digest)
    told(engine, notarised(gone.proposal))
    assert engine.known.missing_proposals() == [digest]
    (asked,) = told(engine, gone).inquiries
    assert asked.digest == digest
    assert not engine.known.missing_proposals()
    assert [each.proposal for each in told(engine, final(gone.proposal)).decisions] == [
        gone.proposal
    ]


def test_what_this_validator_voted_for_stays_for_who_asks() -> None:
    """A quorum may have voted for it that nobody here knows of: its validators are those who have it."""
    engine, number = begun(), others(1, WINDOW)[0]
    run_out(engine, range(1, number))
    mine = proposed(number)
    (asked,) = told(engine, mine).inquiries
    assert engine.judge(0, asked.digest, good=True).vote_records
    told(engine, timed_out(number))
    run_out(engine, range(number + 1, number + 3 * WINDOW))
    asking = write(SyncStatus(number, 0, (asked.digest,)))
    said = [read(each.data, NETWORK) for each in engine.deliver(0, key(1).public, asking).notices]
    assert mine in said


def test_what_a_notarised_proposal_follows_is_kept_or_asked_for() -> None:
    """That it was notarised itself is not known here, and who voted for what follows it knew."""
    engine, (one, other) = begun(), others(1, WINDOW)[:2]
    run_out(engine, range(1, one))
    parent = proposed(one)
    child = proposed(other, parent.proposal)
    told(engine, parent)
    for number in range(one, other):
        told(engine, timed_out(number))
    told(engine, child)
    told(engine, notarised(child.proposal))
    run_out(engine, range(other + 1, other + 3 * WINDOW))
    digest = parent.proposal.digest(NETWORK)
    assert engine.holds(digest)
    engine.known.proposals.let_go(digest)
    assert engine.known.missing_proposals() == [digest]
    told(engine, parent)
    assert engine.holds(digest)


def test_one_proof_against_each_liar_is_kept() -> None:
    engine, liar = begun(), key(1)
    proofs: list[Equivocation] = []
    for number in range(1, 9):
        for value in (b"\1" * 32, b"\2" * 32):
            ballot = Ballot(notarise_slot(NETWORK, 0, number), value)
            proofs.extend(told(engine, Vote.sign(ballot, liar)).evidence)
    assert [proof.verify(VALIDATORS) for proof in proofs] == [liar.public]
    assert len(engine.known.evidence) == 1


def open_cuts(rounds: range) -> tuple[BatchedEngine, ProposalMessage]:
    """An engine of batches that hears of cuts whose batches nobody sends; the first of these."""
    engine = BatchedEngine(NETWORK, VALIDATORS, ROOT, ME, check=holds)
    engine.begin(0)
    found = []
    for number in rounds:
        if leader_of(number) != ME.public:
            tip = Tip(key(1).public, 1, bytes([number % 256]) * 32)
            found.append(proposed(number, data=Cut((tip,), b"").to_bytes()))
            told(engine, found[-1])
        told(engine, timed_out(number))
    return engine, found[0]


def test_cuts_that_wait_for_batches_are_let_go_with_their_rounds() -> None:
    engine, first = open_cuts(range(1, 3 * WINDOW))
    assert len(engine._cuts) == len(engine._waiting) == len(others(2 * WINDOW + 1, WINDOW - 1))
    proposal, digest = first.proposal, first.proposal.digest(NETWORK)
    asked = ValidationRequest(digest, proposal, ROOT.subject, first.vote.signer, first.data)
    assert engine.has_let_go(asked)


@pytest.mark.usefixtures("endless")
def test_without_the_bound_cuts_grow_too() -> None:
    """Must fail: these are as many as there were rounds."""
    engine, _ = open_cuts(range(1, 3 * WINDOW))
    assert len(engine._cuts) == len(engine._waiting) > WINDOW


def all_restarted_late() -> Net:
    """Proposals get lost until everybody is in round 20; then all fall, and come back on a net that loses nothing."""
    net = Net((1,) * 4, 1, pace=Pace(least=200, first=200, most=200, resend=100))
    send, is_lossy = net.send, True

    def lossy(node: Node, other: Node, data: bytes) -> None:
        if not (is_lossy and decode(data)[0] == "motion"):
            send(node, other, data)

    net.send = lossy  # type: ignore[method-assign]
    net.begin()
    net.run(100_000, lambda: min(node.engine.round for node in net.honest) >= 20)  # type: ignore[attr-defined]
    assert net.heights() == [0] * 4
    for node in net.nodes.values():
        net.crash(node)
    is_lossy = False
    for node in net.nodes.values():
        net.restart(node)
    net.run(net.now + 3_000, lambda: net.reached(3))
    return net


def test_validators_that_all_begin_again_after_many_rounds_without_a_block_go_on() -> None:
    net = all_restarted_late()
    assert net.reached(3)
    assert not net.is_forked
    assert not any(node.evidence for node in net.nodes.values())


def test_were_the_last_votes_alone_said_again_they_would_be_stuck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Must fail: votes of the first open rounds, which nobody knows any more, have to be said."""
    ends = VoteSigner.ends

    def last(signer: VoteSigner) -> list[Vote]:
        known = signer._known
        current, known.current = known.current, 1 << 40
        try:
            return ends(signer)
        finally:
            known.current = current

    monkeypatch.setattr(VoteSigner, "ends", last)
    assert all_restarted_late().heights() == [0] * 4


def test_a_vote_far_ahead_counts_after_a_restart() -> None:
    """A validator that voted in a round beyond what it hears of after a restart has that vote, and its proposal."""
    number = next(each for each in others(1, 500) if each > knowledge.AHEAD_ROUNDS + 10)
    engine = begun()
    for each in range(1, number):
        told(engine, timed_out(each))
    tabled = proposed(number)
    (asked,) = told(engine, tabled).inquiries
    records = engine.judge(0, asked.digest, good=True).vote_records
    again = Simplex(NETWORK, VALIDATORS, ROOT, ME, vote_records=records, check=holds)
    slot = notarise_slot(NETWORK, 0, number)
    assert again.holds(asked.digest)
    assert ME.public in again.known.view(number).tally.signers(slot)
