"""The evaluation of rules: plans, their steps, and the least model that they lead to."""

from __future__ import annotations

from focusmesh.engine.reasoning.rules.evaluation.model import evaluate as evaluate
