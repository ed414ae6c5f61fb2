"""The evaluation of rules: plans, their steps, the least model that they lead to, and its upkeep."""

from __future__ import annotations

from focusmesh.engine.reasoning.rules.evaluation.model import RuleModel as RuleModel
from focusmesh.engine.reasoning.rules.evaluation.operator_stratum import call_rows as call_rows
from focusmesh.engine.reasoning.rules.evaluation.plan import Plan as Plan
from focusmesh.engine.reasoning.rules.evaluation.plan import Planner as Planner
from focusmesh.engine.reasoning.rules.evaluation.stratum import RowChange as RowChange
from focusmesh.engine.reasoning.rules.evaluation.stratum import Stratum as Stratum
