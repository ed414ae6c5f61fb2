"""Slots: no vote of one engine, epoch, height, round or step is one of another, and all fit into evidence."""

from __future__ import annotations

from contextlib import suppress
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus import (
    ANY_ENGINE,
    END,
    QUORUM_ENGINE,
    SNOWMAN_ENGINE,
    Ballot,
    Certificate,
    Consensus,
    Decision,
    Equivocation,
    Proposal,
    Simplex,
    SlotName,
    Snowman,
    TwoPhaseSnowman,
    Vote,
    VoteSlots,
)
from focusmesh.kernel.consensus.interface import MESSAGE_BYTES_MAX
from focusmesh.kernel.consensus.messages import write
from focusmesh.kernel.consensus.proposal import end_slot, move_slot
from focusmesh.kernel.consensus.quorum import STEP_CHARACTERS_MAX
from focusmesh.kernel.consensus.slots import HEIGHT_MAX, MOVE, NOTARISE
from tests.kernel.consensus.scheduling import NETWORK, ROOT, key, notarise_slot, validator_set

SET = validator_set((1,) * 4)
ENGINES = (ANY_ENGINE, QUORUM_ENGINE, SNOWMAN_ENGINE)
heights = st.integers(0, HEIGHT_MAX)


@given(st.sampled_from(ENGINES), heights, st.sampled_from((NOTARISE, END, MOVE)))
def test_a_name_is_read_as_it_was_written(engine: str, height: int, step: str) -> None:
    name = SlotName(engine, height if engine == SNOWMAN_ENGINE else None, step)
    assert SlotName.read(name.text) == name
    assert len(name.text) <= STEP_CHARACTERS_MAX


@given(st.text(max_size=40))
def test_other_texts_are_no_steps(text: str) -> None:
    with suppress(ProofError):
        assert SlotName.read(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "snowman/end",
        "snowman/07/end",
        "snowman/-1/end",
        "snowman/٣/end",
        f"snowman/{HEIGHT_MAX + 1}/end",
        "quorum/7/end",
        "solo/end",
        "/end",
        "quorum/recover",
        "",
    ],
)
def test_what_almost_is_one_is_none(text: str) -> None:
    with pytest.raises(ProofError):
        SlotName.read(text)


def test_all_slots_differ() -> None:
    found = []
    for epoch, round_, height in product(range(2), range(2), range(2)):
        for engine in ENGINES:
            slots = VoteSlots.of(engine, NETWORK, epoch, height)
            if engine == SNOWMAN_ENGINE or not height:
                found += [slots.notarise(round_), slots.end(round_)]
            if engine == SNOWMAN_ENGINE and not round_:
                found.append(slots.move())
    assert len(set(found)) == len(found)


def test_networks_of_versions_1_to_4_keep_their_slots() -> None:
    slots = VoteSlots.of(ANY_ENGINE, NETWORK, 3, 9)
    assert slots.notarise(7) == notarise_slot(NETWORK, 3, 7) == (NETWORK, 3, 7, "notarise")
    assert slots.end(7) == end_slot(NETWORK, 3, 7) == (NETWORK, 3, 7, "end")
    assert move_slot(NETWORK, 3, 9) == (NETWORK, 3, 9, "move")


def test_a_height_beyond_the_last_has_no_slots() -> None:
    assert VoteSlots.of(SNOWMAN_ENGINE, NETWORK, 0, HEIGHT_MAX).end(0)
    with pytest.raises(ProofError):
        VoteSlots.of(SNOWMAN_ENGINE, NETWORK, 0, HEIGHT_MAX + 1)


def decision(engine: str, height: int = 5, round_: int = 2) -> Decision:
    proposal = Proposal(1, round_, height, bytes(32), b"block".ljust(32), bytes(32))
    slot = VoteSlots.of(engine, NETWORK, 1, height).end(round_)
    ballot = Ballot(slot, proposal.digest(NETWORK))
    votes = sorted(Vote.sign(ballot, key(number))[1:] for number in range(3))
    return Decision(proposal, Certificate(ballot, tuple(votes)))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_decision_is_verified_by_the_validator_set_alone(engine: str) -> None:
    made = decision(engine)
    read = Decision.from_bytes(made.to_bytes())
    assert read == made
    read.verify(NETWORK, SET)
    read.verify(NETWORK, SET, engine)
    assert read.engine == engine
    for other in set(ENGINES) - {engine}:
        with pytest.raises(ProofError) as caught:
            read.verify(NETWORK, SET, other)
        assert caught.value.code == "decision"


def test_votes_on_one_height_decide_no_other() -> None:
    made = decision(SNOWMAN_ENGINE)
    higher = made.proposal._replace(height=6)
    ballot = made.certificate.ballot._replace(value=higher.digest(NETWORK))
    votes = sorted(Vote.sign(ballot, key(number))[1:] for number in range(3))
    moved = Decision(higher, Certificate(ballot, tuple(votes)))
    with pytest.raises(ProofError) as caught:
        moved.verify(NETWORK, SET)
    assert caught.value.code == "decision"


def test_numbers_rise_with_heights_and_rounds() -> None:
    numbers = [
        decision(SNOWMAN_ENGINE, height, round_).number
        for height, round_ in [(1, 0), (1, 1), (1, 9), (2, 0), (HEIGHT_MAX, 9)]
    ]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] < 1 << 63
    assert decision(QUORUM_ENGINE).number == decision(ANY_ENGINE).number == 2


def test_no_engine_takes_votes_of_another() -> None:
    given_to_all = NETWORK, SET, ROOT, key(0)
    made: dict[str, list[Consensus]] = {
        ANY_ENGINE: [Simplex(*given_to_all), Snowman(*given_to_all, rng=bytes)],
        QUORUM_ENGINE: [Simplex(*given_to_all, engine=QUORUM_ENGINE)],
        SNOWMAN_ENGINE: [TwoPhaseSnowman(*given_to_all, rng=bytes)],
    }
    for engine, engines in made.items():
        for other in ENGINES:
            slot = VoteSlots.of(other, NETWORK, 0, 1).end(1)
            vote = write(Vote.sign(Ballot(slot, b"block".ljust(32)), key(1)))
            assert len(vote) < MESSAGE_BYTES_MAX
            for each in engines:
                if other == engine:
                    each.deliver(0, key(1).public, vote)
                    continue
                with pytest.raises(ProofError) as caught:
                    each.deliver(0, key(1).public, vote)
                assert caught.value.code == "vote"


@pytest.mark.parametrize("height", [1, HEIGHT_MAX])
def test_two_votes_in_one_new_slot_are_evidence(height: int) -> None:
    slot = VoteSlots.of(SNOWMAN_ENGINE, NETWORK, 1, height).notarise(0)
    votes = [Vote.sign(Ballot(slot, value.ljust(32)), key(0)) for value in (b"one", b"two")]
    proof = Equivocation(*votes)
    assert Equivocation.from_bytes(proof.to_bytes()).verify(SET, NETWORK) == key(0).public
    assert len(proof.to_bytes()) <= 512
    apart = Vote.sign(
        Ballot(VoteSlots.of(SNOWMAN_ENGINE, NETWORK, 1, 2).notarise(0), b"two".ljust(32)), key(0)
    )
    with pytest.raises(ProofError):
        Equivocation(votes[0], apart).verify(SET, NETWORK)
