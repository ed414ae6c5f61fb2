"""The adjacency matrix of a NetworkX graph as an operator: a structure, which has no self-loops, and its diagonal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import row_sums

if TYPE_CHECKING:
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray


_LOOP_MIN, _LOOP_MAX = 1e-250, 1e250
"""Sums outside of this range would overflow or vanish when shares are taken; a structure keeps to it, too."""


class Adjacency:
    """A, with A[i, j] the weight from i to j and A[i, i] that of the self-loops. Vectors are float64, in solver order.

    Where focus drops self-loops, PageRank and HITS as NetworkX defines them count them. ``loops`` come in node order.
    """

    def __init__(self, structure: Structure, loops: FloatArray) -> None:
        verify_loops(loops)
        self._sums = row_sums(structure)
        self._loops = loops[structure.order]
        self._out_total = structure.out_total + self._loops
        self._linking = self._out_total > 0
        self._dangling = np.flatnonzero(~self._linking)
        self.compiled = structure.is_compiled
        self.order = structure.order
        self.position = structure.position

    def __len__(self) -> int:
        return len(self.order)

    def outward(self, y: FloatArray) -> FloatArray:
        """A y."""
        total: FloatArray = self._sums.outward(y) + self._loops * y
        return total

    def inward(self, x: FloatArray) -> FloatArray:
        """Aᵀ x."""
        total: FloatArray = self._sums.inward(x) + self._loops * x
        return total

    def follow(self, x: FloatArray, landing: FloatArray) -> FloatArray:
        """A step of the walk: along links in proportion to their weights, dangling mass to ``landing``."""
        share = np.zeros_like(x)
        np.divide(x, self._out_total, out=share, where=self._linking)
        moved = self.inward(share)
        moved += x[self._dangling].sum() * landing
        return moved


def verify_loops(loops: FloatArray) -> None:
    """Raises NotImplementedError, upon which NetworkX computes itself, for weights that cannot be shared out."""
    present = loops[loops != 0]
    if len(present) and not (present.min() >= _LOOP_MIN and present.max() <= _LOOP_MAX):
        raise NotImplementedError(
            "focusmesh does not rank this graph: the self-loops of a node weigh "
            f"{present.min():g} … {present.max():g}, not 0 or {_LOOP_MIN:g} … {_LOOP_MAX:g}"
        )
