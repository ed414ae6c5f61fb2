"""The way of a block through the engine as one call: deltas and rules become links, focus and a certificate.

May import: focusmesh.errors, focusmesh.engine.{focus,graph,rewrite,progress,parallel}.
Start reading at advancing.py.
"""

from __future__ import annotations

from focusmesh.engine.pipeline.advancing import STAGES, Advanced, advance
from focusmesh.engine.pipeline.rules import Ran, Rule
from focusmesh.engine.pipeline.spreading import ShardLinks

__all__ = ["STAGES", "Advanced", "Ran", "Rule", "ShardLinks", "advance"]
