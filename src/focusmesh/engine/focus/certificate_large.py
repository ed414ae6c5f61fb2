"""The steps of the integer operator on large graphs: compiled loops on all cores, the same bits on any number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.certificate_steps import CHUNK, HostSteps
from focusmesh.engine.parallel import even_chunks, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.arrays import ByteArray, IndexArray, MassArray, OffsetArray
    from focusmesh.engine.focus.certificate_axons import IntegerAxons, Totals
    from focusmesh.engine.focus.certificate_steps import Spread

_PACKED_SHIFT = 32


@dataclass(frozen=True, slots=True)
class _Shares:
    """What every particle sends for a weight of 1: ``packed`` with its shift, or beside its ``shift``."""

    share: MassArray
    shift: ByteArray
    packed: bool


@dataclass(frozen=True, slots=True)
class _Side:
    """The rows of one side; ``weight`` is None where all are 1."""

    start: OffsetArray
    column: IndexArray
    weight: IndexArray | None


class CompiledSteps(HostSteps):
    """Steps by compiled loops. See ``Steps``."""

    backend = "numba"

    def __init__(self, axons: IntegerAxons) -> None:
        from focusmesh.engine.focus import certificate_compiled

        self._kernels = certificate_compiled
        self._axons = axons
        self._spans = even_chunks(axons.count, CHUNK)

    def follow(self, x: MassArray) -> tuple[MassArray, int]:
        sums = np.zeros_like(x)
        return sums, self._add_inward(self._shares(x, self._axons.out), sums)

    def mix(self, x: MassArray) -> tuple[MassArray, int]:
        degree, sums = self._axons.degree, np.empty_like(x)
        run(
            lambda span: self._kernels.keep_isolated(x, degree.exact, span, sums),
            self._spans,
        )
        shares = self._shares(x, degree)
        self._add_inward(shares, sums)
        return sums, self._add_outward(shares, sums)

    def scale(self, x: MassArray, factor: int) -> int:
        return self._sum(lambda span: int(self._kernels.scale(x, factor, span)))

    def fill(self, y: MassArray, spread: Spread) -> None:
        kernels, rank, own = self._kernels, self._axons.rank, spread.own
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

    def _shares(self, x: MassArray, totals: Totals) -> _Shares:
        kernels, share = self._kernels, np.empty_like(x)
        norm, shift = (totals.scaled, totals.inverse), totals.shift
        if self._axons.in_weight is None:
            run(lambda span: kernels.plain_shares(x, *norm, shift, span, share), self._spans)
        elif int(shift.max()) > _PACKED_SHIFT or any(
            run(lambda span: kernels.packed_shares(x, *norm, shift, span, share), self._spans)
        ):
            run(lambda span: kernels.wide_shares(x, *norm, span, share), self._spans)
        else:
            return _Shares(share, shift, packed=True)
        return _Shares(share, shift, packed=False)

    def _add_inward(self, shares: _Shares, sums: MassArray) -> int:
        """Adds what arrives over the links into each particle; the sum of ``sums``."""
        s, weight = self._axons.structure, self._axons.in_weight
        return self._add_rows(_Side(s.in_start, s.in_source, weight), shares, sums)

    def _add_outward(self, shares: _Shares, sums: MassArray) -> int:
        """Adds what comes back over the links out of each particle; the sum of ``sums``."""
        s, weight = self._axons.structure, self._axons.out_weight
        return self._add_rows(_Side(s.out_start, s.out_target, weight), shares, sums)

    def _add_rows(self, side: _Side, shares: _Shares, sums: MassArray) -> int:
        kernels, share = self._kernels, shares.share
        start, column, weight = side.start, side.column, side.weight

        def add(rows: tuple[int, int]) -> int:
            if weight is None:
                return int(kernels.plain_rows(start, column, share, rows, sums))
            if shares.packed:
                return int(kernels.packed_rows(start, column, weight, share, rows, sums))
            return int(kernels.wide_rows(start, column, weight, share, shares.shift, rows, sums))

        return sum(run(add, self._axons.structure.row_chunks))

    def _sum(self, part: Callable[[tuple[int, int]], int]) -> int:
        return sum(run(part, self._spans))
