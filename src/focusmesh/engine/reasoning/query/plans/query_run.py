"""What one run of a query has at hand, and how what fails on a value is reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language import text_place
from focusmesh.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from focusmesh.engine.reasoning.query.functions import FunctionContext, FunctionSignature
    from focusmesh.engine.reasoning.query.meaning import ProcedureSignature
    from focusmesh.engine.reasoning.query.sources import PropertyGraph
    from focusmesh.engine.reasoning.query.values import EvaluationError, QueryValue
    from focusmesh.engine.reasoning.relations import Meter


TICKS = 1_024
"""Steps between two looks at the limits."""


@dataclass(frozen=True, slots=True)
class QueryProcedure:
    """What CALL names: ``answer`` gives rows of one value a column; it calls its second argument between slices."""

    signature: ProcedureSignature
    answer: Callable[[Sequence[QueryValue], Callable[[], None]], Iterable[Sequence[QueryValue]]]


@dataclass(frozen=True, slots=True)
class ForeignFunction:
    """A function that the language does not have; ``answer`` takes what it calls between slices, and no null."""

    signature: FunctionSignature
    answer: Callable[..., QueryValue]


@dataclass(frozen=True, slots=True)
class QueryRun:
    """The graph, parameters and limits of one run; functions and procedures are by name in small letters."""

    graph: PropertyGraph
    context: FunctionContext
    meter: Meter
    text: str
    stars: Mapping[int, tuple[str, ...]]
    parameters: Mapping[str, QueryValue] = field(default_factory=dict)
    procedures: Mapping[str, QueryProcedure] = field(default_factory=dict)
    functions: Mapping[str, ForeignFunction] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=lambda: [0])

    def tick(self, step: str = "MATCH") -> None:
        """A step of a search was taken; raises BudgetError where a limit is passed, which is looked at now and then."""
        self.counts[0] += 1
        if self.counts[0] % TICKS == 0:
            self.meter.infer(TICKS, step)

    def failure(self, error: EvaluationError, at: int) -> QueryError:
        """What failed on a value, at its place in the text."""
        return self.fault(at, error.kind, error.detail, error.reason)

    def fault(self, at: int, kind: str, detail: str, reason: str) -> QueryError:
        """An error of the phase ``runtime``."""
        line, column, shown = text_place(self.text, at)
        return QueryError(kind, "runtime", detail, reason, line, column, shown)
