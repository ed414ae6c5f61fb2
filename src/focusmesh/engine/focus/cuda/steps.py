"""The steps of the integer operator on the card: the bits of certificate_steps.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.cuda.program import BLOCKS, THREADS, cupy, current
from focusmesh.engine.focus.cuda.rows import CardRows

if TYPE_CHECKING:
    from focusmesh.engine.focus.certificate.axons import IntegerAxons, Totals
    from focusmesh.engine.focus.certificate.steps import Spread
    from focusmesh.engine.support.arrays import IndexArray, MassArray

_LARGE_MOST = 64
"""Shares of more than 58 bits that a vector of sum 2⁶³ may have, and some."""


class CardSteps:
    """Steps by the card; vectors are uint64, shape (n,), in solver order, there. See ``Steps``.

    Memory: 16 bytes an axon, 90 a particle.
    """

    backend = "cuda"

    def __init__(self, axons: IntegerAxons) -> None:
        s = axons.structure
        inward = _rows(s.in_start, s.in_source, axons.in_weight)
        outward = inward if s.symmetric else _rows(s.out_start, s.out_target, axons.out_weight)
        totals = axons.out, axons.degree
        self._prepare(inward, outward, totals, cupy().asarray(axons.rank), axons.count)

    def _prepare(
        self,
        inward: CardRows,
        outward: CardRows,
        totals: tuple[Totals, Totals],
        rank: Any,
        count: int,
    ) -> None:
        """``totals``: o and d of ``count`` particles, whose shares are gathered; ``rank`` of those that have rows."""
        cp = cupy()
        self._program = current()
        self._count = cp.int64(count)
        self._in, self._out = inward, outward
        self._follow_norm, self._mix_norm = (_Norm(total) for total in totals)
        self._linked = cp.asarray(totals[1].exact > 0, cp.uint8)
        self._rank = rank
        self._words = cp.zeros(count, cp.uint64)
        self._inward, self._outward = (cp.zeros(len(rank), cp.uint64) for _ in range(2))
        self._large, self._large_shift = (
            cp.zeros(_LARGE_MOST, cp.uint64),
            cp.zeros(_LARGE_MOST, cp.uint8),
        )
        self._large_count = cp.zeros(1, cp.uint32)
        self._partial = cp.zeros(BLOCKS, cp.uint64)

    def hold(self, values: MassArray) -> Any:
        return cupy().asarray(values)

    def give(self, values: Any) -> MassArray:
        given: MassArray = values.get()
        return given

    def follow(self, x: Any) -> tuple[Any, int]:
        y = cupy().empty_like(x)
        self._gather(self._in, self._inward, x, self._follow_norm)
        return y, self._sum("followed_whole", self._inward, self._count, y)

    def mix(self, x: Any) -> tuple[Any, int]:
        y = cupy().empty_like(x)
        self._gather(self._in, self._inward, x, self._mix_norm)
        outward = self._inward
        if self._out is not self._in:
            self._row_sums(self._out, self._outward)
            outward = self._outward
        return y, self._sum("mixed_whole", self._inward, outward, x, self._linked, self._count, y)

    def scale(self, x: Any, factor: int) -> int:
        return self._sum("scale_whole", x, np.uint64(factor), self._count)

    def fill(self, y: Any, spread: Spread) -> None:
        cp = cupy()
        own = np.uint64(0) if spread.own is None else cp.asarray(spread.own)
        counts = np.int64(spread.more), np.int64(spread.leftover)
        self._program.sweep(
            "fill_whole", y, self._rank, np.uint64(spread.value), *counts, own, self._count
        )

    def add_scaled(self, y: Any, factor: int, result: Any) -> int:
        return self._sum("add_scaled_whole", y, np.uint64(factor), result, self._count)

    def rise(self, image: Any, x: Any) -> int:
        return self._sum("rise_whole", image, x, self._count)

    def _gather(self, rows: CardRows, sums: Any, x: Any, norm: _Norm) -> None:
        """The shares of ``x``, and their sums over the links of one side."""
        self._large_count.fill(0)
        masses, count = self._mass_words(x, norm)
        self._program.sweep(
            "shares_whole",
            *(masses, norm.scaled, norm.shift, count, self._words),
            *(self._large, self._large_shift, self._large_count),
        )
        self._row_sums(rows, sums)

    def _mass_words(self, x: Any, norm: _Norm) -> tuple[Any, Any]:
        """The masses that shares are made of, and how many."""
        return x, self._count

    def _row_sums(self, rows: CardRows, sums: Any) -> None:
        rows.sums("u64", self._words, sums, self._large, self._large_shift)

    def _sum(self, kernel: str, *arguments: Any) -> int:
        """The sum that a sweep makes."""
        total = cupy().empty(1, np.uint64)
        self._program.sweep(kernel, *arguments, self._partial)
        self._program.kernel("total_whole")(
            (1,), (THREADS,), (self._partial, np.int32(BLOCKS), total)
        )
        return int(total[0])


class _Norm:
    """What shares are made with: t̄ and the shift of each particle."""

    def __init__(self, totals: Totals) -> None:
        cp = cupy()
        self.scaled, self.shift = (
            cp.asarray(totals.scaled.astype(np.uint32)),
            cp.asarray(totals.shift),
        )


def _rows(start: Any, column: Any, weight: IndexArray | None) -> CardRows:
    cp = cupy()
    weights = cp.ones(len(column), cp.uint32) if weight is None else cp.asarray(weight, cp.uint32)
    return CardRows(cp.asarray(start), cp.asarray(column), weights)
