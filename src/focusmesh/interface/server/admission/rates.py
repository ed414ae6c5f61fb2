"""Token buckets: how often each client may ask."""

from __future__ import annotations

import math
import time
from threading import Lock
from typing import TYPE_CHECKING

from focusmesh.host.service import TooManyError

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS_MAX = 10_000
"""How many clients' rates are kept; the one that was silent longest is forgotten first."""
_RETRY_SECONDS_MAX = 3_600


class Rates:
    """A bucket of requests for each client, filled at a steady rate. Safe between threads.

    At most CLIENTS_MAX buckets are kept, about 200 bytes each; an act is O(1).
    """

    def __init__(
        self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """At a rate of 0 everything is admitted. ``clock`` tells seconds."""
        self._per_second = per_second
        self._room = float(max(burst, 1))
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = Lock()

    def admits(self, client: str) -> bool:
        """Takes a request from the client's bucket, where there is one in it."""
        return self._left_after(client) >= 0

    def verify(self, client: str) -> None:
        """The same; raises TooManyError, which says when to come again, where there is none."""
        left = self._left_after(client)
        if left < 0:
            seconds = min(_RETRY_SECONDS_MAX, max(1, math.ceil(-left / self._per_second)))
            raise TooManyError("requests come faster than the limit allows", seconds)

    def _left_after(self, client: str) -> float:
        """What is left in a bucket after a request; below 0 it lacks so much for one, and none is taken."""
        if not self._per_second:
            return 0.0
        with self._lock:
            now = self._clock()
            left, then = self._buckets.pop(client, (self._room, now))
            left = min(self._room, left + (now - then) * self._per_second)
            admitted = left >= 1
            self._buckets[client] = (left - admitted, now)
            if len(self._buckets) > CLIENTS_MAX:
                del self._buckets[next(iter(self._buckets))]
        return left - 1
