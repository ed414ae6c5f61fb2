"""The evaluation of rules: plans, their steps, the least model that they lead to, and its upkeep."""

from __future__ import annotations

from focusmesh.engine.reasoning.rules.evaluation.model import Change as Change
from focusmesh.engine.reasoning.rules.evaluation.model import Model as Model
