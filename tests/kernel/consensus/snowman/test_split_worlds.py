"""Acceptances that are split: by two phases every world decides that has a quorum, and none forks; one phase stops."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus import Ballot, Snowman, Tally, TwoPhaseSnowman, Vote, VoteRecord
from focusmesh.kernel.consensus.messages import write
from focusmesh.kernel.consensus.proposal import TIME_OUT
from focusmesh.kernel.consensus.round_timer import leader
from focusmesh.kernel.consensus.snowman.height_votes import HeightVoting
from focusmesh.kernel.consensus.snowman.sample_signer import SampleSigner
from focusmesh.protocol.codec import decode, encode
from tests.conftest import SOAK
from tests.kernel.consensus.scheduling import NETWORK, ROOT, Net, key, validator_set
from tests.kernel.consensus.simplex.test_simplex_rules import is_broken
from tests.kernel.consensus.snowman.small_worlds import (
    LATEST_MS,
    WEIGHTS,
    FaultyWorld,
    engine,
    proposed,
    slots,
    world,
)
from tests.kernel.consensus.snowman.test_snowman_faults import with_old_disks

if TYPE_CHECKING:
    from tests.kernel.consensus.scheduling import Node

SPLITS = 2_500 if SOAK else 40
FAULTY = 2_500 if SOAK else 40
BY_WEIGHTS = pytest.mark.parametrize("weights", WEIGHTS)


@BY_WEIGHTS
def test_every_split_is_decided(weights: Any) -> None:
    """10,000 worlds in a soak: 2,500 by weights. Some come to one block by samples, the others by rounds."""
    by_round: Counter[bool] = Counter()
    for seed in range(SPLITS):
        net = world(seed, weights)
        net.run(LATEST_MS, lambda net=net: net.reached(1))  # type: ignore[misc]
        assert net.reached(1), f"world {seed} stands at {net.heights()}"
        assert not net.is_forked
        assert not any(node.evidence for node in net.nodes.values())
        by_round[bool(net.nodes["0"].decisions[0].proposal.round)] += 1
        for node in net.nodes.values():
            node.decisions[0].verify(NETWORK, net.validator_set, "snowman")
    assert sum(by_round.values()) == SPLITS
    assert by_round[True] > SPLITS // 20, "acceptances that are split are decided in later rounds"
    assert by_round[False] > SPLITS // 20


@BY_WEIGHTS
def test_acceptances_that_are_final_at_once_stop_in_the_same_worlds(weights: Any) -> None:
    """Must fail: the rule of networks of versions 1 to 4."""
    stopped = 0
    for seed in range(12):
        net = world(seed, weights, Snowman)
        net.run(20_000, lambda net=net: net.reached(1))  # type: ignore[misc]
        stopped += not net.reached(1)
        assert not net.is_forked
    assert stopped


@BY_WEIGHTS
def test_with_faults_it_stands_only_without_a_quorum_and_never_forks(weights: Any) -> None:
    """10,000 more worlds in a soak. Liars of less than a third, any number down, crashes, lossy lines."""
    seen: Counter[str] = Counter()
    for seed in range(FAULTY):
        faulty = FaultyWorld(seed, weights)
        faulty.run()
        net = faulty.net
        assert not net.is_forked, f"world {seed} forked"
        assert not any(node.has_met_a_fork for node in net.nodes.values() if not node.lies)
        if faulty.has_quorum:
            assert net.reached(2), f"world {seed} stands at {net.heights()} with a quorum"
        liars = {key(node.number).public for node in net.nodes.values() if node.lies}
        for node in net.honest:
            guilty = {proof.verify(net.validator_set, NETWORK) for proof in node.evidence}
            assert guilty <= liars
            seen["accused"] += bool(guilty)
        seen["quorum"] += faulty.has_quorum
        seen["none"] += not faulty.has_quorum
        seen["liars"] += faulty.lies
        seen["crashed"] += net.counts["crashed"]
        seen["lost"] += net.counts["lost"]
    kinds = ("accused", "quorum", "none", "liars", "crashed", "lost")
    assert all(seen[kind] for kind in kinds), seen


def test_who_comes_back_votes_as_it_did() -> None:
    """In the same slots the same, though its samples may lead it elsewhere by then."""
    for seed in range(8):
        net = world(seed, (1,) * 4)
        net.run(net.now + 400)
        node = net.nodes["1"]
        before = list(node.vote_records)
        assert before
        net.crash(node)
        net.restart(node)
        net.run(LATEST_MS, lambda net=net: net.reached(2))  # type: ignore[misc]
        assert net.reached(2)
        assert not any(each.evidence for each in net.nodes.values())
        slots_voted = [decode(each.data)[:3] for each in node.vote_records]
        assert all(slots_voted.count(slot) == 1 for slot in slots_voted)


@pytest.mark.parametrize("data", [b"", b"\x80", encode([0, 0, "snowman/1/end", b"", b"no"])])
def test_what_is_no_vote_record_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError) as caught:
        engine(NETWORK, WHOLE, ROOT, key(0), vote_records=[VoteRecord(1 << 16, data)])
    assert caught.value.code == "vote"


# Rules left out, one at a time.


class EndsAtOnceVoting(HeightVoting):
    """Finalises what its samples accepted, notarised or not, and votes for time-outs all the same."""

    def accept(self, digest: bytes) -> bool:
        view = self.known.view(0)
        if view.ended is None and not self.round and digest in self.known.proposals.held:
            self._validator.end(view, digest)
        return super().accept(digest)

    def _time_out(self) -> None:
        self._validator.end(self.known.view(self.round), TIME_OUT)


class EndsAfterTimeOutVoting(HeightVoting):
    """Finalises what is notarised in rounds whose time-out it voted for, too."""

    def _finalise(self) -> None:
        for number, view in self.known.rounds.items():
            is_due = number <= self.round and view.notarised and view.ended in (None, TIME_OUT)
            if is_due:
                self._validator.end(view, next(iter(view.notarised)))


def with_voting(voting: type[HeightVoting]) -> type[TwoPhaseSnowman]:
    """An engine whose rounds are others."""

    class Signer(SampleSigner):
        _voting = voting

    class Engine(TwoPhaseSnowman):
        _signer_type = Signer

    return Engine


WHOLE = validator_set((1,) * 4)
KEYS = {key(number).public: number for number in range(4)}
LEADER = KEYS[leader(WHOLE, NETWORK, 0, slots(1).number(1))]
DECIDER, *OTHERS = (number for number in range(4) if number != LEADER)
CLOSE_MS, OPEN_MS, LATE_MS = 700, 850, 985
"""The decider hears two others until the first and from the last on; from the second the leader and they are together.

