"""A cube's vote from question to certificate, with bad places, and what is refused of a certificate."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest

from focusmesh.apps.grid import (
    BAD_WAYS,
    FIRST_PREVIOUS,
    VoteCertificate,
    hold_vote,
    proposer_order,
    validator_set_of,
    verify_votes,
    vertex_keys,
)
from focusmesh.apps.grid.bad_places import Place
from focusmesh.apps.grid.opinions import Opinion, Question
from focusmesh.engine.grid.cube import CENTRAL, VERTICES, edges_of, trimmed_integers
from focusmesh.engine.grid.model import SHARES
from focusmesh.errors import GridError
from tests.engine.grid.cube.makers import Counting, grid

if TYPE_CHECKING:
    from focusmesh.apps.grid.voter import Voter
    from focusmesh.engine.grid.cube import Instance

KEYS = vertex_keys(bytes(range(32)), "a")
ELECTORATE = validator_set_of(KEYS)
DATA = b"import numpy as"


def cube() -> Instance:
    return grid().create_instance("a", "eight", (0, 0, 0))


def test_an_opinion_is_what_was_signed_and_no_larger_numbers_that_go_round() -> None:
    question = Question(ELECTORATE.digest(), 1, FIRST_PREVIOUS, DATA)
    output = np.full(256, SHARES // 256)
    said = Opinion.sign(question, output, KEYS["NEU"])
    assert said.fits(question)
    # Four times 2⁶² go round in the sum, and 32 bits of each are the same.
    other = output.copy()
    other[:4] += 1 << 62
    assert int(other.sum()) == SHARES
    assert not Opinion(other, said.vote).fits(question)


def test_a_vote_decides_the_trimmed_mean_of_the_vertices() -> None:
    running = cube()
    result = hold_vote(running, KEYS, DATA)
    found = result.certificate
    found.verify(ELECTORATE)
    assert len(found.certificate.signatures) == 6
    shares = running.shares(DATA)
    bundles = combinations(VERTICES, 6), combinations(VERTICES, 7), combinations(VERTICES, 8)
    means = [
        trimmed_integers(np.array([shares[v] for v in b]), 2) for bundle in bundles for b in bundle
    ]
    assert any(np.array_equal(mean, found.output) for mean in means)
    assert (result.rounds, result.refused, result.evidence) == (1, 0, ())
    assert found.question[1:] == (1, FIRST_PREVIOUS, DATA)


@pytest.mark.parametrize("way", BAD_WAYS)
@pytest.mark.parametrize(
    "bad", [("NEU", "SWD"), ("NEU", "NED"), ("SWU", CENTRAL), ("NEU", "SED", CENTRAL)]
)
def test_two_bad_vertices_and_the_centre_are_survived(way: str, bad: tuple[str, ...]) -> None:
    running = cube()
    result = hold_vote(running, KEYS, DATA, bad=dict.fromkeys(bad, way), seed=3)
    result.certificate.verify(ELECTORATE)
    honest = np.array([output for v, output in running.shares(DATA).items() if v not in bad])
    assert np.all(result.certificate.output >= honest.min(axis=0))
    assert np.all(result.certificate.output <= honest.max(axis=0))
    guilty = {proof.verify(ELECTORATE) for proof in result.evidence}
    vertices = {KEYS[place].public for place in bad if place != CENTRAL}
    assert guilty == (vertices if way == "equivocate" else set())
    assert (result.refused > 0) == (way == "forge")
    assert result.rounds == 1 or CENTRAL in bad


def test_three_silent_vertices_stop_a_vote() -> None:
    with pytest.raises(GridError, match="3 places are bad") as refused:
        hold_vote(cube(), KEYS, DATA, bad=dict.fromkeys(VERTICES[:3], "silent"))
    assert refused.value.code == "quorum"


def test_equal_seeds_give_equal_votes() -> None:
    first, again, other = (
        hold_vote(cube(), KEYS, DATA, bad={"NEU": "equivocate"}, seed=seed) for seed in (1, 1, 2)
    )
    assert first.certificate.to_bytes() == again.certificate.to_bytes()
    assert (first.ticks, first.messages) == (again.ticks, again.messages)
    assert other.messages != first.messages


def test_words_go_along_edges_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without relays nobody but CENTRAL and three neighbours is heard: no vertex comes to a quorum by itself."""
    monkeypatch.setattr(Place, "_address", only_own)
    with pytest.raises(GridError, match="no decision"):
        hold_vote(cube(), KEYS, DATA, bad={CENTRAL: "silent"})
    assert len(edges_of()) == 20


