"""The rewrite machine: terms of the interaction calculus, reduced on a flat heap under limits of fuel and memory.

May import: focusmesh.errors, focusmesh.engine.{arrays,compiled}.
Start reading at words.py, then book.py, reducing_compiled.py and machine.py.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.book import Book, read_book
from focusmesh.engine.rewrite.evaluators import (
    EVALUATORS,
    RunningBook,
    Values,
    collapse,
    evaluation,
    normalise,
)
from focusmesh.engine.rewrite.linking import (
    PROGRAM_FUEL,
    Composed,
    NumberedLinks,
    ProgramLinks,
    compose,
    numbered_links,
    program_links,
)
from focusmesh.engine.rewrite.machine import Limits, Machine, Reduced, Statistics, reduce
from focusmesh.engine.rewrite.table import ELIMINATORS, OPCODES, RULES, TABLE, VALUES

__all__ = [
    "ELIMINATORS",
    "EVALUATORS",
    "OPCODES",
    "PROGRAM_FUEL",
    "RULES",
    "TABLE",
    "VALUES",
    "Book",
    "Composed",
    "Limits",
    "Machine",
    "NumberedLinks",
    "ProgramLinks",
    "Reduced",
    "RunningBook",
    "Statistics",
    "Values",
    "collapse",
    "compose",
    "evaluation",
    "normalise",
    "numbered_links",
    "program_links",
    "read_book",
    "reduce",
]
