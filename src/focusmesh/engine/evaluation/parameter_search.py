"""Searching for recall's parameters, on validation questions alone: one parameter after the other.

Validation and test ask about different particles (task.py), and what is reported of the choice is the test's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.evaluation.evaluation import draw_tasks, evaluate, mean_of
from focusmesh.engine.evaluation.measures import MEASURES
from focusmesh.engine.evaluation.methods import rank_by_recall
from focusmesh.engine.evaluation.task import VALIDATION, Draw
from focusmesh.engine.recall import RecallParams
from focusmesh.engine.support.progress import Progress, Throttle
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from focusmesh.engine.evaluation.result import Evaluation
    from focusmesh.engine.evaluation.task import Task
    from focusmesh.engine.graph import Graph

SHARES = "diffusion, springs, heat"
GRID: Mapping[str, tuple[Any, ...]] = {
    "name_boost": (0.0, 0.1, 0.25, 0.5, 1.0),
    "text": (0.0, 0.1, 0.2, 0.3, 0.5, 0.7),
    "popularity": (0.0, 0.25, 0.5, 0.75, 1.0),
    "temperature": (0.05, 0.1, 0.2, 0.4),
    "beta": (0.5, 0.7, 0.9, 1.0),
    "entries": (8, 16, 32, 64),
    SHARES: (
        *((1.0, 0.0, 0.0), (0.8, 0.1, 0.1), (0.5, 0.3, 0.2), (0.5, 0.5, 0.0)),
        *((0.5, 0.0, 0.5), (0.2, 0.5, 0.3)),
    ),
    "alpha": (0.05, 0.15, 0.3, 0.5),
    "mu": (0.5, 1.0, 2.0),
    "tau": (0.5, 1.0, 2.0),
    "terms": (4, 8, 16),
}
"""What is tried of each parameter, in this order; α, μ, τ, K and the shares are the operator's."""
_MEASURE = "nDCG@10"
_LEAST_GAIN = 0.001
"""A value that gains less stays out: it would be chance."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One value of one parameter, and the mean nDCG@10 over all validation tasks with it."""

    name: str
    value: Any
    score: float
    kept: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the search came to: ``params``, what was ``tried``, and the validation score before and after."""

    params: RecallParams
    before: float
    after: float
    tried: tuple[Tried, ...]

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "params": asdict(self.params),
            "measure": _MEASURE,
            "before": round(self.before, 5),
            "after": round(self.after, 5),
            "tried": [asdict(one) | {"score": round(one.score, 5)} for one in self.tried],
        }


AS_IT_WAS = "recall, as it was"


def tune(
    graph: Graph,
    tasks: Iterable[str] | None = None,
    *,
    count: int = 150,
    seed: int = 0,
    start: RecallParams | None = None,
    grid: Mapping[str, Sequence[Any]] | None = None,
    rounds: int = 1,
    progress: Progress | None = None,
) -> tuple[Chosen, Evaluation]:
    """Recall's parameters for this graph, found on validation questions, and an evaluation on test questions.

    The evaluation has both: ``recall`` with what was found, and ``"recall, as it was"`` with ``start`` (default:
    ``RecallParams()``). Other arguments and errors are those of ``evaluate`` and ``choose_parameters``.
    """
    names = None if tasks is None else tuple(tasks)
    begin = RecallParams() if start is None else start
    validation, _ = draw_tasks(graph, names, Draw(seed, count, VALIDATION), progress)
    found = choose_parameters(validation, start=begin, grid=grid, rounds=rounds, progress=progress)
    own: dict[str, Callable[[Graph], Any]] = {
        AS_IT_WAS: lambda held: partial(rank_by_recall, held, begin)
    }
    tested = evaluate(
        graph, names, count=count, seed=seed, params=found.params, more=own, progress=progress
    )
    return found, tested


def choose_parameters(
    tasks: Sequence[Task],
    *,
    start: RecallParams | None = None,
    grid: Mapping[str, Sequence[Any]] | None = None,
    rounds: int = 1,
    progress: Progress | None = None,
) -> Chosen:
    """The parameters with the best mean nDCG@10 over ``tasks``, each task counting the same.

    ``rounds`` times through ``grid`` (default: ``GRID``), until a round changes nothing. Raises ParameterError for a
    parameter or value that recall does not have.
    """
    params = RecallParams() if start is None else start
    values = GRID if grid is None else grid
    total = 1 + rounds * sum(map(len, values.values()))
    throttle = Throttle(progress, "searching for parameters", total, "candidates")
    before = best = _score(tasks, params)
    tried: list[Tried] = []
    for _ in range(rounds):
        settled = True
        for name, candidates in values.items():
            current = params
            for value in candidates:
                candidate = with_value(current, name, value)
                if candidate == params:
                    continue
                score = _score(tasks, candidate)
                better = score > best + _LEAST_GAIN
                tried.append(Tried(name, value, score, better))
                throttle.at(len(tried))
                if better:
                    params, best, settled = candidate, score, False
        if settled:
            break
    throttle.finish(total)
    return Chosen(params, before, best, tuple(tried))


def with_value(params: RecallParams, name: str, value: Any) -> RecallParams:
    """``params`` with one more parameter set; those of the operator are in ``params.focus``."""
    if name == SHARES:
        shares = dict(zip(("diffusion", "springs", "heat"), value, strict=True))
        return replace(params, focus=replace(params.focus, **shares))
    if name in asdict(params.focus):
        return replace(params, focus=replace(params.focus, **{name: value}))
    if name not in asdict(params):
        raise ParameterError(f"no parameter is named {name!r}; there are {', '.join(GRID)}")
    return replace(params, **{name: value})


def _score(tasks: Sequence[Task], params: RecallParams) -> float:
    column = MEASURES.index(_MEASURE)
    return float(
        np.mean(
            [
                mean_of(task, partial(rank_by_recall, task.material.graph, params), column)
                for task in tasks
            ]
        )
    )
