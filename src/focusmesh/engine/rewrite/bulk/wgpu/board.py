"""A run laid out in buffers of a WebGPU device: the bindings of machine.wgsl, and what a round is told."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from focusmesh.engine.rewrite import table
from focusmesh.engine.rewrite.bulk import marks as at
from focusmesh.engine.rewrite.bulk.rounds import (
    STACK_TASKS,
    Pages,
    Told,
    constants,
    sizes_for,
)
from focusmesh.engine.rewrite.words import ERA, word
from focusmesh.engine.support import wgpu
from focusmesh.errors import CardError

if TYPE_CHECKING:
    from focusmesh.engine.rewrite.bulk.program import BulkProgram
    from focusmesh.engine.rewrite.machine import Limits
    from focusmesh.engine.support.arrays import OffsetArray

_TOP, _STATUS, _NAMES, _OUT, _SPENT, _SHARED_COUNT = range(6)
_COUNTS, _STACK = 2, 9
"""Where a worker's counts begin among its numbers, and its stack."""
_LANES = np.dtype((np.uint32, (2,)))
_TASK = np.dtype((np.uint32, (4,)))
_WORKERS, _STEPS_MAX = 1 << 14, 1 << 30
_SOFTWARE_WORKERS, _SOFTWARE_STEPS_MAX, _SOFTWARE_CELLS_MAX = 256, 4_000, 8_000
"""Mesa's llvmpipe ends a shader's loops after 65,535 turns of them all, whatever they are in the middle of."""
_CHUNK_STEPS = 4


def source(kernel: str) -> str:
    """The one kernel, and all that it is told of words, opcodes and rows."""
    folder = files(__package__) / "source"
    told = "\n".join(f"const {name} = {number}u;" for name, number in constants().items())
    parts = [(folder / f"{part}.wgsl").read_text(encoding="utf-8") for part in _PARTS[kernel]]
    return "\n".join([told, *parts])


_PARTS = {"round": ("machine", "rules", "working")}


@cache
def _program() -> wgpu.Program:
    return wgpu.Program(wgpu.device(), source)


class WgpuBoard:
    """See ``Board``. Raises MemoryLimitError if the program's words do not fit, CardError, MissingExtraError."""

    def __init__(self, program: BulkProgram, limits: Limits) -> None:
        self.verify()
        self._device = device = _program()
        software = wgpu.is_software()
        if software and program.step_cells > _SOFTWARE_CELLS_MAX:
            raise CardError(
                f"a definition of this program is copied in {program.step_cells:,} steps, more than a "
                'software device does at once; use evaluator="bulk"'
            )
        chunk = _CHUNK_STEPS * program.step_cells
        most = min(_SOFTWARE_WORKERS if software else _WORKERS, limits.memory_bytes // (32 * chunk))
        sizes = self._sizes = sizes_for(program, limits, most, device.binding_bytes // 8)
        self._heap = device.zeros(sizes.cells, _LANES)
        device.write(self._heap, np.full(sizes.first, word(ERA), dtype=np.int64).view(np.uint32))
        words = np.concatenate([program.words.view(np.uint32), table.BY_TAG.astype(np.uint32)])
        self._shared = device.zeros(_SHARED_COUNT, np.uint32)
        numbers = _STACK + 4 * STACK_TASKS + 3 * sizes.given_max
        self._own = device.zeros(numbers * sizes.workers, np.uint32)
        self._pools = [device.zeros(sizes.tasks_max, _TASK) for _ in range(2)]
        self._words = device.hold(words)
        self._results: Any = None
        self._names = 0
        self._steps = program.step_cells, _SOFTWARE_STEPS_MAX if software else _STEPS_MAX
        self.workers = sizes.workers
        self._told = Told(sizes.first, -1, at.RUNNING, 0)
        self._fixed = (
            *(sizes.tasks_max, sizes.workers, STACK_TASKS, sizes.cells, chunk),
            *(program.arities, program.matches, int(program.together)),
            *(2 * len(program.words), sizes.given_max),
        )

    @staticmethod
    def verify() -> None:
        """Raises MissingExtraError without the library, CardError where there is no device."""
        wgpu.verify_process()
        wgpu.adapter()

    @property
    def heap(self) -> OffsetArray:
        """The heap, by cell, slice or array of places, as it is now."""
        return cast("OffsetArray", Pages(self._cells))

    def _cells(self, places: Any) -> OffsetArray:
        if isinstance(places, slice):
            first, end, _ = places.indices(self._sizes.cells)
            return self._between(first, end)
        if not len(places):
            return np.zeros(0, dtype=np.int64)
        first = int(places.min())
        found: OffsetArray = self._between(first, int(places.max()) + 1)[places - first]
        return found

    def _between(self, first: int, end: int) -> OffsetArray:
        found = self._device.read(self._heap, end - first, first)
        cells: OffsetArray = np.ascontiguousarray(found).view(np.int64).reshape(-1)
        return cells

    def lay_out(self, tasks: OffsetArray) -> None:
        """Tasks (count, 2) for the first round; those that do not fit end the run."""
        device = self._device
        self._results = device.zeros(len(tasks), _LANES)
        most = self._sizes.tasks_max
        device.write(self._pools[0], tasks[:most].view(np.uint32))
        if len(tasks) > most:
            self._told = self._told._replace(status=at.OUT_OF_MEMORY)
        before = (self._heap, self._words, self._shared, self._own)
        one, two = self._pools
        self._launches = [
            device.launch("round", *before, *pools, self._results)
            for pools in ((one, two), (two, one))
        ]

    def round(self, count: int, piece: int) -> Told:
        """Each worker's share of so many tasks, for so many interactions."""
        told, device = self._told, self._device
        row = np.zeros(_SHARED_COUNT, dtype=np.uint32)
        row[[_TOP, _STATUS, _NAMES]] = told.cells, told.status, self._names
        device.write(self._shared, row)
        count = min(count, self._sizes.tasks_max)
        numbers = (count, *self._fixed, piece, *self._steps)
        device.run([(self._launches[0], self._sizes.workers, numbers)])
        found = device.read(self._shared).tolist()
        self._pools.reverse()
        self._launches.reverse()
        self._names = found[_NAMES]
        cells = min(found[_TOP], self._sizes.cells)
        self._told = Told(cells, told.spent + found[_SPENT], found[_STATUS], found[_OUT])
        return self._told

    def results(self, count: int) -> OffsetArray:
        """What the entries of the tasks came to."""
        found = np.ascontiguousarray(self._device.read(self._results, count))
        values: OffsetArray = found.view(np.int64).reshape(-1)
        return values

    def counts(self) -> list[int]:
        """Interactions by opcode."""
        workers, kinds = self._sizes.workers, len(table.OPCODES)
        found = self._device.read(self._own, kinds * workers, _COUNTS * workers)
        counts: list[int] = found.reshape(kinds, workers).sum(axis=1, dtype=np.int64).tolist()
        return counts
