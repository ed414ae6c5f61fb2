"""A small net of validators in virtual time: notices are delayed, dropped, held back by partitions, all from one seed.

Whoever is to lie has twins: two engines with one key, each told of some of the others alone (Twins, Bano et al. 2020).
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus import (
    Anchor,
    Pace,
    Proposal,
    Simplex,
    ValidatorSet,
    Vote,
    VoteSlots,
)
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from focusmesh.kernel.consensus import (
        Consensus,
        Decision,
        Effects,
        Equivocation,
        LeaderSlot,
        Slot,
        ValidationRequest,
        VoteRecord,
    )


NETWORK = sha256(b"a network of tests").digest()
ROOT = Anchor(0, sha256(b"genesis").digest())
PACE = Pace(least=40, first=200, most=4_000, resend=100)
FOREVER = 1 << 60
_MOTION = encode("motion")


@lru_cache(maxsize=1 << 16)
def holds(vote: Vote) -> bool:
    """As ``Vote.holds``, but each vote is looked at once for all nodes of a process."""
    return vote.holds()


@lru_cache(maxsize=256)
def key(number: int) -> SigningKey:
    return SigningKey(sha256(b"voter %d" % number).digest())


def validator_set(weights: Sequence[int]) -> ValidatorSet:
    return ValidatorSet({key(number).public: weight for number, weight in enumerate(weights)})


def block(parent: bytes, data: bytes) -> bytes:
    """The id of a block: what a good one is called follows from its parent and data."""
    return sha256(parent + data).digest()


def notarise_slot(network: bytes, epoch: int, round_: int) -> Slot:
    """Where Simplex notarises, in networks of versions 1 to 4."""
    return VoteSlots(network, epoch).notarise(round_)


@dataclass
class Node:
    """One engine, and what a node would have on its disk."""

    name: str
    number: int
    engine: Consensus
    decisions: list[Decision] = field(default_factory=list)
    vote_records: list[VoteRecord] = field(default_factory=list)
    evidence: list[Equivocation] = field(default_factory=list)
    lies: bool = False
    is_down: bool = False
    has_met_a_fork: bool = False
    trace: list[tuple[str, tuple[int, tuple[object, ...], Effects]]] = field(default_factory=list)

    @property
    def height(self) -> int:
        return self.decisions[-1].proposal.height if self.decisions else ROOT.height


Link = "Callable[[int, Node, Node], int | None]"
"""The delay of a notice at a time, None where it is lost."""


class Net:
    """Nodes by name. ``link`` says how long a notice takes; ``judge_ms`` how long a block takes to be checked."""

    def __init__(
        self,
        weights: Sequence[int],
        seed: int = 0,
        *,
        twins: Iterable[int] = (),
        absent: Iterable[int] = (),
        liars: Mapping[int, Callable[..., Consensus]] | None = None,
        make: Callable[..., Consensus] = Simplex,
        judge_ms: int = 2,
        **options: object,
    ) -> None:
        self.rng = Random(seed)
        self.validator_set = validator_set(weights)
        self.now = 0
        self.judge_ms = judge_ms
        self.counts: Counter[str] = Counter()
        self.link: Callable[[int, Node, Node], int | None] = lambda now, one, other: 5
        self.nodes: dict[str, Node] = {}
        self.blocks: dict[bytes, Proposal] = {}
        self.is_forked = False
        """Whether honest nodes hold two blocks of one height for final."""
        self._decided: dict[int, bytes] = {}
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._ticks: dict[str, int] = {}
        self._makers = dict.fromkeys(range(len(weights)), make) | dict(liars or {})
        self._options = options
        for number in range(len(weights)):
            names = [f"{number}a", f"{number}b"] if number in set(twins) else [f"{number}"]
            for name in names:
                self.nodes[name] = Node(
                    name,
                    number,
                    self._engine(number),
                    lies=len(names) > 1 or number in (liars or {}),
                )
            if number in set(absent):
                self.nodes[f"{number}"].is_down = True

    def _engine(self, number: int, **more: object) -> Consensus:
        options = {"pace": PACE, "check": holds, **self._options, **more}
        root = options.pop("root", ROOT)
        return self._makers[number](NETWORK, self.validator_set, root, key(number), **options)

    @property
    def honest(self) -> list[Node]:
        return [node for node in self.nodes.values() if not node.lies and not node.is_down]

    def begin(self) -> None:
        """Everybody begins, and has something to do."""
        for node in self.nodes.values():
            self.call(node, "begin")
            self.call(node, "rouse")

    def at(self, moment: int, act: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._events, (moment, self._order, act))

    def run(self, until: int, stop: Callable[[], bool] = lambda: False) -> None:
        """Until a time, or until what is wanted has come."""
        while self._events and self._events[0][0] <= until and not stop():
            self.now, _, act = heapq.heappop(self._events)
            act()
        if not stop():
            self.now = max(self.now, until)

    def call(self, node: Node, act: str, *arguments: object) -> None:
        """Tells an engine something, and carries out what it says."""
        if node.is_down:
            return
        try:
            effects: Effects = getattr(node.engine, act)(self.now, *arguments)
        except ProofError as error:
            self.counts[f"refused {error.code}"] += 1
            return
        node.trace.append((act, (self.now, arguments, effects)))
        self._carry_out(node, effects)

    def _carry_out(self, node: Node, effects: Effects) -> None:
        node.vote_records.extend(effects.vote_records)
        node.evidence.extend(effects.evidence)
        for notice in effects.notices:
            if notice.data[1:].startswith(_MOTION):
                self._note(Proposal.of(decode(notice.data)[1]))
            for other in self.nodes.values():
                if other is not node and notice.to in (None, key(other.number).public):
                    self.send(node, other, notice.data)
        for asked in effects.inquiries:
            self._note(asked.proposal)
            answer = (node, "judge", asked.digest, self.is_good(node, asked))
            self.at(self.now + self.judge_ms, lambda answer=answer: self.call(*answer))  # type: ignore[misc]
        for turn in effects.turns:
            made = self.made(node, turn)
            if made is not None:
                move = (node, "propose", turn.round, *made)
                self.at(self.now + 1, lambda move=move: self.call(*move))  # type: ignore[misc]
        for decision in effects.decisions:
            self._take(node, decision)
        if effects.decisions:
            self.go_on(node)
        self._plan(node)

    def go_on(self, node: Node) -> None:
        """What a node does that always has something to decide."""
        self.call(node, "rouse")

    def is_good(self, node: Node, asked: ValidationRequest) -> bool:
        """What a node finds of somebody's block."""
        return asked.proposal.subject == block(asked.parent, asked.data)

    def made(self, node: Node, turn: LeaderSlot) -> tuple[object, ...] | None:
        """The block that a node makes in its turn."""
        data = b"%d of %s for %d" % (turn.height, node.name.encode(), turn.round)
        return block(turn.parent, data), data

    def _take(self, node: Node, decision: Decision) -> None:
        """As a node does: the blocks between come by their headers, and have to follow its own."""
        proposal, last = decision.proposal, node.decisions[-1].proposal if node.decisions else None
        self._note(proposal)
        while last is not None and proposal.height > last.height:
            proposal = self.blocks[proposal.parent]
        if last is not None and proposal.subject != last.subject and not node.lies:
            node.has_met_a_fork = node.is_down = True
            return
        node.decisions.append(decision)
        if not node.lies:
            first = self._decided.setdefault(decision.proposal.height, decision.proposal.subject)
            self.is_forked |= decision.proposal.subject != first

    def _note(self, proposal: Proposal) -> None:
        """By its digest; and by its block's, which is what follows where every height has rounds of its own."""
        anchor = Anchor(proposal.height, proposal.subject).proposal(proposal.epoch)
        self.blocks[proposal.digest(NETWORK)] = self.blocks[anchor.digest(NETWORK)] = proposal

    def _plan(self, node: Node) -> None:
        deadline = node.engine.deadline
        if node.is_down:
            return
        if deadline is not None and self._ticks.get(node.name, FOREVER) > deadline:
            self._ticks[node.name] = deadline
            self.at(max(deadline, self.now), lambda: self._tick(node))

    def _tick(self, node: Node) -> None:
        self._ticks.pop(node.name, None)
        self.call(node, "tick")
        self._plan(node)

    def send(self, node: Node, other: Node, data: bytes) -> None:
        delay = self.link(self.now, node, other)
        if delay is None:
            self.counts["lost"] += 1
            return
        sender = key(node.number).public
        self.at(self.now + delay, lambda: self.call(other, "deliver", sender, data))

    def crash(self, node: Node) -> None:
        node.is_down = True
        self.counts["crashed"] += 1

    def restart(self, node: Node) -> None:
        """With what its disk has, if it is down: its pledges, its last decision."""
        if not node.is_down:
            return
        last = node.decisions[-1] if node.decisions else None
        node.engine = self._engine(node.number, vote_records=node.vote_records, decision=last)
        node.is_down = False
        self._ticks.pop(node.name, None)
        self.call(node, "begin")
        self.go_on(node)

    def crash_sometimes(self, moments: range, among: Sequence[Node], down_ms: int) -> None:
        """One of them falls at each moment, and is back within ``down_ms``."""
        for moment in moments:
            node = self.rng.choice(among)
            self.at(moment, lambda node=node: self.crash(node))  # type: ignore[misc]
            later = moment + self.rng.randint(1, down_ms)
            self.at(later, lambda node=node: self.restart(node))  # type: ignore[misc]

    def reached(self, height: int) -> bool:
        return min(self.heights()) >= height

    def heights(self) -> list[int]:
        return [node.height for node in self.honest]


