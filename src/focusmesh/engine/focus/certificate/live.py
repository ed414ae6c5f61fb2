"""Axons with integer weights that change from block to block: a structure that is patched, not built again.

The rows of both sides lie one after the other, sorted; what changed is cut in between, which takes one copy of the
arrays. Particles keep the positions of the structure that was last laid out, new ones follow, so that the dangling
ones need not be the last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from focusmesh.engine.focus.certificate.axons import IntegerAxons, Totals, row_totals
from focusmesh.engine.focus.certificate.params import ONE, ProtocolParams
from focusmesh.engine.focus.certificate.patch import Side, patch_side
from focusmesh.engine.focus.devices.backend import AUTO
from focusmesh.engine.focus.operator.operator import Operator
from focusmesh.engine.focus.solve.solver import solver_named
from focusmesh.engine.links import EditedStructure, Names, snapshot_from_edges
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import (
        FloatArray,
        IndexArray,
        IntArray,
        MassArray,
        OffsetArray,
        WeightArray,
    )

_WORN = 2
"""The axons are laid out anew after 1/2 of them were edited: until then their order follows the degrees well enough."""


@dataclass(frozen=True)
class LiveAxons:
    """The axons between particles 0 … ``count`` − 1; never changed, only replaced by edited ones.

    ``order[p]`` is the particle at position ``p``, ``position`` its inverse; sides and totals are by position. Memory:
    16 bytes an axon and 70 a particle.
    """

    out_side: Side
    in_side: Side
    out: Totals
    degree: Totals
    order: IndexArray
    position: IndexArray
    edits: int = 0

    @classmethod
    def empty(cls) -> LiveAxons:
        """No particle, no axon."""
        none, totals = np.zeros(0, dtype=np.uint32), Totals.of(np.zeros(0, dtype=np.uint64))
        side = Side(np.zeros(1, dtype=np.int64), none, none)
        return cls(side, side, totals, totals, none, none)

    @property
    def count(self) -> int:
        """n."""
        return len(self.order)

    @property
    def axon_count(self) -> int:
        """m."""
        return len(self.out_side.column)

    def with_edits(
        self, count: int, source: OffsetArray, target: OffsetArray, weight: OffsetArray
    ) -> LiveAxons:
        """With ``count`` particles, and the weights (< 2³²) of distinct pairs set (0: the axon is gone).

        Raises CertificateError where the weights of a particle add up to 2⁶³, InputError for a pair that comes twice.
        One copy of the axons, and O(k log k) for k edits.
        """
        grown = self._with_particles(count)
        if not len(source):
            return grown
        if not self.axon_count and len(source) >= COMPILED_FROM_LINKS:
            return self._build(count, source, target, weight)
        tails, heads = (grown.position[ends].astype(np.int64) for ends in (source, target))
        out_side, before = patch_side(grown.out_side, tails, heads, weight)
        in_side, _ = patch_side(grown.in_side, heads, tails, weight)
        change = weight.astype(np.uint64) - before
        both = np.concatenate((tails, heads)), np.concatenate((change, change))
        made = replace(
            grown,
            out_side=out_side,
            in_side=in_side,
            out=grown.out.with_change(tails, change),
            degree=grown.degree.with_change(*both),
            edits=self.edits + len(source),
        )
        worn = made.edits > max(COMPILED_FROM_LINKS, made.axon_count // _WORN)
        return made._laid_out() if worn else made

    def integer(self, ranks: IndexArray) -> IntegerAxons:
        """What a certificate is checked against; ``ranks[i]`` is where particle i stands among the digests. O(n)."""
        return IntegerAxons(
            structure=self.structure,
            in_weight=self.in_side.weight,
            out_weight=self.out_side.weight,
            out=self.out,
            degree=self.degree,
            rank=ranks[self.order],
            particles=bytes(32),
            weight_unit=None,
            names=Names.range(self.count),
        )

    @cached_property
    def structure(self) -> EditedStructure:
        """The structure whose weights are the integers."""
        inward, outward = self.in_side, self.out_side
        return EditedStructure(
            in_start=inward.start,
            in_source=inward.column,
            in_weight=cast("Any", inward.weight),
            out_start=outward.start,
            out_target=outward.column,
            out_weight=cast("Any", outward.weight),
            out_total=self.out.exact.astype(np.float64),
            degree_total=self.degree.exact.astype(np.float64),
            order=self.order,
            position=self.position,
        )

    def dangling_mass(self, vector: MassArray, particles: IndexArray) -> int:
        """The mass of ``vector``, an entry for each of ``particles``, on those that link to nothing."""
        return int(vector[self.out.exact[self.position[particles]] == 0].sum())

    def _with_particles(self, count: int) -> LiveAxons:
        if count == self.count:
            return self
        new = np.arange(self.count, count, dtype=np.uint32)
        return replace(
            self,
            out_side=self.out_side.with_rows(count),
            in_side=self.in_side.with_rows(count),
            out=self.out.with_more(len(new)),
            degree=self.degree.with_more(len(new)),
            order=np.append(self.order, new),
            position=np.append(self.position, new),
        )

    def _laid_out(self) -> LiveAxons:
        """The same axons in the order of a structure that is built from them."""
        rows = np.repeat(self.order, np.diff(self.out_side.start))
        return self._build(self.count, rows, self.order[self.out_side.column], self.out_side.weight)

    @classmethod
    def _build(cls, count: int, source: IntArray, target: IntArray, weight: IntArray) -> LiveAxons:
        """Axons that are all given at once. Raises InputError for a pair that comes twice."""
        reals = weight.astype(np.float64)
        built = snapshot_from_edges(source, target, weight=reals, particles=count).structure
        if built.axon_count != np.count_nonzero(weight):
            raise InputError("two of the axons join the same pair of particles")
        out_side = Side(built.out_start, built.out_target, _whole(built.out_weight, built))
        in_side = Side(built.in_start, built.in_source, _whole(built.in_weight, built))
        out = row_totals(out_side.start, out_side.weight)
        return cls(
            out_side=out_side,
            in_side=in_side,
            out=Totals.of(out),
            degree=Totals.of(out + row_totals(in_side.start, in_side.weight)),
            order=built.order,
            position=built.position,
        )


def _whole(weight: WeightArray | None, structure: Structure) -> IndexArray:
    if weight is None:
        return np.ones(structure.axon_count, dtype=np.uint32)
    return weight.astype(np.uint32)


def solved_on(
    axons: IntegerAxons, params: ProtocolParams, start: MassArray, residual: float
) -> FloatArray:
    """The focus in float64, in the order of digests, solved on from ``start`` until ‖R(x) − x‖₁ ≤ ``residual``."""
    real = params.real
    u = np.full(axons.count, 1 / axons.count)
    operator = Operator.on(axons.real(), real, u, u)
    tolerance = max(residual / real.gap, 2 * operator.bound(0.0, 1.0))
    begin = start[axons.rank].astype(np.float64) / ONE
    solution = solver_named(AUTO)(operator, begin, tolerance, None)
    solved: FloatArray = solution.x[axons.position_of_rank]
    return solved
