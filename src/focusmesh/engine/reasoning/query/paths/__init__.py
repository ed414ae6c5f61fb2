"""Paths of any length: what repeats, and which of the paths between two ends are taken.

It imports nothing of its siblings. Start reading at ``repetition.py``.
"""

from __future__ import annotations

from focusmesh.engine.reasoning.query.paths.reachability import reachable as reachable
from focusmesh.engine.reasoning.query.paths.repetition import Advance as Advance
from focusmesh.engine.reasoning.query.paths.repetition import PathMode as PathMode
from focusmesh.engine.reasoning.query.paths.repetition import Stretch as Stretch
from focusmesh.engine.reasoning.query.paths.repetition import Tick as Tick
from focusmesh.engine.reasoning.query.paths.repetition import has_lawful_nodes as has_lawful_nodes
from focusmesh.engine.reasoning.query.paths.repetition import repetitions as repetitions
from focusmesh.engine.reasoning.query.paths.search import PathFound as PathFound
from focusmesh.engine.reasoning.query.paths.search import PathSearch as PathSearch
from focusmesh.engine.reasoning.query.paths.search import Segment as Segment
from focusmesh.engine.reasoning.query.paths.search import select_paths as select_paths
