"""R applied again and again to a vector that changes in place, with as few sweeps over memory as that takes.

Whoever changes the vector calls ``prepare`` on each part while it is still in cache, ``evaluate`` once, and then takes
the image part by part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.operator.sums import Scratch
from focusmesh.engine.focus.operator.vectors import sweep

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.support.arrays import FloatArray


class Application:
    """R on ``x``, float64 (n,), which stays the caller's."""

    def __init__(self, operator: Operator, x: FloatArray) -> None:
        self._operator = operator
        self._x = x
        self._scratch = Scratch()
        self._reduction = operator.reduction
        chunks = self._reduction.spans(len(x))
        self._at = {start: at for at, (start, _) in enumerate(chunks)}
        self._masses = np.zeros((2, len(self._at)))
        self._fused = operator.structure.is_compiled and operator.diffuses_only
        self._share = np.zeros(0) if not self._fused else self._scratch.zeros("share", len(x))
        self._whole = np.zeros(0)
        sweep(chunks, self.prepare)

    @property
    def mass(self) -> float:
        """Σx."""
        return self._reduction.chunk_sum(self._masses[0])

    def prepare(self, part: slice) -> None:
        """To be called for each chunk of ``x`` that has changed."""
        x, at = self._x[part], self._at[part.start]
        dangling = self._operator.structure.dangling_in(part)
        self._masses[:, at] = x.sum(), x[dangling].sum()
        if self._fused:
            self._operator.divide(self._x, self._operator.structure.out_total, part, self._share)

    def evaluate(self) -> None:
        """The passes over links. O(m)."""
        if self._fused:
            add = self._reduction.chunk_sum
            self._totals = add(self._masses[0]), add(self._masses[1])
            self._moved = self._operator.sums.inward(
                self._share, self._scratch.zeros("inward", len(self._x))
            )
        else:
            self._whole = self._operator.apply(self._x)

    def image(self, part: slice) -> FloatArray:
        """That part of R(x)."""
        if not self._fused:
            return self._whole[part]
        return self._operator.blend(self._moved, self._x, *self._totals, part)
