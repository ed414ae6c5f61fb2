"""A run laid out in the memory of a card: the struct of machine.cu, and what it points to."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from focusmesh.engine.rewrite import table
from focusmesh.engine.rewrite.bulk import marks as at
from focusmesh.engine.rewrite.bulk.rounds import (
    PLENTY,
    STACK_TASKS,
    Pages,
    Told,
    constants,
    sizes_for,
)
from focusmesh.engine.rewrite.words import ERA, word

if TYPE_CHECKING:
    from focusmesh.engine.rewrite.bulk.program import BulkProgram
    from focusmesh.engine.rewrite.machine import Limits
    from focusmesh.engine.support.arrays import OffsetArray

_FIELDS = (
    *("heap", "program", "by_tag", "shared", "rows", "free", "tasks", "places", "given"),
    *("in", "out", "results", "in_count", "out_max", "workers", "tasks_max", "end", "chunk"),
    *("arities", "matches", "together", "sparing", "slice"),
)
"""Of the struct ``Run``, 64 bits each."""
_TOP, _SPENT, _STATUS, _NAMES, _OUT, _SHARED_COUNT = range(6)
_MINE, _MINE_END, _COUNTS = range(3)
_ROW_COUNT = _COUNTS + len(table.OPCODES)
_WORD = np.uint64
_AT_HAND = {"PLACES": 16, "GIVEN": 6, "KEPT_SIZES": 12}
"""Of a thread: nodes of a copy whose places, arguments of an arm, and sizes whose free nodes it has at hand."""


class KernelCard(Protocol):
    """Memory of a card, and the one kernel that there is."""

    workers_max: int
    cells_max: int

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
    folder = files(__package__) / "source"
    text = (folder / "machine.cu").read_text(encoding="utf-8")
    for name in ("rules.cu", "working.cu"):
        part = (folder / name).read_text(encoding="utf-8")
        text = text.replace(f'#include "{name}"', part)
    numbers = constants() | _AT_HAND
    told = "\n".join(f"#define {name} {number}" for name, number in numbers.items())
    return f"{told}\n{text}"


class CudaBoard:
    """See ``Board``. Raises MemoryLimitError if the program's words do not fit."""

    def __init__(self, program: BulkProgram, limits: Limits, device: KernelCard) -> None:
        sizes = sizes_for(program, limits, device.workers_max, device.cells_max)
        self._device, self._sizes = device, sizes
        self._heap = device.empty(sizes.cells, _WORD)
        self._heap[: sizes.first] = device.array(np.full(sizes.first, word(ERA), dtype=_WORD))
        begun = np.zeros(_SHARED_COUNT, dtype=np.int64)
        begun[[_TOP, _SPENT]] = sizes.first, -1
        self._shared = device.array(begun.view(_WORD))
        self._pools = [device.empty(2 * sizes.tasks_max, _WORD) for _ in range(2)]
        self._results: Any = None
        self.workers = sizes.workers
        self._told = Told(0, 0, at.RUNNING, 0)
        self._arrays = self._make_arrays(program)
        self._run = self._fill_run(program)

    def _make_arrays(self, program: BulkProgram) -> dict[str, Any]:
        device, sizes = self._device, self._sizes
        return {
            "heap": self._heap,
            "program": device.array(program.words.view(_WORD)),
            "by_tag": device.array(table.BY_TAG),
            "shared": self._shared,
            "rows": device.zeros(_ROW_COUNT * sizes.workers, _WORD),
            "free": device.zeros(at.FREE_MAX * sizes.workers, _WORD),
            "tasks": device.empty(2 * STACK_TASKS * sizes.workers, _WORD),
            "places": device.empty(sizes.given_max * sizes.workers, _WORD),
            "given": device.empty(sizes.given_max * sizes.workers, _WORD),
        }

    def _fill_run(self, program: BulkProgram) -> Any:
        """The struct, but for what changes from round to round."""
        sizes = self._sizes
        run = np.zeros((), dtype=[(name, _WORD) for name in _FIELDS])
        for name, array in self._arrays.items():
            run[name] = self._device.address(array)
        run["out_max"], run["tasks_max"] = sizes.tasks_max, STACK_TASKS
        run["workers"], run["end"], run["chunk"] = sizes.workers, sizes.cells, sizes.chunk
        run["arities"], run["matches"] = program.arities, program.matches
        run["together"] = program.together
        return run

    @property
    def heap(self) -> OffsetArray:
        """The heap, by cell, slice or array of places, as it is now."""
        return cast("OffsetArray", Pages(self._cells))

    def _cells(self, places: Any) -> OffsetArray:
        found = places if isinstance(places, slice) else self._device.array(places)
        cells: OffsetArray = self._device.fetch(self._heap[found]).view(np.int64)
        return cells

    def lay_out(self, tasks: OffsetArray) -> None:
        """Tasks (count, 2) for the first round; those that do not fit end the run."""
        self._results = self._device.zeros(len(tasks), _WORD)
        self._run["results"] = self._device.address(self._results)
        flat = tasks.view(_WORD).reshape(-1)[: 2 * self._sizes.tasks_max]
        self._pools[0][: flat.size] = self._device.array(flat)
        if len(tasks) > self._sizes.tasks_max:
            self._shared[_STATUS : _STATUS + 1] = at.OUT_OF_MEMORY

    def round(self, count: int, piece: int) -> Told:
        """Each worker's share of so many tasks, for so many interactions."""
        run = self._run
        run["in"], run["out"] = (self._device.address(pool) for pool in self._pools)
        run["in_count"], run["slice"] = min(count, self._sizes.tasks_max), piece
        run["sparing"] = self._told.cells > self._sizes.cells * PLENTY
        self._shared[_OUT : _OUT + 1] = 0
        self._device.launch(run, self._sizes.workers)
        self._pools.reverse()
        told = self._device.fetch(self._shared).view(np.int64).tolist()
        cells = min(told[_TOP], self._sizes.cells)
        self._told = Told(cells, told[_SPENT], told[_STATUS], told[_OUT])
        return self._told

    def results(self, count: int) -> OffsetArray:
        """What the entries of the tasks came to."""
        found: OffsetArray = self._device.fetch(self._results).view(np.int64)
        return found

    def counts(self) -> list[int]:
        """Interactions by opcode."""
        rows = self._device.fetch(self._arrays["rows"]).reshape(_ROW_COUNT, -1)
        counts: list[int] = rows[_COUNTS:].sum(axis=1).tolist()
        return counts
