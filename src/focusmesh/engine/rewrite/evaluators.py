"""Which evaluator runs a program: all come to the same terms, after the same number of interactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from focusmesh.engine.rewrite.machine import Limits, Machine, NumberRows, Reduced, Statistics
from focusmesh.engine.rewrite.short_runs import ShortRun
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from focusmesh.engine.rewrite.book import Book
    from focusmesh.engine.rewrite.bulk import BulkProgram, Runner

EVALUATORS = ("lazy", "bulk", "wgpu", "cuda")
"""One after the other in one thread; as much at once as there are threads; on any graphics card; on an NVIDIA card."""


class RunningBook(Protocol):
    """One run of a program."""

    def normalise(self) -> str:
        """The term in full normal form. Raises FuelError, MemoryLimitError."""
        ...

    def collapse(self) -> Iterator[str]:
        """The values of the superposed term, breadth first, as they are found. Raises as ``normalise``."""
        ...

    def rows(self, constructor: str, widths: Sequence[int], count_max: int) -> NumberRows:
        """The values of ``collapse``, as long as each is ``constructor`` of numbers, as many as one of ``widths``."""
        ...

    def statistics(self) -> Statistics:
        """What the run took so far."""
        ...


class Values:
    """The values of a collapse, as an iterator, with the statistics of the run so far."""

    def __init__(self, running: RunningBook) -> None:
        self._running = running
        self._values = running.collapse()

    def __iter__(self) -> Values:
        return self

    def __next__(self) -> str:
        return next(self._values)

    def statistics(self) -> Statistics:
        """What the run took so far."""
        return self._running.statistics()


def evaluation(
    book: Book,
    name: str = "main",
    limits: Limits | None = None,
    evaluator: str = "lazy",
    *,
    specialise: bool = True,
    compiled: bool = False,
) -> RunningBook:
    """A run of ``@name`` by one of EVALUATORS.

    The lazy one begins without machine code where there is none in the process yet, unless ``compiled``.
    With ``specialise`` a bulk evaluator makes one kernel of three opcodes that often follow each other; results are
    identical. Raises ParameterError for another evaluator, or where there is no ``@name`` without arguments;
    MissingExtraError, CardError where there is no card.
    """
    if evaluator == "lazy":
        return _lazy(book, name, limits, compiled)
    if evaluator not in EVALUATORS:
        raise ParameterError(f"evaluator must be one of {', '.join(EVALUATORS)}: {evaluator!r}")
    from focusmesh.engine.rewrite.bulk import BulkMachine

    return BulkMachine(book, name, limits or Limits(), evaluator, _runner(evaluator, specialise))


def _lazy(
    book: Book, name: str, limits: Limits | None, compiled: bool = False
) -> Machine | ShortRun:
    begins_short = not compiled and ShortRun.pays()
    return (ShortRun if begins_short else Machine)(book, name, limits or Limits())


def _runner(evaluator: str, specialise: bool) -> Callable[[BulkProgram, Limits], Runner]:
    """What makes the runner of a bulk evaluator. Raises MissingExtraError, CardError where there is no card."""
    if evaluator == "wgpu":
        from focusmesh.engine.rewrite.bulk import Rounds
        from focusmesh.engine.rewrite.bulk.wgpu import WgpuBoard

        WgpuBoard.verify()
        return lambda program, limits: Rounds(program, limits, WgpuBoard)
    if evaluator == "cuda":
        from focusmesh.engine.rewrite.bulk import Rounds
        from focusmesh.engine.rewrite.bulk.cuda import CudaBoard, CupyCard

        card = CupyCard()
        return lambda program, limits: Rounds(
            program, limits, lambda one, two: CudaBoard(one, two, card)
        )
    from focusmesh.engine.rewrite.bulk import Threads
    from focusmesh.engine.support.parallel import thread_count

    return lambda program, limits: Threads(program, limits, thread_count(), specialise)


def reduce(book: Book, name: str = "main", limits: Limits | None = None) -> Reduced:
    """``@name`` in weak head normal form. Raises ParameterError, FuelError, MemoryLimitError."""
    running = _lazy(book, name, limits)
    return Reduced(running.reduce(), running.statistics())


def normalise(
    book: Book, name: str = "main", limits: Limits | None = None, evaluator: str = "lazy"
) -> Reduced:
    """``@name`` in full normal form. Raises ParameterError, FuelError, MemoryLimitError."""
    running = evaluation(book, name, limits, evaluator)
    return Reduced(running.normalise(), running.statistics())


def collapse(
    book: Book, name: str = "main", limits: Limits | None = None, evaluator: str = "lazy"
) -> Values:
    """The values of ``@name``, free of superpositions and duplications, breadth first; there may be no end to them.

    Raises as ``normalise``, after the values found until then.
    """
    return Values(evaluation(book, name, limits, evaluator))
