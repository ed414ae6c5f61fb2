"""The upkeep of closures in arrays: ranks by pair, steps and starts as lists, and what an edit changes."""

from __future__ import annotations

from focusmesh.engine.reasoning.rules.evaluation.upkeep.closure_upkeep import (
    ClosureUpkeep as ClosureUpkeep,
)
