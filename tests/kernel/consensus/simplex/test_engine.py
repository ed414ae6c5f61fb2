"""One engine, told one thing after the other: when it wakes, whose turn it is, what it says again and to whom."""

from __future__ import annotations

from focusmesh.kernel.consensus import Ballot, Pace, Simplex, Vote
from focusmesh.kernel.consensus.messages import ASKED_MAX, SyncStatus, write
from focusmesh.kernel.consensus.proposal import TIME_OUT, end_slot
from tests.kernel.consensus.scheduling import NETWORK, ROOT, holds, key
from tests.kernel.consensus.simplex.test_passed_rounds import (
    KEYS,
    ME,
    VALIDATORS,
    begun,
    certificate,
    final,
    leader_of,
    proposed,
    timed_out,
    told,
)

PACE = Pace(least=200, first=10_000, most=30_000, resend=500)


def time_out_of(number: int, signer: bytes, epoch: int = 0) -> Vote:
    return Vote.sign(Ballot(end_slot(NETWORK, epoch, number), TIME_OUT), KEYS[signer])


def engine_of(public: bytes, last_height: int | None = None) -> Simplex:
    engine = Simplex(
        NETWORK, VALIDATORS, ROOT, KEYS[public], check=holds, pace=PACE, last_height=last_height
    )
    engine.begin(0)
    return engine


def other_than(public: bytes) -> bytes:
    found: bytes = min(KEYS.keys() - {public})
    return found


def test_a_vote_of_this_epoch_and_round_wakes_it() -> None:
    assert begun().deadline is None
    for number, epoch, wakes in ((1, 0, True), (3, 0, True), (0, 0, False), (1, 1, False)):
        engine = begun()
        told(engine, time_out_of(number, key(1).public, epoch))
        assert (engine.deadline is not None) == wakes, (number, epoch)


def test_the_leader_alone_has_a_turn_once_and_for_the_next_block() -> None:
    leader = leader_of(1)
    for public in KEYS:
        turns = engine_of(public).rouse(0).turns
        expected = [(1, 1, ROOT.subject)] if public == leader else []
        assert [tuple(turn) for turn in turns] == expected
    engine = engine_of(leader)
    assert engine.rouse(0).turns
    assert engine.rouse(1).turns == ()
    asleep = engine_of(leader)
    assert asleep.tick(0).turns == ()


def test_what_nobody_seems_to_have_heard_is_said_again_and_not_before_its_time() -> None:
    engine = engine_of(other_than(leader_of(1)))
    engine.rouse(0)
    assert engine.tick(PACE.resend - 1).notices == ()
    assert engine.deadline == PACE.resend
    assert engine.tick(PACE.resend).notices
    assert engine.deadline == 2 * PACE.resend


def test_who_asks_is_answered_once_in_half_the_time_of_saying_again() -> None:
    engine = engine_of(ME.public)
    decided = proposed(1)
    told(engine, decided)
    told(engine, final(decided.proposal))
    for number in range(2, 5):
        told(engine, timed_out(number))
    asked = write(SyncStatus(1, 0))
    asker = key(1).public

    def is_answered(now: int, sender: bytes) -> bool:
        return any(each.to == sender for each in engine.deliver(now, sender, asked).notices)

    start = 10_000
    assert is_answered(start, asker)
    assert not is_answered(start + PACE.resend // 2 - 1, asker)
    assert is_answered(start + PACE.resend // 2, asker)
    assert is_answered(start + PACE.resend // 2, key(2).public)
    assert not is_answered(start, bytes(32))


def test_a_vote_that_is_handed_on_is_of_who_signed_it() -> None:
    vote = time_out_of(1, key(2).public)
    by_sender, handed_on = begun(), begun()
    by_sender.deliver(7, key(1).public, write(vote))
    assert by_sender._heard == {key(1).public: 7}
    handed_on.deliver(7, b"", write(vote))
    assert handed_on._heard == {key(2).public: 7}


def test_its_votes_of_rounds_around_the_current_one_are_told() -> None:
    engine = begun()
    engine.rouse(0)
    for number in range(1, 4):
        engine.tick(engine.deadline or 0)
        while engine.known.view(number).ended is None:
            engine.tick(engine.deadline or 0)
        told(engine, timed_out(number))
    rounds = [vote.ballot.slot.round for vote in engine._validator.ends()]
    assert rounds == [1, 2, 3]
    assert len(rounds) < ASKED_MAX


def test_an_epoch_is_over_with_its_last_block() -> None:
    engine = engine_of(ME.public, last_height=1)
    assert not engine.is_over
    last = proposed(1)
    told(engine, last)
    told(engine, certificate(final(last.proposal).ballot))
    assert engine.is_over
    assert engine.deadline is None
