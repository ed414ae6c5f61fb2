"""Tuned models: the weights of a compiled one fitted to links that it has not seen, and the links that it proposes.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.engine.tuning.comparison import Comparison as Comparison
from focusmesh.engine.tuning.comparison import compare as compare
from focusmesh.engine.tuning.params import STARTS as STARTS
from focusmesh.engine.tuning.params import TuneParams as TuneParams
from focusmesh.engine.tuning.proposals import Proposal as Proposal
from focusmesh.engine.tuning.tuning import PARTICLES_MAX as PARTICLES_MAX
from focusmesh.engine.tuning.tuning import Tuned as Tuned
from focusmesh.engine.tuning.tuning import tune as tune
