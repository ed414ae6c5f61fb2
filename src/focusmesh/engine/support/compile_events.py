"""What is compiled: counted, and told to whoever listens. Light to import: it loads no compiler."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class CompileCount:
    """``count`` kernels were compiled so far; those that were found in the cache do not count."""

    def __init__(self, tell: Callable[[str], None] | None) -> None:
        self.count = 0
        self._tell = tell

    def note(self, name: str) -> None:
        """A kernel of that name begins to be compiled."""
        self.count += 1
        if self._tell is not None:
            self._tell(name)


_listening: list[CompileCount] = []


@contextmanager
def count_compilations(tell: Callable[[str], None] | None = None) -> Iterator[CompileCount]:
    """Counts the kernels that are compiled while the block runs, in any thread; ``tell`` gets the name of each."""
    counting = CompileCount(tell)
    _listening.append(counting)
    try:
        yield counting
    finally:
        _listening.remove(counting)


def note_compilation(name: str) -> None:
    """Tells all that listen; the door to the compiler calls it."""
    for counting in tuple(_listening):
        counting.note(name)
