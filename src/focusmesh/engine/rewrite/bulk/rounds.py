"""A run on a card: tasks are carried out in rounds, in each of which every worker has a share of them and a slice.

What a round leaves over is shared out anew in the next, so that one task soon becomes work for all. The source is the
port of the ``*_compiled.py`` modules beside this one; constants are put before it, so that they are written once.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from focusmesh.engine.rewrite import marks as lazy
from focusmesh.engine.rewrite import table, words
from focusmesh.engine.rewrite.bulk import marks as at
from focusmesh.engine.rewrite.words import ERA, word
from focusmesh.errors import MemoryLimitError

if TYPE_CHECKING:
    from focusmesh.engine.arrays import OffsetArray
    from focusmesh.engine.rewrite.bulk.program import Program
    from focusmesh.engine.rewrite.machine import Limits

FIELDS = (
    *("heap", "program", "by_tag", "shared", "rows", "free", "tasks", "places", "given"),
    *("in", "out", "results", "in_count", "out_max", "workers", "tasks_max", "end", "chunk"),
    *("arities", "matches", "together", "slice"),
)
"""Of the struct ``Run`` of machine.cu, 64 bits each."""
TOP, SPENT, STATUS, NAMES, OUT, SHARED_COUNT = range(6)
_MINE, _MINE_END, _COUNTS = range(3)
_ROW_COUNT = _COUNTS + len(table.OPCODES)

_CELL_BYTES = 8
_TASK_BYTES = 16
_TASKS_MAX = 64
_GIVEN_MAX = 256
_WORKERS_MIN = 32
_CHUNK_MAX = 1 << 10
_CELLS_MAX = 1 << 31
_SLICE, _SLICE_MAX = 64, 1 << 13
"""Interactions of a worker in a round: while tasks multiply, and when they have not for long."""


class Device(Protocol):
    """Memory of a card, and the one kernel that there is."""

    workers_max: int

    def array(self, values: Any) -> Any:
        """The array on the card."""
        ...

    def zeros(self, count: int, kind: Any) -> Any:
        """An array of zeros on the card."""
        ...

    def empty(self, count: int, kind: Any) -> Any:
        """An array on the card, of whatever is there."""
        ...

    def fetch(self, array: Any) -> Any:
        """The array on the host."""
        ...

    def address(self, array: Any) -> int:
        """Where the array begins."""
        ...

    def launch(self, run: Any, workers: int) -> None:
        """One round."""
        ...


def source() -> str:
    """The kernel, and all that it is told of words, opcodes and rows."""
    folder = files(__package__) / "cuda" / "source"
    text = (folder / "machine.cu").read_text(encoding="utf-8")
    for name in ("rules.cu", "working.cu"):
        part = (folder / name).read_text(encoding="utf-8")
        text = text.replace(f'#include "{name}"', part)
    return f"{_constants()}\n{text}"


def _constants() -> str:
    numbers = {name: number for number, name in enumerate(words.TAGS)}
    numbers |= {name.upper(): number for number, name in enumerate(table.OPCODES)}
    for name in ("ROOT", "WALK", "ENTRY", "STUCK", "ARM", "ASKED", "READY", "UNMET", "WALKED"):
        numbers[name] = getattr(at, name)
    for name in ("FREE_MAX", "NODE_SHIFT", "CELL_MASK", "START", "NODES", "BODY", "ARITY"):
        numbers[name] = getattr(at, name)
    for name in ("STRICT", "PATCH", "PATCH_COUNT", "OUT_OF_MEMORY", "OUT_OF_NAMES", "OPEN"):
        numbers[name] = getattr(at, name)
    numbers |= {"ROW": lazy.ROW, "SCRATCH": 2}
    return "\n".join(f"#define {name} {number}" for name, number in numbers.items())


class CardHeap:
    """The heap of a card, read from the host: a cell, a slice, or the cells at an array of places."""

    _PAGE = 1 << 10

    def __init__(self, device: Device, cells: Any) -> None:
        self._device = device
        self._cells = cells
        self._pages: dict[int, OffsetArray] = {}

    def __getitem__(self, places: Any) -> Any:
        if not isinstance(places, int | np.integer):
            found = places if isinstance(places, slice) else self._device.array(places)
            return self._device.fetch(self._cells[found]).view(np.int64)
        page, cell = divmod(int(places), self._PAGE)
        if page not in self._pages:
            part = self._cells[page * self._PAGE : (page + 1) * self._PAGE]
            self._pages[page] = self._device.fetch(part).view(np.int64)
        return self._pages[page][cell]


class Rounds:
    """Carries out tasks on a card. Raises MemoryLimitError if the program's words do not fit."""

    def __init__(self, program: Program, limits: Limits, device: Device) -> None:
        self._device, self._limits, self._program = device, limits, program
        given = max(_GIVEN_MAX, program.nodes_max + 1)
        one = _CELL_BYTES * (at.FREE_MAX + _ROW_COUNT + 2 * _TASKS_MAX + 2 * given)
        workers = min(device.workers_max, limits.memory_bytes // (4 * one))
        self._workers = max(_WORKERS_MIN, workers - workers % _WORKERS_MIN)
        self._tasks_max = limits.memory_bytes // (16 * _TASK_BYTES)
        cells = limits.memory_bytes - self._workers * one - 2 * self._tasks_max * _TASK_BYTES
        cells = min(cells // _CELL_BYTES, _CELLS_MAX)
        first = 2 + program.step_cells
        if cells < first + 8 * program.step_cells:
            raise MemoryLimitError(f"{limits.memory_bytes:,} B are less than this program's words")
        self._heap = device.empty(cells, np.uint64)
        self._heap[:first] = device.array(np.full(first, word(ERA), dtype=np.uint64))
        self._shared = device.zeros(SHARED_COUNT, np.uint64)
        begun = np.zeros(SHARED_COUNT, dtype=np.int64)
        # The call of the program itself is no interaction.
        begun[[TOP, SPENT]] = first, -1
        self._shared[:] = device.array(begun.view(np.uint64))
        self._told = begun
        self._pools = [device.empty(2 * self._tasks_max, np.uint64) for _ in range(2)]
        self._arrays = self._made(given)
        self._run = self._filled(cells, first)
        self._ended = False
        self._seen: CardHeap | None = None

    def _made(self, given: int) -> dict[str, Any]:
        device, workers = self._device, self._workers
        return {
            "heap": self._heap,
            "program": device.array(self._program.words.view(np.uint64)),
            "by_tag": device.array(table.BY_TAG),
            "shared": self._shared,
            "rows": device.zeros(_ROW_COUNT * workers, np.uint64),
            "free": device.zeros(at.FREE_MAX * workers, np.uint64),
            "tasks": device.empty(2 * _TASKS_MAX * workers, np.uint64),
            "places": device.empty(given * workers, np.uint64),
            "given": device.empty(given * workers, np.uint64),
        }

    def _filled(self, cells: int, first: int) -> Any:
        """The struct, but for what changes from round to round."""
        program = self._program
        run = np.zeros((), dtype=[(name, np.uint64) for name in FIELDS])
        for name, array in self._arrays.items():
            run[name] = self._device.address(array)
        run["out_max"], run["tasks_max"] = self._tasks_max, _TASKS_MAX
        run["workers"], run["end"] = self._workers, cells
        run["chunk"] = min(_CHUNK_MAX, (cells - first) // (8 * self._workers))
        run["arities"], run["matches"] = program.arities, program.matches
        run["together"] = program.together
        return run

    @property
    def heap(self) -> Any:
        """The heap as it is between two calls of ``carry_out``."""
        if self._seen is None:
            self._seen = CardHeap(self._device, self._heap)
        return self._seen

    @property
    def status(self) -> int:
        """RUNNING, or what ended the run."""
        if self._ended or int(self._told[SPENT]) > self._limits.fuel:
            return at.OUT_OF_FUEL
        return int(self._told[STATUS])

    @property
    def counts(self) -> dict[str, int]:
        """Interactions by opcode."""
        rows = self._device.fetch(self._arrays["rows"]).reshape(_ROW_COUNT, -1)
        counts = rows[_COUNTS:].sum(axis=1).tolist()
        counts[table.APPLY] -= 1
        return dict(zip(table.OPCODES, counts, strict=True))

    @property
    def fused(self) -> dict[str, int]:
        """No three opcodes have a kernel of their own here."""
        return {}

    @property
    def cells(self) -> int:
        """Cells that were taken from the heap so far."""
        return int(min(self._told[TOP], self._run["end"]))

    def attend(self) -> None:
        """Nothing is to be done while a round goes on."""

    def end(self) -> None:
        """Ends a run that goes on in another thread, after the round at hand."""
        self._ended = True

    def carry_out(self, tasks: OffsetArray) -> OffsetArray:
        """Does these (frame, term), and all that comes of them; what entries came to, in order."""
        results = self._device.zeros(len(tasks), np.uint64)
        self._run["results"] = self._device.address(results)
        self._seen = None
        if len(tasks) > self._tasks_max:
            self._told[STATUS] = at.OUT_OF_MEMORY
            return np.zeros(len(tasks), dtype=np.int64)
        flat = np.ascontiguousarray(tasks, dtype=np.int64).view(np.uint64).reshape(-1)
        self._pools[0][: flat.size] = self._device.array(flat)
        count, piece = len(tasks), _SLICE
        while count and self.status == at.RUNNING:
            left = self._round(count, piece)
            piece = _SLICE if left > 2 * count else min(2 * piece, _SLICE_MAX)
            count = left
        found: OffsetArray = self._device.fetch(results).view(np.int64)
        return found

    def _round(self, count: int, piece: int) -> int:
        """Each worker's share of so many tasks, for so many interactions; how many tasks are left then."""
        run, pools = self._run, self._pools
        run["in"], run["out"] = (self._device.address(pool) for pool in pools)
        run["in_count"], run["slice"] = count, piece
        self._shared[OUT : OUT + 1] = 0
        self._device.launch(run, self._workers)
        self._told = self._device.fetch(self._shared).view(np.int64)
        pools.reverse()
        return int(self._told[OUT])
