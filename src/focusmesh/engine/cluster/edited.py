"""R on a graph whose links were edited after it was partitioned: the part's sums, and what edits add to them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.cluster.edits import PartEdits, columns_of, rows_of
from focusmesh.engine.cluster.push import send_to_owners
from focusmesh.engine.cluster.solve import solve_part
from focusmesh.engine.focus import (
    FocusParams,
    Operator,
    RankOperator,
    RankReduction,
    solver_named,
    sum_over_ranks,
)
from focusmesh.engine.support.selection import places_within

if TYPE_CHECKING:
    from focusmesh.engine.cluster.edits import PairEdits
    from focusmesh.engine.cluster.parts import Part
    from focusmesh.engine.cluster.solve import Keeping
    from focusmesh.engine.focus import Ranks, RankStructure, RowSums, Solution
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from focusmesh.engine.support.progress import Progress

UNIT = 2.0**-53


class EditedShape:
    """What solvers ask of a structure, for own particles now; ``longest_row`` is at least that of all ranks."""

    is_compiled = edited_often = False
    fits_single = True

    def __init__(self, edits: PartEdits, axons: int, longest: int) -> None:
        self.particle_count, self.axon_count, self.longest_row = edits.count, axons, longest
        self.out_total, self.degree_total = edits.sides.out_total, edits.sides.degree_total
        self.dangling: OffsetArray = np.flatnonzero(edits.sides.out_links == 0)

    def dangling_in(self, part: slice) -> OffsetArray:
        """Dangling particles of a part of a vector, counted from its begin."""
        return places_within(self.dangling, part)


class EditedSums:
    """Row sums of own particles: those of the part with its halo, and what changed. See ``RowSums``."""

    backend = "numpy"

    def __init__(self, base: RowSums, edits: PartEdits, ranks: Ranks) -> None:
        self._base, self._edits, self._ranks = base, edits, ranks

    def inward(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        moved = self._add(self._base.inward(gathered[: self._edits.base]), total)
        return self._changes(gathered, (self._edits.out,), moved)

    def outward(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        moved = self._add(self._base.outward(gathered[: self._edits.base]), total)
        return self._changes(gathered, (self._edits.back,), moved)

    def both(self, gathered: FloatArray) -> FloatArray:
        moved = self._add(self._base.both(gathered[: self._edits.base]), None)
        return self._changes(gathered, (self._edits.out, self._edits.back), moved)

    def add_undirected(
        self, share: FloatArray, factor: float, result: FloatArray, scratch: object = None
    ) -> None:
        degree = self._edits.sides.degree_total
        moved = np.where(degree > 0, self.both(share), share)
        result += factor * moved
        np.divide(moved, np.where(degree > 0, degree, 1.0), out=share)

    def _add(self, moved: FloatArray, total: FloatArray | None) -> FloatArray:
        made = np.zeros(self._edits.own_count) if total is None else total
        made[: self._edits.base] = moved
        made[self._edits.base :] = 0.0
        return made

    def _changes(
        self, gathered: FloatArray, sides: tuple[PairEdits, ...], moved: FloatArray
    ) -> FloatArray:
        """Adds what changes of weights send from rows to columns."""
        base, away = self._edits.base, np.zeros((self._edits.place_count, 1))
        for side in sides:
            columns = columns_of(side.keys)
            amount = side.change * gathered[rows_of(side.keys)]
            own = columns < base
            np.add.at(moved, columns[own], amount[own])
            np.add.at(away[:, 0], columns[~own] - base, amount[~own])
        places = np.flatnonzero(away[:, 0])
        for at, values in send_to_owners(places, away[places], self._edits, self._ranks):
            np.add.at(moved, at, values[:, 0])
        return moved


@dataclass(frozen=True)
class EditedPartOperator(Operator):
    """R on the edited rows; ``slots`` and ``skew`` say how much the changes may cancel."""

    slots: int = 0
    skew: float = 0.0

    def teleporting_to(self, u: FloatArray) -> EditedPartOperator:
        return EditedPartOperator(
            self.structure,
            self.params,
            u,
            self.u0,
            self.sums,
            self.reduction,
            self.slots,
            self.skew,
        )

    def bound(self, residual: float, mass: float) -> float:
        if not self.structure.particle_count:
            return 0.0
        return (residual + self.rounding()) / self.params.gap + abs(mass - 1)

    def rounding(self) -> float:
        c = self.params.coefficients
        passes = self.params.diffusion + sum(k * share for k, share in enumerate(c))
        more = (2 * math.log2(2 + self.slots) + 16) * UNIT * (1 + 2 * self.skew)
        return super().rounding() * (1 + 2 * self.skew) + passes * more


class EditedPart:
    """One rank's share of a graph that is edited: its part, its edits, R on both. All ranks call it together."""

    def __init__(self, part: Part, base: RankOperator, ranks: Ranks) -> None:
        """``base`` is R on the part, with the halo in its sums; u uniform."""
        self.part, self.ranks, self.edits = part, ranks, PartEdits(part)
        self.axons = part.whole.axons
        self.generation, self._slots, self._skew = 0, 0, 0.0
        self._base = base
        self._operators: dict[FocusParams, Operator] = {}

    @property
    def structure(self) -> RankStructure:
        """The part's rows as they were partitioned."""
        return self._base.structure

    def announce_edits(self) -> None:
        """Tells all ranks how much was edited so far."""
        told = self.ranks.gather(np.array([float(len(self.edits.out.keys)), self.edits.skew]))
        self._slots = int(sum(one[0] for one in told))
        self._skew = max(float(one[1]) for one in told)
        self.generation += 1
        self._operators.clear()

    def sum_over_ranks(self, values: object) -> FloatArray:
        """The sums over all ranks of some numbers."""
        return sum_over_ranks(self.ranks, np.array(values, dtype=np.float64))

    def operator(self, params: FocusParams) -> Operator:
        """R with uniform u, on the links as they are."""
        if params not in self._operators:
            self._operators[params] = self._make_operator(params)
        return self._operators[params]

    def _make_operator(self, params: FocusParams) -> Operator:
        count = max(self.edits.count, 1)
        u = np.full(self.edits.own_count, 1 / count)
        if not self.generation:
            return RankOperator(
                self._base.structure, params, u, u, self._base.sums, self._reduction()
            )
        shape = EditedShape(self.edits, self.axons, self.part.whole.longest_row + self._slots)
        sums = EditedSums(self._base.sums, self.edits, self.ranks)
        told = self._slots, self._skew
        return EditedPartOperator(shape, params, u, u, sums, self._reduction(), *told)  # type: ignore[arg-type]

    def _reduction(self) -> RankReduction:
        """Sums over the particles of all ranks as they are now."""
        edits = self.edits
        fresh = [len(range(rank, edits.fresh, edits.size)) for rank in range(edits.size)]
        widths = np.diff(edits.bounds) + fresh
        return RankReduction(self.ranks, np.concatenate(([0], np.cumsum(widths))))

    def solve(
        self, operator: Operator, start: FloatArray, tolerance: float, progress: Progress | None
    ) -> Solution:
        """The focus of ``operator``, own scores, by the solver that fits."""
        return solver_named("auto")(operator, start, tolerance, progress)

    def solve_kept(
        self,
        params: FocusParams,
        tolerance: float,
        keeping: Keeping | None,
        progress: Progress | None,
    ) -> Solution:
        """The focus from the teleport on; kept on the way by ``keeping``, unless the graph was edited."""
        operator = self.operator(params)
        if keeping is None or not isinstance(operator, RankOperator):
            return self.solve(operator, operator.u, tolerance, progress)
        solution, _ = solve_part(operator, tolerance, keeping=keeping, progress=progress)
        return solution
