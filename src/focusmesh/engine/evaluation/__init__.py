"""Evaluation: how well recall finds what it should on a graph, beside other ways of finding it (compile.md).

May import: focusmesh.errors, focusmesh.engine.{arrays,focus,graph,progress,recall}.
Start reading at evaluating.py, then task.py and held_out.py.
"""

from __future__ import annotations

from focusmesh.engine.evaluation.bootstrap import Interval, Resampled
from focusmesh.engine.evaluation.evaluating import TASKS, drawn, evaluate
from focusmesh.engine.evaluation.material import Material
from focusmesh.engine.evaluation.measures import MEASURES, measured
from focusmesh.engine.evaluation.methods import Ranker
from focusmesh.engine.evaluation.own_questions import judged
from focusmesh.engine.evaluation.result import Evaluation, Scored
from focusmesh.engine.evaluation.searching import GRID, Chosen, Tried, chosen, tune
from focusmesh.engine.evaluation.task import Draw, Question, Task

__all__ = [
    "GRID",
    "MEASURES",
    "TASKS",
    "Chosen",
    "Draw",
    "Evaluation",
    "Interval",
    "Material",
    "Question",
    "Ranker",
    "Resampled",
    "Scored",
    "Task",
    "Tried",
    "chosen",
    "drawn",
    "evaluate",
    "judged",
    "measured",
    "tune",
]
