"""Snowman: agreement by samples, the error that is computed for it, and what lies about preferences can do."""

from __future__ import annotations

from collections import Counter
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import ParameterError, ProofError
from focusmesh.kernel.consensus import Ballot, Motion, Sampling, Snowman, Vote, safety_error
from focusmesh.kernel.consensus.motion import data_digest, end_slot, move_slot, notarise_slot
from focusmesh.kernel.consensus.notices import Tabled, write
from focusmesh.kernel.consensus.pacing import leader
from focusmesh.kernel.consensus.sampled import Choice
from focusmesh.protocol.codec import decode, encode
from tests.kernel.consensus.scheduling import (
    NETWORK,
    ROOT,
    Net,
    block,
    electorate,
    holds,
    key,
    stormy,
)

SMALL = Sampling(k=7, alpha_preference=4, alpha_confidence=6, beta=8)


def engine(*arguments: Any, **options: Any) -> Snowman:
    seed = arguments[3].public
    return Snowman(*arguments, **{"rng": Random(seed).randbytes, "sampling": SMALL, **options})


@pytest.mark.parametrize("weights", [(1,) * 4, (1,) * 10, (5, 3, 3, 2, 1, 1)])
def test_all_decide_the_same_blocks(weights: Any) -> None:
    net = Net(weights, seed=1, make=engine)
    net.begin()
    net.run(20_000, lambda: net.reached(5))
    assert net.reached(5)
    assert not net.is_forked
    assert not net.counts


def test_lost_notices_and_absent_voters_delay_it() -> None:
    net = Net((1,) * 10, seed=2, make=engine, absent=(3,))
    net.link = stormy(net.rng, until=4_000, lost=0.1, most=60)
    net.begin()
    net.run(60_000, lambda: net.reached(4))
    assert net.reached(4)
    assert not net.is_forked


class Opposed(Snowman):
    """Answers each that asks with whatever rival there is of what it prefers itself."""

    def _hear(self, sender: bytes, kind: str, parts: list[Any]) -> None:
        before = len(self._acts.notices)
        super()._hear(sender, kind, parts)
        if kind == "poll":
            said = self._acts.notices[before]
            children = self._blocks._children(self._blocks._digest)
            rivals = [each for each in children if each != decode(said.data)[2]]
            if rivals:
                self._acts.notices[before] = said._replace(
                    data=encode(["chit", parts[0], rivals[0]])
                )


def rivals(net: Net) -> None:
    """Two blocks of one height, which half of the nodes hear of first each."""
    firsts = sorted(net.nodes.values(), key=lambda node: node.name)
    for attempt, half in ((0, firsts[::2]), (1, firsts[1::2])):
        number = 256 + attempt
        mover = next(node for node in firsts if key(node.number).public == leader_of(net, number))
        made = engine(NETWORK, net.electorate, ROOT, key(mover.number), check=holds)
        made._attempt = attempt
        made.rouse(0)
        data = b"rival %d" % attempt
        (notice,) = (
            each
            for each in made.propose(0, number, block(ROOT.subject, data), data).notices
            if decode(each.data)[0] == "motion"
        )
        for node in half:
            net.call(node, "deliver", key(mover.number).public, notice.data)


def leader_of(net: Net, number: int) -> bytes:
    return leader(net.electorate, NETWORK, 0, number)


def test_rivals_are_told_apart_though_some_say_the_opposite() -> None:
    for seed in range(3):
        liars = {
            0: lambda *a, **o: Opposed(*a, **{"rng": Random(9).randbytes, "sampling": SMALL, **o})
        }
        net = Net((1,) * 12, seed, make=engine, liars=liars)
        for node in net.nodes.values():
            net.call(node, "begin")
        rivals(net)
        net.run(60_000, partial(net.reached, 1))
        assert net.reached(1)
        assert not net.is_forked


def test_a_choice_is_snowflake() -> None:
    """Against the rule written naively, over random samples."""
    rng = Random(3)
    for _ in range(200):
        choice, preferred, count, decided = Choice(SMALL, True), True, 0, False
        for _ in range(60):
            true = rng.choice((0, 3, 4, 6, 7, 7, 7))
            false = rng.randint(0, SMALL.k - true)
            choice.record(false, true)
            if not decided:
                for value, votes in ((True, true), (False, false)):
                    if votes >= SMALL.alpha_preference and value != preferred:
                        preferred, count = value, 0
                        break
                mine = true if preferred else false
                count = count + 1 if mine >= SMALL.alpha_confidence else 0
                decided = count >= SMALL.beta
            assert (choice.preferred, choice.is_decided) == (preferred, decided)


@given(st.integers(1, 30), st.integers(-2, 30), st.integers(-2, 32), st.integers(-1, 3))
def test_parameters_hold_their_inequalities(k: int, one: int, two: int, beta: int) -> None:
    right = k / 2 < one <= two <= k and beta > 0
    try:
        Sampling(k, one, two, beta).verify()
    except ParameterError:
        assert not right
    else:
        assert right


