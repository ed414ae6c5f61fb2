"""A run of a program by a bulk evaluator: the same terms and counts as by the lazy one, made by many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING, Protocol

import numpy as np

from focusmesh.engine.rewrite.bulk import marks as at
from focusmesh.engine.rewrite.bulk.program import program_of
from focusmesh.engine.rewrite.machine import Limits, Statistics
from focusmesh.engine.rewrite.printing import printed
from focusmesh.engine.rewrite.words import (
    ERA,
    LABEL_MASK,
    REF,
    SUP,
    TAG_SHIFT,
    low_of,
    tag_of,
    word,
)
from focusmesh.errors import FuelError, MemoryLimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.engine.arrays import OffsetArray
    from focusmesh.engine.rewrite.book import Book
    from focusmesh.engine.rewrite.bulk.program import Program


class OpenValueError(Exception):
    """A stuck duplication is in a value that is collapsed: an order is to be kept, which only the lazy evaluator does."""


class Runner(Protocol):
    """Whatever carries out tasks: threads of this machine, or a card."""

    heap: OffsetArray

    @property
    def status(self) -> int: ...

    @property
    def counts(self) -> dict[str, int]: ...

    @property
    def cells(self) -> int: ...

    def end(self) -> None: ...

    def carry_out(self, tasks: OffsetArray) -> OffsetArray: ...


class BulkMachine:
    """One run of ``@name``, which takes no arguments, by a ``runner`` that is made for its program.

    Raises ParameterError if there is no such definition.
    """

    def __init__(
        self, book: Book, name: str, limits: Limits, make: Callable[[Program, Limits], Runner]
    ) -> None:
        limits.verify()
        self._book, self._limits = book, limits
        self._start = word(REF, book.number_of(name))
        self._runner = make(program_of(book), limits)

    def normalise(self) -> str:
        """The term in full normal form. Raises FuelError, MemoryLimitError."""
        with self._running() as carry_out:
            carry_out(np.array([[word(at.ROOT, 0, 1), self._start]]))
        return self._text(int(self._runner.heap[1]), shared=True)

    def collapse(self) -> Iterator[str]:
        """The values of the superposed term, breadth first, a generation at a time. Raises as ``normalise``, after the
        values that were found until then; StopIteration and ``is_open`` where only the lazy evaluator can go on."""
        entries = [self._start]
        with self._running() as carry_out:
            while entries:
                asked = np.array(entries, dtype=np.int64)
                frames = np.arange(len(asked)) + word(at.ENTRY)
                found = carry_out(np.stack([frames, asked], axis=1)).tolist()
                entries = []
                for term in found:
                    tag = term >> TAG_SHIFT
                    if tag == SUP:
                        place = low_of(term)
                        entries += self._runner.heap[place : place + 2].tolist()
                    elif tag != ERA:
                        yield self._text(term, shared=False)

    def statistics(self) -> Statistics:
        """What the run took so far."""
        counts = self._runner.counts
        return Statistics(sum(counts.values()), counts, self._runner.cells, 0)

    @contextmanager
    def _running(self) -> Iterator[Callable[[OffsetArray], OffsetArray]]:
        """Carries out tasks in a thread of their own, so that an interrupt in this one ends them."""

        def run(tasks: OffsetArray) -> OffsetArray:
            waiting = pool.submit(copy_context().run, self._runner.carry_out, tasks)
            try:
                found = waiting.result()
            except BaseException:
                self._runner.end()
                raise
            self._check()
            return found

        with ThreadPoolExecutor(1) as pool:
            yield run

    def _text(self, term: int, *, shared: bool) -> str:
        most = self._limits.memory_bytes // 16
        heap = self._runner.heap
        return printed(self._book, heap, term, shared=shared, pieces_max=most)

    def _check(self) -> None:
        status = self._runner.status
        if status == at.OUT_OF_FUEL:
            raise FuelError(
                f"not done after {self._limits.fuel:,} interactions; allow it more fuel"
            )
        if status == at.OUT_OF_NAMES:
            raise MemoryLimitError(f"more than {LABEL_MASK:,} lambdas with superpositions in them")
        if status == at.OUT_OF_MEMORY:
            raise MemoryLimitError(
                f"not done in {self._limits.memory_bytes:,} B, after "
                f"{sum(self._runner.counts.values()):,} interactions; allow it more memory, or "
                "take the lazy evaluator, which uses memory again"
            )
        if status == at.OPEN:
            raise OpenValueError
