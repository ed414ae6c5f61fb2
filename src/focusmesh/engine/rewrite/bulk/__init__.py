"""Bulk evaluation: a program's work as tasks that any number of workers take, on threads here and on cards beside.

May import: what focusmesh.engine.rewrite may, and its words, tables, books and printing.
Start reading at marks.py, then working_compiled.py; program.py is what workers read, machine.py what is asked of them.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.bulk.machine import BulkMachine, Runner
from focusmesh.engine.rewrite.bulk.program import Program, program_of
from focusmesh.engine.rewrite.bulk.rounds import Rounds
from focusmesh.engine.rewrite.bulk.threads import Threads

__all__ = ["BulkMachine", "Program", "Rounds", "Runner", "Threads", "program_of"]
