"""The rewrite machine: terms of the interaction calculus, reduced on a flat heap under limits of fuel and memory.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.book import Book as Book
from focusmesh.engine.rewrite.book import read_book as read_book
from focusmesh.engine.rewrite.evaluators import EVALUATORS as EVALUATORS
from focusmesh.engine.rewrite.evaluators import RunningBook as RunningBook
from focusmesh.engine.rewrite.evaluators import Values as Values
from focusmesh.engine.rewrite.evaluators import collapse as collapse
from focusmesh.engine.rewrite.evaluators import evaluation as evaluation
from focusmesh.engine.rewrite.evaluators import normalise as normalise
from focusmesh.engine.rewrite.evaluators import reduce as reduce
from focusmesh.engine.rewrite.link_programs import PROGRAM_FUEL as PROGRAM_FUEL
from focusmesh.engine.rewrite.link_programs import Composed as Composed
from focusmesh.engine.rewrite.link_programs import NumberedLinks as NumberedLinks
from focusmesh.engine.rewrite.link_programs import ProgramLinks as ProgramLinks
from focusmesh.engine.rewrite.link_programs import compose as compose
from focusmesh.engine.rewrite.link_programs import numbered_links as numbered_links
from focusmesh.engine.rewrite.link_programs import program_links as program_links
from focusmesh.engine.rewrite.machine import Limits as Limits
from focusmesh.engine.rewrite.machine import Machine as Machine
from focusmesh.engine.rewrite.machine import Reduced as Reduced
from focusmesh.engine.rewrite.machine import Statistics as Statistics
from focusmesh.engine.rewrite.strings import show_strings as show_strings
from focusmesh.engine.rewrite.table import ELIMINATORS as ELIMINATORS
from focusmesh.engine.rewrite.table import OPCODES as OPCODES
from focusmesh.engine.rewrite.table import RULES as RULES
from focusmesh.engine.rewrite.table import TABLE as TABLE
from focusmesh.engine.rewrite.table import VALUES as VALUES
