"""A run on a card: tasks are carried out in rounds, in each of which every worker has a share of them and a slice.

What a round leaves over is shared out anew in the next, so that one task soon becomes work for all. The programs of
cards are the ``*_compiled.py`` modules beside this one in the languages of cards; constants are written here alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from focusmesh.engine.rewrite import marks as lazy
from focusmesh.engine.rewrite import table, words
from focusmesh.engine.rewrite.bulk import marks as at
from focusmesh.errors import MemoryLimitError

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.rewrite.bulk.program import BulkProgram
    from focusmesh.engine.rewrite.machine import Limits
    from focusmesh.engine.support.arrays import OffsetArray

STACK_TASKS = 64
"""Tasks of a worker's own; more are left to the next round."""
PLENTY = 0.5
"""Share of the heap up to which new cells are taken rather than old ones again."""
_GIVEN_MIN = 256
_CELL_BYTES = 8
_TASK_BYTES = 16
_WORKERS_MIN = 32
_CHUNK_MAX = 1 << 10
_CELLS_MAX = 1 << 31
_SLICE, _SLICE_MAX = 64, 512
"""Interactions of a worker in a round: while the number of tasks changes, and while it does not or they are many."""

_MARKS = (
    *("ROOT", "WALK", "ENTRY", "STUCK", "ARM", "ASKED", "READY", "UNMET"),
    *("FREE_MAX", "NODE_SHIFT", "CELL_MASK", "START", "NODES", "BODY", "ARITY", "STRICT"),
    *("PATCH", "PATCH_COUNT", "OUT_OF_MEMORY", "OUT_OF_NAMES", "OPEN"),
)


def constants() -> dict[str, int]:
    """Tags, opcodes and places as cards know them."""
    numbers = {name: number for number, name in enumerate(words.TAGS)}
    numbers |= {name.upper(): number for number, name in enumerate(table.OPCODES)}
    numbers |= {name: getattr(at, name) for name in _MARKS}
    return numbers | {"ROW": lazy.ROW, "SCRATCH": 2}


@dataclass(frozen=True, slots=True)
class Sizes:
    """``workers``; ``cells`` of the heap, the ``first`` of them that is free, and the ``chunk`` that a worker takes at
    once; tasks that a round may leave (``tasks_max``); arguments and nodes that a worker may hold (``given_max``)."""

    workers: int
    cells: int
    first: int
    chunk: int
    tasks_max: int
    given_max: int


class Told(NamedTuple):
    """Of all rounds so far: cells taken and interactions; what ended the run; tasks that the last one left."""

    cells: int
    spent: int
    status: int
    left: int


class Board(Protocol):
    """The memory of a card laid out for one run, and its workers."""

    workers: int

    @property
    def heap(self) -> OffsetArray:
        """The heap, by cell, slice or array of places."""
        ...

    def lay_out(self, tasks: OffsetArray) -> None:
        """Tasks (count, 2) for the first round."""
        ...

    def round(self, count: int, piece: int) -> Told:
        """Each worker's share of so many tasks, for so many interactions."""
        ...

    def results(self, count: int) -> OffsetArray:
        """What the entries of the tasks came to."""
        ...

    def counts(self) -> list[int]:
        """Interactions by opcode."""
        ...


def sizes_for(program: BulkProgram, limits: Limits, workers_max: int, cells_max: int) -> Sizes:
    """How memory is shared out. Raises MemoryLimitError if the program's words do not fit."""
    given = max(_GIVEN_MIN, program.nodes_max + 1)
    one = _CELL_BYTES * (at.FREE_MAX + len(table.OPCODES) + 2 * (1 + STACK_TASKS + given))
    workers = min(workers_max, limits.memory_bytes // (4 * one))
    workers = max(1, workers - workers % _WORKERS_MIN if workers > _WORKERS_MIN else workers)
    tasks_max = limits.memory_bytes // (16 * _TASK_BYTES)
    cells = limits.memory_bytes - workers * one - 2 * tasks_max * _TASK_BYTES
    cells = min(cells // _CELL_BYTES, cells_max, _CELLS_MAX)
    first = 2 + program.step_cells
    if cells < first + 8 * program.step_cells:
        raise MemoryLimitError(f"{limits.memory_bytes:,} B are less than this program's words")
    chunk = min(_CHUNK_MAX, (cells - first) // (8 * workers))
    return Sizes(workers, cells, first, chunk, tasks_max, given)


class Rounds:
    """Carries out tasks on the board that ``make`` makes for the program."""

    def __init__(
        self, program: BulkProgram, limits: Limits, make: Callable[[BulkProgram, Limits], Board]
    ) -> None:
        self._limits = limits
        self._board = make(program, limits)
        # The call of the program itself is no interaction.
        self._told = Told(0, -1, at.RUNNING, 0)
        self._ended = False

    @property
    def heap(self) -> OffsetArray:
        """The heap as it is between two calls of ``carry_out``."""
        return self._board.heap

    @property
    def status(self) -> int:
        """RUNNING, or what ended the run."""
        if self._ended or self._told.spent > self._limits.fuel:
            return at.OUT_OF_FUEL
        return self._told.status

    @property
    def counts(self) -> dict[str, int]:
        """Interactions by opcode."""
        counts = self._board.counts()
        counts[table.APPLY] -= 1
        return dict(zip(table.OPCODES, counts, strict=True))

    @property
    def fused_counts(self) -> dict[str, int]:
        """No three opcodes have a kernel of their own here."""
        return {}

    @property
    def cells(self) -> int:
        """Cells that were taken from the heap so far."""
        return self._told.cells

    def attend(self) -> None:
        """Nothing is to be done while a round goes on."""

    def end(self) -> None:
        """Ends a run that goes on in another thread, after the round at hand."""
        self._ended = True

    def carry_out(self, tasks: OffsetArray) -> OffsetArray:
        """Does these (frame, term), and all that comes of them; what entries came to, in order."""
        count, piece = len(tasks), _SLICE
        self._board.lay_out(np.ascontiguousarray(tasks, dtype=np.int64))
        while count and self.status == at.RUNNING:
            self._told = self._board.round(count, piece)
            left = self._told.left
            # While their number changes tasks are shared out often: a long round leaves many workers without any.
            steady = 0.9 * count < left < 1.1 * count or left > 2 * self._board.workers
            piece = min(2 * piece, _SLICE_MAX) if steady else _SLICE
            count = left
        return self._board.results(len(tasks))


class Pages:
    """A heap that lies elsewhere, read from here: a cell, a slice, or the cells at an array of places."""

    _CELLS = 1 << 10

    def __init__(self, fetch: Callable[[Any], OffsetArray]) -> None:
        self._fetch = fetch
        self._pages: dict[int, OffsetArray] = {}

    def __getitem__(self, places: Any) -> Any:
        if not isinstance(places, int | np.integer):
            return self._fetch(places)
        page, cell = divmod(int(places), self._CELLS)
        if page not in self._pages:
            self._pages[page] = self._fetch(slice(page * self._CELLS, (page + 1) * self._CELLS))
        return self._pages[page][cell]
