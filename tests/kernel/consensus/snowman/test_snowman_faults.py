"""Snowman under faults: what it bears is what Simplex bears, and where samples disagree it stops and forks nobody."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.kernel.consensus import (
    Ballot,
    Decision,
    Effects,
    Proposal,
    SnowflakeParams,
    Snowman,
    TwoPhaseSnowman,
    Vote,
    accuse,
    guilty_weight,
)
from focusmesh.kernel.consensus.messages import write
from focusmesh.kernel.consensus.proposal import MOVE, end_slot
from focusmesh.protocol.codec import decode
from tests.kernel.consensus.scheduling import (
    FOREVER,
    NETWORK,
    Net,
    calm,
    divided,
    key,
    stormy,
    torn,
)
from tests.kernel.consensus.simplex.test_simplex import (
    BY_WEIGHTS,
    UNEQUAL,
    has_noticed,
    lifted,
    seeds,
    sides_of,
)
from tests.kernel.consensus.simplex.test_simplex_rules import is_broken
from tests.kernel.consensus.snowman.test_snowman import engine, moved

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kernel.consensus.scheduling import Node


BY_ENGINES = pytest.mark.parametrize(
    "make", [engine, partial(engine, make=TwoPhaseSnowman)], ids=["one phase", "two phases"]
)


@BY_ENGINES
@BY_WEIGHTS
def test_all_decide_the_same_blocks(weights: Any, few: Any, many: Any, make: Any) -> None:
    net = Net(weights, seed=1, make=make)
    net.link = calm(net.rng)
    net.begin()
    lifted(net, 5)
    assert net.now < 2_500, "with everybody there, nobody waits for a time"
    assert not net.counts
    for node in net.nodes.values():
        for decision in node.decisions:
            decision.verify(NETWORK, net.validator_set)
            phases = isinstance(node.engine, TwoPhaseSnowman)
            assert decision.proposal.round == (0 if phases else decision.proposal.height)


@BY_ENGINES
@BY_WEIGHTS
def test_alive_without_almost_a_third_once_the_net_is_timely(
    weights: Any, few: Any, many: Any, make: Any
) -> None:
    for seed in seeds(weights, 1):
        net = Net(weights, seed, absent=few, make=make)
        net.link = stormy(net.rng, until=4_000)
        net.begin()
        lifted(net, 4)
        assert net.counts["lost"]


@BY_ENGINES
@BY_WEIGHTS
def test_safe_with_twins_of_almost_a_third(weights: Any, few: Any, many: Any, make: Any) -> None:
    accused = 0
    for seed in seeds(weights, 2):
        net = Net(weights, seed, twins=few, make=make)
        net.link = torn(net, until=6_000)
        net.begin()
        lifted(net, 5)
        accused += sum(len(node.evidence) for node in net.honest)
    assert accused, "twins that move twice are noticed"


@BY_ENGINES
@BY_WEIGHTS
def test_a_third_that_is_silent_stalls_everybody_and_forks_nobody(
    weights: Any, few: Any, many: Any, make: Any
) -> None:
    net = Net(weights, seed=3, absent=many, make=make)
    net.link = calm(net.rng)
    net.begin()
    net.run(5_000)
    assert max(net.heights()) == 0
    for number in many:
        net.restart(net.nodes[str(number)])
    lifted(net, 2)


@BY_ENGINES
@BY_WEIGHTS
def test_a_divided_net_stalls_and_goes_on_when_it_is_whole(
    weights: Any, few: Any, many: Any, make: Any
) -> None:
    net = Net(weights, seed=4, make=make)
    net.link = divided({name: int(node.number in many) for name, node in net.nodes.items()}, 5_000)
    net.begin()
    net.run(5_000)
    assert max(net.heights()) == 0
    lifted(net, 2)


@BY_ENGINES
@BY_WEIGHTS
def test_crashes_and_restarts_from_the_disk(weights: Any, few: Any, many: Any, make: Any) -> None:
    for seed in seeds(weights, 1):
        net = Net(weights, seed, make=make)
        net.link = stormy(net.rng, until=3_000, lost=0.05, most=60)
        net.begin()
        net.crash_sometimes(range(50, 3_000, 100), [*net.nodes.values()], 250)
        net.run(3_300)
        lifted(net, 3)
        assert net.counts["crashed"] > 20


# Where samples disagree: parameters that decide by one answer, so that honest validators accept different blocks.

WEAK = SnowflakeParams(k=1, alpha_preference=1, alpha_confidence=1, beta=1)


class AcceptsAgain(Snowman):
    """Signs whatever it prefers later, too."""

    def tick(self, now: int) -> Effects:
        self._blocks.accepted = None
        self._blocks._choices.clear()
        self._accepter._accepted.clear()
        return super().tick(now)


class Forgets(Snowman):
    """Comes back with an old disk."""

    def __init__(
        self, *arguments: Any, vote_records: Any = (), decision: Any = None, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)


class Believes(Snowman):
    """Checks no signature of a vote."""

    def __init__(self, *arguments: Any, check: Any = None, **options: Any) -> None:
        super().__init__(*arguments, **options, check=lambda vote: True)


class Halves(Snowman):
    """With half of the weight for a quorum."""


def in_storms(make: Callable[..., Snowman], seed: int) -> Net:
    """Twins that move twice, in a lossy net."""
    net = Net((1,) * 4, seed, twins=(0,), make=make)
    net.link = torn(net, until=FOREVER)
    net.begin()
    return net


def with_old_disks(make: Callable[..., Snowman], seed: int) -> Net:
    """A twin and two others decide, one of these falls and comes back on the other side."""
    net = Net((1,) * 4, seed, twins=(0,), make=make)
    sides = {"0a": 0, "1": 0, "2": 0, "0b": 1, "3": 1}
    net.link = divided(sides)
    net.begin()
    net.run(3_000)
    net.crash(net.nodes["1"])
    sides["1"] = 1
    net.restart(net.nodes["1"])
    return net


def with_forged_votes(make: Callable[..., Snowman], seed: int) -> Net:
    """Somebody moves a block and accepts it in the name of all, before one node that is cut off."""
    net = Net((1,) * 4, seed, make=make)
    net.link = divided({"0": 0, "1": 0, "2": 0, "3": 1})
    net.begin()
    tabled = moved(0, 1, b"forged")
    digest = tabled.proposal.digest(NETWORK)
    slot = end_slot(NETWORK, 0, 1)
    net.call(net.nodes["3"], "deliver", key(0).public, write(tabled))
    for validator in net.validator_set.weights:
        forged = Vote(Ballot(slot, digest), validator, bytes(64))
        net.call(net.nodes["3"], "deliver", key(0).public, write(forged))
    return net


def with_half_for_a_quorum(make: Callable[..., Snowman], seed: int) -> Net:
    """A net in two halves."""
    net = Net((1,) * 4, seed, make=make)
    net.link = divided({"0": 0, "1": 1, "2": 0, "3": 1})
    if isinstance(net.nodes["0"].engine, Halves):
        net.validator_set.quorum = 2
    net.begin()
    return net


RULES = [
    (AcceptsAgain, in_storms),
    (Forgets, with_old_disks),
    (Believes, with_forged_votes),
    (Halves, with_half_for_a_quorum),
]


def broken(make: type[Snowman], scene: Any) -> int:
    """How many of a few runs break."""
    nets = [scene(partial(engine, make=make, sampling=WEAK), seed) for seed in range(4)]
    for net in nets:
        net.run(net.now + 12_000, partial(is_broken, net))
    return sum(is_broken(net) for net in nets)


@pytest.mark.parametrize(("make", "scene"), RULES)
def test_without_one_of_the_rules_it_breaks(make: type[Snowman], scene: Any) -> None:
    """Must fail: though samples decide nothing here, what everybody signs once forks nobody."""
    assert broken(make, scene)
    assert not broken(Snowman, scene)


def test_where_samples_disagree_the_chain_stops_and_forks_nobody() -> None:
    """Two blocks of one height, each of which two of four accept: no quorum comes together any more."""
    net = Net((1,) * 4, seed=1, make=partial(engine, sampling=WEAK))
    net.link = lambda now, one, other: None
    for node in net.nodes.values():
        net.call(node, "begin")
        tabled = moved(node.number // 2, 1, b"%d" % (node.number // 2))
        net.call(node, "deliver", key(0).public, write(tabled))
    net.run(2_000, lambda: sum(len(node.vote_records) for node in net.nodes.values()) == 4)
    net.link = calm(net.rng)
    net.run(30_000)
    assert net.heights() == [0] * 4
    assert all(len(node.vote_records) == 1 for node in net.nodes.values())


@BY_ENGINES
@BY_WEIGHTS
def test_a_third_that_signs_twice_forks_and_is_proved_guilty(
    weights: Any, few: Any, many: Any, make: Any
) -> None:
    liars = many if weights != UNEQUAL else (0, 3)
    # Who asks its own side alone decides soon.
    net = Net(weights, seed=5, twins=liars, make=partial(make, sampling=WEAK))
    sides = sides_of(weights, liars)
    net.link = divided(sides)
    net.begin()
    net.run(20_000, lambda: net.is_forked)
    assert net.is_forked
    pair = [
        max((node for node in net.honest if sides[node.name] == side), key=lambda node: node.height)
        for side in (0, 1)
    ]
    kept = [each for node in pair for each in node.engine.certificates()]  # type: ignore[attr-defined]
    proofs = accuse(kept)
    guilty = {proof.verify(net.validator_set, NETWORK) for proof in proofs}
    assert guilty <= {key(number).public for number in liars}
    assert guilty_weight(proofs, net.validator_set) >= net.validator_set.veto
    net.link = calm(net.rng)
    net.run(net.now + 5_000, lambda: any(map(has_noticed, net.nodes.values())))
    assert any(map(has_noticed, net.nodes.values()))


@pytest.mark.parametrize("scene", ["calm", "stormy", "twins"])
def test_every_decision_is_the_models(scene: str) -> None:
    """Traces replayed through the rule written naively: final is what a quorum is known to have accepted, next."""
    weights = (5, 3, 3, 2, 1, 1)
    net = Net(weights, 11, twins=(1,) if scene == "twins" else (), make=engine)
    links = {"calm": calm(net.rng), "stormy": stormy(net.rng, 3_000), "twins": torn(net, 3_000)}
    net.link = links[scene]
    net.begin()
    net.run(30_000, lambda: net.reached(6))
    assert net.reached(6)
    for node in net.honest:
        assert replayed(node, net.validator_set.weights) >= 5


def replayed(node: Node, weights: Any) -> int:
    """How many decisions were those that had to be."""
    heard: dict[tuple[int, bytes], set[bytes]] = {}
    proposals: set[bytes] = set()
    mine: dict[int, bytes] = {}
    final, count = 0, 0
    for act, (_, arguments, effects) in node.trace:
        told: set[tuple[int, bytes]] = set()
        if act == "deliver":
            kind, *parts = decode(arguments[1])  # type: ignore[arg-type]
            if kind == "vote" and parts[2] == "end":
                heard.setdefault((parts[1], parts[3]), set()).add(parts[4])
            elif kind == "motion":
                proposals.add(Proposal.of(parts[0]).digest(NETWORK))
            elif kind == "decision":
                decision = Decision.from_bytes(parts[0])
                told.add((decision.proposal.height, decision.certificate.ballot.value))
        for vote_record in effects.vote_records:
            _, height, step, value, _ = decode(vote_record.data)
            proposals.add(value)
            if step != MOVE:
                assert mine.setdefault(height, value) == value, "one a height"
                heard.setdefault((height, value), set()).add(key(node.number).public)
        decided = [
            (each.proposal.height, each.certificate.ballot.value) for each in effects.decisions
        ]
        for height, value in decided:
            by_votes = {
                name
                for name, validators in heard.items()
                if 3 * sum(weights[validator] for validator in validators)
                > 2 * sum(weights.values())
            }
            assert height > final
            assert (height, value) in told | by_votes
            final, count = height, count + 1
        open_ = {
            (height, value)
            for (height, value), validators in heard.items()
            if height == final + 1
            and value in proposals
            and 3 * sum(weights[validator] for validator in validators) > 2 * sum(weights.values())
        }
        assert not open_, "what a quorum accepted is decided at once"
    return count
