"""A profile: what each step of an evaluation took."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter


@dataclass(slots=True)
class StepProfile:
    """What one step took: ``seconds``, derived ``rows`` that were new, and ``inferences``, rows that joins yielded."""

    step: str
    seconds: float = 0.0
    rows: int = 0
    inferences: int = 0


class Profile:
    """Adds up what meters are told; the time between two words of a meter is that of the step of the second one."""

    def __init__(self) -> None:
        self._steps: dict[str, StepProfile] = {}
        self._last = perf_counter()

    def begin(self) -> None:
        """What was before is no step's time."""
        self._last = perf_counter()

    def note(self, step: str, rows: int = 0, inferences: int = 0) -> None:
        """A step has come so far."""
        now = perf_counter()
        found = self._steps.setdefault(step, StepProfile(step))
        found.seconds += now - self._last
        found.rows += rows
        found.inferences += inferences
        self._last = now

    def rows(self) -> dict[str, int]:
        """New rows by step, so far."""
        return {step: found.rows for step, found in self._steps.items()}

    def return_to(self, rows: dict[str, int]) -> None:
        """Steps have so many new rows, others none: what came since then was let go."""
        for step, found in self._steps.items():
            found.rows = rows.get(step, 0)

    @property
    def steps(self) -> list[StepProfile]:
        """All steps, the dearest first."""
        return sorted(self._steps.values(), key=lambda each: -each.seconds)
