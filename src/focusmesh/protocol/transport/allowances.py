"""How much each peer may cost: a bucket of tokens a peer, filled at a rate, that is waited for or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

REMEMBERED_MAX = 4_096


class Allowances:
    """One bucket a peer, ``burst`` large, filled with ``rate_per_s``; as a clock serves an event loop's ``time``.

    At most ``remembered_max`` peers are known at a time: who was quiet for longest is forgotten, with a full bucket.
    """

    __slots__ = ("_burst", "_clock", "_filled", "_rate_per_s", "_remembered_max")

    def __init__(
        self,
        rate_per_s: float,
        burst: float,
        clock: Callable[[], float],
        remembered_max: int = REMEMBERED_MAX,
    ) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._clock = clock
        self._remembered_max = remembered_max
        self._filled: dict[Hashable, tuple[float, float]] = {}

    def take(self, who: Hashable, cost: float = 1.0) -> float:
        """Takes ``cost`` and says how many seconds to wait until it is paid for: 0 where there was enough."""
        left = self.level(who) - cost
        self._keep(who, left)
        return max(0.0, -left / self._rate_per_s)

    def try_take(self, who: Hashable, cost: float = 1.0) -> bool:
        """Takes ``cost`` if there is that much."""
        left = self.level(who) - cost
        if left < 0:
            return False
        self._keep(who, left)
        return True

    def level(self, who: Hashable) -> float:
        """What is in the bucket now; below zero where more was taken than there was."""
        left, then = self._filled.get(who, (self._burst, 0.0))
        return min(self._burst, left + (self._clock() - then) * self._rate_per_s)

    def _keep(self, who: Hashable, left: float) -> None:
        self._filled.pop(who, None)
        self._filled[who] = (left, self._clock())
        if len(self._filled) > self._remembered_max:
            del self._filled[next(iter(self._filled))]
