"""The way of a block through the engine as one call: deltas and rules become links, focus and a certificate.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.engine.pipeline.graph_step import STAGES as STAGES
from focusmesh.engine.pipeline.graph_step import Advanced as Advanced
from focusmesh.engine.pipeline.graph_step import advance as advance
from focusmesh.engine.pipeline.link_routing import ShardLinks as ShardLinks
from focusmesh.engine.pipeline.rules import Ran as Ran
from focusmesh.engine.pipeline.rules import Rule as Rule
