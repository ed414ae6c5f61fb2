"""Samples one after the other: whom to ask, drawn by weight, and what they answered."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from focusmesh.kernel.consensus.quorum import ValidatorSet

_DRAW_BYTES = 16
_DRAWS = 1 << 8 * _DRAW_BYTES
"""How many numbers of so many bytes there are."""


class Poll:
    """``answers``: so many of those who were drawn named which block. ``me`` answers itself."""

    def __init__(
        self, validator_set: ValidatorSet, k: int, rng: Callable[[int], bytes], me: bytes | None
    ) -> None:
        self.number = 0
        self.is_open = False
        self.answers: dict[bytes, int] = {}
        self._k, self._rng, self._me = k, rng, me
        self._weights = validator_set.weights
        self._asked: dict[bytes, int] = {}

    @property
    def is_answered(self) -> bool:
        """Whether nobody is to answer any more."""
        return not self._asked

    def begin(self, mine: bytes, without: Collection[bytes] = ()) -> list[bytes]:
        """Whom to ask; ``mine`` is what this node says if it was drawn itself. O(validators + k log validators)."""
        self.number += 1
        self.is_open = True
        self.answers = {}
        self._asked = dict(Counter(self.draw(without)))
        own = 0 if self._me is None else self._asked.pop(self._me, 0)
        if own:
            self.answers[mine] = own
        return list(self._asked)

    def draw(self, without: Collection[bytes] = ()) -> list[bytes]:
        """k validators, each by weight, with replacement; none of some, unless these are all that there are."""
        validators = [validator for validator in self._weights if validator not in without] or [
            *self._weights
        ]
        *ends, total = accumulate(self._weights[validator] for validator in validators)
        # Bytes are compared as they were drawn: whoever's share of all numbers of 16 bytes ends behind a number has it.
        bounds = [(-(-end * _DRAWS // total)).to_bytes(_DRAW_BYTES, "big") for end in ends]
        drawn = self._rng(_DRAW_BYTES * self._k)
        return [
            validators[bisect_right(bounds, drawn[at : at + _DRAW_BYTES])]
            for at in range(0, len(drawn), _DRAW_BYTES)
        ]

    def answer(self, sender: bytes, number: int, tip: bytes) -> bool:
        """Whether this was asked of whoever says so, and not answered yet."""
        times = self._asked.pop(sender, 0) if number == self.number else 0
        if times:
            self.answers[tip] = self.answers.get(tip, 0) + times
        return bool(times)

    def end(self) -> dict[bytes, int]:
        """What was said; what comes later is not heard."""
        said, self.answers, self._asked = self.answers, {}, {}
        self.is_open = False
        return said
