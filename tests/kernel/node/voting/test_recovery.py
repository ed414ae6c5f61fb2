"""A statement of a quorum begins voting anew where an epoch cannot end; what may be decided is never passed over."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import BlockError, ProofError
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.kernel.block import Chain, check_decision
from focusmesh.kernel.consensus import (
    Ballot,
    Decision,
    Recovery,
    Start,
    Tally,
    Vote,
    vote_number,
)
from focusmesh.kernel.node import VoteLog
from focusmesh.kernel.node.voting import engine_start as beginnings
from focusmesh.kernel.node.voting.votes import (
    Report,
    apply_recovery,
    combine_votes,
    make_report,
    recovery,
    sign_start,
    start_of,
)
from focusmesh.kernel.simulation import LivenessNetwork, Schedule, liveness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.simulation.machine import Machine
    from focusmesh.protocol.identity import SigningKey

SEED = 3
"""Its epochs have 1,000 blocks."""


class Stopped(LivenessNetwork):
    """A network of four that has some blocks, and whose machines are all down then."""

    def _run(self) -> None:
        self._begin_all()
        self._pass(4.0, lambda: False)
        self.stop()

    def stop(self) -> None:
        for machine in self.machines:
            if machine.process is not None:
                machine.process.kill()

    def goes_on(self, machines: Sequence[Machine], seconds: float) -> bool:
        """Whether these alone decide a block in so much time."""
        before = self.invariants.height
        for machine in machines:
            machine.begin()
        self._visited = list(machines)
        until = self.network.time.now + seconds

        def is_further() -> bool:
            return all(each.chain is not None and each.chain.height > before for each in machines)

        self._pass(until, is_further)
        return is_further()


@pytest.fixture(params=["quorum", "snowman", "quorum that can change", "snowman in two phases"])
def stopped(request: pytest.FixtureRequest) -> Any:
    kind, *can_change = request.param.split(maxsplit=1)
    room = Stopped(Schedule(SEED, 4, 6), operations(), kind=kind, can_change=bool(can_change))
    room._run()
    yield room
    room.network.close()


def chain_of(machine: Machine) -> Chain:
    return Chain(machine.disk.kept, operations())


def book_of(machine: Machine) -> VoteLog:
    return VoteLog(machine.votes.kept)


def key_of(machine: Machine) -> SigningKey:
    assert machine._validator is not None
    return machine._validator


def reported(machine: Machine) -> Report:
    chance = Random(machine.number).randbytes
    return make_report(
        chain_of(machine), machine.disk.kept, book_of(machine), key_of(machine), chance
    )


def levelled(machines: Sequence[Machine]) -> list[Machine]:
    """Those whose ledgers end where the furthest does."""
    height = max(chain_of(machine).height for machine in machines)
    return [machine for machine in machines if chain_of(machine).height == height]


def statement_of(machines: Sequence[Machine]) -> Recovery:
    reports = [reported(machine) for machine in machines]
    votes = []
    for machine in machines:
        chain = chain_of(machine)
        start = start_of(reports, chain)
        votes.append(sign_start(start, reports, chain, book_of(machine), key_of(machine)))
    return combine_votes(start, votes, chain)


def test_a_network_that_lost_its_votes_goes_on_behind_its_last_block(stopped: Stopped) -> None:
    room, three = stopped, stopped.machines[:3]
    assert len(levelled(three)) == 3, "the seed stops them at one height"
    three[2].votes.lose()
    assert not room.goes_on(three, 30.0), "two validators with their votes are no quorum"
    room.stop()
    statement = statement_of(three)
    assert statement.start.number == vote_number(1, 1)
    for machine in three:
        apply_recovery(statement, chain_of(machine), machine.disk.kept)
    assert room.goes_on(three, liveness.LIVE_S)
    # Blocks show the statement: who heard of none follows, and votes with them.
    assert room.goes_on(room.machines, liveness.LIVE_S)
    chain = chain_of(three[0])
    decision = Decision.from_bytes(chain.decision_of(chain.height))
    assert decision.recovery == statement.to_bytes()
    room.stop()


@pytest.fixture
def ends(stopped: Stopped) -> list[Report]:
    """Reports of four validators with all of their votes."""
    return [reported(machine) for machine in stopped.machines]


def test_a_report_names_what_its_validator_voted_to_finalise(stopped: Stopped) -> None:
    chain = chain_of(levelled(stopped.machines)[0])
    decision = Decision.from_bytes(chain.decision_of(chain.height))
    certificate = decision.certificate
    end = decision.number, certificate.ballot.value
    signers = [each for each in stopped.machines if key_of(each).public in certificate.signers]
    assert len(signers) >= 3
    for machine in signers:
        found = recovery._ends(book_of(machine), chain.epoch, end[0] - 1)
        assert [value for round_, value in found if round_ == end[0]] == [end[1]]


def ending(each: Report, *ends: tuple[int, bytes], **changed: Any) -> Report:
    return each._replace(ends=ends, **changed)


MOTION = bytes(31) + b"\x01"
ROUND = 1 << 40
"""After the last decision, also where heights are counted before rounds."""


def test_what_may_be_decided_is_not_passed_over(stopped: Stopped, ends: list[Report]) -> None:
    chain = chain_of(levelled(stopped.machines)[0])
    height, block = chain.height, chain.tip.id
    level = [ending(each, height=height, block=block) for each in ends]
    assert start_of(level, chain) == (vote_number(1, 1), height, block)
    one = [ending(level[0], (ROUND, MOTION)), *level[1:]]
    assert start_of(one, chain).height == height, "one vote of four is no quorum, as all say"
    two = [ending(level[0], (ROUND, MOTION)), ending(level[1], (ROUND, MOTION)), *level[2:]]
    with pytest.raises(ProofError, match="one more block may be decided"):
        start_of(two, chain)  # One of the others may lie.
    with pytest.raises(ProofError, match="weigh"):
        start_of(one[:2], chain)
    lost = [one[0], level[1], level[2]._replace(since=2)]
    with pytest.raises(ProofError, match="one more block may be decided"):
        start_of(lost, chain)
    with pytest.raises(ProofError, match="all of their votes weigh"):
        start_of([each._replace(since=2) for each in level], chain)
    older = [ending(level[0], (1, MOTION)), level[1], level[2]._replace(since=2)]
    assert start_of(older, chain).height == height, "rounds before the last decision are settled"


def test_twin_without_the_look_a_decided_block_is_passed_over(
    stopped: Stopped, ends: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "_verify_nothing_hidden", lambda *given: None)
    chain = chain_of(levelled(stopped.machines)[0])
    level = [
        ending(each, (ROUND, MOTION), height=chain.height, block=chain.tip.id) for each in ends
    ]
    assert start_of(level, chain).height == chain.height


def test_a_report_is_a_promise_and_each_turn_has_one_start(stopped: Stopped) -> None:
    machine = levelled(stopped.machines)[0]
    chain, book, key = chain_of(machine), book_of(machine), key_of(machine)
    first = reported(machine)
    assert reported(machine) == first == Report.from_bytes(first.to_bytes())
    assert book.since() == vote_number(1, 1)
    start = first.number, chain.height, chain.tip.id
    begins = Start(*start)
    assert sign_start(begins, [first], chain, book, key).holds()
    with pytest.raises(ProofError, match="another start"):
        sign_start(begins._replace(height=1), [first], chain, book, key)
    forged = first._replace(since=2)
    with pytest.raises(ProofError, match="not signed"):
        Report.from_bytes(forged.to_bytes())


def test_a_statement_is_applied_where_it_forks_nothing(stopped: Stopped) -> None:
    machines = levelled(stopped.machines)
    assert len(machines) >= 3
    machine, chain = machines[0], chain_of(machines[0])
    statement = statement_of(machines)
    for start in (
        statement.start._replace(height=chain.height - 1),
        statement.start._replace(block=bytes(32)),
    ):
        with pytest.raises(ProofError):
            apply_recovery(Recovery(start, statement.certificate), chain, machine.disk.kept)
    votes = []
    behind = Start(statement.start.number, 1, chain.header(1).id)
    for each in stopped.machines:
        ballot = behind.ballot(chain.network)
        votes.append(Vote.sign(ballot, key_of(each)))
    conspiracy = combine_votes(behind, votes, chain)
    with pytest.raises(ProofError, match="would fork the chain"):
        apply_recovery(conspiracy, chain, machine.disk.kept)
    apply_recovery(statement, chain, machine.disk.kept)
    assert beginnings.number_of(chain) == statement.start.number


def test_votes_of_a_later_turn_are_none_without_its_statement(stopped: Stopped) -> None:
    chain = chain_of(levelled(stopped.machines)[0])
    decision = Decision.from_bytes(chain.decision_of(chain.height))
    validator_set = chain.validator_set_of(chain.height)
    proposal = decision.proposal._replace(epoch=vote_number(1, 1))
    slot = Start(vote_number(1, 1), chain.height - 1, chain.header(chain.height - 1).id)
    end = decision.certificate.ballot.slot._replace(height=vote_number(1, 1))
    value = proposal.digest(chain.network)
    tally = Tally(validator_set)
    begun = Tally(validator_set)
    for machine in stopped.machines:
        tally.add(Vote.sign(Ballot(end, value), key_of(machine)))
        begun.add(Vote.sign(slot.ballot(chain.network), key_of(machine)))
    named = slot.ballot(chain.network)
    statement = Recovery(slot, begun.certificate(named.slot, named.value))
    whole = Decision(proposal, tally.certificate(end, value), statement.to_bytes())
    given = chain.tip, validator_set, chain.parameters
    check_decision(whole.to_bytes(), *given)
    shown = whole.to_bytes()
    assert Decision.from_bytes(shown) == whole
    late = Recovery(slot._replace(height=chain.height), statement.certificate)
    for wrong in (b"", b"\x80", late.to_bytes()):
        with pytest.raises(BlockError):
            check_decision(Decision(proposal, whole.certificate, wrong).to_bytes(), *given)
