"""The steps of the integer operator on a rank's card, to the bits of those of the host (integers.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.cuda.program import cupy
from focusmesh.engine.focus.cuda.rows import CardRows
from focusmesh.engine.focus.cuda.steps import CardSteps
from focusmesh.engine.focus.ranks.exchange import added_whole
from focusmesh.engine.focus.ranks.halo import fetched_whole

if TYPE_CHECKING:
    from focusmesh.engine.focus.certificate.axons import Totals
    from focusmesh.engine.focus.ranks.halo import Halo


class RankCardSteps(CardSteps):
    """Steps by this rank's card; see ``RankSteps``.

    ``links``: rows of both sides on the card with uint32 weights; ``totals``: o and d of own and foreign particles;
    ``rank`` uint32 on the card.
    """

    def __init__(
        self,
        halo: Halo,
        links: tuple[tuple[Any, Any, Any], tuple[Any, Any, Any]],
        totals: tuple[Totals, Totals],
        rank: Any,
    ) -> None:
        cp = cupy()
        into, out = (CardRows(*side) for side in links)
        self._halo = halo
        self._prepare(into, out, totals, rank, halo.own + halo.count)
        self._count = cp.int64(halo.own)
        self._linked = self._linked[: halo.own].copy()
        self._all = cp.int64(halo.own + halo.count)

    def give(self, values: Any) -> Any:
        return values

    def _mass_words(self, x: Any, norm: Any) -> tuple[Any, Any]:
        halo = self._halo
        route = halo.inward if norm is self._follow_norm else halo.both
        return fetched_whole(halo, route, x), self._all

    def _sum(self, kernel: str, *arguments: Any) -> int:
        return added_whole(self._halo.ranks, super()._sum(kernel, *arguments))


def card_totals_of(halo: Halo, own: Any, purpose: str) -> Any:
    """Integer totals (uint64, on the card) of own particles and, behind them, of foreign ones, on the host."""
    room = halo.fetch(halo.both, own, purpose)
    return np.asarray(room.get(), dtype=np.uint64)
