"""Fast contexts by the hundred on the card: one block of threads pushes each (source/contexts.cu)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.context.answer import BestParticles
from focusmesh.engine.focus.cuda.cards import free_bytes
from focusmesh.engine.focus.cuda.program import cupy, current, struct
from focusmesh.engine.focus.cuda.rows import CardRows
from focusmesh.engine.focus.operator.sums import UNIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus.context.push import Query
    from focusmesh.engine.focus.context.standing import Rates
    from focusmesh.engine.focus.cuda.operator import CardOperator

LANES = 8
_BLOCKS_MOST = 396
_CAPACITY_LEAST = 1 << 18
_ENTRY_BYTES = 156
_SHARE_OF_FREE = 0.5
"""Of the memory that is free, what tables of blocks may take."""
_NOBODY = 0xFFFFFFFF
_THREADS = 256
_HEADS = 256
_OPERATIONS = 64
"""Roundings that a link visit and a touched particle cost at most: atomic sums may run one after the other."""
_TOLD = 9
_POINTER = np.uint64

_RATES = [
    *((name, np.float64) for name in ("absorb", "follow", "settle")),
    ("runs", np.float64, LANES),
    ("ended", np.int32),
    ("tolerance", np.float64),
    ("visits", np.uint32),
]
_KNOWN = [
    *(
        ("column", _POINTER),
        ("heads", _POINTER),
        ("head_count", np.int32),
        ("heads_used", np.int32),
    ),
    *(("lands_here", np.int32), ("beta", np.float64)),
]
_TABLE = [
    *((name, _POINTER) for name in ("key", "touched", "left", "settled", "active", "sent")),
    ("capacity", np.uint32),
]
_ANSWER = [("best", _POINTER), ("value", _POINTER), ("told", _POINTER), ("wanted", np.int32)]


class CardContexts:
    """Answers of contexts under one operator. Memory: 40 bytes a particle, and 39 MiB or more for each block.

    ``known`` float64 (n, 4): φ*, Ψ(u0), Ψ(w), w in solver order, on the card, ``bounds`` of the first three
    (context_standing.py); ``order`` uint32 (n,): the particle at each solver position, which orders equal scores.
    """

    def __init__(
        self,
        operator: CardOperator,
        rates: Rates,
        known: Any,
        bounds: Any,
        order: Any,
        *,
        lands_here: bool,
    ) -> None:
        cp = cupy()
        self._operator, self._rates, self._known, self._order = operator, rates, known, order
        self._bounds, self._lands_here = bounds, lands_here
        inward, outward = operator.structure.inward, operator.structure.outward
        assert isinstance(inward, CardRows)  # a push reads rows as they were laid out
        assert isinstance(outward, CardRows)
        self._weight = inward.weight_type
        self._sides = [rows.table() for rows in (inward, outward)]
        count = min(_HEADS, len(known))
        self._heads = cp.stack([cp.argsort(-known[:, c])[:count] for c in range(3)]).astype(
            cp.uint32
        )
        at = cp.arange(3)[:, None]
        self._heights = known[self._heads.astype(cp.int64), at][:, -1].get()

    def answers(self, queries: Sequence[Query], visits: int) -> list[BestParticles | None]:
        """The k + 1 best of each query; None where the heads of the known vectors do not prove that none is missing.

        All queries have the same k, beta and tolerance. About ``visits`` links are visited for each.
        """
        cp, first = cupy(), queries[0]
        wanted = min(first.k + 1, len(self._known))
        best, value = cp.zeros((len(queries), wanted), cp.uint32), cp.zeros((len(queries), wanted))
        told = cp.zeros((len(queries), _TOLD))
        answer = struct(_ANSWER, best=best, value=value, told=told, wanted=wanted)
        self._push(queries, visits, answer)
        rows = zip(best.get(), value.get(), told.get(), strict=True)
        return [self._found(query, *row) for query, row in zip(queries, rows, strict=True)]

    def _found(self, query: Query, best: Any, value: Any, told: Any) -> BestParticles | None:
        mix, wrong, visits, touched = told[:4], told[4], int(told[6]), int(told[7])
        rounding = self._operator.rounding() + _OPERATIONS * UNIT * (visits + touched)
        bound = float(wrong + mix[:3] @ self._bounds + rounding)
        above = float(mix[:3] @ self._heights)
        unproved = len(best) < len(self._known) and not value[-1] > above
        if unproved or best[-1] == _NOBODY:
            return None
        return BestParticles(best.astype(np.int64), np.maximum(value, 0.0), bound, visits)

    def _push(self, queries: Sequence[Query], visits: int, answer: Any) -> None:
        cp, operator = cupy(), self._operator
        most_seeds = max(len(query.seeds) for query in queries)
        capacity = _capacity(visits + most_seeds + self._heads.size)
        blocks = min(len(queries), _BLOCKS_MOST, _blocks_with_room(capacity))
        seeds = cp.asarray(np.concatenate([query.seeds for query in queries]).astype(np.uint32))
        shares = cp.asarray(np.concatenate([query.shares for query in queries]))
        start = cp.asarray(np.cumsum([0, *(len(query.seeds) for query in queries)]), cp.int32)
        table = _table(blocks, capacity)
        s = operator.structure
        flows, known = self._flows(queries[0], visits), self._told_beforehand(queries[0])
        current().kernel(f"push_contexts<{self._weight}>")(
            (blocks,),
            (_THREADS,),
            (
                *(*self._sides, s.out_total, s.degree_total, self._order, flows, known),
                *(struct(_TABLE, **table), answer, seeds, shares, start),
                *(cp.int32(len(queries)), cp.zeros(1, cp.int32)),
            ),
        )

    def _flows(self, query: Query, visits: int) -> Any:
        rates = self._rates
        return struct(
            _RATES,
            absorb=rates.absorb,
            follow=rates.follow,
            settle=self._operator.params.alpha,
            runs=rates.runs,
            ended=rates.ended if rates.lanes > 1 else 1,
            tolerance=query.tolerance / 8,
            visits=visits,
        )

    def _told_beforehand(self, query: Query) -> Any:
        return struct(
            _KNOWN,
            column=self._known,
            heads=self._heads,
            head_count=self._heads.shape[1],
            heads_used=self._heads.shape[1],
            lands_here=self._lands_here,
            beta=query.beta,
        )


def _capacity(touched: int) -> int:
    """Entries of a table that so many particles at most fill to the half: a power of two.

    A particle with more links than half of it is not pushed (contexts.cu), so there is room for hubs.
    """
    return max(_CAPACITY_LEAST, 1 << (2 * touched - 1).bit_length())


def _blocks_with_room(capacity: int) -> int:
    free, _ = free_bytes()
    return max(int(_SHARE_OF_FREE * free / (capacity * _ENTRY_BYTES)), 1)


def _table(blocks: int, capacity: int) -> dict[str, Any]:
    """What the blocks work on."""
    cp, size = cupy(), blocks * capacity
    return {
        "key": cp.full(size, _NOBODY, cp.uint32),
        "touched": cp.empty(size, cp.uint32),
        "left": cp.zeros(size * LANES),
        "settled": cp.zeros(size),
        "active": cp.empty(size, cp.uint32),
        "sent": cp.empty(size * (LANES + 1)),
        "capacity": capacity,
    }
