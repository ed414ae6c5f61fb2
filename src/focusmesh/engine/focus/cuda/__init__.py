"""Focus on an NVIDIA card: the engine's operator and solvers over vectors that stay there (extra ``cuda``: CuPy).

May import engine.graph and engine.focus. Start in device.py, then solving.py; source/ holds the kernels.
"""

from __future__ import annotations

from focusmesh.engine.focus.cuda.contexts import CardContexts
from focusmesh.engine.focus.cuda.device import DEVICE
from focusmesh.engine.focus.cuda.operator import CardOperator
from focusmesh.engine.focus.cuda.solving import solve_on_card
from focusmesh.engine.focus.cuda.steps import CardSteps
from focusmesh.engine.focus.cuda.structure import CardStructure

__all__ = [
    "DEVICE",
    "CardContexts",
    "CardOperator",
    "CardSteps",
    "CardStructure",
    "solve_on_card",
]
