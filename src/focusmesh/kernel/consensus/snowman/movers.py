"""Who may move a block of a height, one validator after the other while there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.consensus.round_timer import leader

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.quorum import ValidatorSet

ATTEMPTS = 1 << 8
"""As many validators, one after the other, have their turn to move a block of one height."""
_RANKED = 16
"""Movers whose turn is later than that are all alike to who has to prefer one."""


class Movers:
    """Those of one height at a time, drawn by weight."""

    def __init__(self, validator_set: ValidatorSet, network: bytes, epoch: int) -> None:
        self._validator_set, self._network, self._epoch = validator_set, network, epoch
        self._height = -1
        self._drawn: dict[int, bytes] = {}

    def mover(self, height: int, attempt: int) -> bytes:
        """Whose turn an attempt is."""
        if height != self._height:
            self._height, self._drawn = height, {}
        if attempt not in self._drawn:
            number = height * ATTEMPTS + attempt
            drawn = leader(self._validator_set, self._network, self._epoch, number)
            self._drawn[attempt] = drawn
        return self._drawn[attempt]

    def place(self, height: int, mover: bytes) -> int:
        """The first attempt that is a mover's."""
        turns = (attempt for attempt in range(_RANKED) if self.mover(height, attempt) == mover)
        return next(turns, ATTEMPTS)
