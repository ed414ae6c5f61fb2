"""R by ranks: the engine's operator on own particles, with sums over those of all ranks (reduction.py)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.operator.operator import Operator
from focusmesh.engine.focus.operator.sums import CompiledSums, NumpySums, rounding_by
from focusmesh.engine.focus.ranks.reduction import RankReduction

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.focus.operator.sums import Scratch
    from focusmesh.engine.focus.ranks.structure import RankStructure
    from focusmesh.engine.support.arrays import FloatArray

    Keep = Callable[[Callable[[], FloatArray]], None]


@dataclass(frozen=True)
class RankOperator(Operator):
    """R of which this rank has its own particles; vectors hold those.

    ``u``, ``u0``: own entries; they add up to 1 over all ranks.
    """

    structure: RankStructure

    @classmethod
    def of(
        cls,
        structure: RankStructure,
        params: FocusParams,
        u: FloatArray,
        u0: FloatArray,
        keep: Keep | None = None,
    ) -> RankOperator:
        """All ranks call it together. ``keep`` is told of each sweep of a solve."""
        reduction = RankReduction(structure.halo.ranks, structure.whole.bounds, keep)
        near_one = structure.near_one
        return cls(near_one, params, u, u0, rank_sums(near_one), reduction)

    def teleporting_to(self, u: FloatArray) -> RankOperator:
        return RankOperator(self.structure, self.params, u, self.u0, self.sums, self.reduction)

    def keeping(self, keep: Keep) -> RankOperator:
        """The same operator, whose solves tell ``keep`` of each sweep. All ranks call it together."""
        reduction = RankReduction(self.structure.halo.ranks, self.structure.whole.bounds, keep)
        return replace(self, reduction=reduction)

    def __post_init__(self) -> None:
        # What a cached_property of the engine's operator finds here already.
        vars(self)["flat_u"] = flat_everywhere(self.structure, self.u)
        vars(self)["flat_u0"] = flat_everywhere(self.structure, self.u0)

    def rounding(self) -> float:
        whole = self.structure.whole
        return self.rounding_with(rounding_by(whole.longest_row, whole.particles))

    def bound(self, residual: float, mass: float) -> float:
        if not self.structure.whole.particles:
            return 0.0
        return (residual + self.rounding()) / self.params.gap + abs(mass - 1)


def flat_everywhere(structure: RankStructure, values: FloatArray) -> FloatArray:
    """One entry of ``values`` where all ranks have the same."""
    ends = np.array([values.min(initial=np.inf), values.max(initial=-np.inf)])
    found = np.stack(structure.halo.ranks.gather(ends))
    least, most = found[:, 0].min(), found[:, 1].max()
    return np.array([least]) if structure.whole.particles and least == most else values


def rank_sums(structure: RankStructure) -> Any:
    """Row sums that fetch foreign values. See ``RowSums``."""
    return RankSums(structure) if structure.is_compiled else PlainRankSums(structure)


class RankSums(CompiledSums):
    """By compiled loops."""

    def __init__(self, structure: RankStructure) -> None:
        super().__init__(structure)
        self._own = structure

    def _both(self, gathered: FloatArray, scratch: Scratch) -> tuple[FloatArray, FloatArray]:
        inward = scratch.zeros("inward", len(gathered))
        if self._own.symmetric:
            self.inward(gathered, inward)
            return inward, inward
        outward = scratch.zeros("outward", len(gathered))
        self._own.both_sums(gathered, inward, outward)
        return inward, outward


class PlainRankSums(NumpySums):
    """By NumPy."""

    def __init__(self, structure: RankStructure) -> None:
        super().__init__(structure)
        self._halo = structure.halo

    def inward(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        return super().inward(self._halo.fetch(self._halo.inward, gathered), total)

    def outward(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        return super().outward(self._halo.fetch(self._halo.outward, gathered), total)

    def both(self, gathered: FloatArray) -> FloatArray:
        return super().both(self._halo.fetch(self._halo.both, gathered))
