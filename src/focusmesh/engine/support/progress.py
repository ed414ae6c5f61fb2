"""How a long operation tells its caller where it is, without deciding how that is shown."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

_SECONDS_BETWEEN = 0.1


@dataclass(frozen=True, slots=True)
class Step:
    """``done`` of ``total`` ``unit`` of the operation ``what``; ``total`` is None while it is unknown."""

    what: str
    done: int
    total: int | None
    unit: str


Progress: TypeAlias = Callable[[Step], None]


class Throttle:
    """Passes steps on to ``progress`` (if any) about ten times a second; the last one always.

    What ``progress`` raises goes through: that is how a caller stops an operation.
    """

    def __init__(self, progress: Progress | None, what: str, total: int | None, unit: str) -> None:
        self._progress = progress
        self._what = what
        self._total = total
        self._unit = unit
        self._due = 0.0

    @property
    def is_heard(self) -> bool:
        """Whether anybody wants to know."""
        return self._progress is not None

    def at(self, done: int) -> None:
        """``done`` units are ready: tells it if the last word is a tenth of a second old."""
        if self._progress is not None and time.monotonic() >= self._due:
            self._tell(self._progress, done)

    def finish(self, done: int) -> None:
        """All is ready: tells it in any case."""
        if self._progress is not None:
            self._tell(self._progress, done)

    def _tell(self, progress: Progress, done: int) -> None:
        progress(Step(self._what, done, self._total, self._unit))
        self._due = time.monotonic() + _SECONDS_BETWEEN
