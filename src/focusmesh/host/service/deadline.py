"""The end of the time that an answer may take, as the progress callback of whatever works at it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from focusmesh.host.service.problems import TimeLimitError

if TYPE_CHECKING:
    from focusmesh.engine.support.progress import Step


class Deadline:
    """A progress callback that stops the work: its time is over, or nobody waits for it any more."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds
        self._is_over = False
        self.step: Step | None = None
        """Where the work was last."""

    def __call__(self, step: Step) -> None:
        self.step = step
        if self._is_over or time.monotonic() > self._until:
            raise self.error()

    def stop(self) -> None:
        """Stops the work at its next step."""
        self._is_over = True

    def error(self) -> TimeLimitError:
        """What is told to who asked."""
        return TimeLimitError(
            f"this answer takes longer than {self.seconds:g} s; ask for less, or with effort=fast"
        )
