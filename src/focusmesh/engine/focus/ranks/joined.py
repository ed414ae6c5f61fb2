"""The engine's sums over particles (over_ranks.py), by ranks."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.chunks import chunk_starts

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.arrays import FloatArray, OffsetArray
    from focusmesh.engine.focus.ranks.exchange import Ranks

    Vector = Callable[[], FloatArray]


class JoinedRanks:
    """Rank r has the particles from ``bounds[r]`` to ``bounds[r + 1]``. See ``Joined``."""

    def __init__(
        self, ranks: Ranks, bounds: OffsetArray, keep: Callable[[Vector], None] | None = None
    ) -> None:
        """``keep`` is told of each sweep, with how to get the vector that was reached."""
        self.count, self._keep = int(bounds[-1]), keep
        self._ranks = ranks
        cuts = [_cuts(self.count, int(bounds[at]), int(bounds[at + 1])) for at in range(ranks.size)]
        self._chunks = [len(own) - 1 for own in cuts]
        first = int(bounds[ranks.rank])
        local = (cuts[ranks.rank] - first).tolist()
        self.spans = list(pairwise(local))

    def chunks(self, rows: FloatArray) -> FloatArray:
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

    def values(self, own: FloatArray) -> FloatArray:
        return np.stack(self._ranks.gather(own))

    def reached(self, vector: Vector) -> None:
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
