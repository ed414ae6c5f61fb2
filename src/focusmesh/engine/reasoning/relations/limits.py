"""What a question may take, and the meter that stops it."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.support.progress import Step
from focusmesh.errors import BudgetError, ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.relations.profile import Profile
    from focusmesh.engine.reasoning.relations.relation import Row
    from focusmesh.engine.support.progress import Progress

ROW_BYTES = 240
COLUMN_BYTES = 16
"""What a row takes with its rank and one index, about; a value counts once a row."""

SLICE = 4_096
"""Rows between two looks at the clock."""


def row_bytes(columns: int) -> int:
    """What a row of so many columns counts for ``memory_bytes``."""
    return ROW_BYTES + COLUMN_BYTES * columns


def slices(rows: list[Row], length: int = SLICE) -> list[list[Row]]:
    """``rows`` in parts of at most ``length``, between which limits are looked at."""
    if len(rows) <= length:
        return [rows]
    return [rows[start : start + length] for start in range(0, len(rows), length)]


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """The most that a question may take; None is no limit.

    ``seconds`` > 0, ``memory_bytes`` ≥ 1 of derived rows (as estimated from their number and columns), ``rows`` ≥ 1
    derived rows, ``inferences`` ≥ 1 rows that joins yield on the way.
    """

    seconds: float | None = None
    memory_bytes: int | None = 4 * 1024**3
    rows: int | None = None
    inferences: int | None = None

    def verify(self) -> None:
        """Raises ParameterError for a limit that is no positive number."""
        for name in ("seconds", "memory_bytes", "rows", "inferences"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ParameterError(f"{name} > 0, not {value}", parameter=name)


def meter_of(limits: QueryLimits | Meter | None) -> Meter:
    """A meter of its own for limits; the one that several evaluations share stays as it is."""
    return limits if isinstance(limits, Meter) else Meter(limits or QueryLimits())


class Holdings(NamedTuple):
    """What a meter counted as held at some time: rows, their bytes, and rows by step where there is a profile."""

    rows: int
    bytes: int
    steps: dict[str, int]


class Meter:
    """Counts what one evaluation takes, and raises BudgetError at the first limit that it passes.

    ``progress`` is told of each slice, and stops the evaluation by raising; ``profile`` takes down what steps take.
    """

    def __init__(
        self,
        limits: QueryLimits,
        progress: Progress | None = None,
        profile: Profile | None = None,
        advice: str = "ask for less, such as a goal with a constant (?- …)",
    ) -> None:
        limits.verify()
        self.advice = advice
        self.progress = progress
        self.profile = profile
        if profile is not None:
            profile.begin()
        self.limits = limits
        self.inferences = 0
        self.rows = 0
        self.bytes = 0
        self.end = None if limits.seconds is None else monotonic() + limits.seconds

    def clock(self) -> Meter:
        """A meter that stops at the same time, for rows that are held already or counted elsewhere."""
        made = Meter(QueryLimits(self.limits.seconds, memory_bytes=None), self.progress)
        made.end = self.end
        return made

    def look(self) -> None:
        """Looks at the clock while rows of relations are read, which are no inferences."""
        self._check("rows of relations")

    def infer(self, count: int, step: str) -> None:
        """A join yielded ``count`` rows at ``step``."""
        self.inferences += count
        if self.profile is not None:
            self.profile.note(step, inferences=count)
        self._check(step)

    def _check(self, step: str) -> None:
        if self.progress is not None:
            self.progress(Step("rules", self.rows, None, "rows"))
        most = self.limits.inferences
        if most is not None and self.inferences > most:
            raise self._error("inferences", f"more than {most:,} inferences", step)
        if self.end is not None and monotonic() > self.end:
            raise self._error("seconds", f"more than {self.limits.seconds:g} s", step)

    def hold(self, count: int, columns: int, step: str) -> None:
        """``count`` derived rows more are kept."""
        self.rows += count
        if self.profile is not None:
            self.profile.note(step, rows=count)
        most = self.limits.rows
        if most is not None and self.rows > most:
            raise self._error("rows", f"more than {most:,} derived rows", step)
        self.reserve(count * row_bytes(columns), step)

    def reserve(self, size: int, step: str) -> None:
        """``size`` bytes more are taken, by what is no row; ``return_to`` lets go of them."""
        self.bytes += size
        most = self.limits.memory_bytes
        if most is not None and self.bytes > most:
            raise self._error("memory_bytes", f"more than {most:,} bytes of rows", step)

    def holdings(self) -> Holdings:
        """What is held by now. O(steps of the profile)."""
        return Holdings(self.rows, self.bytes, {} if self.profile is None else self.profile.rows())

    def return_to(self, held: Holdings) -> None:
        """Rows that came since then are let go. Inferences stay: they were made."""
        self.rows, self.bytes = held.rows, held.bytes
        if self.profile is not None:
            self.profile.return_to(held.steps)

    def _error(self, limit: str, words: str, step: str) -> BudgetError:
        return BudgetError(
            limit,
            f"{words}, at {step} (so far {self.rows:,} rows, {self.inferences:,} inferences); "
            f"{self.advice}, or raise {limit}",
        )