def only_own(place: Place, words: list[object]) -> list[tuple[int, object]]:
    voter: Voter = place.voter
    mine = voter._key.public
    return [
        (-1, w) for w in words if mine in (getattr(w, "voter", None), getattr(w, "proposer", None))
    ]


def test_votes_make_a_chain() -> None:
    running, previous, chain = cube(), FIRST_PREVIOUS, []
    for height, text in enumerate((b"one", b"two", b"three"), 1):
        chain.append(hold_vote(running, KEYS, text, height=height, previous=previous).certificate)
        previous = chain[-1].digest
    verify_votes(chain, ELECTORATE)
    for broken in (chain[1:], [chain[0], chain[2]], [chain[1], chain[0]], [*chain, chain[2]]):
        with pytest.raises(GridError, match="not the next") as refused:
            verify_votes(broken, ELECTORATE)
        assert refused.value.code == "certificate"


def test_a_certificate_is_read_as_it_was_written() -> None:
    found = hold_vote(cube(), KEYS, DATA).certificate
    again = VoteCertificate.from_bytes(found.to_bytes())
    again.verify(ELECTORATE)
    assert (again.digest, again.next_byte, again.question) == (
        *(found.digest, found.next_byte),
        found.question,
    )


def test_every_change_of_a_certificate_is_refused() -> None:
    found = hold_vote(cube(), KEYS, DATA).certificate
    other = found.output.copy()
    other[:2] += [1, -1]
    pairs = list(found.certificate.signatures)
    forged = [(pairs[0][0], pairs[1][1]), *pairs[1:]]
    few = replace(found.certificate, signatures=tuple(pairs[:5]))
    for changed in (
        replace(found, output=other),
        replace(found, question=found.question._replace(height=2)),
        replace(found, question=found.question._replace(previous=bytes(31) + b"\1")),
        replace(found, question=found.question._replace(data=b"other")),
        replace(found, question=found.question._replace(network=bytes(32))),
        replace(found, certificate=few),
        replace(found, certificate=replace(found.certificate, signatures=tuple(forged))),
    ):
        with pytest.raises(GridError) as refused:
            changed.verify(ELECTORATE)
        assert refused.value.code == "certificate"
    with pytest.raises(GridError, match="another cube"):
        found.verify(validator_set_of(vertex_keys(bytes(32), "b")))


def test_bytes_that_are_no_certificate() -> None:
    data = hold_vote(cube(), KEYS, DATA).certificate.to_bytes()
    for wrong in (b"", data[:-1], data + b"\0", b"\x85" + data[1:]):
        with pytest.raises(GridError) as refused:
            VoteCertificate.from_bytes(wrong)
        assert refused.value.code == "certificate"
    for place in range(0, len(data), 37):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(GridError) as refused:
            VoteCertificate.from_bytes(bytes(changed)).verify(ELECTORATE)
        assert refused.value.code == "certificate"


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("vertex", {"bad": {"TOP": "silent"}}),
        ("bad", {"bad": {"NEU": "late"}}),
        ("height", {"height": 0}),
        ("height", {"previous": b"short"}),
        ("empty", {"data": b""}),
    ],
)
def test_votes_that_are_refused(code: str, named: dict[str, object]) -> None:
    with pytest.raises(GridError) as refused:
        hold_vote(**{"instance": cube(), "keys": KEYS, "data": DATA, **named})  # type: ignore[arg-type]
    assert refused.value.code == code


def test_a_cube_that_does_not_run_or_cannot_count_does_not_vote() -> None:
    running = cube()
    running.execute("hold")
    other = grid()
    other.add_model("counting", Counting())
    other.create_template("counting", "counting")
    counting = other.create_instance("c", "counting", (0, 0, 0))
    for code, instance in (("state", running), ("model", counting)):
        with pytest.raises(GridError) as refused:
            hold_vote(instance, KEYS, DATA)
        assert refused.value.code == code


def test_proposers_take_turns() -> None:
    orders = [proposer_order(height) for height in range(1, 9)]
    assert {order[0] for order in orders} == {CENTRAL}
    assert sorted(order[1] for order in orders) == sorted(VERTICES)
    assert all(sorted(order[1:]) == sorted(VERTICES) for order in orders)


def test_keys_are_of_one_cube_and_place() -> None:
    made = [vertex_keys(secret, name) for secret in (bytes(32), bytes(31) + b"\1") for name in "ab"]
    public = {key.public for keys in made for key in keys.values()}
    assert len(public) == 36
    assert vertex_keys(bytes(32), "a")["NEU"].public == made[0]["NEU"].public
    assert validator_set_of({place: key.public for place, key in made[0].items()}).digest() == (
        validator_set_of(made[0]).digest()
    )
    assert int(hold_vote(cube(), made[0], DATA).certificate.output.sum()) <= SHARES