def calm(rng: Random, most: int = 10) -> Callable[[int, Node, Node], int | None]:
    """Everything arrives within ``most`` ms."""
    return lambda now, one, other: rng.randint(1, most)


def stormy(
    rng: Random, until: int, lost: float = 0.2, most: int = 400
) -> Callable[[int, Node, Node], int | None]:
    """Until a time notices get lost or are late; then everything arrives."""

    def link(now: int, one: Node, other: Node) -> int | None:
        if now >= until:
            return rng.randint(1, 10)
        return None if rng.random() < lost else rng.randint(1, most)

    return link


def divided(
    sides: Mapping[str, int], until: int = FOREVER, delay: int = 5
) -> Callable[[int, Node, Node], int | None]:
    """Until a time only those of one side hear each other."""

    def link(now: int, one: Node, other: Node) -> int | None:
        apart = sides[one.name] != sides[other.name]
        return None if apart and now < until else delay

    return link


def torn(net: Net, until: int) -> Callable[[int, Node, Node], int | None]:
    """Sides that change; each honest node hears one twin of each liar; between sides half of the notices get lost."""
    sides: dict[tuple[int, str], int] = {}

    def side(now: int, node: Node) -> int:
        place = (now // 300, node.name)
        if place not in sides:
            sides[place] = net.rng.randrange(2)
        return int(node.name.endswith("b")) if node.lies else sides[place]

    def link(now: int, one: Node, other: Node) -> int | None:
        apart = side(now, one) != side(now, other)
        if apart and (one.lies or other.lies):
            return None
        if now < until and apart and net.rng.random() < 0.5:
            return None
        return net.rng.randint(1, 300 if now < until else 10)

    return link
