"""A rank whose rows are on a card: the card's structure, with foreign values fetched from card to card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.cuda.operator import CardOperator
from focusmesh.engine.focus.cuda.program import cupy
from focusmesh.engine.focus.cuda.rows import CardRows
from focusmesh.engine.focus.cuda.structure import CardStructure
from focusmesh.engine.focus.ranks.halo import Halo
from focusmesh.engine.focus.ranks.reduction import RankReduction

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.focus.ranks.exchange import Ranks
    from focusmesh.engine.focus.ranks.halo import Route


@dataclass(frozen=True)
class HaloCardRows:
    """Rows of own particles whose columns may be foreign. As ``CardRows``."""

    rows: CardRows
    halo: Halo
    route: Route

    @property
    def weight_type(self) -> str:
        return self.rows.weight_type

    def sums(self, value: str, x: Any, y: Any, *term: Any) -> None:
        """Sums of own rows over own and foreign values."""
        self.rows.sums(value, self.fetch(x), y, *term)

    def fetch(self, x: Any) -> Any:
        """``x`` and, behind it, foreign values: a row of two float32 travels as one float64."""
        words = x.reshape(-1).view(np.float64) if x.ndim == 2 else x
        room = self.halo.fetch(self.route, words, "rows")
        return room.view(np.float32).reshape(-1, 2) if x.ndim == 2 else room


class RankCardStructure(CardStructure):
    """``particle_count`` own particles of a rank; see ``CardStructure``.

    ``inward`` and ``outward``: compressed rows on the card (start, column, weight), columns as of ``Own``; ``foreign``
    int64, rising, there too. All ranks make theirs together, and have at least one particle each.
    """

    def __init__(
        self,
        ranks: Ranks,
        bounds: Any,
        foreign: Any,
        links: tuple[tuple[Any, Any, Any], tuple[Any, Any, Any]],
        counts: tuple[int, int],
    ) -> None:
        cp, own = cupy(), int(bounds[ranks.rank + 1] - bounds[ranks.rank])
        read = []
        for _, column, _ in links:
            found = cp.zeros(own + len(foreign), dtype=bool)
            found[column] = True
            read.append(found[own:])
        self.bounds = np.asarray(bounds, dtype=np.int64)
        self.halo = Halo(ranks, self.bounds, foreign, *read)
        self.reduction = RankReduction(ranks, self.bounds)
        self._into, self._out = into, out = CardRows(*links[0]), CardRows(*links[1])
        ones, totals = cp.ones(own + len(foreign)), [cp.zeros(own) for _ in range(2)]
        for rows, total in zip((out, into), totals, strict=True):
            rows.sums("double", ones, total)
        axons, longest = counts
        super().__init__(
            HaloCardRows(into, self.halo, self.halo.inward),  # type: ignore[arg-type]
            HaloCardRows(out, self.halo, self.halo.outward),  # type: ignore[arg-type]
            (totals[0], totals[0] + totals[1]),
            (own, axons, longest),
        )

    @property
    def own_rows(self) -> tuple[CardRows, CardRows]:
        """Rows of links in and out, which want own and foreign values."""
        return self._into, self._out

    def _holds_everywhere(self, holds: bool) -> bool:
        return self.reduction.holds_everywhere(holds)

    def both_sums(self, gathered: Any, inward: Any, outward: Any) -> Any:
        room = self.halo.fetch(self.halo.both, gathered, "rows")
        self._into.sums("double", room, inward)
        self._out.sums("double", room, outward)
        return outward

    def pair_sums(self, pairs: Any, inward: Any, alone: Any, outward: Any) -> None:
        halo, words = self.halo, pairs.reshape(-1).view(np.float64)
        room = halo.extend(words, "rows")
        waiting = halo.post(halo.inward, words, room)
        alone_room = halo.extend(alone, "alone")
        later = halo.post(halo.outward_alone, alone, alone_room)
        waiting.wait()
        here = room.view(np.float32).reshape(-1, 2)
        self._into.sums("float2", here, inward)
        alone_room[halo.own + halo.shared] = here[halo.own + halo.shared, 1]
        later.wait()
        self._out.sums("float", alone_room, outward)


class RankCardOperator(CardOperator):
    """R of which this rank's card has its own particles."""

    structure: RankCardStructure

    def __init__(self, structure: RankCardStructure, params: FocusParams, u: Any, u0: Any) -> None:
        super().__init__(structure, params, u, u0, structure.reduction)
