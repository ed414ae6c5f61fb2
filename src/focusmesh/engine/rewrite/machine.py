"""A run of a program: heap and stack of its own, fuel and memory that it cannot exceed, and what it came to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.engine.rewrite import marks as at
from focusmesh.engine.rewrite.printer import print_term
from focusmesh.engine.rewrite.shortcuts import REGISTERS
from focusmesh.engine.rewrite.table import OPCODES
from focusmesh.engine.rewrite.words import ERA, LABEL_MASK, word
from focusmesh.errors import FuelError, MemoryLimitError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from focusmesh.engine.rewrite.book import Book
    from focusmesh.engine.support.arrays import OffsetArray

_SMALLEST_BYTES = 1 << 22
_CELL_BYTES = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use: ``fuel`` ≥ 1 interactions, 4 MiB ≤ ``memory_bytes`` ≤ 32 GiB for heap and stack.

    Three sixteenths are for what is alive at one moment. Memory that a run does not come to use is not taken from the
    machine. ``cells_taken`` ≥ 1 (8 B each) is how many cells a run may write in all, dead ones included: a definition
    with a long body takes many at one interaction. It is looked at when the heap is collected.
    """

    fuel: int = 1 << 40
    memory_bytes: int = 4 << 30
    cells_taken: int = 1 << 62

    def verify(self) -> None:
        """Raises ParameterError for a limit outside of its range."""
        if self.fuel < 1:
            raise ParameterError(f"fuel must be ≥ 1, fuel = {self.fuel}")
        if not 1 <= self.cells_taken <= 1 << 62:
            raise ParameterError(f"cells_taken must be 1 to 2^62, cells_taken = {self.cells_taken}")
        if not _SMALLEST_BYTES <= self.memory_bytes <= 1 << 35:
            raise ParameterError(
                f"memory must be 4 MiB to 32 GiB, memory = {self.memory_bytes:,} B"
            )


@dataclass(frozen=True, slots=True)
class Statistics:
    """``interactions`` in all and by opcode; most ``cells_alive`` (8 B each) that any of the ``collections`` found.

    ``evaluator`` is which one did it. Bulk evaluators do not collect: their ``cells_alive`` are the cells that they
    took from the heap. ``fused`` says for each fused kernel, by the opcodes that are one step in it, how often it ran.
    """

    interactions: int
    by_opcode: dict[str, int]
    cells_alive: int
    collections: int
    evaluator: str = "lazy"
    fused: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reduced:
    """The text of what a term was reduced to, and what that took."""

    term: str
    statistics: Statistics


class NumberRows(NamedTuple):
    """Values that are constructors of numbers, shape (count, fields); ``other``: the text of what they end before."""

    values: OffsetArray
    other: str | None


