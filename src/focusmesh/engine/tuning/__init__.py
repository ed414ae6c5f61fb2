"""Tuned models: the weights of a compiled one fitted to links that it has not seen, and the links that it proposes.

May import: focusmesh.errors, focusmesh.engine.{arrays,compile,evaluation,focus,graph,progress}; PyTorch when asked.
Start reading at tuning.py, then training.py, link_weights.py and extracting.py.
"""

from __future__ import annotations

from focusmesh.engine.tuning.comparing import Comparison, compare
from focusmesh.engine.tuning.params import STARTS, TuneParams
from focusmesh.engine.tuning.proposing import Proposal
from focusmesh.engine.tuning.tuning import PARTICLES_MAX, Tuned, tune

__all__ = [
    "PARTICLES_MAX",
    "STARTS",
    "Comparison",
    "Proposal",
    "TuneParams",
    "Tuned",
    "compare",
    "tune",
]
