"""Axons with integer weights that change from block to block, and a focus that is solved on from the last one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.certificate_axons import IntegerAxons
from focusmesh.engine.focus.certificate_params import ONE, ProtocolParams
from focusmesh.engine.focus.operator import Operator
from focusmesh.engine.focus.solver import AUTO, solver_named
from focusmesh.engine.graph import Graph

if TYPE_CHECKING:
    from focusmesh.engine.arrays import FloatArray, IndexArray, MassArray, OffsetArray


@dataclass(frozen=True)
class LiveAxons:
    """Axons between particles 0 … ``count`` − 1, sorted by source and target; never changed, only replaced."""

    count: int
    source: OffsetArray
    target: OffsetArray
    weight: OffsetArray

    @classmethod
    def empty(cls) -> LiveAxons:
        """No particle, no axon."""
        none = np.zeros(0, dtype=np.int64)
        return cls(0, none, none, none)

    def edited(
        self, count: int, source: OffsetArray, target: OffsetArray, weight: OffsetArray
    ) -> LiveAxons:
        """With ``count`` particles, and the weights of distinct pairs set (0: the axon is gone). O(m)."""
        if not len(source):
            return LiveAxons(count, self.source, self.target, self.weight)
        ends = np.concatenate((self.source, source)), np.concatenate((self.target, target))
        weights = np.concatenate((self.weight, weight))
        order = np.lexsort((np.arange(len(weights)), ends[1], ends[0]))
        source, target, weight = ends[0][order], ends[1][order], weights[order]
        last = np.append((source[1:] != source[:-1]) | (target[1:] != target[:-1]), True)
        kept = last & (weight > 0)
        return LiveAxons(count, source[kept], target[kept], weight[kept])

    @cached_property
    def _graph(self) -> Graph:
        return Graph.from_edges(
            self.source, self.target, self.weight.astype(np.float64), particles=self.count
        )

    def integer(self, order: IndexArray) -> IntegerAxons:
        """What a certificate is checked against; ``order`` has the particles in the order of their digests."""
        return IntegerAxons.ordered(self._graph, order)

    def dangling_mass(self, vector: MassArray, order: IndexArray) -> int:
        """The mass of ``vector`` (as ``order``) on particles that link to nothing."""
        links = np.zeros(self.count, dtype=bool)
        links[self.source] = True
        return int(vector[~links[order]].sum())


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
    solved: FloatArray = solution.x[axons.ranked]
    return solved
