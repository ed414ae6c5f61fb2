"""Evaluation: what every method found of every task, as means with intervals, tables and JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from focusmesh.engine.evaluation.bootstrap import DRAWS, LEVEL, Interval, Resampled
from focusmesh.engine.evaluation.measures import MEASURES
from focusmesh.engine.evaluation.methods import RECALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.evaluation.task import Task
    from focusmesh.engine.support.arrays import FloatArray


@dataclass(frozen=True)
class Scored:
    """One task: ``values`` has, for each method, one row a question and one column for each of ``MEASURES``."""

    task: Task
    values: Mapping[str, FloatArray]
    seed: int
    _resampled: list[Resampled] = field(default_factory=list, repr=False, compare=False)

    def interval(self, method: str, measure: str) -> Interval:
        """The mean over the questions."""
        return self._resampling.interval(self.values[method][:, MEASURES.index(measure)])

    def against(self, method: str, measure: str, other: str = RECALL) -> Interval:
        """How much more than ``other``, question by question."""
        column = MEASURES.index(measure)
        return self._resampling.interval(
            self.values[method][:, column] - self.values[other][:, column]
        )

    @property
    def _resampling(self) -> Resampled:
        if not self._resampled:
            self._resampled.append(Resampled(len(self.task.questions), self.seed))
        return self._resampled[0]

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "task": self.task.name,
            "about": self.task.about,
            "questions": len(self.task.questions),
            "methods": {name: self._of(name) for name in self.values},
        }

    def _of(self, method: str) -> dict[str, Any]:
        means = {measure: _interval_row(self.interval(method, measure)) for measure in MEASURES}
        if method == RECALL:
            return means
        return means | {
            "more than recall": {
                measure: _interval_row(self.against(method, measure)) for measure in MEASURES
            }
        }


@dataclass(frozen=True)
class Evaluation:
    """What ``evaluate`` found: a ``Scored`` for each task, and why other tasks were ``left_out``."""

    scored: tuple[Scored, ...]
    left_out: Mapping[str, str]
    seed: int

    def __getitem__(self, task: str) -> Scored:
        return next(scored for scored in self.scored if scored.task.name == task)

    def document(self) -> dict[str, Any]:
        """For JSON; equal graphs, seeds and parameters give equal ones."""
        return {
            "seed": self.seed,
            "intervals": {"level": LEVEL, "draws": DRAWS},
            "tasks": [scored.document() for scored in self.scored],
            "left_out": dict(self.left_out),
        }


def _interval_row(interval: Interval) -> list[float]:
    """Mean, lower and upper end."""
    return [round(value, 5) for value in (interval.mean, interval.low, interval.high)]
