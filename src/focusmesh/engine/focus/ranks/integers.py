"""The integer operator by ranks: masses are fetched from others and every rank works out what arrives at its own.

Integers add up to the same in any order, so these are the bits of certificate_operator.py for any number of ranks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from focusmesh.engine.focus.certificate.axons import Totals, row_totals
from focusmesh.engine.focus.certificate.large import CompiledRows, CompiledShares, CompiledSweeps
from focusmesh.engine.focus.certificate.operator import IntegerApplication, level_spread, stages_by
from focusmesh.engine.focus.certificate.params import ONE, ProtocolParams, Teleport
from focusmesh.engine.focus.certificate.steps import NumpyRows, NumpyShares, NumpySweeps
from focusmesh.engine.focus.certificate.wide import wide_sum
from focusmesh.engine.focus.ranks.exchange import added_whole
from focusmesh.engine.focus.ranks.halo import fetched_whole
from focusmesh.engine.support.parallel import even_chunks
from focusmesh.errors import CertificateError

if TYPE_CHECKING:
    from focusmesh.engine.focus.certificate.steps import Spread
    from focusmesh.engine.focus.ranks.exchange import Ranks
    from focusmesh.engine.focus.ranks.halo import Halo, Route
    from focusmesh.engine.support.arrays import IndexArray, MassArray, OffsetArray
    from focusmesh.engine.support.progress import Progress

_CHUNK_ROWS = 1 << 15


class IntegerRows(NamedTuple):
    """Compressed rows of one side with columns as of ``Own``, and integer weights, None where all are 1 everywhere."""

    start: OffsetArray
    column: IndexArray
    weight: IndexArray | None


@dataclass(frozen=True)
class RankAxons:
    """What a certificate is of, of which this rank has its own particles; ``rank`` (uint32) is their place by digest.

    ``out`` and ``degree`` are the integer totals of own particles, then of foreign ones.
    """

    halo: Halo
    inward: IntegerRows
    outward: IntegerRows
    out: Totals
    degree: Totals
    rank: IndexArray
    count: int
    compiled: bool

    @classmethod
    def of(
        cls,
        halo: Halo,
        inward: IntegerRows,
        outward: IntegerRows,
        rank: IndexArray,
        count: int,
        *,
        compiled: bool,
    ) -> RankAxons:
        """All ranks call it together; raises CertificateError where a total is not below 2⁶³."""
        out = row_totals(outward.start, outward.weight)
        degree = out + row_totals(inward.start, inward.weight)
        leaving, either = (
            Totals.of(halo.fetch(halo.both, total, "totals").copy()) for total in (out, degree)
        )
        return cls(halo, inward, outward, leaving, either, rank, count, compiled)


class RankSteps:
    """Steps of own particles; what they return are sums over all ranks. See ``Steps``."""

    backend = "ranks"

    def __init__(self, axons: RankAxons) -> None:
        self._axons, self._ranks = axons, axons.halo.ranks
        self._sweeps = (CompiledSweeps if axons.compiled else NumpySweeps)(axons.rank)
        self._in, self._out = (_summing(axons, rows) for rows in (axons.inward, axons.outward))
        self._alone = axons.degree.exact[: axons.halo.own] == 0
        self._weighted = axons.inward.weight is not None

    def hold(self, values: MassArray) -> MassArray:
        return values

    def give(self, values: MassArray) -> MassArray:
        return values

    def follow(self, x: MassArray) -> tuple[MassArray, int]:
        sums = np.zeros_like(x)
        shares = self._shares(x, self._axons.halo.inward, self._axons.out)
        return sums, self._add(self._in(shares, sums))

    def mix(self, x: MassArray) -> tuple[MassArray, int]:
        sums = np.where(self._alone, x, np.uint64(0))
        shares = self._shares(x, self._axons.halo.both, self._axons.degree)
        self._in(shares, sums)
        return sums, self._add(self._out(shares, sums))

    def scale(self, x: MassArray, factor: int) -> int:
        return self._add(self._sweeps.scale(x, factor))

    def fill(self, y: MassArray, spread: Spread) -> None:
        self._sweeps.fill(y, spread)

    def add_scaled(self, y: MassArray, factor: int, result: MassArray) -> int:
        return self._add(self._sweeps.add_scaled(y, factor, result))

    def rise(self, image: MassArray, x: MassArray) -> int:
        return self._add(self._sweeps.rise(image, x))

    def _shares(self, x: MassArray, route: Route, totals: Totals) -> Any:
        room = fetched_whole(self._axons.halo, route, x)
        if self._axons.compiled:
            return CompiledShares.of(room, totals, weighted=self._weighted)
        return NumpyShares.of(room, totals)

    def _add(self, amount: int) -> int:
        return added_whole(self._ranks, amount)


def _summing(axons: RankAxons, rows: IntegerRows) -> Any:
    """A function that adds what arrives at each row to its sums, and gives the sum of those."""
    if axons.compiled:
        chunks = even_chunks(len(rows.start) - 1, _CHUNK_ROWS)
        return CompiledRows(rows.start, rows.column, rows.weight, chunks).add
    plain = NumpyRows(rows.start, rows.column, rows.weight)

    def add(shares: Any, sums: MassArray) -> int:
        sums += plain.sums(shares)
        return int(sums.sum())

    return add


class RankIntegerOperator:
    """R in integers with a uniform u; vectors are uint64, own particles in solver order. As ``IntegerOperator``.

    ``steps`` are a rank's own; ``rank`` is where its particles stand by digest. With steps of a card all vectors, and
    ``rank``, are on the card.
    """

    def __init__(
        self, ranks: Ranks, steps: Any, rank: IndexArray, count: int, params: ProtocolParams
    ) -> None:
        self.params, self.teleport, self.steps = params, Teleport(count), steps
        self._ranks, self._rank = ranks, rank

    def uniform(self) -> MassArray:
        """u."""
        value, more = self.teleport.level
        return np.uint64(value) + (self._rank < more).astype(np.uint64)

    def floor(self) -> MassArray:
        """What no entry of a valid vector falls below."""
        gap, (value, more) = self.params.alpha * self.params.diffusion, self.teleport.level
        low, high = (np.uint64(amount * gap >> 64) for amount in (value, value + 1))
        return np.where(self._rank < more, high, low)

    def verify_vector(self, x: MassArray) -> None:
        """Raises CertificateError ("range", "floor", "sum") on all ranks where one entry or the sum will not do."""
        above = int((x > np.uint64(ONE)).sum())
        under = int((x < self.floor()).sum())
        for reason, wrong, what in (
            ("range", above, "above 2^63"),
            ("floor", under, "under their floors"),
        ):
            found = added_whole(self._ranks, wrong)
            if found:
                raise CertificateError(reason, f"{found:,} entries are {what}")
        total = self._total(x)
        if total != ONE:
            raise CertificateError("sum", f"the entries add up to {total}, not to 2^63 = {ONE}")

    def apply(self, x: MassArray, progress: Progress | None = None) -> IntegerApplication:
        """R(x) and how far it is from x. As ``IntegerOperator.apply``."""
        self.verify_vector(x)
        held = image = self.steps.hold(x)
        lost: list[int] = []
        for _, values, missing, _ in stages_by(self.steps, self.params, self._spread, held):
            lost.append(missing)
            image = values
        return IntegerApplication(self.steps.give(image), self.steps.rise(image, held), tuple(lost))

    def correct_sum(self, x: MassArray) -> MassArray:
        """``x`` raised to its floors, and what is missing filled in. As ``IntegerOperator.correct_sum``."""
        held = np.maximum(x, self.floor())
        missing = ONE - self._total(held)
        if missing < 0:
            raise CertificateError("sum", f"the entries add up to {-missing} units more than 2^63")
        filled = self.steps.hold(held)
        self.steps.fill(filled, self._spread(missing))
        given: MassArray = self.steps.give(filled)
        return given

    def in_digest_order(self, values: MassArray) -> MassArray:
        """A vector stays in solver order here."""
        return values

    def _spread(self, missing: int) -> Spread:
        return level_spread(self.teleport, missing)

    def _total(self, x: MassArray) -> int:
        """Σx without wrap-around: the parts of ranks by halves."""
        own = wide_sum(x)
        low, high = own & 0xFFFFFFFF, own >> 32
        return (added_whole(self._ranks, high) << 32) + added_whole(self._ranks, low)
