"""What peers did wrong: points that fade, and a time without them for who has too many."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import ParameterError
from focusmesh.protocol.transport.limits import verify_positive

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

COSTS: Mapping[str, float] = MappingProxyType(
    {
        # What no correct peer does: one is enough.
        "early": 100.0,
        "flow": 100.0,
        "frame": 100.0,
        "rules": 100.0,
        "size": 100.0,
        # What a broken or a newer one may do now and then.
        "handshake": 20.0,
        "question": 20.0,
        "streams": 20.0,
        # What a slow line does as well.
        "time": 5.0,
        "refused": 2.0,
    }
)
"""Points for each fault that transports and requests tell of; others tell of more, and say what those cost."""


@dataclass(frozen=True)
class ScoreLimits:
    """0 < every number. ``points_max`` points end it; they halve every ``half_life_s``.

    The first time without the peer lasts ``ban_s``, each one within ``memory_s`` of the last twice as long, at most
    ``ban_s_max``. ``other_cost`` is what a fault costs that nobody gave a cost. ``remembered_max`` are kept in mind.
    """

    points_max: float = 100.0
    half_life_s: float = 600.0
    ban_s: float = 60.0
    ban_s_max: float = 86_400.0
    memory_s: float = 86_400.0
    other_cost: float = 10.0
    remembered_max: int = 4_096
    costs: Mapping[str, float] = field(default_factory=lambda: COSTS)

    def verify(self) -> None:
        """Raises ParameterError."""
        verify_positive({name: one for name, one in vars(self).items() if name != "costs"})
        for fault, cost in self.costs.items():
            if not cost >= 0:
                raise ParameterError(f"the fault {fault!r} costs {cost}, which must be at least 0")


class _Record(NamedTuple):
    points: float = 0.0
    since: float = 0.0
    banned_until: float = 0.0
    bans: int = 0


class Scores:
    """The points of peers (keys, or hosts of those without). ``clock`` gives seconds, as an event loop's ``time``.

    Keys cost nothing, so a score is no defence against who takes a new one each time: limits for each host and all of
    them are (``QuicLimits``, ``RequestLimits``). It keeps a known peer that breaks the rules from being asked again.
    """

    __slots__ = ("_clock", "_limits", "_records")

    def __init__(self, clock: Callable[[], float], limits: ScoreLimits | None = None) -> None:
        self._clock = clock
        self._limits = limits or ScoreLimits()
        self._limits.verify()
        self._records: dict[Hashable, _Record] = {}

    def blame(self, who: Hashable, fault: str) -> bool:
        """Adds what the fault costs; True where that was the last drop: the peer is to be dropped now."""
        now = self._clock()
        record = self._records.pop(who, _Record())
        points = self._points_now(record, now) + self._limits.costs.get(
            fault, self._limits.other_cost
        )
        is_last_drop = points >= self._limits.points_max
        if is_last_drop:
            record = self._ban(record, now)
            points = 0.0
        self._records[who] = record._replace(points=points, since=now)
        self._forget_some(now)
        return is_last_drop

    def points(self, who: Hashable) -> float:
        """What is left of them now."""
        return self._points_now(self._records.get(who, _Record()), self._clock())

    def banned_s(self, who: Hashable) -> float:
        """For how many seconds nothing is to do with the peer; 0 where it is welcome."""
        return max(0.0, self._records.get(who, _Record()).banned_until - self._clock())

    def why_not(self, key: bytes) -> str:
        """Why a key is not welcome, or nothing: what transports ask (``admit``)."""
        left = self.banned_s(key)
        return f"this key broke the rules; it may come back in {left:.0f} s" if left else ""

    def _ban(self, record: _Record, now: float) -> _Record:
        is_recent = record.bans > 0 and now - record.banned_until < self._limits.memory_s
        bans = record.bans + 1 if is_recent else 1
        # The exponent is bounded before the power is.
        lasts = min(self._limits.ban_s_max, self._limits.ban_s * 2.0 ** min(bans - 1, 64))
        return record._replace(banned_until=now + lasts, bans=bans)

    def _points_now(self, record: _Record, now: float) -> float:
        halvings: float = (now - record.since) / self._limits.half_life_s
        return record.points * math.pow(0.5, halvings)

    def _forget_some(self, now: float) -> None:
        """Whoever was blamed longest ago goes first, but not in its time of absence as long as others can."""
        if len(self._records) > self._limits.remembered_max:
            oldest = next(
                (who for who, record in self._records.items() if record.banned_until <= now),
                next(iter(self._records)),
            )
            del self._records[oldest]
