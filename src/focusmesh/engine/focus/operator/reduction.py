"""How sums over particles are made: on one machine, or over ranks that have particles of their own.

Every sum is made chunk by chunk as on one machine; over ranks, the chunks of all of them are then added up in their
order. Where ranks begin where chunks do (chunks.py), these are the very sums of one machine, to the bit.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

from focusmesh.engine.focus.operator.chunks import chunk_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.engine.support.arrays import FloatArray


class Reduction(Protocol):
    """What makes one of the sums over chunks of particles. All ranks call the same in the same order."""

    def spans(self, count: int) -> list[tuple[int, int]]:
        """The chunks of a vector of the ``count`` particles that are here."""

    def chunk_sum(self, chunks: Sequence[float] | FloatArray) -> float:
        """The sum of what chunks of particles gave, in order, rounded once."""

    def chunk_rows(self, rows: FloatArray) -> FloatArray:
        """``rows``, of which each chunk here gave one, and those of the other ranks' chunks."""

    def particle_count(self, own: int) -> int:
        """How many particles there are, of which ``own`` are here."""

    def holds_everywhere(self, holds: bool) -> bool:
        """Whether it holds on all ranks."""

    def note_sweep(self, vector: Callable[[], FloatArray]) -> None:
        """A sweep of a solve is over; ``vector`` gives the scores here as they are now, until the next."""

    def card_totals(self, totals: Any) -> Any:
        """Sums of a card's sweep, over all ranks; the vector stays on the card."""


class LocalReduction:
    """All particles are here: nothing is sent, and nothing is kept on the way. See ``Reduction``."""

    def spans(self, count: int) -> list[tuple[int, int]]:
        return chunk_spans(count)

    def chunk_sum(self, chunks: Sequence[float] | FloatArray) -> float:
        return math.fsum(chunks)

    def chunk_rows(self, rows: FloatArray) -> FloatArray:
        return rows

    def particle_count(self, own: int) -> int:
        return own

    def holds_everywhere(self, holds: bool) -> bool:
        return holds

    def note_sweep(self, vector: Callable[[], FloatArray]) -> None:
        del vector

    def card_totals(self, totals: Any) -> Any:
        return totals


LOCAL = LocalReduction()
