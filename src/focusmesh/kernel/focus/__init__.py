"""Focus in a block: the committed vector, how it moves from block to block, and the pages that prove it.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.kernel.focus.chain import NO_TRACE as NO_TRACE
from focusmesh.kernel.focus.chain import ChainFocus as ChainFocus
from focusmesh.kernel.focus.delta import Delta as Delta
from focusmesh.kernel.focus.delta import insert_particles as insert_particles
from focusmesh.kernel.focus.leaders import LEADER_BYTES as LEADER_BYTES
from focusmesh.kernel.focus.leaders import LEADERS_MAX as LEADERS_MAX
from focusmesh.kernel.focus.leaders import LEADERS_PAGE as LEADERS_PAGE
from focusmesh.kernel.focus.leaders import leader_pages as leader_pages
from focusmesh.kernel.focus.pages import PARTICLES_A_PAGE as PARTICLES_A_PAGE
from focusmesh.kernel.focus.pages import VALUES_A_PAGE as VALUES_A_PAGE
from focusmesh.kernel.focus.pages import particles_of as particles_of
from focusmesh.kernel.focus.pages import values_of as values_of
from focusmesh.kernel.focus.replay import replay_focus as replay_focus
from focusmesh.kernel.focus.snapshots import Held as Held
from focusmesh.kernel.focus.step import FocusEdits as FocusEdits
from focusmesh.kernel.focus.step import FocusStep as FocusStep
from focusmesh.kernel.focus.step import StageClock as StageClock
from focusmesh.kernel.focus.step import no_time as no_time
from focusmesh.kernel.focus.trace import FocusTrace as FocusTrace
from focusmesh.kernel.focus.trace import WordPages as WordPages
from focusmesh.kernel.focus.trace import columns_of as columns_of
from focusmesh.kernel.focus.trace_form import LINKS_A_PAGE as LINKS_A_PAGE
from focusmesh.kernel.focus.trace_form import RECORDS_A_PAGE as RECORDS_A_PAGE
from focusmesh.kernel.focus.trace_form import TraceForm as TraceForm
from focusmesh.kernel.focus.trace_form import TraceHead as TraceHead
