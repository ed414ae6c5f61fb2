"""What a bulk run knows of itself: one row that all workers share, one for each worker, and how its program lies.

A task is two words: a frame, which asks for a value, and the term that is to become one. A frame is the word of the
node that asks with ``spot`` for the cell that it asks for. An eliminator has, before its first cell, RET: the frame
that asked for it. So there is no stack: what a run is in the middle of lies in the heap, whoever worked on it.
"""

from __future__ import annotations

ROOT, WALK, ENTRY, STUCK, ARM = range(15, 20)
"""Tags beside those of terms. ROOT asks for the normal form of what is in a cell. WALK is a step of the walk through a
value that is being collapsed (two cells: the node with the spot, the frame above), ENTRY its end: one term of those
that a collapse is at. STUCK as RET: this eliminator met what it has no rule for, so that it is a value itself. ARM
stands for a case that is copied when it is chosen: its row as label, and how many lambdas the next row leaves out as
offset."""

ASKED, READY, UNMET = 1, 4, 8
"""State of a DUP, in the spot of the high lane of its second cell: somebody asked for half 0 (1) or 1 (2); the half
that was not asked for first lies in the first cell; what it is to duplicate is stuck."""

FORKED = 0x80 << 32
"""In the spot of a frame: its cell was given to another worker. OPX has then a bit in RET, REF a count in JOIN."""
FORKS = 0x40 << 32
"""In the spot of an OPX in the program: both operands have calls in them."""

(
    TOP,
    SPENT,
    IDLE,
    LOCK,
    STATUS,
    NAMES,
) = range(0, 48, 8)
"""Shared, on a line of the cache each: first cell that no worker has; interactions counted so far; workers without a
task; taken or not; what ended the run; variables that became names."""

(
    END,
    FUEL,
    WORKERS,
    CHUNK,
    ARITIES,
    MATCHES,
    TOGETHER,
    OFFERED,
    OFFERS,
    OFFERS_MAX,
    RESULTS,
    SCRATCH,
    DONE,
    SPECIAL,
) = range(48, 62)
"""Shared and seldom written: cells of the heap; interactions at most; workers that have begun; cells that a worker
takes at once; places in the program; whether both operands may be evaluated; tasks that are offered to others: how
many, where, at most; where entries leave their values; cells that are written to when the heap is full; no task left.
"""

KERNELS = 64
"""Shared: where the fused kernel is that begins with this opcode, 0 for none; SPECIAL is 1 if there is any."""

SHARED_COUNT = 72

RUNNING, OUT_OF_FUEL, OUT_OF_MEMORY, OUT_OF_NAMES, OPEN = range(5)
"""``OPEN``: a duplication is left in the result. It may stand in itself; then the order of evaluation can be seen."""

MINE, MINE_END, DEPTH, BOTTOM, TASKS, TASKS_MAX, PLACES, LEFT, SLICE, BEGUN, RESTING, GIVEN = range(
    12
)
"""A worker's: its chunk from the first free cell to the end; its tasks from BOTTOM to DEPTH in TASKS; places of the
nodes of a copy; interactions left until it looks up, of how many; whether the others know of it, and that it is idle;
arguments of an arm.
"""
OPCODES_LAST, FRAME_OUT, TERM_OUT = range(12, 15)
"""The last 21 opcodes, three bits each; what a fused kernel came to."""
COUNTS = 16
FREE = 24
FREE_MAX = 40
"""First free node of each size below FREE_MAX, each leading to the next."""
FUSED = 64
"""How often a fused kernel that begins with this opcode ran to its end."""
TRIPLES = 72
"""How often three opcodes were found in a row, at first · 64 + second · 8 + third, in a look at 21 once a slice."""
WORKER_COUNT = 640

SLICE_SIZE = 1024

START, NODES, BODY, ARITY, STRICT, PATCH, PATCH_COUNT, PLAIN_START = range(8)
"""A definition's row in the program: where its nodes are, each as size, distance from the first and words; how many;
root; arguments; strict ones as bits; patches (word of a place, argument). A word with the lowest bit of its spot has
for its offset the number of a node · 256 + the cell in it."""

NODE_SHIFT = 8
CELL_MASK = 0xFF

WAITING, FINISHED = range(2)
"""What a worker says when it stops."""

GOING, FOUND, CALLING, LEAVING = range(4)
"""Where a worker is with its task: the term is to become a value; it is one; it is a call to be made; no more to do."""
