"""Eight voters and CENTRAL, a network that a script reorders, and an adversary that holds some of the keys."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.apps.grid import proposer_order, validator_set_of, vertex_keys
from focusmesh.apps.grid.opinions import (
    OPINION,
    PRECOMMIT,
    PREVOTE,
    Opinion,
    Proposal,
    Question,
)
from focusmesh.apps.grid.voter import NOTHING, Decided, Voter
from focusmesh.engine.grid.cube import CENTRAL, PLACES, VERTICES
from focusmesh.engine.grid.model import SHARES
from focusmesh.kernel.consensus import Ballot, Vote
from tests.apps.grid.vote_model import ModelVoter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.apps.grid.voter import Word
    from focusmesh.engine.support.arrays import OffsetArray

KEYS = vertex_keys(bytes(32), "council")
ELECTORATE = validator_set_of(KEYS)
QUESTION = Question(ELECTORATE.digest(), 1, bytes(32), b"what comes next")
PROPOSERS = [KEYS[place].public for place in proposer_order(1)]


@cache
def output(number: int) -> OffsetArray:
    """Shares that grow with the number, so that the mean of every bundle is another."""
    shares = np.zeros(256, np.int64)
    shares[7] = (number + 1) ** 2 * SHARES // 128
    shares[200] = SHARES - shares[7]
    return shares


@cache
def lie(byte: int) -> OffsetArray:
    """All of it on one byte."""
    shares = np.zeros(256, np.int64)
    shares[byte] = SHARES
    return shares


def identity(word: Word) -> tuple[Any, ...]:
    """What tells words apart."""
    if isinstance(word, Opinion):
        return ("opinion", word.vote)
    if isinstance(word, Proposal):
        return ("proposal", word.proposer, word.round, word.signature)
    if isinstance(word, Decided):
        return ("decided", word.certificate.to_bytes())
    return ("vote", word)


class Shadowed:
    """A voter with the model beside it, which is told the same and must say the same."""

    def __init__(self, place: str) -> None:
        self.place = place
        shares = output(VERTICES.index(place)) if place != CENTRAL else None
        self.voter = Voter(QUESTION, KEYS[place], shares, ELECTORATE, PROPOSERS)
        turns = frozenset(r for r in range(60) if PROPOSERS[r % 9] == KEYS[place].public)
        votes = place != CENTRAL
        self.model = ModelVoter(KEYS[place].public, 6, 3, turns, votes=votes)
        self.said: list[tuple[Any, ...]] = []

    def start(self) -> list[Word]:
        return self._compared(self.voter.start())

    def receive(self, word: Word) -> list[Word]:
        refused = self.voter.refused
        words = self.voter.receive(word)
        if self.voter.refused == refused:
            if isinstance(word, Vote):
                slot, value = word.ballot
                self.model.hear((slot.step, slot.round, value or None, word.signer))
            elif isinstance(word, Proposal) and word.round in self.voter._values:
                held = self.voter._values[word.round] or None
                self.model.hear(("proposal", word.round, held, word.valid_round))
                if word.proof is not None and word.round in self.voter._proved:
                    self.model.proved.add((word.proof.ballot.slot.round, word.proof.ballot.value))
            elif isinstance(word, Decided) and self.voter.decided is not None:
                self.model.decision = self.voter.decided.certificate.ballot.value
        return self._compared(words)

    def tick(self) -> list[Word]:
        now = self.voter._now + 1
        due = sorted(self.voter._due.items(), key=lambda item: item[1])
        words = self.voter.tick()
        for timer, at in due:
            if now >= at and self.model.decision is None:
                self.model.expire(*timer)
        return self._compared(words)

    def _compared(self, words: list[Word]) -> list[Word]:
        """What was said is what the model says."""
        mine = KEYS[self.place].public
        for word in words:
            if isinstance(word, Vote) and word.signer == mine:
                slot, value = word.ballot
                self.said.append((slot.step, slot.round, value or None, mine))
            elif isinstance(word, Proposal) and word.proposer == mine:
                held = self.voter._values[word.round] or None
                self.said.append(("proposal", word.round, held, word.valid_round))
        opinions = tuple(self.voter._opinions.values())
        if len(opinions) >= 6:
            fresh = Proposal.sign(QUESTION, 0, -1, opinions, KEYS[self.place])
            self.model.fresh = QUESTION.value(fresh.output)
        self.model.settle()
        assert self.said == self.model.said
        return words


class Network:
    """``bad`` places are the adversary's. Words that an honest one has heard come to all others in the end."""

    def __init__(self, bad: Iterable[str]) -> None:
        self.bad = frozenset(bad)
        self.honest = {place: Shadowed(place) for place in PLACES if place not in self.bad}
        self.pool: list[tuple[str, Word]] = []
        self._known: set[tuple[str, tuple[Any, ...]]] = set()
        self.opinions: dict[tuple[Any, ...], Opinion] = {}
        for place in sorted(self.bad & set(VERTICES)):
            for byte in (250, 251):
                one = Opinion.sign(QUESTION, lie(byte), KEYS[place])
                self.opinions[identity(one)] = one
        self.values: list[bytes] = [NOTHING]
        for place, node in self.honest.items():
            self.spread(place, node.start())

    def spread(self, source: str, words: Iterable[Word]) -> None:
        for word in words:
            self._known.add((source, identity(word)))
            if isinstance(word, Opinion):
                self.opinions[identity(word)] = word
            if isinstance(word, Proposal):
                self.note(word)
            for target in self.honest:
                if (target, identity(word)) not in self._known:
                    self._known.add((target, identity(word)))
                    self.pool.append((target, word))

    def note(self, proposal: Proposal) -> None:
        value = QUESTION.value(proposal.output)
        if value not in self.values:
            self.values.append(value)

    def deliver(self, index: int) -> None:
        target, word = self.pool.pop(index % len(self.pool))
        self.spread(target, self.honest[target].receive(word))

    def tick(self, place: str) -> None:
        self.spread(place, self.honest[place].tick())

    def act(self, choice: int) -> None:
        """One step of a script: mostly a delivery out of order, else a tick or a word of the adversary."""
        kind, rest = choice % 8, choice // 8
        names = list(self.honest)
        if kind == 7 and self.bad:
            self.attack(rest)
        elif kind >= 5 or not self.pool:
            self.tick(names[rest % len(names)])
        else:
            self.deliver(rest)

    def attack(self, choice: int) -> None:
        """Tells one honest place alone something that nobody else is told."""
        rng = np.random.default_rng(choice)
        key = KEYS[sorted(self.bad)[rng.integers(len(self.bad))]]
        target = list(self.honest)[rng.integers(len(self.honest))]
        round_ = int(rng.integers(3))
        word: Word
        if rng.random() < 0.3 and len(self.opinions) >= 6:
            ids = list(self.opinions)
            some = {
                self.opinions[ids[at]].vote.signer: self.opinions[ids[at]]
                for at in rng.permutation(len(ids))[:9]
            }
            valid_round = int(rng.integers(-1, round_)) if round_ else -1
            word = Proposal.sign(QUESTION, round_, valid_round, tuple(some.values()), key)
            if len(some) >= 6:
                self.note(word)
        else:
            step = [PREVOTE, PRECOMMIT, OPINION][rng.integers(3)]
            value = self.values[rng.integers(len(self.values))]
            word = Vote.sign(Ballot(QUESTION.slot(round_, step), value), key)
        self.spread(target, self.honest[target].receive(word))

    def become_timely(self, ticks: int = 600) -> None:
        """From now on every word comes within a tick, until all have decided or so many ticks have passed."""
        for _ in range(ticks):
            while self.pool:
                self.deliver(0)
            if all(node.voter.decided for node in self.honest.values()):
                return
            for place in self.honest:
                self.tick(place)

    def decisions(self) -> dict[str, bytes]:
        """What who decided."""
        return {
            place: node.voter.decided.certificate.ballot.value
            for place, node in self.honest.items()
            if node.voter.decided is not None
        }
