"""Sums over particles that are spread over ranks: each rank runs the engine's code on its own particles.

Every sum is made chunk by chunk as on one machine; within ``across`` the chunks of all ranks are then added up in their
order. Where ranks begin where chunks do (chunks.py), these are the very sums of one machine, to the bit.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from focusmesh.engine.focus.chunks import chunk_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from focusmesh.engine.arrays import FloatArray


class Joined(Protocol):
    """This rank among others; all ranks call the same in the same order."""

    @property
    def count(self) -> int:
        """Particles of all ranks."""

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The chunks of this rank's particles, of which the first is 0."""

    def chunks(self, rows: FloatArray) -> FloatArray:
        """Rows of all ranks in their order, of ``rows``: one for each chunk of this rank's particles."""

    def values(self, own: FloatArray) -> FloatArray:
        """What all ranks gave, one row each; everywhere of one length."""

    def reached(self, vector: Callable[[], FloatArray]) -> None:
        """A sweep is over; ``vector`` gives own scores as they are now, until the next."""

    def card_totals(self, totals: Any) -> Any:
        """Sums over all ranks of a vector of a card."""


_joined: ContextVar[Joined | None] = ContextVar("focusmesh_ranks", default=None)


@contextmanager
def across(joined: Joined) -> Iterator[None]:
    """Within the block, what this thread sums over particles is summed over those of all ranks."""
    token = _joined.set(joined)
    try:
        yield
    finally:
        _joined.reset(token)


def spans(count: int) -> list[tuple[int, int]]:
    """The chunks of a vector of all particles, or of this rank's."""
    joined = _joined.get()
    return chunk_spans(count) if joined is None else joined.spans


def added(chunks: Sequence[float] | FloatArray) -> float:
    """The sum of what chunks of particles gave, in order."""
    joined = _joined.get()
    if joined is None:
        return math.fsum(chunks)
    return math.fsum(joined.chunks(np.asarray(chunks, dtype=np.float64).reshape(-1, 1))[:, 0])


def everywhere(rows: FloatArray) -> FloatArray:
    """``rows``, of which each chunk of particles gave one, and those of the other ranks' chunks."""
    joined = _joined.get()
    return rows if joined is None else joined.chunks(rows)


def counted(own: int) -> int:
    """How many particles there are, of which ``own`` are here."""
    joined = _joined.get()
    return own if joined is None else joined.count


def agreed(holds: bool) -> bool:
    """Whether it holds on all ranks."""
    joined = _joined.get()
    return holds if joined is None else bool(joined.values(np.array([float(holds)])).all())


def reached(vector: Callable[[], FloatArray]) -> None:
    """A sweep of a solve is over, for whoever keeps what was reached."""
    joined = _joined.get()
    if joined is not None:
        joined.reached(vector)


def card_totals(totals: Any) -> Any:
    """Sums of a card's sweep over all ranks; the vector stays on the card."""
    joined = _joined.get()
    return totals if joined is None else joined.card_totals(totals)
