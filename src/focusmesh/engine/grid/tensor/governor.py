"""Holds the share of the processor that this process takes, so that a laptop stays one."""

from __future__ import annotations

import time
from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

from focusmesh.engine.support import parallel
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW_SECONDS = 60.0
_SAMPLE_SECONDS = 0.25
_PAUSE_SECONDS_MAX = 1.0


class Governor:
    """Keeps the busy fraction of the last minute at ``set_point``, 0 < set_point ≤ 1; at 1 nothing is held back.

    Busy is processor time of this process, all threads, over time passed and ``cores``. Work calls ``pace`` between
    its pieces, which sleeps for as long as is due. ``clock``, ``used`` (processor seconds) and ``sleep`` are for tests.
    """

    def __init__(
        self,
        set_point: float = 0.6,
        *,
        cores: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.process_time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not 0.0 < set_point <= 1.0:
            raise ParameterError(f"0 < set_point ≤ 1, set_point = {set_point}")
        self.set_point = set_point
        self._cores = cores or parallel.cores()
        self._clock, self._used, self._sleep = clock, used, sleep
        self._lock = Lock()
        self._samples: deque[tuple[float, float]] = deque([(clock(), used())])

    def busy(self) -> float:
        """Busy fraction, 0 to about 1, of the last minute or since the governor was made; 0 before any time passed."""
        with self._lock:
            passed, used = self._measure()
        return used / (passed * self._cores) if passed > 0.0 else 0.0

    def pace(self) -> float:
        """Sleeps until the busy fraction is at the set point again, at most a second; seconds slept."""
        if self.set_point == 1.0:
            return 0.0
        with self._lock:
            passed, used = self._measure()
        due = used / (self.set_point * self._cores) - passed
        pause = min(max(due, 0.0), _PAUSE_SECONDS_MAX)
        if pause:
            self._sleep(pause)
        return pause

    def _measure(self) -> tuple[float, float]:
        """Seconds passed and processor seconds used since the oldest sample that counts."""
        now = self._clock(), self._used()
        while len(self._samples) > 1 and self._samples[1][0] <= now[0] - WINDOW_SECONDS:
            self._samples.popleft()
        oldest = self._samples[0]
        if now[0] - self._samples[-1][0] >= _SAMPLE_SECONDS:
            self._samples.append(now)
        return now[0] - oldest[0], now[1] - oldest[1]
