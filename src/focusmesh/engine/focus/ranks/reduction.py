"""Sums over the particles of all ranks."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.operator.chunks import chunk_starts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.engine.focus.ranks.exchange import Ranks
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

    Vector = Callable[[], FloatArray]


class RankReduction:
    """Rank r has the particles from ``bounds[r]`` to ``bounds[r + 1]``. See ``Reduction``."""

    def __init__(
        self, ranks: Ranks, bounds: OffsetArray, keep: Callable[[Vector], None] | None = None
    ) -> None:
        """``keep`` is told of each sweep, with how to get the vector that was reached."""
        self._count, self._keep = int(bounds[-1]), keep
        self._ranks = ranks
        cuts = [
            _cuts(self._count, int(bounds[at]), int(bounds[at + 1])) for at in range(ranks.size)
        ]
        self._chunks = [len(own) - 1 for own in cuts]
        first = int(bounds[ranks.rank])
        self._spans = list(pairwise((cuts[ranks.rank] - first).tolist()))

    def spans(self, count: int) -> list[tuple[int, int]]:
        del count
        return self._spans

    def chunk_sum(self, chunks: Sequence[float] | FloatArray) -> float:
        own = np.asarray(chunks, dtype=np.float64).reshape(-1, 1)
        return math.fsum(self.chunk_rows(own)[:, 0])

    def chunk_rows(self, rows: FloatArray) -> FloatArray:
        if self._ranks.size == 1:
            return rows
        width = rows.shape[1]
        padded = np.zeros((max(self._chunks), width))
        padded[: len(rows)] = rows
        found = self._ranks.gather(padded.reshape(-1))
        return np.concatenate(
            [
                values.reshape(-1, width)[:count]
                for values, count in zip(found, self._chunks, strict=True)
            ]
        )

    def particle_count(self, own: int) -> int:
        del own
        return self._count

    def holds_everywhere(self, holds: bool) -> bool:
        return bool(np.stack(self._ranks.gather(np.array([float(holds)]))).all())

    def note_sweep(self, vector: Vector) -> None:
        if self._keep is not None:
            self._keep(vector)

    def card_totals(self, totals: Any) -> Any:
        ranks: Any = self._ranks
        return totals if ranks.size == 1 else ranks.card_totals(totals)


def _cuts(count: int, first: int, stop: int) -> OffsetArray:
    """Where the chunks of a rank begin, and where its particles end."""
    if first == stop:
        return np.array([first], dtype=np.int64)
    starts = chunk_starts(count)
    within = starts[(starts > first) & (starts < stop)]
    return np.concatenate(([first], within, [stop])).astype(np.int64)
