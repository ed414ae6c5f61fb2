"""Places of a vote: honest ones, and ones that are bad in known ways, to show what a vote survives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.apps.grid.opinions import Opinion
from focusmesh.apps.grid.voter import NOTHING
from focusmesh.engine.grid.model import SHARES
from focusmesh.kernel.consensus import Ballot, Vote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.apps.grid.voter import Voter, Word
    from focusmesh.protocol.identity import SigningKey

BAD_WAYS = ("silent", "lie", "equivocate", "forge")
ALL = -1

Sent = list[tuple[int, "Word"]]
"""Words with the neighbour that they are for, or ALL."""


class Place:
    """An honest one: what its voter says goes to all neighbours."""

    def __init__(self, voter: Voter) -> None:
        self.voter = voter

    def start(self) -> Sent:
        """What it says first."""
        return self._address(self.voter.start())

    def receive(self, word: Word) -> Sent:
        """What it says to that."""
        return self._address(self.voter.receive(word))

    def tick(self) -> Sent:
        """What it says as time passes."""
        return self._address(self.voter.tick())

    def _address(self, words: Iterable[Word]) -> Sent:
        return [(ALL, word) for word in words]


class Bad(Place):
    """One that is silent; lies (it gives all to one byte); tells neighbours different things; signs for others."""

    def __init__(self, voter: Voter, key: SigningKey, way: str, seed: int) -> None:
        super().__init__(voter)
        self._key = key
        self._way = way
        self._rng = np.random.default_rng([seed, *key.public])
        self._favourite = int(self._rng.integers(256))

    def _address(self, words: Iterable[Word]) -> Sent:
        own = [word for word in words if self._mine(word)]
        ways = {
            "silent": self._nothing,
            "lie": self._lies,
            "equivocate": self._two_words,
            "forge": self._forgeries,
        }
        return [told for word in own for told in ways[self._way](word)]

    def _mine(self, word: Word) -> bool:
        """What others said it passes on to nobody."""
        vote = word.vote if isinstance(word, Opinion) else word
        return not isinstance(vote, Vote) or vote.signer == self._key.public

    def _nothing(self, word: Word) -> Sent:
        return []

    def _lies(self, word: Word) -> Sent:
        return [(ALL, self._lie() if isinstance(word, Opinion) else word)]

    def _lie(self) -> Opinion:
        output = np.zeros(256, np.int64)
        output[self._favourite] = SHARES
        return Opinion.sign(self.voter.question, output, self._key)

    def _two_words(self, word: Word) -> Sent:
        """The word to every other neighbour, its opposite to the rest."""
        other: Word = word
        if isinstance(word, Opinion):
            other = self._lie()
        elif isinstance(word, Vote):
            value = self._rng.bytes(32) if word.ballot.value == NOTHING else NOTHING
            other = Vote.sign(Ballot(word.ballot.slot, value), self._key)
        return [(turn, other if turn % 2 else word) for turn in range(4)]

    def _forgeries(self, word: Word) -> Sent:
        """Words in the names of all others, under signatures that are none."""
        if not isinstance(word, Vote):
            return [(ALL, word)]
        voters = self.voter.tally.validator_set.weights
        forged = [Vote(word.ballot, voter, self._rng.bytes(64)) for voter in voters]
        return [(ALL, vote) for vote in forged if vote.signer != self._key.public]
