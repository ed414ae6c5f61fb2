"""Small worlds in which acceptances are split: each validator hears of one of several blocks, and accepts that.

A world is drawn from its seed alone: who lies (twins, or a validator that votes for everything), who is down, who falls
and comes back, how the lines are afterwards.
"""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus import (
    Ballot,
    Effects,
    Message,
    Proposal,
    SnowflakeParams,
    Snowman,
    TwoPhaseSnowman,
    Vote,
    VoteSlots,
)
from focusmesh.kernel.consensus.messages import ProposalMessage, read_sampled, write
from focusmesh.kernel.consensus.proposal import TIME_OUT, data_digest, move_slot
from focusmesh.kernel.consensus.slots import SNOWMAN_ENGINE
from tests.kernel.consensus.scheduling import (
    NETWORK,
    ROOT,
    Net,
    block,
    calm,
    key,
    stormy,
    torn,
    validator_set,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


WEAK = SnowflakeParams(k=1, alpha_preference=1, alpha_confidence=1, beta=1)
"""One answer decides, so that honest validators accept different blocks."""
WEIGHTS = ((1,) * 4, (1,) * 7, (1,) * 13, (5, 3, 3, 2, 1, 1))
SPLIT_MS = 600
"""In so long most have accepted what they heard of, and no round is over."""
LATEST_MS = 120_000


def engine(*arguments: Any, make: type[Snowman] = TwoPhaseSnowman, **options: Any) -> Snowman:
    seed = arguments[3].public
    return make(*arguments, **{"rng": Random(seed).randbytes, "sampling": WEAK, **options})


def slots(height: int, epoch: int = 0) -> VoteSlots:
    return VoteSlots(NETWORK, epoch, SNOWMAN_ENGINE, height)


def proposed(mover: int, data: bytes, *, phases: bool = True) -> ProposalMessage:
    """A block of height 1."""
    parent, subject = ROOT.proposal(0).digest(NETWORK), block(ROOT.subject, data)
    proposal = Proposal(0, 0 if phases else 1, 1, parent, subject, data_digest(data))
    slot = slots(1).move() if phases else move_slot(NETWORK, 0, 1)
    vote = Vote.sign(Ballot(slot, proposal.digest(NETWORK)), key(mover))
    return ProposalMessage(proposal, data, vote)


class VotesForAll:
    """Notarises whatever it hears of, says to half that it is final, and to the others that the round's time is out."""

    deadline: int | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._me = arguments[3]
        self._others = sorted(arguments[1].weights)

    def begin(self, now: int) -> Effects:
        return Effects()

    def tick(self, now: int) -> Effects:
        return Effects()

    def rouse(self, now: int) -> Effects:
        return Effects()

    def propose(self, now: int, round_: int, subject: bytes, data: bytes) -> Effects:
        return Effects()

    def judge(self, now: int, digest: bytes, good: bool) -> Effects:
        return Effects()

    def deliver(self, now: int, sender: bytes, data: bytes) -> Effects:
        try:
            said = read_sampled(data, NETWORK)
        except ProofError:
            return Effects()
        if not isinstance(said, ProposalMessage):
            return Effects()
        round_, value = said.proposal.round, said.vote.ballot.value
        here = slots(said.proposal.height)
        notices: list[Message] = []
        for place, other in enumerate(self._others):
            ballots = [Ballot(here.notarise(round_), value)]
            ballots.append(Ballot(here.end(round_), value if place % 2 else TIME_OUT))
            votes = (Vote.sign(ballot, self._me) for ballot in ballots)
            notices.extend(Message(other, write(vote)) for vote in votes)
        return Effects(notices=tuple(notices))


def split(net: Net, blocks: int, rng: Random, *, phases: bool = True) -> None:
    """Everybody begins, moves one of so many blocks or hears of one, and accepts it; nobody hears of others."""
    net.link = lambda now, one, other: None
    for node in net.nodes.values():
        net.call(node, "begin")
        data, accepter = b"%d" % node.number, getattr(node.engine, "_accepter", None)
        if node.number < blocks and accepter is not None:
            accepter.move(block(ROOT.subject, data), data)
            net.call(node, "tick")
            continue
        mover = rng.randrange(blocks)
        told = write(proposed(mover, b"%d" % mover, phases=phases))
        net.call(node, "deliver", key(mover).public, told)
    net.run(SPLIT_MS)


def world(seed: int, weights: Sequence[int], make: type[Snowman] = TwoPhaseSnowman) -> Net:
    """Acceptances split, and lines that work from then on."""
    rng = Random(f"split {seed}")
    net = Net(weights, seed, make=partial(engine, make=make))
    split(net, rng.randint(2, 4), rng, phases=issubclass(make, TwoPhaseSnowman))
    net.link = calm(net.rng)
    return net


class FaultyWorld:
    """As ``world``, with faults. ``has_quorum``: whether those who are honest and up are enough to decide."""

    def __init__(
        self, seed: int, weights: Sequence[int], make: type[Snowman] = TwoPhaseSnowman
    ) -> None:
        self.rng = rng = Random(f"faults {seed}")
        whole = validator_set(weights)
        liars = self._drawn(weights, whole.veto - 1)
        absent = [each for each in self._drawn(weights, whole.total) if each not in liars]
        absent = absent if rng.random() < 0.5 else []
        voting = {each for each in liars if rng.random() < 0.5}
        self.net = net = Net(
            weights,
            seed,
            twins=[each for each in liars if each not in voting],
            absent=absent,
            liars=dict.fromkeys(voting, VotesForAll),
            make=partial(engine, make=make),
        )
        up = [each for each in range(len(weights)) if each not in {*liars, *absent}]
        self.has_quorum = sum(weights[each] for each in up) >= whole.quorum
        self.lies = bool(liars)
        split(net, min(rng.randint(1, 4), len(weights)), rng)
        net.link = rng.choice([calm(net.rng), stormy(net.rng, 2_000), torn(net, 2_000)])
        self._crash(up)

    def run(self) -> None:
        """Until what can be decided is."""
        net = self.net
        until = LATEST_MS if self.has_quorum else 8_000
        net.run(until, lambda: bool(net.honest) and net.reached(2))

    def _drawn(self, weights: Sequence[int], most: int) -> list[int]:
        """Validators of at most such a weight."""
        found: list[int] = []
        for number in self.rng.sample(range(len(weights)), len(weights)):
            fits = sum(weights[each] for each in found) + weights[number] <= most
            if fits and self.rng.random() < 0.5:
                found.append(number)
        return found

    def _crash(self, up: Sequence[int]) -> None:
        """Some of the honest fall, and come back with their disks."""
        nodes = [node for node in self.net.nodes.values() if node.number in up]
        for moment in range(self.rng.randint(0, 3)):
            node = self.rng.choice(nodes) if nodes else None
            if node is None:
                return
            begin = self.net.now + self.rng.randint(1, 900) + moment
            self.net.at(begin, partial(self.net.crash, node))
            self.net.at(begin + self.rng.randint(1, 300), partial(self.net.restart, node))
