"""What each parameter of recall is worth: one changed from its default, on validation questions of three graphs.

The mean of nDCG@10 over nine tasks, three of each graph, each counting the same, for two draws of questions;
differences are paired question by question. No test question is among them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data.evaluated import graphs
from benchmarks.harness import Result, Row
from focusmesh import RecallParams
from focusmesh.engine.evaluation import GRID, MEASURES, Draw, Resampled, draw_tasks, measured
from focusmesh.engine.evaluation.methods import list_answers, rank_by_recall
from focusmesh.engine.evaluation.parameter_search import SHARES, with_value
from focusmesh.engine.evaluation.task import VALIDATION

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.evaluation import Task

_DRAWS = (1, 2)
_COUNT, _QUICK = 20, 5
_COLUMN = MEASURES.index("nDCG@10")


def measure(quick: bool) -> Result:
    """Every value of the grid; of few questions on WordNet where it is to be quick."""
    result = Result("recall_tuning")
    known = graphs(result, quick)
    count = _QUICK if quick else _COUNT
    draws = [
        [
            task
            for graph in known.values()
            for task in draw_tasks(graph, None, Draw(seed, count, VALIDATION))[0]
        ]
        for seed in _DRAWS
    ]
    default = RecallParams()
    base = [_values(tasks, default) for tasks in draws]
    for name, values in GRID.items():
        rows = []
        for value in values:
            params = with_value(default, name, value)
            same = params == default
            found = base if same else [_values(tasks, params) for tasks in draws]
            rows.append(_row(value, found, base, same=same))
        result.add(f"{name}, {'its' if name != SHARES else 'their'} default is marked", rows)
    return result


def _values(tasks: list[Task], params: RecallParams) -> list[npt.NDArray[Any]]:
    found = []
    for task in tasks:
        graph = task.material.graph
        rank = partial(rank_by_recall, graph, params)
        asked = [measured(list_answers(rank, one), one.answers)[_COLUMN] for one in task.questions]
        found.append(np.array(asked))
    return found


def _row(
    value: Any,
    found: list[list[npt.NDArray[Any]]],
    base: list[list[npt.NDArray[Any]]],
    *,
    same: bool,
) -> Row:
    shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    row: Row = {"value": f"**{shown}**" if same else shown}
    for number, own in enumerate(found, 1):
        row[f"draw_{number}"] = float(np.mean([values.mean() for values in own]))
    if same:
        return row | {"beside the default": "", "95 %": ""}
    # Tasks count the same, whatever the number of their questions.
    weighed = [
        (mine - theirs) * (sum(map(len, own)) / len(own) / len(mine))
        for own, other in zip(found, base, strict=True)
        for mine, theirs in zip(own, other, strict=True)
    ]
    joined = np.concatenate(weighed)
    interval = Resampled(len(joined)).interval(joined)
    return row | {
        "beside the default": f"{interval.mean:+.4f}",
        "95 %": f"{interval.low:+.4f} … {interval.high:+.4f}",
    }
