"""Focus in a block: the committed vector, how it moves from block to block, and the pages that prove it.

May import: focusmesh.engine, focusmesh.kernel.state, focusmesh.ids, focusmesh.errors.
Start reading at chain.py, then delta.py and pages.py.
"""

from __future__ import annotations

from focusmesh.kernel.focus.chain import NO_TRACE, ChainFocus
from focusmesh.kernel.focus.delta import Delta, prepared
from focusmesh.kernel.focus.held import Held
from focusmesh.kernel.focus.leaders import LEADER_BYTES, LEADERS_MAX, LEADERS_PAGE, leader_pages
from focusmesh.kernel.focus.pages import (
    PARTICLES_A_PAGE,
    VALUES_A_PAGE,
    particles_of,
    values_of,
)
from focusmesh.kernel.focus.replaying import replayed
from focusmesh.kernel.focus.step import FocusEdits, FocusStep, StageClock, no_time
from focusmesh.kernel.focus.trace import FocusTrace, WordPages, columns_of
from focusmesh.kernel.focus.trace_form import (
    LINKS_A_PAGE,
    RECORDS_A_PAGE,
    TraceForm,
    TraceHead,
)

__all__ = [
    "LEADERS_MAX",
    "LEADERS_PAGE",
    "LEADER_BYTES",
    "LINKS_A_PAGE",
    "NO_TRACE",
    "PARTICLES_A_PAGE",
    "RECORDS_A_PAGE",
    "VALUES_A_PAGE",
    "ChainFocus",
    "Delta",
    "FocusEdits",
    "FocusStep",
    "FocusTrace",
    "Held",
    "StageClock",
    "TraceForm",
    "TraceHead",
    "WordPages",
    "columns_of",
    "leader_pages",
    "no_time",
    "particles_of",
    "prepared",
    "replayed",
    "values_of",
]
