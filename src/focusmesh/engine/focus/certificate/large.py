"""The steps of the integer operator on large graphs: compiled loops on all cores, the same bits on any number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.certificate.steps import CHUNK, HostSteps
from focusmesh.engine.support.parallel import even_chunks, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus.certificate.axons import IntegerAxons, Totals
    from focusmesh.engine.focus.certificate.steps import Spread
    from focusmesh.engine.support.arrays import ByteArray, IndexArray, MassArray, OffsetArray

_PACKED_SHIFT = 32


@dataclass(frozen=True, slots=True)
class CompiledShares:
    """What every particle sends for a weight of 1: ``packed`` with its shift, or beside its ``shift``."""

    share: MassArray
    shift: ByteArray
    packed: bool

    @classmethod
    def of(cls, x: MassArray, totals: Totals, *, weighted: bool) -> CompiledShares:
        """Shares of particles with those totals; where links are not ``weighted`` all weigh 1."""
        from focusmesh.engine.focus.certificate import steps_compiled as kernels

        share, spans = np.empty_like(x), even_chunks(len(x), CHUNK)
        norm, shift = (totals.scaled, totals.inverse), totals.shift
        if not weighted:
            run(lambda span: kernels.plain_shares(x, *norm, shift, span, share), spans)
        elif int(shift.max(initial=0)) > _PACKED_SHIFT or any(
            run(lambda span: kernels.packed_shares(x, *norm, shift, span, share), spans)
        ):
            run(lambda span: kernels.wide_shares(x, *norm, span, share), spans)
        else:
            return cls(share, shift, packed=True)
        return cls(share, shift, packed=False)


@dataclass(frozen=True, slots=True)
class CompiledRows:
    """The rows of one side; ``weight`` is None where all are 1. Ranges of rows in ``chunks`` have about equal work."""

    start: OffsetArray
    column: IndexArray
    weight: IndexArray | None
    chunks: list[tuple[int, int]]

    def add(self, shares: CompiledShares, sums: MassArray) -> int:
        """Adds what arrives at each row; the sum of ``sums``."""
        from focusmesh.engine.focus.certificate import steps_compiled as kernels

        start, column, weight, share = self.start, self.column, self.weight, shares.share

        def add(rows: tuple[int, int]) -> int:
            if weight is None:
                return int(kernels.plain_rows(start, column, share, rows, sums))
            if shares.packed:
                return int(kernels.packed_rows(start, column, weight, share, rows, sums))
            return int(kernels.wide_rows(start, column, weight, share, shares.shift, rows, sums))

        return sum(run(add, self.chunks))


class CompiledSweeps(HostSteps):
    """The steps that need no links by compiled loops, on particles of those ranks."""

    backend = "numba"

    def __init__(self, rank: IndexArray) -> None:
        from focusmesh.engine.focus.certificate import (
            steps_compiled as certificate_compiled,
        )

        self._kernels = certificate_compiled
        self._rank = rank
        self._spans = even_chunks(len(rank), CHUNK)

    def keep_isolated(self, x: MassArray, degree: Totals) -> MassArray:
        """``x`` where a particle has no links, else 0."""
        sums = np.empty_like(x)
        run(lambda span: self._kernels.keep_isolated(x, degree.exact, span, sums), self._spans)
        return sums

    def scale(self, x: MassArray, factor: int) -> int:
        return self._sum(lambda span: int(self._kernels.scale(x, factor, span)))

    def fill(self, y: MassArray, spread: Spread) -> None:
        kernels, rank, own = self._kernels, self._rank, spread.own
        value, more, leftover = np.uint64(spread.value), spread.more, spread.leftover

        def fill(span: tuple[int, int]) -> None:
            if own is None:
                kernels.fill_level(y, rank, value, more, leftover, span)
            else:
                kernels.fill_own(y, rank, own, leftover, span)

        run(fill, self._spans)

    def add_scaled(self, y: MassArray, factor: int, result: MassArray) -> int:
        if not factor:
            return 0
        return self._sum(lambda span: int(self._kernels.add_scaled(y, factor, span, result)))

    def rise(self, image: MassArray, x: MassArray) -> int:
        return self._sum(lambda span: int(self._kernels.rise(image, x, span)))

    def _sum(self, part: Callable[[tuple[int, int]], int]) -> int:
        return sum(run(part, self._spans))


class CompiledSteps(CompiledSweeps):
    """Steps by compiled loops. See ``Steps``."""

    def __init__(self, axons: IntegerAxons) -> None:
        super().__init__(axons.rank)
        s, chunks = axons.structure, axons.structure.row_chunks
        self._axons = axons
        self._in = CompiledRows(s.in_start, s.in_source, axons.in_weight, chunks)
        self._out = CompiledRows(s.out_start, s.out_target, axons.out_weight, chunks)

    def follow(self, x: MassArray) -> tuple[MassArray, int]:
        sums = np.zeros_like(x)
        return sums, self._in.add(self._shares(x, self._axons.out), sums)

    def mix(self, x: MassArray) -> tuple[MassArray, int]:
        degree = self._axons.degree
        sums, shares = self.keep_isolated(x, degree), self._shares(x, degree)
        self._in.add(shares, sums)
        return sums, self._out.add(shares, sums)

    def _shares(self, x: MassArray, totals: Totals) -> CompiledShares:
        return CompiledShares.of(x, totals, weighted=self._axons.in_weight is not None)