class Machine:
    """One run of ``@name``, which takes no arguments. Raises ParameterError if there is no such definition.

    It is ``compiled``, or Python runs it, some thousand times slower and with nothing to wait for.
    """

    has_code = False
    """Whether a run of this process was compiled, so that machine code is there."""

    def __init__(
        self,
        book: Book,
        name: str = "main",
        limits: Limits | None = None,
        *,
        compiled: bool = True,
    ) -> None:
        self._limits = limits or Limits()
        self._limits.verify()
        self._book = book
        cells = self._limits.memory_bytes // (4 * _CELL_BYTES)
        self._heap = np.empty(2 * cells, dtype=np.int64)
        self._stack = np.empty(2 * cells, dtype=np.int64)
        self._program, arities, matches = book.program()
        row = np.zeros(at.REGISTERS_AT + 2 * REGISTERS, dtype=np.int64)
        row[[at.BASE, at.HALF, at.MARGIN]] = 1, cells, book.step_cells
        row[[at.ARITIES, at.MATCHES, at.FUEL]] = arities, matches, self._limits.fuel
        row[at.ROOM] = at.NURSERY
        row[at.LIMIT] = min(at.NURSERY, cells - 1 - book.step_cells)
        if cells < 4 * book.step_cells:
            raise MemoryLimitError(
                f"{self._limits.memory_bytes:,} B are less than this program's words"
            )
        row[at.STEPS_MAX] = self._limits.fuel + cells
        row[at.FIRST] = row[at.LAST] = cells
        row[at.CAPACITY] = 2 * cells
        body, self._root = book.start(name)
        self._heap[0] = word(ERA)
        self._heap[1 : 1 + len(body)] = body
        row[[at.TOP, at.KEPT]] = 1 + len(body), 1
        row[at.TAKEN_MAX] = self._limits.cells_taken
        self._marks = row
        self._compiled = compiled
        cells_of_all = (self._heap, self._stack, row, self._program)
        self._places = tuple(map(self._place, cells_of_all))
        self._begun = False

    def reduce(self) -> str:
        """The term in weak head normal form. Raises FuelError, MemoryLimitError."""
        from focusmesh.engine.rewrite.reduction_compiled import reduce

        with self._running() as run:
            return self._text(run(reduce, self._root), shared=True)

    def normalise(self) -> str:
        """The term in full normal form, superpositions and stuck duplications included. Raises as ``reduce``."""
        from focusmesh.engine.rewrite.normal_form_compiled import normal

        with self._running() as run:
            return self._text(run(normal, self._root), shared=True)

    def collapse(self) -> Iterator[str]:
        """The values of the superposed term, free of superpositions and duplications, breadth first, as they are found.

        There may be no end to them. Raises as ``reduce``, after the values found until then.
        """
        from focusmesh.engine.rewrite.normal_form_compiled import next_value

        marks = self._marks
        self._stack[marks[at.LAST]] = self._root
        marks[at.LAST] += 1
        with self._running() as run:
            while True:
                term = run(next_value)
                if not marks[at.FOUND]:
                    return
                yield self._text(term, shared=False)

    def rows(self, constructor: str, widths: Sequence[int], count_max: int) -> NumberRows:
        """The values of ``collapse``, as long as each is ``constructor`` of numbers, as many as one of ``widths``.

        Ends before a value that is something else, and before one too many. Raises as ``reduce``.
        """
        from focusmesh.engine.rewrite.rows_compiled import next_rows

        names = self._book.constructor_names
        label = names.index(constructor) if constructor in names else -1
        width = int(self._book.arities[label]) if label >= 0 else 0
        if width not in widths:
            label = -1
        found = np.empty(1 + count_max * width, dtype=np.int64)
        marks = self._marks
        self._stack[marks[at.LAST]] = self._root
        marks[at.LAST] += 1
        with self._running() as run:
            term = run(next_rows, label, width, count_max, self._place(found))
        other = self._excerpt(term) if marks[at.FOUND] else None
        count = int(found[0])
        return NumberRows(found[1 : 1 + count * width].reshape(count, width), other)

    def statistics(self) -> Statistics:
        """What the run took so far."""
        row = self._marks
        alive = max(int(row[at.LIVE_MAX]), 0)
        counts = row[at.COUNTS : at.COUNTS + len(OPCODES)].tolist()
        by_opcode = dict(zip(OPCODES, counts, strict=True))
        return Statistics(int(row[at.SPENT]), by_opcode, alive, int(row[at.COLLECTIONS]))

    @contextmanager
    def _running(self) -> Iterator[Callable[..., int]]:
        """Runs kernels in a thread of their own, so that an interrupt in this one takes their fuel away."""
        if self._begun:
            raise ParameterError("a Machine runs only once: make a new one")
        self._begun = True
        from focusmesh.engine.rewrite.uncompiled import interpret

        def run(kernel: Callable[..., int], *terms: int | memoryview) -> int:
            made = kernel if self._compiled else interpret(kernel)
            waiting = pool.submit(made, *self._places, *terms)
            try:
                found = waiting.result()
                Machine.has_code |= self._compiled
            except BaseException:
                self._marks[[at.FUEL, at.STEPS_MAX]] = 0
                raise
            self._check()
            return found

        with ThreadPoolExecutor(1) as pool:
            yield run

    def _place(self, cells: OffsetArray) -> int | memoryview:
        """Where cells lie, as kernels are told."""
        return int(cells.ctypes.data) if self._compiled else cells.data

    def _text(self, term: int, *, shared: bool) -> str:
        most = self._limits.memory_bytes // 16
        return print_term(self._book, self._heap, term, shared=shared, pieces_max=most)

    def _excerpt(self, term: int) -> str:
        """The text of a term for a message; of a long one that it is long."""
        try:
            return print_term(self._book, self._heap, term, shared=False, pieces_max=100)
        except MemoryLimitError:
            return "a long term"

    def _check(self) -> None:
        status = self._marks[at.STATUS]
        if status == at.OUT_OF_FUEL:
            # A shortcut notices it behind its last interaction.
            spent = min(int(self._marks[at.SPENT]), self._limits.fuel)
            raise FuelError(f"not done after {spent:,} interactions; allow it more fuel")
        if status == at.OUT_OF_NAMES:
            raise MemoryLimitError(f"more than {LABEL_MASK:,} lambdas with superpositions in them")
        if status == at.OUT_OF_MEMORY and self._marks[at.TAKEN] > self._limits.cells_taken:
            raise MemoryLimitError(
                f"not done after {self._marks[at.TAKEN]:,} cells were written, in {self._marks[at.SPENT]:,} "
                "interactions: it copies long definitions or makes long terms; allow it more fuel"
            )
        if status == at.OUT_OF_MEMORY:
            raise MemoryLimitError(
                f"not done in {self._limits.memory_bytes:,} B, after "
                f"{self._marks[at.SPENT]:,} interactions; allow it more memory"
            )