def simulated(sampling: Sampling, voters: int, liars: int, rng: Random) -> tuple[bool, int]:
    """Whether honest voters, half for either value, decide differently; liars say the less liked. And samples drawn."""
    honest = voters - liars
    choices = [Choice(sampling, bool(each % 2)) for each in range(honest)]
    samples = 0
    while not all(choice.is_decided for choice in choices) and samples < 20_000:
        samples += 1
        choice = rng.choice(choices)
        true = sum(each.preferred for each in choices)
        share = (true + (liars if 2 * true < honest else 0)) / voters
        votes = sum(rng.random() < share for _ in range(sampling.k))
        choice.record(sampling.k - votes, votes)
    return len({choice.preferred for choice in choices if choice.is_decided}) > 1, samples


@pytest.mark.parametrize("liars", [0, 2])
def test_the_computed_error_bounds_what_happens(liars: int) -> None:
    """With parameters so weak that errors are seen."""
    weak = Sampling(k=5, alpha_preference=3, alpha_confidence=4, beta=4)
    rng = Random(4)
    runs = [simulated(weak, 14 + liars, liars, rng) for _ in range(150)]
    wrong = sum(forked for forked, _ in runs) / len(runs)
    samples = max(drawn for _, drawn in runs)
    assert wrong <= 10 ** safety_error(weak, 14 + liars, liars, samples)


def test_the_error_falls_with_honest_voters_and_is_computed_for_few_as_for_many() -> None:
    """Parameters of the paper, a fifth of the weight lying: safe for many voters, and said to be unsafe for few."""
    errors = [safety_error(Sampling(), each, each // 5, 10**9) for each in (50, 100, 250, 500)]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] == 0.0
    assert errors[-1] < -12
    assert safety_error(Sampling(), 500, 0, 10**9) < safety_error(Sampling(), 500, 50, 10**9)
    with pytest.raises(ParameterError):
        safety_error(Sampling(), 5, 5, 1)


@given(st.integers(2, 40), st.integers(0, 10))
@settings(max_examples=30, deadline=None)
def test_one_draw_is_by_weight(seed: int, heavy: int) -> None:
    voters = electorate([1, 1 + heavy])
    made = Snowman(NETWORK, voters, ROOT, key(0), rng=Random(seed).randbytes, sampling=SMALL)
    drawn = Counter(made._draw() for _ in range(400))
    share = drawn[key(1).public] / 400
    assert abs(share - (1 + heavy) / (2 + heavy)) < 0.15


@pytest.mark.parametrize(
    "parts",
    [
        ["poll"],
        ["poll", "1"],
        ["poll", -1],
        ["chit", 1],
        ["chit", 1, b"longer than a digest".ljust(33)],
        ["seek", 1],
        ["sing"],
        [],
        ["motion", 1],
    ],
)
def test_what_nobody_honest_says_is_refused(parts: list[Any]) -> None:
    made = engine(NETWORK, electorate([1, 1]), ROOT, key(0))
    with pytest.raises(ProofError):
        made.deliver(0, key(1).public, encode(parts))


def moved(mover: int, number: int, data: bytes) -> Tabled:
    motion = Motion(
        0, number, number // 256, bytes(32), block(ROOT.subject, data), data_digest(data)
    )
    ballot = Ballot(move_slot(NETWORK, number), motion.digest(NETWORK))
    return Tabled(motion, data, Vote.signed(ballot, key(mover)))


def test_a_mover_that_signs_any_number_of_motions_fills_no_memory() -> None:
    made = engine(NETWORK, electorate([1]), ROOT, key(1), check=holds)
    mine = key(0).public
    for number in range(256, 1_000):
        made.deliver(0, mine, write(moved(0, number, b"%d" % number)))
    held = made._blocks._held
    assert len(held) == 64
    made.deliver(0, mine, write(moved(0, 256 * 1_000, b"far ahead")))
    assert len(held) == 64
    # What somebody prefers is kept all the same.
    asked = moved(0, 257, b"preferred")
    made.begin(0)
    digest = asked.motion.digest(NETWORK)
    made.deliver(0, mine, encode(["chit", made._poll, digest]))
    made.deliver(0, mine, write(asked))
    assert digest in held


def test_answers_that_name_any_number_of_motions_fill_no_memory() -> None:
    """As above, with a liar that names each in the answer to a sample: they are asked for, up to a limit."""
    mover = leader(electorate((1,) * 4), NETWORK, 0, 257)
    signing = next(each for each in map(key, range(4)) if each.public == mover)
    node = engine(NETWORK, electorate((1,) * 4), ROOT, key(9))
    for number in range(600):
        root = ROOT.motion(0).digest(NETWORK)
        motion = Motion(0, 257, 1, root, block(ROOT.subject, b"%d" % number), data_digest(b""))
        digest = motion.digest(NETWORK)
        node._blocks.seek(digest)
        node._blocks.to_seek()
        vote = Vote.signed(Ballot(move_slot(NETWORK, 257), digest), signing)
        node._blocks.add(Tabled(motion, b"", vote))
    assert len(node._blocks._held) == 256


def test_a_move_is_no_vote_of_another_engine() -> None:
    """Else a voter of both would be proved to have voted twice, having done no wrong."""
    simplex = {notarise_slot(NETWORK, 0, 256), end_slot(NETWORK, 0, 256)}
    assert moved(0, 256, b"one").vote.ballot.slot not in simplex
