"""What a run knows of itself: one row of int64 that all kernels share, and where things lie in a program."""

from __future__ import annotations

TOP, LIMIT, BASE, HALF, MARGIN, LIVE_MAX, COLLECTIONS, DEPTH, SPENT, FUEL, STATUS = range(11)
"""Heap: first free cell, from where on the collector runs, where the half in use begins, cells of a half, cells that
one interaction may take, most cells found alive, collections. Frames on the stack. Interactions so far, and at most.
``STATUS`` is RUNNING or what ended the run."""

FIRST, LAST, ARITIES, MATCHES, FOUND, CAPACITY, NAMES, ROOM, STEPS, STEPS_MAX = range(11, 21)
"""The queue of a collapse, in the upper half of the stack, the lower half of which is for frames; where constructors'
arities and matches lie in the program; whether a collapse has come to a value; where the stack ends; how many variables
became names; cells to take between two collections, at least; steps that led to no interaction, in walks and past what
is stuck, and how many of them there may be."""

KEPT, TAKEN, TAKEN_MAX = range(21, 24)
"""Where the first cell taken since the last collection is; cells taken in all until then, and how many may be."""

COUNTS = 24
"""Interactions by opcode, in the order of OPCODES."""

MARK_COUNT = 32

REGISTERS_AT = MARK_COUNT
"""Where the two sets of registers of shortcuts begin, which stand behind the marks."""

RUNNING, OUT_OF_FUEL, OUT_OF_MEMORY, OUT_OF_NAMES = range(4)

NURSERY = 1 << 16
"""ROOM, unless a test wants more collections: half a MiB stays in the second level of the cache."""

ROW = 8
START, LENGTH, ROOT, ARITY, STRICT, PATCH, PATCH_COUNT, SHORTCUT = range(8)
"""A definition's row in the program: where its words are and how many; its root; its arguments, those to be evaluated
first as bits; where its patches are (cell, argument) and how many;
where its shortcut is, 0 if it has none."""

DEFAULT = -1
"""In a match's list of constructors: any other one."""
