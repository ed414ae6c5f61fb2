"""A run that begins uncompiled: most programs that people write are done before machine code is there.

Where a run is longer, it begins anew on machine code, and comes to the same values in the same order.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from focusmesh.engine.rewrite.machine import Limits, Machine, NumberRows, Statistics
from focusmesh.errors import FuelError, MemoryLimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from focusmesh.engine.rewrite.book import Book

    Result = TypeVar("Result")

_SHORT = Limits(fuel=2_000, memory_bytes=1 << 22, cells_taken=1)
"""Some 20 ms. Without a collection, whose moment would depend on the memory."""
_INTERACTIONS_MAX = 20_000


class ShortRun:
    """One run of ``@name``, as ``Machine`` has it; machine code is loaded, or made, after 2,000 interactions."""

    _spent = 0

    @classmethod
    def pays(cls) -> bool:
        """Whether machine code is not there yet, and this process has run little without it."""
        return not Machine.has_code and cls._spent < _INTERACTIONS_MAX

    def __init__(self, book: Book, name: str, limits: Limits) -> None:
        limits.verify()
        self._book, self._name, self._limits = book, name, limits
        short = Limits(min(_SHORT.fuel, limits.fuel), _SHORT.memory_bytes, _SHORT.cells_taken)
        try:
            self._machine = Machine(book, name, short, compiled=False)
            self._is_short = True
        except MemoryLimitError:
            self._machine = Machine(self._book, self._name, self._limits)
            self._is_short = False

    def reduce(self) -> str:
        """The term in weak head normal form. Raises FuelError, MemoryLimitError."""
        return self._result(Machine.reduce)

    def normalise(self) -> str:
        """The term in full normal form. Raises as ``reduce``."""
        return self._result(Machine.normalise)

    def rows(self, constructor: str, widths: Sequence[int], count_max: int) -> NumberRows:
        """The values of ``collapse`` that are ``constructor`` of numbers. Raises as ``reduce``."""
        return self._result(lambda machine: machine.rows(constructor, widths, count_max))

    def collapse(self) -> Iterator[str]:
        """The values of the superposed term, breadth first, as they are found. Raises as ``reduce``."""
        count = 0
        try:
            for value in self._machine.collapse():
                count += 1
                yield value
        except (FuelError, MemoryLimitError):
            if not self._is_short:
                raise
            self._begin_anew()
            yield from islice(self._machine.collapse(), count, None)
        finally:
            self._account()

    def statistics(self) -> Statistics:
        """What the run took so far."""
        return self._machine.statistics()

    def _result(self, wanted: Callable[[Machine], Result]) -> Result:
        try:
            return wanted(self._machine)
        except (FuelError, MemoryLimitError):
            if not self._is_short:
                raise
            self._begin_anew()
            return wanted(self._machine)
        finally:
            self._account()

    def _begin_anew(self) -> None:
        self._account()
        self._is_short = False
        self._machine = Machine(self._book, self._name, self._limits)

    def _account(self) -> None:
        """Adds what was run uncompiled to what the process has spent on it."""
        if self._is_short:
            ShortRun._spent += self._machine.statistics().interactions
