"""Focus in a block: the committed vector, how it moves from block to block, and the pages that prove it.

May import: focusmesh.engine, focusmesh.kernel.state, focusmesh.ids, focusmesh.errors.
Start reading at chain.py, then delta.py and pages.py.
"""

from __future__ import annotations

from focusmesh.kernel.focus.chain import ChainFocus
from focusmesh.kernel.focus.leaders import LEADER_BYTES, LEADERS_MAX, LEADERS_PAGE, leader_pages
from focusmesh.kernel.focus.pages import (
    PARTICLES_A_PAGE,
    VALUES_A_PAGE,
    particles_of,
    values_of,
)
from focusmesh.kernel.focus.replaying import replayed
from focusmesh.kernel.focus.step import FocusEdits, FocusStep, StageClock, no_time

__all__ = [
    "LEADERS_MAX",
    "LEADERS_PAGE",
    "LEADER_BYTES",
    "PARTICLES_A_PAGE",
    "VALUES_A_PAGE",
    "ChainFocus",
    "FocusEdits",
    "FocusStep",
    "StageClock",
    "leader_pages",
    "no_time",
    "particles_of",
    "replayed",
    "values_of",
]
