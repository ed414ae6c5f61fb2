"""Evaluating: tasks are drawn from a graph, every method answers every question, answers are measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.evaluation import held_out, known_item, two_hop
from focusmesh.engine.evaluation.embedding import Embedded
from focusmesh.engine.evaluation.material import Material
from focusmesh.engine.evaluation.measures import measured
from focusmesh.engine.evaluation.methods import list_answers, methods_of
from focusmesh.engine.evaluation.result import Evaluation, Scored
from focusmesh.engine.evaluation.task import Draw
from focusmesh.engine.recall import RecallParams
from focusmesh.engine.support.progress import Progress, Throttle
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from focusmesh.engine.evaluation.methods import Ranker
    from focusmesh.engine.evaluation.task import Drawing, Task
    from focusmesh.engine.graph import Graph

_DRAWN: dict[str, Drawing] = {
    module.NAME: module.draw_task for module in (held_out, known_item, two_hop)
}
TASKS = tuple(_DRAWN)
"""What can be drawn from a graph itself."""


def evaluate(
    graph: Graph,
    tasks: Iterable[str | Task] | None = None,
    *,
    count: int = 300,
    seed: int = 0,
    params: RecallParams | None = None,
    embed: Callable[[Sequence[str]], Any] | None = None,
    more: Mapping[str, Callable[[Graph], Ranker]] | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """How well recall with ``params`` answers questions on ``graph``, beside BM25, PageRank, personalised and degree.

    ``tasks``: names of ``TASKS`` (default: all for which the graph has questions), or tasks that were made otherwise;
    ``count`` questions of each are drawn by ``seed``. ``embed`` makes an array of one vector each of a list of texts.
    ``more``: other methods, each a function of a graph that gives a ``Ranker``. Equal arguments give equal results.

    Raises ParameterError for another task or ``count`` < 1; InputError where no task can be drawn, or where one's
    answers leak into its questions; MissingExtraError without the extra ``recall``. Each question costs what one of
    ``Graph.recall`` does, for each of four methods that walk.
    """
    made, left_out = draw_tasks(graph, tasks, Draw(seed, count), progress)
    chosen = RecallParams() if params is None else params
    embedded = None if embed is None else Embedded(embed, Material(graph))
    scored = [
        _score(task, methods_of(task.material, chosen, embedded, more), seed, progress)
        for task in made
    ]
    return Evaluation(tuple(scored), left_out, seed)


def draw_tasks(
    graph: Graph,
    tasks: Iterable[str | Task] | None,
    draw: Draw,
    progress: Progress | None = None,
) -> tuple[list[Task], dict[str, str]]:
    """The tasks, verified, and why others were left out; errors are those of ``evaluate``."""
    if draw.count < 1:
        raise ParameterError(f"an evaluation needs count ≥ 1 questions, count = {draw.count!r}")
    wanted: list[str | Task] = list(TASKS if tasks is None else tasks)
    material = Material(graph.copy(), progress)
    made: list[Task] = []
    left_out: dict[str, str] = {}
    for one in wanted:
        found = _draw_task(one, material, draw) if isinstance(one, str) else one
        if isinstance(found, str):
            left_out[str(one)] = found
        else:
            made.append(found.verify())
    if not made:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise InputError(f"this graph has no questions to ask ({reasons})")
    return made, left_out


def _draw_task(name: str, material: Material, draw: Draw) -> Task | str:
    if name not in _DRAWN:
        raise ParameterError(f"no task is named {name!r}; there are {', '.join(TASKS)}")
    return _DRAWN[name](material, draw)


def _score(
    task: Task, methods: Mapping[str, Ranker], seed: int, progress: Progress | None
) -> Scored:
    total = len(methods) * len(task.questions)
    throttle = Throttle(progress, f"asking for {task.name}", total, "questions")
    values: dict[str, Any] = {}
    for name, ranker in methods.items():
        rows = []
        for question in task.questions:
            rows.append(measured(list_answers(ranker, question), question.answers))
            throttle.at(len(values) * len(task.questions) + len(rows))
        values[name] = np.stack(rows)
    throttle.finish(total)
    return Scored(task, values, seed)


def mean_of(task: Task, ranker: Ranker, column: int) -> float:
    """The mean of one measure over a task's questions."""
    return float(
        np.mean(
            [measured(list_answers(ranker, one), one.answers)[column] for one in task.questions]
        )
    )
