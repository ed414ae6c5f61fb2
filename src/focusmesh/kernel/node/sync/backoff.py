"""Which peers were asked in vain lately: anybody can promise much and answer nothing, and is to hold up nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

REST_S = 1.0
REST_S_MAX = 64.0
_REMEMBERED_MAX = 1_024


class Backoff:
    """A peer that does not give what it said it had rests: a second, then twice as long each time, a minute at most."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """``clock`` gives seconds and does not go back."""
        self._clock = clock
        self._resting: dict[bytes, tuple[float, float]] = {}
        self._gave: dict[bytes, None] = {}

    def note_failure(self, key: bytes) -> None:
        """A peer was asked in vain."""
        self._gave.pop(key, None)
        rest_s, _ = self._resting.pop(key, (REST_S / 2, 0.0))
        rest_s = min(2 * rest_s, REST_S_MAX)
        self._resting[key] = rest_s, self._clock() + rest_s
        if len(self._resting) > _REMEMBERED_MAX:
            del self._resting[next(iter(self._resting))]

    def note_success(self, key: bytes) -> None:
        """A peer gave what it was asked for."""
        self._resting.pop(key, None)
        self._gave.pop(key, None)
        self._gave[key] = None
        if len(self._gave) > _REMEMBERED_MAX:
            del self._gave[next(iter(self._gave))]

    def rank(self, key: bytes) -> int:
        """Who is asked first: 0 for who gave what it was asked for, 1 for who was not asked yet, 2 for who rests."""
        return 2 if self.rests(key) else int(key not in self._gave)

    def rests(self, key: bytes) -> bool:
        """Whether others are to be asked now."""
        return self._clock() < self._resting.get(key, (0.0, 0.0))[1]
