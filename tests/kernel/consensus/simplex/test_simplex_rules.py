"""Must-fail twins: a Simplex that lacks one of its rules breaks under faults that the whole one bears."""

from __future__ import annotations

from typing import Any

import pytest

from focusmesh.kernel.consensus import Ballot, Effects, Pace, Proposal, Simplex, Vote
from focusmesh.kernel.consensus.messages import ProposalMessage, write
from focusmesh.kernel.consensus.proposal import TIME_OUT, data_digest, end_slot
from focusmesh.kernel.consensus.round_timer import leader
from focusmesh.protocol.codec import decode
from tests.kernel.consensus.scheduling import (
    FOREVER,
    NETWORK,
    ROOT,
    Net,
    block,
    divided,
    key,
    notarise_slot,
    stormy,
    torn,
)


class FinalisesAnyway(Simplex):
    """Votes to finalise what it timed out of."""

    def _may_finalise(self, view: Any) -> bool:
        return view.ended in (None, TIME_OUT)


class ShowsNothing(Simplex):
    """Votes for what shows no time-outs of the rounds that it passes over, nor that its parent is notarised."""

    def _may_notarise(self, view: Any, digest: bytes) -> bool:
        return view.voted is None and self.known.proposals.good.get(digest, False)


class VotesAgain(Simplex):
    """Votes for every motion of a round."""

    def deliver(self, now: int, sender: bytes, data: bytes) -> Effects:
        kind, proposal, *_ = decode(data)
        if kind == "motion" and (view := self.known.rounds.get(proposal[1])):
            view.first = view.voted = None
        return super().deliver(now, sender, data)


class Forgets(Simplex):
    """Comes back with an old disk."""

    def __init__(
        self, *arguments: Any, vote_records: Any = (), decision: Any = None, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)


class Believes(Simplex):
    """Checks no signature of a vote."""

    def __init__(self, *arguments: Any, check: Any = None, **options: Any) -> None:
        super().__init__(*arguments, **options, check=lambda vote: True)


class Rewrites(Simplex):
    """A liar: whenever it leads, it moves a block after the last decided one, whatever came since."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.known.base = lambda number: self.known.root_digest  # type: ignore[method-assign]


def in_storms(make: type[Simplex], seed: int) -> Net:
    """Twins in a lossy net."""
    net = Net((1,) * 4, seed, twins=(0,), make=make)
    net.link = torn(net, until=FOREVER)
    net.begin()
    return net


def in_haste(make: type[Simplex], seed: int) -> Net:
    """Nobody lies; most notices take longer than a round has time."""
    net = Net((1,) * 4, seed, make=make, pace=Pace(least=40, first=100, most=150, resend=60))
    net.link = stormy(net.rng, until=FOREVER, lost=0.3, most=250)
    net.begin()
    return net


def with_a_rewriter(make: type[Simplex], seed: int) -> Net:
    """One that leads back to old blocks, in a net that loses half of the finalise votes."""
    net = Net((1,) * 4, seed, liars={0: Rewrites}, make=make)
    net.link = stormy(net.rng, until=FOREVER, lost=0.4, most=50)
    net.begin()
    return net


def with_old_disks(make: type[Simplex], seed: int) -> Net:
    """A twin and two others decide, one of these falls and comes back on the other side."""
    net = Net((1,) * 4, seed, twins=(0,), make=make)
    sides = {"0a": 0, "1": 0, "2": 0, "0b": 1, "3": 1}
    net.link = divided(sides)
    net.begin()
    net.run(300)
    net.crash(net.nodes["1"])
    sides["1"] = 1
    net.restart(net.nodes["1"])
    return net


def with_forged_votes(make: type[Simplex], seed: int) -> Net:
    """Somebody moves a block of his own and votes for it in the name of all, before one node that is cut off."""
    net = Net((1,) * 4, seed, make=make)
    net.link = divided({"0": 0, "1": 0, "2": 0, "3": 1})
    net.begin()
    leads = leader(net.validator_set, NETWORK, 0, 1)
    root = ROOT.proposal(0).digest(NETWORK)
    proposal = Proposal(0, 1, 1, root, block(ROOT.subject, b"forged"), data_digest(b"forged"))
    slots = (notarise_slot(NETWORK, 0, 1), end_slot(NETWORK, 0, 1))
    votes = [
        Vote(Ballot(slot, proposal.digest(NETWORK)), validator, bytes(64))
        for slot in slots
        for validator in sorted(net.validator_set.weights, key=lambda validator: validator != leads)
    ]
    forged: list[ProposalMessage | Vote] = [
        ProposalMessage(proposal, b"forged", votes[0]),
        *votes[1:],
    ]
    for said in forged:
        net.call(net.nodes["3"], "deliver", key(0).public, write(said))
    return net


def with_half_for_a_quorum(make: type[Simplex], seed: int) -> Net:
    """A net in two halves."""
    net = Net((1,) * 4, seed, make=make)
    net.link = divided({"0": 0, "1": 0, "2": 1, "3": 1})
    if make is Halves:
        net.validator_set.quorum = 2
    net.begin()
    return net


class Halves(Simplex):
    """With half of the weight for a quorum."""


RULES = [
    (FinalisesAnyway, in_haste),
    (ShowsNothing, with_a_rewriter),
    (VotesAgain, in_storms),
    (Forgets, with_old_disks),
    (Believes, with_forged_votes),
    (Halves, with_half_for_a_quorum),
]


def is_broken(net: Net) -> bool:
    """Whether blocks of one height differ, or somebody who runs what everybody does is proved to lie."""
    liars = {key(node.number).public for node in net.nodes.values() if node.lies}
    accused = {proof.first.signer for node in net.honest for proof in node.evidence}
    return net.is_forked or not accused <= liars


def broken(make: type[Simplex], scene: Any) -> int:
    """How many of a few runs break."""
    nets = [scene(make, seed) for seed in range(6)]
    for net in nets:
        best = [node for node in net.honest if node.name != "3"]
        net.run(net.now + 2_500, lambda best=best: max(node.height for node in best) >= 25)
    return sum(is_broken(net) for net in nets)


@pytest.mark.parametrize(("make", "scene"), RULES)
def test_without_one_of_the_rules_it_breaks(make: type[Simplex], scene: Any) -> None:
    """Must fail: what these nets suffer does break a protocol that lacks one rule, and not the whole one."""
    assert broken(make, scene)
    assert not broken(Simplex, scene)
