"""Focus on an NVIDIA card: the engine's operator and solvers over vectors that stay there (extra ``cuda``: CuPy).

May import engine.graph and engine.focus. Start in solving.py; source/ holds the kernels.
"""

from __future__ import annotations

from focusmesh.engine.focus.cuda.cards import has_room_for, required_bytes
from focusmesh.engine.focus.cuda.focusing import solve_by_cuda
from focusmesh.engine.focus.cuda.operator import CardOperator
from focusmesh.engine.focus.cuda.solving import solve_on_card
from focusmesh.engine.focus.cuda.steps import CardSteps
from focusmesh.engine.focus.cuda.structure import CardStructure

__all__ = [
    "CardOperator",
    "CardSteps",
    "CardStructure",
    "has_room_for",
    "required_bytes",
    "solve_by_cuda",
    "solve_on_card",
]
