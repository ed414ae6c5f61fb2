"""A run on this machine's cores: a heap that all workers share, and tasks that those who have none are offered."""

from __future__ import annotations

from functools import cache
from threading import Event
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.rewrite.bulk import marks as at
from focusmesh.engine.rewrite.table import APPLY, OPCODES
from focusmesh.engine.rewrite.words import ERA, word
from focusmesh.engine.support import parallel
from focusmesh.errors import MemoryLimitError

if TYPE_CHECKING:
    from focusmesh.engine.rewrite.bulk.program import BulkProgram
    from focusmesh.engine.rewrite.machine import Limits
    from focusmesh.engine.support.arrays import OffsetArray

_CELL_BYTES = 8
_OFFERS_MAX = 1 << 12
_CHUNK_MAX = 1 << 13
_GIVEN_MAX = 512
_STEPS_SEEN = at.SLICE_SIZE // 19
SPECIALISED_AFTER = 1 << 30
"""How often three opcodes are to have been met in a row, by the samples, before they become one kernel."""
_NAP_SECONDS = 5e-5


class Threads:
    """Carries out tasks to the end, as many times as it is asked to, on one heap. Raises MemoryLimitError if the
    program's words do not fit."""

    def __init__(
        self, program: BulkProgram, limits: Limits, workers: int, specialise: bool = True
    ) -> None:
        self._program, self._specialise = program, specialise
        self._kernel: tuple[int, ...] = ()
        tasks_max = limits.memory_bytes // (4 * 2 * _CELL_BYTES) // workers
        cells = 3 * limits.memory_bytes // (4 * _CELL_BYTES)
        first = 2 + program.step_cells
        if cells < first + workers * program.step_cells:
            raise MemoryLimitError(f"{limits.memory_bytes:,} B are less than this program's words")
        self.heap = np.empty(cells, dtype=np.int64)
        self.heap[0] = word(ERA)
        self._tasks = np.empty((workers, 2 * tasks_max), dtype=np.int64)
        self._offers = np.empty(2 * _OFFERS_MAX, dtype=np.int64)
        self._places = np.empty((workers, program.nodes_max + 1), dtype=np.int64)
        self._rows = np.zeros((workers, at.WORKER_COUNT), dtype=np.int64)
        self._rows[:, at.TASKS] = self._tasks.ctypes.data + self._tasks.strides[0] * np.arange(
            workers
        )
        self._rows[:, at.TASKS_MAX] = tasks_max
        self._rows[:, at.PLACES] = self._places.ctypes.data + self._places.strides[0] * np.arange(
            workers
        )
        self._given = np.empty((workers, _GIVEN_MAX), dtype=np.int64)
        self._rows[:, at.GIVEN] = self._given.ctypes.data + self._given.strides[0] * np.arange(
            workers
        )
        self._rows[:, at.LEFT] = self._rows[:, at.SLICE] = at.SLICE_SIZE
        self._rows[0, at.COUNTS + APPLY] = -1
        self._shared = np.zeros(at.SHARED_COUNT, dtype=np.int64)
        row = self._shared
        row[at.TOP], row[at.END], row[at.FUEL] = first, cells, limits.fuel
        row[at.CHUNK] = min(_CHUNK_MAX, (cells - first) // (8 * workers))
        row[at.SPENT] = -1
        row[at.ARITIES], row[at.MATCHES] = program.arities, program.matches
        row[at.TOGETHER], row[at.SCRATCH] = program.together, 2
        row[at.OFFERS], row[at.OFFERS_MAX] = self._offers.ctypes.data, _OFFERS_MAX

    @property
    def status(self) -> int:
        """RUNNING, or what ended the run."""
        return int(self._shared[at.STATUS])

    @property
    def counts(self) -> dict[str, int]:
        """Interactions by opcode."""
        found = self._rows[:, at.COUNTS : at.COUNTS + len(OPCODES)].sum(axis=0)
        return dict(zip(OPCODES, found.tolist(), strict=True))

    @property
    def fused_counts(self) -> dict[str, int]:
        """How often each fused kernel ran to its end."""
        if not self._kernel:
            return {}
        often = int(self._rows[:, at.FUSED + self._kernel[0]].sum())
        return {"-".join(OPCODES[opcode] for opcode in self._kernel): often}

    def attend(self) -> None:
        """While a run goes on: the three opcodes that follow each other most often become one kernel from then on.

        That is compiled once in a process, in seconds, and only for runs that take many more.
        """
        if not self._specialise or self._kernel:
            return
        seen = self._rows[:, at.TRIPLES : at.TRIPLES + 512].sum(axis=0)
        for found in np.argsort(seen)[::-1].tolist():
            key = (found >> 6, found >> 3 & 7, found & 7)
            if seen[found] * _STEPS_SEEN < SPECIALISED_AFTER:
                return
            address = fused_address(key)
            if address:
                self._kernel = key
                self._shared[at.KERNELS + key[0]] = address
                self._shared[at.SPECIAL] = 1
                return

    @property
    def cells(self) -> int:
        """Cells that workers have taken so far, most of them to use them again and again."""
        return int(min(self._shared[at.TOP], self._shared[at.END]))

    def end(self) -> None:
        """Takes the fuel away: a run in another thread ends soon."""
        self._shared[at.STATUS] = at.OUT_OF_FUEL

    def carry_out(self, tasks: OffsetArray) -> OffsetArray:
        """Does these (frame, term), and all that comes of them; what entries came to, in order."""
        results = np.zeros(len(tasks), dtype=np.int64)
        row, workers = self._shared, len(self._rows)
        row[at.RESULTS] = results.ctypes.data
        row[[at.DONE, at.WORKERS, at.IDLE, at.OFFERED]] = 0
        self._rows[:, [at.BEGUN, at.RESTING]] = 0
        for worker in range(workers):
            mine = tasks[worker::workers][::-1]
            if len(mine) > self._rows[worker, at.TASKS_MAX]:
                row[at.STATUS] = at.OUT_OF_MEMORY
                return results
            self._tasks[worker, : mine.size] = mine.reshape(-1)
            self._rows[worker, at.DEPTH], self._rows[worker, at.BOTTOM] = len(mine), 0
        with parallel.limited(workers):
            parallel.run(self._work, range(workers))
        return results

    def _work(self, worker: int) -> None:
        from focusmesh.engine.rewrite.bulk.worker_compiled import work

        nap = Event()
        row = self._rows[worker].ctypes.data
        places = (
            self.heap.ctypes.data,
            row,
            self._shared.ctypes.data,
            self._program.words.ctypes.data,
        )
        while work(*places) == at.WAITING:
            nap.wait(_NAP_SECONDS)


@cache
def fused_address(key: tuple[int, ...]) -> int:
    """The kernel for these opcodes; 0 where there is none for one of them."""
    from focusmesh.engine.rewrite.bulk.fused_compiled import FUSIBLE, fused_kernel

    return fused_kernel(key[0], key[1], key[2]) if FUSIBLE.issuperset(key) else 0
