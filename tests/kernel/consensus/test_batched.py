"""Simplex on certified batches: each signal that a validator took comes into just one block, in one order for all."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus import (
    Ballot,
    BatchedEngine,
    Certificate,
    Cut,
    Decision,
    Effects,
    Proposal,
    Simplex,
    Tip,
    ValidationRequest,
    data_digest,
    end_slot,
)
from focusmesh.kernel.consensus.lanes.cuts import OpenCut
from focusmesh.protocol.codec import encode
from tests.kernel.consensus.scheduling import NETWORK, Net, calm, key, stormy
from tests.kernel.consensus.snowman.test_snowman import engine as snowman

if TYPE_CHECKING:
    from focusmesh.kernel.consensus import LeaderSlot
    from tests.kernel.consensus.scheduling import Node


def subject_of(parent: bytes, signals: list[bytes]) -> bytes:
    return sha256(parent + encode(signals)).digest()


class QuorumNet(Net):
    """Nodes whose blocks are what their cuts bring."""

    def __init__(self, weights: Any, seed: int, **options: Any) -> None:
        self.bodies: dict[bytes, list[bytes]] = {}
        self.cuts: dict[bytes, tuple[Tip, ...]] = {}
        super().__init__(
            weights, seed, make=BatchedEngine, rank=lambda author: author[0], **options
        )

    def made(self, node: Node, turn: LeaderSlot) -> tuple[object, ...] | None:
        engine: Any = node.engine
        cut = engine.cut()
        signals = engine.signals(cut, engine.base)
        if not signals:
            return None
        subject = subject_of(turn.parent, signals)
        self.bodies[subject], self.cuts[subject] = signals, cut
        return subject, b"header", cut

    def go_on(self, node: Node) -> None:
        """Batches rouse by themselves."""

    def is_good(self, node: Node, asked: ValidationRequest) -> bool:
        engine: Any = node.engine
        signals = engine.signals(engine.cut_of(asked.digest), asked.proposal.parent)
        return asked.data == b"header" and asked.proposal.subject == subject_of(
            asked.parent, signals
        )

    def _take(self, node: Node, decision: Decision) -> None:
        super()._take(node, decision)
        engine: Any = node.engine
        if engine.lacking is not None:
            moved = Cut(self.cuts[engine.lacking.subject], b"header")
            self._carry_out(node, engine.settle(self.now, moved.to_bytes()))

    def restart(self, node: Node) -> None:
        if node.decisions:
            tips = self.cuts[node.decisions[-1].proposal.subject]
            self._options["cut"] = Cut(tips, b"header").to_bytes()
        super().restart(node)
        self._options.pop("cut", None)

    def chain(self, node: Node) -> list[bytes]:
        """The signals of all decided blocks, oldest first."""
        found: list[list[bytes]] = []
        proposal = node.decisions[-1].proposal if node.decisions else None
        while proposal is not None and proposal.height:
            found.append(self.bodies[proposal.subject])
            proposal = self.blocks.get(proposal.parent)
        return [signal for body in reversed(found) for signal in body]


def fed(net: QuorumNet, until: int, every: int) -> list[bytes]:
    """Signals come to nodes in turn, to those that are up."""
    sent: list[bytes] = []

    def feed(number: int) -> None:
        up = [node for node in net.nodes.values() if not node.is_down and not node.lies]
        node, signal = up[number % len(up)], b"signal %d" % number
        sent.append(signal)
        net.call(node, "add", [signal])

    for number, moment in enumerate(range(20, until, every)):
        net.at(moment, lambda number=number: feed(number))  # type: ignore[misc]
    return sent


def settled(net: QuorumNet, sent: list[bytes], until: int = 60_000) -> None:
    def is_done() -> bool:
        return all(len(net.chain(node)) >= len(sent) for node in net.honest)

    while net.now < until and not is_done():
        net.run(net.now + 200)
    assert not net.is_forked
    chains = [net.chain(node) for node in net.honest]
    assert all(chain == chains[0] for chain in chains)
    assert sorted(chains[0]) == sorted(sent)


ORDERS = pytest.mark.parametrize("order", [Simplex, snowman], ids=["simplex", "snowman"])


@ORDERS
@pytest.mark.parametrize("weights", [(1,) * 4, (5, 3, 3, 2, 1, 1)])
def test_every_signal_is_in_one_block(weights: Any, order: Any) -> None:
    net = QuorumNet(weights, seed=1, order=order)
    net.link = calm(net.rng)
    for node in net.nodes.values():
        net.call(node, "begin")
    sent = fed(net, 1_000, 10)
    net.run(1_200)
    settled(net, sent)
    assert net.now < 3_000
    net.run(net.now + 20_000)
    assert all(node.engine.deadline is None for node in net.nodes.values()), "all rest"


def test_an_idle_hour_is_no_slow_round() -> None:
    """Or a leader that is down would be waited for as long as nothing happened before."""
    net = QuorumNet((1,) * 4, seed=1)
    net.link = calm(net.rng)
    for node in net.nodes.values():
        net.call(node, "begin")
    net.run(3_600_000)
    net.at(net.now + 1, lambda: net.call(net.nodes["0"], "add", [b"one"]))
    net.run(net.now + 3_000)
    assert all(net.chain(node) == [b"one"] for node in net.honest)
    engines: list[Any] = [node.engine for node in net.nodes.values()]
    assert all(engine.orderer._patience.milliseconds <= 1_000 for engine in engines)


def test_every_signal_is_in_one_block_though_notices_get_lost() -> None:
    for seed in range(2):
        net = QuorumNet((1,) * 4, seed, absent=(3,) if seed else ())
        net.link = stormy(net.rng, until=3_000)
        for node in net.nodes.values():
            net.call(node, "begin")
        sent = fed(net, 2_500, 50)
        net.run(3_000)
        settled(net, sent)


@ORDERS
def test_what_was_certified_outlives_crashes(order: Any) -> None:
    """Whoever falls comes back with its pledges; signals in batches that were certified are not lost."""
    net = QuorumNet((1,) * 4, seed=5, order=order)
    net.link = stormy(net.rng, until=4_000, lost=0.05, most=40)
    for node in net.nodes.values():
        net.call(node, "begin")
    sent = fed(net, 2_500, 50)
    net.run(2_600)
    net.crash_sometimes(range(2_700, 4_000, 150), [*net.nodes.values()], 200)
    net.run(4_500)
    settled(net, sent)
    assert net.counts["crashed"]


def test_a_cut_may_not_go_behind_its_parents(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a parent brought is in every cut after it, else a batch could come into two blocks."""
    net = QuorumNet((1,) * 4, seed=6)
    engine: Any = net.nodes["0"].engine
    parent = sha256(b"parent").digest()
    told: list[bool] = []
    before = (Tip(key(0).public, 2, bytes(32)), Tip(key(1).public, 1, bytes(32)))
    engine._cuts[parent] = OpenCut(1, bytes(32), before)

    def judged(now: int, digest: bytes, good: bool) -> Effects:
        told.append(good)
        return Effects()

    monkeypatch.setattr(engine.orderer, "judge", judged)
    same, further = list(before), [Tip(key(0).public, 3, bytes(32)), before[1]]
    for tips, is_bad in (
        (same, False),
        (further, False),
        (before[:1], True),
        ((Tip(key(0).public, 1, bytes(32)), before[1]), True),
        ((*before, Tip(bytes(32), 1, bytes(32))), True),
    ):
        proposal = Proposal(0, 2, 2, parent, bytes(32), bytes(32))
        data = Cut(tuple(sorted(tips)), b"header").to_bytes()
        engine._look(
            0, ValidationRequest(sha256(data).digest(), proposal, bytes(32), key(1).public, data)
        )
        assert told == ([False] if is_bad else [])
        told.clear()


