"""Focus on an NVIDIA card: the engine's operator and solvers over vectors that stay there (extra ``cuda``: CuPy).

May import engine.links and engine.focus. Start in device.py, then solvers.py; source/ holds the kernels.
"""

from __future__ import annotations

from focusmesh.engine.focus.cuda.contexts import CardContexts as CardContexts
from focusmesh.engine.focus.cuda.device import DEVICE as DEVICE
from focusmesh.engine.focus.cuda.operator import CardOperator as CardOperator
from focusmesh.engine.focus.cuda.solvers import solve_on_card as solve_on_card
from focusmesh.engine.focus.cuda.steps import CardSteps as CardSteps
from focusmesh.engine.focus.cuda.structure import CardStructure as CardStructure
