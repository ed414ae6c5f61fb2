"""A run of a program by a bulk evaluator: the same terms and counts as by the lazy one, made by many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING, Protocol

import numpy as np

from focusmesh.engine.rewrite.bulk import marks as at
from focusmesh.engine.rewrite.bulk.program import program_of
from focusmesh.engine.rewrite.machine import Limits, Machine, NumberRows, Statistics
from focusmesh.engine.rewrite.printer import print_term
from focusmesh.engine.rewrite.words import (
    CTR,
    ERA,
    LABEL_MASK,
    LABEL_SHIFT,
    LOW,
    REF,
    SUP,
    TAG_SHIFT,
    W32,
    word,
)
from focusmesh.errors import FuelError, MemoryLimitError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from focusmesh.engine.rewrite.book import Book
    from focusmesh.engine.rewrite.bulk.program import BulkProgram
    from focusmesh.engine.support.arrays import OffsetArray

_ATTEND_SECONDS = 0.2
_EXCERPT_PIECES = 100
_DUPLICATION = "!&"
"""What begins a duplication in the text of a normal form, and nothing else."""


class OpenValueError(Exception):
    """The order in which things are evaluated can be seen: only the lazy evaluator, which keeps one, is right."""


class Runner(Protocol):
    """What carries out tasks on one heap: threads of this machine, or a card."""

    @property
    def heap(self) -> OffsetArray:
        """The heap as it is between two calls of ``carry_out``."""
        ...

    @property
    def status(self) -> int:
        """RUNNING, or what ended the run, of marks.py."""
        ...

    @property
    def counts(self) -> dict[str, int]:
        """Interactions by opcode; the call of the program itself is none."""
        ...

    @property
    def fused_counts(self) -> dict[str, int]:
        """How often each fused kernel ran."""
        ...

    @property
    def cells(self) -> int:
        """Cells that were taken from the heap so far."""
        ...

    def carry_out(self, tasks: OffsetArray) -> OffsetArray:
        """Does these tasks (count, 2), and all that comes of them; what entries came to, in order."""
        ...

    def attend(self) -> None:
        """Is called now and then while ``carry_out`` goes on in another thread."""
        ...

    def end(self) -> None:
        """Ends a run that goes on in another thread."""
        ...


class BulkMachine:
    """One run of ``@name``, which takes no arguments, by the runner that ``make`` makes for its program.

    What takes an order is left to the lazy evaluator, as the statistics say: programs that use variables outside of
    what binds them, and results in which a duplication is left. Raises ParameterError if there is no ``@name``.
    """

    def __init__(
        self,
        book: Book,
        name: str,
        limits: Limits,
        evaluator: str,
        make: Callable[[BulkProgram, Limits], Runner],
    ) -> None:
        limits.verify()
        self._book, self._name, self._limits = book, name, limits
        self._evaluator, self._make = evaluator, make
        self._start = word(REF, book.number_of(name))
        self._lazy: Machine | None = None
        self._runner: Runner | None = None

    def normalise(self) -> str:
        """The term in full normal form. Raises FuelError, MemoryLimitError."""
        try:
            with self._running() as (runner, carry_out):
                carry_out(np.array([[word(at.ROOT, 0, 1), self._start]], dtype=np.int64))
                text = self._text(runner, int(runner.heap[1]), shared=True)
                if _DUPLICATION in text:
                    # Of a variable whose lambda was applied behind it: labels that collide can take it out of there.
                    raise OpenValueError
                return text
        except OpenValueError:
            return self._left_to_lazy().normalise()

    def collapse(self) -> Iterator[str]:
        """The values of the superposed term, breadth first, a generation at a time, each evaluated at once.

        Raises as ``normalise``, after the values of earlier generations.
        """
        count = 0
        try:
            for runner, terms in self._generations():
                for term in terms.tolist():
                    count += 1
                    yield self._text(runner, term, shared=False)
        except OpenValueError:
            for number, value in enumerate(self._left_to_lazy().collapse()):
                if number >= count:
                    yield value

    def rows(self, constructor: str, widths: Sequence[int], count_max: int) -> NumberRows:
        """The values of ``collapse``, as long as each is ``constructor`` of numbers, as many as one of ``widths``.

        Ends before a value that is something else, and before one too many. Raises as ``normalise``.
        """
        names = self._book.constructor_names
        label = names.index(constructor) if constructor in names else -1
        width = int(self._book.arities[label]) if label >= 0 else 0
        found = [np.empty((0, width), dtype=np.int64)]
        left = count_max if width in widths else 0
        try:
            for runner, terms in self._generations():
                rows, fit = _rows(runner.heap, terms, label, width)
                count = min(int(np.argmin(np.append(fit, False))), left)
                left -= count
                found.append(rows[:count])
                if count < len(terms):
                    other = self._excerpt(runner, int(terms[count]))
                    return NumberRows(np.concatenate(found), other)
        except OpenValueError:
            return self._left_to_lazy().rows(constructor, widths, count_max)
        return NumberRows(np.concatenate(found), None)

    def statistics(self) -> Statistics:
        """What the run took so far."""
        if self._lazy is not None:
            return self._lazy.statistics()
        runner = self._runner
        if runner is None:
            return Statistics(0, {}, 0, 0, self._evaluator)
        counts = runner.counts
        spent = sum(counts.values())
        return Statistics(spent, counts, runner.cells, 0, self._evaluator, runner.fused_counts)

    def _generations(self) -> Iterator[tuple[Runner, OffsetArray]]:
        """Values, of one superposition more in each generation. Raises OpenValueError."""
        entries = np.array([self._start], dtype=np.int64)
        with self._running() as (runner, carry_out):
            while len(entries):
                frames = np.arange(len(entries)) + word(at.ENTRY)
                found = carry_out(np.stack([frames, entries], axis=1))
                tags = found >> TAG_SHIFT
                places = found[tags == SUP] & LOW
                entries = np.stack([runner.heap[places], runner.heap[places + 1]], axis=1).ravel()
                yield runner, found[(tags != SUP) & (tags != ERA)]

    def _left_to_lazy(self) -> Machine:
        self._runner = None
        self._lazy = Machine(self._book, self._name, self._limits)
        return self._lazy

    @contextmanager
    def _running(self) -> Iterator[tuple[Runner, Callable[[OffsetArray], OffsetArray]]]:
        """Carries out tasks in a thread of their own, so that an interrupt in this one ends them."""
        if self._runner is not None:
            raise ParameterError("a run starts only once: make a new one")
        if not self._book.scoped:
            raise OpenValueError
        runner = self._runner = self._make(program_of(self._book), self._limits)

        def run(tasks: OffsetArray) -> OffsetArray:
            waiting = pool.submit(copy_context().run, runner.carry_out, tasks)
            try:
                while not wait([waiting], timeout=_ATTEND_SECONDS).done:
                    runner.attend()
                found = waiting.result()
            except BaseException:
                runner.end()
                raise
            self._check(runner)
            return found

        with ThreadPoolExecutor(1) as pool:
            yield runner, run

    def _text(self, runner: Runner, term: int, *, shared: bool) -> str:
        most = self._limits.memory_bytes // 16
        return print_term(self._book, runner.heap, term, shared=shared, pieces_max=most)

    def _excerpt(self, runner: Runner, term: int) -> str:
        """The text of a term for a message; of a long one that it is long."""
        heap = runner.heap
        try:
            return print_term(self._book, heap, term, shared=False, pieces_max=_EXCERPT_PIECES)
        except MemoryLimitError:
            return "a long term"

    def _check(self, runner: Runner) -> None:
        status = runner.status
        if status == at.OUT_OF_FUEL:
            raise FuelError(
                f"not done after {self._limits.fuel:,} interactions; allow it more fuel"
            )
        if status == at.OUT_OF_NAMES:
            raise MemoryLimitError(f"more than {LABEL_MASK:,} lambdas with superpositions in them")
        if status == at.OUT_OF_MEMORY:
            raise MemoryLimitError(
                f"not done in {self._limits.memory_bytes:,} B, after "
                f"{sum(runner.counts.values()):,} interactions; allow it more memory, or take "
                "the lazy evaluator, which collects what is not used any more"
            )
        if status == at.OPEN:
            raise OpenValueError


def _rows(
    heap: OffsetArray, terms: OffsetArray, label: int, width: int
) -> tuple[OffsetArray, OffsetArray]:
    """The fields of terms as rows; and which terms are the constructor ``label``, all its fields numbers."""
    fit = (terms >> TAG_SHIFT == CTR) & (terms >> LABEL_SHIFT & LABEL_MASK == label)
    places = np.where(fit, terms & LOW, 0)
    fields = heap[places[:, None] + np.arange(width)]
    fit &= (fields >> TAG_SHIFT == W32).all(axis=1)
    return fields & LOW, fit
