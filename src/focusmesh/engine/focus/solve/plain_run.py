"""x ← R(x) where R follows links only: one sweep over the vectors an application, and nothing is kept of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.operator.vectors import sweep, zeros

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.support.arrays import FloatArray

_ROUNDED_UP = 1 + 2.0**-40
"""Covers the rounding of a sum of absolute values, so that it is never told too small."""


class PlainRun:
    """An iterate ``x`` of an operator that takes no undirected step; ``image`` is R(x) once ``apply`` was called.

    Memory: five float64 vectors. Sums run over the operator's chunks: the same bits on any number of cores and ranks.
    """

    def __init__(self, operator: Operator, x: FloatArray) -> None:
        count = len(x)
        self.x = x
        self.image: FloatArray = np.empty(count)
        self._operator, self._sums = operator, operator.sums
        self._structure, self._reduction = operator.structure, operator.reduction
        self._chunks = self._reduction.spans(count)
        params = operator.params
        self._followed = params.diffusion * (1 - params.alpha)
        self._teleported = params.diffusion * params.alpha
        self._still = next(iter(params.coefficients), 0.0)
        self._u, self._u0 = operator.flat_u, operator.flat_u0
        self._by_out: FloatArray = zeros(count)
        out = self._structure.out_total
        np.divide(self._followed, out, out=self._by_out, where=out > 0)
        self._share: FloatArray = np.empty(count)
        self._moved: FloatArray = zeros(count)
        self._advance = self._advance_plainly
        if self._structure.is_compiled:
            self._advance = self._advance_compiled
        self._masses = sweep(self._chunks, self._weigh)

    def apply(self) -> tuple[float, float]:
        """R(x); the L1 norm of R(x) − x, rounded up, and the mass of x."""
        mass, dangling = self._total()
        self._sums.inward(self._share, self._moved)
        self._terms = self._teleported * mass, self._followed * dangling
        found = sweep(self._chunks, self._advance)
        norm = self._reduction.chunk_sum([one for one, *_ in found])
        self._masses = [(all_of_it, lost) for _, all_of_it, lost in found]
        return _ROUNDED_UP * norm, mass

    def step(self) -> None:
        """x ← R(x), which ``apply`` has worked out."""
        self.x, self.image = self.image, self.x

    def _total(self) -> tuple[float, float]:
        add = self._reduction.chunk_sum
        return add([mass for mass, _ in self._masses]), add([lost for _, lost in self._masses])

    def _weigh(self, part: slice) -> tuple[float, float]:
        here = self.x[part]
        np.multiply(here, self._by_out[part], out=self._share[part])
        lost = here[self._structure.dangling_in(part)]
        return float(np.add.reduce(here)), float(np.add.reduce(lost))

    def _advance_plainly(self, part: slice) -> tuple[float, float, float]:
        """That part of the image, and what it sends along links; norm of the step, mass of the image, what dangles."""
        here, image, share = self.x[part], self.image[part], self._share[part]
        self._blend(self._moved[part], here, image, part)
        np.subtract(image, here, out=share)
        np.abs(share, out=share)
        norm = float(np.add.reduce(share))
        np.multiply(image, self._by_out[part], out=share)
        lost = image[self._structure.dangling_in(part)]
        return norm, float(np.add.reduce(image)), float(np.add.reduce(lost))

    def _blend(self, moved: FloatArray, here: FloatArray, image: FloatArray, part: slice) -> None:
        """``image`` = moved + teleported·u + landed·u0 + still·x; what is the same everywhere is one number."""
        np.add(moved, self._everywhere(), out=image)
        teleported, landed = self._terms
        if len(self._u) > 1:
            image += teleported * self._u[part]
        if len(self._u0) > 1:
            image += landed * self._u0[part]
        if self._still:
            image += self._still * here

    def _everywhere(self) -> float:
        """What every particle gets."""
        (teleported, landed), u, u0 = self._terms, self._u, self._u0
        return (teleported * u.item() if len(u) == 1 else 0.0) + (
            landed * u0.item() if len(u0) == 1 else 0.0
        )

    def _advance_compiled(self, part: slice) -> tuple[float, float, float]:
        from focusmesh.engine.focus.solve.plain_run_compiled import advance_range

        norm = advance_range(
            *(self._moved, self.x, self._u, self._u0, self._by_out),
            *((*self._terms, self._still), (part.start, part.stop), self.image, self._share),
        )
        image = self.image[part]
        lost = image[self._structure.dangling_in(part)]
        return norm, float(np.add.reduce(image)), float(np.add.reduce(lost))
