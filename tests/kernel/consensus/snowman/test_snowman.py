"""Snowman: agreement by samples, the error that is computed for it, and what lies about preferences can do."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import ParameterError, ProofError
from focusmesh.kernel.consensus import (
    Ballot,
    Effects,
    Message,
    Proposal,
    SnowflakeParams,
    Snowman,
    Vote,
    safety_error,
)
from focusmesh.kernel.consensus.messages import ProposalMessage, write
from focusmesh.kernel.consensus.proposal import data_digest, end_slot, move_slot
from focusmesh.kernel.consensus.snowman.polls import Poll
from focusmesh.kernel.consensus.snowman.preference import AHEAD_HEIGHTS
from focusmesh.kernel.consensus.snowman.snowflake import Choice
from focusmesh.protocol.codec import decode, encode
from tests.kernel.consensus.scheduling import (
    NETWORK,
    ROOT,
    Net,
    block,
    holds,
    key,
    notarise_slot,
    stormy,
    validator_set,
)

SMALL = SnowflakeParams(k=7, alpha_preference=4, alpha_confidence=6, beta=8)


def engine(*arguments: Any, make: type[Snowman] = Snowman, **options: Any) -> Snowman:
    seed = arguments[3].public
    return make(*arguments, **{"rng": Random(seed).randbytes, **options})


@pytest.mark.parametrize("weights", [(1,) * 4, (1,) * 10, (5, 3, 3, 2, 1, 1)])
def test_all_decide_the_same_blocks(weights: Any) -> None:
    net = Net(weights, seed=1, make=engine)
    net.begin()
    net.run(20_000, lambda: net.reached(5))
    assert net.reached(5)
    assert not net.is_forked
    assert not net.counts


def test_lost_notices_and_absent_validators_delay_it() -> None:
    net = Net((1,) * 10, seed=2, make=engine, absent=(3,))
    net.link = stormy(net.rng, until=4_000, lost=0.1, most=60)
    net.begin()
    net.run(60_000, lambda: net.reached(4))
    assert net.reached(4)
    assert not net.is_forked


class Opposed(Snowman):
    """Answers each that asks with whatever rival there is of what it prefers itself."""

    def deliver(self, now: int, sender: bytes, data: bytes) -> Effects:
        effects, blocks = super().deliver(now, sender, data), self._blocks
        rivals = [each for each in blocks._children() if each != blocks.tip()]
        if decode(data)[0] != "poll" or not rivals:
            return effects
        said = encode(["chit", decode(data)[1], rivals[0]])
        (_, *others) = effects.notices
        return replace(effects, notices=(Message(sender, said), *others))


def rivals(net: Net) -> None:
    """Two blocks of one height, which half of the nodes hear of first each."""
    nodes = sorted(net.nodes.values(), key=lambda node: node.name)
    for mover, half in ((nodes[0], nodes[::2]), (nodes[1], nodes[1::2])):
        data = b"rival of %d" % mover.number
        tabled = moved(mover.number, 1, data)
        for node in half:
            net.call(node, "deliver", key(mover.number).public, write(tabled))


def test_rivals_are_told_apart_though_some_say_the_opposite() -> None:
    for seed in range(3):
        net = Net((1,) * 12, seed, make=engine, liars={11: partial(engine, make=Opposed)})
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
        SnowflakeParams(k, one, two, beta).verify()
    except ParameterError:
        assert not right
    else:
        assert right


def simulated(
    sampling: SnowflakeParams, validators: int, liars: int, rng: Random
) -> tuple[bool, int]:
    """Whether honest validators, half for either value, decide differently; liars say the less liked. Samples drawn."""
    honest = validators - liars
    choices = [Choice(sampling, bool(each % 2)) for each in range(honest)]
    samples = 0
    while not all(choice.is_decided for choice in choices) and samples < 20_000:
        samples += 1
        choice = rng.choice(choices)
        true = sum(each.preferred for each in choices)
        share = (true + (liars if 2 * true < honest else 0)) / validators
        votes = sum(rng.random() < share for _ in range(sampling.k))
        choice.record(sampling.k - votes, votes)
    return len({choice.preferred for choice in choices if choice.is_decided}) > 1, samples


@pytest.mark.parametrize("liars", [0, 2])
def test_the_computed_error_bounds_what_happens(liars: int) -> None:
    """With parameters so weak that errors are seen."""
    weak = SnowflakeParams(k=5, alpha_preference=3, alpha_confidence=4, beta=4)
    rng = Random(4)
    runs = [simulated(weak, 14 + liars, liars, rng) for _ in range(150)]
    wrong = sum(forked for forked, _ in runs) / len(runs)
    samples = max(drawn for _, drawn in runs)
    assert wrong <= 10 ** safety_error(weak, 14 + liars, liars, samples)


def test_the_error_falls_with_honest_validators_and_is_computed_for_few_as_for_many() -> None:
    """Parameters of the paper, a fifth of the weight lying: safe for many validators, and said to be unsafe for few."""
    errors = [
        safety_error(SnowflakeParams(), each, each // 5, 10**9) for each in (50, 100, 250, 500)
    ]
    assert errors == sorted(errors, reverse=True)
    assert -1 < errors[0] <= 0
    assert errors[-1] < -12
    assert safety_error(SnowflakeParams(), 500, 0, 10**9) < safety_error(
        SnowflakeParams(), 500, 50, 10**9
    )
    with pytest.raises(ParameterError):
        safety_error(SnowflakeParams(), 5, 5, 1)


@given(st.integers(2, 40), st.integers(0, 10))
@settings(max_examples=30, deadline=None)
def test_one_draw_is_by_weight(seed: int, heavy: int) -> None:
    drawn = Poll(validator_set([1, 1 + heavy]), 400, Random(seed).randbytes, None).draw()
    share = Counter(drawn)[key(1).public] / 400
    assert abs(share - (1 + heavy) / (2 + heavy)) < 0.15


@pytest.mark.parametrize(
    "parts",
    [
        ["poll"],
        ["poll", "1", 0],
        ["poll", -1, 0],
        ["poll", 1, "0"],
        ["chit", 1],
        ["chit", "1", bytes(32)],
        ["chit", 1, b"longer than a digest".ljust(33)],
        ["state", 1],
        ["sing"],
        [],
        ["motion", 1],
    ],
)
def test_what_nobody_honest_says_is_refused(parts: list[Any]) -> None:
    made = engine(NETWORK, validator_set([1, 1]), ROOT, key(0))
    with pytest.raises(ProofError):
        made.deliver(0, key(1).public, encode(parts))


def moved(mover: int, height: int, data: bytes, parent: bytes | None = None) -> ProposalMessage:
    """A motion after the root, unless ``parent`` is another one."""
    parent = ROOT.proposal(0).digest(NETWORK) if parent is None else parent
    subject = block(ROOT.subject, data)
    proposal = Proposal(0, height, height, parent, subject, data_digest(data))
    ballot = Ballot(move_slot(NETWORK, 0, height), proposal.digest(NETWORK))
    return ProposalMessage(proposal, data, Vote.sign(ballot, key(mover)))


def test_a_mover_that_signs_any_number_of_motions_fills_no_memory() -> None:
    made = engine(NETWORK, validator_set([1, 1]), ROOT, key(1), check=holds)
    mine = key(0).public
    for number in range(300):
        made.deliver(0, mine, write(moved(0, 1 + number % 20, b"%d" % number)))
    held = made._blocks._held
    assert len(held) == AHEAD_HEIGHTS
    assert len(made.known.evidence) == AHEAD_HEIGHTS
    # What somebody prefers is kept all the same, up to a limit.
    made.begin(0)
    for number in range(300, 320):
        asked = moved(0, 1, b"%d" % number)
        made._blocks.seek(asked.proposal.digest(NETWORK))
        made.deliver(0, mine, write(asked))
    assert len(held) == AHEAD_HEIGHTS + 3


def test_answers_that_name_any_number_of_motions_fill_no_memory() -> None:
    node = engine(NETWORK, validator_set((1,) * 4), ROOT, key(0))
    liar = key(1).public
    for number in range(600):
        node._begin_poll(0)
        node.deliver(0, liar, encode(["chit", node._sampler.poll.number, b"%032d" % number]))
    assert len(node._blocks.sought) == 64


def test_votes_of_snowman_are_no_votes_of_another_kind() -> None:
    """A move is none of Simplex; what accepts a block is in the slot that finalises, of another network."""
    move = moved(0, 256, b"one").vote.ballot.slot
    assert move not in {notarise_slot(NETWORK, 0, 256), end_slot(NETWORK, 0, 256)}
    stranger = Ballot(end_slot(bytes(32), 0, 1), bytes(32))
    node = engine(NETWORK, validator_set((1,) * 4), ROOT, key(0))
    for ballot in (
        stranger,
        Ballot(end_slot(NETWORK, 0, 1), b""),
        Ballot(notarise_slot(NETWORK, 0, 1), bytes(32)),
    ):
        with pytest.raises(ProofError):
            node.deliver(0, key(1).public, write(Vote.sign(ballot, key(1))))


@pytest.mark.parametrize("validators", [1, 4, 16, 17, 400, 401])
def test_parameters_for_any_number_of_validators(validators: int) -> None:
    """Whoever is honest does not disagree, and of few a third may be silent, of more a fifth."""
    sampling = SnowflakeParams.of(validators)
    sampling.verify()
    assert safety_error(sampling, validators, 0, 10**6) < -12
    if validators <= 400:
        silent = (validators - 1) // 3 if validators <= 16 else validators // 5
        assert sampling.k * (validators - silent) / validators > sampling.alpha_confidence
