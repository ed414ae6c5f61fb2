"""The join machine: rules as numbers, which one compiled function runs over columns of places."""

from __future__ import annotations

from focusmesh.engine.reasoning.rules.evaluation.machine.bodies import UnfitError as UnfitError
from focusmesh.engine.reasoning.rules.evaluation.machine.evaluation import (
    JoinEvaluation as JoinEvaluation,
)