The time of round 0 is out at 800 ms.
"""


def asks_one(*arguments: Any, **options: Any) -> Snowman:
    """Whoever asks itself accepts what it heard of; the leader asks the decider, who does not answer it."""
    me = arguments[3].public
    asked = key(DECIDER).public if KEYS[me] == LEADER else me
    place = sorted(WHOLE.weights).index(asked)
    drawn = bytes([(2 * place + 1) * 32])
    return engine(*arguments, rng=lambda size: drawn.ljust(size, bytes(1)), **options)


def three_to_one(make: type[TwoPhaseSnowman], judge_ms: int = 2) -> Net:
    """Three accept one block, of whose votes the decider alone hears; the leader of round 1 prefers another.

    Nor does the decider hear how the time of round 0 runs out for them.
    """
    net = Net((1,) * 4, 1, make=partial(asks_one, make=make), judge_ms=judge_ms)

    def link(now: int, one: Node, other: Node) -> int | None:
        if one.number == DECIDER or (other.number == DECIDER and one.number == LEADER):
            return None
        if other.number == DECIDER:
            return 1 if now < CLOSE_MS or now >= LATE_MS else None
        return 1 if now >= OPEN_MS else None

    net.link = link
    for node in net.nodes.values():
        net.call(node, "begin")
        mover = LEADER if node.number == LEADER else DECIDER
        net.call(node, "deliver", key(mover).public, write(proposed(mover, b"%d" % mover)))
    return net


def ends_of_one_are_heard(make: type[TwoPhaseSnowman]) -> Net:
    """The others time out of round 0, and its leader's block is decided in round 1."""
    net = three_to_one(make)
    net.run(8_000)
    return net


def notarised_too_late(make: type[TwoPhaseSnowman]) -> Net:
    """The others hear that round 0 was notarised while they look at the block of round 1."""
    net = three_to_one(make, judge_ms=300)
    net.run(LATE_MS)
    ballot = Ballot(slots(1).notarise(0), proposed(DECIDER, b"%d" % DECIDER).vote.ballot.value)
    tally = Tally(WHOLE)
    for number in (DECIDER, *OTHERS):
        tally.add(Vote.sign(ballot, key(number)))
    told = write(tally.certificate(*ballot))
    for number in OTHERS:
        net.call(net.nodes[str(number)], "deliver", key(DECIDER).public, told)
    net.run(8_000)
    return net


@pytest.mark.parametrize(
    ("voting", "scene"),
    [
        (EndsAtOnceVoting, ends_of_one_are_heard),
        (EndsAfterTimeOutVoting, notarised_too_late),
    ],
)
def test_without_one_of_the_rules_two_blocks_of_a_height_are_final(voting: Any, scene: Any) -> None:
    """Must fail: the whole engine bears the same lines, and decides in them."""
    assert scene(with_voting(voting)).is_forked
    net = scene(TwoPhaseSnowman)
    assert not net.is_forked
    assert max(net.heights()) >= 1


class Forgets(TwoPhaseSnowman):
    """Comes back with an old disk."""

    def __init__(
        self, *arguments: Any, vote_records: Any = (), decision: Any = None, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)


def test_who_forgets_its_votes_forks_and_who_does_not_stands() -> None:
    """Must fail: a twin and two others decide, one of these falls and comes back on the other side."""
    for make, breaks in ((Forgets, True), (TwoPhaseSnowman, False)):
        nets = [with_old_disks(partial(engine, make=make), seed) for seed in range(4)]
        for net in nets:
            net.run(net.now + 12_000, partial(is_broken, net))
        assert any(map(is_broken, nets)) == breaks