def test_who_missed_a_cut_judges_nothing_until_it_is_told() -> None:
    net = QuorumNet((1,) * 4, seed=6)
    engine: Any = net.nodes["0"].engine
    moved = Cut((Tip(key(1).public, 3, bytes(32)),), b"header").to_bytes()
    proposal = Proposal(0, 4, 4, bytes(32), bytes(32), data_digest(moved))
    decision = Decision(proposal, Certificate(Ballot(end_slot(NETWORK, 0, 4), bytes(32)), ()))
    engine._note(Effects(decisions=(decision,)))
    assert engine.lacking == proposal
    assert engine.cut() == ()
    inquiry = ValidationRequest(
        bytes(32), proposal._replace(round=5), bytes(32), key(1).public, moved
    )
    assert engine._finish(0, Effects(inquiries=(inquiry,))).inquiries == ()
    with pytest.raises(ProofError):
        engine.settle(0, moved + b" ")
    engine.settle(0, moved)
    assert engine.lacking is None
    assert engine.cut() == (Tip(key(1).public, 3, bytes(32)),)


def test_a_cut_has_one_form() -> None:
    net = QuorumNet((1,) * 4, seed=6)
    engine = net.nodes["0"].engine
    for wrong in (
        b"",
        encode([1, b""]),
        encode([[[b"a", 1, b"b"], [b"a", 1, b"b"]], b""]),
        encode([[], 1]),
    ):
        with pytest.raises(ProofError):
            Cut.from_bytes(wrong)
    cut = Cut((Tip(key(0).public, 1, bytes(32)),), b"header")
    assert Cut.from_bytes(cut.to_bytes()) == cut
    assert engine.cut() == ()  # type: ignore[attr-defined]
