"""How the large builder goes over its links: on all threads, a piece at a time, telling its caller in between."""

from __future__ import annotations

from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from focusmesh.engine.support.parallel import even_chunks, run, thread_count
from focusmesh.engine.support.progress import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.support.arrays import OffsetArray
    from focusmesh.engine.support.progress import Progress

PIECE = 1 << 21
"""Links between two looks at the caller, for each thread: less than a second at any size of graph."""
_PASSES = 6

Span: TypeAlias = tuple[int, int]
Result = TypeVar("Result")


class Passes:
    """Passes over ``links`` links. A span is one thread's share of a pass; its pieces are worked on in order."""

    def __init__(self, links: int, progress: Progress | None) -> None:
        self._told = Throttle(progress, "building", _PASSES * links, "link visits")
        self._total = _PASSES * links
        self._done = 0

    def over_links(self, work: Callable[[int, Span], Result], spans: list[Span]) -> list[Result]:
        """``work(number of the span, rows of a piece)`` for every piece of every span of links."""
        pieces = [
            [(first + start, first + stop) for start, stop in even_chunks(last - first, PIECE)]
            for first, last in spans
        ]
        return self._run(work, pieces, lambda piece: piece[1] - piece[0])

    def over_rows(
        self, work: Callable[[int, Span], Result], spans: list[Span], start: OffsetArray
    ) -> list[Result]:
        """The same over ranges of rows of a structure, in pieces of about equal numbers of entries."""
        pieces = [_row_pieces(start, span) for span in spans]
        return self._run(work, pieces, lambda piece: int(start[piece[1]] - start[piece[0]]))

    def finish(self) -> None:
        """All is built."""
        self._told.finish(self._total)

    def _run(
        self,
        work: Callable[[int, Span], Result],
        pieces: list[list[Span]],
        size: Callable[[Span], int],
    ) -> list[Result]:
        results = []
        for turn in zip_longest(*pieces):
            jobs = [(number, piece) for number, piece in enumerate(turn) if piece is not None]
            results += run(lambda job: work(*job), jobs)
            # Weights that turn out to need float64 are laid out twice.
            self._done = min(self._total, self._done + sum(size(piece) for _, piece in jobs))
            self._told.at(self._done)
        return results


def row_spans(start: OffsetArray) -> list[Span]:
    """One range of rows a thread, about equal in entries."""
    return _cut(start, (0, len(start) - 1), -(-int(start[-1]) // thread_count()))


def _row_pieces(start: OffsetArray, rows: Span) -> list[Span]:
    return _cut(start, rows, PIECE)


def _cut(start: OffsetArray, rows: Span, entries: int) -> list[Span]:
    first, last = rows
    begin = int(start[first])
    marks = [begin + stop for _, stop in even_chunks(int(start[last]) - begin, entries)][:-1]
    inner = first + np.searchsorted(start[first + 1 : last + 1], marks)
    return list(pairwise(sorted({first, last, *inner.tolist()})))
