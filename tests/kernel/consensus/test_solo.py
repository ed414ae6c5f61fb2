"""One key decides: the others follow its decisions, and nobody else's."""

from __future__ import annotations

import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus import Anchor, Decision, Solo, conflicts
from focusmesh.protocol.codec import encode
from focusmesh.protocol.identity import SigningKey

NETWORK = bytes(range(32))
KEY, OTHER = SigningKey(b"\1" * 32), SigningKey(b"\2" * 32)
ROOT = Anchor(4, b"\4" * 32)
ONE, TWO = b"\5" * 32, b"\6" * 32


def engine(signing: SigningKey | None = None, root: Anchor = ROOT) -> Solo:
    return Solo(NETWORK, KEY.public, root, signing)


def moved(solo: Solo, subject: bytes = ONE) -> bytes:
    (turn,) = solo.rouse(0).turns
    (notice,) = solo.propose(0, turn.round, subject, b"header").notices
    assert notice.to is None
    return notice.data


def code_of(solo: Solo, data: bytes) -> str:
    with pytest.raises(ProofError) as refused:
        solo.deliver(0, KEY.public, data)
    return refused.value.code


def test_the_one_key_decides_and_others_follow() -> None:
    proposer, follower = engine(KEY), engine()
    assert proposer.begin(0) == proposer.tick(9) == follower.rouse(0)
    assert (proposer.deadline, follower.deadline) == (None, None)
    (turn,) = proposer.rouse(0).turns
    assert (turn.height, turn.parent) == (5, ROOT.subject)
    effects = proposer.propose(0, turn.round, ONE, b"header")
    (decision,) = effects.decisions
    assert follower.deliver(0, OTHER.public, effects.notices[0].data).decisions == (decision,)
    assert (decision.proposal.height, decision.proposal.subject) == (5, ONE)
    decision.verify(NETWORK, follower.validator_set)
    assert Decision.from_bytes(decision.to_bytes()) == decision
    (turn,) = proposer.rouse(1).turns
    assert (turn.height, turn.parent) == (6, ONE)


def test_a_late_or_repeated_answer_changes_nothing() -> None:
    proposer, follower = engine(KEY), engine()
    data = moved(proposer)
    assert not proposer.propose(0, 5, TWO, b"").decisions
    assert follower.deliver(0, KEY.public, data).decisions
    assert not follower.deliver(0, KEY.public, data).decisions
    assert not follower.propose(0, 6, TWO, b"").decisions
    assert not follower.judge(0, ONE, True).decisions


def test_who_was_away_takes_the_next_decision_it_hears_of() -> None:
    proposer, follower = engine(KEY), engine()
    moved(proposer)
    (decision,) = follower.deliver(0, KEY.public, moved(proposer, TWO)).decisions
    assert (decision.proposal.height, decision.proposal.subject) == (6, TWO)


def test_nobody_else_decides() -> None:
    with pytest.raises(ProofError):
        Solo(NETWORK, KEY.public, ROOT, OTHER)
    assert code_of(engine(), moved(Solo(NETWORK, OTHER.public, ROOT, OTHER))) == "certificate"
    assert code_of(engine(), moved(Solo(ONE, KEY.public, ROOT, KEY))) == "decision"


def test_what_is_no_notice_is_refused() -> None:
    data = moved(engine(KEY))
    for wrong in (b"", b"\0", encode([1, 2]), encode([b"", b""]), data[:-1], data[:-1] + b"x"):
        assert code_of(engine(), wrong) == "notice"
    assert code_of(engine(), bytes(1 << 20)) == "notice"


def test_one_that_forgot_and_decides_otherwise_has_proved_it() -> None:
    first, second = moved(engine(KEY)), moved(engine(KEY), TWO)
    one, other = (engine().deliver(0, KEY.public, data).decisions[0] for data in (first, second))
    (proof,) = conflicts(one.certificate, other.certificate)
    assert proof.verify(engine().validator_set) == KEY.public
