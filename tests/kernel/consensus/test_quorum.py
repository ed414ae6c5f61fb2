"""Votes by weight: quorums, certificates, double votes; forged ones are found out."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus import (
    Ballot,
    Certificate,
    Equivocation,
    Slot,
    Tally,
    ValidatorSet,
    Vote,
    conflicts,
    guilty_weight,
)
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import SigningKey

NETWORK = bytes(range(32))
SLOT = Slot(NETWORK, 7, 0, "prevote")
ONE, OTHER = b"\1" * 32, b"\2" * 32
WEIGHTS = st.lists(st.integers(1, 50), min_size=1, max_size=9)


@cache
def key(number: int) -> SigningKey:
    return SigningKey(bytes([number]) * 32)


def equal(count: int) -> ValidatorSet:
    return ValidatorSet({key(number).public: 1 for number in range(count)})


@cache
def vote(number: int, value: bytes = ONE, slot: Slot = SLOT) -> Vote:
    return Vote.sign(Ballot(slot, value), key(number))


def counted(votes: list[Vote], validator_set: ValidatorSet) -> Tally:
    tally = Tally(validator_set)
    for one in votes:
        tally.add(one)
    return tally


def code_of(act: object, *arguments: object) -> str:
    with pytest.raises(ProofError) as refused:
        act(*arguments)  # type: ignore[operator]
    return refused.value.code


@pytest.mark.parametrize(
    ("count", "quorum", "veto"),
    [(1, 1, 1), (3, 3, 1), (4, 3, 2), (7, 5, 3), (8, 6, 3), (9, 7, 3), (10, 7, 4), (13, 9, 5)],
)
def test_quorums_of_equals(count: int, quorum: int, veto: int) -> None:
    found = ValidatorSet({bytes([number]) * 32: 1 for number in range(count)})
    assert (found.total, found.quorum, found.veto) == (count, quorum, veto)


@given(WEIGHTS)
def test_quorums_meet_in_more_than_a_third_and_a_veto_stops_every_quorum(
    weights: list[int],
) -> None:
    validator_set = ValidatorSet({bytes([n]) * 32: weight for n, weight in enumerate(weights)})
    total = sum(weights)
    assert 3 * validator_set.quorum > 2 * total >= 3 * (validator_set.quorum - 1)
    assert 3 * (2 * validator_set.quorum - total) > total
    assert 3 * validator_set.veto >= total > 3 * (validator_set.veto - 1)
    assert total - validator_set.veto < validator_set.quorum


def test_a_certificate_of_six_of_eight() -> None:
    tally = counted([vote(number) for number in range(7)], equal(8))
    found = tally.certificate(SLOT, ONE)
    assert len(found.signatures) == 6
    found.verify(equal(8))
    assert Certificate.from_bytes(found.to_bytes()) == found
    assert tally.value_with_quorum(SLOT) == ONE
    assert (
        code_of(counted([vote(n) for n in range(5)], equal(8)).certificate, SLOT, ONE) == "quorum"
    )


def test_the_heaviest_make_a_certificate_short() -> None:
    validator_set = ValidatorSet({key(n).public: weight for n, weight in enumerate([1, 1, 1, 10])})
    tally = counted([vote(n) for n in range(4)], validator_set)
    assert len(tally.certificate(SLOT, ONE).signatures) == 1


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 7), st.sampled_from([ONE, OTHER, b""])), max_size=30))
def test_a_tally_counts_the_first_vote_and_keeps_proof_of_a_second(
    said: list[tuple[int, bytes]],
) -> None:
    tally, first, twice = Tally(equal(8)), dict[int, bytes](), set[int]()
    for number, value in said:
        new = number not in first or (first[number] != value and number not in twice)
        assert tally.add(vote(number, value)) == new
        if first.setdefault(number, value) != value:
            twice.add(number)
    for value in (ONE, OTHER, b""):
        weight = sum(held == value for held in first.values())
        assert tally.weight(SLOT, value) == weight
        assert tally.has_quorum(SLOT, value) == (weight >= 6)
    assert tally.weight(SLOT) == len(first)
    assert {validator for _, validator in tally.evidence} == {
        key(number).public for number in twice
    }
    assert guilty_weight(tally.evidence.values(), equal(8)) == len(twice)


def test_strangers_and_forgers_are_refused() -> None:
    tally = Tally(equal(3))
    assert code_of(tally.add, vote(5)) == "voter"
    forged = Vote(vote(0).ballot, key(1).public, vote(0).signature)
    assert code_of(tally.add, forged) == "vote"
    assert code_of(tally.add, vote(0)._replace(ballot=Ballot(SLOT, OTHER))) == "vote"
    assert tally.weight(SLOT) == 0
    tally.add(vote(0))
    assert code_of(tally.add, vote(0, OTHER)._replace(signature=bytes(64))) == "vote"
    assert tally.evidence == {}


def test_without_the_check_a_forged_vote_would_count() -> None:
    """The twin of the test above."""
    tally = Tally(equal(3), check=lambda _: True)
    assert tally.add(Vote(vote(0).ballot, key(1).public, bytes(64)))
    assert tally.weight(SLOT, ONE) == 1


@pytest.mark.parametrize(
    "slot",
    [
        SLOT._replace(network=bytes(32)),
        SLOT._replace(height=8),
        SLOT._replace(round=1),
        SLOT._replace(step="precommit"),
    ],
)
def test_a_signature_serves_in_one_slot_alone(slot: Slot) -> None:
    moved = vote(0)._replace(ballot=Ballot(slot, ONE))
    assert vote(0).holds()
    assert not moved.holds()


def test_every_change_of_a_certificate_is_found() -> None:
    good = counted([vote(number) for number in range(6)], equal(8)).certificate(SLOT, ONE)
    pairs = list(good.signatures)
    stranger = (key(20).public, vote(20).signature)
    for code, changed in [
        ("quorum", pairs[:5]),
        ("certificate", pairs[::-1]),
        ("certificate", [pairs[0], *pairs]),
        ("certificate", sorted([*pairs, stranger])),
        ("certificate", [(pairs[0][0], pairs[1][1]), *pairs[1:]]),
    ]:
        assert code_of(Certificate(good.ballot, tuple(changed)).verify, equal(8)) == code
    for ballot in (Ballot(SLOT, OTHER), Ballot(SLOT._replace(round=1), ONE)):
        assert code_of(Certificate(ballot, good.signatures).verify, equal(8)) == "certificate"


def test_every_byte_of_a_certificate_counts() -> None:
    good = counted([vote(number) for number in range(6)], equal(8)).certificate(SLOT, ONE)
    data = good.to_bytes()
    for place in range(0, len(data), 7):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(ProofError):
            Certificate.from_bytes(bytes(changed)).verify(equal(8))
    for cut in (b"", data[:-1], data + b"\0", encode([1, 2, 3])):
        assert code_of(Certificate.from_bytes, cut) == "certificate"


def test_a_certificate_has_one_encoding() -> None:
    """Found by fuzzing: nothing, a text or a map in place of the array of signatures was read as none of them."""
    good = counted([vote(number) for number in range(6)], equal(8)).certificate(SLOT, ONE)
    parts = decode(good.to_bytes())
    shapes: list[Any] = [b"", "", {}, None, 0, [b"ab"], [["a", "b"]], [[1, 2]], [[b"", b""]]]
    for signatures in shapes:
        assert code_of(Certificate.from_bytes, encode([*parts[:5], signatures])) == "certificate"
    for place, wrong in ((0, 1), (1, 7.0), (1, True), (2, b""), (3, 5), (4, "x" * 32)):
        changed = [*parts[:place], wrong, *parts[place + 1 :]]
        assert code_of(Certificate.from_bytes, encode(changed)) == "certificate"
    listed = [list(range(32)), parts[5][0][1]]
    assert code_of(Certificate.from_bytes, encode([*parts[:5], [listed]])) == "certificate"


def test_evidence_that_proves_nothing() -> None:
    for first, second in [
        (vote(0), vote(0)),
        (vote(0), vote(1, OTHER)),
        (vote(0), vote(0, OTHER, SLOT._replace(round=1))),
        (vote(0), vote(0, OTHER)._replace(signature=bytes(64))),
        (vote(20), vote(20, OTHER)),
    ]:
        assert code_of(Equivocation(first, second).verify, equal(8)) == "evidence"
    proof = Equivocation(vote(0), vote(0, OTHER))
    assert proof.verify(equal(8)) == proof.verify(equal(8), SLOT.network) == key(0).public
    assert code_of(proof.verify, equal(8), bytes(32)) == "evidence"
    assert code_of(guilty_weight, [proof], equal(8), bytes(32)) == "evidence"


def test_a_fork_names_a_third_of_the_weight() -> None:
    """Whoever are bad: where two certificates are, who signed both weighs a third or more."""
    validator_set = equal(8)
    for validators in combinations(range(8), 4):
        others = [number for number in range(8) if number not in validators]
        left = counted([vote(n) for n in [*validators, *others[:2]]], validator_set)
        right = counted([vote(n, OTHER) for n in [*validators, *others[2:]]], validator_set)
        pair = left.certificate(SLOT, ONE), right.certificate(SLOT, OTHER)
        proofs = conflicts(*pair)
        assert guilty_weight(proofs, validator_set) >= validator_set.veto
        assert {proof.first.signer for proof in proofs} <= {key(n).public for n in validators}
        assert conflicts(pair[0], pair[0]) == ()


@pytest.mark.parametrize(
    "weights",
    [{}, {b"short": 1}, {bytes(32): 0}, {bytes(32): -1}, {bytes(32): True}, {bytes(32): 1.5}],
)
def test_electorates_that_are_none(weights: dict[bytes, int]) -> None:
    assert code_of(ValidatorSet, weights) == "electorate"


@pytest.mark.parametrize(
    "ballot",
    [
        Ballot(SLOT, b"short"),
        Ballot(SLOT._replace(height=-1), ONE),
        Ballot(SLOT._replace(round=1 << 63), ONE),
        Ballot(SLOT._replace(step=""), ONE),
        Ballot(SLOT._replace(network=b""), ONE),
    ],
)
def test_ballots_that_are_none(ballot: Ballot) -> None:
    assert code_of(ballot.digest) == "vote"


def test_digests_tell_electorates_apart() -> None:
    assert equal(3).digest() == ValidatorSet(dict(reversed(equal(3).weights.items()))).digest()
    assert equal(3).digest() != equal(4).digest()
    heavier = ValidatorSet(equal(3).weights | {key(0).public: 2})
    assert heavier.digest() != equal(3).digest()


def test_a_proof_against_who_votes_twice_travels() -> None:
    proof = Equivocation(vote(1), vote(1, OTHER))
    data = proof.to_bytes()
    assert Equivocation.from_bytes(data) == proof
    assert Equivocation.from_bytes(data).verify(equal(4)) == key(1).public
    for wrong in (
        b"",
        data[:-1],
        encode([1]),
        encode([*SLOT, key(1).public, [ONE, b""], [ONE, b""]]),
    ):
        assert code_of(Equivocation.from_bytes, wrong) == "evidence"
    same = Equivocation.from_bytes(Equivocation(vote(1), vote(1)).to_bytes())
    assert code_of(same.verify, equal(4)) == "evidence"
