"""Evaluation: how well recall finds what it should on a graph, beside other ways of finding it.

Definition: docs/explanation/recall-evaluation.md.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.engine.evaluation.bootstrap import Interval as Interval
from focusmesh.engine.evaluation.bootstrap import Resampled as Resampled
from focusmesh.engine.evaluation.evaluation import TASKS as TASKS
from focusmesh.engine.evaluation.evaluation import draw_tasks as draw_tasks
from focusmesh.engine.evaluation.evaluation import evaluate as evaluate
from focusmesh.engine.evaluation.material import Material as Material
from focusmesh.engine.evaluation.measures import MEASURES as MEASURES
from focusmesh.engine.evaluation.measures import measured as measured
from focusmesh.engine.evaluation.methods import Ranker as Ranker
from focusmesh.engine.evaluation.own_questions import judged as judged
from focusmesh.engine.evaluation.parameter_search import GRID as GRID
from focusmesh.engine.evaluation.parameter_search import Chosen as Chosen
from focusmesh.engine.evaluation.parameter_search import Tried as Tried
from focusmesh.engine.evaluation.parameter_search import choose_parameters as choose_parameters
from focusmesh.engine.evaluation.parameter_search import tune as tune
from focusmesh.engine.evaluation.result import Evaluation as Evaluation
from focusmesh.engine.evaluation.result import Scored as Scored
from focusmesh.engine.evaluation.task import Draw as Draw
from focusmesh.engine.evaluation.task import Question as Question
from focusmesh.engine.evaluation.task import Task as Task
