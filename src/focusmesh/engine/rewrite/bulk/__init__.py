"""Bulk evaluation: a program's work as tasks that any number of workers take, on threads here and on cards beside.

May import: what focusmesh.engine.rewrite may, and its words, tables, books and printing.
Start reading at marks.py, then worker_compiled.py; program.py is what workers read, machine.py what is asked of them.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.bulk.machine import BulkMachine as BulkMachine
from focusmesh.engine.rewrite.bulk.machine import Runner as Runner
from focusmesh.engine.rewrite.bulk.program import BulkProgram as BulkProgram
from focusmesh.engine.rewrite.bulk.program import program_of as program_of
from focusmesh.engine.rewrite.bulk.rounds import Rounds as Rounds
from focusmesh.engine.rewrite.bulk.threads import Threads as Threads
